"""The editor's addresses: a draft's ground, operations on it, and what lies around."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, Field

from dashboard.editing import around
from dashboard.editing.answers import Json
from dashboard.editing.desk import Asking, Desk
from dashboard.replies import Packer, private_json
from dashboard.workers import Workers

GEOJSON = "application/geo+json"
LARGEST = 2**31 - 1

Number = Annotated[int, Path(ge=1, le=LARGEST)]
Language = Annotated[Literal["zh", "en"], Query()]
Level = Annotated[int | None, Query(ge=1, le=20)]
Measure = Annotated[str | None, Query(max_length=90)]


class Seen(BaseModel):
    """The revision of the draft that somebody looks at."""

    revision: Annotated[int, Field(ge=0, le=LARGEST)]


class Doing(Seen):
    """An operation on it; `gis.division.commands` reads it."""

    operation: Any


class Trying(Doing):
    """The same while the mouse is still down; ``n`` comes back with the answer."""

    n: Annotated[int, Field(ge=0, le=2**53)] = 0


class Remedying(Seen):
    """Which remark is to be put right."""

    key: Annotated[str, Field(max_length=400)]


def add(server: FastAPI, workers: Workers) -> Desk:
    """Add the addresses to a server."""
    desk = Desk(workers)
    _add_drawing(server, workers, desk)
    _add_around(server, workers, desk)
    return desk


def _add_drawing(server: FastAPI, workers: Workers, desk: Desk) -> None:
    async def answer(work: Callable[..., Json], *given: object) -> Response:
        return private_json(await workers.run(work, *given))

    @server.get("/boundaries/{number}/ground")
    async def ground(
        number: Number, language: Language = "zh", level: Level = None,
        measure: Measure = None,
    ) -> Response:  # fmt: skip
        """Return all of a draft that is drawn."""
        return await answer(desk.ground, number, Asking(language, level, measure))

    @server.post("/boundaries/{number}/do")
    async def do(
        number: Number, sent: Doing, language: Language = "zh", level: Level = None,
        measure: Measure = None,
    ) -> Response:  # fmt: skip
        """Carry out an operation."""
        asked = Asking(language, level, measure)
        return await answer(desk.do, number, sent.revision, sent.operation, asked)

    @server.post("/boundaries/{number}/try")
    async def attempt(
        number: Number, sent: Trying, language: Language = "zh", level: Level = None,
        measure: Measure = None,
    ) -> Response:  # fmt: skip
        """Return what an operation would do."""
        asked = Asking(language, level, measure)
        return await answer(desk.attempt, number, sent.revision, sent.operation, sent.n, asked)

    @server.post("/boundaries/{number}/undo")
    async def undo(
        number: Number, sent: Seen, language: Language = "zh", level: Level = None,
        measure: Measure = None,
    ) -> Response:  # fmt: skip
        """Undo the last step."""
        asked = Asking(language, level, measure)
        return await answer(desk.move_to, number, sent.revision, -1, asked)

    @server.post("/boundaries/{number}/redo")
    async def redo(
        number: Number, sent: Seen, language: Language = "zh", level: Level = None,
        measure: Measure = None,
    ) -> Response:  # fmt: skip
        """Do the step undone last again."""
        asked = Asking(language, level, measure)
        return await answer(desk.move_to, number, sent.revision, 1, asked)

    @server.post("/boundaries/{number}/remedy")
    async def remedy(
        number: Number, sent: Remedying, language: Language = "zh", level: Level = None,
        measure: Measure = None,
    ) -> Response:  # fmt: skip
        """Put right what a remark is about."""
        asked = Asking(language, level, measure)
        return await answer(desk.remedy, number, sent.revision, sent.key, asked)


def _add_around(server: FastAPI, workers: Workers, desk: Desk) -> None:
    packer = Packer(entries=64)

    @server.get("/boundaries/{number}/roads")
    async def roads(
        request: Request, number: Number, bounds: Annotated[str, Query(max_length=120)]
    ) -> Response:
        """Return the roads and river banks in a box, to snap to and to follow."""
        found = await workers.run(around.ways, desk, number, around.box(bounds))
        return packer.json(request, found, GEOJSON)

    @server.get("/boundaries/{number}/buildings")
    async def buildings(
        number: Number, unit: Annotated[int, Query(ge=-LARGEST, le=LARGEST)]
    ) -> Response:
        """Return the buildings that stand in a unit as it is drawn."""
        return private_json(await workers.run(around.buildings, desk, number, unit))
