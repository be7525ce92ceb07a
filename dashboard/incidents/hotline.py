"""The addresses of the hotline's table: brought as a file, and what waits for somebody's eyes."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import Connection

from dashboard.incidents.sent import PLAIN, Code, Language, Lat, Lon
from dashboard.orders.office import Office
from dashboard.replies import private_json
from dashboard.text import Say, explained, named, speaker
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.posts import Right
from gis.errors import FileError
from gis.said import Said
from importers.hotline import bringing
from importers.hotline.bringing import MOST_BYTES, Desk
from importers.hotline.columns import HOTLINE, lacking, matched
from importers.hotline.verdicts import Brought, Verdict
from layers.handling import hotline
from layers.handling.hotline import Waiting
from layers.handling.hotline_orders import Place

# In a name of a file on our disk.
_UNUSUAL = re.compile(r"[^\w.\- ]|^\.+")
_LONGEST_FILE = 60
_FIELDS = tuple(field.name for field in HOTLINE.fields)
Number = Annotated[int, InPath(ge=1, le=2**31 - 1)]
FileName = Annotated[str, Query(min_length=1, max_length=200, pattern=PLAIN)]
# {"number": "工单编号", "phone": ""} as JSON; "" for what the file does not have.
Columns = Annotated[str, Query(max_length=4_000)]
_COLUMNS = TypeAdapter(dict[str, Annotated[str, Field(max_length=200, pattern=PLAIN)]])
Result = TypeVar("Result")


class Confirming(BaseModel):
    """Where an order is, and what it is about."""

    model_config = ConfigDict(extra="forbid")

    lon: Lon
    lat: Lat
    scheme: Code
    small: Code


class Dropping(BaseModel):
    """Why an order is put away."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=PLAIN)]


def add(server: FastAPI, workers: Workers, office: Office) -> None:
    """Add the addresses to a server."""
    _add_bringing(server, workers, office)
    _add_looking(server, workers, office)


def _add_bringing(server: FastAPI, workers: Workers, office: Office) -> None:
    @server.post("/incidents/hotline/columns")
    async def columns(request: Request, file: FileName, language: Language = "zh") -> Response:
        """Return which columns a file has, and which of them is taken for which field."""
        VIEWER.get().require(Right.REGISTER)
        body = await _body(request, file)

        def ask() -> dict[str, Any]:
            with workers.connect() as db:
                kept = hotline.setting(db).columns
            rows = _with_file(file, body, bringing.opened)
            found = matched(rows, kept, {})
            return {
                "columns": list(rows.frame.columns),
                "fields": [
                    {"name": field.name, "title": named(field.names, language),
                     "column": found.fields.get(field.name, "")}
                    for field in HOTLINE.fields
                ],
                "missing": lacking(found),
                "kept": bool(kept),
            }  # fmt: skip

        return private_json(await workers.run(ask))

    @server.post("/incidents/hotline")
    async def bring(
        request: Request, file: FileName, columns: Columns = "", language: Language = "zh"
    ) -> Response:
        """Report what the hotline's table holds; each row with what became of it."""
        viewer = VIEWER.get()
        viewer.require(Right.REGISTER)
        said = _named(columns)
        body = await _body(request, file)

        def ask() -> Brought:
            with workers.connect() as db:
                city = places.city_of(db)
            desk = Desk(viewer, city, workers.connect, office.open, _now())
            return _with_file(
                file, body, lambda path: bringing.bring(desk, path, columns=said or None)
            )

        return private_json(as_json(await workers.run(ask), language))


def _add_looking(server: FastAPI, workers: Workers, office: Office) -> None:
    @server.get("/incidents/hotline")
    async def listed(language: Language = "zh") -> Response:
        """Return the orders that wait for somebody to say where they are."""
        VIEWER.get().require(Right.REGISTER)

        def ask(db: Connection) -> dict[str, Any]:
            found = [waiting_as_json(one, language) for one in hotline.waiting(db)]
            return {"n": hotline.count_waiting(db), "waiting": found}

        return private_json(await workers.ask(ask))

    @server.post("/incidents/hotline/{number}/confirm")
    async def confirm(number: Number, sent: Confirming) -> Response:
        """Report an order that waited, where somebody says it is."""
        viewer = VIEWER.get()
        viewer.require(Right.REGISTER)

        def do(db: Connection) -> dict[str, Any]:
            found = hotline.confirm(
                db, viewer, places.city_of(db), number, Place(sent.lon, sent.lat, "pin", 1.0),
                (sent.scheme, sent.small), now=_now(),
            )  # fmt: skip
            return {"id": found.id, "key": found.key}

        return private_json(await office.ask(do), 201)

    @server.post("/incidents/hotline/{number}/drop")
    async def drop(number: Number, sent: Dropping) -> Response:
        """Put an order away that is nothing for the city."""
        viewer = VIEWER.get()
        viewer.require(Right.REGISTER)
        await office.ask(lambda db: hotline.drop(db, viewer, number, sent.reason))
        return Response(status_code=204)


def as_json(told: Brought, language: str) -> dict[str, Any]:
    """Return what a file came to."""
    return {
        "file": told.file,
        "read": len(told.rows),
        **{verdict.value: told.count(verdict) for verdict in Verdict},
        "columns": dict(told.columns),
        "unused": list(told.unused),
        "rows": [
            {"row": each.row, "number": each.number, "verdict": each.verdict,
             "said": _sentence(each.said, language), "key": each.key}
            for each in told.rows
        ],
    }  # fmt: skip


def waiting_as_json(one: Waiting, language: str) -> dict[str, Any]:
    """Return an order that waits, with why in words."""
    return {
        "id": one.id,
        "number": one.number,
        "title": one.title or one.text[:80],
        "text": one.text,
        "address": one.address,
        "words": one.words,
        "kind": f"{one.scheme}/{one.small}" if one.small else "",
        # Reported already: it is moved, or stays.
        "moves": one.incident_id is not None,
        "at": None if one.place is None else [one.place.lon, one.place.lat],
        "why": why(speaker(language), one),
    }


def why(say: Say, one: Waiting) -> str:
    """Return why an order waits, in words."""
    return say(
        f"hotline.why_{one.why}", row=one.row, number=one.number, address=one.address,
        words=one.words,
    )  # fmt: skip


def _sentence(said: Said | str, language: str) -> str:
    return explained(said, language) if isinstance(said, Said) else said


def _with_file(file: str, body: bytes, work: Callable[[Path], Result]) -> Result:
    """Do something with what was sent, as a file."""
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        # What is wrong is said of the file by its name; nothing else of it is made use of.
        path = Path(folder) / (_UNUSUAL.sub("_", file)[-_LONGEST_FILE:])
        path.write_bytes(body)
        return work(path)


async def _body(request: Request, file: str) -> bytes:
    """Return the body, or raise FileError as soon as it is too long."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise bringing.too_big(file)
        parts.append(part)
    return b"".join(parts)


def _named(columns: str) -> dict[str, str]:
    if not columns:
        return {}
    try:
        found = _COLUMNS.validate_json(columns)
    except ValidationError as error:
        raise _no_columns() from error
    if found.keys() - set(_FIELDS):
        raise _no_columns()
    return found


def _no_columns() -> FileError:
    return FileError(
        "columns must be a JSON object of field and column; there are the fields "
        f"{', '.join(_FIELDS)}.",
        key="hotline.bad_columns", known=_FIELDS,
    )  # fmt: skip


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
