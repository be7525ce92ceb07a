"""Cutting areas apart: splitting a unit by lines, and giving a part of the ground to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import shapely

from gis.division.delta import Delta, Unit
from gis.division.division import Division
from gis.division.moves import redrawn
from gis.division.noding import Line, cells, node
from gis.division.rings import Rings, chain, ordered, polygons, shape, traced
from gis.errors import BoundaryError


@dataclass(frozen=True)
class Title:
    """What a new unit is called; a draft may leave it open."""

    code: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    kind: str = "basic"

    def unit(self, level: int, parent: int | None, rings: Rings | None) -> Unit:
        """Return the unit with a place in the tree and an area."""
        return Unit(level, parent, self.code, self.names, self.kind, rings)


@dataclass(frozen=True)
class Split:
    """A face is cut along lines: its largest part stays itself, the others become new units.

    Islands that no line cuts stay with the largest part. ``titles`` are for the new units, from
    the largest to the smallest.
    """

    unit: int
    lines: Sequence[Line]
    titles: Sequence[Title] = ()

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError if the lines cut nothing off."""
        areas, parts = _parts(division, self.unit, self.lines)
        first, *others = parts
        here = division.unit(self.unit)
        change = redrawn(division, {**areas, self.unit: first})
        numbers = division.new_ids(len(others))
        titles = [*self.titles, *[Title()] * len(others)]
        created = {
            number: title.unit(here.level, here.parent, rings)
            for number, title, rings in zip(numbers, titles, others, strict=False)
        }
        return Delta(change.old, {**change.new, **created})


@dataclass(frozen=True)
class Divide:
    """A face is cut along lines into units below it, and is from then on their union."""

    unit: int
    lines: Sequence[Line]
    level: int
    titles: Sequence[Title] = ()

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError if the lines cut nothing off."""
        areas, parts = _parts(division, self.unit, self.lines)
        del areas[self.unit]
        change = redrawn(division, areas)
        numbers = division.new_ids(len(parts))
        titles = [*self.titles, *[Title()] * len(parts)]
        created = {
            number: title.unit(self.level, self.unit, rings)
            for number, title, rings in zip(numbers, titles, parts, strict=False)
        }
        here = division.unit(self.unit)
        return Delta(
            {**change.old, self.unit: here},
            {**change.new, self.unit: replace(here, rings=None), **created},
        )


@dataclass(frozen=True)
class Take:
    """A face takes all that lies within an area from the faces there, or from some of them.

    What lies outside the city is nobody's to take.
    """

    unit: int
    area: Rings
    givers: Sequence[int] = ()

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError if nothing or all of another would be taken."""
        area = shape(self.area)
        west, south, east, north = map(int, area.bounds)
        givers = set(self.givers or division.near(west, south, east, north)) - {self.unit}
        lines = [(*ring, ring[0]) for ring in self.area]
        noded = node(division, lines, {*givers, self.unit})
        areas = noded.faces(division)
        shapely.prepare(area)
        taken: list[Rings] = []
        for giver in sorted(givers):
            rings = areas.get(giver) or division.face(giver)
            parts = cells(rings, noded.lines)
            inside = [area.contains(shape(cell).representative_point()) for cell in parts]
            if not any(inside):
                continue
            if all(inside):
                raise BoundaryError(
                    f"All of {division.name(giver)} would be taken: merge the two instead.",
                    key="border.all_taken",
                    unit=division.spoken(giver),
                )
            taken += [cell for cell, is_in in zip(parts, inside, strict=True) if is_in]
            rest = [cell for cell, is_in in zip(parts, inside, strict=True) if not is_in]
            areas[giver] = traced(chain(rest))
        if not taken:
            raise BoundaryError(
                f"Nothing within the area lies outside {division.name(self.unit)}.",
                key="border.nothing_taken",
                unit=division.spoken(self.unit),
            )
        own = areas.get(self.unit) or division.face(self.unit)
        areas[self.unit] = traced(chain([own, *taken]))
        return redrawn(division, areas)


def _parts(
    division: Division, unit: int, lines: Iterable[Line]
) -> tuple[dict[int, Rings], list[Rings]]:
    """Return neighbours that get vertices (and the unit itself), and the parts, largest first."""
    before = division.face(unit)
    noded = node(division, lines, [unit])
    areas = noded.faces(division)
    rings = areas.setdefault(unit, before)
    found = cells(rings, noded.lines)
    islands = {ordered(island) for island in polygons(rings)}
    cut = [cell for cell in found if cell not in islands]
    if len(cut) < 2:
        raise BoundaryError(
            f"The line does not cut {division.name(unit)} in two: draw it right across.",
            key="border.not_across",
            unit=division.spoken(unit),
        )
    whole = [cell for cell in found if cell in islands]
    return areas, [traced(chain([cut[0], *whole])), *cut[1:]]
