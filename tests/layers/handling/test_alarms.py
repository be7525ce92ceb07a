"""Alarms that devices raise again are counted, and make one incident."""

import concurrent.futures
import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import text

from gis.database import Role
from gis.errors import SettingsError
from layers.handling import alarms, reports, settings
from layers.handling.drafts import Draft
from tests.layers.handling.handling_town import HERE, NOW, THERE, TO_CLOSE, TO_HANDLE
from tests.layers.handling.handling_town import town as town

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def raised(town, device="cam-1", signal="smoke", *, now=NOW, place=HERE, **more):
    return town.report(device=device, signal=signal, source="device", now=now, place=place, **more)


def counted(town, one):
    with town.engine(Role.OWNER).connect() as db:
        return [(each.device, each.signal, each.count, each.last_at)
                for each in alarms.of(db, one.id)]  # fmt: skip


def all_at_once(town, *drafts, now=NOW):
    with town.acting("intake") as (db, viewer):
        given = [Draft(scheme="s", small="0101", lon=HERE[0], lat=HERE[1], **d) for d in drafts]
        return reports.report_all(db, viewer, town.city, given, now=now, faces=town.faces)


def test_the_same_alarm_is_counted_while_its_incident_is_open(town):
    one = raised(town, "open-1")
    before = town.count()
    for n in range(1, 4):
        again = raised(town, "open-1", now=NOW + n * 24 * HOUR)
        assert again.id == one.id
    assert counted(town, one) == [("open-1", "smoke", 4, NOW + 72 * HOUR)]
    assert town.count() == before
    # Of it nothing else changed: no step, no other limit.
    assert (town.read(one.id).version, town.read(one.id).due_at) == (one.version, one.due_at)
    assert len(town.steps(one.id)) == 1
    town.assert_counted()


def test_another_device_or_signal_is_another_incident(town):
    one = raised(town, "other-1")
    assert len({one.id, raised(town, "other-2").id, raised(town, "other-1", "heat").id}) == 3
    assert raised(town, "", "").id != raised(town, "", "").id


def test_after_it_is_closed_the_time_since_the_last_decides(town):
    one = town.along(raised(town, "closed-1"), *TO_HANDLE, *TO_CLOSE)
    soon = NOW + 50 * MINUTE
    assert raised(town, "closed-1", now=soon).id == one.id
    # From the last time on, not from the first.
    assert raised(town, "closed-1", now=soon + 50 * MINUTE).id == one.id
    late = soon + 50 * MINUTE + HOUR + MINUTE
    new = raised(town, "closed-1", now=late)
    assert new.id != one.id
    assert raised(town, "closed-1", now=late + MINUTE).id == new.id
    assert counted(town, one)[0][2] == 3
    assert counted(town, new)[0][2] == 2


def test_a_city_says_how_long(town):
    town_city = town.city
    town.city = replace(town_city, handling={"alarm_within_h": 0})
    try:
        one = town.along(raised(town, "brief-1"), *TO_HANDLE, *TO_CLOSE)
        assert raised(town, "brief-1", now=NOW + MINUTE).id != one.id
    finally:
        town.city = town_city
    with pytest.raises(SettingsError, match="alarm_within_h must be between"):
        settings.read({"alarm_within_h": -1})


def test_a_retry_with_a_key_is_no_repeat(town):
    first = raised(town, "key-1", key="a")
    assert raised(town, "key-1", key="a").id == first.id
    assert counted(town, first)[0][2] == 1
    for _ in range(2):
        assert raised(town, "key-1", key="b", now=NOW + MINUTE).id == first.id
    assert counted(town, first)[0][2] == 2


def test_in_one_go_they_are_one_too(town):
    one, two, three, other = all_at_once(
        town, {"device": "go-1"}, {"device": "go-1"}, {"device": "go-1", "key": "go-k"}, {}
    )
    assert one.is_new
    assert (two.id, two.is_new) == (three.id, three.is_new) == (one.id, False)
    assert other.id != one.id
    assert counted(town, town.read(one.id))[0][2] == 3
    again = all_at_once(town, {"device": "go-1"}, {"device": "go-1", "key": "go-k"})
    assert {each.id for each in again} == {one.id}
    assert counted(town, town.read(one.id))[0][2] == 4
    town.assert_counted()


def test_many_at_once_from_one_device_are_one(town):
    before = town.count()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: raised(town, "storm-1").id, range(24)))
    assert len(set(found)) == 1
    assert town.count() == before + 1
    assert counted(town, town.read(found[0]))[0][2] == 24
    town.assert_counted()


def test_one_that_cannot_be_is_told_as_any_report(town):
    found = all_at_once(town, {"device": "x" * 101}, {"device": "long", "signal": "y" * 101})
    assert all("at most 100 characters" in str(each.fault) for each in found)


def test_who_does_not_see_the_incident_sees_no_alarm(town):
    raised(town, "secret-1", is_personal=True)
    asked = text("SELECT count(*) FROM citygrid.incident_alarm WHERE device = 'secret-1'")
    for login, n in (("intake", 1), ("planner", 0)):
        with town.acting(login, Role.APP) as (db, _):
            assert db.scalar(asked) == n


def test_its_place_is_where_it_was_raised_first(town):
    one = raised(town, "moved-1")
    assert raised(town, "moved-1", place=THERE).id == one.id
    assert town.read(one.id).lon == pytest.approx(HERE[0])
