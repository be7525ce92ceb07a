"""Draws pages from their templates, in the visitor's language, light and rights."""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dashboard import languages
from dashboard.door import Door
from dashboard.gate import visitor_of
from dashboard.pages import cookies, forms
from dashboard.text import Say, called, catalogue, named, speaker
from gis import places
from gis.access.answers import Refused
from gis.access.posts import Right
from gis.city import LANGUAGES, City

FOLDERS = ("pages", "sign_in", "admin")


@dataclass(frozen=True)
class Link:
    """A page that the head of every page leads to."""

    path: str
    name: str


@functools.cache
def _templates() -> Environment:
    loaders = [PackageLoader(f"dashboard.{folder}") for folder in FOLDERS]
    return Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def draw(  # noqa: PLR0913 - what a page is made of
    door: Door,
    request: Request,
    template: str,
    *,
    here: str = "",
    told: str = "",
    faults: Sequence[str] = (),
    status: int = 200,
    **values: Any,  # noqa: ANN401 - whatever the template names
) -> Response:
    """Return a page.

    Parameters
    ----------
    here
        Where the page is read, if that is not where its form was sent.
    told
        What was done, a key of the catalogue or a sentence.
    faults
        What went wrong, in sentences.
    """
    visitor = visitor_of(request)
    language = language_of(request, door)
    say = speaker(language)
    browser = browser_of(request, door) or secrets.token_urlsafe(24)
    token = forms.token_for(door.form_key, browser)
    city = await door.ask(places.city)
    page = (
        _templates()
        .get_template(template)
        .render(
            say=say,
            language=language,
            root=door.serving.root_path,
            here=here or request.url.path,
            other_language=_other_language(request, door, language, here),
            form_token=Markup('<input type="hidden" name="{}" value="{}">').format(
                forms.TOKEN, token
            ),
            visitor=visitor,
            links=links(request, say),
            city=named(city.names, language) if city else "",
            is_synthetic=bool(city and city.is_synthetic),
            when=functools.partial(_when, city),
            called=functools.partial(called, language=language),
            told=say(told) if told in catalogue() else told,
            faults=list(faults),
            **values,
        )
    )
    # Personal, and the token in it is good for one browser.
    response = HTMLResponse(page, status, headers={"Cache-Control": "no-store"})
    if not (visitor and visitor.session):
        cookies.give(response, request, door.serving, cookies.FORM, browser)
    if request.query_params.get("language") == language:
        cookies.give(
            response, request, door.serving, cookies.LANGUAGE, language,
            lasts_s=cookies.LANGUAGE_S, same_site="lax",
        )  # fmt: skip
    return response


def go(door: Door, path: str) -> Response:
    """Return the answer to a form that was done: off to a page of ours."""
    return RedirectResponse(door.serving.root_path + path, 303, {"Cache-Control": "no-store"})


def browser_of(request: Request, door: Door) -> str:
    """Return the cookie that a browser's forms are drawn for; "" if it has none yet."""
    visitor = visitor_of(request)
    if visitor and visitor.session:
        return visitor.token
    return cookies.read(request, door.serving, cookies.FORM)


async def form_of(door: Door, request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent, or raise FormError."""
    fields = await forms.read(request, door.form_key, browser_of(request, door))
    return dict(fields)


def language_of(request: Request, door: Door) -> str:
    """Return the language chosen last, or else the one the browser prefers."""
    return languages.language_of(request, door.serving)


def sentences(said: Refused, say: Say) -> list[str]:
    """Return why somebody is refused, in his language."""
    return [say(fault.why.value, **fault.values) for fault in said.faults]


def links(request: Request, say: Say) -> list[Link]:
    """Return the pages that a visitor may open."""
    visitor = visitor_of(request)
    rights = visitor.viewer.rights if visitor else frozenset()
    found = [Link("/", say("visitor.map"))]
    if rights & {Right.ACCOUNTS, Right.GRANT}:
        found.append(Link("/admin", say("visitor.admin")))
    if Right.AUDIT in rights:
        found.append(Link("/audit", say("visitor.audit")))
    return [*found, Link("/account", say("visitor.account"))]


def _other_language(request: Request, door: Door, language: str, here: str) -> str:
    other = next(each for each in LANGUAGES if each != language)
    query = {**request.query_params, "language": other}
    return f"{door.serving.root_path}{here or request.url.path}?{urlencode(query)}"


def _when(city: City | None, at: dt.datetime | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """Return a moment on the city's clock."""
    if at is None:
        return ""
    return at.astimezone(city.tz if city else dt.UTC).strftime(pattern)
