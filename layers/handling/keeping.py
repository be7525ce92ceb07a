"""What every change of incidents has to keep right: numbers, tiles, news, the audit, the steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert_into

from gis import hooks, news
from gis.access import audit
from gis.access.viewer import Viewer
from gis.cases import incident_comment, incident_step
from gis.news import News, Topic
from gis.tables import duty_body, incident, layer_state, unit_version
from layers import counts, tile_cache
from layers.catalog.incidents import INCIDENTS
from layers.columns import Array
from layers.handling import following
from layers.handling.following import Happened
from layers.rows import Rows

# Files give out numbers by the highest there is, holding this lock alone (`importers.upsert`);
# reports hold it together.
_ID_LOCK = 7_203_100
_CATCH_UP_LOCK = 7_203_102
_SEQUENCE = "citygrid.incident_id_seq"
# Of so many at once the audit names each; of more it says how many.
MOST_NAMED = 500
# What somebody said at length; more is cut off.
LONGEST_SAID = 4_000


@dataclass(frozen=True)
class Done:
    """A step, as it is written down."""

    incident_id: int
    act: str
    before: str
    after: str
    version: int
    note: str = ""
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def draw_numbers(db: Connection, count: int) -> list[int]:
    """Return numbers for new incidents that nobody else gets, ascending."""
    db.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": _ID_LOCK})
    drawn = _drawn(db, count)
    highest = db.scalar(select(func.max(incident.c.id))) or 0
    if drawn[0] > highest:
        return drawn
    # Rows of files came meanwhile, or the city was loaded: go on behind them, one at a time.
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CATCH_UP_LOCK})
    drawn = _drawn(db, count)
    if drawn[0] > highest:
        return drawn
    db.execute(select(func.setval(_SEQUENCE, highest)))
    return _drawn(db, count)


def _drawn(db: Connection, count: int) -> list[int]:
    each = func.generate_series(1, count).table_valued("n")
    return sorted(db.scalars(select(func.nextval(_SEQUENCE)).select_from(each)))


def write_steps(db: Connection, viewer: Viewer, steps: Sequence[Done], now: dt.datetime) -> None:
    """Write down what was done, in the case and in the audit."""
    who = {"at": now, "account_id": viewer.account_id, "name": viewer.name or viewer.login}
    rows = [{**who, **vars(step)} for step in steps]
    # Whoever follows hears of each stage; the report itself is his own, or a rule tells of it.
    is_moved = [bool(step.before) and step.before != step.after for step in steps]
    if any(is_moved):
        # All in one, so that their numbers follow the order in which they were done.
        query = insert(incident_step).returning(incident_step.c.id, sort_by_parameter_order=True)
        happened = [
            Happened(step.incident_id, step_id=number)
            for step, number, moved in zip(steps, db.scalars(query, rows), is_moved, strict=True)
            if moved
        ]
        following.tell(db, viewer, happened, now)
    else:
        db.execute(insert(incident_step).inline(), rows)
    _tell_others(db, steps, now)
    for act in sorted({step.act for step in steps}):
        mine = [step for step in steps if step.act == act]
        one = mine[0] if len(mine) == 1 else None
        details: dict[str, Any] = {"act": act}
        if one is not None:
            details |= {"from": one.before, "to": one.after, **one.details}
        else:
            details["incidents"] = [step.incident_id for step in mine[:MOST_NAMED]]
            details["rows"] = len(mine)
        audit.record(
            db, audit.Act.CHANGE,
            subject=f"incident/{one.incident_id}" if one else "incidents",
            reason=one.reason or one.note if one else "", details=details,
            account_id=viewer.account_id, login=viewer.login, address=viewer.address,
        )  # fmt: skip


def _tell_others(db: Connection, steps: Sequence[Done], now: dt.datetime) -> None:
    """Tell the addresses of webhooks what was done, and of whom or by whom nothing."""
    wanted = hooks.wanted(db)
    if not wanted:
        return
    i, v, b = incident.c, unit_version.c, duty_body.c
    query = (
        select(
            i.id, i.key, i.stage, i.scheme, i.big, i.small, i.condition, i.severity, i.source,
            i.is_personal, i.reported_at, i.due_at, i.closed_at, v.code.label("unit"),
            b.key.label("body"), func.ST_X(i.geom).label("lon"), func.ST_Y(i.geom).label("lat"),
        )
        .outerjoin(unit_version, (v.unit_id == i.unit_id) & func.upper_inf(v.valid))
        .outerjoin(duty_body, b.id == i.body_id)
        .where(i.id.in_([step.incident_id for step in steps]))
    )  # fmt: skip
    rows = {row.id: row for row in db.execute(query)}
    events = [
        hooks.Event(step.act, _payload(step, rows[step.incident_id], now))
        for step in steps
        if step.incident_id in rows
    ]
    hooks.tell(db, wanted, events)


def _payload(step: Done, row: Any, now: dt.datetime) -> dict[str, Any]:  # noqa: ANN401 - a row
    # Titles, addresses and notes are what people typed; of a case about persons its place is, too.
    told = {
        "key": row.key, "version": step.version, "stage": step.after, "stage_before": step.before,
        "is_personal": row.is_personal,
    }  # fmt: skip
    if not row.is_personal:
        told |= {
            "scheme": row.scheme, "big": row.big, "small": row.small, "condition": row.condition,
            "severity": row.severity, "source": row.source, "unit": row.unit, "body": row.body,
            "lon": round(row.lon, 6), "lat": round(row.lat, 6),
            **{
                name: moment and moment.isoformat()
                for name, moment in (
                    ("reported_at", row.reported_at), ("due_at", row.due_at),
                    ("closed_at", row.closed_at),
                )
            },
        }  # fmt: skip
    return {"at": now.isoformat(), "incident": told}


def say(db: Connection, viewer: Viewer, incident_id: int, text_: str) -> int:
    """Keep what was said at length of an incident for those who work on it; return its number.

    As the engine.
    """
    saying = insert(incident_comment).values(
        incident_id=incident_id, account_id=viewer.account_id,
        name=viewer.name or viewer.login, text=text_[:LONGEST_SAID],
    )  # fmt: skip
    number: int = db.execute(saying.returning(incident_comment.c.id)).scalar_one()
    return number


def tell(
    db: Connection,
    ids: Iterable[int],
    *,
    units: Iterable[int | None] = (),
    bodies: Iterable[int | None] = (),
    is_personal: bool = False,
) -> None:
    """Tell open pages, once the transaction commits."""
    news.tell(
        db,
        News(
            Topic.INCIDENTS,
            unit_ids=tuple(sorted({n for n in units if n is not None})),
            incident_ids=tuple(ids),
            body_ids=tuple(sorted({n for n in bodies if n is not None})),
            is_personal=is_personal,
        ),
    )


def drop_tiles(db: Connection, xy: Iterable[tuple[float, float]]) -> None:
    """Let servers forget the tiles that some places lie on."""
    points = np.array(list(xy), np.float64).reshape(-1, 2)
    tile_cache.drop(db, INCIDENTS.id, np.column_stack([points, points]))


def settle(db: Connection, change: Rows | None, now: dt.datetime, *, more: int = 0) -> None:
    """Take a change into the stored numbers: last of all, so that nobody waits long.

    Parameters
    ----------
    change
        None where nothing counts in another place than before.
    more
        How many incidents are new.
    """
    c = layer_state.c
    adding = upsert_into(layer_state).values(
        layer=INCIDENTS.id, rows=more, as_of=now, worked_at=now
    )
    kept = {
        "rows": c.rows + adding.excluded.rows,
        "as_of": func.greatest(c.as_of, adding.excluded.as_of),
        "worked_at": func.greatest(c.worked_at, adding.excluded.worked_at),
        "changed_at": func.now(),
    }
    db.execute(adding.on_conflict_do_update(index_elements=[c.layer], set_=kept))
    if change is not None:
        counts.added(db, INCIDENTS, change)


def is_counted_alike(before: Rows, after: Rows) -> bool:
    """Return whether rows count the same before and after a change."""

    def same(one: Array, other: Array) -> bool:
        return bool(np.array_equal(one, other))

    return (
        same(before.unit_ids, after.unit_ids)
        and same(before.points, after.points)
        and same(before.days, after.days)
        and all(same(units, after.others[z]) for z, units in before.others.items())
        and all(
            [part.keys[code] for code in part.codes]
            == [after.parts[d].keys[code] for code in after.parts[d].codes]
            for d, part in before.parts.items()
        )
    )
