"""Time limits of incidents that come from files: of those that are open, by their class.

As if they had been reported here: the usual condition of the class, on the city's clock, from the
dispatch if the file tells of one, else from the report. What the file says is due then is due then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, or_, select, update

from gis.cases import class_condition
from gis.tables import incident
from importers.duties import DutyBook
from importers.upsert import Staged, Verdict
from layers.handling.clock import Clock, Limit, Seconds, Unit
from layers.handling.routing import USUAL

Limits: TypeAlias = Mapping[tuple[str, str], Limit]
"""By scheme and small class."""
_NONE = np.empty(0, np.int64)
# What is written of a limit.
COLUMNS = ("condition", "limit_amount", "limit_unit", "due_at")


def of_book(book: DutyBook) -> Limits:
    """Return the limits that the files of a city give."""
    return _limits(
        (each["scheme"], each["code"], each["amount"], each["unit"])
        for each in book.conditions
        if each["number"] == USUAL
    )


def stored(db: Connection) -> Limits:
    """Return the limits of the city in a database."""
    c = class_condition.c
    query = select(c.scheme, c.code, c.amount, c.unit).where(c.number == USUAL)
    return _limits(tuple(row) for row in db.execute(query))


def fill(frame: pd.DataFrame, limits: Limits, clock: Clock) -> pd.DataFrame:
    """Return incidents with `COLUMNS`: class by class, never row by row.

    Parameters
    ----------
    frame
        Columns of the table, each with its class and stage. What the clock cannot count, because
        it is older than the calendar, has no limit.
    """
    is_open = (frame["stage"] != "closed").to_numpy()
    if not limits or not is_open.any():
        return frame
    size = len(frame)
    due = np.full(size, -1, np.int64)
    amount, unit = np.full(size, np.nan), np.full(size, None, dtype=object)
    starts = _seconds(frame)
    opened = frame.loc[is_open, ["scheme", "small"]].astype("object")
    at = np.flatnonzero(is_open)
    groups = opened.groupby(["scheme", "small"], sort=False).indices
    for kind, limit in limits.items():
        mine = at[groups.get(kind, _NONE)]
        due[mine] = clock.due_by(starts[mine], limit)
        amount[mine], unit[mine] = limit.amount, limit.unit.value
    known = due >= 0
    counted = pd.Series(pd.to_datetime(np.where(known, due, 0), unit="s", utc=True), frame.index)
    counted = counted.where(known)
    if "due_at" in frame:
        said = pd.to_datetime(frame["due_at"], utc=True)
        counted = said.where(said.notna(), counted)
    unit[~known] = None
    return frame.assign(
        condition=pd.array(np.where(known, USUAL, np.nan), dtype="Int16"),
        limit_amount=np.where(known, amount, np.nan),
        limit_unit=unit,
        due_at=counted,
    )


def kept(db: Connection, frame: pd.DataFrame) -> pd.DataFrame:
    """Return incidents due when they are now where they are handled here and a file is silent.

    Else it would take away what was counted, and granted, since.
    """
    if "due_at" not in frame:
        return frame
    c = incident.c
    query = select(c.key, c.due_at).where(
        c.version > 0, c.key == func.any(frame["key"].astype(str).tolist())
    )
    there = {key: due for key, due in db.execute(query) if due is not None}
    if not there:
        return frame
    said = pd.to_datetime(frame["due_at"], utc=True)
    now = pd.to_datetime(frame["key"].map(there), utc=True)
    return frame.assign(due_at=said.where(said.notna(), now))


def renew(db: Connection, staged: Staged) -> None:
    """Write the limits of open rows that were there before, while nobody has handled them here."""
    table, copy = incident, staged.table
    there = staged.of(Verdict.UPDATED, Verdict.UNCHANGED)
    if "limit_unit" not in staged.columns or not len(there):
        return
    db.execute(
        update(table)
        .where(
            table.c.key == copy.c.key,
            table.c.id == func.any(there.tolist()),
            table.c.stage != "closed", table.c.version == 0,
            copy.c.limit_unit.is_not(None),
            or_(*(table.c[name].is_distinct_from(copy.c[name]) for name in COLUMNS)),
        )
        .values({name: copy.c[name] for name in COLUMNS})
    )  # fmt: skip


def _limits(rows: Iterable[tuple[Any, ...]]) -> Limits:
    return {(scheme, code): Limit(float(amount), Unit(unit)) for scheme, code, amount, unit in rows}


def _seconds(frame: pd.DataFrame) -> Seconds:
    """Return when the clock of each begins, in seconds since 1970."""
    starts = pd.to_datetime(frame["reported_at"], utc=True)
    if "dispatched_at" in frame:
        sent = pd.to_datetime(frame["dispatched_at"], utc=True)
        starts = sent.where(sent.notna(), starts)
    moments = starts.dt.tz_localize(None).to_numpy().astype("datetime64[s]")
    found: Seconds = moments.astype(np.int64)
    return found
