"""What the pages of drafts share, of rules and of the calendar: edited step by step, then saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from fastapi import Request, Response
from sqlalchemy import Connection

from dashboard.admin import desk
from dashboard.door import Door
from dashboard.pages.drawing import form_of, go, language_of
from dashboard.text import explained, named
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from layers.handling.rule_versions import Draft

Form = Mapping[str, str]


class Shows(Protocol):
    """Draws a page with what is wrong, and with what was typed."""

    def __call__(self, *, fault: str, form: Form) -> Awaitable[Response]:
        """Return the page."""
        ...


async def acted(  # noqa: PLR0913 - what is done, and what is said of it
    door: Door,
    request: Request,
    act: str,
    *,
    among: Sequence[str],
    do: Callable[[Form], Awaitable[None]],
    show: Shows,
    then: Callable[[Form], str],
) -> Response:
    """Do what a form asks and go to the address that ``then`` names; show why where it cannot be.

    Raises
    ------
    NotFoundError
        The act is not ``among`` those of the page.
    """
    form = await form_of(door, request)
    if act not in among:
        raise NotFoundError(f"No act is called {act[:40]!r}.", key="error.no_number")
    try:
        await do(form)
    except CityGridError as error:
        said = explained(error, language_of(request, door))
        return await show(fault=said, form=form if act == "put" else {})
    return go(door, then(form))


def viewer_of(request: Request) -> Viewer:
    """Return who asks, if he may edit rules anywhere; where is asked of the database."""
    return desk.entitled(request, Right.SETTINGS, Right.DISPATCH).viewer


def city_and_root(db: Connection) -> tuple[City, int]:
    """Return the city and the unit it is.

    Raises
    ------
    NotFoundError
        None is loaded.
    """
    city, root = places.city_of(db), places.root(db)
    if root is None:
        raise NotFoundError("The city has no units.", key="error.no_city")
    return city, root.id


def put(draft: Draft, kept: Mapping[str, Any]) -> Draft:
    """Return a draft with a rule added, or in the place of the one it was."""
    others = [each for each in draft.rules if each["uid"] != kept["uid"]]
    at = next((n for n, each in enumerate(draft.rules) if each["uid"] == kept["uid"]), len(others))
    return edited(draft, [*others[:at], dict(kept), *others[at:]])


def without(draft: Draft, uid: str | None) -> Draft:
    """Return a draft with one rule less."""
    return edited(draft, [each for each in draft.rules if each["uid"] != uid])


def edited(draft: Draft, rules: Sequence[Mapping[str, Any]]) -> Draft:
    """Return a draft with other rules, whose effect nobody has looked at."""
    return replace(draft, rules=[dict(each) for each in rules], replayed=None, is_as_saved=False)


def options(known: Mapping[str, Mapping[str, str]], language: str) -> list[tuple[str, str]]:
    """Return words to choose from: as they are kept, and as they are called."""
    return [(key, named(names, language)) for key, names in known.items()]
