"""Codes of units that are new or lie elsewhere: the next free ones where they lie."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gis.division.delta import Delta, Unit
from gis.division.division import Division
from gis.division.surroundings import Surroundings
from gis.errors import BoundaryError


@dataclass(frozen=True)
class GiveCodes:
    """New units without a code get one; those handed over get another where codes follow.

    A unit for which none can be told from the codes beside it is left without; that is remarked.
    """

    here: Surroundings
    # Units that got another parent.
    moved: Sequence[int] = ()
    # What the new units were a part of: they are called after it.
    like: int | None = None

    def delta(self, division: Division) -> Delta:
        """Return the change of titles."""
        new: dict[int, Unit] = {}
        created = [n for n, u in division.units.items() if n < 0 and not (u.code and u.names)]
        # From the widest down: a code may begin with one that is given here.
        for number in sorted({*created, *self.moved}, key=lambda n: (division.unit(n).level, -n)):
            if number in division.units:
                new.update(self._coded(division, number, new))
        old = {n: division.unit(n) for n in new}
        changed = [n for n in new if new[n] != old[n]]
        return Delta({n: old[n] for n in changed}, {n: new[n] for n in changed})

    def _coded(self, division: Division, number: int, new: dict[int, Unit]) -> dict[int, Unit]:
        unit = new.get(number) or division.unit(number)
        parent = new.get(unit.parent or 0) or division.units.get(unit.parent or 0)
        if not unit.names and self.like is not None and self.like in division.units:
            unit = replace(unit, names=_names(division, self.like, new))
        if parent is None:
            return {number: unit}
        is_astray = self.here.codes_follow_parent and not unit.code.startswith(parent.code)
        if unit.code and not is_astray:
            return {number: unit}
        code = self._free(division, number, unit, parent, new)
        found = {number: replace(unit, code=code)}
        if unit.code and code and self.here.codes_follow_parent:
            for below in _below(division, number):
                was = new.get(below) or division.unit(below)
                if was.code.startswith(unit.code):
                    found[below] = replace(was, code=code + was.code[len(unit.code) :])
        return found

    def _free(
        self, division: Division, number: int, unit: Unit, parent: Unit, new: dict[int, Unit]
    ) -> str:
        taken = {u.code for n, u in division.units.items() if n != number}
        taken |= {u.code for u in new.values()}
        for prefix, digits in self._forms(division, number, unit, parent):
            count = 1 + sum(code.startswith(prefix) for code in taken)
            try:
                free = self.here.free_codes(prefix, digits, count)
            except BoundaryError:
                # All of them have been used: somebody must give one by hand.
                continue
            for code in free:
                if code not in taken:
                    return code
        return ""

    def _forms(
        self, division: Division, number: int, unit: Unit, parent: Unit
    ) -> Iterator[tuple[str, int]]:
        """Yield what codes here begin with, and how many digits come after it."""
        beside = [
            (u, division.units.get(u.parent or 0))
            for n, u in division.units.items()
            if n > 0 and n != number and u.level == unit.level and u.code
        ]
        beside.sort(key=lambda pair: (pair[0].parent != unit.parent, pair[0].code))
        for other, above in beside:
            if self.here.codes_follow_parent:
                if above is None or not other.code.startswith(above.code):
                    continue
                ending = other.code[len(above.code) :]
                if ending.isascii() and ending.isdigit():
                    yield parent.code, len(ending)
                    return
            elif other.parent == unit.parent:
                form = re.fullmatch(r"(.*?)([0-9]{1,6})", other.code, re.ASCII)
                if form:
                    yield form[1], len(form[2])
                    return


def _names(division: Division, like: int, new: dict[int, Unit]) -> dict[str, str]:
    """Return names after those of a unit, with the first number that no unit beside it has."""
    names = division.unit(like).names
    plain = {lang: re.sub(r" [0-9]+$", "", text) for lang, text in names.items()}
    taken = {
        text for u in (*division.units.values(), *new.values()) for text in u.names.values()
    }  # fmt: skip
    for number in range(2, len(taken) + 3):
        found = {lang: f"{text} {number}" for lang, text in plain.items()}
        if not taken & set(found.values()):
            return found
    return dict(names)


def _below(division: Division, number: int) -> Iterator[int]:
    for child in division.children(number):
        yield child
        yield from _below(division, child)
