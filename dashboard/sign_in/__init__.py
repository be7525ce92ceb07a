"""Signing in and out, and one's own account."""

from __future__ import annotations

from fastapi import FastAPI

from dashboard.door import Door
from dashboard.sign_in import account, entering, owed, presence
from dashboard.visitors import Visitors


def add(server: FastAPI, door: Door, visitors: Visitors) -> None:
    """Add the pages to a server."""
    entering.add(server, door, visitors)
    owed.add(server, door, visitors)
    account.add(server, door, visitors)
    presence.add(server, door)
    if door.providers:
        # Here, because most have no provider, and a page is to start at once.
        from dashboard.sign_in import openid

        openid.add(server, door, door.providers)
