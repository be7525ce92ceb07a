"""Coverage by the units of another zoning: sums of the release, the same whoever asks."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import text

from gis import places
from gis.access.viewer import NOBODY, act_as, everything
from layers.coverage.ground import Ground
from layers.coverage.indicators import INDICATORS
from layers.coverage.laid_room import public
from layers.coverage.lasting import lasting
from layers.coverage.reach import Question
from layers.coverage.seen import BUILDINGS, seen
from layers.coverage.zoned import ROOT, Zoned

CLINICS = INDICATORS["health_centre"]


@pytest.fixture(scope="module")
def base(demo):
    with demo.connect() as db:
        return Ground(places.city(db))


@pytest.fixture(scope="module")
def further(demo, base):
    """The first further zoning of the city, by number."""
    key = next(zoning.key for zoning in base.city.zonings if not zoning.is_main)
    with demo.connect() as db:
        return places.zoning_ids(db)[key]


@pytest.fixture
def db(engine):
    with engine.connect() as db, db.begin():
        act_as(db, NOBODY)
        yield db


@pytest.fixture(scope="module")
def ground(base, further):
    return Zoned(base, further)


def test_buildings_are_counted_in_the_units_they_stand_in(db, ground, base, further):
    found = seen(db, ground, CLINICS, (), public=True)
    there = dict(
        db.execute(
            text("SELECT unit_id, count(*) FROM citygrid.feature_unit WHERE layer = 'buildings' "
                 "AND zoning_id = :z GROUP BY unit_id"), {"z": further},
        ).all()
    )  # fmt: skip
    assert len(there) > 1
    each = found.numbers[BUILDINGS]
    for unit, count in there.items():
        assert each.all[found.place(unit)] == count
    # The city is the same whoever divides it.
    whole = seen(db, base, CLINICS, ())
    assert each.all[ROOT] == whole.numbers[BUILDINGS].all[0]
    assert each.reached[ROOT] == whole.numbers[BUILDINGS].reached[0]
    assert found.people.all[ROOT] == whole.people.all[0]


def test_persons_are_those_released_whoever_asks(db, ground, base, demo):
    nobodys = seen(db, ground, CLINICS, (), public=True)
    with demo.connect() as owner:
        holder = everything(owner)
    act_as(db, holder)
    holders = seen(db, Zoned(base, ground.tree(db).zoning_id), CLINICS, (), public=True)
    for group, mine in nobodys.numbers.items():
        other = holders.numbers[group]
        assert np.array_equal(mine.all, other.all, equal_nan=True)
        assert np.array_equal(mine.reached, other.reached, equal_nan=True)
    people, to = nobodys.people, ground.released(db).rounded_to
    assert not people.is_exact.any()
    assert (people.all[1:] % to == 0).all()
    # What is in no unit of the zoning is in the city alone; rounding may add half of ten each.
    assert people.all[1:].sum() <= people.all[ROOT] + to / 2 * len(people.all)


def test_ways_and_room_are_told_by_unit_too(db, ground, base):
    ways, whole = (lasting(db, each, CLINICS, ())["people"] for each in (ground, base))
    assert np.isfinite(ways.mean_s).sum() > 1
    assert ways.mean_s[ROOT] == pytest.approx(whole.mean_s[0])
    asked = Question(("emergency_shelter",), metres=1000)
    room, in_all = public(db, ground, asked), public(db, base, asked)
    for name in ("served", "over", "unreachable", "unplaced"):
        assert getattr(room, name)[ROOT] == pytest.approx(getattr(in_all, name)[0])
