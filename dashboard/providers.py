"""OpenID providers that people may sign in with, as the settings file names them.

Each is a section `[openid.KEY]` with `issuer`, `client_id`, `name`, and `client_secret_file` where
it has one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gis.errors import SettingsError

SECTION = "openid"
KEY = re.compile(r"[a-z][a-z0-9-]{0,30}")
# Without TLS anybody on the way could vouch for anybody.
ISSUER = re.compile(r"https://\S+|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?")


@dataclass(frozen=True)
class Provider:
    """Somebody who vouches for people."""

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)


def read(path: Path) -> tuple[Provider, ...]:
    """Read the providers from a settings file; none where it names none.

    Raises
    ------
    SettingsError
        A section lacks something, or is not to be trusted.
    """
    if not path.exists():
        return ()
    sections = tomllib.loads(path.read_text("utf-8")).get(SECTION, {})
    if not isinstance(sections, Mapping):
        raise SettingsError(f"{path}: write a section [{SECTION}.KEY] for each provider.")
    return tuple(_provider(path, key, section) for key, section in sections.items())


def _provider(path: Path, key: str, section: Any) -> Provider:  # noqa: ANN401 - TOML
    where = f"{path}: [{SECTION}.{key}]"
    if not KEY.fullmatch(key) or not isinstance(section, Mapping):
        raise SettingsError(f"{where}: a key has small letters, digits and dashes.")
    told = {name: section.get(name, "") for name in ("issuer", "client_id", "name")}
    if not all(isinstance(value, str) for value in told.values()) or not told["client_id"]:
        raise SettingsError(f"{where} needs issuer, client_id and name, each a text.")
    issuer = told["issuer"]
    if not ISSUER.fullmatch(issuer):
        raise SettingsError(f"{where}: the issuer must begin with https://, found {issuer!r}.")
    secret = None
    if section.get("client_secret_file"):
        file = path.parent / str(section["client_secret_file"])
        if not file.is_file():
            raise SettingsError(f"{where}: there is no file {str(file)!r}.")
        secret = file.read_text("utf-8").strip()
    return Provider(key, told["name"] or key, issuer, told["client_id"], secret)
