"""What is odd about the streets is listed by the keys of the files."""

import pytest
from sqlalchemy import insert, text

from gis import places, tables
from gis.network.report import Reason
from layers.coverage.odd import odd
from layers.coverage.streets import Mode
from tests.builders import at
from tests.layers.coverage.test_reach import clinic, fill, line

METRE = 1e-3 / 1.03


@pytest.fixture
def db(db):
    fill(db)
    # A lane that ends a metre short of the first street, and one that leads nowhere.
    lanes = {"stub": ((1.0, 0.5 + METRE), (1.0, 0.9)), "alone": ((0.2, 3.80), (0.21, 3.80))}
    db.execute(
        insert(tables.road),
        [
            {"id": n, "key": key, "kind": "path", "walk": True, "drive": False, "oneway": False,
             "speed_kmh": None, "length_m": 1, "geom": line(*ends)}
            for n, (key, ends) in enumerate(lanes.items(), 50)
        ],
    )  # fmt: skip
    db.execute(insert(tables.facility), [clinic(3, 0.2, 3.81), clinic(4, 1.5, 3.0)])
    return db


def test_what_hangs_on_no_street_and_what_was_joined(db):
    found = odd(db, places.city(db), Mode.WALK)
    (joined,) = found.joined
    assert (joined.road, joined.to) == ("stub", "R1")
    assert joined.gap_m == pytest.approx(1.1, abs=0.2)
    assert (joined.lon, joined.lat) == pytest.approx(at(1.0, 0.5 + METRE), abs=1e-6)
    assert found.report.lots == 2
    assert found.report.island_m == pytest.approx(10.3, abs=0.2)
    assert found.facilities == 4
    off = {each.key: each for each in found.facilities_off}
    # Some 400 m from any street, beside a street that leads nowhere, and far from all.
    assert {key: each.reason for key, each in off.items()} == {
        "C2": Reason.FAR, "C3": Reason.ISLAND, "C4": Reason.FAR,
    }  # fmt: skip
    assert off["C3"].street_m < 15 < 1000 < off["C4"].street_m
    assert (off["C4"].lon, off["C4"].lat) == pytest.approx(at(1.5, 3.0))
    assert found.doors == 3
    assert found.doors_off == ()


def test_what_a_barrier_keeps_from_every_street_says_so(db):
    ring = [(1.4, 0.51), (1.6, 0.51), (1.6, 0.6), (1.4, 0.6), (1.4, 0.51)]
    corners = ", ".join(f"{lon} {lat}" for lon, lat in (at(*corner) for corner in ring))
    db.execute(
        insert(tables.barrier),
        [{"id": 1, "key": "W1", "kind": "wall", "geom": f"SRID=4326;LINESTRING({corners})"}],
    )
    db.execute(insert(tables.facility), [clinic(5, 1.5, 0.55)])
    off = {each.key: each for each in odd(db, places.city(db), Mode.WALK).facilities_off}
    assert off["C5"].reason is Reason.WALLED
    assert off["C5"].street_m == pytest.approx(0.05 * 1106, rel=0.01)


def test_by_car_other_streets_count(db):
    found = odd(db, places.city(db), Mode.DRIVE)
    assert found.joined == ()
    assert found.report.lots == 1
    # The lane beside it is none for cars.
    off = {each.key: each for each in found.facilities_off}
    assert off["C3"].reason is Reason.FAR
    assert off["C3"].street_m > 1000


def test_a_door_that_hangs_on_no_street_is_listed_by_its_building(db):
    lon, lat = at(1.5, 3.0)
    key = db.scalar(
        text(
            "UPDATE citygrid.building SET geom = ST_Multi(ST_Expand(ST_SetSRID("
            "ST_Point(:lon, :lat), 4326), 0.0001)), centre = ST_SetSRID(ST_Point(:lon, :lat), 4326)"
            " WHERE id = (SELECT max(id) FROM citygrid.building) RETURNING key"
        ),
        {"lon": lon, "lat": lat},
    )
    (off,) = odd(db, places.city(db), Mode.WALK).doors_off
    assert (off.key, off.reason) == (key, Reason.FAR)
    assert (off.lon, off.lat) == pytest.approx((lon, lat))
