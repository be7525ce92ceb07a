"""Incidents over HTTP."""

from __future__ import annotations

from fastapi import FastAPI

from dashboard.incidents import patterns
from dashboard.workers import Workers


def add(server: FastAPI, workers: Workers) -> None:
    """Add the addresses of incidents to a server."""
    patterns.add(server, workers)
