"""What an act makes of a case: which columns change, and when its clock stands still. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from layers.handling.case import Case
from layers.handling.clock import Clock, Limit, Pauses
from layers.handling.stages import Act, ActError, Need, Outcome, Rule, Stage, Supervised
from layers.handling.standing import after

GRADES = range(1, 6)
LEAST_REASON, LONGEST_NOTE = 4, 2_000
# Nothing rests for longer, and no answer is waited for: what is later is a slip of the keys.
LONGEST_WAIT = dt.timedelta(days=1_000)


class Why(StrEnum):
    """Why a clock stands still."""

    SUSPENDED = "suspended"
    DEFERRED = "deferred"
    CHECKED = "checked"
    """From the moment it was fed back until it is found not to be done."""
    CLOSED = "closed"
    """Until it was taken up again."""


@dataclass(frozen=True)
class Said:
    """What goes with an act: what the act asks for, and a note if there is one."""

    note: str = ""
    # Why: needed to refuse, return, suspend, deny …
    reason: str = ""
    # Whom a case is dispatched to; None: the territory's own.
    body_id: int | None = None
    # The case that this one says again.
    other_id: int | None = None
    # So much more of what its limit is counted in.
    amount: float | None = None
    # Until when it rests, or by when a leader wants an answer.
    until: dt.datetime | None = None
    grade: int | None = None
    # What is put right: columns of the incident.
    changes: Mapping[str, Any] = field(default_factory=dict)


NOTHING = Said()


@dataclass(frozen=True)
class Effect:
    """What is to be written."""

    # Columns of the incident.
    values: Mapping[str, Any]
    # All pauses afterwards, where they change: (since, until, why) of those that begin, and the
    # moment at which the open one ends.
    begins: tuple[tuple[dt.datetime, dt.datetime | None, Why], ...] = ()
    ends_at: dt.datetime | None = None
    # For the step and the audit.
    details: Mapping[str, Any] = field(default_factory=dict)


def check_said(rule: Rule, act: Act, said: Said, now: dt.datetime) -> None:
    """Raise ActError for an act without what it needs."""
    needs = rule.needs
    if Need.REASON in needs and not said.reason.strip():
        raise ActError(f"Say why: {act.value} needs a reason.", key="error.case_needs_reason")
    if Need.CASE in needs and said.other_id is None:
        raise ActError("Say which case it says again.", key="error.case_needs_case")
    if Need.TIME in needs and not (said.amount and said.amount > 0):
        raise ActError("Say how much more time is needed.", key="error.case_needs_time")
    if Need.DAY in needs and not _is_to_come(said.until, now):
        raise ActError(
            f"Say until when, a moment to come in no more than {LONGEST_WAIT.days} days.",
            key="error.case_needs_day", most=LONGEST_WAIT.days,
        )  # fmt: skip
    if Need.WORDS in needs and not said.note.strip():
        raise ActError(f"Say something: {act.value} needs words.", key="error.case_needs_words")
    if Need.ANSWER_BY in needs and not _is_to_come(said.until, now):
        raise ActError(
            "Say by when an answer is wanted, a moment to come in no more than "
            f"{LONGEST_WAIT.days} days.",
            key="error.case_needs_answer_by", most=LONGEST_WAIT.days,
        )  # fmt: skip
    if Need.GRADE in needs and said.grade not in GRADES:
        raise ActError(
            f"A grade is one of {GRADES.start} to {GRADES.stop - 1}, not {said.grade!r}.",
            key="error.case_needs_grade", least=GRADES.start, most=GRADES.stop - 1,
        )  # fmt: skip


def _is_to_come(until: dt.datetime | None, now: dt.datetime) -> bool:
    return until is not None and now < until <= now + LONGEST_WAIT


@dataclass(frozen=True)
class Setting:
    """What an effect hangs on besides the case."""

    clock: Clock
    # When its clock stood still so far.
    pauses: Pauses
    # What its class and condition allow.
    limit: Limit | None
    # Who does it.
    name: str
    account_id: int | None


def effect(case: Case, act: Act, said: Said, setting: Setting) -> Effect:
    """Return what an act that is allowed makes of a case."""
    part = _PARTS[act](case, said, setting) if act in _PARTS else Effect({})
    values: dict[str, Any] = {"stage": after(case, act)}
    ends_at = part.ends_at
    if case.paused_at is not None and not case.is_paused:
        # The day it rested until is over.
        values |= {"paused_at": None, "paused_until": None}
    if values["stage"] is not case.stage:
        values["asked"] = None
        if values["stage"] is Stage.CLOSED:
            values |= {
                "closed_at": case.now, "outcome": _OUTCOMES[act], "unit_then_id": case.unit_id,
                "paused_at": None, "paused_until": None,
            }  # fmt: skip
            ends_at = case.now if case.is_paused else None
    values |= part.values
    if act in _TIMED or (act is Act.AMEND and _RETIMED & said.changes.keys()):
        pauses = _paused(setting.pauses, part.begins, ends_at)
        values |= _time(case, act, values, setting, pauses)
    return Effect(values, part.begins, ends_at, part.details)


def _register(case: Case, _said: Said, _setting: Setting) -> Effect:
    return Effect({"registered_at": case.now})


def _return(case: Case, _said: Said, _setting: Setting) -> Effect:
    if case.stage is Stage.REGISTER:
        # What intake looks at again is no case.
        return Effect({"registered_at": None})
    return Effect({"body_id": None, "dispatched_at": None}, details={"body": case.body_id})


def _dispatch(case: Case, said: Said, _setting: Setting) -> Effect:
    values = {"body_id": said.body_id, "dispatched_at": case.now, "handled_at": None}
    return Effect(values, details={"body": said.body_id})


def _feed_back(case: Case, _said: Said, _setting: Setting) -> Effect:
    return Effect({"handled_at": case.now})


def _rework(case: Case, _said: Said, _setting: Setting) -> Effect:
    # The time of whoever looked at it is not the body's.
    checked = (case.handled_at or case.now, case.now, Why.CHECKED)
    return Effect({"returned": case.returned + 1, "handled_at": None}, (checked,))


def _suspend(case: Case, _said: Said, _setting: Setting) -> Effect:
    values = {"paused_at": case.now, "paused_until": None}
    return Effect(values, ((case.now, None, Why.SUSPENDED),))


def _resume(case: Case, _said: Said, _setting: Setting) -> Effect:
    return Effect({"paused_at": None, "paused_until": None}, ends_at=case.now)


def _postpone(case: Case, said: Said, setting: Setting) -> Effect:
    limit = case.limit or setting.limit
    if limit is None:
        raise ActError(
            f"{case.key} has no time limit to postpone.", key="error.case_no_limit", case=case.key
        )
    # Of days only whole ones, and no more than a clock counts: refused now, not when it is granted.
    more = Limit(said.amount or 0, limit.unit)
    longer = Limit(limit.amount + more.amount, limit.unit)
    setting.clock.due(case.dispatched_at or case.reported_at, longer, setting.pauses)
    return Effect({"asked": {**_asked(case, Act.POSTPONE, said, setting), "amount": said.amount}})


def _defer(case: Case, said: Said, setting: Setting) -> Effect:
    until = said.until.isoformat() if said.until else None
    return Effect({"asked": {**_asked(case, Act.DEFER, said, setting), "until": until}})


def _grant(case: Case, _said: Said, _setting: Setting) -> Effect:
    granted = dict(case.asked or {})
    values: dict[str, Any] = {"asked": None}
    details = {"granted": granted}
    if granted.get("act") != Act.DEFER:
        return Effect(values, details=details)
    until = dt.datetime.fromisoformat(granted["until"])
    if until <= case.now:
        raise ActError(
            "The day until which it was to rest is over: deny it.", key="error.case_day_over"
        )
    values |= {"paused_at": case.now, "paused_until": until}
    return Effect(values, ((case.now, until, Why.DEFERRED),), details=details)


def _deny(case: Case, _said: Said, _setting: Setting) -> Effect:
    return Effect({"asked": None}, details={"denied": dict(case.asked or {})})


def _duplicate(_case: Case, said: Said, _setting: Setting) -> Effect:
    return Effect({"duplicate_of": said.other_id}, details={"duplicate_of": said.other_id})


def _reopen(case: Case, _said: Said, _setting: Setting) -> Effect:
    gone = (
        "closed_at", "outcome", "unit_then_id", "duplicate_of", "grade", "handled_at", "body_id",
        "dispatched_at",
    )  # fmt: skip
    return Effect(dict.fromkeys(gone), ((case.closed_at or case.now, case.now, Why.CLOSED),))


def _evaluate(_case: Case, said: Said, _setting: Setting) -> Effect:
    return Effect({"grade": said.grade})


def _amend(_case: Case, said: Said, _setting: Setting) -> Effect:
    return Effect(dict(said.changes), details={"changed": sorted(said.changes)})


def _supervise(case: Case, said: Said, setting: Setting) -> Effect:
    until = said.until.isoformat() if said.until else None
    # Whoever has it now; who has it when the answer is due gives it.
    place = {"unit": case.unit_id} if case.body_id is None else {"body": case.body_id}
    told = {
        "state": Supervised.ASKED.value, "by": setting.name, "account": setting.account_id,
        "at": case.now.isoformat(), "note": said.note[:LONGEST_NOTE], "until": until, **place,
    }  # fmt: skip
    return Effect({"supervision": told}, details={"until": until, **place})


def _answer(case: Case, said: Said, setting: Setting) -> Effect:
    answer = {
        "state": Supervised.ANSWERED.value, "answer": said.note[:LONGEST_NOTE],
        "answered_by": setting.name, "answered_at": case.now.isoformat(),
    }  # fmt: skip
    return Effect({"supervision": {**(case.supervision or {}), **answer}})


def _accept_answer(case: Case, _said: Said, setting: Setting) -> Effect:
    over = {"state": Supervised.ACCEPTED.value, "accepted_by": setting.name}
    return Effect({"supervision": {**(case.supervision or {}), **over}})


_PARTS: Mapping[Act, Callable[[Case, Said, Setting], Effect]] = MappingProxyType(
    {
        Act.REGISTER: _register,
        Act.RETURN: _return,
        Act.DISPATCH: _dispatch,
        Act.FEED_BACK: _feed_back,
        Act.REWORK: _rework,
        Act.SUSPEND: _suspend,
        Act.RESUME: _resume,
        Act.POSTPONE: _postpone,
        Act.DEFER: _defer,
        Act.GRANT: _grant,
        Act.DENY: _deny,
        Act.DUPLICATE: _duplicate,
        Act.REOPEN: _reopen,
        Act.EVALUATE: _evaluate,
        Act.AMEND: _amend,
        Act.SUPERVISE: _supervise,
        Act.ANSWER: _answer,
        Act.ACCEPT_ANSWER: _accept_answer,
        Act.ASK_AGAIN: _supervise,
    }
)
_OUTCOMES = {
    Act.REFUSE: Outcome.REFUSED,
    Act.CLOSE: Outcome.DONE,
    Act.DUPLICATE: Outcome.DUPLICATE,
    Act.FORCE_CLOSE: Outcome.FORCED,
}
# What moves the moment at which it is due.
_TIMED = frozenset(
    {Act.DISPATCH, Act.RETURN, Act.REWORK, Act.SUSPEND, Act.RESUME, Act.GRANT, Act.REOPEN}
)
_RETIMED = frozenset({"scheme", "small", "condition"})
# What begins its time anew: what was granted before is over.
_ANEW = frozenset({Act.DISPATCH, Act.RETURN, Act.REOPEN, Act.AMEND})


def _asked(case: Case, act: Act, said: Said, setting: Setting) -> dict[str, Any]:
    return {
        "act": act.value, "by": setting.name, "account": setting.account_id,
        "at": case.now.isoformat(), "note": said.note[:LONGEST_NOTE],
    }  # fmt: skip


def _paused(
    pauses: Pauses,
    begins: tuple[tuple[dt.datetime, dt.datetime | None, Why], ...],
    ends_at: dt.datetime | None,
) -> Pauses:
    """Return the pauses after an act."""
    before = [
        (since, min(until, ends_at) if until and ends_at else until or ends_at)
        for since, until in pauses
    ]
    return [*before, *((since, until) for since, until, _ in begins)]


def _time(
    case: Case, act: Act, values: Mapping[str, Any], setting: Setting, pauses: Pauses
) -> dict[str, Any]:
    """Return the limit of a case after an act, and when it is due; nothing where it has none."""
    found = setting.limit if act in _ANEW else case.limit or setting.limit
    if found is None:
        return {}
    asked = (case.asked or {}) if act is Act.GRANT else {}
    if asked.get("act") == Act.POSTPONE:
        found = Limit(found.amount + float(asked["amount"]), found.unit)
    started = values.get("dispatched_at", case.dispatched_at) or case.reported_at
    return {
        "limit_amount": found.amount,
        "limit_unit": found.unit.value,
        "due_at": setting.clock.due(started, found, pauses),
    }
