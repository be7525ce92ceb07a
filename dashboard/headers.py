"""Headers of every answer: what a page may load and do, who may keep it, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Of every answer. What is told to one viewer no shared cache may keep for another.
ALWAYS: Mapping[str, str] = MappingProxyType(
    {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
)
# Of pages: long, and only a page heeds them.
OF_PAGES: Mapping[str, str] = MappingProxyType(
    {
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), "
        "display-capture=(), browsing-topics=()",
    }
)
# Once seen under TLS, never again without: for a year.
TLS_ONLY = "max-age=31536000"
# The same for everybody; where a version is in the address Dash says so itself.
SHARED = ("/assets/", "/_dash-component-suites/")


class SafeHeaders:
    """Adds the Content-Security-Policy and its companions.

    Styles may be inline: Mantine, the charts and the map set them on elements.
    """

    def __init__(self, app: ASGIApp, scripts: Sequence[str]) -> None:
        self.app = app
        policy = "; ".join(
            (
                "default-src 'self'",
                f"script-src 'self' {' '.join(scripts)}",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )
        self._of_pages = {"Content-Security-Policy": policy, **OF_PAGES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the answer's start."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = TLS_ONLY
                if "cache-control" not in headers and not scope["path"].startswith(SHARED):
                    headers["Cache-Control"] = "no-store"
                if headers.get("content-type", "").startswith("text/html"):
                    headers.update(self._of_pages)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
