"""What people and programs type, made fit to be stored and compared."""

from __future__ import annotations

import unicodedata


def storable(text: str) -> str:
    """Return a text PostgreSQL and UTF-8 can hold: NUL and half characters become question marks.

    Neither is part of any login, so nothing becomes somebody else's.
    """
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def folded(text: str) -> str:
    """Return a text as it is compared: small letters, full width made half."""
    return unicodedata.normalize("NFKC", storable(text)).strip().casefold()


def one_line(text: str) -> str:
    """Return a name as it is kept: one line, single spaces."""
    return " ".join(storable(text).split())
