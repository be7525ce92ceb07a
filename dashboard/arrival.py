"""Says of each request where it truly came from and which address of ours it asks for."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from typing import TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.replies import sentence
from dashboard.serving import Serving

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

FORWARDED = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
HERE = {"localhost", "127.0.0.1", "[::1]"}


class Arrival:
    """Corrects a request's client, scheme, host and path before anything reads them.

    What a proxy says is taken from a trusted one only; anybody else's word is removed.
    """

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self.app = app
        self._serving = serving
        self._trusted = serving.networks
        self._root = serving.root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the corrected request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope = dict(scope)
        peer = _address(scope["client"][0] if scope.get("client") else "")
        refused = self._settle(scope, peer)
        if refused:
            if scope["type"] == "http":
                await sentence(refused, 421)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 4421, "reason": refused})
            return
        if self._root and scope["path"] == self._root and scope["type"] == "http":
            # The page's own addresses are relative to a folder.
            query = scope["query_string"].decode("latin-1")
            onward = f"{self._root}/" + (f"?{query}" if query else "")
            await RedirectResponse(onward)(scope, receive, send)
            return
        if self._root and scope["path"].startswith(f"{self._root}/"):
            # A proxy may leave the path as it was or cut its part off: both are understood.
            scope["path"] = scope["path"][len(self._root) :]
            scope["raw_path"] = scope["path"].encode()
        await self.app(scope, receive, send)

    def _settle(self, scope: Scope, peer: Address | None) -> str:
        headers = Headers(scope=scope)
        is_proxy = self._is_trusted(peer)
        if is_proxy:
            came = _nearest(headers.getlist("x-forwarded-for"), self._is_trusted)
            scheme = headers.get("x-forwarded-proto", "").split(",")[-1].strip()
            host = headers.get("x-forwarded-host", "").split(",")[-1].strip()
            if came:
                scope["client"] = (str(came), 0)
            if scheme in ("http", "https"):
                scope["scheme"] = scheme.replace("http", "ws") if _is_socket(scope) else scheme
            if host:
                _set(scope, "host", host)
        elif (
            peer is not None
            and not peer.is_loopback
            and self._trusted
            and not self._serving.has_tls
        ):
            return "This page is reached through its proxy only."
        elif self._serving.is_loopback and not _is_here(headers.get("host", "")):
            # A foreign page may have made its own name point to this machine.
            return "This page answers on this machine only: open it at its own address."
        _drop(scope, FORWARDED)
        return ""

    def _is_trusted(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _nearest(said: list[str], is_trusted: Callable[[Address], bool]) -> Address | None:
    """Return the last address that is no proxy of ours: those before it may be made up."""
    found: Address | None = None
    for word in reversed([word.strip() for line in said for word in line.split(",")]):
        address = _address(word)
        if address is None:
            break
        found = address
        if not is_trusted(address):
            break
    return found


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _is_here(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name.lower() in HERE


def _is_socket(scope: Scope) -> bool:
    return bool(scope["type"] == "websocket")


def _set(scope: Scope, name: str, value: str) -> None:
    scope["headers"] = list(scope["headers"])
    MutableHeaders(scope=scope)[name] = value


def _drop(scope: Scope, names: Sequence[str]) -> None:
    unwanted = {name.encode() for name in names}
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in unwanted]
