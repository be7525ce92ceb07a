"""Whatever is done with a case, when it is due can be counted again from its row and its pauses."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import CityGridError
from layers.handling.calendar import WorkCalendar
from layers.handling.case import Case
from layers.handling.clock import Clock, Limit, Unit
from layers.handling.effects import LONGEST_WAIT, Said, Setting, check_said, effect
from layers.handling.stages import APART, TRANSITIONS, Act, ActError, Outcome, Stage
from layers.handling.standing import obstacle

CLOCK = Clock(WorkCalendar("CN", "Asia/Shanghai"))
BEGIN = dt.datetime(2026, 9, 28, 1, tzinfo=dt.UTC)
LIMITS = st.sampled_from(
    [Limit(8, Unit.WORK_HOURS), Limit(2.5, Unit.URGENT_HOURS), Limit(3, Unit.WORK_DAYS),
     Limit(5, Unit.DAYS)]
)  # fmt: skip


def begun(limit):
    return Case(
        id=1, key="SJ1", stage=Stage.REPORT, version=0, unit_id=3, unit_then_id=None,
        body_id=None, scheme="s", big="01", small="0101", condition=1, severity="ordinary",
        title=None, address=None, place_note=None, placed_by="pin", placed_score=1.0,
        placed_within_m=None, placed_as=None, lon=114.0, lat=22.5, source="hotline",
        is_personal=False, limit=limit, parent_id=None, duplicate_of=None, paused_at=None,
        paused_until=None, asked=None, supervision=None, escalation=None, outcome=None, grade=None,
        returned=0, reported_at=BEGIN, registered_at=None, dispatched_at=None,
        due_at=CLOCK.due(BEGIN, limit), handled_at=None, closed_at=None,
        props={}, open_children=0, now=BEGIN,
    )  # fmt: skip


def written(case, found):
    """A case as it would be read again."""
    values = dict(found.values)
    amount, unit = values.pop("limit_amount", None), values.pop("limit_unit", None)
    if amount is not None:
        values["limit"] = Limit(amount, Unit(unit))
    if values.get("outcome"):
        values["outcome"] = Outcome(values["outcome"])
    return replace(case, **values, version=case.version + 1)


@given(LIMITS, st.data())
def test_a_case_is_due_when_its_clock_says_so(limit, data):
    case, pauses = begun(limit), []
    for _ in range(data.draw(st.integers(3, 14))):
        case = replace(case, now=case.now + dt.timedelta(minutes=data.draw(st.integers(1, 4000))))
        able = [
            act
            for stage, act in TRANSITIONS
            if stage is case.stage and act not in (*APART, Act.AMEND)
            and obstacle(case, act) is None
        ]  # fmt: skip
        act = data.draw(st.sampled_from(able))
        until = case.now + dt.timedelta(minutes=data.draw(st.integers(1, 9000)))
        said = Said("n", "r", 1, 2, float(data.draw(st.integers(1, 9))), until, 3)
        try:
            found = effect(case, act, said, Setting(CLOCK, pauses, limit, "x", 1))
        except ActError:
            # It was to rest until a day that is over.
            assert act is Act.GRANT
            continue
        if found.ends_at is not None:
            pauses = [
                (since, found.ends_at if end is None or end > found.ends_at else end)
                for since, end in pauses
            ]
        pauses += [(since, end) for since, end, _ in found.begins]
        before, case = case, written(case, found)
        if case.stage is Stage.CLOSED:
            assert not case.is_paused
            # What is closed keeps the moment it was due at.
            assert case.due_at == before.due_at
        else:
            assert case.due_at == CLOCK.due(case.clock_started_at, case.limit, pauses)
        # While its clock stands still without an end it is due at no moment, unless it was before.
        if case.paused_at and case.paused_until is None:
            assert case.due_at is None or case.due_at <= case.paused_at


@pytest.mark.parametrize("act", [Act.SUPERVISE, Act.DEFER])
@pytest.mark.parametrize(
    "until",
    [None, BEGIN, BEGIN + LONGEST_WAIT + dt.timedelta(minutes=1),
     *(each.replace(tzinfo=dt.UTC) for each in (dt.datetime.min, dt.datetime.max))],
)  # fmt: skip
def test_nothing_rests_or_is_waited_for_until_a_day_that_cannot_be_meant(act, until):
    rule = TRANSITIONS[Stage.HANDLE, act]
    with pytest.raises(ActError, match=f"a moment to come in no more than {LONGEST_WAIT.days}"):
        check_said(rule, act, Said("n", "r", until=until), BEGIN)
    check_said(rule, act, Said("n", "r", until=BEGIN + LONGEST_WAIT), BEGIN)


def test_more_time_than_a_clock_counts_is_refused_as_soon_as_it_is_asked_for():
    limit = Limit(3, Unit.WORK_DAYS)
    case = replace(begun(limit), stage=Stage.HANDLE)
    setting = Setting(CLOCK, [], limit, "x", 1)
    with pytest.raises(CityGridError, match="counted from 2000 to 2060"):
        effect(case, Act.POSTPONE, Said(reason="r", amount=10_000.0), setting)
    assert effect(case, Act.POSTPONE, Said(reason="r", amount=9.0), setting).values["asked"]
