"""What depends on the moment: overdue incidents, the latest ones, the card of a building."""

import datetime as dt

import pandas as pd
import pytest
from sqlalchemy import Connection, select

from gis.errors import NotFoundError
from layers import building_card, catalog, counts, live, selection
from layers.catalog import facilities
from tests import builders

INCIDENTS, BUILDINGS = catalog.get("incidents"), catalog.get("buildings")
PEOPLE, HOUSEHOLDS = catalog.get("people"), catalog.get("households")
FACILITIES, ESTATES = catalog.get("facilities"), catalog.get("estates")
NOW = dt.datetime(2026, 1, 10, tzinfo=dt.UTC)
LATE, SOON = NOW - dt.timedelta(hours=1), NOW + dt.timedelta(hours=1)


@pytest.fixture
def units(db: Connection) -> pd.DataFrame:
    """Overdue: one in C11, two in C21; open and due soon: one; closed late: one."""
    units = builders.load(db)
    cases = [
        ((0.5, 0.5), "handle", LATE),
        ((2.5, 0.5), "report", LATE),
        ((2.6, 0.6), "check", LATE),
        ((0.5, 0.5), "handle", SOON),
        ((0.5, 0.5), "closed", LATE),
        ((0.5, 0.5), "report", None),
    ]
    for number, (place, stage, due) in enumerate(cases, 1):
        at = NOW - dt.timedelta(days=number)
        items = builders.rows(
            "incidents", place, start=number, stage=stage, due_at=due, reported_at=at
        )
        builders.add(db, INCIDENTS, units, items)
    counts.rebuild(db, INCIDENTS)
    return units


def test_overdue_is_open_and_past_its_limit(db, units):
    assert [live.overdue(db, unit, NOW) for unit in (1, 2, 3, 7, 12, 22)] == [3, 1, 1, 2, 0, 1]


def test_overdue_grows_as_time_passes(db, units):
    assert live.overdue(db, 1, NOW + dt.timedelta(hours=2)) == 4


def test_overdue_of_a_level(db, units):
    found = live.overdue_values(db, 1, 2, NOW)
    assert found.value.tolist() == [1, 2, 0, 0]
    assert live.overdue_values(db, 1, 3, NOW, within=7).value.tolist() == [2, 0, 0, 0]
    assert live.overdue_values(db, 2, 1, NOW).value.tolist() == [1, 2, 0]


def test_the_latest_incidents_come_newest_first(db, units):
    found = live.latest(db, 2)
    assert found.index.tolist() == [1, 4, 5, 6]
    assert live.latest(db, 2, only_open=True).index.tolist() == [1, 4, 6]
    assert live.latest(db, 1, limit=2).index.tolist() == [1, 2]
    assert live.latest(db, 12).empty


def test_the_latest_are_the_same_out_of_many(db, units, monkeypatch):
    few = live.latest(db, 2)
    monkeypatch.setattr(live, "_FEW", 0)
    pd.testing.assert_frame_equal(live.latest(db, 2), few)


def test_a_subtree_broken_up_by_a_change_is_still_a_subtree(db, units):
    table = selection.table
    moved = table.update().where(table.c.unit_id == 8).values(parent_id=2, lft=3, rgt=3)
    db.execute(table.update().where(table.c.lft.between(3, 7)).values(lft=table.c.lft + 1))
    db.execute(table.update().where(table.c.rgt.between(3, 7)).values(rgt=table.c.rgt + 1))
    db.execute(moved)
    rows = selection.rows_in(db, INCIDENTS, 2)
    found = db.scalars(select(INCIDENTS.table.c.id).where(rows)).all()
    assert sorted(found) == [1, 2, 3, 4, 5, 6]


def test_the_card_of_a_building(db, units):
    builders.add(db, ESTATES, units, builders.rows("estates", (0.5, 0.5)))
    builders.add(
        db, BUILDINGS, units, builders.rows("buildings", (0.5, 0.5), estate_id=1, name="A")
    )
    home = builders.rows("households", (0.5, 0.5), building_id=1, count=2)
    builders.add(db, HOUSEHOLDS, units, home)
    living = [
        *builders.rows("people", (0.5, 0.5), building_id=1, age_band=0, count=3),
        *builders.rows("people", (0.5, 0.5), start=2, building_id=1, age_band=None, estimated=True),
        *builders.rows("people", (0.5, 0.5), start=3),
    ]
    builders.add(db, PEOPLE, units, living)
    near = [
        *builders.rows("facilities", (0.5, 0.9), (0.5, 0.6)),
        *builders.rows("facilities", (0.5, 0.5), start=3, state="closed"),
        *builders.rows("facilities", (3.9, 3.9), start=4, kind="metro"),
        *builders.rows("facilities", (0.4, 0.5), start=5, kind="park"),
    ]
    builders.add(db, FACILITIES, units, near)
    found = building_card.card(db, 1, NOW)
    assert (found.households, found.people, found.ages[0], sum(found.ages)) == (2, 4, 3, 3)
    assert (found.open_incidents, found.overdue_incidents) == (3, 1)
    assert found.estate_names == {"zh": "花园", "en": "Garden"}
    assert found.is_estimated
    assert [(n.kind, n.id) for n in found.nearest] == [("clinic", 2), ("park", 5)]
    assert found.nearest[0].straight_line_m == pytest.approx(110.7, abs=1)
    assert found.nearest[1].straight_line_m == pytest.approx(102.9, abs=1)


def test_a_building_alone(db, units):
    builders.add(db, BUILDINGS, units, builders.rows("buildings", (3.5, 3.5)))
    found = building_card.card(db, 1, NOW)
    assert (found.households, found.people, found.open_incidents) == (0, 0, 0)
    assert found.nearest == ()
    assert not found.is_estimated
    with pytest.raises(NotFoundError, match="No building has the number 7"):
        building_card.card(db, 7, NOW)


def test_the_kinds_asked_for_first_are_known():
    assert set(building_card.NEAREST_KINDS) <= set(facilities.KINDS)
