"""Addresses of our own: the only ones anybody is sent on to."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

LONGEST = 2000
# Browsers read "\" as "/", and drop tabs and line breaks.
UNSAFE = re.compile(r"[\\\x00-\x20\x7f-\uffff]")


def local(address: str, otherwise: str = "/") -> str:
    r"""Return an address if it is a path on this server, and ``otherwise`` if it is anything else.

    "//elsewhere" and "/\\elsewhere" are other servers to a browser.
    """
    if len(address) > LONGEST or UNSAFE.search(address):
        return otherwise
    if not address.startswith("/") or address.startswith("//"):
        return otherwise
    parts = urlsplit(address)
    return otherwise if parts.scheme or parts.netloc else address


def onward(path: str, next_: str) -> str:
    """Return a page of ours that goes on to another one afterwards."""
    return path if next_ in ("", "/") else f"{path}?next={quote(next_, safe='/')}"
