"""Other days are worked: open cases are due as if the city had been loaded with them."""

import datetime as dt
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from gis import places
from gis.cases import rule_version
from gis.city import City
from gis.database import Role
from gis.errors import ForbiddenError
from gis.tables import incident
from importers.city import init_city
from layers.handling import calendar_days, escalations, rule_versions
from layers.handling import case as reading
from layers.handling.calendar import Day, calendar_of, days_of
from layers.handling.clock import Limit, Unit, clock_of, is_guess
from layers.handling.escalations import Escalation
from layers.handling.rule_checks import RuleError
from layers.handling.rule_versions import Kind
from layers.handling.stages import RETIMED
from tests.importers import small_city
from tests.importers.test_duties import FILES
from tests.importers.test_limits import HEADER, row
from tests.layers.handling.handling_town import NOW, ROADS, THERE, Town
from tests.layers.handling.test_calendar import city_with
from tests.town import built

HOUR = dt.timedelta(hours=1)
MONDAY = dt.date(2026, 3, 2)
TUESDAY = dt.date(2026, 3, 3)
SATURDAY = dt.date(2026, 3, 7)


@pytest.fixture
def town(server):
    with built(Town, server) as town:
        yield town


def saved(town, *days, note=""):
    """Have the city's own days be these, and no others."""
    with town.acting("dispatcher") as (db, viewer):
        draft = calendar_days.in_force(db, places.city(db))
        for each in calendar_days.drafted(draft):
            draft = calendar_days.without(draft, each.day)
        for day, is_worked in days:
            draft = calendar_days.put(draft, day, day, is_worked=is_worked, name=f"{day:%a}")
        return calendar_days.save(db, viewer, draft, note=note, now=NOW)


def city_of(town):
    with town.engine(Role.OWNER).connect() as db:
        return places.city(db)


def open_cases(town):
    with town.engine(Role.OWNER).connect() as db:
        query = select(incident.c.id).where(incident.c.stage != "closed").order_by(incident.c.id)
        return [reading.read(db, number, NOW) for number in db.scalars(query)]


def busy(town):
    """Cases on every clock, at every stage, suspended and done again, closed ones too."""
    for small, condition in (("0101", None), ("0101", 2), ("0102", None), ("0201", None)):
        one = town.report(small=small, condition=condition, place=THERE)
        one = town.along(one, ("intake", "register"), now=NOW + HOUR)
        one = town.along(
            one, ("dispatcher", "dispatch", {"body_id": ROADS}), ("roads", "accept"),
            now=NOW + 2 * HOUR,
        )  # fmt: skip
        one = town.act("dispatcher", one, "suspend", now=NOW + 3 * HOUR, reason="a strike")
        if small == "0102":
            continue
        one = town.act("dispatcher", one, "resume", now=NOW + 9 * HOUR)
        if condition:
            done = (("roads", "feed_back"), ("checker", "check"), ("checker", "close"))
            town.along(one, *done, now=NOW + 10 * HOUR)
    town.report()
    town.report(small="0102", is_personal=True)


def test_a_case_is_due_by_the_days_of_the_city_and_says_so(town):
    one = town.report()
    # Eight working hours from ten in the morning of a Monday.
    assert one.due_at == NOW + 24 * HOUR
    other = town.report(condition=2)
    found = saved(town, (MONDAY, False), (SATURDAY, True), note="A holiday of ours")
    assert found.change.told() == {
        "earlier": 0, "later": 1, "same": 0, "said": 0, "late_before": 0, "late_after": 0,
    }  # fmt: skip
    case = town.read(one.id)
    assert (case.due_at, case.version) == (dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC), one.version)
    assert town.read(other.id).due_at == other.due_at
    (step,) = [s for s in town.steps(one.id) if s.act == RETIMED]
    assert step.details == {
        "due_before": one.due_at.isoformat(), "due_after": case.due_at.isoformat(),
        "calendar": found.version,
    }  # fmt: skip
    told = town.scalar(
        "SELECT jsonb_build_array(reason, details) FROM audit WHERE subject = :s",
        s=f"calendar/{found.version}",
    )  # fmt: skip
    assert told[0] == "A holiday of ours"
    assert told[1]["rules_added"] == ["2026-03-02 Mon", "2026-03-07 Sat"]
    # New reports and acts go by it, whatever was read of the city before.
    assert town.report().due_at == case.due_at
    town.assert_counted()


def test_a_version_is_added_and_the_last_one_is_in_force(town):
    first = saved(town, (MONDAY, False))
    second = saved(town)
    assert (city_of(town).calendar["free"], city_of(town).calendar["worked"]) == ([], [])
    with town.acting("dispatcher") as (db, viewer):
        draft = calendar_days.draft(db, viewer, places.city(db))
        with pytest.raises(RuleError, match="Nothing was changed"):
            calendar_days.save(db, viewer, draft, note="", now=NOW)
        back = calendar_days.taken(db, draft, first.version)
        calendar_days.save(db, viewer, back, note="", now=NOW)
        found = rule_versions.versions(db, Kind.CALENDAR)
        assert [len(each.rules) for each in found] == [1, 0, 1]
        assert second.version < found[0].id
        assert calendar_days.days(db, places.city(db)) == [Day(MONDAY, False, "Mon")]
        # Who began from an earlier one finds out.
        with pytest.raises(Exception, match="saved other days meanwhile"):
            calendar_days.save(db, viewer, draft_of(draft, TUESDAY), note="", now=NOW)


def draft_of(draft, day):
    return calendar_days.put(draft, day, day, is_worked=False, name="x")


def test_what_it_would_do_is_told_before_and_writes_nothing(town):
    busy(town)
    before = open_cases(town)
    with town.acting("dispatcher") as (db, viewer):
        city = places.city(db)
        draft = draft_of(calendar_days.draft(db, viewer, city), TUESDAY)
        would = calendar_days.effect(db, city, draft, NOW)
    assert open_cases(town) == before
    done = saved(town, (TUESDAY, False)).change
    assert done.told() == would.told()
    assert [one.case.id for one in done.moved] == [one.case.id for one in would.moved]
    assert done.later > 0


def test_rules_of_escalation_go_by_the_new_limits(town):
    one = town.handled()
    rules = [Escalation("late", "late", after_h=0, tells=("leader",))]
    late = one.due_at + HOUR / 60

    def due():
        with town.engine(Role.ENGINE).connect() as db:
            return one.id in escalations.due(db, places.city(db), rules, late)

    assert due()
    found = saved(town, (TUESDAY, False))
    assert not due()
    assert found.change.later == 1
    saved(town)
    assert due()


def test_a_report_that_is_under_way_waits_or_goes_by_the_new_days(town):
    """Whoever read the city before the days were changed still counts by the new ones."""
    stale = town.city
    begun, done = threading.Event(), []

    def report():
        begun.wait(10)
        done.append(town.report())

    with town.acting("dispatcher") as (db, viewer):
        draft = draft_of(calendar_days.in_force(db, places.city(db)), MONDAY)
        calendar_days.save(db, viewer, draft, note="", now=NOW)
        other = threading.Thread(target=report)
        other.start()
        begun.set()
        other.join(0.5)
        # It waits for the days, which nobody else sees yet.
        assert not done
    other.join(10)
    assert town.city is stale
    assert done[0].due_at == dt.datetime(2026, 3, 3, 10, tzinfo=dt.UTC)


OWN = st.lists(
    st.tuples(st.dates(dt.date(2026, 2, 27), dt.date(2026, 3, 20)), st.booleans()),
    max_size=8, unique_by=lambda one: one[0],
)  # fmt: skip


@pytest.fixture(scope="module")
def full(server):
    with built(Town, server) as town:
        busy(town)
        yield town


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(OWN, min_size=1, max_size=3))
def test_whatever_days_came_before_open_cases_are_due_as_by_the_last_alone(full, tables):
    town = full
    closed = closed_of(town)
    for table in tables:
        try:
            saved(town, *table)
        except RuleError:
            continue
    plain = {**town.city.to_json(), "calendar": {**town.city.calendar}}
    for name, is_worked in (("worked", True), ("free", False)):
        listed = sorted(day.isoformat() for day, worked in tables[-1] if worked is is_worked)
        plain["calendar"][name] = listed
    clock = clock_of(calendar_of(City.from_json(plain)))
    for case in open_cases(town):
        started = case.dispatched_at or case.reported_at
        assert case.due_at == clock.due(started, case.limit, town.pauses(case.id)), case.key
    # What is over stays as it was.
    assert closed_of(town) == closed


def closed_of(town):
    with town.engine(Role.OWNER).connect() as db:
        query = select(incident.c.id, incident.c.due_at).where(incident.c.stage == "closed")
        return dict(db.execute(query).all())


CALENDAR = """
[calendar]
country = "CN"
free = [2026-03-09, 2026-03-10]
worked = [2026-03-07]
"""
LAYER = """
[[layers.incidents]]
file = "incidents.csv"

[layers.incidents.columns]
key = "事件编号"
scheme = "标准"
small = "小类"
stage = "阶段"
reported_at = "上报时间"
dispatched_at = "派遣时间"
due_at = "办理时限"
closed_at = "结案时间"
"""


def loaded(engine, folder, calendar, *, replace=False):
    toml = "\n".join(f'{name.removesuffix(".csv")} = "{name}"' for name in FILES)
    made = small_city.write(folder, toml + small_city.TOML + LAYER + calendar)
    for name, said in FILES.items():
        (made / name).write_text(said, "utf-8")
    rows = (
        row("a"), row("b", dispatched="2026-03-06 17:30", stage="处理"),
        row("c", due="2026-03-08 12:00"), row("f", stage="结案", closed="2026-03-07 10:00"),
        row("g", reported="2026-03-09 09:00"),
    )  # fmt: skip
    (made / "incidents.csv").write_text("\n".join((HEADER, *rows)) + "\n", "utf-8")
    init_city(engine, made, replace=replace)
    with engine.connect() as db:
        return dict(db.execute(select(incident.c.key, incident.c.due_at)).all())


def test_a_city_changed_is_a_city_loaded_anew_and_what_files_say_stays(engine, tmp_path):
    plain = loaded(engine, tmp_path / "plain", '[calendar]\ncountry = "CN"\n')
    with engine.begin() as db:
        draft = calendar_days.in_force(db, places.city(db))
        assert not draft.rules
        for day, is_worked in ((9, False), (10, False), (7, True)):
            on = dt.date(2026, 3, day)
            draft = calendar_days.put(draft, on, on, is_worked=is_worked, name="ours")
        found = calendar_days.save(db, keeper(), draft, note="", now=NOW)
        assert found.change.said == 1
    with engine.connect() as db:
        changed = dict(db.execute(select(incident.c.key, incident.c.due_at)).all())
        own = places.city(db).calendar
    anew = loaded(engine, tmp_path / "anew", CALENDAR, replace=True)
    assert changed == anew
    assert changed != plain
    assert changed["c"] == plain["c"]
    with engine.connect() as db:
        assert places.city(db).calendar == own
        # The versions went with the city they were about; its files are where one begins.
        assert db.scalar(select(rule_version.c.id)) is None
        days = calendar_days.days(db, places.city(db))
    assert [(day.day.day, day.is_worked) for day in days] == [(7, True), (9, False), (10, False)]


def keeper():
    return escalations.KEEPER


@pytest.mark.parametrize(
    ("first", "last", "name", "says"),
    [
        ("2026-03-02", "2026-03-01", "x", "the first before the last"),
        ("2026-03-02", "2026-04-02", "x", "At most 31 days"),
        ("1999-12-31", "2000-01-01", "x", "of the years 2000 to 2060"),
        ("2026-03-02", "2026-03-02", " ", "has a name"),
    ],
)
def test_days_that_cannot_be_are_refused(town, first, last, name, says):
    with town.engine(Role.ENGINE).connect() as db:
        draft = calendar_days.in_force(db, places.city(db))
    with pytest.raises(RuleError, match=says):
        calendar_days.put(
            draft, dt.date.fromisoformat(first), dt.date.fromisoformat(last),
            is_worked=False, name=name,
        )  # fmt: skip


def test_who_may_change_settings_changes_them(town):
    with pytest.raises(ForbiddenError):
        calendar_days.require(town.viewer("dispatcher"))


def test_the_days_of_a_country_have_their_names():
    days = {each.day: each for each in days_of("CN", 2026, "zh")}
    assert days[dt.date(2026, 10, 1)] == Day(dt.date(2026, 10, 1), False, "国庆节")
    assert days[dt.date(2026, 10, 10)] == Day(dt.date(2026, 10, 10), True)
    assert "National Day" in {each.name for each in days_of("CN", 2026, "en")}
    assert {each.day.year for each in days_of("CN", 2012, "zh")} == {2012}
    assert days_of("", 2026, "zh") == []


def test_what_is_due_beyond_the_days_that_are_announced_is_a_guess():
    calendar = calendar_of(city_with({"country": "CN"}))
    beyond = dt.datetime.combine(calendar.known_until, dt.time(18), dt.UTC)
    for unit, guessed in ((Unit.WORK_HOURS, True), (Unit.WORK_DAYS, True), (Unit.DAYS, False)):
        assert is_guess(calendar, Limit(1, unit), beyond) is guessed
        assert not is_guess(calendar, Limit(1, unit), beyond - dt.timedelta(days=1))
    assert not is_guess(calendar, None, beyond)
    assert not is_guess(calendar, Limit(1, Unit.WORK_DAYS), None)


def test_nobody_changes_a_version_that_was_saved(town):
    saved(town, (MONDAY, False))
    with (
        pytest.raises(Exception, match="permission denied"),
        town.engine(Role.ENGINE).begin() as db,
    ):
        db.execute(text("UPDATE citygrid.rule_version SET rules = '[]'"))
