"""Which addresses may be told: none inside a network, unless whoever runs the program says so.

Else an administrator could have this machine ask others that only it can reach.
"""

from __future__ import annotations

import ipaddress
import socket
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from gis.errors import CityGridError, SettingsError
from gis.hooks import LONGEST_URL

Ip: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
# Of `settings.toml`: [webhooks] networks = ["10.0.0.0/8"].
SECTION, NETWORKS = "webhooks", "networks"
# They stand for addresses of IPv4, which may be anywhere.
_EMBEDDING = tuple(ipaddress.ip_network(n) for n in ("64:ff9b::/96", "2002::/16", "2001::/32"))


class AddressError(CityGridError):
    """An address may not be told."""


@dataclass(frozen=True)
class Target:
    """Where a telling goes."""

    scheme: str
    host: str
    port: int
    # Path and query.
    path: str

    @property
    def is_here(self) -> bool:
        """Whether it says itself that it is this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def networks(settings: Path | None) -> tuple[Network, ...]:
    """Return the networks whose addresses may be told, as `settings.toml` says.

    Raises
    ------
    SettingsError
        What it says are none.
    """
    if settings is None or not settings.exists():
        return ()
    said = tomllib.loads(settings.read_text("utf-8")).get(SECTION, {})
    given = said.get(NETWORKS, []) if isinstance(said, dict) else said
    try:
        return tuple(ipaddress.ip_network(each) for each in given)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"{settings}: [{SECTION}] {NETWORKS} lists networks such as '10.0.0.0/8'; "
            f"found {given!r}.",
            key="hooks.bad_networks", file=str(settings), found=str(given),
        ) from error  # fmt: skip


def target_of(url: str) -> Target:
    """Read an address.

    Raises
    ------
    AddressError
        It is not https, nor http on this very machine, or carries what it should not.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _unclear() from error
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not host or len(url) > LONGEST_URL or not is_plain or parts.username or parts.fragment:
        raise _unclear()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    standard = 443 if parts.scheme == "https" else 80
    target = Target(parts.scheme, host, standard if port is None else port, path)
    if parts.scheme != "https" and not (parts.scheme == "http" and target.is_here):
        raise _unclear()
    return target


def check(target: Target, allowed: Sequence[Network]) -> None:
    """Raise AddressError for what can be told of an address without asking for its name."""
    try:
        ip = ipaddress.ip_address(target.host)
    except ValueError:
        return
    _check_ip(target, ip, allowed)


def reached(target: Target, allowed: Sequence[Network]) -> str:
    """Return the number by which an address is reached now.

    All that its name stands for must be allowed: whoever keeps the name could give another one
    the next time.

    Raises
    ------
    AddressError
        One of them may not be told.
    OSError
        Its name is not known.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    ips = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    for ip in ips:
        _check_ip(target, ip, allowed)
    return str(ips[0])


def _check_ip(target: Target, ip: Ip, allowed: Sequence[Network]) -> None:
    plain = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else ip
    if any(plain.version == net.version and plain in net for net in allowed):
        return
    if target.is_here and plain.is_loopback:
        return
    is_odd = plain.is_multicast or any(
        plain.version == net.version and plain in net for net in _EMBEDDING
    )
    if not plain.is_global or is_odd:
        raise AddressError(
            f"{target.host} is {plain}, an address inside a network. Whoever runs the program may "
            "allow its network in settings.toml: [webhooks] networks.",
            key="hooks.inside", host=target.host, ip=str(plain),
        )  # fmt: skip


def _unclear() -> AddressError:
    return AddressError(
        "A webhook's address begins with https://, or with http:// for this very machine "
        "(localhost), and carries no name, password or #.",
        key="hooks.bad_url",
    )
