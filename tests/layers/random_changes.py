"""Random edits of every kind that a person can make, on a part of a loaded city.

Many are impossible where chance puts them. Those must be refused in a sentence and leave nothing
behind; another of the same kind is tried then, so that all kinds happen about equally often.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace

import numpy as np
import shapely
from sqlalchemy import select

from gis.arrangement import to_grid
from gis.division.buildings import HandOverBuildings
from gis.division.cutting import Divide, Split, Take, Title
from gis.division.delta import Delta
from gis.division.joining import Create, HandOver, Merge, Rename, Retire
from gis.division.moves import DeleteVertex, InsertVertex, MoveVertices
from gis.division.reshape import along, redraw
from gis.division.rings import chain, edges, ordered, polygons, shape, traced
from gis.division.stored import open_division
from gis.errors import BoundaryError
from gis.tables import building, road

# So often one kind is tried in a row before another has its turn.
TRIES = 12
# A line across half the world would be no edit.
LONGEST_ROAD = 200


class Ground:
    """The footprints and roads of a part of the city, on the grid."""

    def __init__(self, db, area_4326) -> None:
        c = building.c
        box = shapely.box(*area_4326)
        wkb = f"SRID=4326;{box.wkt}"
        rows = db.execute(
            select(c.id, c.estate_id, c.geom.ST_AsBinary()).where(c.geom.bool_op("&&")(wkb))
        ).all()
        shapes = to_grid(np.array([shapely.from_wkb(bytes(row[2])) for row in rows], dtype=object))
        # Not what rounding has made of a sliver of a footprint.
        sound = [k for k in range(len(rows)) if shapely.is_valid(shapes[k]) and shapes[k].area > 0]
        self.shapes = shapes[sound]
        self.estates = [rows[k][1] for k in sound]
        self.points = shapely.point_on_surface(self.shapes)
        self.tree = shapely.STRtree(self.points)
        lines = db.scalars(
            select(road.c.geom.ST_AsBinary()).where(road.c.geom.bool_op("&&")(wkb))
        ).all()
        ways = [part for line in lines for part in shapely.get_parts(shapely.from_wkb(bytes(line)))]
        self.roads = to_grid(np.array(ways, dtype=object)) if ways else np.array([], dtype=object)
        self.road_tree = shapely.STRtree(self.roads)

    def roads_near(self, box):
        return self.roads[self.road_tree.query(shapely.box(*box))]

    def standing_in(self, area):
        """The numbers of the footprints whose point lies in an area."""
        return sorted(self.tree.query(area, predicate="contains").tolist())


@dataclass(frozen=True)
class Undivide:
    """All parts of a unit become one, and the unit its own face."""

    unit: int

    def delta(self, division):
        here = division.unit(self.unit)
        old = {n: division.unit(n) for n in (self.unit, *division.children(self.unit))}
        rings = traced(chain(division.face(n) for n in old if n != self.unit))
        return Delta(old, {self.unit: replace(here, rings=rings)})


class RandomChanges:
    """Makes one change after the other on an opened division, and keeps the score by kind."""

    def __init__(self, db, within, seed: int) -> None:
        self.division = open_division(db, within)
        self.rng = np.random.default_rng(seed)
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        # A few changes that can be taken back while others follow.
        self.past = deque(maxlen=20)
        self.deepest = max(unit.level for unit in self.division.units.values())
        self.kinds = {
            name.removeprefix("do_"): getattr(self, name)
            for name in sorted(dir(type(self)))
            if name.startswith("do_")
        }
        boxes = np.array([shape(self.division.face(n)).bounds for n in self.faces()])
        bounds = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
        self.ground = Ground(db, [x / 1e7 for x in bounds])
        if not any(estate is not None for estate in self.ground.estates):
            # Not every city knows its estates.
            del self.kinds["hand_over_estate"]
        self._waiting: list[str] = []

    def step(self):
        """Make one change of some kind; return the kind and the change."""
        while True:
            if not self._waiting:
                self._waiting = list(self.rng.permutation(sorted(self.kinds)))
            kind = self._waiting.pop()
            for _ in range(TRIES):
                if delta := self._tried(kind):
                    return kind, delta

    def _tried(self, kind):
        before = dict(self.division.units)
        words = ""
        try:
            delta = self.kinds[kind]()
        except BoundaryError as error:
            words = str(error)
        if words:
            assert words.endswith("."), words
            assert dict(self.division.units) == before, words
            self.refused[kind] += 1
            return None
        self.done[kind] += bool(delta)
        return delta

    def took(self, delta, took) -> None:
        """Go on with the numbers that new units got when a change took effect."""
        if took != delta:
            self.division.undo()
            self.division.apply(took)
        self.past.append(took)

    def score(self):
        """Say how many of each kind took effect, and how many were refused."""
        told = [f"{kind} {self.done[kind]} + {self.refused[kind]} refused" for kind in self.kinds]
        total = f"{self.done.total()} done, {self.refused.total()} refused"
        return f"{total} ({', '.join(told)})"

    # --- choosing ---

    def faces(self):
        return sorted(n for n, u in self.division.units.items() if u.rings is not None)

    def some(self, values):
        if not len(values):
            raise BoundaryError("There is nothing of that kind.")
        return values[int(self.rng.integers(len(values)))]

    def some_face(self):
        return self.some(self.faces())

    def some_neighbour(self, number):
        return self.some(sorted(self.division.neighbours(number)))

    def some_upper(self):
        """A unit above the faces that is neither the top nor wholly unknown."""
        return self.some(
            sorted(
                n
                for n, u in self.division.units.items()
                if u.rings is None and u.parent is not None and self.division.children(n)
            )
        )

    def inner(self, number):
        """The vertices of a face that no border of the city runs through, with their edges."""
        found = {}
        for start, end in edges(self.division.face(number)):
            if self.division.is_rim((start, end)):
                found[start] = found[end] = False
            else:
                found.setdefault(start, True)
                found.setdefault(end, True)
        return sorted(vertex for vertex, is_inner in found.items() if is_inner)

    def size(self, number):
        west, south, east, north = shape(self.division.face(number)).bounds
        return max(east - west, north - south)

    def shifted(self, vertex, size, share):
        dx, dy = self.rng.normal(0, share * size, 2)
        return vertex[0] + round(dx), vertex[1] + round(dy)

    def title(self):
        number = self.rng.integers(10**16, 10**17)
        return Title(str(number), {"zh": f"新{number}", "en": f"New {number}"})

    def titles(self, count=12):
        return [self.title() for _ in range(count)]

    def across(self, number):
        area = shape(self.division.face(number))
        west, south, east, north = area.bounds
        angle = self.rng.uniform(0, np.pi)
        reach = (east - west + north - south) * np.array([np.cos(angle), np.sin(angle)])
        centre = np.array(area.representative_point().coords[0])
        bend = centre + self.rng.normal(0, 0.1, 2) * (east - west, north - south)
        return [tuple(map(round, p)) for p in (centre - reach, bend, centre + reach)]

    def round_a_place(self, number, share):
        """A ring around a place in a face, as large as a part of what fits there."""
        area = shape(self.division.face(number))
        centre = area.representative_point()
        reach = max(area.boundary.distance(centre) * share, 10)
        angles = np.linspace(0, 2 * np.pi, 8)[:-1] + self.rng.uniform(0, 0.7)
        return [
            (round(centre.x + reach * np.cos(a)), round(centre.y + reach * np.sin(a)))
            for a in angles
        ]

    # --- moving ---

    def do_move_vertex(self):
        number = self.some_face()
        vertex = self.some([v for v in self.inner(number) if len(self.division.faces_at(v)) == 2])
        return self.division.do(
            MoveVertices({vertex: self.shifted(vertex, self.size(number), 0.03)})
        )

    def do_move_node(self):
        number = self.some_face()
        vertex = self.some([v for v in self.inner(number) if len(self.division.faces_at(v)) > 2])
        return self.division.do(
            MoveVertices({vertex: self.shifted(vertex, self.size(number), 0.03)})
        )

    def do_move_edge(self):
        number = self.some_face()
        ring = self.some(self.division.face(number))
        first, count = int(self.rng.integers(len(ring))), int(self.rng.integers(2, 5))
        dx, dy = self.shifted((0, 0), self.size(number), 0.03)
        moved = [ring[(first + k) % len(ring)] for k in range(count)]
        return self.division.do(MoveVertices({(x, y): (x + dx, y + dy) for x, y in moved}))

    def do_insert(self):
        start, end = self.some(sorted(edges(self.division.face(self.some_face()))))
        middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
        size = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
        return self.division.do(InsertVertex(start, end, self.shifted(middle, size, 0.2)))

    def do_delete(self):
        return self.division.do(DeleteVertex(self.some(self.inner(self.some_face()))))

    def do_reshape(self):
        number = self.some_face()
        ring = self.some(self.division.face(number))
        first, span = int(self.rng.integers(len(ring))), int(self.rng.integers(1, 5))
        a, b = ring[first], ring[(first + span) % len(ring)]
        middle = ((a[0] + b[0]) // 2, (a[1] + b[1]) // 2)
        return self.division.do(*redraw((a, self.shifted(middle, self.size(number), 0.15), b)))

    def do_follow_a_road(self):
        """The border between two faces follows the road nearest to it from end to end."""
        number = self.some_face()
        other = self.some_neighbour(number)
        back = {(b, a) for a, b in edges(self.division.face(other))}
        common = [edge for edge in edges(self.division.face(number)) if edge in back]
        vertices = sorted({v for edge in common for v in edge})
        start, end = self.rng.choice(len(vertices), 2, replace=False).tolist()
        start, end = vertices[start], vertices[end]
        chord = shapely.LineString([start, end])
        ways = self.ground.roads_near(chord.buffer(chord.length / 4).bounds)
        way = self.some(sorted(ways.tolist(), key=lambda w: w.distance(chord))[:3])
        line = along(way, start, end)
        if not 2 < len(line) < LONGEST_ROAD:
            raise BoundaryError("The road does not run along here.")
        return self.division.do(*redraw(line))

    # --- cutting ---

    def do_split_by_one_line(self):
        number = self.some_face()
        return self.division.do(Split(number, [self.across(number)], self.titles()))

    def do_split_by_several_lines(self):
        number = self.some_face()
        lines = [self.across(number) for _ in range(int(self.rng.integers(2, 4)))]
        return self.division.do(Split(number, lines, self.titles(24)))

    def do_divide(self):
        number = self.some([n for n in self.faces() if self.division.unit(n).level < self.deepest])
        level = self.division.unit(number).level + 1
        return self.division.do(Divide(number, [self.across(number)], level, self.titles()))

    def do_undivide(self):
        """A unit is one face again: the reverse of dividing it, which no file need have had."""
        number = self.some(
            sorted({u.parent for u in self.division.units.values() if u.rings is not None})
        )
        return self.division.do(Undivide(number))

    def do_enclave(self):
        """A new unit wholly inside another."""
        number = self.some_face()
        ring = self.round_a_place(number, self.rng.uniform(0.3, 0.9))
        return self.division.do(Split(number, [[*ring, ring[0]]], self.titles()))

    def do_island(self):
        """A piece in the middle of one face goes to another that need not even touch it."""
        number = self.some_face()
        ring = self.round_a_place(number, self.rng.uniform(0.2, 0.8))
        near = sorted(self.division.neighbours(number) - {number})
        further = sorted({n for near_one in near for n in self.division.neighbours(near_one)})
        taker = self.some([n for n in further if n != number])
        is_inside = shape(self.division.face(number)).contains_properly(shapely.Polygon(ring))
        delta = self.division.do(Take(taker, ordered([ring]), [number]))
        # In a face of hardly any width there is no room for an island.
        assert len(polygons(self.division.face(taker))) > 1 or not is_inside
        return delta

    def do_take_an_area(self):
        number = self.some_face()
        centre = shape(self.division.face(self.some_neighbour(number))).representative_point()
        size = self.size(number) * self.rng.uniform(0.1, 0.7)
        angles = np.sort(self.rng.uniform(0, 2 * np.pi, 7))
        ring = [
            (round(centre.x + size * np.cos(a)), round(centre.y + size * np.sin(a))) for a in angles
        ]
        return self.division.do(Take(number, ordered([ring])))

    # --- handing over ---

    def do_hand_over_buildings(self):
        return self._buildings(lambda mine: [self.some(mine)])

    def do_hand_over_estate(self):
        def of_one_estate(mine):
            estates = sorted({e for k in mine if (e := self.ground.estates[k]) is not None})
            estate = self.some(estates)
            return [k for k in mine if self.ground.estates[k] == estate]

        return self._buildings(of_one_estate)

    def _buildings(self, choose):
        giver = self.some_face()
        to = self.some_neighbour(giver)
        area = shape(self.division.face(giver))
        mine = self.ground.standing_in(area)
        chosen = choose(mine)
        theirs = self.ground.standing_in(shape(self.division.face(to)))
        others = sorted({*mine, *theirs} - {*chosen})
        roads = self.ground.roads_near(area.bounds)
        lines = [
            [(round(x), round(y)) for x, y in shapely.get_coordinates(way).tolist()]
            for way in roads
        ]
        given = [self.ground.shapes[k] for k in chosen]
        rest = [self.ground.shapes[k] for k in others]
        delta = self.division.do(HandOverBuildings(giver, to, given, rest, lines))
        gone = shape(self.division.face(giver))
        assert not any(gone.contains(self.ground.points[k]) for k in chosen)
        return delta

    def do_hand_over_a_face(self):
        number = self.some_face()
        here = self.division.unit(number)
        parents = [
            n
            for n, u in sorted(self.division.units.items())
            if u.rings is None and u.level < here.level and n != here.parent
        ]
        return self._hand_over(number, self.some(parents))

    def do_hand_over_an_upper_unit(self):
        number = self.some_upper()
        here = self.division.unit(number)
        parents = [
            n
            for n, u in sorted(self.division.units.items())
            if u.rings is None and u.level < here.level and n != here.parent
        ]
        return self._hand_over(number, self.some(parents))

    def _hand_over(self, number, parent):
        left = self.division.unit(number).parent
        is_last = self.division.children(left) == [number]
        return self.division.do(HandOver([number], parent), *([Retire(left)] if is_last else []))

    def do_create(self):
        """Some children of a unit become a new one beside it: an upper unit is split as a set."""
        here = self.some_upper()
        children = self.division.children(here)
        if len(children) < 2:
            raise BoundaryError("There is one part only.")
        count = int(self.rng.integers(1, len(children)))
        chosen = sorted(self.rng.choice(children, count, replace=False).tolist())
        unit = self.division.unit(here)
        return self.division.do(Create(self.title(), unit.level, unit.parent, chosen))

    def do_retire(self):
        """A unit's parts all go to others of its level, and it is no more."""
        number = self.some_upper()
        here = self.division.unit(number)
        others = [
            n
            for n, u in sorted(self.division.units.items())
            if u.rings is None and u.level == here.level and n != number
        ]
        parts = self.division.children(number)
        steps = [HandOver([part], self.some(others)) for part in parts]
        return self.division.do(*steps, Retire(number))

    # --- merging and naming ---

    def do_merge_faces(self):
        number = self.some_face()
        near = sorted(self.division.neighbours(number))
        count = int(self.rng.integers(1, min(3, len(near)) + 1))
        chosen = sorted(self.rng.choice(near, count, replace=False).tolist())
        left = Counter(self.division.unit(n).parent for n in chosen)
        empty = [
            parent
            for parent, gone in left.items()
            if len(self.division.children(parent)) == gone
            and parent != self.division.unit(number).parent
        ]
        return self.division.do(Merge([number, *chosen], number), *map(Retire, empty))

    def do_merge_upper_units(self):
        number = self.some_upper()
        level = self.division.unit(number).level
        others = [
            n
            for n, u in sorted(self.division.units.items())
            if u.rings is None and u.level == level and n != number
        ]
        return self.division.do(Merge([number, self.some(others)], number))

    def do_rename(self):
        number = self.some(sorted(self.division.units))
        here = self.division.unit(number)
        return self.division.do(Rename(number, replace(self.title(), code=here.code)))

    def do_recode(self):
        number = self.some(sorted(self.division.units))
        here = self.division.unit(number)
        title = Title(self.title().code, here.names, "exclusive")
        return self.division.do(Rename(number, title))

    def do_take_back(self):
        """An earlier change is reversed, if nothing it touched has changed since."""
        return self.division.apply(~self.some(list(self.past)))
