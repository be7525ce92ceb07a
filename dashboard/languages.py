"""Which language a request is answered in."""

from __future__ import annotations

from fastapi import Request

from dashboard.pages import cookies
from dashboard.serving import Serving
from gis.city import LANGUAGES


def language_of(request: Request, serving: Serving) -> str:
    """Return the language chosen last, or else the one the browser prefers."""
    chosen = (
        request.query_params.get("language", ""),
        cookies.read(request, serving, cookies.LANGUAGE),
        *(part.strip()[:2] for part in request.headers.get("accept-language", "").split(",")),
    )
    return next((each for each in chosen if each in LANGUAGES), LANGUAGES[0])
