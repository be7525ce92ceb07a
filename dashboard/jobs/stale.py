"""Scenarios whose data changed since they were answered: answered anew, though nobody asks.

Each owner's are a job of his own, so that he sees how far it is and may cancel it; it comes after
all that somebody waits for, one at a time. Until then the last answer is shown, and that it is old.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, select

from dashboard.visitors import limited
from gis.access.posts import Right
from gis.access.viewer import Viewer, act_as, viewer_of
from gis.database import Role, Server
from gis.jobs import jobs
from gis.planning import coverage_scenario
from gis.tables import layer_state
from layers.coverage import scenarios
from layers.coverage.scenarios import Scenario

KIND = "stale_scenarios"
# Who brings one file has the next in his hand: while data come in, nothing is begun.
QUIET_FOR = dt.timedelta(minutes=1)


def begin(target: Server, now: dt.datetime) -> list[int]:
    """Begin a job for each who has answers that have grown old; return which."""
    with _connected(target, Role.ENGINE) as db:
        changed = db.scalar(select(func.max(layer_state.c.changed_at)))
        if changed is not None and changed > now - QUIET_FOR:
            return []
        owners = _owners(db)
    begun = []
    for account_id in owners:
        with _connected(target, Role.PORTER) as db:
            viewer = limited(viewer_of(db, account_id, now), (Right.PLAN,))
        if not viewer.may(Right.PLAN):
            continue
        with _connected(target, Role.APP) as db:
            act_as(db, viewer)
            begun += [number for number in (_begun(db, viewer),) if number is not None]
    return begun


def _begun(db: Connection, viewer: Viewer) -> int | None:
    some = [
        each
        for each in scenarios.listed(db)
        if each.account_id == viewer.account_id and scenarios.is_stale(db, each)
    ]
    if not some:
        return None
    # What was cancelled, or cannot be answered any more, is let be until the data change again.
    return jobs.begin_quietly(db, viewer, KIND, {"of": _data(db, some)})


def _data(db: Connection, some: Sequence[Scenario]) -> str:
    """Return what changes whenever the data do that some scenarios hang on."""
    told = [(each.id, scenarios.version(db, each.question, each.changes)) for each in some]
    return hashlib.sha256(repr(sorted(told)).encode()).hexdigest()[:24]


def _owners(db: Connection) -> list[int]:
    c = coverage_scenario.c
    query = (
        select(c.account_id)
        .distinct()
        .where(c.account_id.is_not(None), c.version.is_not(None), c.deleted_at.is_(None))
        .order_by(c.account_id)
    )
    return [int(number) for number in db.scalars(query)]


@contextlib.contextmanager
def _connected(target: Server, role: Role) -> Iterator[Connection]:
    engine = target.engine(role, pool_size=1)
    try:
        with engine.begin() as db:
            yield db
    finally:
        engine.dispose()
