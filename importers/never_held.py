"""Columns that CityGrid never holds, whoever sends them: they are dropped before anything else.

Religion, ethnicity, politics, criminal and petition history, biometrics, tracks and scores of
persons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from importers.values import plain

# Simplified characters, found anywhere in a header.
_CHINESE = {
    "religion": ("宗教信仰", "信仰", "信教"),
    "ethnicity": ("民族", "族裔", "种族", "族别"),
    "politics": ("政治面貌", "党派", "党员", "入党", "政治身份"),
    "criminal history": ("犯罪", "前科", "刑满", "刑释", "涉毒", "吸毒", "社区矫正", "违法记录"),
    "petition history": ("上访", "信访人", "涉访", "信访记录", "信访次数"),
    "biometrics": ("人脸", "指纹", "虹膜", "声纹", "掌纹", "基因", "步态", "生物特征"),
    "tracks of persons": ("轨迹", "行踪", "手机定位"),
    "scores of persons": ("个人信用", "信用分", "人员评分", "风险评分", "风险等级人员", "积分排名"),
}
# Whole words of a header in English.
_ENGLISH = {
    "religion": "religion|religious|faith|denomination",
    "ethnicity": "ethnic|ethnicity|ethnic_group|race|tribe",
    "politics": "political|politics|party_member|party_membership",
    "criminal history": "criminal|conviction|convictions|criminal_record|drug_use",
    "petition history": "petition|petitions|petitioner",
    "biometrics": "biometric|biometrics|fingerprint|fingerprints|iris|faceprint|face_id|dna|"
    "face_image|face_template|voiceprint",
    "tracks of persons": "trajectory|track_points|location_history",
    "scores of persons": "credit_score|social_score|risk_score|person_score",
}


def find(headers: Sequence[str], layer_id: str) -> dict[str, str]:
    """Return the columns to drop, and what each holds.

    Of things (facilities, buildings) a word like "religion" says what a place is for; only its
    columns about persons are dropped.
    """
    kinds = set(_CHINESE)
    if layer_id not in ("people", "households"):
        kinds -= {"religion", "scores of persons"}
    found: dict[str, str] = {}
    for header in headers:
        text = plain(header)
        words = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
        for kind in kinds:
            chinese = any(part in text for part in _CHINESE[kind])
            if chinese or re.search(rf"(?:^|_)(?:{_ENGLISH[kind]})(?:_|$)", words):
                found[header] = kind
    return found
