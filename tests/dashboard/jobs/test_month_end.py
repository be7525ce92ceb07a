"""At each month's end the standard indicators are kept, once, and later if the program was off."""

import datetime as dt
import time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from dashboard.jobs.month_end import KEEPER, keep_month_end
from dashboard.jobs.working import KeepWorking
from gis import places
from gis.access.viewer import act_as
from gis.database import Role
from layers.coverage import by_day
from layers.coverage.indicators import INDICATORS

WITHIN_S = 90
LATER = dt.timedelta(days=40)


@pytest.fixture
def engine(city):
    made = city.engine(Role.APP, pool_size=3)
    yield made
    made.dispose()


def days(engine):
    with engine.begin() as db:
        act_as(db, KEEPER)
        return by_day.history(db, "health_centre", 1)


def test_a_month_ends_where_the_city_is():
    midnight = dt.datetime(2026, 12, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    for zone, day in (("Asia/Shanghai", 30), ("Europe/London", 31)):
        assert by_day.month_end(midnight, ZoneInfo(zone)).day == day


def test_what_was_missed_is_made_up_for_at_the_start_and_then_left_alone(city, engine):
    with engine.connect() as db:
        tz = places.city(db).tz
    now = dt.datetime.now(dt.UTC)
    # Of a month that ended before there were numbers, nothing is made up.
    assert keep_month_end(engine, now) == (by_day.month_end(now, tz), [])
    owner = city.engine(Role.OWNER)
    with owner.begin() as db:
        db.execute(text("UPDATE release SET made_at = made_at - interval '70 days'"))
    owner.dispose()
    keeper = KeepWorking(city, begin_after_s=0)
    keeper.start()
    try:
        deadline = time.monotonic() + WITHIN_S
        while by_day_lacks(engine, now, tz):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        keeper.stop()
    (first,) = days(engine)
    assert first.day == by_day.month_end(now, tz)
    assert first.made_at >= now
    # Asked again, it is there; the next month has its own.
    assert keep_month_end(engine, now) == (first.day, [])
    assert days(engine) == [first]
    assert keep_month_end(engine, now + LATER)[1] == list(INDICATORS)
    assert [each.day for each in days(engine)] == [
        first.day, by_day.month_end(now + LATER, tz)
    ]  # fmt: skip


def by_day_lacks(engine, now, tz):
    with engine.begin() as db:
        act_as(db, KEEPER)
        return by_day.lacking(db, places.city(db), by_day.month_end(now, tz))
