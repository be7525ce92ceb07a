"""Handing ground over to a unit of any level: buildings of several givers, or a drawn area."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import shapely

from gis.division.buildings import HandOverBuildings
from gis.division.coding import GiveCodes
from gis.division.cutting import Take
from gis.division.division import Division, Operation
from gis.division.joining import HandOver, Merge
from gis.division.rings import Ring, edges, ordered, shape, twice_area
from gis.division.surroundings import Box, Standing, Surroundings
from gis.errors import BoundaryError


def give_buildings(
    division: Division, here: Surroundings, numbers: Collection[int], to: int
) -> Sequence[Operation]:
    """Return what hands buildings over to a unit, with the ground around them.

    The edge lays itself around the buildings of each face; a face that would give its last
    building goes as a whole.

    Raises
    ------
    BoundaryError
        A building stands in no face that is being edited, all stand in the receiver already, or
        nothing of the receiver touches a giver.
    """
    givers = _by_face(division, here.buildings(numbers))
    own = {n for n in givers if _lies_in(division, n, to)}
    if own == givers.keys():
        raise BoundaryError(
            f"The buildings stand in {division.name(to)} already: choose another unit.",
            key="border.here_already",
            unit=division.spoken(to),
        )
    found: list[Operation] = []
    moved: list[int] = []
    for giver in sorted(givers.keys() - own):
        given = givers[giver]
        standing = _standing_in(division, here, giver)
        if standing <= {one.id for one in given}:
            found.append(_whole(division, giver, to))
            moved.append(giver)
            continue
        receiver = receiving(division, to, [giver])
        boxes = _box(shape(division.face(giver)), shape(division.face(receiver)))
        chosen = {one.id for one in given}
        others = [one.footprint for one in here.buildings_near(boxes) if one.id not in chosen]
        around = _box(shape(division.face(giver)))
        roads = [
            [(round(x), round(y)) for x, y in shapely.get_coordinates(way.line).tolist()]
            for way in here.ways_near(around)
        ]
        found.append(
            HandOverBuildings(giver, receiver, [one.footprint for one in given], others, roads)
        )
    return *found, GiveCodes(here, moved)


def give_area(division: Division, here: Surroundings, ring: Ring, to: int) -> Sequence[Operation]:
    """Return what hands all ground in a drawn area over to a unit; whole faces go as they are.

    Raises
    ------
    BoundaryError
        The outline crosses itself, or nothing in it can be handed over.
    """
    if twice_area(ring) < 0:
        ring = ring[::-1]
    area = ordered([ring])
    drawn = shapely.Polygon(ring)
    if not drawn.is_valid:
        raise BoundaryError(
            "The outline that was drawn crosses itself: draw it anew.", key="border.drawn_crosses"
        )
    near = [n for n in division.near(*map(int, drawn.bounds)) if not _lies_in(division, n, to)]
    shapely.prepare(drawn)
    shapes = {n: shape(division.face(n)) for n in near}
    whole = [n for n in near if drawn.covers(shapes[n])]
    partly = [n for n in near if n not in whole and drawn.intersection(shapes[n]).area > 0]
    if not whole and not partly:
        raise BoundaryError(
            f"Nothing within the area lies outside {division.name(to)}.",
            key="border.nothing_taken",
            unit=division.spoken(to),
        )
    found = [_whole(division, n, to) for n in whole]
    if partly:
        # What has gone over as a whole may take the rest in.
        is_over = division.unit(to).rings is None
        taker = receiving(division, to, partly, whole if is_over else ())
        found.append(Take(taker, area, partly))
    return *found, GiveCodes(here, whole)


def receiving(
    division: Division, to: int, givers: Iterable[int], also: Collection[int] = ()
) -> int:
    """Return the face of a unit that takes ground over: the one with most border to the givers.

    Parameters
    ----------
    also
        Faces that will be the unit's.

    Raises
    ------
    BoundaryError
        Nothing of the unit touches them.
    """
    if division.unit(to).rings is not None:
        return to
    length: dict[int, float] = {}
    listed = list(givers)
    for giver in listed:
        for a, b in edges(division.face(giver)):
            other = division.left_of(b, a)
            if other is not None and (other in also or _lies_in(division, other, to)):
                length[other] = length.get(other, 0.0) + shapely.LineString([a, b]).length
    if not length:
        raise BoundaryError(
            f"{division.name(to)} does not touch {division.name(listed[0])}: "
            "hand over to a unit beside it.",
            key="border.apart",
            unit=division.spoken(to),
            other=division.spoken(listed[0]),
        )
    return max(length, key=lambda n: (length[n], -n))


def _whole(division: Division, giver: int, to: int) -> Operation:
    """Return what hands a whole face over: another parent, or a part of what it lies in with."""
    receiver = division.unit(to)
    if receiver.rings is None:
        # Its parts may be wider than the face: then it lies beside them.
        return HandOver([giver], to)
    if receiver.parent == division.unit(giver).parent or receiver.parent is None:
        return Merge([giver, to], to)
    return HandOver([giver], receiver.parent)


def _by_face(division: Division, buildings: Iterable[Standing]) -> dict[int, list[Standing]]:
    found: dict[int, list[Standing]] = {}
    for one in buildings:
        face = _face_of(division, one)
        if face is None:
            raise BoundaryError(
                f"Building {one.id} stands outside of what is being edited.", key="border.elsewhere"
            )
        found.setdefault(face, []).append(one)
    return found


def _face_of(division: Division, one: Standing) -> int | None:
    x, y = one.centre
    point = shapely.Point(x, y)
    for number in division.near(int(x) - 1, int(y) - 1, int(x) + 1, int(y) + 1):
        if shape(division.face(number)).intersects(point):
            return number
    return None


def standing_in(division: Division, here: Surroundings, unit: int) -> set[int]:
    """Return the buildings that stand in a unit as it is now."""
    if division.unit(unit).rings is not None:
        return _standing_in(division, here, unit)
    return {n for child in division.children(unit) for n in standing_in(division, here, child)}


def _standing_in(division: Division, here: Surroundings, face: int) -> set[int]:
    area = shape(division.face(face))
    shapely.prepare(area)
    near = here.buildings_near(_box(area))
    return {one.id for one in near if area.intersects(shapely.Point(one.centre))}


def _lies_in(division: Division, number: int, above: int) -> bool:
    at: int | None = number
    while at is not None:
        if at == above:
            return True
        at = division.unit(at).parent
    return False


def _box(*shapes: shapely.Geometry) -> Box:
    west, south, east, north = shapely.total_bounds(list(shapes)).tolist()
    return int(west), int(south), int(east) + 1, int(north) + 1
