"""Addresses as they are written: one plain form, names apart from numbers.

Mainland and Taiwan forms are one: 路段巷弄号之楼, 街道小区栋幢号楼单元室, in either characters, any
numerals, in pinyin, and in English with Rd, No. and Building.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import opencc

LONGEST = 120


@dataclass(frozen=True)
class Run:
    """A stretch of names: a road with its branch, an estate, a facility."""

    name: str
    # Section, lane and alley of a road, e.g. "4段216巷8弄".
    branch: str = ""
    # What stands behind the number of a building or a door, as its entrance may.
    is_behind: bool = False


@dataclass(frozen=True)
class Written:
    """A text taken apart."""

    plain: str
    runs: tuple[Run, ...] = ()
    # House number and what comes after its 之 or hyphen; of a range its end.
    number: int | None = None
    sub: int = 0
    # Building of an estate: "6", "a".
    block: str = ""
    # Entrance, staircase: "2".
    door: str = ""
    # A number nobody said the meaning of: a house or a building.
    bare: int | None = None
    # "2号楼" and "2栋" are buildings; what stands after a floor or a room is no place.
    rest: tuple[str, ...] = field(default=(), compare=False)


_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "壹": 1,
    "贰": 2,
}
_TENS = {"十": 10, "百": 100, "千": 1000}
_COUNTED = "号|栋|幢|座|楼|单元|室|巷|弄|段|层|梯|门|米|公尺|公里|之|f|f室"
_NUMERAL = re.compile(rf"[零〇一二三四五六七八九十百千两壹贰]+(?=(?:{_COUNTED}))")
# After a hyphen of an address: 16之八号, 3之1.
_AFTER = re.compile(r"(?<=\d[之-])[一二三四五六七八九十]+")
_ENGLISH = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"\b(?:no|number)\b\.?\s*(\d+)", r" \1号 "),
        (r"\b(?:building|bldg|block|tower|blk)\b\.?\s*(\d+|[a-z])\b", r" \1栋 "),
        (r"\b(?:unit|entrance|staircase)\b\.?\s*(\d+|[a-z])\b", r" \1单元 "),
        (r"\b(?:room|rm|flat|apt)\b\.?\s*\w+", " "),
        (r"\b(\d+)(?:st|nd|rd|th)?\s*(?:floor|fl)\b", " "),
        (r"\b(?:section|sec)\b\.?\s*(\d+)", r" \1段 "),
        (r"\b(?:lane|ln)\b\.?\s*(\d+)", r" \1巷 "),
        (r"\b(?:alley|aly)\b\.?\s*(\d+)", r" \1弄 "),
        (r"\b(?:road|rd)\b\.?", "lu"),
        (r"\b(?:street|str|st)\b\.?", "jie"),
        (r"\b(?:lane|ln)\b\.?", "xiang"),
        (r"\b(?:avenue|ave|boulevard|blvd)\b\.?", "dadao"),
    )
)
# Pinyin of what stands after a number.
_SOUNDED = (
    ("hao lou", "号楼"), ("haolou", "号楼"), ("hao", "号"), ("dan yuan", "单元"),
    ("danyuan", "单元"), ("dong", "栋"), ("zhuang", "幢"),
    ("zuo", "座"), ("duan", "段"), ("xiang", "巷"), ("nong", "弄"), ("shi", "室"), ("lou", "楼"),
)  # fmt: skip
_SOUND = re.compile(rf"(?<=\d)\s*({'|'.join(sound for sound, _ in _SOUNDED)})")
_BEHIND = re.compile(
    r"(?:前|后|旁|侧|对面|附近|边|口|处)+(?:约|大约)?\d+(?:\.\d+)?(?:公尺|米|m(?![a-z])).*$"
    r"|(?<=[号栋楼元])(?:正?前|后面?|旁边?|侧|对面|附近|边|门口)$|(?<=[路街道巷弄段])口$"
)
_DOOR_WORDS = re.compile(r"(?:入户门|正门|侧门|后门|大门|(?:商铺)?入口)(?:口)?$")
_PLACE_WORDS = re.compile(r"(?:地下)?(?:\d+|负\d+|b\d+)(?:楼|层|f)(?:之\d+|-\d+)?(?!号|栋)")
_ROOM = re.compile(r"(?:\d+|[a-z]\d*)(?:室|房|户)")
_NUMBERED = re.compile(
    r"(?P<n>(?<!\d)\d{1,6})(?:[-之](?P<sub>\d{1,4}))?(?P<mark>号楼|号院|号|栋|幢|座|舍|单元|梯|门|段|巷|弄)(?:(?<=号)[-之](?P<sub2>\d{1,4})(?!\d*(?:号|栋|幢|座|单元|楼)))?"
    r"|(?P<letter>(?<![a-z])[a-z甲乙丙丁戊])(?P<mark2>号楼|栋|幢|座|单元|梯)"
    r"|(?P<chain>(?<!\d)\d{1,4}(?:-\d{1,4}){1,3})"
    r"|(?P<bare>\d+)"
)
_BLOCKS = frozenset(("号楼", "栋", "幢", "座", "舍"))
_DOORS = frozenset(("单元", "梯", "门"))
_MORE = frozenset(("至", "到", "及", "和"))
_BRANCHES = frozenset(("段", "巷", "弄"))
_ROAD_END = re.compile(r"(?:路|街|道|巷|弄|段|lu|jie|dadao|xiang|线|桥)$")
_MARKS = re.compile(r"[^\w&/]|_", re.ASCII)


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def plain(text: str) -> str:
    """Return a text in simplified characters, small letters and plain digits, cut to LONGEST."""
    return plain_all([text[:LONGEST]])[0]


def plain_all(texts: Sequence[str]) -> list[str]:
    """Return many texts in plain form; converted at once, which is faster."""
    joined = "\n".join(text.replace("\n", " ") for text in texts)
    simple = unicodedata.normalize("NFKC", joined).replace("\0", " ").lower()
    simple = _simplifier().convert(simple)
    simple = re.sub(r"[‐-―−﹣~]", "-", simple)
    simple = _NUMERAL.sub(lambda match: str(_value(match[0])), simple)
    simple = _AFTER.sub(lambda match: str(_value(match[0])), simple)
    simple = re.sub(r"(\d+)#楼?", r"\1栋", simple)
    return simple.split("\n")


def joined(plain_text: str) -> str:
    """Return letters and digits only, as names are compared."""
    return re.sub(r"[\W_]", "", plain_text)


def trimmed(plain_text: str) -> str:
    """Return a text without what says where beside a place: 前, 对面, 前3公尺."""
    return _BEHIND.sub("", plain_text)


def take_apart(plain_text: str) -> Written:
    """Return the names and numbers of an address in plain form."""
    text = plain_text
    if re.search(r"[a-z]{2}", text):
        for pattern, put in _ENGLISH:
            text = pattern.sub(put, text)
        text = _SOUND.sub(lambda match: dict(_SOUNDED)[match[1]] + " ", text)
    text = re.sub(r"\s+", "" if not re.search(r"[a-z]", text) else " ", text)
    text = _DOOR_WORDS.sub("", trimmed(text))
    text = _PLACE_WORDS.sub(" ", _ROOM.sub(" ", text))
    found = _Taking()
    at = 0
    for match in _NUMBERED.finditer(text):
        found.name(text[at : match.start()])
        found.numbered(match)
        at = match.end()
    found.name(text[at:])
    return found.done(plain_text)


def is_road(run: Run | None) -> bool:
    """Whether a name is that of a road, by how it ends."""
    return run is not None and bool(run.branch or _ROAD_END.search(run.name))


class _Taking:
    """What has been read of an address so far."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.open: str | None = None
        self.branch = ""
        self.is_behind = self.is_more = False
        self.number: int | None = None
        self.sub = 0
        self.block = self.door = ""
        self.bare: int | None = None

    def name(self, text: str) -> None:
        said = joined(text)
        # 18号至22号, 18、20号: of the same house.
        self.is_more = self.number is not None and (said in _MORE or text.strip() == "、")
        if self.is_more or said in ("", "第", "号", "楼", "d", "no"):
            return
        self.close()
        self.open = said
        self.is_behind = bool(self.runs and (self.block or self.door))

    def close(self) -> None:
        if self.open is not None:
            self.runs.append(Run(self.open, self.branch, self.is_behind))
        self.open, self.branch = None, ""

    def numbered(self, match: re.Match[str]) -> None:
        mark = match["mark"] or match["mark2"] or ""
        value = match["n"] or match["letter"] or match["bare"] or ""
        if self.is_more and mark == "号":
            self.is_more = False
            self.sub = self.sub or min(int(value), 9_999)
        elif match["chain"]:
            self._chain([int(part) for part in match["chain"].split("-")])
        elif mark in _BRANCHES:
            if self.open is not None:
                self.branch += f"{int(value)}{mark}"
        elif mark in _BLOCKS or (mark == "号" and self.number is not None and not self.block):
            self.block = self.block or _short(value)
        elif mark in _DOORS:
            self.door = self.door or _short(value)
        elif mark:
            self.number = int(value)
            self.sub = int(match["sub"] or match["sub2"] or 0)
        elif self.bare is None and len(value) < 6:
            self.bare = int(value)

    def _chain(self, parts: list[int]) -> None:
        """Read 6-2-301 after an estate, 16-8 after a road."""
        if (self.open is not None and _ROAD_END.search(self.open)) or self.branch:
            self.number, self.sub = parts[0], parts[1]
        else:
            self.block = self.block or str(parts[0])
            self.door = self.door or str(parts[1])

    def done(self, plain_text: str) -> Written:
        self.close()
        return Written(
            joined(plain_text), tuple(self.runs), self.number, self.sub, self.block, self.door,
            self.bare,
        )  # fmt: skip


def _short(value: str) -> str:
    return str(int(value)) if value.isdigit() else value


def _value(numeral: str) -> int:
    """Return the number of Chinese numerals, said (一百零三) or spelt (一〇三)."""
    if not any(c in _TENS for c in numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total, digit = 0, 0
    for character in numeral:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    # 百二 is 120, but addresses say 一百零二.
    return total + digit
