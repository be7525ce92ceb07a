"""What stands before the gate for Open311: its way of giving a key, and of saying an error."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.open311 import written

PATH = "/open311/"
FORM = "application/x-www-form-urlencoded"
# A report is a few sentences.
LONGEST_BODY = 64 * 1024
# More is no form of ours.
MOST_FIELDS = 100
# A missing or wrong key; and whatever else is wrong about what was sent.
IN_THE_STANDARD = {401: 403, 422: 400}
TOO_LARGE = "The request has more than 64 KB."
_Scope: TypeAlias = MutableMapping[str, Any]


class Keys:
    """Takes `api_key`, of the address or of the form, for the bearer token it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is for somebody else; of Open311 translate key and errors."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, written.form_of(scope["path"]))
        headers = Headers(scope=scope)
        body = b""
        if headers.get("content-type", "").partition(";")[0].strip().lower() == FORM:
            whole = await _read(receive)
            if whole is None:
                await answer.refuse(413, TOO_LARGE)
                return
            body, receive = whole, _again(whole)
        if "authorization" not in headers:
            key = _key(scope["query_string"]) or _key(body)
            if key:
                scope = {**scope, "headers": [*scope["headers"], (b"authorization", _bearer(key))]}
        await self.app(scope, receive, answer.send)


class _Answer:
    """Passes an answer on; an error of ours it says in the words of the standard."""

    def __init__(self, send: Send, form: str) -> None:
        self._send, self._form = send, form
        self._begun: Message | None = None
        self._parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = MutableHeaders(scope=message).get("content-type", "")
            if message["status"] >= 400 and kind.startswith("application/json"):
                self._begun = message
                return
        elif self._begun is not None:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body"):
                said = orjson.loads(b"".join(self._parts))
                if isinstance(said, dict) and "error" in said:
                    await self.refuse(self._begun["status"], said["error"])
                else:
                    await self._send(self._begun)
                    await self._send({"type": "http.response.body", "body": b"".join(self._parts)})
            return
        await self._send(message)

    async def refuse(self, status: int, sentence: str) -> None:
        """Answer with an error."""
        status = IN_THE_STANDARD.get(status, status)
        body = written.errors(self._form, status, sentence)
        headers = [
            (b"content-type", written.MEDIA_TYPES[self._form].encode()),
            (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store"),
        ]  # fmt: skip
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes | None:
    """Return the body; None as soon as it is too long."""
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > LONGEST_BODY:
            return None
        parts.append(part)
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes) -> Receive:
    """Return what gives a body that was read out once more."""
    told = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return told.pop() if told else {"type": "http.disconnect"}

    return receive


def _key(said: bytes) -> str:
    try:
        found = parse_qs(said.decode("ascii"), max_num_fields=MOST_FIELDS)
    except (UnicodeDecodeError, ValueError):
        return ""
    return found.get("api_key", [""])[0]


def _bearer(key: str) -> bytes:
    # A header is one line.
    return b"Bearer " + "".join(key.split()).encode("ascii", "replace")
