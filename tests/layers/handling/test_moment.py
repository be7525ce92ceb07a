"""By which moment incidents are late: the wall's where they are worked on, else their files'."""

import datetime as dt
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from dashboard.cli import run
from dashboard.text import speaker
from gis.database import Role
from layers.handling.moment import FRESH, Moment, moment
from tests.layers.handling.handling_town import NOW
from tests.layers.handling.handling_town import town as town

CLOCK = NOW + dt.timedelta(hours=1)
LONG_AFTER = NOW + FRESH + dt.timedelta(days=60)


@pytest.fixture
def owner(town):
    with town.engine(Role.OWNER).connect() as db:
        yield db


def loaded(db, *, is_synthetic=False):
    """A city as its files were at a moment."""
    db.execute(
        text("UPDATE city SET is_synthetic = :made_up, settings = jsonb_set(settings, "
             "'{is_synthetic}', to_jsonb(CAST(:made_up AS boolean)))"), {"made_up": is_synthetic},
    )  # fmt: skip
    db.execute(
        text("UPDATE layer_state SET as_of = :at, worked_at = NULL WHERE layer = 'incidents'"),
        {"at": NOW},
    )


@pytest.mark.parametrize("clock", [CLOCK, LONG_AFTER])
def test_of_what_came_from_files_time_stands_where_they_left_off(owner, clock):
    loaded(owner)
    assert moment(owner, clock) == Moment(NOW, is_live=False)


def test_where_somebody_works_on_them_time_goes_on(town):
    with town.engine(Role.OWNER).begin() as db:
        loaded(db)
    town.report(now=CLOCK)
    with town.engine(Role.APP).connect() as db:
        # A holiday, or a quiet night, and it is still the real time.
        assert moment(db, LONG_AFTER) == Moment(LONG_AFTER, is_live=True)


def test_an_invented_city_lives_for_some_days_and_then_stays_as_it_was(owner):
    loaded(owner, is_synthetic=True)
    assert moment(owner, CLOCK) == Moment(CLOCK, is_live=True)
    assert moment(owner, LONG_AFTER) == Moment(NOW, is_live=False)


def test_without_incidents_it_is_now(owner):
    owner.execute(text("DELETE FROM layer_state WHERE layer = 'incidents'"))
    assert moment(owner, CLOCK) == Moment(CLOCK, is_live=True)


def test_that_time_stands_is_said_when_the_page_is_served(town, capsys):
    said = SimpleNamespace(say=speaker("en"))

    def told():
        run.say_age(said, town.server)
        return capsys.readouterr().out

    with town.engine(Role.OWNER).begin() as db:
        loaded(db, is_synthetic=True)
    assert "as of 2026-03-02 10:00, and time limits stand" in told()
    town.report(now=dt.datetime.now(dt.UTC))
    assert told() == ""
