"""The cookies there are, and how each is kept from scripts and from other sites."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import Request, Response

from dashboard.serving import Serving

SESSION: Final = "citygrid"
FORM: Final = "citygrid-form"
LANGUAGE: Final = "citygrid-language"
LANGUAGE_S = 365 * 24 * 3600


def name_of(serving: Serving, kind: str, *, is_tls: bool) -> str:
    """Return a cookie's full name: under TLS one that browsers take from this very page only."""
    if is_tls:
        # Browsers hold a __Host- cookie to the path "/".
        return f"__Secure-{kind}" if serving.root_path else f"__Host-{kind}"
    # Cookies do not tell ports apart, and one machine may serve several cities.
    return f"{kind}-{serving.port}"


def give(  # noqa: PLR0913 - what a cookie has
    response: Response,
    request: Request,
    serving: Serving,
    kind: str,
    value: str,
    *,
    lasts_s: int | None = None,
    same_site: Literal["strict", "lax"] = "strict",
) -> None:
    """Set a cookie; without ``lasts_s`` it goes when the browser is closed."""
    is_tls = request.url.scheme == "https"
    response.set_cookie(
        name_of(serving, kind, is_tls=is_tls),
        value,
        max_age=lasts_s,
        path=f"{serving.root_path}/",
        secure=is_tls,
        httponly=True,
        samesite=same_site,
    )


def read(request: Request, serving: Serving, kind: str) -> str:
    """Return a cookie's value; "" if there is none."""
    return request.cookies.get(name_of(serving, kind, is_tls=request.url.scheme == "https"), "")


def take(response: Response, request: Request, serving: Serving, kind: str) -> None:
    """Remove a cookie."""
    give(response, request, serving, kind, "", lasts_s=0)


def value_of(header: str, name: str) -> str:
    """Return one cookie of a Cookie header; "" if it is not there."""
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value
    return ""
