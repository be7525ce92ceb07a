"""The audit is told in the words of who reads it, and none of the program's own is left out."""

import ast
import datetime as dt
from pathlib import Path

import pytest

from dashboard.admin import audit_words
from dashboard.text import catalogue
from gis.access.audit import Entry

ROOT = Path(__file__).parents[2]
PACKAGES = ("gis", "layers", "importers", "dashboard")
NOTING = {"record", "_record", "note"}
# Columns of the audit, and who did it, beside the details that are given by name.
COLUMNS = {"subject", "reason", "details", "account_id", "login", "address", "why_not"}


def entry(subject="", **details):
    at = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
    return Entry(1, at, 2, "head", None, "change", subject, "", details)


def told(language, **details):
    return dict(audit_words.details(entry(**details), language, lambda at: f"{at:%H:%M %Z}"))


def named_details(path):
    """Give every name that a module writes into the audit's details, with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in NOTING or not any("Act." in ast.unparse(arg) for arg in node.args):
            continue
        dicts = [arg for arg in node.args if isinstance(arg, ast.Dict)]
        for keyword in node.keywords:
            if keyword.arg == "details" and isinstance(keyword.value, ast.Dict):
                dicts.append(keyword.value)
            elif keyword.arg not in COLUMNS | {None}:
                yield node.lineno, keyword.arg
        for found in dicts:
            yield from ((node.lineno, key.value) for key in found.keys if key is not None)


def test_every_detail_that_is_written_has_a_name_in_both_languages():
    found = {
        (f"{path.relative_to(ROOT)}:{line}", name)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for line, name in named_details(path)
    }
    assert len({name for _, name in found}) > 25
    assert [one for one in sorted(found) if f"audit_detail.{one[1]}" not in catalogue()] == []


def test_values_are_words_of_the_page():
    assert told("zh", **{"act": "approve", "from": "approving", "to": "scheduled"}) == {
        "操作": "审批同意", "原状态": "街道审批中", "新状态": "待生效",
    }  # fmt: skip
    assert told("en", scopes=["export", "audit"]) == {
        "scopes": "export tables and maps, search the audit"
    }
    assert told("zh", fields=["id_number", "room"], post="grid_head", exact=True, unit=[]) == {
        "内容": "身份证号、门牌", "岗位": "网格长", "精确数": "是", "单元编号": "无",
    }  # fmt: skip
    assert told("zh", why="refused.wrong") == {"原因": "账号或密码不正确"}
    assert "{" not in told("en", why="refused.locked")["why"]
    assert told("zh", why="unknown login") == {"原因": "登录名不存在"}
    assert told("zh", since="2026-11-29 05:47:40.495314+00:00", until="") == {
        "自": "05:47 UTC", "至": "无",
    }  # fmt: skip
    assert told("zh", place="unit/990102", text="unit/990102") == {
        "范围": "单元编号 990102", "包含": "unit/990102",
    }  # fmt: skip
    assert told("en", why={"zh": "甲", "en": "A"}) == {"why": "A"}
    assert told("en", rows={"people": 12345, "water": 2}) == {"rows": "people 12,345, water 2"}


def test_what_the_catalogue_does_not_know_is_told_as_it_is():
    assert told("zh", colour="red") == {"colour": "red"}
    assert told("zh", act="danced") == {"操作": "danced"}
    # A migration's ids are no statuses of an order.
    assert told("en", **{"from": "0001_ground"}) == {"from": "0001_ground"}


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("account/7", "账号 7"), ("order/TZ-2026-0001", "调整单 TZ-2026-0001"), ("", ""),
        ("GET /audit", "GET /audit"), ("moon/1", "moon/1"),
    ],
)  # fmt: skip
def test_what_it_was_done_to_has_a_name(subject, said):
    assert audit_words.subject(entry(subject), "zh") == said
