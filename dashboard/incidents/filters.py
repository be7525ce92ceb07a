"""The addresses of named filters of incidents: kept, renamed, shared, put away."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from dashboard.replies import private_json
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.viewer import Viewer
from layers.handling import filters
from layers.handling.filters import LONGEST_NAME, Filter, Shared

LARGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=LARGEST)]
Place = Annotated[int | None, Field(ge=1, le=LARGEST)]
FIELDS = (
    "unit", "pick", "cases", "form", "part", "start", "end", "zoning", "by", "bounds", "counted",
)  # fmt: skip
"""What of a view is a filter of incidents."""


class Naming(BaseModel):
    """What a filter is called, and with whose posts it is shared."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=LONGEST_NAME, pattern=r"^[^\x00]*$")]
    unit_id: Place = None
    body_id: Place = None

    @property
    def shared(self) -> Shared:
        """With whose posts."""
        return Shared(self.unit_id, self.body_id)


class Keeping(Naming):
    """A filter to be kept: the address of the page that shows it."""

    query: Annotated[str, Field(max_length=2_000)]


def add(server: FastAPI, workers: Workers) -> None:
    """Add the addresses to a server."""

    @server.get("/incidents/filters")
    async def listed() -> Response:
        """Return one's own filters and those shared with a post of one's own."""
        viewer = VIEWER.get()

        def ask(db: Connection) -> list[dict[str, Any]]:
            return [as_json(each, viewer) for each in filters.listed(db)]

        return private_json({"filters": await workers.ask(ask)})

    @server.post("/incidents/filters")
    async def keep(sent: Keeping) -> Response:
        """Keep a filter of incidents."""
        viewer = VIEWER.get()
        query = query_of(View.from_address(sent.query))
        found = await workers.ask(
            lambda db: filters.keep(db, viewer, sent.name, query, sent.shared)
        )
        return private_json(as_json(found, viewer), 201)

    @server.post("/incidents/filters/{number}")
    async def change(number: Number, sent: Naming) -> Response:
        """Rename a filter of one's own, or share it with others."""
        viewer = VIEWER.get()
        found = await workers.ask(
            lambda db: filters.change(db, viewer, number, sent.name, sent.shared)
        )
        return private_json(as_json(found, viewer))

    @server.post("/incidents/filters/{number}/delete")
    async def delete(number: Number) -> Response:
        """Put a filter of one's own away."""
        viewer = VIEWER.get()
        await workers.ask(lambda db: filters.delete(db, viewer, number))
        return Response(status_code=204)


def query_of(view: View) -> str:
    """Return the part of a view that is a filter, as an address; the language is who opens it."""
    shown = View(**{name: getattr(view, name) for name in FIELDS})
    return shown.to_address()


def applied(query: str) -> dict[str, Any]:
    """Return the fields that a filter sets."""
    given = View.from_address(query)
    return {name: getattr(given, name) for name in FIELDS}


def as_json(each: Filter, viewer: Viewer) -> dict[str, Any]:
    """Return a filter as the page and programs read it."""
    return {
        "id": each.id, "name": each.name, "query": each.query, **vars(each.shared),
        "own": each.account_id == viewer.account_id,
    }  # fmt: skip
