"""Answers to the browser: packed, tagged by their content, and errors as sentences."""

from __future__ import annotations

import gzip
import hashlib
import html
import logging
from collections.abc import Mapping
from typing import Any

import orjson
from cachetools import LRUCache
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from dashboard.languages import language_of
from dashboard.limiting import TooManyError
from dashboard.refusals import Refusals
from dashboard.serving import Serving
from dashboard.text import explained, speaker
from dashboard.workers import Workers
from gis.city import LANGUAGES
from gis.errors import CityGridError, DatabaseError, ForbiddenError, NotFoundError
from gis.orders.status import StaleError, TransitionError
from layers.handling.stages import ActError, OvertakenError
from layers.handling.uploads import TooLargeError, UploadError

log = logging.getLogger(__name__)

HTTP_STATUS: Mapping[type[Exception], int] = {
    NotFoundError: 404,
    ForbiddenError: 403,
    StaleError: 409,
    TransitionError: 409,
    OvertakenError: 409,
    ActError: 409,
    TooManyError: 429,
    TooLargeError: 413,
    UploadError: 415,
    DatabaseError: 503,
}
# Below this a packed answer takes as many packets as a plain one.
WORTH_PACKING = 1000
# Level 5 packs tiles within 2 % of level 9 in a third of the time.
LEVEL = 5
# What a page of its own says when it cannot be shown.
LOST = (403, 404)
NO_DATABASE = CityGridError(
    "The database does not answer. Try again in a moment.", key="lost.no_database"
)


class Packer:
    """Packs each body once: a tile that many ask for is not squeezed for each of them."""

    def __init__(self, *, entries: int = 512) -> None:
        self._packed: LRUCache[str, bytes] = LRUCache(entries)

    def reply(self, request: Request, body: bytes, media_type: str, *, tag: str = "") -> Response:
        """Return the body, or 304 when the browser has it, or 204 when it is empty."""
        tag = tag or f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        # Asked again each time, answered from the cache unless something changed.
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if not body:
            return Response(status_code=204, headers=headers)
        if len(body) >= WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            packed = self._packed.get(tag)
            if packed is None:
                packed = self._packed[tag] = gzip.compress(body, LEVEL, mtime=0)
            body = packed
        return Response(body, media_type=media_type, headers=headers)

    def json(
        self, request: Request, value: object, media_type: str = "application/json"
    ) -> Response:
        """Return a value as JSON."""
        return self.reply(
            request, orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY), media_type
        )


def private(body: bytes, media_type: str, name: str = "", status: int = 200) -> Response:
    """Return what nobody keeps, since what one may see is his alone; a file to be saved by name."""
    headers = {"Cache-Control": "no-store"}
    if name:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(body, status, media_type=media_type, headers=headers)


def private_json(
    value: object, status: int = 200, *, media_type: str = "application/json"
) -> Response:
    """Return a value as JSON that nobody keeps."""
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return private(body, media_type, status=status)


def sentence(text: str, status: int) -> Response:
    """Return an error as JSON with one sentence for a person."""
    return Response(orjson.dumps({"error": text}), status, media_type="application/json")


def told(request: Request, serving: Serving, error: CityGridError, status: int) -> Response:
    """Return an error as a page to who reads pages, and as JSON to everybody else.

    A page is in the language chosen last; JSON is in English for programs, and for a page
    that fetches it in the language it names (``?language=``).
    """
    if "text/html" not in request.headers.get("accept", ""):
        asked = request.query_params.get("language", "")
        said = explained(error, asked) if asked in LANGUAGES else str(error)
        return sentence(said, status)
    home = html.escape(request.scope.get("state", {}).get("home", "/"), quote=True)
    language = language_of(request, serving)
    say = speaker(language)
    what = say(f"lost.{status if status in LOST else 'other'}")
    # An error without a text of its own is in English only; its meaning is in `what`.
    is_said = bool(error.key) or language == "en"
    why = f"<p>{html.escape(explained(error, language))}</p>" if is_said else ""
    page = (
        f'<!DOCTYPE html><html lang="{language}"><meta charset="utf-8"><title>CityGrid</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<script src="{home}assets/first.js"></script>'
        f'<link rel="stylesheet" href="{home}assets/00-tokens.css">'
        f'<link rel="stylesheet" href="{home}assets/pages.css">'
        '<body class="cg-gateway"><main class="cg-gateway-main"><section class="cg-card">'
        f'<h1>{what}</h1>{why}<a class="cg-primary" href="{home}">{say("lost.back")}</a>'
        "</section></main>"
    )
    return Response(page, status, media_type="text/html")


def explain_errors(server: FastAPI, serving: Serving, refusals: Refusals, workers: Workers) -> None:
    """Turn errors into answers, in this one place."""

    @server.exception_handler(CityGridError)
    async def _ours(request: Request, error: Exception) -> Response:
        said = error if isinstance(error, CityGridError) else CityGridError(str(error))
        if isinstance(error, ForbiddenError):
            what = f"{request.method} {request.url.path}"
            await workers.run(refusals.note, what, error)
        statuses = (status for kind, status in HTTP_STATUS.items() if isinstance(error, kind))
        return told(request, serving, said, next(statuses, 400))

    @server.exception_handler(RequestValidationError)
    async def _wrong(request: Request, error: Exception) -> Response:
        faults: list[Any] = (
            list(error.errors()) if isinstance(error, RequestValidationError) else []
        )
        found = [
            (".".join(map(str, fault["loc"][1:])), fault["msg"], str(fault.get("input"))[:60])
            for fault in faults
        ]
        # Why is said in English only: for programs, which read no catalogue.
        listed = "; ".join(f"{name}: {why}, found {value!r}" for name, why, value in found)
        said = CityGridError(
            f"The address is wrong: {listed}.",
            key="lost.address",
            faults=tuple(f"{name} = {value!r}" for name, _, value in found),
        )
        return told(request, serving, said, 422)

    @server.exception_handler(OperationalError)
    async def _no_database(request: Request, error: Exception) -> Response:
        log.error("The database does not answer", exc_info=error)
        return told(request, serving, NO_DATABASE, 503)

    @server.exception_handler(HTTPException)
    async def _http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        path = request.url.path
        said = f"There is nothing at {path!r}." if status == 404 else str(error)
        return told(request, serving, CityGridError(said), status)
