"""What is asked while an incident is reported: whose, known already, what is near."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from dashboard.incidents import answers
from gis.database import Role
from gis.errors import SettingsError
from gis.tables import incident_class, staff_holding
from layers.catalog import LAYERS
from layers.coverage.ground import Ground
from layers.coverage.streets import Mode
from layers.handling import duplicates, known, near, reports, settings, whose
from layers.handling.drafts import Draft
from layers.handling.duplicates import Said, Why
from layers.handling.settings import Alike, Handling
from tests import builders
from tests.layers.handling.handling_town import HERE, NOW, ROADS, THERE, TO_CLOSE, TO_HANDLE, WATER
from tests.layers.handling.handling_town import town as town

HOUR = dt.timedelta(hours=1)
USUAL = Handling()


def asked(town, login, at=HERE, **more):
    with town.acting(login, Role.APP) as (db, viewer):
        return whose.whose(db, viewer, town.city, at, now=NOW, faces=town.faces, **more)


def test_a_place_has_its_units_people_beat_and_duty(town):
    found = asked(town, "intake", scheme="s", small="0101")
    assert [unit.id for unit in found.units] == [1, 2, 3]
    assert [(one.post, one.name) for one in found.leaf.people] == [
        ("worker", "李二"), ("head", "王一")
    ]  # fmt: skip
    assert found.others["beats"].code == "S1"
    assert (found.body.id, found.limit.amount) == (ROADS, 8)
    assert found.due_at == dt.datetime(2026, 3, 3, 2, tzinfo=dt.UTC)
    # The place decides where a rule speaks of it, and the small class before the big one.
    assert asked(town, "intake", THERE, scheme="s", small="0101").body.id == WATER
    assert asked(town, "intake", scheme="s", small="0102").body.id == WATER
    # Without a rule it is the territory's own.
    assert asked(town, "intake", scheme="s", small="0201").body is None
    assert asked(town, "intake", scheme="s", small="nothing").limit is None
    outside = asked(town, "intake", (0.0, 0.0))
    assert outside.is_outside
    assert outside.leaf is None


def test_whom_to_call_is_told_who_has_to_do_with_it(town):
    told = {"intake": True, "head": True, "mayor": True, "neighbour": False, "planner": False}
    for login, expected in told.items():
        phones = [one.phone for one in asked(town, login).leaf.people]
        assert phones == (["10700000002", "10700000001"] if expected else [None, None]), login


def test_who_serves_the_beat_is_told_as_who_serves_the_grid_is(town):
    beat = asked(town, "intake").others["beats"].id
    with town.engine(Role.OWNER).begin() as db:
        db.execute(
            insert(staff_holding),
            {"unit_id": beat, "post": "head", "person": "赵三", "phone": "10700000003",
             "valid": "[2026-01-01,)"},
        )  # fmt: skip
    reaches = {"intake": True, "head": True, "neighbour": False, "planner": False}
    for login, is_told in reaches.items():
        (one,) = asked(town, login).others["beats"].people
        assert (one.post, one.name) == ("head", "赵三")
        assert one.phone == ("10700000003" if is_told else None), login
    told = answers.whose(asked(town, "intake"), "zh")["zonings"]
    assert told == [
        {"zoning": "警区", "name": "S1区",
         "people": [{"post": "负责人", "name": "赵三", "phone": "10700000003"}]}
    ]  # fmt: skip


def possible(town, login="intake", at=HERE, now=NOW, said=USUAL, **more):
    values = {"scheme": "s", "small": "0101", "text": "", **more}
    with town.acting(login, Role.APP) as (db, viewer):
        return duplicates.possible(db, viewer, Said(*at, **values), settings=said, now=now)


def metres_east(place, metres):
    return place[0] + metres / 102_800, place[1]


def test_the_same_nearby_and_not_long_ago_is_shown_with_why(town):
    place = builders.at(1.5, 1.5)
    one = town.report(place=place, title="路面有深坑")
    far = town.report(place=metres_east(place, 60), title="路面有深坑")
    other = town.report(place=place, small="0102")
    late = NOW + 2 * HOUR
    found = possible(town, at=metres_east(place, -20), now=late, text="路面上有一個深坑")
    assert [each.id for each in found] == [one.id]
    assert 19 < found[0].distance_m < 21
    assert found[0].apart_h == 2
    assert set(found[0].why) == {Why.NEAR, Why.SAME_SMALL, Why.SOON, Why.ALIKE}
    # Other settings find more, the likeliest first.
    wide = replace(USUAL, duplicate_within_m=100, duplicate_class=Alike.BIG)
    found = possible(town, at=place, now=late, said=wide, big="01", text="路面有深坑")
    assert [each.id for each in found] == [one.id, far.id, other.id]
    assert Why.SAME_BIG in found[2].why
    assert possible(town, at=place, now=NOW + 25 * HOUR) == []
    assert possible(town, at=place, small="0201") == []


def test_what_was_closed_lately_may_be_back(town):
    place = builders.at(2.5, 2.5)
    one = town.report(place=place)
    closed = town.along(one, *TO_HANDLE, *TO_CLOSE, now=NOW + 40 * HOUR)
    found = possible(town, at=place, now=closed.closed_at + 24 * HOUR)
    assert [each.id for each in found] == [one.id]
    assert set(found[0].why) == {Why.NEAR, Why.SAME_SMALL, Why.CLOSED}
    assert possible(town, at=place, now=closed.closed_at + 73 * HOUR) == []


def test_of_a_hot_spot_those_are_told_that_all_texts_compared_would_tell(town, monkeypatch):
    words = ["井盖缺失", "井盖不见了", "路灯不亮", "", "小区门口井盖缺失", "占道经营"]
    for n in range(48):
        at = (HERE[0] + n % 7 * 5e-5, HERE[1] + n % 5 * 5e-5)
        town.report(place=at, title=words[n % 6], now=NOW - n % 20 * HOUR)
    compared = []
    likeness = duplicates._likeness
    monkeypatch.setattr(
        duplicates, "_likeness", lambda *texts: compared.append(texts) or likeness(*texts)
    )
    with town.acting("intake", Role.ENGINE) as (db, viewer):
        for text in ("井盖缺失", "路灯", ""):
            said, asked = Said(*HERE, "s", "0101", text=text), {"settings": USUAL, "now": NOW}
            all_ = duplicates.possible(db, viewer, said, limit=100, **asked)
            assert len(all_) > 30
            compared.clear()
            assert duplicates.possible(db, viewer, said, **asked) == all_[:10]
            assert 10 <= len(compared) < len(all_)


def test_what_may_be_about_a_person_is_no_duplicate_for_others(town):
    place = builders.at(0.2, 0.2)
    one = town.report(place=place, is_personal=True)
    for login, ids in (("intake", [one.id]), ("head", [one.id]), ("neighbour", []), ("mayor", [])):
        assert [each.id for each in possible(town, login, at=place)] == ids, login


def reported(town, login, *drafts):
    """What becomes of reports, and what they may say again, in one transaction of the engine."""
    with town.acting(login, Role.ENGINE) as (db, viewer):
        found = reports.report_all(db, viewer, town.city, drafts, now=NOW, faces=town.faces)
        return known.compared(db, viewer, town.city, drafts, found, now=NOW)


def test_a_program_that_reports_reads_what_it_may_say_again(town):
    place = builders.at(3.4, 3.6)
    there = town.report(place=place, title="路面有深坑")
    far = builders.at(3.6, 0.4)
    drafts = [
        Draft("s", "0101", *metres_east(place, 5), title="路面有一深坑", key="one"),
        Draft("s", "0101", *metres_east(place, 8), key="two"),
        Draft("s", "0101", *far), Draft("s", "none", *place),
    ]  # fmt: skip
    found = reported(town, "intake", *drafts)
    one, two = found[:2]
    # Those of one go know each other, and none is a duplicate of itself.
    assert [each.id for each in one.duplicates] == [there.id, two.id]
    assert {each.id for each in two.duplicates} == {there.id, one.id}
    assert Why.ALIKE in one.duplicates[0].why
    assert [each.duplicates for each in found[2:]] == [(), ()]
    # The same report once more is no new one.
    again = reported(town, "intake", drafts[0])[0]
    assert (again.id, again.is_new, again.duplicates) == (one.id, False, ())


def test_the_engine_tells_nobody_of_persons_whom_he_may_not_see(town):
    place = builders.at(0.4, 0.4)
    one = town.report(place=place, is_personal=True)
    seen = reported(town, "intake", Draft("s", "0101", *place, key="a"))[0]
    assert [each.id for each in seen.duplicates] == [one.id]
    # The neighbour reports too, but has nothing to do with the cases of this unit.
    unseen = reported(town, "neighbour", Draft("s", "0101", *place, key="a"))[0]
    assert [each.id for each in unseen.duplicates] == [seen.id]


def test_settings_that_cannot_be_are_named():
    assert settings.read({}) == USUAL
    given = settings.read(
        {"duplicate_within_m": 80, "duplicate_class": "any", "posts": {"fire": "fire_station"}}
    )
    assert (given.duplicate_within_m, given.duplicate_class) == (80, Alike.ANY)
    for wrong in (
        {"x": 1}, {"duplicate_within_m": -1}, {"duplicate_within_h": "a"},
        {"duplicate_class": "all"}, {"posts": {"fire": "castle"}}, {"own_post": "castle"},
        {"posts": "fire_station"}, {"duplicate_closed_days": True}, {"hazard_kinds": "fuel"},
        {"hazard_kinds": ["castle"]},
    ):  # fmt: skip
        with pytest.raises(SettingsError, match=r"\[handling\]"):
            settings.read(wrong)


def around(town, login, **more):
    with town.acting(login, Role.APP) as (db, _):
        return near.near(db, Ground(town.city), HERE, **more)


def test_what_is_near_is_found_by_the_way_there(town):
    one = town.report(severity="extreme")
    found = around(town, "intake")
    stations = [each for each in found.facilities if each.kind == "fire_station"]
    assert [each.id for each in stations] == [1, 2]
    assert 0 < stations[0].seconds < stations[1].seconds
    assert stations[0].mode is Mode.DRIVE
    assert [each.id for each in found.buildings] == [1]
    hazards = [each.id for each in found.incidents if each.is_hazard]
    assert one.id in hazards
    assert found.hazards == ()
    assert found.posts == ()
    fire = replace(town.city, handling={"posts": {"roads": "fire_station"}})
    with town.acting("intake", Role.APP) as (db, _):
        posts = near.near(db, Ground(fire), HERE, body_id=ROADS).posts
        # Of a body of which nobody knows from where it sets out none is suggested.
        unknown = replace(town.city, handling={"posts": {"roads": ""}, "own_post": "fire_station"})
        assert near.near(db, Ground(unknown), HERE, body_id=ROADS).posts == ()
    assert [each.id for each in posts] == [1, 2]


def test_what_may_harm_who_comes_there_is_told(town):
    ordinary, emergency = town.report(), town.report(small="0201")
    with town.engine(Role.OWNER).begin() as db:
        # Its code is another one's in other editions.
        big = (incident_class.c.scheme == "s") & (incident_class.c.code == "02")
        db.execute(update(incident_class).where(big).values(names={"zh": "突发事件", "en": "x"}))
        units = builders.unit_frame()
        near_by, closed, planned, far = ((0.51, 0.5), (0.52, 0.5), (0.53, 0.5), (0.9, 0.5))
        rows = builders.rows("facilities", near_by, closed, planned, far, start=50, kind="fuel",
                             name="加油站")  # fmt: skip
        for row, state in zip(rows, ("open", "closed", "planned", "open"), strict=True):
            row["state"] = state
        builders.add(db, LAYERS["facilities"], units, rows)
    found = around(town, "intake")
    is_hazard = {each.id: each.is_hazard for each in found.incidents}
    assert (is_hazard[ordinary.id], is_hazard[emergency.id]) == (False, True)
    # Closed, there may still be something in its tanks.
    assert [(each.id, each.kind) for each in found.hazards] == [(50, "fuel"), (51, "fuel")]
    assert 5 < found.hazards[0].distance_m < 15
    told = answers.near(found, {}, "en")["hazards"][0]
    assert (told["name"], told["kind_name"]) == ("加油站", "Petrol station")
    none = replace(town.city, handling={"hazard_kinds": []})
    with town.acting("intake", Role.APP) as (db, _):
        assert near.near(db, Ground(none), HERE).hazards == ()


def test_how_many_live_there_is_for_who_sees_the_persons(town):
    assert around(town, "head").buildings[0].people == 7
    for login in ("neighbour", "mayor", "roads", "intake"):
        assert around(town, login).buildings[0].people is None, login
