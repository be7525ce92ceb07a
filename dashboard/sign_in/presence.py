"""Whether somebody is at the page: what the page fetches by itself keeps no session alive."""

from __future__ import annotations

from fastapi import FastAPI, Request

from dashboard.door import Door, now
from dashboard.gate import PRESENCE, visitor_of
from gis.access import sessions


def add(server: FastAPI, door: Door) -> None:
    """Add the address to a server."""

    @server.get(PRESENCE)
    async def ask(request: Request) -> dict[str, float | None]:
        """Say after how many seconds without anybody the session ends; null for a program."""
        return {"left_s": _left(door, request)}

    @server.post(PRESENCE)
    async def tell(request: Request) -> dict[str, float | None]:
        """Hear that somebody is at the page. The gate, which every request passes, notes it."""
        return {"left_s": _left(door, request)}


def _left(door: Door, request: Request) -> float | None:
    visitor = visitor_of(request)
    if visitor is None or visitor.session is None:
        return None
    return sessions.left(visitor.session, now=now(), rules=door.rules).total_seconds()
