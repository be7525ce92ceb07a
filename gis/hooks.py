"""Webhooks: which addresses are told of what is done with incidents, and each telling.

A telling is written in the transaction that it tells of, and sent after it is committed: none is
lost, and none tells of what was undone. Addresses are of the installation, not of a city's data.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.access.keys import Keys
from gis.access.tables import account
from gis.errors import CityGridError, NotFoundError
from gis.tables import metadata

_WHEN = DateTime(timezone=True)
MOST = 20
# Serialises making them.
_LOCK = 0x686F6F6B
LONGEST_URL = 500
SECRET_BYTES = 32
# So long the log goes back.
KEPT_FOR = dt.timedelta(days=30)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("url", Text, nullable=False),
    # What tellings are signed with: encrypted, for this address, and the worker alone reads it.
    Column("secret", LargeBinary, nullable=False),
    # Which acts are told; none: all of them.
    Column("acts", ARRAY(Text), nullable=False),
    Column("account_id", ForeignKey(account.c.id, ondelete="SET NULL")),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("ended_at", _WHEN),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("webhook_id", ForeignKey(webhook.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("act", Text, nullable=False),
    # As it is sent, without its number.
    Column("payload", JSONB, nullable=False),
    # waiting, delivered, given_up
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # What the last answer was, or why there was none.
    Column("status", SmallInteger),
    Column("failure", Text, nullable=False, server_default=""),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("tried_at", _WHEN),
    Index("ix_webhook_delivery_created_at", "created_at"),
)

_DEFER = text("SELECT citygrid.defer_deliveries(:numbers)").bindparams(
    bindparam("numbers", type_=ARRAY(BigInteger))
)
_H, _D = webhook.c, webhook_delivery.c


@dataclass(frozen=True)
class Event:
    """Something that was done."""

    act: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Hook:
    """An address that is told."""

    id: int
    url: str
    acts: tuple[str, ...]
    created_at: dt.datetime


@dataclass(frozen=True)
class Telling:
    """One telling, as the log has it."""

    id: int
    webhook_id: int
    url: str
    act: str
    state: str
    attempts: int
    status: int | None
    failure: str
    created_at: dt.datetime
    tried_at: dt.datetime | None


def make(
    db: Connection, url: str, acts: Sequence[str], account_id: int | None, keys: Keys
) -> tuple[int, str]:
    """Let an address be told from now on; return its number and its secret. As the porter.

    Raises
    ------
    CityGridError
        There are as many as there may be, or it is told of these acts already.
    """
    # Of two at once that say the same the second finds the first.
    db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    there = listed(db)
    if len(there) >= MOST:
        raise CityGridError(
            f"There are {MOST} webhooks already. End one first.", key="hooks.too_many", most=MOST
        )
    if any(one.url == url and set(one.acts) == set(acts) for one in there):
        raise CityGridError(
            f"{url} is told of these acts already. End that webhook first.",
            key="hooks.told_already", url=url,
        )  # fmt: skip
    made_up = secrets.token_urlsafe(SECRET_BYTES)
    sealed = keys.encrypt(made_up.encode(), about_secret(url))
    values = {"url": url, "secret": sealed, "acts": sorted(set(acts)), "account_id": account_id}
    made = db.scalars(insert(webhook).values(values).returning(_H.id)).one()
    return made, made_up


def about_secret(url: str) -> str:
    """Return what an encrypted secret is bound to: it signs for no other address."""
    return f"webhook.secret/{url}"


def secret(kept: bytes, url: str, keys: Keys) -> str:
    """Return what the tellings of an address are signed with.

    Raises
    ------
    KeyFileError
        The keys are not those that encrypted it, or it was another address's.
    """
    return keys.decrypt(kept, about_secret(url)).decode()


def renew(db: Connection, keys: Keys) -> int:
    """Encrypt anew the secrets that an older key encrypted; return how many. As the owner."""
    done = 0
    for number, url, kept in db.execute(select(_H.id, _H.url, _H.secret).with_for_update()).all():
        if keys.is_outdated(kept):
            plain = keys.decrypt(kept, about_secret(url))
            sealed = keys.encrypt(plain, about_secret(url))
            db.execute(update(webhook).where(_H.id == number).values(secret=sealed))
            done += 1
    return done


def end(db: Connection, number: int, now: dt.datetime) -> None:
    """Tell an address nothing any more, nor what waits. As the porter."""
    ended = db.execute(
        update(webhook).where(_H.id == number, _H.ended_at.is_(None)).values(ended_at=now)
    )
    if not ended.rowcount:
        raise NotFoundError(f"There is no webhook {number}.", key="hooks.none", n=number)


def listed(db: Connection) -> list[Hook]:
    """Return the addresses that are told, the first first. As the porter."""
    query = select(_H.id, _H.url, _H.acts, _H.created_at).where(_H.ended_at.is_(None))
    return [
        Hook(row.id, row.url, tuple(row.acts), row.created_at)
        for row in db.execute(query.order_by(_H.id))
    ]


def log(db: Connection, most: int) -> list[Telling]:
    """Return the last tellings, the newest first. As the porter."""
    query = (
        select(
            _D.id, _D.webhook_id, _H.url, _D.act, _D.state, _D.attempts, _D.status, _D.failure,
            _D.created_at, _D.tried_at,
        )
        .join(webhook, _H.id == _D.webhook_id)
        .order_by(_D.id.desc())
        .limit(most)
    )  # fmt: skip
    return [Telling(**row._mapping) for row in db.execute(query)]


def wanted(db: Connection) -> list[tuple[int, frozenset[str]]]:
    """Return the numbers of addresses, and which acts each is told; none: all. As the engine."""
    query = select(_H.id, _H.acts).where(_H.ended_at.is_(None)).order_by(_H.id)
    return [(row.id, frozenset(row.acts)) for row in db.execute(query)]


def tell(
    db: Connection, hooks: Sequence[tuple[int, frozenset[str]]], events: Sequence[Event]
) -> None:
    """Write what is to be told to whom; it is sent once the transaction is committed.

    As the engine.
    """
    values = [
        {"webhook_id": number, "act": event.act, "payload": event.payload}
        for number, acts in hooks
        for event in events
        if not acts or event.act in acts
    ]
    if values:
        ids = db.scalars(insert(webhook_delivery).returning(_D.id), values).all()
        db.execute(_DEFER, {"numbers": list(ids)})


def clear(db: Connection, now: dt.datetime) -> None:
    """Forget old tellings. As the worker."""
    db.execute(delete(webhook_delivery).where(_D.created_at < now - KEPT_FOR))
