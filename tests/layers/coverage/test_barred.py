"""What the demo's river, railway and walls do to coverage, and what a bridge would mend."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gis import places
from gis.access.viewer import NOBODY, act_as
from gis.database import Role, Server
from layers.coverage.changed import Changed
from layers.coverage.changes import AddPath
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.seen import seen
from layers.coverage.why import why

CLINICS = Question(("clinic",), metres=900)
BRIDGE_M = 60


@pytest.fixture(scope="module")
def engine(demo):
    engine = Server(demo.url, is_private=True).engine(Role.APP, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def db(engine):
    with engine.connect() as db:
        act_as(db, NOBODY)
        yield db


@pytest.fixture(scope="module")
def ground(demo):
    with demo.connect() as db:
        return Ground(places.city(db))


def covered(db, ground):
    """Return how many people are reached along the streets, and within the official radius."""
    found = seen(db, ground, CLINICS, ())
    people = found.numbers["people"]
    assert people.official is not None
    return int(people.reached[0]), int(people.official[0])


def behind(db, kind):
    """Return the buildings inside the walls of a kind of barrier, with whether one has a gate."""
    return db.execute(
        text("SELECT b.id, EXISTS (SELECT FROM citygrid.facility f WHERE f.kind = 'gate' AND "
             "ST_DWithin(f.geom::geography, w.geom::geography, 1)) "
             "FROM citygrid.barrier w JOIN citygrid.building b "
             "ON ST_Contains(ST_MakePolygon(w.geom), b.geom) WHERE w.kind = :kind ORDER BY b.id"),
        {"kind": kind},
    ).all()  # fmt: skip


def test_the_official_radius_reaches_more_than_one_can_walk(db, ground):
    reached, near = covered(db, ground)
    assert 0 < reached < 0.8 * near


def test_who_lives_behind_the_wall_without_a_gate_is_walled_in_and_who_has_one_is_not(db, ground):
    inside = behind(db, "wall")
    assert {is_open for _, is_open in inside} == {True, False}
    for building, is_open in inside:
        told = why(db, ground, CLINICS, building)
        assert told.is_walled is not is_open
        assert told.is_hung is is_open
        # What is walled in lacks a gate; in a straight line it is not far.
        assert told.straight is not None
        if not is_open and told.link is not None:
            assert kinds(told) == ["wall"]


def kinds(told):
    return [each.kind for each in told.through]


def missing_bridge(db, ground):
    """Return the link that would bring a house within the limit, across the railway."""
    homes, found = ground.homes(db), ground.found(db, CLINICS)
    left = np.unique(homes.building[~found.reach.is_reached & found.hung.is_on])
    for building in homes.ids[left].tolist():
        told = why(db, ground, CLINICS, building)
        if told.link and told.link.line_m.length < BRIDGE_M and "railway" in kinds(told):
            return building, told
    raise AssertionError("No house lacks a bridge.")


def test_a_house_says_that_it_lacks_a_bridge_and_the_bridge_reaches_people(db, ground):
    building, told = missing_bridge(db, ground)
    assert not told.is_reached
    line = tuple(map(tuple, shapely.get_coordinates(told.link_line).tolist()))
    bridged = Changed(ground, [AddPath(line=line)])
    assert why(db, bridged, CLINICS, building).is_reached
    assert covered(db, bridged)[0] >= covered(db, ground)[0] + 20
    # The radius knows of no bridge.
    assert covered(db, bridged)[1] == covered(db, ground)[1]
