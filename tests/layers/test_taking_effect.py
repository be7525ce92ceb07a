"""Changes of boundaries take effect on rows and counts, and are taken back without a trace."""

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import text

from gis.division.delta import Delta
from gis.division.rings import shape
from gis.division.stored import open_division
from gis.verify import check_units
from layers import catalog, verify
from layers.taking_effect import take_effect
from tests.gis.division.board import Editor, faces, refuse_wrong
from tests.proof import IS_PROOF

AT = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
STEPS = 1000 if IS_PROOF else 50
# Everything a change may touch, without what only says how it is kept (numbers of versions, room
# between the numbers of the tree).
VIEW = {
    "units": """
        SELECT v.unit_id, code, names::text, level, parent_id, kind, is_face,
          md5(ST_AsBinary(ST_Normalize(geom))), round(area_m2::numeric, 6),
          rank() OVER (PARTITION BY zoning_id ORDER BY lft)
        FROM citygrid.unit_version v WHERE upper_inf(valid) ORDER BY 1""",
    "shapes": """
        SELECT s.unit_id, s.level, s.zoom_from, s.zoom_to,
          md5(ST_AsBinary(ST_Normalize(s.geom)))
        FROM citygrid.unit_shape s ORDER BY 1, 3""",
    "counts": "SELECT * FROM citygrid.unit_count ORDER BY 1, 2",
    "outside": "SELECT * FROM citygrid.outside_count ORDER BY 1, 2",
    "series": "SELECT unit_id, md5(string_agg(measure_id || ':' || day || ':' || n, ',' "
    "ORDER BY measure_id, day)) FROM citygrid.unit_series GROUP BY 1 ORDER BY 1",
    **{
        layer.id: f"SELECT md5(string_agg(id || ':' || coalesce(unit_id, 0), ',' ORDER BY id)) "
        f"FROM citygrid.{layer.table.name}"
        for layer in catalog.COUNTED
    },
}


def view(db):
    return {name: [tuple(row) for row in db.execute(text(sql))] for name, sql in VIEW.items()}


def silent(*_):
    """No report."""


def refuse_differences(db):
    found = [*check_units(db, silent), *verify.check_counts(db, silent)]
    wrong = [str(one) for one in found if one.wrong]
    assert not wrong, "\n".join(wrong)


def some_units(db, seed, level, count):
    """Units of a level that lie next to each other."""
    rows = db.execute(
        text(
            "WITH start AS (SELECT geom FROM citygrid.unit_version WHERE zoning_id = 1"
            " AND level = :level AND upper_inf(valid) AND geom IS NOT NULL"
            " ORDER BY md5(unit_id || ':' || :seed) LIMIT 1)"
            " SELECT v.unit_id FROM citygrid.unit_version v, start WHERE zoning_id = 1"
            " AND level = :level AND upper_inf(valid) AND v.geom IS NOT NULL"
            " ORDER BY v.geom <-> start.geom LIMIT :count"
        ),
        {"level": level, "seed": seed, "count": count},
    )
    return [row[0] for row in rows]


@pytest.fixture(params=["demo", "taipei"])
def city(request):
    engine = request.getfixturevalue(request.param)
    with engine.connect() as db, db.begin() as transaction:
        yield db
        transaction.rollback()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [pytest.param(1, marks=pytest.mark.proof) if IS_PROOF else 1])
def test_many_edits_keep_the_city_whole_and_can_all_be_taken_back(city, seed):
    """Fifty at random, a thousand in `make proof`; recounted by other means, then undone."""
    before = view(city)
    division = open_division(city, some_units(city, seed, 4, 40))
    area = sum(x.area for x in faces(division).values())
    rng = np.random.default_rng(seed)
    editor = Editor(division, seed, codes=lambda *_: str(rng.integers(10**16, 10**17)))
    done: list[Delta] = []
    for step in range(STEPS):
        delta = editor.step()
        if not delta:
            continue
        took = take_effect(city, delta, at=AT + dt.timedelta(minutes=step))
        done.append(took)
        # The draft goes on with the numbers that its new units got.
        if any(n < 0 for n in delta.new):
            division.undo()
            division.apply(took)
    refuse_wrong(division, area)
    assert len(done) > STEPS / 5
    refuse_differences(city)
    for step, delta in enumerate(reversed(done)):
        take_effect(city, ~delta, at=AT + dt.timedelta(days=10, minutes=step))
    after = view(city)
    for name, rows in before.items():
        assert after[name] == rows, name


def test_the_same_moment_may_have_several_changes(demo):
    with demo.connect() as db, db.begin() as transaction:
        before = view(db)
        division = open_division(db, some_units(db, 3, 4, 5))
        editor = Editor(division, 3, codes=lambda *_: str(editor.rng.integers(10**16, 10**17)))
        total = Delta()
        while len(total.units) < 4:
            total += editor.step() or Delta()
        took = take_effect(db, total, at=AT)
        assert all(n > 0 for n in took.units)
        take_effect(db, ~took, at=AT)
        assert view(db) == before
        transaction.rollback()


def test_an_opened_division_holds_what_is_stored(demo):
    with demo.connect() as db:
        within = some_units(db, 5, 4, 3)
        division = open_division(db, within)
        stored = db.execute(
            text(
                "SELECT unit_id, ST_NPoints(geom), ST_Area(geom) FROM citygrid.unit_version"
                " WHERE upper_inf(valid) AND is_face AND unit_id = ANY(:ids)"
            ),
            {"ids": list(faces(division))},
        ).all()
        assert len(stored) == len(faces(division))
        for number, points, degrees in stored:
            rings = division.face(number)
            assert sum(len(ring) + 1 for ring in rings) == points
            assert shape(rings).area / 1e14 == pytest.approx(degrees)
