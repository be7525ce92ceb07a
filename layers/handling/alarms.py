"""Alarms of devices: the same one again is told to the incident it made, and makes no other."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from gis.cases import incident_alarm
from gis.tables import incident
from layers.handling import keeping
from layers.handling.settings import Handling
from layers.handling.stages import Stage

# One device's alarms wait for each other; two hold their locks in one order.
_LOCK = 7_203_103
_A = incident_alarm.c
Alarm = tuple[str, str]
"""A device and its signal: ("camera-17", "smoke")."""


@dataclass(frozen=True)
class Folded:
    """The incident that an alarm is about."""

    incident_id: int
    key: str
    unit_id: int | None
    body_id: int | None
    due_at: dt.datetime | None


@dataclass(frozen=True)
class Repeats:
    """How often a device raised an alarm about an incident, and when."""

    device: str
    signal: str
    count: int
    first_at: dt.datetime
    last_at: dt.datetime


def _hold(db: Connection, alarms: Iterable[Alarm]) -> None:
    """Let nobody else report alarms of the same devices until the transaction ends."""
    lock = text("SELECT pg_advisory_xact_lock(:space, hashtext(:alarm))")
    for alarm in sorted({"\n".join(alarm) for alarm in alarms}):
        db.execute(lock, {"space": _LOCK, "alarm": alarm})


def _known(
    db: Connection, alarms: Collection[Alarm], settings: Handling, now: dt.datetime
) -> dict[Alarm, Folded]:
    """Return the incidents that alarms are about: open, or raised a short time ago. As the engine.

    Of several the latest.
    """
    if not alarms:
        return {}
    lately = now - dt.timedelta(hours=settings.alarm_within_h)
    i = incident.c
    is_open: ColumnElement[bool] = i.stage != Stage.CLOSED.value
    fits = or_(*(and_(_A.device == device, _A.signal == signal) for device, signal in alarms))
    query = (
        select(_A.device, _A.signal, i.id, i.key, i.unit_id, i.body_id, i.due_at)
        .join(incident, i.id == _A.incident_id)
        .where(fits, or_(is_open, _A.last_at >= lately))
        .order_by(_A.incident_id)
    )
    return {
        (row.device, row.signal): Folded(row.id, row.key, row.unit_id, row.body_id, row.due_at)
        for row in db.execute(query)
    }


@dataclass(frozen=True)
class Raised:
    """Which of some reports are alarms that an incident knows already; reports by their place."""

    good: Sequence[int]
    alarms: Mapping[int, Alarm]
    # → the incident that is there.
    there: Mapping[int, Folded]
    # → the first report of the same go that raises the same.
    twins: Mapping[int, int]

    @property
    def own(self) -> list[int]:
        """Those that make an incident of their own."""
        return [at for at in self.good if at not in self.there and at not in self.twins]

    def numbered(self, own: Mapping[int, int]) -> dict[int, int]:
        """Return the number of the incident that each report is about."""
        known = {at: one.incident_id for at, one in self.there.items()}
        known |= {at: own[first] for at, first in self.twins.items()}
        return {at: own[at] if at in own else known[at] for at in self.good}

    def count(
        self,
        db: Connection,
        numbers: Mapping[int, int],
        new: Collection[int],
        before: Collection[int],
        now: dt.datetime,
    ) -> None:
        """Count what was raised, but for reports that came before. As the engine.

        Parameters
        ----------
        numbers
            Of the incident that each report is about.
        new
            The reports that made one.
        """
        first: Counter[tuple[int, Alarm]] = Counter()
        again: Counter[tuple[int, Alarm]] = Counter()
        for at, alarm in self.alarms.items():
            if at in self.there and at not in before:
                again[numbers[at], alarm] += 1
            elif self.twins.get(at, at) in new and at not in before:
                first[numbers[at], alarm] += 1
        if first:
            values = [
                {"incident_id": number, "device": device, "signal": signal, "count": n,
                 "first_at": now, "last_at": now}
                for (number, (device, signal)), n in first.items()
            ]  # fmt: skip
            db.execute(insert(incident_alarm), values)
        for (number, (device, signal)), n in sorted(again.items()):
            db.execute(
                update(incident_alarm)
                .where(_A.incident_id == number, _A.device == device, _A.signal == signal)
                .values(count=_A.count + n, last_at=func.greatest(_A.last_at, now))
            )
        if again:
            units = {one.unit_id for one in self.there.values()}
            ids = sorted({number for number, _ in again})
            keeping.tell(db, ids, units=units, is_personal=True)


def raised(
    db: Connection, good: Sequence[int], alarms: Mapping[int, Alarm], settings: Handling,
    now: dt.datetime,
) -> Raised:  # fmt: skip
    """Look up alarms; until the transaction ends nobody else raises the same. As the engine."""
    _hold(db, alarms.values())
    found = _known(db, set(alarms.values()), settings, now)
    first: dict[Alarm, int] = {}
    twins = {
        at: first[alarm]
        for at, alarm in alarms.items()
        if alarm not in found and first.setdefault(alarm, at) != at
    }
    there = {at: found[alarm] for at, alarm in alarms.items() if alarm in found}
    return Raised(good, alarms, there, twins)


def of(db: Connection, incident_id: int) -> list[Repeats]:
    """Return the alarms about an incident."""
    query = select(_A.device, _A.signal, _A.count, _A.first_at, _A.last_at)
    found = query.where(_A.incident_id == incident_id).order_by(_A.first_at, _A.device)
    return [Repeats(**row._mapping) for row in db.execute(found)]
