"""A small division for tests: squares on a board, two levels above them, and random edits."""

from __future__ import annotations

import numpy as np
import shapely

from gis.division.cutting import Divide, Split, Take
from gis.division.delta import Unit
from gis.division.division import Division
from gis.division.joining import Create, HandOver, Merge, Retire, Title
from gis.division.moves import DeleteVertex, InsertVertex, MoveVertices
from gis.division.reshape import redraw
from gis.division.rings import edges, ordered, shape
from gis.errors import BoundaryError

STEP = 1000
# Somewhere in the world: exactness must not depend on small numbers.
WEST, SOUTH = 1_140_000_000, 225_000_000
FACE = 4


def at(x, y):
    return WEST + round(x * STEP), SOUTH + round(y * STEP)


def box(west, south, east, north):
    return ordered([[at(west, south), at(east, south), at(east, north), at(west, north)]])


def board(size: int = 4) -> Division:
    """Unit 1 holds quarters 2 …, each a column pair of squares, from 10 on row by row."""
    units = {1: Unit(1, None, "C")}
    for quarter in range((size + 1) // 2):
        units[2 + quarter] = Unit(2, 1, f"C{quarter}")
    for y in range(size):
        for x in range(size):
            units[10 + size * y + x] = Unit(
                FACE, 2 + x // 2, f"F{x}{y}", rings=box(x, y, x + 1, y + 1)
            )
    return Division(units)


def faces(division: Division) -> dict[int, shapely.Geometry]:
    return {n: shape(u.rings) for n, u in division.units.items() if u.rings is not None}


def refuse_wrong(division: Division, area: float) -> None:
    """Judge a division by other means than its own: shapely's overlay.

    Not by `shapely.coverage_is_valid`, which refuses a hole that touches its outer ring.
    """
    shapes = np.array(list(faces(division).values()))
    assert shapely.is_valid(shapes).all()
    # Grid steps are whole, so doubled areas are whole numbers too: no tolerance.
    assert sum(shapely.area(shapes)) == area
    origin = shapely.get_coordinates(shapes[0])[0]
    near = shapely.transform(shapes, lambda xy: xy - origin)
    assert abs(shapely.area(shapely.union_all(near)) / area - 1) < 1e-12
    one, other = shapely.STRtree(near).query(near)
    pairs = one < other
    common = shapely.intersection(near[one[pairs]], near[other[pairs]])
    assert shapely.area(common).max() < 1e-3
    # Every edge that has no twin is the border's.
    walked = [edge for n in faces(division) for edge in edges(division.face(n))]
    assert len(walked) == len(set(walked))
    rim = shapely.union_all(near).boundary
    alone = np.array([e for e in walked if division.is_rim(e)], float) - origin
    assert rim.covers(shapely.multilinestrings(shapely.linestrings(alone)))
    for number, unit in division.units.items():
        if unit.parent is not None:
            assert division.units[unit.parent].level < unit.level, number


class Editor:
    """Makes random edits of every kind; many are impossible, and must be refused cleanly."""

    def __init__(self, division: Division, seed: int, *, codes=None) -> None:
        self.division = division
        self.rng = np.random.default_rng(seed)
        self.done = 0
        self.refused = 0
        self._codes = codes or self._any_code

    def _any_code(self, *_):
        return f"N{self.rng.integers(1 << 60)}"

    def step(self):
        """Try one random edit; return its change, or None if it was refused."""
        kinds = (
            self.move, self.move, self.move, self.insert, self.delete, self.reshape, self.reshape,
            self.split, self.split, self.merge, self.merge, self.take, self.take, self.hand_over,
            self.create, self.divide,
        )  # fmt: skip
        before = dict(self.division.units)
        words = ""
        try:
            delta = self.rng.choice(kinds)()
        except BoundaryError as error:
            words = str(error)
        if words:
            assert words.endswith("."), words
            assert dict(self.division.units) == before
            self.refused += 1
            return None
        self.done += bool(delta)
        return delta

    def some_face(self):
        numbers = sorted(n for n, u in self.division.units.items() if u.rings is not None)
        return int(self.rng.choice(numbers))

    def title(self, unit, parent=None):
        here = self.division.unit(unit)
        return Title(self._codes(here.level, parent or here.parent), {"zh": "新", "en": "New"})

    def _some_edge(self):
        found = sorted(edges(self.division.face(self.some_face())))
        return found[self.rng.integers(len(found))]

    def _size(self, number):
        west, south, east, north = shape(self.division.face(number)).bounds
        return max(east - west, north - south)

    def _shifted(self, vertex, size, share):
        dx, dy = self.rng.normal(0, share * size, 2)
        return vertex[0] + round(dx), vertex[1] + round(dy)

    def move(self):
        number = self.some_face()
        ring = self.division.face(number)[0]
        first = int(self.rng.integers(len(ring)))
        count = int(self.rng.integers(1, 4))
        shift = self._shifted((0, 0), self._size(number), 0.05)
        return self.division.do(
            MoveVertices(
                {
                    (x, y): (x + shift[0], y + shift[1])
                    for x, y in [ring[(first + k) % len(ring)] for k in range(count)]
                }
            )
        )

    def insert(self):
        start, end = self._some_edge()
        middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
        size = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
        return self.division.do(InsertVertex(start, end, self._shifted(middle, size, 0.2)))

    def delete(self):
        return self.division.do(DeleteVertex(self._some_edge()[0]))

    def reshape(self):
        number = self.some_face()
        ring = self.division.face(number)[0]
        first, span = int(self.rng.integers(len(ring))), int(self.rng.integers(1, 5))
        a, b = ring[first], ring[(first + span) % len(ring)]
        middle = self._shifted(((a[0] + b[0]) // 2, (a[1] + b[1]) // 2), self._size(number), 0.15)
        return self.division.do(*redraw((a, middle, b)))

    def split(self):
        number = self.some_face()
        lines = [self._across(number) for _ in range(int(self.rng.integers(1, 3)))]
        titles = [self.title(number) for _ in range(8)]
        return self.division.do(Split(number, lines, titles))

    def divide(self):
        number = self.some_face()
        here = self.division.unit(number)
        if here.level >= FACE + 1:
            return self.merge()
        titles = [self.title(number, number) for _ in range(8)]
        return self.division.do(Divide(number, [self._across(number)], here.level + 1, titles))

    def _across(self, number):
        area = shape(self.division.face(number))
        west, south, east, north = area.bounds
        angle = self.rng.uniform(0, np.pi)
        reach = (east - west + north - south) * np.array([np.cos(angle), np.sin(angle)])
        centre = np.array(area.representative_point().coords[0])
        bend = centre + self.rng.normal(0, 0.1, 2) * (east - west, north - south)
        return [tuple(map(round, p)) for p in (centre - reach, bend, centre + reach)]

    def merge(self):
        number = self.some_face()
        others = sorted(self.division.neighbours(number))
        if not others:
            raise BoundaryError("There is no neighbour.")
        count = int(self.rng.integers(1, min(3, len(others)) + 1))
        chosen = self.rng.choice(others, count, replace=False).tolist()
        return self.division.do(Merge([number, *chosen], number))

    def take(self):
        number = self.some_face()
        others = sorted(self.division.neighbours(number)) or [number]
        centre = shape(self.division.face(int(self.rng.choice(others)))).representative_point()
        size = self._size(number) * self.rng.uniform(0.1, 0.7)
        angles = np.sort(self.rng.uniform(0, 2 * np.pi, 7))
        ring = [
            (round(centre.x + size * np.cos(a)), round(centre.y + size * np.sin(a))) for a in angles
        ]
        return self.division.do(Take(number, ordered([ring])))

    def hand_over(self):
        number = self.some_face()
        here = self.division.unit(number)
        parents = sorted(
            n for n, u in self.division.units.items() if u.rings is None and u.level < here.level
        )
        parent = int(self.rng.choice(parents))
        left = self.division.children(here.parent) == [number] and parent != here.parent
        retire = [Retire(here.parent)] if left else []
        return self.division.do(HandOver([number], parent), *retire)

    def create(self):
        number = self.some_face()
        here = self.division.unit(number)
        above = self.division.unit(here.parent)
        if above.parent is None:
            raise BoundaryError("There is no level between.")
        title = self.title(here.parent, above.parent)
        return self.division.do(Create(title, above.level, above.parent, [number]))
