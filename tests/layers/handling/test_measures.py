"""Measures of handling: each is what a plain count gives, and leads back to its cases."""

import datetime as dt
from dataclasses import replace
from statistics import fmean, median

import numpy as np
import pytest
from sqlalchemy import Connection, insert

from gis import tables
from gis.cases import incident_pause
from gis.errors import CityGridError, NotFoundError
from layers import catalog
from layers.handling import formulas
from layers.handling.asked import Asked, By, spans
from layers.handling.calendar import calendar_of
from layers.handling.chosen import Chosen, before, moments
from layers.handling.formulas import Count, Kind
from layers.handling.measures import cases, measured
from layers.series import Span, Step
from tests import builders

INCIDENTS = catalog.get("incidents")
CITY = builders.CITY
MARCH = Span(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
NOW = dt.datetime(2026, 3, 28, 4, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
START = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
ASKED = Asked(Chosen(1), MARCH, NOW)


@pytest.fixture
def rows(db: Connection) -> list[dict]:
    """Cases of ten weeks, some without one moment or another, on squares and on a quarter."""
    units = builders.load(db)
    db.execute(insert(tables.duty_body), {"id": 1, "key": "w", "names": {"zh": "水务"}})
    random = np.random.default_rng(7)
    found = []
    for number in range(1, 81):
        at = START + int(random.integers(0, 66 * 24 * 60)) * MINUTE
        registered = at + dt.timedelta(hours=2) if random.random() < 0.8 else None
        due = registered + dt.timedelta(days=int(random.integers(1, 9))) if registered else None
        handled = (
            registered + int(random.integers(60, 250 * 60)) * MINUTE
            if registered and random.random() < 0.8 else None
        )  # fmt: skip
        is_closed = (bool(handled) and random.random() < 0.7) or random.random() < 0.1
        closed = handled + dt.timedelta(hours=20) if is_closed and handled else None
        values = {
            "stage": "closed" if is_closed else "handle", "registered_at": registered,
            "reported_at": at, "due_at": due, "handled_at": handled, "closed_at": closed,
            "returned": int(random.integers(0, 2)), "small": f"010{random.integers(1, 3)}",
            "body_id": 1 if random.random() < 0.5 else None,
        }  # fmt: skip
        if number % 10 == 0:
            values["unit_id"] = 2
        place = tuple(random.uniform(0, 4, 2).tolist())
        items = builders.rows("incidents", place, start=number, **values)
        builders.add(db, INCIDENTS, units, items)
        pauses = [] if number % 3 else [
            (registered + first * MINUTE, registered + last * MINUTE if last else None)
            for first, last in (
                (-600, -60), (-90, 600), (int(random.integers(0, 9_000)), None),
                (300, 2_000), (300, 900), (1_500, 2_500),
            )[: number % 7]
        ] if registered else []  # fmt: skip
        for since, until in pauses:
            db.execute(
                insert(incident_pause),
                {"incident_id": number, "since": since, "until": until, "why": "suspended"},
            )
        found += [{**item, "pauses": pauses} for item in items]
    return found


def worked(row: dict, *, is_net: bool) -> float:
    """Count the hours of work from registering to handling, minute by minute."""
    calendar, at, minutes = calendar_of(CITY), row["registered_at"], 0
    while at < row["handled_at"]:
        local = at.astimezone(CITY.tz)
        of_day = local.hour * 60 + local.minute
        stands = is_net and any(a <= at < (b or NOW) for a, b in row["pauses"])
        minutes += (
            any(a <= of_day < b for a, b in calendar.hours)
            and calendar.is_worked(local.date())
            and not stands
        )
        at += MINUTE
    return minutes / 60


def plainly(row: dict, count: Count, begin: dt.datetime, end: dt.datetime) -> bool:
    """Say without SQL whether a case counts."""

    def within(name: str) -> bool:
        return row[name] is not None and begin <= row[name] < end

    is_closed = row["stage"] == "closed"
    is_known = not is_closed or row["registered_at"] or row["closed_at"]
    is_open = row["reported_at"] < end and (
        not is_closed or (row["closed_at"] is not None and row["closed_at"] >= end)
    )
    return bool({
        Count.REPORTED: within("reported_at") and is_known,
        Count.REGISTERED: within("reported_at") and row["registered_at"],
        Count.DUE: within("due_at"),
        Count.IN_TIME: within("due_at") and row["handled_at"]
        and row["handled_at"] <= row["due_at"],
        Count.CLOSED: within("due_at") and is_closed
        and (row["closed_at"] or row["due_at"]) < end,
        Count.HANDLED: within("handled_at"),
        Count.RETURNED: within("handled_at") and row["returned"],
        Count.TIMED: within("handled_at"),
        Count.OPEN: is_open,
        Count.OVERDUE: is_open and row["due_at"] and row["due_at"] < end,
    }[count])  # fmt: skip


@pytest.mark.parametrize("versions", [(), ("mean_hours:1", "median_hours:1")])
def test_each_measure_is_what_a_plain_count_gives(db, rows, versions):
    begin, _ = moments(CITY, MARCH)
    earlier, _ = moments(CITY, before(MARCH))
    asked = replace(ASKED, formulas=formulas.wanted(versions))
    found = measured(db, CITY, asked)
    is_net = not versions
    for figures, (b, e) in (
        (found.total.figures, (begin, NOW)),
        (found.total.before, (earlier, begin)),
    ):
        of = {c: sum(plainly(row, c, b, e) for row in rows) for c in Count}
        hours = [worked(r, is_net=is_net) for r in rows if plainly(r, Count.TIMED, b, e)]
        stood = [r for r in rows if plainly(r, Count.TIMED, b, e) and r["pauses"]]
        assert any(worked(r, is_net=True) < worked(r, is_net=False) for r in stood)
        assert of[Count.OVERDUE] > 0 < of[Count.IN_TIME] < of[Count.DUE] > of[Count.CLOSED]
        for formula in found.formulas:
            figure = figures[formula.id]
            assert figure.denominator == of[formula.denominator]
            if formula.numerator:
                assert figure.numerator == of[formula.numerator]
            if formula.kind is Kind.SHARE:
                assert figure.value == figure.numerator / figure.denominator
        assert figures["mean_hours"].value == pytest.approx(fmean(hours))
        assert figures["median_hours"].value == pytest.approx(median(hours))


QUESTIONS = (
    ASKED,
    replace(ASKED, by=By.UNIT),
    replace(ASKED, by=By.UNIT, level=3),
    replace(ASKED, by=By.UNIT, zoning_id=2),
    replace(ASKED, by=By.UNIT, chosen=Chosen(22)),
    replace(ASKED, by=By.BODY, chosen=Chosen(2)),
    replace(ASKED, by=By.SMALL, chosen=Chosen(1, body_id=1)),
    replace(ASKED, by=By.BIG, chosen=Chosen(1, "gb/0101")),
    replace(ASKED, by=By.PERIOD, step=Step.WEEK),
)


def test_every_number_leads_to_its_cases_and_parts_add_up(db, rows):
    for asked in QUESTIONS:
        found = measured(db, CITY, asked)
        assert asked.by is By.ALL or found.groups
        # The last one is the rest, where there is one.
        for group in (found.total, *found.groups[:2], *found.groups[2:][-1:]):
            key = None if group is found.total else group.key
            for formula in found.formulas:
                figure, then = group.figures[formula.id], group.before[formula.id]
                for count, n, is_before in (
                    (formula.numerator, figure.numerator, False),
                    (formula.denominator, figure.denominator, False),
                    (formula.denominator, then.denominator, True),
                ):
                    if count is not None:
                        query = cases(db, CITY, asked, count, key, is_before=is_before)
                        assert len(db.scalars(query).all()) == n, (asked, key, count)
        if asked.by in (By.UNIT, By.BODY, By.BIG, By.SMALL):
            for formula in found.formulas:
                parts = [group.figures[formula.id].denominator for group in found.groups]
                assert sum(parts) == found.total.figures[formula.id].denominator


def test_what_is_known_to_no_part_is_told_apart(db, rows):
    quarters = measured(db, CITY, replace(ASKED, by=By.UNIT))
    assert [group.key for group in quarters.groups] == [2, 7, 12, 17]
    squares = measured(db, CITY, replace(ASKED, by=By.UNIT, chosen=Chosen(2)))
    assert [(g.key, g.is_rest) for g in squares.groups] == [
        (3, False), (4, False), (5, False), (6, False), (2, True),
    ]  # fmt: skip


def test_before_a_month_comes_a_month_and_before_some_days_as_many():
    assert before(MARCH) == Span(dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    week = Span(dt.date(2026, 3, 9), dt.date(2026, 3, 15))
    assert before(week) == Span(dt.date(2026, 3, 2), dt.date(2026, 3, 8))


def test_periods_are_cut_at_mondays_and_months():
    weeks = spans(replace(ASKED, by=By.PERIOD, step=Step.WEEK))
    assert [span.first.day for span in weeks] == [23, 1, 2, 9, 16, 23, 30]
    assert weeks[-1].last == MARCH.last
    months = spans(replace(ASKED, by=By.PERIOD, step=Step.MONTH))
    assert months == [before(MARCH), MARCH]
    year = Span(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    with pytest.raises(CityGridError, match="365 periods are more than the 62"):
        spans(replace(ASKED, by=By.PERIOD, span=year))


def test_a_formula_keeps_its_versions_apart():
    assert formulas.get("overdue").version == 1
    assert len({(f.id, f.version) for f in formulas.FORMULAS}) == len(formulas.FORMULAS)
    with pytest.raises(NotFoundError, match="No measure of handling is called 'x'"):
        formulas.get("x")


def test_an_older_version_of_a_formula_is_asked_for_by_its_number():
    assert formulas.get("mean_hours") == formulas.get("mean_hours", 2)
    older = formulas.wanted(["mean_hours:1"])
    assert [f.id for f in older] == [f.id for f in formulas.newest()]
    assert [f.version for f in older if f.id in ("mean_hours", "median_hours")] == [1, 2]
    for named in ("mean_hours:9", "mean_hours", "mean_hours:x"):
        with pytest.raises(NotFoundError, match="There are: mean_hours:1, mean_hours:2"):
            formulas.wanted([named])
