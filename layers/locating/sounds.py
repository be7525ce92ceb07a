"""How names are pronounced, and the pieces of a name by which it is found."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import pypinyin

# Some characters have several readings; so many combinations are kept, of short names only: of long
# ones most pieces are right anyway.
MOST_SOUNDS = 4
_LONG = 7
LONGEST_INITIALS = 10
# The ends of so many names that alone they say nothing.
GENERIC = frozenset("路街道巷弄段大区村里园苑小花新东西南北中市县镇乡号栋楼一二三")
_PAIR, _SINGLE, _SOUND, _INITIALS, _ALL = 2.0, 1.0, 0.6, 3.0, 1.5
# Keys of whole names are others than those of names that numbers follow.
WHOLE = "!"
_HAN = re.compile(r"[㐀-鿿]")


@dataclass(frozen=True)
class Sounds:
    """How a name may be said."""

    whole: tuple[str, ...]
    initials: str


def is_latin(name: str) -> bool:
    """Whether a name has no Chinese character."""
    return _HAN.search(name) is None


@lru_cache(maxsize=30_000)
def readings(character: str) -> tuple[str, ...]:
    """Return the ways to say a character, without tones, the usual one first."""
    found = pypinyin.pinyin(character, style=pypinyin.Style.NORMAL, heteronym=True)
    return tuple(dict.fromkeys(found[0]))


def sounds(name: str) -> Sounds:
    """Return how a name is said; a Latin one as it is written."""
    if is_latin(name):
        return Sounds((name,), "")
    said = pypinyin.lazy_pinyin(name)
    whole = ["".join(said)]
    if len(name) < _LONG:
        ways = itertools.product(*(readings(c) for c in name))
        whole += ["".join(way) for way in itertools.islice(ways, MOST_SOUNDS)]
    initials = "".join(part[0] for part in said)
    return Sounds(
        tuple(dict.fromkeys(whole))[:MOST_SOUNDS],
        initials if len(initials) <= LONGEST_INITIALS else "",
    )


def keys(name: str, said: Sounds) -> dict[str, float]:
    """Return the pieces of a name and the weight of each.

    Pairs of letters and single ones, so that swapped letters are found, too; all that is said at
    once, so that a wrong letter of the same sound is; what is said three letters at a time.
    """
    found = written(name)
    heard = {key: _SOUND for whole in said.whole for key in sounded(whole)}
    found |= _shares(heard)
    found |= {f"={whole}": _ALL for whole in said.whole}
    if said.initials:
        found[f"#{said.initials}"] = _INITIALS
    return found


def written(name: str) -> dict[str, float]:
    """Return the pieces of a name in characters; of a Latin one, none."""
    if is_latin(name):
        return {}
    pieces = {c: _SINGLE for c in name if c not in GENERIC}
    return _shares(pieces | {name[i : i + 2]: _PAIR for i in range(len(name) - 1)})


def asked(run: str) -> list[str]:
    """Return the pieces to look for of what was typed."""
    if is_latin(run):
        return [*dict.fromkeys(sounded(run)), f"={run}", f"#{run}"]
    return [*written(run), f"={sounds(run).whole[0]}"]


def sounded(letters: str) -> Iterator[str]:
    """Return the pieces of a name in Latin letters."""
    padded = f"^{letters}"
    for i in range(max(len(padded) - 2, 1)):
        yield f"~{padded[i : i + 3]}"


def _shares(weights: dict[str, float]) -> dict[str, float]:
    # Long names have more pieces; without this they would always come first.
    root = sum(weights.values()) ** 0.5 or 1.0
    return {key: weight / root for key, weight in weights.items()}
