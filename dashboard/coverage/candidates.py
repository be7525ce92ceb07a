"""The addresses of lists of candidates: brought as a file, listed, put away."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as InPath
from sqlalchemy import Connection

from dashboard.replies import private_json
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access import audit
from gis.access.audit import Act
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.errors import FileError
from importers import candidates
from importers.candidates import MOST_BYTES
from layers.coverage import lists
from layers.coverage.lists import LONGEST_NAME, CandidateList, Verdict

# In a name of a file on our disk.
_UNUSUAL = re.compile(r"[^\w.\- ]|^\.+")
_LONGEST_FILE = 60
Number = Annotated[int, InPath(ge=1, le=2**31 - 1)]
Name = Annotated[str, Query(min_length=1, max_length=LONGEST_NAME)]
FileName = Annotated[str, Query(min_length=1, max_length=200)]
Crs = Annotated[str, Query(pattern=r"^(|[A-Za-z0-9:]{3,20})$")]


def add(server: FastAPI, workers: Workers) -> None:
    """Add the addresses to a server."""

    @server.get("/coverage/candidates")
    async def listed() -> Response:
        """Return one's own lists and those that are shared."""
        VIEWER.get().require(Right.PLAN)

        def ask(db: Connection) -> list[dict[str, Any]]:
            return [as_json(each) for each in lists.listed(db)]

        return private_json({"lists": await workers.ask(ask)})

    @server.post("/coverage/candidates")
    async def bring(
        request: Request, name: Name, file: FileName, crs: Crs = "", *, shared: bool = False
    ) -> Response:
        """Keep the list that a file holds, which is the body of the request."""
        viewer = VIEWER.get()
        viewer.require(Right.PLAN)
        body = await _body(request, file)

        def ask(db: Connection) -> dict[str, Any]:
            return as_json(_kept(db, viewer, body, name, file, crs or None, is_shared=shared))

        return private_json(await workers.ask(ask), 201)

    @server.post("/coverage/candidates/{number}/delete")
    async def delete(number: Number) -> Response:
        """Put a list of one's own away."""
        viewer = VIEWER.get()
        viewer.require(Right.PLAN)

        def ask(db: Connection) -> None:
            _note(db, viewer, lists.delete(db, number), Act.CHANGE)

        await workers.ask(ask)
        return Response(status_code=204)


def as_json(each: CandidateList) -> dict[str, Any]:
    """Return a list without its rows."""
    return {
        "id": each.id,
        "name": each.name,
        "file": each.file,
        "own": each.account_id == VIEWER.get().account_id,
        "shared": each.is_shared or each.account_id is None,
        "rows": len(each.entries),
        **{verdict.value: each.count(verdict) for verdict in Verdict},
        "created_at": each.created_at,
    }


async def _body(request: Request, file: str) -> bytes:
    """Return the body, or raise FileError as soon as it is too long."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise FileError(
                f"{file} has more than {MOST_BYTES // 1_000_000} MB; leave out what is not needed.",
                key="candidates.too_big", file=file, most=MOST_BYTES // 1_000_000,
            )  # fmt: skip
        parts.append(part)
    return b"".join(parts)


def _kept(  # noqa: PLR0913 - what a file is brought with
    db: Connection,
    viewer: Viewer,
    body: bytes,
    name: str,
    file: str,
    crs: str | None,
    *,
    is_shared: bool,
) -> CandidateList:
    city = places.city_of(db)
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        # What is wrong is said of the file by its name; nothing else of it is made use of.
        path = Path(folder) / (_UNUSUAL.sub("_", file)[-_LONGEST_FILE:])
        path.write_bytes(body)
        found = candidates.brought(db, city, path, crs=crs)
    made = lists.make(db, viewer, name, file, found.entries, is_shared=is_shared)
    _note(db, viewer, made, Act.IMPORT)
    return made


def _note(db: Connection, viewer: Viewer, each: CandidateList, act: Act) -> None:
    details = {
        "file": each.file, "read": len(each.entries), "rejected": each.count(Verdict.REFUSED)
    }  # fmt: skip
    audit.record(
        db, act, subject=f"candidates/{each.id}", details=details,
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
