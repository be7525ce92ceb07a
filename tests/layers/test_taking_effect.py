"""Changes of boundaries take effect on rows and counts, and are taken back without a trace."""

import datetime as dt

import pytest
from sqlalchemy import text

from gis.division.delta import Delta
from gis.division.rings import shape
from gis.division.stored import open_division
from layers.taking_effect import take_effect
from tests.gis.division.board import Editor, faces
from tests.layers.whole_city import drawn, some_units, view

AT = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


def test_the_same_moment_may_have_several_changes(demo):
    with demo.connect() as db, db.begin() as transaction:
        before, seen = view(db), drawn(db)
        division = open_division(db, some_units(db, 3, 4, 5))
        editor = Editor(division, 3, codes=lambda *_: str(editor.rng.integers(10**16, 10**17)))
        total = Delta()
        while len(total.units) < 4:
            total += editor.step() or Delta()
        took = take_effect(db, total, at=AT)
        assert all(n > 0 for n in took.units)
        take_effect(db, ~took, at=AT)
        assert view(db) == before
        assert drawn(db) == seen
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
