"""Addresses as people type them: letters exchanged, dropped, wrong, other numerals, pinyin."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import cache

import opencc
import pypinyin

_NAMES = re.compile(r"[㐀-鿿]+(?=\d)|[㐀-鿿]+$")
_MARKS = re.compile(r"^(?:号楼|号|栋|单元)")
_NUMERALS = "零一二三四五六七八九"
_COMMON = "新大天平明永安福长和金红光东海山水田石泉湖"


def slip(text: str, rng: random.Random) -> tuple[str, str]:
    """Return what somebody types for an address, and which kind of slip is in it.

    Digits keep their values: another number is another address.
    """
    kind = rng.choice(list(SLIPS))
    return SLIPS[kind](text, rng), kind


def _names(text: str) -> list[tuple[int, int]]:
    """Return where the names of roads and estates are, without the words after numbers."""
    spans = []
    for match in _NAMES.finditer(text):
        mark = _MARKS.match(match[0]) if match.start() else None
        start = match.start() + (mark.end() if mark else 0)
        if match.end() - start >= 2:
            spans.append((start, match.end()))
    return spans


def _in_name(text: str, rng: random.Random, change: Callable[[str], str]) -> str:
    spans = _names(text)
    if not spans:
        return text
    start, end = rng.choice(spans)
    return text[:start] + change(text[start:end]) + text[end:]


def _exchanged(text: str, rng: random.Random) -> str:
    def change(name: str) -> str:
        at = rng.randrange(len(name) - 1)
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]

    return _in_name(text, rng, change)


def _dropped(text: str, rng: random.Random) -> str:
    def change(name: str) -> str:
        at = rng.randrange(len(name))
        return name[:at] + name[at + 1 :]

    return _in_name(text, rng, change)


def _wrong(text: str, rng: random.Random) -> str:
    def change(name: str) -> str:
        at = rng.randrange(len(name))
        same = _homophones().get(pypinyin.lazy_pinyin(name[at])[0], "").replace(name[at], "")
        # Most wrong letters come from typing the sound and taking the wrong one.
        other = rng.choice(same) if same and rng.random() < 0.7 else rng.choice(_COMMON)
        return name[:at] + other + name[at + 1 :]

    return _in_name(text, rng, change)


@cache
def _homophones() -> Mapping[str, str]:
    found: dict[str, str] = {}
    # The common characters, as GB 2312 lists them by sound.
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            try:
                letter = bytes((row, cell)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            sound = pypinyin.lazy_pinyin(letter)[0]
            found[sound] = found.get(sound, "") + letter
    return found


def _numerals(text: str, rng: random.Random) -> str:
    if rng.random() < 0.3:
        return text.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    return re.sub(r"\d+", lambda match: chinese(int(match[0])), text)


def chinese(number: int) -> str:
    """Return a number below ten thousand as it is said: 一百零三."""
    digits = str(number)
    said, has_zero = "", False
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        if digit == "0":
            has_zero = True
            continue
        said += (
            ("零" if has_zero and said else "")
            + _NUMERALS[int(digit)]
            + ["", "十", "百", "千"][place]
        )
        has_zero = False
    return (said.removeprefix("一") if said.startswith("一十") else said) or "零"


def _missing(text: str, rng: random.Random) -> str:
    road = re.match(r"^[㐀-鿿]+\d+号(?=[㐀-鿿]{3})", text)
    if road and rng.random() < 0.6:
        return text[road.end() :]
    return re.sub(r"号(?=[㐀-鿿]{2,}\d)|单元$|门$", "", text)


def _pinyin(text: str, rng: random.Random) -> str:
    parts = pypinyin.lazy_pinyin(text)
    return (" " if rng.random() < 0.3 else "").join(parts)


def _traditional(text: str, rng: random.Random) -> str:
    text = text.replace("栋", rng.choice("栋幢座"))
    return str(_to_traditional().convert(text))


@cache
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def _two(text: str, rng: random.Random) -> str:
    return _numerals(rng.choice((_exchanged, _wrong, _dropped))(text, rng), rng)


def _spaced(text: str, rng: random.Random) -> str:
    return re.sub(r"(?<=[号栋路街巷])(?!楼)", lambda _: rng.choice(("", " ", "，")), text)


SLIPS: Mapping[str, Callable[[str, random.Random], str]] = {
    "as written": lambda text, _: text,
    "letters exchanged": _exchanged,
    "a letter dropped": _dropped,
    "a wrong letter": _wrong,
    "other numerals": _numerals,
    "words missing": _missing,
    "pinyin": _pinyin,
    "traditional": _traditional,
    "spaces and signs": _spaced,
    "a slip and numerals": _two,
}
