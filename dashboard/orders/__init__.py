"""Change orders over HTTP: listed, read, decided on, talked about; and those that are due."""

from __future__ import annotations

from fastapi import FastAPI

from dashboard.orders import history, routes
from dashboard.orders.office import Office
from dashboard.visitors import Visitors
from dashboard.workers import Workers


def add(server: FastAPI, workers: Workers, office: Office, visitors: Visitors) -> None:
    """Add the addresses to a server."""
    routes.add(server, workers, office, visitors)
    history.add(server, workers)
