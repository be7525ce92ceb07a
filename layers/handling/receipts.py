"""Keys of reports: the same report once more is the same incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, any_, select
from sqlalchemy.dialects.postgresql import insert as upsert_into

from gis.access.viewer import Viewer
from gis.cases import incident_receipt
from gis.errors import CityGridError
from gis.tables import incident
from layers.handling.drafts import Draft, Received

_RECEIVED = incident_receipt.c


def received(
    db: Connection, viewer: Viewer, drafts: Sequence[Draft], numbers: Mapping[int, int]
) -> dict[int, Received | None]:
    """Note the keys of reports; return those that came before, None for one of this very go."""
    account = viewer.account_id or 0
    first: dict[str, int] = {}
    for at in numbers:
        if drafts[at].key:
            first.setdefault(drafts[at].key, at)
    if not first:
        return {}
    receipts = [
        {"account_id": account, "key": key, "incident_id": numbers[at], "sha256": drafts[at].sha256}
        # In one order, so that two with the same keys wait for each other and not in a circle.
        for key, at in sorted(first.items())
    ]
    adding = upsert_into(incident_receipt).on_conflict_do_nothing().returning(_RECEIVED.key)
    taken = set(db.scalars(adding, receipts))
    i = incident.c
    there = {
        row.given: row
        for row in db.execute(
            select(
                _RECEIVED.key.label("given"), _RECEIVED.sha256, i.id, i.key, i.unit_id, i.body_id,
                i.due_at,
            )
            .join(incident, incident.c.id == _RECEIVED.incident_id)
            .where(
                _RECEIVED.account_id == account,
                _RECEIVED.key == any_(sorted(first.keys() - taken)),  # type: ignore[arg-type]
            )
        )
    }  # fmt: skip
    found: dict[int, Received | None] = {}
    for at in numbers:
        key = drafts[at].key
        if key in there:
            found[at] = _before(drafts[at], there[key])
        elif key and first[key] != at:
            found[at] = None
    return found


def is_first(db: Connection, viewer: Viewer, key: str, incident_id: int, sha256: str) -> bool:
    """Note the key of something said of an incident that is there; False: it was said before.

    Raises
    ------
    CityGridError
        The key was given to something else.
    """
    if not key:
        return True
    account = viewer.account_id or 0
    receipt = {"account_id": account, "key": key, "incident_id": incident_id, "sha256": sha256}
    adding = upsert_into(incident_receipt).on_conflict_do_nothing().returning(_RECEIVED.key)
    if db.execute(adding, [receipt]).first() is not None:
        return True
    before = select(_RECEIVED.sha256).where(_RECEIVED.account_id == account, _RECEIVED.key == key)
    if db.scalar(before) != sha256:
        raise _other_key(key)
    return False


def again(drafts: Sequence[Draft], found: Sequence[Received | None], at: int) -> Received:
    """Return what became of a report whose key comes twice in one go: the first one's incident."""
    first = next(n for n, one in enumerate(drafts) if one.key == drafts[at].key)
    one = found[first]
    if one is None or one.id is None or drafts[first].sha256 != drafts[at].sha256:
        return Received(None, fault=_other_key(drafts[at].key))
    return replace(one, is_new=False)


def _before(draft: Draft, row: Any) -> Received:  # noqa: ANN401 - a row
    if row.sha256 != draft.sha256:
        return Received(None, fault=_other_key(draft.key))
    return Received(row.id, row.key, False, row.unit_id, row.body_id, row.due_at)


def _other_key(key: str) -> CityGridError:
    return CityGridError(
        f"The key {key!r} was given to another report already.",
        key="error.case_key_taken", given=key,
    )  # fmt: skip
