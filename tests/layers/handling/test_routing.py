"""Which rule decides: held against a plain loop, column by column against rule by rule."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.access.posts import Post
from gis.cases import duty_rule
from gis.database import Role
from gis.errors import CityGridError, ForbiddenError
from layers.handling import duty, lists, replay, routing, rule_checks, rule_versions, told, whose
from layers.handling.calendar import WorkCalendar
from layers.handling.drafts import Draft as Report
from layers.handling.lists import Asked, Listing
from layers.handling.replay import Incidents
from layers.handling.reports import report_all
from layers.handling.routing import USUAL, Days, Facts, Place, Rule, decide, from_json, to_json
from layers.handling.rule_checks import RuleError
from layers.handling.rule_versions import Draft, Kind
from layers.series import Span
from tests.layers.handling.handling_town import HERE, NOW, ROADS, THERE, WATER
from tests.layers.handling.handling_town import town as town

CALENDAR = WorkCalendar("CN", "Asia/Shanghai")
TZ = ZoneInfo("Asia/Shanghai")
ROOT, QUARTER = 1, 7
# A code that is a small class in one scheme and a big one in the other.
CLASSES = [("s", "01", "0101"), ("s", "01", "0102"), ("t", "0101", "010101"), ("t", "02", "0201")]
WORDS = ["噪声", "井盖", "PUMP", "水"]


def some(values, most=2):
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def perhaps(values):
    return st.one_of(st.none(), values)


days = st.dates(dt.date(2026, 1, 28), dt.date(2026, 2, 26))
spots = st.builds(
    lambda zoning, first, width: Place(zoning, first, first + width),
    st.sampled_from([None, 2]), st.integers(1, 20), st.integers(0, 10),
)  # fmt: skip


@st.composite
def rules(draw):
    code = draw(st.sampled_from([None, "01", "0101", "0102", "010101", "02"]))
    place = draw(perhaps(spots))
    since, until = draw(perhaps(days)), draw(perhaps(days))
    return Rule(
        uid=draw(st.sampled_from(["", "x"])), name="n", priority=draw(st.integers(-1, 1)),
        scheme=draw(st.sampled_from([None, "s", "t"])), code=code,
        condition=draw(perhaps(st.integers(1, 2))), unit_id=1 if place else None,
        place=place if draw(st.booleans()) else None,
        hours=draw(perhaps(st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(
            lambda span: span[0] != span[1]
        ))),
        weekdays=draw(some(range(1, 8), 4)), days=draw(perhaps(st.sampled_from(list(Days)))),
        words=draw(some(WORDS)), sources=draw(some(["hotline", "patrol"])),
        severities=draw(some(["ordinary", "serious"])), since=since, until=until,
        body_id=draw(perhaps(st.integers(1, 3))),
    )  # fmt: skip


@st.composite
def facts(draw):
    scheme, big, small = draw(st.sampled_from(CLASSES))
    at = draw(st.datetimes(dt.datetime(2026, 1, 28), dt.datetime(2026, 2, 26)))
    places = {z: draw(st.integers(1, 30)) for z in draw(some([None, 2]))}
    text = routing.text_of("".join(draw(some(WORDS))), draw(st.sampled_from([None, "Pump街"])))
    return Facts(
        scheme, big, small, draw(st.sampled_from([USUAL, 2])), places, at,
        CALENDAR.is_worked(at.date()), text, draw(st.sampled_from(["hotline", "patrol", "app"])),
        draw(st.sampled_from(["ordinary", "serious", "larger"])),
    )  # fmt: skip


def plainly(all_, one):
    """Say it again, as slowly and as plainly as can be: the first of those nobody beats."""
    best, best_rank = None, ()
    for rule in all_:
        at, minute = one.at, one.at.hour * 60 + one.at.minute
        tests = [
            rule.scheme is None or rule.scheme == one.scheme,
            rule.code is None or rule.code == one.small or rule.code == one.big,
            rule.condition is None or rule.condition == one.condition,
            rule.unit_id is None or rule.place is not None,
            rule.place is None or (rule.place.zoning_id in one.places
            and rule.place.first <= one.places[rule.place.zoning_id] <= rule.place.last),
            rule.since is None or at.date() >= rule.since,
            rule.until is None or at.date() <= rule.until,
            rule.hours is None or (
                minute in range(*rule.hours) if rule.hours[0] < rule.hours[1]
                else minute not in range(rule.hours[1], rule.hours[0])
            ),
            not rule.weekdays or at.weekday() + 1 in rule.weekdays,
            rule.days is None or (rule.days == "worked") == CALENDAR.is_worked(at.date()),
            not rule.words or any(w.casefold() in one.text for w in rule.words),
            not rule.sources or one.source in rule.sources,
            not rule.severities or one.severity in rule.severities,
        ]  # fmt: skip
        if not all(tests):
            continue
        rank = [
            rule.priority, int(rule.code == one.small), int(rule.code is not None),
            int(rule.condition is not None), int(rule.place is not None),
            rule.place.first - rule.place.last if rule.place else 0, int(rule.scheme is not None),
            *(int(bool(each)) for each in (rule.words, rule.hours, rule.weekdays, rule.days,
                                           rule.sources, rule.severities, rule.uid)),
        ]  # fmt: skip
        if best is None or rank > best_rank:
            best, best_rank = rule, rank
    return best


def table(all_):
    """Facts as the columns that are replayed."""
    rows = pd.DataFrame(
        {
            "id": range(1, len(all_) + 1), "scheme": [f.scheme for f in all_],
            "big": [f.big for f in all_], "small": [f.small for f in all_],
            "condition": [f.condition for f in all_], "severity": [f.severity for f in all_],
            "source": [f.source for f in all_], "at": pd.to_datetime([f.at for f in all_]),
            "text": [f.text for f in all_],
        }
    )  # fmt: skip
    places = {z: np.array([f.places.get(z, -1) for f in all_]) for z in (None, 2)}
    return Incidents(rows, places)


@given(st.lists(rules(), max_size=12), st.lists(facts(), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_plain_loop_and_whole_columns_decide_alike(all_, incidents):
    expected = [plainly(all_, one) for one in incidents]
    assert all(decide(all_, one) is rule for one, rule in zip(incidents, expected, strict=True))
    found = replay.route(table(incidents), all_, CALENDAR)
    assert all(
        (at == -1 and rule is None) or all_[at] is rule
        for at, rule in zip(found.tolist(), expected, strict=True)
    )


@given(rules())
@settings(deadline=None)
def test_a_rule_that_was_kept_is_the_same(rule):
    assert from_json(to_json(rule)) == replace(rule, place=None)


def own(name, **what):
    return Rule(uid=name, name=name, priority=1, **what)


def saved(town, *some_, login="dispatcher"):
    """Let rules be in force."""
    with town.acting(login) as (db, viewer):
        version = rule_versions.in_force(db, Kind.ROUTING)
        draft = Draft(Kind.ROUTING, version.id if version else 0, [to_json(rule) for rule in some_])
        for rule in some_:
            rule_checks.check(db, rule)
        return rule_versions.save(db, viewer, draft, note="as agreed", now=NOW)


@pytest.fixture
def no_rules(town):
    yield town
    saved(town)


def reported(town, **more):
    lon, lat = more.pop("place", HERE)
    with town.acting("intake") as (db, viewer):
        draft = Report(**{"scheme": "s", "small": "0101", "lon": lon, "lat": lat, **more})
        return report_all(db, viewer, town.city, [draft], now=NOW, faces=town.faces)[0]


def test_a_report_goes_where_the_rules_say(no_rules):
    town = no_rules
    assert reported(town).body_id == ROADS
    saved(
        town,
        own("words", words=("pump",), body_id=WATER, raises="serious", tells=("leader",)),
        own("quarter", unit_id=QUARTER, body_id=None),
        own("yesterday", body_id=WATER, until=NOW.date() - dt.timedelta(days=1)),
    )
    assert reported(town).body_id == ROADS
    assert reported(town, place=THERE).body_id is None
    one = reported(town, title="Ｐｕｍｐ broken")
    assert one.body_id == WATER
    case = town.read(one.id)
    assert case.severity == "serious"
    assert town.steps(one.id)[0].details == {"rule": "words", "raised": "serious"}
    # The dispatcher is told whose it is, as whoever took the report was.
    with town.acting("dispatcher", Role.APP) as (db, viewer):
        assert whose.rule_of(db, town.city, case).name == "words"
        assert whose.whose(
            db, viewer, town.city, HERE, now=NOW, scheme="s", small="0101", title="the pump"
        ).body.id == WATER  # fmt: skip
    # The leader hears of it, until he has seen it; nobody else does.
    with town.acting("mayor", Role.APP) as (db, viewer):
        assert [each.rule for each in told.unseen(db, viewer, one.id)] == ["words"]
        asked = Asked(ROOT, Listing.TOLD)
        assert [each.id for each in lists.listed(db, viewer, asked, now=NOW)] == [one.id]
        assert lists.length(db, viewer, asked, now=NOW) == 1
    with town.acting("planner", Role.APP) as (db, viewer):
        told.seen(db, viewer, one.id)
    with town.acting("mayor", Role.APP) as (db, viewer):
        told.seen(db, viewer, one.id)
        assert told.unseen(db, viewer, one.id) == []
        assert lists.length(db, viewer, asked, now=NOW) == 0
    # What was graver already stays so.
    assert town.read(reported(town, title="pump", severity="extreme").id).severity == "extreme"


def test_what_came_with_the_city_stays_and_rules_are_versions(no_rules):
    town = no_rules
    with town.engine(Role.OWNER).connect() as db:
        before = db.execute(duty_rule.select()).all()
        versions = len(rule_versions.versions(db, Kind.ROUTING))
    first = saved(town, own("one", body_id=WATER))
    second = saved(town, own("two", body_id=WATER))
    with town.engine(Role.OWNER).connect() as db:
        assert db.execute(duty_rule.select()).all() == before
        found = rule_versions.versions(db, Kind.ROUTING)
        assert len(found) == versions + 2
        assert [(v.id, v.rules[0]["name"]) for v in found[:2]] == [(second, "two"), (first, "one")]
    told_ = town.scalar(
        "SELECT details FROM audit WHERE subject = :s", s=f"rules/{second}"
    )  # fmt: skip
    assert (told_["rules_added"], told_["rules_removed"]) == (["two"], ["one"])
    for sql in ("UPDATE rule_version SET note = ''", "DELETE FROM rule_version"):
        with pytest.raises(Exception, match="permission denied"):
            town.scalar(sql, Role.ENGINE)


def test_the_second_of_two_overwrites_nothing(no_rules):
    town = no_rules
    with town.acting("dispatcher") as (db, viewer):
        draft = rule_versions.draft(db, viewer, Kind.ROUTING)
        rule_versions.keep_draft(db, viewer, draft)
    saved(town, own("other", body_id=WATER))
    with town.acting("dispatcher") as (db, viewer), pytest.raises(CityGridError, match="meanwhile"):
        rule_versions.save(db, viewer, draft, note="", now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scheme": "s", "code": "09"}, {"scheme": "s"}, {"code": "01"},
        {"scheme": "\0", "code": "x"},
        {"scheme": "s", "code": "0101", "condition": 9}, {"condition": 1},
        {"scheme": "s", "code": "01", "condition": 1}, {"unit_id": 999}, {"body_id": 99},
        {"hours": (60, 60)}, {"hours": (0, 1441)}, {"weekdays": (8,)}, {"words": (" ",)},
        {"words": ("x" * 41,)}, {"sources": ("radio",)}, {"severities": ("none",)},
        {"raises": "none"}, {"tells": (Post.AUDITOR.value,)}, {"name": " "},
        {"since": dt.date(2026, 1, 2), "until": dt.date(2026, 1, 1)}, {"priority": 101},
    ],
)  # fmt: skip
def test_a_rule_names_nothing_that_there_is_not(town, wrong):
    with town.engine(Role.ENGINE).connect() as db, pytest.raises(RuleError):
        rule_checks.check(db, replace(own("x"), **wrong))


def test_only_who_dispatches_everywhere_or_runs_the_program_edits(town):
    with town.engine(Role.ENGINE).connect():
        rule_versions.require(town.viewer("dispatcher"), ROOT)
        for login in ("intake", "roads", "mayor", "head", "planner"):
            with pytest.raises(ForbiddenError):
                rule_versions.require(town.viewer(login), ROOT)


def test_what_is_replayed_is_what_a_report_meets(no_rules):
    town = no_rules
    drafts = [
        {"small": small, "place": place, "title": title, "source": source}
        for small in ("0101", "0102", "0201")
        for place in (HERE, THERE)
        for title, source in (("noise", "hotline"), ("a pump", "patrol"))
    ]
    ids = [reported(town, **one).id for one in drafts]
    new = [
        own("pump", words=("PUMP",), body_id=WATER),
        own("quarter", unit_id=QUARTER, sources=("hotline",), body_id=ROADS),
        own("later", scheme="s", code="02", body_id=WATER, since=NOW.date() + dt.timedelta(9)),
    ]
    span = Span(NOW.date() - dt.timedelta(days=1), NOW.date())
    draft = Draft(Kind.ROUTING, 0, [to_json(rule) for rule in new])
    with town.acting("dispatcher", Role.APP) as (db, _):
        found = replay.replay(db, town.city, draft, span, NOW)
        placed = duty.placed(db, [*duty.of_files(db), *new])
        some_ = replay.read(db, town.city, span, placed)
        routed = replay.route(some_, placed, CALENDAR)
        assert replay.is_fresh(db, replace(draft, replayed=found), NOW)
        assert not replay.is_fresh(db, replace(draft, replayed=found), NOW + dt.timedelta(hours=2))
    assert found["n"] == len(some_) >= len(drafts)
    assert sum(one["before"] for one in found["bodies"]) == found["n"]
    assert sum(one["after"] for one in found["bodies"]) == found["n"]
    assert {one["id"] for one in found["examples"]} <= set(some_.rows["id"])
    by_id = dict(zip(some_.rows["id"], routed.tolist(), strict=True))
    was = [placed[by_id[n]].body_id if by_id[n] >= 0 else None for n in ids]
    saved(town, *new)
    with town.acting("dispatcher", Role.APP) as (db, _):
        assert not replay.is_fresh(db, replace(draft, replayed=found), NOW)
    assert [reported(town, **one).body_id for one in drafts] == was


def test_who_may_not_see_a_case_learns_nothing_of_it_by_replaying(no_rules):
    town = no_rules
    reported(town, title="neighbour Wang", is_personal=True)
    span = Span(NOW.date(), NOW.date())
    draft = Draft(Kind.ROUTING, 0, [to_json(own("w", words=("wang",), body_id=WATER))])

    def moved(login):
        with town.acting(login, Role.APP) as (db, _):
            return replay.replay(db, town.city, draft, span, NOW)["moved"]

    assert (moved("dispatcher"), moved("mayor")) == (1, 0)
