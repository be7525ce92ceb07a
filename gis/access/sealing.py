"""The seal of the audit: rows are chained after they are committed, by one at a time.

A link is the SHA-256 of the link before it and of the row. Rows are chained in the order in which
they become visible, which is not that of their ids: a transaction that lasts commits low ids late.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Text,
    cast,
    exists,
    func,
    insert,
    select,
    text,
)

from gis.access.heads import Head, HeadKind, Heads, in_force
from gis.access.tables import audit, audit_seal

FIRST_LINK = bytes(32)
BATCH = 5_000
_LOCK = 7_203_110

_MICROSECONDS = cast(func.extract("epoch", audit.c.at) * 1_000_000, BigInteger)
CANONICAL = (
    audit.c.id,
    # Whole numbers: what a time looks like depends on the session.
    _MICROSECONDS.label("at"),
    audit.c.account_id,
    audit.c.login,
    cast(audit.c.address, Text).label("address"),
    audit.c.act,
    audit.c.subject,
    audit.c.reason,
    # As PostgreSQL writes it: keys in its own order, numbers with all their digits.
    cast(audit.c.details, Text).label("details"),
)
"""The columns of a row as they are sealed."""


def link_of(previous: bytes, row: Any) -> bytes:  # noqa: ANN401 - a row of CANONICAL
    """Return the link that chains a row to the link before it."""
    # A JSON list: no two different rows have the same text.
    written = json.dumps(list(row), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + written.encode()).digest()


@dataclass(frozen=True)
class Sealed:
    """What one batch did."""

    rows: int
    # The end of the chain; None while nothing was ever sealed.
    head: Head | None
    # Rows up to this id were looked at, if there may be more; else None.
    cut_at: int | None


def seal(db: Connection, *, above: int = 0, limit: int = BATCH) -> Sealed | None:
    """Chain the committed rows that are in no link yet, in the caller's transaction.

    Parameters
    ----------
    db
        As the sealer or the owner, READ COMMITTED: what another sealer has just committed must be
        seen.
    above
        Look at rows above this id alone.

    Returns
    -------
    Sealed or None
        None where another sealer is at work.
    """
    if not db.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        return None
    head = last(db)
    previous, seq = (head.link, head.seq) if head else (FIRST_LINK, 0)
    is_sealed = exists().where(audit_seal.c.audit_id == audit.c.id)
    rows = db.execute(
        select(*CANONICAL).where(audit.c.id > above, ~is_sealed).order_by(audit.c.id).limit(limit)
    ).all()
    links = []
    for row in rows:
        previous, seq = link_of(previous, row), seq + 1
        links.append({"seq": seq, "audit_id": row.id, "link": previous})
    if links:
        db.execute(insert(audit_seal), links)
        now = db.scalars(select(func.clock_timestamp())).one()
        head = Head(HeadKind.SEALED, seq, rows[-1].id, previous, now)
    return Sealed(len(rows), head, rows[-1].id if len(rows) == limit else None)


def last(db: Connection) -> Head | None:
    """Return the end of the chain as it is now; what was pruned counts."""
    s = audit_seal.c
    row = db.execute(
        select(s.seq, s.audit_id, s.link, func.clock_timestamp()).order_by(s.seq.desc()).limit(1)
    ).first()
    return Head(HeadKind.SEALED, *row) if row else None


@dataclass
class Sealer:
    """Seals again and again, and exports the head each time there is a new one.

    It remembers below which id every row is sealed for good, so that a round reads only what is
    new; after a start the first round reads the whole audit's ids.
    """

    engine: Engine
    heads: Heads
    # Which audit it remembers this of: a restore puts another one in its place.
    _table: tuple[int, int] | None = None
    _floor: int = 0
    # The highest id seen in an earlier round, and who was writing to the audit right after.
    _seen: tuple[int, frozenset[str]] | None = None
    _exported: int | None = None

    def seal(self) -> int:
        """Chain what is there and export the head; return how many rows were chained.

        Killed anywhere on the way, the next one goes on where the last committed batch ended.
        """
        settled = self._settled()
        sealed, above, head = 0, self._floor, None
        while True:
            with self.engine.begin() as db:
                batch = seal(db, above=above)
            if batch is None:
                return sealed
            sealed, head = sealed + batch.rows, batch.head
            if batch.cut_at is None:
                break
            above = batch.cut_at
        if settled is not None:
            self._floor, self._seen = settled, None
        # After the commit: a head of what was undone would look like a truncation.
        if head:
            self._export(head)
        return sealed

    def _settled(self) -> int | None:
        """Return an id below which no row can appear any more, once it is known."""
        with self.engine.begin() as db:
            if self._table != (table := _identity(db)):
                self._table, self._floor, self._seen, self._exported = table, 0, None, None
            if self._seen is None:
                highest = db.scalar(select(func.max(audit.c.id))) or 0
                # After the id: whoever holds a lower one and has not committed is among them,
                # because a lock on the table comes before the id and stays until the commit.
                self._seen = highest, _writers(db)
            highest, writers = self._seen
            return None if writers & _writers(db) else highest

    def _export(self, head: Head) -> None:
        if self._exported is None:
            self._exported = max((known.seq for known in in_force(self.heads.read())), default=0)
        if head.seq > self._exported:
            self.heads.append(head)
            self._exported = head.seq


def _identity(db: Connection) -> tuple[int, int]:
    query = (
        "SELECT oid::bigint, CAST('citygrid.audit' AS regclass)::oid::bigint FROM pg_database "
        "WHERE datname = current_database()"
    )
    database, table = db.execute(text(query)).one()
    return database, table


def _writers(db: Connection) -> frozenset[str]:
    """Return the transactions that have written to the audit and go on."""
    return frozenset(
        db.scalars(
            text(
                "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' "
                "AND relation = CAST('citygrid.audit' AS regclass) "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                "AND mode = 'RowExclusiveLock'"
            )
        )
    )


def lock(db: Connection) -> None:
    """Keep every sealer out until the end of the transaction, waiting for the one at work."""
    db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
