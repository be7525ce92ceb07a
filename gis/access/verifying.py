"""The audit's chain proved whole, and cut off at the old end when its time is over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select

from gis.access import sealing
from gis.access.audit import Act, machine_login, record
from gis.access.heads import Head, HeadKind, Heads, in_force
from gis.access.sealing import CANONICAL, FIRST_LINK, link_of
from gis.access.tables import audit, audit_seal
from gis.errors import CityGridError

# A row can be sealed when its transaction commits: no transaction of ours goes on for longer.
LATEST = dt.timedelta(hours=2)
# Faults that are told one by one.
MOST_TOLD = 100
_CHUNK = 10_000


class AuditError(CityGridError):
    """The audit is not what was sealed."""


class FaultKind(StrEnum):
    """What was done to the audit."""

    REMOVED = "removed"
    ALTERED = "altered"
    INSERTED = "inserted"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    UNEXPORTED = "unexported"


@dataclass(frozen=True)
class Fault:
    """A place where the audit is not what was sealed."""

    kind: FaultKind
    sentence: str
    seq: int | None = None
    audit_id: int | None = None
    # The same in the catalogue of texts, and what that names.
    key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Verdict:
    """What verifying found."""

    # Links compared, rows that wait for the sealer, exported heads compared.
    sealed: int
    unsealed: int
    heads: int
    faults: tuple[Fault, ...]
    # How many there are, when more than are told.
    faulty: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was removed, altered, inserted or cut off."""
        return self.faulty == 0


@dataclass(frozen=True)
class Pruned:
    """What pruning removed: all rows up to a link."""

    rows: int
    # The last link removed; None where nothing was old enough.
    anchor: Head | None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def verify(db: Connection, heads: Sequence[Head]) -> Verdict:
    """Recompute the whole chain and compare it with the heads exported of it.

    Parameters
    ----------
    db
        As the owner or the sealer.
    heads
        What the file of heads said *before* the transaction began: a head that was exported later
        may be of rows this transaction does not see.
    """
    walk = _Walk(in_force(heads))
    columns = [column.label(f"row_{column.name}") for column in CANONICAL]
    chain = (
        select(audit_seal, *columns)
        .outerjoin(audit, audit.c.id == audit_seal.c.audit_id)
        .order_by(audit_seal.c.seq)
        .execution_options(yield_per=_CHUNK)
    )
    with db.execute(chain) as links:
        for seq, audit_id, link, *row in links:
            walk.step(seq, audit_id, link, None if row[0] is None else row)
    walk.end()
    is_sealed = exists().where(audit_seal.c.audit_id == audit.c.id)
    waiting = select(audit.c.id, audit.c.at).where(~is_sealed).order_by(audit.c.id)
    unsealed = 0
    for audit_id, at in db.execute(waiting.execution_options(yield_per=_CHUNK)):
        unsealed += 1
        walk.leave(audit_id, at)
    return Verdict(walk.links, unsealed, len(walk.heads), tuple(walk.told), walk.faulty)


def prune(db: Connection, heads: Heads, before: dt.datetime, *, is_trial: bool = False) -> Pruned:
    """Remove the rows that were sealed before the first one of ``before`` or later.

    The last link removed goes into the file of heads at once, so that verifying goes on from it;
    the newest link always stays. Afterwards `Heads.forget` shortens the file.

    Parameters
    ----------
    db
        As the owner; all or nothing, in the caller's transaction.
    is_trial
        Only say what would be removed.

    Raises
    ------
    AuditError
        The chain is broken: pruning would remove the traces of it.
    """
    sealing.lock(db)
    known = heads.read()
    verdict = verify(db, known)
    if not verdict.is_whole:
        raise AuditError(
            f"The audit is not pruned, because it is not what was sealed ({verdict.faulty} faults; "
            f"the first: {verdict.faults[0]}) Look into that first: `citygrid audit verify`."
        )
    anchor = _anchor(db, before)
    if anchor is None:
        return Pruned(0, None)
    old = select(audit_seal.c.audit_id).where(audit_seal.c.seq <= anchor.seq)
    period = select(func.count(), func.min(audit.c.at), func.max(audit.c.at))
    rows, since, until = db.execute(period.where(audit.c.id.in_(old))).one()
    if is_trial:
        return Pruned(rows, anchor, since, until)
    # Before the commit: with an anchor too many verifying has no trouble, with one too few it has.
    heads.append(anchor)
    record(
        db, Act.AUDIT_PRUNED, subject=f"audit_seal/{anchor.seq}", login=machine_login(),
        details={
            "rows": rows, "since": since.isoformat(), "until": until.isoformat(),
            "link": anchor.link.hex(),
        },
    )  # fmt: skip
    db.execute(select(func.set_config("citygrid.pruning", "on", True)))
    db.execute(delete(audit).where(audit.c.id.in_(old)))
    db.execute(delete(audit_seal).where(audit_seal.c.seq <= anchor.seq))
    db.execute(select(func.set_config("citygrid.pruning", "", True)))
    return Pruned(rows, anchor, since, until)


def _anchor(db: Connection, before: dt.datetime) -> Head | None:
    """Return the last link of those to be removed."""
    s = audit_seal.c
    sealed = select(func.min(s.seq)).join(audit, audit.c.id == s.audit_id)
    first_kept = db.scalar(sealed.where(audit.c.at >= before))
    newest = sealing.last(db)
    if newest is None:
        return None
    limit = newest.seq if first_kept is None else first_kept
    row = db.execute(
        select(s.seq, s.audit_id, s.link, func.clock_timestamp())
        .where(s.seq < limit)
        .order_by(s.seq.desc())
        .limit(1)
    ).first()
    return Head(HeadKind.PRUNED, *row) if row else None


class _Walk:
    """Goes along the chain once and notes what does not fit."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self.heads = heads
        self.links = 0
        self.faulty = 0
        self.told: list[Fault] = []
        self._by_seq: dict[int, list[Head]] = {}
        for head in heads:
            self._by_seq.setdefault(head.seq, []).append(head)
        self._anchors = {head.seq: head.link for head in heads if head.kind is HeadKind.PRUNED}
        self._seq = 0
        # None: the link before is not there, so that nothing can be said of the next.
        self._previous: bytes | None = FIRST_LINK
        self._is_rewritten = False
        # Everything recorded some time before this was sealed already.
        self._sealed_until: dt.datetime | None = None

    def step(self, seq: int, audit_id: int, link: bytes, row: Sequence[Any] | None) -> None:
        """Look at a link and its row; None if the row is not there."""
        if seq != self._seq + 1:
            self._gap(seq)
        if row is None:
            self._note(
                FaultKind.REMOVED,
                f"Row {audit_id}, sealed as link {seq}, is gone.",
                seq,
                audit_id,
                key="fault.removed",
            )
        elif self._previous is not None and link_of(self._previous, row) != link:
            self._note(
                FaultKind.ALTERED,
                f"Row {audit_id} is not the one that was sealed as link {seq}: it was altered, or "
                "another one was put in its place.",
                seq,
                audit_id,
                key="fault.altered",
            )
        elif row is not None:
            self._dated(audit_id, _moment(row[1]), seq)
        self._compare(seq, link)
        self._seq, self._previous, self.links = seq, link, self.links + 1

    def leave(self, audit_id: int, at: dt.datetime) -> None:
        """Look at a row that is not sealed yet."""
        self._dated(audit_id, at, None)

    def end(self) -> None:
        """Look at what should come after the last link."""
        longest = max(self.heads, key=lambda head: head.seq, default=None)
        if longest is None and self.links:
            self._note(
                FaultKind.UNEXPORTED,
                "No head of the chain was ever exported, so it may have been made anew from end "
                "to end: the file of heads is gone.",
                key="fault.unexported",
            )
        elif longest is not None and longest.seq > self._seq:
            self._note(
                FaultKind.TRUNCATED,
                f"The chain ends at link {self._seq}; on {longest.at:%F %T %Z} it reached "
                f"{longest.seq}: {longest.seq - self._seq} rows were cut off its end.",
                longest.seq,
                longest.audit_id,
                key="fault.truncated",
                last=self._seq,
                at=f"{longest.at:%F %T %Z}",
                n=longest.seq - self._seq,
            )

    def _gap(self, seq: int) -> None:
        if self.links == 0 and seq - 1 in self._anchors:
            self._previous = self._anchors[seq - 1]
            return
        self._previous = None
        many = f"Links {self._seq + 1} to {seq - 1} are" if seq - self._seq > 2 else (
            f"Link {seq - 1} is"
        )  # fmt: skip
        self._note(
            FaultKind.REMOVED,
            f"{many} gone, and nobody pruned the audit there.",
            seq - 1,
            key="fault.gap",
            first=self._seq + 1,
        )

    def _compare(self, seq: int, link: bytes) -> None:
        for head in self._by_seq.get(seq, ()):
            if head.link != link and not self._is_rewritten:
                # Every later head differs too.
                self._is_rewritten = True
                self._note(
                    FaultKind.REWRITTEN,
                    f"Link {seq} is not what was exported on {head.at:%F %T %Z}: the chain was "
                    "made anew there or before.",
                    seq,
                    head.audit_id,
                    key="fault.rewritten",
                    at=f"{head.at:%F %T %Z}",
                )
            if head.kind is HeadKind.SEALED:
                self._sealed_until = max(head.at, self._sealed_until or head.at)

    def _dated(self, audit_id: int, at: dt.datetime, seq: int | None) -> None:
        if self._sealed_until is not None and at < self._sealed_until - LATEST:
            self._note(
                FaultKind.INSERTED,
                f"Row {audit_id} says it is of {at:%F %T %Z}, but was not there on "
                f"{self._sealed_until:%F %T %Z}: it was put in afterwards.",
                seq,
                audit_id,
                key="fault.inserted",
                at=f"{at:%F %T %Z}",
                until=f"{self._sealed_until:%F %T %Z}",
            )

    def _note(
        self,
        kind: FaultKind,
        sentence: str,
        seq: int | None = None,
        audit_id: int | None = None,
        *,
        key: str,
        **values: object,
    ) -> None:
        self.faulty += 1
        if len(self.told) < MOST_TOLD:
            named = {"seq": seq, "row": audit_id, **values}
            self.told.append(Fault(kind, sentence, seq, audit_id, key, named))


def _moment(microseconds: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)
