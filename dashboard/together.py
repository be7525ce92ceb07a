"""One answer of a callback for all pages that ask the same at once and may see the same.

It is read, worked out, written and packed once. Stands behind the gate, which says who looks, and
behind what judges callbacks; before what packs answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.alike import Alike, sight
from dashboard.payloads import PATH, outputs_of
from dashboard.view import View
from dashboard.viewing import VIEWER

IsAlike = Callable[[View], bool]
Outputs = tuple[tuple[str, str], ...]


class Together:
    """Answers callbacks that are the same for several viewers once for all who ask together.

    Parameters
    ----------
    known
        Of which views a callback's answer is the same for all who hold the same posts, by what it
        writes: ids and properties. Its only input is what it reads of the view.
    """

    def __init__(self, app: ASGIApp, known: Mapping[Outputs, IsAlike]) -> None:
        self.app = app
        self._known = known
        self._alike = Alike()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or wait for the answer to who asked the same."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", PATH):
            await self.app(scope, receive, send)
            return
        # As `Payloads` passes it on: judged, and whole.
        message = await receive()
        question = self._question(message["body"])

        async def again() -> Message:
            nonlocal message
            given, message = message, {}
            return given or await receive()

        if question is None:
            await self.app(scope, again, send)
            return

        async def ask() -> list[Message]:
            said: list[Message] = []

            async def note(each: Message) -> None:
                said.append(each)

            await self.app(scope, again, note)
            return said

        is_packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        viewed = sight(VIEWER.get())
        for each in await self._alike.once((*question, is_packed, viewed), ask):
            # Whoever passes it on may add headers of his own.
            own = {"headers": list(each["headers"])} if "headers" in each else {}
            await send({**each, **own})

    def _question(self, body: bytes) -> tuple[str, bytes] | None:
        """Return what is asked for, if several may ask it alike."""
        asked: Mapping[str, Any] = orjson.loads(body)
        output = asked["output"]
        is_alike = self._known.get(tuple(outputs_of(output)))
        if is_alike is None:
            return None
        fields = asked["inputs"][0].get("value")
        if not isinstance(fields, dict) or not is_alike(View.from_store(fields)):
            return None
        # Each page counts its own news.
        read = {key: value for key, value in fields.items() if not key.endswith("_news")}
        return output, orjson.dumps(read, option=orjson.OPT_SORT_KEYS)
