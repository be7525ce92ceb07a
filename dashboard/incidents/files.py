"""The addresses of a case's photos and files: listed, looked at, added, removed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import FastAPI, Path, Query, Request, Response
from sqlalchemy import Connection

from dashboard.incidents.sent import LARGEST, Attached, FileName, Removing
from dashboard.limiting import FILES_A_SECOND, FILES_AT_ONCE, Buckets
from dashboard.orders.office import Office
from dashboard.replies import private_json
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from layers.handling import attached, settings, uploads
from layers.handling import case as reading
from layers.handling.attached import CaseFile, Content
from layers.handling.settings import Handling
from layers.handling.uploads import Kind, Prepared

Named = Annotated[str, Path(max_length=200)]
Number = Annotated[int, Path(ge=1, le=LARGEST)]
# A photo that is unpacked takes some hundred megabytes for a moment.
AT_A_TIME = 2
# A file opened by itself may do nothing: no script, no form, no address of ours.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


class Studio:
    """Makes ready what is sent, a few at a time and so many an hour, off the event loop."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._turns = asyncio.Semaphore(AT_A_TIME)
        self._buckets = Buckets(at_once=FILES_AT_ONCE, a_second=FILES_A_SECOND)

    def take(self, viewer: Viewer, count: int) -> None:
        """Raise TooManyError for who sends more than he may."""
        if count:
            self._buckets.take(viewer.account_id or 0, count)

    async def ready(self, file: str, content: bytes, handling: Handling) -> Prepared:
        """Return a file as it is kept, or raise UploadError."""
        async with self._turns:
            return await self._workers.run(uploads.prepare, file, content, handling)

    async def all_ready(
        self, files: Sequence[Attached], handling: Handling
    ) -> tuple[Prepared, ...]:
        """Return what goes with one report, or raise UploadError for the first that cannot."""
        if len(files) > handling.files_most:
            raise attached.too_many(handling)
        return tuple([await self.ready(each.name, each.content, handling) for each in files])


def add(server: FastAPI, workers: Workers, office: Office, studio: Studio) -> None:
    """Add the addresses to a server."""
    _add_looking(server, workers)

    @server.post("/incidents/{key}/files")
    async def bring(
        request: Request, key: Named, name: Annotated[FileName, Query()] = ""
    ) -> Response:
        """Add a photo or a PDF, which is the body of the request; the same twice is one file."""
        viewer = _adding()
        studio.take(viewer, 1)

        def ask(db: Connection) -> tuple[int, Handling]:
            return reading.by_key(db, key, _now()).id, handling_of(db)

        number, handling = await workers.ask(ask)
        body = await _body(request, uploads.called(name), handling)
        file = await studio.ready(name, body, handling)

        def do(db: Connection) -> list[tuple[CaseFile, bool]]:
            return attached.attach(db, viewer, handling, number, [file], now=_now())

        ((added, is_new),) = await office.ask(do)
        return private_json({**as_json(added, viewer), "is_new": is_new}, 201 if is_new else 200)

    @server.post("/incidents/{key}/files/{number}/removal")
    async def remove(key: Named, number: Number, sent: Removing) -> Response:
        """Remove a file that one added oneself; why is in the history."""
        viewer = _adding()
        case_id = await workers.ask(lambda db: reading.by_key(db, key, _now()).id)
        await office.ask(
            lambda db: attached.detach(db, viewer, case_id, number, sent.reason, now=_now())
        )
        return Response(status_code=204)


def _add_looking(server: FastAPI, workers: Workers) -> None:
    @server.get("/incidents/{key}/files")
    async def listed(key: Named) -> Response:
        """Return the files of an incident, without their content."""
        viewer = VIEWER.get()

        def ask(db: Connection) -> list[dict[str, Any]]:
            case = reading.by_key(db, key, _now())
            return [as_json(each, viewer) for each in attached.listed(db, case.id)]

        return private_json({"files": await workers.ask(ask)})

    @server.get("/incidents/{key}/files/{number}")
    async def whole(request: Request, key: Named, number: Number) -> Response:
        """Return a photo, or a PDF to be saved."""
        return await sent(request, key, number, is_small=False)

    @server.get("/incidents/{key}/files/{number}/thumbnail")
    async def small(request: Request, key: Named, number: Number) -> Response:
        """Return the small picture of a photo."""
        return await sent(request, key, number, is_small=True)

    async def sent(request: Request, key: str, number: int, *, is_small: bool) -> Response:
        def ask(db: Connection) -> Content:
            case = reading.by_key(db, key, _now())
            return attached.content(db, case.id, number, is_small=is_small)

        return _sent(request, await workers.ask(ask), is_small=is_small)


def as_json(file: CaseFile, viewer: Viewer) -> dict[str, Any]:
    """Return a file without its content."""
    return {
        "id": file.id, "at": file.at, "name": file.name, "file": file.file,
        "media_type": file.media_type, "size": file.size, "width": file.width,
        "height": file.height, "sha256": file.sha256,
        "own": viewer.account_id is not None and viewer.account_id == file.account_id,
    }  # fmt: skip


def handling_of(db: Connection) -> Handling:
    """Return what the city says of handling, or raise NotFoundError where none is loaded."""
    return settings.read(places.city_of(db).handling)


def _adding() -> Viewer:
    """Return who asks, if he adds files to any case: who works on cases, or reports them."""
    viewer = VIEWER.get()
    if not viewer.may(Right.REPORT):
        viewer.require(Right.CASES)
    return viewer


async def _body(request: Request, file: str, handling: Handling) -> bytes:
    """Return the body, or raise TooLargeError as soon as it is too long."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > handling.file_most_bytes:
            raise uploads.too_large(file, handling)
        parts.append(part)
    return b"".join(parts)


def _sent(request: Request, content: Content, *, is_small: bool) -> Response:
    media_type = Kind.PHOTO if is_small else content.media_type
    how = "inline" if media_type == Kind.PHOTO else "attachment"
    name = quote(_ending(content.file, media_type))
    # A number never means another content; but whether one may still see it is asked each time.
    headers = {
        "ETag": f'"{content.sha256[:24]}{"-s" if is_small else ""}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"{how}; filename*=UTF-8''{name}",
        "Content-Security-Policy": ALONE,
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content.body, media_type=media_type, headers=headers)


def _ending(file: str, media_type: str) -> str:
    """Return a name that ends as what is kept: a PNG that was sent is a JPEG now."""
    ends = (".jpg", ".jpeg") if media_type == Kind.PHOTO else (".pdf",)
    return file if file.lower().endswith(ends) else file + ends[0]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
