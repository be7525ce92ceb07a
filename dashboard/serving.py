"""How the page is reached: the address it listens on, TLS, proxies in front, the path below."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from gis.errors import SettingsError

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK = "127.0.0.1"
ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class Serving:
    """Where the page is served, and who stands before it."""

    host: str = LOOPBACK
    port: int = 8050
    # PEM files; the certificate with its chain.
    certificate: Path | None = None
    key: Path | None = None
    # Networks of the proxies whose word on where a request came from is taken.
    proxies: tuple[str, ...] = ()
    # The path the page lies below, "/grid"; empty at the root.
    root_path: str = ""

    @property
    def has_tls(self) -> bool:
        """Whether this program itself speaks TLS."""
        return self.certificate is not None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the page."""
        return _is_loopback(self.host) and not self.proxies

    @property
    def networks(self) -> tuple[Network, ...]:
        """The proxies' networks, read."""
        return tuple(ipaddress.ip_network(each) for each in self.proxies)

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the page."""
        scheme = "https" if self.has_tls else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}{self.root_path}/"

    def checked(self) -> Serving:
        """Return itself, or raise SettingsError saying what would let passwords be overheard."""
        if (self.certificate is None) != (self.key is None):
            raise SettingsError(
                "TLS needs both files: give --certificate and --key.", key="error.tls_both"
            )
        for option, file in (("--certificate", self.certificate), ("--key", self.key)):
            if file and not file.is_file():
                raise SettingsError(
                    f"{option}: there is no file {str(file)!r}.",
                    key="error.tls_file",
                    option=option,
                    file=str(file),
                )
        for each in self.proxies:
            try:
                ipaddress.ip_network(each)
            except ValueError as error:
                raise SettingsError(
                    "--behind-proxy takes an address or a network such as 10.0.0.0/24, "
                    f"found {each!r}.",
                    key="error.proxy",
                    found=each,
                ) from error
        if not ROOT_PATH.fullmatch(self.root_path):
            raise SettingsError(
                f"--root-path begins with / and does not end with it, such as /grid, found "
                f"{self.root_path!r}.",
                key="error.root_path",
                found=self.root_path,
            )
        if not (_is_loopback(self.host) or self.has_tls or self.proxies):
            raise SettingsError(
                f"On {self.host!r} others reach the page, and would overhear its passwords: "
                "give --certificate and --key, or --behind-proxy with the address of a proxy "
                "that speaks TLS, or leave --host out.",
                key="error.overheard",
                host=self.host,
            )
        return self

    def to_text(self) -> str:
        """Return itself as one line; `from_text` reads it back."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_text(cls, text: str) -> Serving:
        """Read what `to_text` wrote."""
        given = json.loads(text)
        for name in ("certificate", "key"):
            given[name] = given[name] and Path(given[name])
        return cls(**{**given, "proxies": tuple(given["proxies"])})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
