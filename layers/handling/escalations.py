"""Escalation 升级: when so much of a case's time is used, posts above hear of it, each time once.

By the case's own clock: what it does not count, such as nights, rests and suspensions, is not used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, any_, select, update

from gis.access.viewer import Viewer
from gis.cases import incident_pause
from gis.city import City
from gis.tables import incident
from layers.catalog.incidents import SEVERITIES
from layers.handling import case as reading
from layers.handling import keeping, rule_checks, rule_versions, told
from layers.handling.calendar import calendar_of
from layers.handling.case import Case
from layers.handling.clock import Clock, Limit, Pauses, Unit, clock_of
from layers.handling.effects import Said, Setting, effect
from layers.handling.keeping import Done
from layers.handling.rule_checks import RuleError
from layers.handling.rule_versions import Kind
from layers.handling.stages import ESCALATED, Act, Stage, Supervised
from layers.handling.told import POSTS_TOLD, Telling

# Nobody: the program. As a login it is none that anybody has.
KEEPER = Viewer(login="machine:escalation", name="系统 / CityGrid")
MOST_SHARE, MOST_AFTER_H, MOST_ANSWER_H = 500, 2_000, 720
# What is fed back waits for somebody to look: that time is not the body's.
AT_WORK = (Stage.REPORT, Stage.REGISTER, Stage.DISPATCH, Stage.HANDLE)
# Hours after a limit run as its own clock does.
_HOURS: Mapping[Unit, Unit] = {
    Unit.URGENT_HOURS: Unit.URGENT_HOURS, Unit.WORK_HOURS: Unit.WORK_HOURS,
    Unit.WORK_DAYS: Unit.WORK_HOURS, Unit.DAYS: Unit.URGENT_HOURS,
}  # fmt: skip


@dataclass(frozen=True)
class Escalation:
    """When who hears of which cases. The fields are those that are kept."""

    uid: str
    name: str
    # A class, small or big; None: whichever.
    scheme: str | None = None
    code: str | None = None
    # None of them: whichever.
    severities: tuple[str, ...] = ()
    # Percent of the limit that are used, or else hours after it.
    share: int | None = None
    after_h: int | None = None
    # Posts whose holders hear of it.
    tells: tuple[str, ...] = ()
    # Whether who has the case is asked at once (督办), and within how many hours he is to answer.
    supervises: bool = False
    answer_h: int = 24

    def speaks_of(self, case: Case) -> bool:
        """Return whether a case is of its class and severity."""
        return (
            self.scheme in (None, case.scheme)
            and self.code in (None, case.small, case.big)
            and (not self.severities or case.severity in self.severities)
        )

    @property
    def order(self) -> tuple[int, int]:
        """How late it comes."""
        return (1, self.after_h) if self.after_h is not None else (0, self.share or 0)


def to_json(rule: Escalation) -> dict[str, Any]:
    """Return a rule as it is kept."""
    return {**vars(rule), "severities": list(rule.severities), "tells": list(rule.tells)}


def from_json(kept: Mapping[str, Any]) -> Escalation:
    """Return a rule that was kept."""
    given = {**kept, "severities": tuple(kept["severities"]), "tells": tuple(kept["tells"])}
    return Escalation(**given)


def check(db: Connection, rule: Escalation) -> None:
    """Raise RuleError for a rule that cannot be."""
    rule_checks.check_name(rule.name)
    rule_checks.check_class(db, rule.scheme, rule.code, None)
    rule_checks.check_known("severity", rule.severities, SEVERITIES)
    rule_checks.check_known("post", rule.tells, POSTS_TOLD)
    is_share = rule.share is not None and 0 < rule.share <= MOST_SHARE
    is_after = rule.after_h is not None and 0 <= rule.after_h <= MOST_AFTER_H
    if (rule.share is None) is (rule.after_h is None) or not (is_share or is_after):
        raise RuleError(
            f"Say one of both: percent of the limit (1 to {MOST_SHARE}), or hours after it "
            f"(0 to {MOST_AFTER_H}).",
            key="escalation.bad_when", share=MOST_SHARE, hours=MOST_AFTER_H,
        )  # fmt: skip
    if not 0 < rule.answer_h <= MOST_ANSWER_H:
        raise RuleError(
            f"An answer is due within 1 to {MOST_ANSWER_H} hours.",
            key="escalation.bad_answer", most=MOST_ANSWER_H,
        )  # fmt: skip


def has_come(rule: Escalation, case: Case, pauses: Pauses, clock: Clock) -> bool:
    """Return whether so much of a case's time is used that a rule speaks of it."""
    limit = case.limit
    if limit is None or case.due_at is None or case.is_paused or case.stage not in AT_WORK:
        return False
    if not rule.speaks_of(case):
        return False
    if rule.after_h is not None:
        late = clock.due(case.due_at, Limit(rule.after_h, _HOURS[limit.unit]), pauses) if (
            rule.after_h
        ) else case.due_at  # fmt: skip
        return late is not None and late <= case.now
    taken = clock.taken(case.clock_started_at, case.now, limit.unit, pauses)
    one = dt.timedelta(days=1) if limit.unit.is_days else dt.timedelta(hours=1)
    return taken / one >= limit.amount * (rule.share or 0) / 100


def in_force(db: Connection) -> list[Escalation]:
    """Return the rules in force."""
    version = rule_versions.in_force(db, Kind.ESCALATION)
    return [from_json(each) for each in version.rules] if version else []


def due(
    db: Connection, city: City, rules: Sequence[Escalation], now: dt.datetime
) -> dict[int, list[Escalation]]:
    """Return which cases rules speak of that have not done so yet, the earliest rule first."""
    if not rules:
        return {}
    cases = reading.cases_of(db, reading.columns(incident).where(*_open()), now)
    p, clock = incident_pause.c, clock_of(calendar_of(city))
    pauses: dict[int, list[tuple[dt.datetime, dt.datetime | None]]] = {}
    query = select(p.incident_id, p.since, p.until).where(
        p.incident_id == any_([case.id for case in cases])  # type: ignore[arg-type]
    )
    for number, since, until in db.execute(query.order_by(p.since, p.id)):
        pauses.setdefault(number, []).append((since, until))
    found = {case.id: _of(rules, case, pauses.get(case.id, ()), clock) for case in cases}
    return {number: some for number, some in found.items() if some}


def escalate(
    db: Connection, city: City, case_id: int, rules: Sequence[Escalation], now: dt.datetime
) -> list[Escalation]:
    """Do what rules say about a case, each once in its life; return those that spoke.

    Parameters
    ----------
    db
        As the engine; the caller commits. Whoever acts on the case meanwhile waits, or was first.
    """
    case, clock = reading.read(db, case_id, now, is_held=True), clock_of(calendar_of(city))
    pauses = reading.pauses(db, case.id)
    found = _of(rules, case, pauses, clock)
    if not found:
        return []
    before = dict(case.escalation or {})
    done = {**before.get("done", {}), **{rule.uid: now.isoformat() for rule in found}}
    values: dict[str, Any] = {
        "escalation": {"done": done, "rule": found[-1].name, "at": now.isoformat()}
    }
    steps = [
        Done(case.id, ESCALATED, case.stage, case.stage, case.version, details={"rule": rule.name})
        for rule in found
    ]
    asking = next((rule for rule in found if rule.supervises), None)
    if asking is not None and case.supervised not in (Supervised.ASKED, Supervised.ANSWERED):
        until = now + dt.timedelta(hours=asking.answer_h)
        setting = Setting(clock, pauses, case.limit, KEEPER.name, None)
        asked = effect(case, Act.SUPERVISE, Said(note=asking.name, until=until), setting)
        values |= {"supervision": asked.values["supervision"], "version": case.version + 1}
        steps.append(
            Done(
                case.id, Act.SUPERVISE, case.stage, case.stage, case.version + 1,
                note=asking.name, details=dict(asked.details),
            )
        )  # fmt: skip
        keeping.drop_tiles(db, [(case.lon, case.lat)])
    db.execute(update(incident).where(incident.c.id == case.id).values(**values))
    keeping.write_steps(db, KEEPER, steps, now)
    told.tell(
        db, Kind.ESCALATION,
        [Telling(case.id, case.unit_id, case.body_id, rule.tells, rule.name) for rule in found],
        now,
    )  # fmt: skip
    keeping.tell(
        db, [case.id], units=[case.unit_id], bodies=[case.body_id], is_personal=case.is_personal
    )
    return found


def counted(
    db: Connection, city: City, rules: Sequence[Escalation], now: dt.datetime
) -> dict[str, int]:
    """Return of how many cases that are open now each rule would speak that has not yet."""
    found = {rule.uid: 0 for rule in rules}
    for some in due(db, city, rules, now).values():
        for rule in some:
            found[rule.uid] += 1
    return found


def _of(rules: Sequence[Escalation], case: Case, pauses: Pauses, clock: Clock) -> list[Escalation]:
    done = (case.escalation or {}).get("done", {})
    return sorted(
        (rule for rule in rules if rule.uid not in done and has_come(rule, case, pauses, clock)),
        key=lambda rule: rule.order,
    )


def _open() -> tuple[ColumnElement[bool], ...]:
    c = incident.c
    return (
        # In the words of the partial indexes.
        c.stage != "closed",
        c.stage.in_([stage.value for stage in AT_WORK]),
        c.limit_amount.is_not(None), c.due_at.is_not(None),
    )  # fmt: skip
