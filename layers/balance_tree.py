"""The units of a scope, today's or as a draft has them: who lies in whom, and their areas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from sqlalchemy import Connection, any_, func, select

from gis.arrangement import Shapes, to_grid
from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.rings import chain, shape, traced
from gis.errors import BalanceError
from gis.tables import unit_version
from layers import selection

BASIC = "basic"
_c = unit_version.c


@dataclass
class Tree:
    """A scope and all that lies in it, by unit."""

    scope: int
    zoning_id: int
    outlines: Callable[[Sequence[int]], Mapping[int, shapely.Geometry]]
    parent: dict[int, int] = field(default_factory=dict)
    level: dict[int, int] = field(default_factory=dict)
    kind: dict[int, str] = field(default_factory=dict)
    # Areas that are not those of today, in grid steps.
    drawn: dict[int, shapely.Geometry] = field(default_factory=dict)

    def groups(
        self, level: int | None, within: int | None, left_out: frozenset[int]
    ) -> dict[int, int]:
        """Return the units whose load is evened out, and what each may not leave.

        Raises
        ------
        BalanceError
            If there are fewer than two.
        """
        divided = {n for n in self.parent.values() if n in self.level and n != self.scope}
        at = level or max((self.level[n] for n in divided), default=0)
        groups = sorted(
            n
            for n in divided - left_out
            if self.level[n] == at and self.kind[n] == BASIC and self.parent.get(n) is not None
        )
        if len(groups) < 2:
            raise BalanceError(
                f"Unit {self.scope} holds fewer than two divided units of one level that may give "
                "or take: there is nothing to balance in it.",
                key="balance.nothing",
            )
        return {n: self._above(n, within) for n in groups}

    def units(self, groups: Mapping[int, int]) -> list[int]:
        """Return the units that may change hands."""
        return sorted(n for n, parent in self.parent.items() if parent in groups)

    def areas(self, units: Sequence[int]) -> Shapes:
        """Return the areas of units in grid steps."""
        today = self.outlines([n for n in units if n not in self.drawn])
        found = np.empty(len(units), dtype=object)
        found[:] = [self.drawn.get(n) or today[n] for n in units]
        return found

    def take(self, delta: Delta, division: Division) -> None:
        """Take a draft's change: units that went, came, lie elsewhere or have another area."""
        for number in delta.old.keys() - delta.new.keys():
            for known in (self.parent, self.level, self.kind):
                known.pop(number, None)
        for number, unit in sorted(delta.new.items(), key=lambda item: item[1].level):
            if number == self.scope:
                continue
            if unit.parent is not None and (unit.parent in self.level or unit.parent == self.scope):
                self.parent[number] = unit.parent
                self.level[number], self.kind[number] = unit.level, unit.kind
            else:
                self.parent.pop(number, None)
        for number in self._changed(delta, division):
            faces = [division.face(n) for n in _faces(division, number)]
            self.drawn[number] = shape(traced(chain(faces)))

    def _above(self, number: int, within: int | None) -> int:
        above = self.parent[number]
        while within is not None and above != self.scope and self.level[above] > within:
            above = self.parent[above]
        return above

    def _changed(self, delta: Delta, division: Division) -> set[int]:
        """Return the units here whose area a change may have made another."""
        found: set[int] = set()
        ways = [(delta.old, n) for n in delta.old] + [(delta.new, n) for n in delta.new]
        for units, start in ways:
            unit, number = units.get(start), start
            while unit is not None:
                found.add(number)
                if unit.parent is None:
                    break
                number = unit.parent
                unit = units.get(number) or division.units.get(number)
        return {n for n in found & self.parent.keys() if n in division.units}


def read_tree(db: Connection, scope: int) -> Tree:
    """Read all that lies in a unit today.

    Raises
    ------
    NotFoundError
        If there is no such unit.
    """
    here = selection.version(db, scope)
    tree = Tree(scope, here.zoning_id, lambda units: _outlines(db, units))
    query = select(_c.unit_id, _c.parent_id, _c.level, _c.kind).where(
        _c.zoning_id == here.zoning_id,
        _c.lft.between(here.lft, here.rgt),
        func.upper_inf(_c.valid),
        _c.geom.is_not(None),
    )
    for number, parent, level, kind in db.execute(query):
        tree.level[number], tree.kind[number] = level, kind
        if number != scope:
            tree.parent[number] = parent
    return tree


def _outlines(db: Connection, units: Sequence[int]) -> dict[int, shapely.Geometry]:
    query = (
        select(_c.unit_id, func.ST_AsBinary(_c.geom))
        .where(_c.unit_id == any_(list(units)), func.upper_inf(_c.valid))  # type: ignore[arg-type]
        .order_by(_c.unit_id)
    )
    rows = db.execute(query).all()
    areas = to_grid(shapely.from_wkb(np.array([bytes(wkb) for _, wkb in rows], dtype=object)))
    return dict(zip((number for number, _ in rows), areas, strict=True))


def _faces(division: Division, number: int) -> Iterable[int]:
    if division.unit(number).rings is not None:
        yield number
        return
    for child in division.children(number):
        yield from _faces(division, child)
