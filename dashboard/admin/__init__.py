"""Accounts, posts, who holds them, tokens and the audit, for those who look after them."""

from __future__ import annotations

from fastapi import FastAPI

from dashboard.admin import (
    accounts,
    audit_page,
    calendar,
    escalation,
    posts,
    rules,
    staff,
    webhooks,
)
from dashboard.door import Door
from dashboard.orders.office import Office
from dashboard.visitors import Visitors
from dashboard.workers import Workers


def add(server: FastAPI, door: Door, visitors: Visitors, workers: Workers, office: Office) -> None:
    """Add the pages to a server."""
    accounts.add(server, door, visitors)
    posts.add(server, door)
    staff.add(server, door)
    webhooks.add(server, door)
    rules.add(server, door, workers, office)
    escalation.add(server, door, office)
    calendar.add(server, door, office)
    audit_page.add(server, door, workers)
