"""The proof: a thousand random changes of every kind take effect, and are all taken back.

Fifty in `make test`. After each, what it touched is judged by other means than those that made it;
now and then, and at the end, the whole city is.
"""

import contextlib
import datetime as dt

import numpy as np
import pytest
import shapely
from sqlalchemy import func, select, text

from gis.database import Role
from gis.division import stored
from gis.division.rings import edges, shape, twice_area
from layers import catalog
from layers.taking_effect import take_effect
from tests.conftest import clone, drop
from tests.gis.division.board import faces, refuse_wrong
from tests.layers.random_changes import RandomChanges
from tests.layers.whole_city import (
    drawn,
    refuse_differences,
    refuse_other_drawings,
    some_units,
    view,
)
from tests.proof import IS_PROOF

AT = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
STEPS = 1000 if IS_PROOF else 50
CHECKED_EVERY = 200
# Of each kind at least so many per mille must have taken effect.
LEAST_SHARE = 0.01
# Square grid steps; one is less than a square centimetre and a half.
ROUNDING = 1e-3
SEEDS = [pytest.param(1, marks=pytest.mark.proof) if IS_PROOF else 1]
# Where the changes are made: how many neighbouring units of which level.
PLACES = {"demo": (2, 2), "taipei": (3, 4)}


class Judge:
    """Looks at what a change did, by SQL and by shapely."""

    def __init__(self, db, division) -> None:
        self.db = db
        self.division = division
        self.area = sum(x.area for x in faces(division).values())
        self.rim = {e for n in faces(division) for e in edges(division.face(n)) if rim(division, e)}
        self.placed = self._placed()

    def refuse_wrong(self, took) -> None:
        """Judge what one change touched."""
        division = self.division
        here = {n: division.units[n] for n in took.units if n in division.units}
        assert here == dict(took.new)
        # Read back bit for bit; those that ended are not there today.
        assert stored.units(self.db, took.units) == here
        areas = [
            sum(twice_area(r) for n in took.redrawn if n in some for r in some[n].rings or ())
            for some in (took.old, took.new)
        ]
        assert areas[0] == areas[1]
        drawn = sorted(n for n in took.redrawn if n in here and here[n].rings is not None)
        for number in drawn:
            for edge in edges(division.face(number)):
                assert not rim(division, edge) or edge in self.rim
        if drawn:
            self._refuse_overlaps(took, drawn)
        above = {u.parent for u in here.values() if u.parent}
        self._refuse_unlike_their_parts(sorted(took.units | above))
        self._refuse_misplaced(sorted(here))
        self._refuse_miscounted(sorted(took.units | above))

    def refuse_anything_wrong(self) -> None:
        """Judge the whole city, as `citygrid check` does, and the part being edited by overlay."""
        refuse_differences(self.db)
        refuse_wrong(self.division, self.area)
        units = self.division.units
        assert stored.units(self.db, units) == dict(units)
        assert self._placed() == self.placed
        self._refuse_other_places()

    def _refuse_overlaps(self, took, drawn) -> None:
        old = [shape(u.rings) for n, u in took.old.items() if n in took.redrawn and u.rings]
        new = np.array([shape(self.division.face(n)) for n in drawn], dtype=object)
        origin = np.floor(shapely.get_coordinates(new[0])[0])
        old, new = (near(some, origin) for some in (old, new))
        assert shapely.is_valid(new).all()
        apart = shapely.symmetric_difference(shapely.union_all(old), shapely.union_all(new))
        assert apart.area < ROUNDING
        west, south, east, north = shapely.total_bounds(new)
        x, y = origin
        box = int(west + x), int(south + y), int(east + x) + 1, int(north + y) + 1
        around = self.division.near(*box)
        others = near([shape(self.division.face(n)) for n in around], origin)
        one, other = shapely.STRtree(others).query(new)
        pairs = np.array([drawn[i] != around[k] for i, k in zip(one, other, strict=True)])
        common = shapely.area(shapely.intersection(new[one[pairs]], others[other[pairs]]))
        assert common.max(initial=0) < ROUNDING

    def _refuse_unlike_their_parts(self, numbers) -> None:
        """Units are marked as faces where nothing lies in them, else as large as what does."""
        wrong = self.db.execute(
            text(
                "SELECT v.code, v.is_face, v.area_m2, below.n, below.area"
                " FROM citygrid.unit_version v, LATERAL (SELECT count(*) AS n, sum(b.area_m2)"
                " AS area FROM citygrid.unit_version b WHERE b.parent_id = v.unit_id"
                " AND upper_inf(b.valid)) below WHERE v.unit_id = ANY(:ids)"
                " AND upper_inf(v.valid) AND (v.is_face = (below.n > 0)"
                " OR abs(v.area_m2 - below.area) > 0.01 + 1e-9 * v.area_m2)"
            ),
            {"ids": numbers},
        ).all()
        assert not wrong, wrong[:5]

    def _refuse_misplaced(self, numbers) -> None:
        """No row of a face lies outside it."""
        for layer in catalog.COUNTED:
            table, point = layer.table.name, layer.point
            wrong = self.db.execute(
                text(
                    f"SELECT r.id, r.unit_id FROM citygrid.{table} r"
                    " JOIN citygrid.unit_version v ON v.unit_id = r.unit_id"
                    " AND upper_inf(v.valid) AND v.is_face WHERE r.unit_id = ANY(:ids)"
                    f" AND NOT ST_DWithin(v.geom, r.{point}, 1e-9)"
                ),
                {"ids": numbers},
            ).all()
            assert not wrong, (layer.id, wrong[:5])

    def _refuse_miscounted(self, numbers) -> None:
        """What a unit has is what its children have and what hangs on itself."""
        for layer in catalog.COUNTED:
            adds = "count(*)" if layer.weight == "rows" else f"sum({layer.weight})"
            wrong = self.db.execute(
                text(
                    "WITH m AS (SELECT id FROM citygrid.measure WHERE name = :name)"
                    " SELECT u.id, coalesce(c.n, 0) AS stored, coalesce(own.n, 0) AS own,"
                    " coalesce(below.n, 0) AS below FROM unnest(cast(:ids AS int[])) u (id)"
                    " LEFT JOIN citygrid.unit_count c"
                    " ON c.unit_id = u.id AND c.measure_id IN (SELECT id FROM m)"
                    f" LEFT JOIN LATERAL (SELECT {adds} AS n FROM citygrid.{layer.table.name}"
                    " WHERE unit_id = u.id) own ON true"
                    " LEFT JOIN LATERAL (SELECT sum(b.n) AS n FROM citygrid.unit_version v"
                    " JOIN citygrid.unit_count b ON b.unit_id = v.unit_id"
                    " AND b.measure_id IN (SELECT id FROM m)"
                    " WHERE v.parent_id = u.id AND upper_inf(v.valid)) below ON true"
                    " WHERE coalesce(c.n, 0) <> coalesce(own.n, 0) + coalesce(below.n, 0)"
                ),
                {"ids": numbers, "name": layer.id},
            ).all()
            assert not wrong, (layer.id, wrong[:5])

    def _placed(self):
        """How many rows of each layer there are, how many in no unit, how many in each part."""
        found = {}
        for layer in catalog.COUNTED:
            c = layer.table.c
            query = select(func.count(), func.count(c.unit_id))
            found[layer.id] = tuple(self.db.execute(query).one())
        return found

    def _refuse_other_places(self) -> None:
        """Every row stands in the one face that has it by asking all of them, one by one."""
        numbers = sorted(faces(self.division))
        shapes = stored.shapes_4326({n: self.division.face(n) for n in numbers})
        for layer in catalog.COUNTED:
            c = layer.table.c
            point = c[layer.point]
            query = select(c.unit_id, func.ST_X(point), func.ST_Y(point))
            rows = self.db.execute(query.where(c.unit_id.in_(numbers))).all()
            if not rows:
                continue
            unit, x, y = (np.array(column) for column in zip(*rows, strict=True))
            place = np.full(len(unit), -1)
            # From the largest number to the smallest, which has what lies on an edge.
            for number in reversed(numbers):
                area = shapes[number]
                shapely.prepare(area)
                west, south, east, north = area.bounds
                inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
                place[np.flatnonzero(inside)[shapely.intersects_xy(area, x[inside], y[inside])]] = (
                    number
                )
            for k in np.flatnonzero(place != unit).tolist():
                # Doubles decide about a point on an edge; the exact rule is `gis.exact`'s.
                spot = shapely.Point(x[k], y[k])
                assert shapes[int(unit[k])].boundary.distance(spot) < 1e-9, (layer.id, rows[k])


def rim(division, edge):
    return division.is_rim(edge)


def near(shapes, origin):
    return shapely.transform(np.array(shapes, dtype=object), lambda xy: xy - origin)


@pytest.fixture(
    # Where that city is loaded already.
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in sorted(PLACES)]
)
def city(request, server):
    """A loaded city that may be changed: what is written to it is gone afterwards."""
    engine = request.getfixturevalue(request.param)
    where = copied(server, engine) if IS_PROOF else contextlib.nullcontext(engine)
    with where as own, own.connect() as db:
        yield request.param, db
        db.rollback()


@contextlib.contextmanager
def copied(server, engine):
    """A copy of a city's database, in which every change can be committed.

    A thousand changes in one transaction leave a thousand dead versions of the counts of the
    uppermost units behind, and each further change reads them all.
    """
    # A database that somebody is connected to cannot be copied.
    engine.dispose()
    copy = clone(server, engine.url.database)
    own = copy.engine(Role.OWNER)
    yield own
    own.dispose()
    drop(copy)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", SEEDS)
def test_many_changes_keep_the_city_whole_and_can_all_be_taken_back(city, seed, record_property):
    name, db = city
    end = db.commit if IS_PROOF else lambda: None
    before, seen = view(db), drawn(db)
    editor = RandomChanges(db, some_units(db, seed, *PLACES[name]), seed)
    judge = Judge(db, editor.division)
    done = []
    for step in range(STEPS):
        _, delta = editor.step()
        took = take_effect(db, delta, at=AT + dt.timedelta(minutes=step))
        editor.took(delta, took)
        done.append(took)
        judge.refuse_wrong(took)
        end()
        if (step + 1) % CHECKED_EVERY == 0 and step + 1 < STEPS:
            judge.refuse_anything_wrong()
    judge.refuse_anything_wrong()
    record_property("changes", f"{name}: {editor.score()}")
    assert min(editor.done.get(kind, 0) for kind in editor.kinds) >= LEAST_SHARE * STEPS
    for step, delta in enumerate(reversed(done)):
        take_effect(db, ~delta, at=AT + dt.timedelta(days=10, minutes=step))
        end()
    after = view(db)
    for what, rows in before.items():
        assert after[what] == rows, what
    refuse_other_drawings(seen, drawn(db))
