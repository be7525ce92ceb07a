"""Lists of incidents: each holds what it says, and no list tells more than its length does."""

import datetime as dt
from dataclasses import replace

import pytest

from gis.database import Role
from layers.handling import asked as measuring
from layers.handling import case, lists, standing, tallies
from layers.handling.asked import By
from layers.handling.chosen import Chosen
from layers.handling.lists import Asked, Listing
from layers.handling.measures import counts, measured
from layers.handling.stages import Stage
from layers.series import Span
from tests.layers.handling.handling_town import NOW, PEOPLE, THERE, TO_CLOSE, TO_HANDLE
from tests.layers.handling.handling_town import town as town

CITY, QUARTER = 1, 7
LATER = NOW + dt.timedelta(hours=5)
SOON = dt.timedelta(minutes=30)
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
MUCH_LATER = NOW + dt.timedelta(days=2)


@pytest.fixture(scope="module")
def some(town):
    """Incidents at every stage, in both quarters; one is suspended, one asks for more time."""
    new = town.report(title="new")
    town.along(town.report(title="case", place=THERE), TO_HANDLE[0])
    left = town.along(town.report(title="left to the grid"), TO_HANDLE[0])
    town.act("dispatcher", left, "dispatch")
    asking = town.handled(title="asks")
    town.act("roads", asking, "postpone", amount=2)
    town.along(town.handled(title="checked"), *TO_CLOSE[:2])
    town.along(town.handled(title="over"), *TO_CLOSE)
    asked = town.handled(title="asked about")
    asked = town.act("mayor", asked, "supervise", note="why?", until=LATER + dt.timedelta(days=1))
    town.act("roads", asked, "answer", note="soon")
    rests = town.along(town.report(title="rests"), *TO_HANDLE[:2])
    town.act("dispatcher", rests, "suspend", reason="a court decides")
    town.report(title="about a person", is_personal=True)
    return new


def listed(town, login, listing, unit=CITY, now=LATER, **more):
    with town.acting(login, Role.APP) as (db, viewer):
        asked = Asked(unit, listing, **more)
        return lists.listed(db, viewer, asked, now=now), lists.lengths(db, viewer, asked, now=now)


@pytest.mark.parametrize("login", PEOPLE)
def test_what_waits_for_somebody_is_what_he_may_do_next(town, some, login):
    found, lengths = listed(town, login, Listing.MINE)
    everything, _ = listed(town, login, Listing.OPEN)
    viewer = town.viewer(login)
    due = {one.id for one in everything if not one.is_paused and standing.next_act(viewer, one)}
    assert {one.id for one in found} == due
    assert lengths[Listing.MINE] == len(due)


def test_every_incident_is_in_the_list_of_how_it_stands(town, some):
    everything, _ = listed(town, "mayor", Listing.ALL)
    soon = dt.timedelta(hours=24)
    for listing in (Listing.OVERDUE, Listing.SOON, Listing.CLOSED):
        found, _ = listed(town, "mayor", listing, soon=soon)
        stand = {one.id for one in everything if lists.pressing(one, soon) is listing}
        assert {one.id for one in found} == stand
    late, lengths = listed(town, "mayor", Listing.OVERDUE, now=NOW + dt.timedelta(days=9))
    assert late
    assert lengths[Listing.OVERDUE] == len(late)
    assert all(one.due_at < NOW + dt.timedelta(days=9) for one in late)
    assert [one.due_at for one in late] == sorted(one.due_at for one in late)


def test_a_list_is_of_its_unit_period_and_class(town, some):
    there, lengths = listed(town, "mayor", Listing.OPEN, unit=QUARTER)
    assert [one.title for one in there] == ["case"]
    assert lengths[Listing.OPEN] == 1
    gone = (NOW - dt.timedelta(days=2), NOW - dt.timedelta(days=1))
    assert listed(town, "mayor", Listing.ALL, period=gone)[0] == []
    assert listed(town, "mayor", Listing.OPEN, part="small:s/0102")[0] == []
    of_class, _ = listed(town, "mayor", Listing.OPEN, part="small:s/0101")
    assert of_class
    assert all(one.stage is not Stage.CLOSED for one in of_class)


@pytest.mark.parametrize("login", ["dispatcher", "planner", "head", "water"])
def test_the_list_of_a_number_is_as_long_as_the_number(town, some, login):
    day = NOW.astimezone(town.city.tz).date()
    question = measuring.Asked(Chosen(CITY), Span(day, day + dt.timedelta(days=3)), MUCH_LATER)
    personal = 0
    with town.acting(login, Role.APP) as (db, viewer):
        for by in (By.UNIT, By.BODY, By.SMALL, By.PERIOD):
            asked = replace(question, by=by)
            found = measured(db, town.city, asked)
            for group in (found.total, *found.groups):
                key = None if group is found.total else group.key
                for formula in found.formulas:
                    figure = group.figures[formula.id]
                    for count, n in (
                        (formula.numerator, figure.numerator),
                        (formula.denominator, figure.denominator),
                    ):
                        if count is None:
                            continue
                        among = counts(db, town.city, asked, count, key)
                        listing = Asked(CITY, Listing.ALL, among=among)
                        assert lists.length(db, viewer, listing, now=MUCH_LATER) == n
                        cases = lists.listed(db, viewer, listing, now=MUCH_LATER)
                        assert len(cases) == n
                        personal += sum(one.is_personal for one in cases)
    assert bool(personal) == (login in ("dispatcher", "head"))


def test_the_kin_of_a_case_is_found_from_both_sides(town, some):
    again = town.report(title="again")
    again = town.act("intake", again, "duplicate", other_id=some.id)
    with town.acting("mayor", Role.APP) as (db, _):
        original = case.read(db, some.id, LATER)
        assert [one.id for one in lists.kin(db, original)["duplicates"]] == [again.id]
        assert [one.id for one in lists.kin(db, again)["original"]] == [some.id]


@pytest.mark.parametrize("listing", Listing)
@pytest.mark.parametrize("login", ["mayor", "roads", "dispatcher"])
def test_board_and_time_line_hold_what_the_list_does(town, some, login, listing):
    found, _ = listed(town, login, listing)
    with town.acting(login, Role.APP) as (db, viewer):
        asked = Asked(CITY, listing)
        counts = tallies.by_stage(db, viewer, asked, now=LATER)
        times = tallies.by_time(db, viewer, asked, now=LATER, timezone="Asia/Shanghai")
        columns = {
            stage: lists.listed(db, viewer, replace(asked, stage=stage), now=LATER)
            for stage in Stage
        }
    assert sum(counts.values()) == len(found)
    assert {stage: len(some) for stage, some in columns.items()} == counts
    assert {one.id for some in columns.values() for one in some} == {one.id for one in found}
    # What is due first is on top of its column; what rests, or has no limit, comes last.
    for stage in set(Stage) - {Stage.CLOSED}:
        due = [one.due_at or NEVER for one in columns[stage]]
        assert due == sorted(due)
    stands = {state: sum(each.values()) for state, each in times.counts.items()}
    assert sum(stands.values()) == len(found)
    for state, count in stands.items():
        assert count == sum(lists.pressing(one, asked.soon) is state for one in found)
    if found:
        # All were reported at one moment, which is 10 in the morning there.
        assert times.step == "hour"
        moments = {moment for each in times.counts.values() for moment in each}
        assert moments == {dt.datetime(2026, 3, 2, 10)}


def test_the_next_turn_is_when_something_falls_due_comes_near_to_it_or_goes_on(town, some):
    def turns(now, **more):
        with town.acting("dispatcher", Role.APP) as (db, viewer):
            return lists.turns_at(db, viewer, Asked(CITY, soon=SOON, **more), now=now)

    town.handled(small="0102")
    dues = sorted({one.due_at for one in listed(town, "dispatcher", Listing.OPEN)[0] if one.due_at})
    assert len(dues) > 1
    moments = sorted({moment for due in dues for moment in (due - SOON, due)})
    now = moments[0] - dt.timedelta(hours=1)
    for expected in moments:
        # Each is the next one in its turn, whichever list is looked at.
        assert turns(now) == turns(now, listing=Listing.CLOSED) == expected
        now = expected + dt.timedelta(seconds=1)
    assert turns(now) is None


@pytest.mark.parametrize("listing", Listing)
@pytest.mark.parametrize("login", ["mayor", "roads", "dispatcher"])
@pytest.mark.parametrize("cell", [(1.0, 1.0), (0.012, 0.009), (1e-7, 1e-7)])
def test_heaps_hold_what_the_list_does_however_fine_they_are(town, some, login, listing, cell):
    found, _ = listed(town, login, listing)
    with town.acting(login, Role.APP) as (db, viewer):
        asked = Asked(CITY, listing)
        heaps = tallies.by_place(db, viewer, asked, cell, now=LATER)
        alone = lists.listed_of(db, [heap.id for heap in heaps], now=LATER)
        for than in (0, len(found) - 1, len(found), len(found) + 1):
            is_longer = lists.is_longer(db, viewer, asked, max(than, 0), now=LATER)
            assert is_longer == (len(found) > max(than, 0))
    assert sum(heap.n for heap in heaps) == len(found)
    for state in lists.STATES:
        stand = sum(lists.pressing(one, asked.soon) is state for one in found)
        assert sum(heap.counts[state] for heap in heaps) == stand
    assert sum(heap.supervised for heap in heaps) == sum(one.is_supervised for one in found)
    assert {one.id for one in alone} <= {one.id for one in found}
    # Each lies among those it counts.
    places = {(one.lon, one.lat) for one in found}
    if cell == (1e-7, 1e-7):
        assert {(round(heap.lon, 7), round(heap.lat, 7)) for heap in heaps} == places
