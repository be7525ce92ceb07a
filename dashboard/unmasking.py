"""The way to clear values: one address, which says who asked for what and why in the audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from fastapi import FastAPI, Response
from pydantic import BaseModel, Field

from dashboard.door import Door
from dashboard.replies import private_json, sentence
from dashboard.text import Explainable, explained, in_all_languages
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access import audit
from gis.access.audit import Act
from gis.access.viewer import Viewer
from gis.errors import NotFoundError
from layers import persons
from layers.persons import RevealRefusedError, Why

# What is typed may be of any length; the audit takes no more than this.
LONGEST_TYPED = 2000
STATUS: Mapping[Why, int] = MappingProxyType(
    {
        Why.NO_RIGHT: 403,
        Why.SHELTERED: 403,
        Why.NOTHING_ASKED: 400,
        Why.REASON: 400,
        Why.TOO_MANY: 429,
    }
)


class Asked(BaseModel):
    """What a browser asks to unmask."""

    person: Annotated[int, Field(ge=0, le=2**31 - 1)]
    fields: Annotated[list[persons.Field], Field(max_length=len(persons.Field))]
    reason: Annotated[str, Field(max_length=LONGEST_TYPED)]
    language: Literal["zh", "en"] = "zh"


def add(server: FastAPI, workers: Workers, door: Door) -> None:
    """Add the address to a server."""

    @server.post("/reveal")
    async def reveal(asked: Asked) -> Response:
        """Unmask something of a person, with a reason."""
        return await workers.run(_answer, workers, door, asked)


def _answer(workers: Workers, door: Door, asked: Asked) -> Response:
    viewer = VIEWER.get()
    try:
        # Committed before the answer leaves: what was shown is in the audit.
        with workers.connect() as db:
            values = persons.reveal(
                db, viewer, asked.person, asked.fields, asked.reason,
                keys=door.keys, now=dt.datetime.now(dt.UTC), rules=door.rules,
            )  # fmt: skip
    except RevealRefusedError as error:
        _refused(workers, viewer, asked, error)
        return sentence(explained(error, asked.language), STATUS[error.why])
    except NotFoundError as error:
        _refused(workers, viewer, asked, error)
        return sentence(explained(error, asked.language), 404)
    body = {"values": {field.value: value for field, value in values.items()}}
    return private_json(body)


def _refused(workers: Workers, viewer: Viewer, asked: Asked, why: Explainable) -> None:
    """Say in the audit that somebody tried; the transaction that refused is undone."""
    with workers.connect() as db:
        audit.record(
            db, Act.REVEAL_REFUSED, subject=f"people/{asked.person}", reason=asked.reason,
            details={
                "fields": [field.value for field in asked.fields], "why": in_all_languages(why),
            },
            account_id=viewer.account_id, login=viewer.login, address=viewer.address,
        )  # fmt: skip
