"""Versions of the rules that the city's people make, and the drafts they come of.

A version is never changed: whoever changes a rule adds a version, and the last one is in force.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Connection, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert_into

from gis.access import audit
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import rule_draft, rule_version
from gis.errors import CityGridError, ForbiddenError

Json: TypeAlias = dict[str, Any]
MOST_RULES = 200
# Of the calendar: days.
MOST_DAYS = 2_000
LONGEST_NOTE = 500
MOST_VERSIONS = 50
# Versions are added one after the other.
_LOCK = 7_203_121
_V, _D = rule_version.c, rule_draft.c


class Kind(StrEnum):
    """What rules are about."""

    ROUTING = "routing"
    ESCALATION = "escalation"
    CALENDAR = "calendar"
    """Days that are worked or free, whatever the country says: each is a rule of its own."""


@dataclass(frozen=True)
class Version:
    """Rules as they were saved."""

    id: int
    kind: Kind
    at: dt.datetime
    name: str
    note: str
    rules: Sequence[Json]
    # What was known of their effect; None: nobody looked.
    replayed: Json | None


@dataclass(frozen=True)
class Draft:
    """Rules as somebody edits them."""

    kind: Kind
    # The version it was begun from; 0: there was none.
    base: int
    rules: Sequence[Json]
    replayed: Json | None = None
    # Nothing was edited since the version.
    is_as_saved: bool = False


def may_edit(viewer: Viewer, root: int) -> bool:
    """Return whether somebody may change rules: who runs the program, or dispatches everywhere."""
    return viewer.may(Right.SETTINGS) or viewer.may(Right.DISPATCH, root)


def require(viewer: Viewer, root: int) -> None:
    """Raise ForbiddenError for who may not change rules."""
    if not may_edit(viewer, root):
        # Of the two the one that says what he lacks.
        viewer.require(Right.DISPATCH, root)
        raise ForbiddenError("Rules are for who dispatches in the whole city.")


def in_force(db: Connection, kind: Kind) -> Version | None:
    """Return the rules of a kind that are in force; None: nobody ever made any."""
    row = db.execute(
        select(rule_version).where(_V.kind == kind.value).order_by(_V.id.desc()).limit(1)
    ).first()
    return _version(row) if row else None


def versions(db: Connection, kind: Kind) -> list[Version]:
    """Return the last versions, the newest first."""
    query = (
        select(rule_version)
        .where(_V.kind == kind.value)
        .order_by(_V.id.desc())
        .limit(MOST_VERSIONS)
    )
    return [_version(row) for row in db.execute(query)]


def draft(db: Connection, viewer: Viewer, kind: Kind) -> Draft:
    """Return somebody's draft, as the engine; what is in force where he edits nothing."""
    row = db.execute(
        select(rule_draft).where(_D.account_id == viewer.account_id, _D.kind == kind.value)
    ).first()
    if row:
        return Draft(kind, row.base, row.rules, row.replayed)
    version = in_force(db, kind)
    return Draft(kind, version.id, version.rules, None, True) if version else (
        Draft(kind, 0, (), None, True)
    )  # fmt: skip


def keep_draft(db: Connection, viewer: Viewer, draft: Draft) -> None:
    """Keep a draft as it is now. As the engine.

    Raises
    ------
    CityGridError
        It has too many rules.
    """
    most = MOST_DAYS if draft.kind is Kind.CALENDAR else MOST_RULES
    if len(draft.rules) > most:
        raise CityGridError(f"There are at most {most} rules.", key="rules.too_many", most=most)
    values = {"base": draft.base, "rules": list(draft.rules), "replayed": draft.replayed}
    adding = upsert_into(rule_draft).values(
        account_id=viewer.account_id, kind=draft.kind.value, **values
    )
    kept = {**values, "changed_at": func.now()}
    db.execute(adding.on_conflict_do_update(index_elements=[_D.account_id, _D.kind], set_=kept))


def drop_draft(db: Connection, viewer: Viewer, kind: Kind) -> None:
    """Put a draft away: what is in force is edited anew."""
    db.execute(delete(rule_draft).where(_D.account_id == viewer.account_id, _D.kind == kind.value))


def save(db: Connection, viewer: Viewer, draft: Draft, *, note: str, now: dt.datetime) -> int:
    """Let a draft be in force from now on, as a new version; return its number. As the engine.

    Raises
    ------
    CityGridError
        Somebody saved another version since the draft was begun.
    """
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = in_force(db, draft.kind)
    if (version.id if version else 0) != draft.base:
        raise CityGridError(
            f"{version.name if version else 'Somebody'} saved other "
            f"{'days' if draft.kind is Kind.CALENDAR else 'rules'} meanwhile. Begin anew from "
            "those in force; nothing was overwritten.",
            key="calendar.overtaken" if draft.kind is Kind.CALENDAR else "rules.overtaken",
            author=version.name if version else "",
        )  # fmt: skip
    note = " ".join(note.replace("\0", "").split())[:LONGEST_NOTE]
    number = db.scalars(
        insert(rule_version)
        .values(
            kind=draft.kind.value, at=now, account_id=viewer.account_id,
            name=viewer.name or viewer.login, note=note, rules=list(draft.rules),
            replayed=draft.replayed,
        )
        .returning(_V.id)
    ).one()  # fmt: skip
    audit.record(
        db, audit.Act.SETTINGS_CHANGED, reason=note,
        subject=f"{'calendar' if draft.kind is Kind.CALENDAR else 'rules'}/{number}",
        details={
            "kind": draft.kind.value, "replayed": draft.replayed is not None,
            **changes(version.rules if version else (), draft.rules),
        },
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
    drop_draft(db, viewer, draft.kind)
    return int(number)


def changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> Json:
    """Return what rules are called that were added, changed or removed."""
    old, new = ({each["uid"]: each for each in rules} for rules in (before, after))
    told = {
        "rules_added": [_called(new[uid]) for uid in new if uid not in old],
        "rules_changed": [_called(new[uid]) for uid in new if uid in old and new[uid] != old[uid]],
        "rules_removed": [_called(old[uid]) for uid in old if uid not in new],
    }
    return {name: names for name, names in told.items() if names}


def _called(rule: Mapping[str, Any]) -> str:
    """Return what a rule is called; of a day of the calendar, which."""
    return f"{rule.get('day', '')} {rule['name']}".strip()


def _version(row: Any) -> Version:  # noqa: ANN401 - a row
    return Version(
        row.id, Kind(row.kind), row.at, row.name, row.note, row.rules, row.replayed
    )  # fmt: skip
