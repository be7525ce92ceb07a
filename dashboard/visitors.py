"""Who a request comes from, remembered for a moment so that tiles stay quick."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from cachetools import LRUCache, TTLCache
from sqlalchemy import Connection

from dashboard.door import Door, now
from gis.access import audit, sessions, tokens
from gis.access.answers import Actor
from gis.access.posts import Right
from gis.access.sessions import Found, Need
from gis.access.viewer import Viewer, viewer_of

# For how long another process may go on with a session that was ended here.
REMEMBERED_S = 1.0
MOST_REMEMBERED = 20_000


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in, by a browser's session or by a token of a program."""

    viewer: Viewer
    # The session; None for a program.
    session: Found | None = None
    # What the browser's cookie says; forms are drawn for it.
    token: str = field(default="", repr=False)

    @property
    def need(self) -> Need:
        """What is asked for before anything else may be done."""
        return self.session.need if self.session else Need.NONE

    @property
    def actor(self) -> Actor:
        """Who does something, as the audit names him."""
        return Actor(self.viewer.account_id, self.viewer.login, self.viewer.address)


@dataclass(frozen=True)
class Asked:
    """What a request carries that says whose it is."""

    token: str = field(repr=False)
    is_bearer: bool
    address: str | None
    agent: str


class _Unknown:
    """Not asked about a moment ago, which differs from nobody's."""


_UNKNOWN = _Unknown()
_Key: TypeAlias = tuple[bytes, bool, str | None, str]


class Visitors:
    """Finds visitors by what their requests carry. Used on the event loop only."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known: TTLCache[_Key, Visitor | None] = TTLCache(MOST_REMEMBERED, REMEMBERED_S)
        self._asking: dict[_Key, asyncio.Task[Visitor | None]] = {}
        self._strange: LRUCache[tuple[bytes, str], bool] = LRUCache(MOST_REMEMBERED)
        self._changes = 0

    @property
    def changes(self) -> int:
        """How often everybody was asked about anew."""
        return self._changes

    async def find(self, asked: Asked) -> Visitor | None:
        """Return who asks; None for a session or token that is not good."""
        key = (sessions.hash_of(asked.token), asked.is_bearer, asked.address, asked.agent)
        # One question: between two the answer may have become too old.
        known = self._known.get(key, _UNKNOWN)
        if not isinstance(known, _Unknown):
            return known
        # The tiles of a map ask all at once: one question answers them.
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.ensure_future(self._learn(key, asked))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def touch(self, visitor: Visitor) -> Visitor:
        """Note that somebody is there, and return him with his session as it is then."""
        found, at = visitor.session, now()
        if found is None or sessions.is_touched(found, now=at):
            return visitor
        await self._door.ask(lambda db: sessions.touch(db, found, now=at))
        return replace(visitor, session=replace(found, seen_at=at))

    def forget(self) -> None:
        """Ask anew about everybody: a session ended, or somebody's posts changed."""
        self._changes += 1
        self._known.clear()
        self._asking.clear()

    async def _learn(self, key: _Key, asked: Asked) -> Visitor | None:
        before = self._changes
        found = await self._door.ask(lambda db: self._look(db, asked))
        # An answer from before a change is not kept.
        if before == self._changes:
            self._known[key] = found
        return found

    def _look(self, db: Connection, asked: Asked) -> Visitor | None:
        at = now()
        if asked.is_bearer:
            holder = tokens.find(db, asked.token, now=at)
            if holder is None:
                return None
            viewer = limited(viewer_of(db, holder.account_id, at), holder.scopes)
            return Visitor(replace(viewer, address=asked.address))
        found = sessions.find(db, asked.token, now=at, rules=self._door.rules)
        if found is None:
            return None
        self._notice(db, found, asked)
        viewer = replace(viewer_of(db, found.account_id, at), address=asked.address)
        return Visitor(viewer, found, asked.token)

    def _notice(self, db: Connection, found: Found, asked: Asked) -> None:
        """Say in the audit that a session goes on in another browser: it may be stolen."""
        seen = (found.id, asked.agent)
        if found.agent == asked.agent or seen in self._strange:
            return
        self._strange[seen] = True
        details: Mapping[str, str] = {"was": found.agent, "is": asked.agent}
        audit.record(
            db, audit.Act.SESSION_MOVED, subject=f"account/{found.account_id}", details=details,
            account_id=found.account_id, login=found.login, address=asked.address,
        )  # fmt: skip


def limited(viewer: Viewer, scopes: Collection[str]) -> Viewer:
    """Return a viewer who may do no more than a token's scopes say."""
    rights = frozenset(right for right in viewer.rights if right in scopes)
    has_cases = Right.CASES in rights
    return replace(
        viewer,
        rights=rights,
        units=viewer.units if Right.PERSONS in rights else (),
        cases=viewer.cases if has_cases else (),
        bodies=viewer.bodies if has_cases else (),
        care=viewer.care if Right.CARE in rights else (),
        reveals=viewer.reveals if Right.REVEAL in rights else (),
    )
