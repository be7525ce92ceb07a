"""Forms: read with limits, and only when this server drew them for this browser."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

from gis.errors import CityGridError

MEDIA_TYPE = "application/x-www-form-urlencoded"
MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
TOKEN = "form"  # noqa: S105 - the name of a field


class FormError(CityGridError):
    """A form is too large, or was not drawn by us for this browser."""


def token_for(key: bytes, browser: str) -> str:
    """Return what a form carries to show that it was drawn for one browser's cookie."""
    return hmac.new(key, browser.encode(), hashlib.sha256).hexdigest()


async def read(request: Request, key: bytes, browser: str) -> Mapping[str, str]:
    """Return a form's fields; of a repeated one the last.

    Parameters
    ----------
    key
        What tokens of forms are made with.
    browser
        The cookie the form must have been drawn for.

    Raises
    ------
    FormError
        Another page sent it, or a form left open for too long did.
    """
    if not request.headers.get("content-type", "").startswith(MEDIA_TYPE):
        raise FormError(
            "A form is sent as application/x-www-form-urlencoded.", key="error.form_kind"
        )
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            most = MOST_BYTES // 1024
            raise FormError(f"A form holds at most {most} kB.", key="error.form_size", most=most)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=False,
            errors="replace",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise FormError(
            "A form has too many fields, or is not UTF-8.", key="error.form_fields"
        ) from error
    # NUL is a letter no text column takes.
    fields = {name: value.replace("\0", "") for name, value in pairs}
    sent = fields.pop(TOKEN, "")
    if not browser or not hmac.compare_digest(sent.encode(), token_for(key, browser).encode()):
        raise FormError(
            "This form is too old, or another page sent it. Go back and send it again.",
            key="error.form_old",
        )
    return fields
