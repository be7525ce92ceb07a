"""Which names are meant by what was typed of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Connection, Integer, Text, bindparam, text

from gis.tables import SCHEMA
from layers.locating import sounds
from layers.locating.likeness import likeness

# So many names have most pieces in common with what was typed; of these the alike ones are kept.
_LOOKED_AT = 80
_LEAST = 0.45
# A shop called No. 3 is not the one called No. 2, however alike.
_OTHER_NUMBER = 0.7
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Name:
    """A name and how alike it is to what was typed."""

    id: int
    name: str
    likeness: float


@dataclass(frozen=True)
class Asked:
    """A typed stretch; ``is_whole`` if the name of a facility or a building is looked for."""

    typed: str
    is_whole: bool = False


_NEAREST = text(f"""
    SELECT run, n.id, n.name, n.sounds, n.initials FROM (
        SELECT q.run, k.name_id,
               row_number() OVER (PARTITION BY q.run ORDER BY sum(k.share) DESC, k.name_id) AS place
        FROM unnest(:runs, :keys) AS q (run, key) JOIN {SCHEMA}.place_key k ON k.key = q.key
        GROUP BY q.run, k.name_id
    ) counted JOIN {SCHEMA}.place_name n ON n.id = name_id WHERE place <= :most
""").bindparams(bindparam("runs", type_=ARRAY(Integer)), bindparam("keys", type_=ARRAY(Text)))  # noqa: S608 - ours


def _differ(typed: str, name: str) -> bool:
    """Whether a name has a number that was not typed, or none where one was."""
    return set(_NUMBER.findall(typed)) != set(_NUMBER.findall(name))


def names(db: Connection, runs: Sequence[Asked], most: int = 40) -> list[list[Name]]:
    """Return the names that each typed stretch may mean, the most alike first."""
    asked = [
        (number, f"{sounds.WHOLE if run.is_whole else ''}{key}")
        for number, run in enumerate(runs)
        for key in sounds.asked(run.typed)
    ]
    if not asked:
        return [[] for _ in runs]
    numbers, keys = zip(*asked, strict=True)
    near = db.execute(
        _NEAREST, {"runs": list(numbers), "keys": list(keys), "most": _LOOKED_AT}
    ).all()
    found: list[list[Name]] = [[] for _ in runs]
    for run, name_id, name, said, initials in near:
        alike = likeness(runs[run].typed, name, said, initials)
        if runs[run].is_whole and _differ(runs[run].typed, name):
            alike *= _OTHER_NUMBER
        if alike >= _LEAST:
            found[run].append(Name(name_id, name, alike))
    return [sorted(each, key=lambda name: -name.likeness)[:most] for each in found]
