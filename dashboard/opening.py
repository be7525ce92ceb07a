"""The page as it is opened: laid with what its panels show, so that nothing is asked at its start.

A browser that gets an empty page asks for each panel by itself: fifty requests, each of which costs
its only thread a dozen rounds through all that is on the page. What an address shows is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dash import Output, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from fastapi import FastAPI, Response
from plotly.io.json import to_json_plotly
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dashboard.callbacks import Screen, Shown
from dashboard.events import Event, following, stored
from dashboard.ids import Id
from dashboard.markup import Parts
from dashboard.scene import Scene
from dashboard.view import View

Layout = Callable[[Parts], Component]


def add(server: FastAPI, screen: Screen, layout: Layout) -> None:
    """Answer with the page of an address, and of what else a browser tells as it comes."""

    @server.get("/opening")
    async def opening(
        search: str = "", language: str = "", theme: str = "", system: str = ""
    ) -> Response:
        told = {"search": search, "language": language, "theme": theme, "system": system}

        def laid() -> str:
            laying = Laying(layout(Parts(Id.PARTS)))
            with screen.workers.connect() as db:
                _fill(laying, screen, told, db)
            for outputs, error in laying.failed:
                screen.refused(outputs, error)
            return str(to_json_plotly(screen.light(laying.page)))

        return Response(await screen.workers.run(laid), media_type="application/json")


def _fill(laying: Laying, screen: Screen, told: Mapping[str, str], db: Connection) -> None:
    """Put the first view into the page, and all that is shown of that."""
    view, toast = _first(screen, told, db)
    laying.put(Output(Id.VIEW, "data"), stored(view, seen=0))
    laying.put(Output(Id.THEME, "forceColorScheme"), view.scheme)
    if toast is not None:
        laying.put(Output(Id.TOAST, "children"), toast)
    store = view.to_store()
    for shown in (*screen.drawn, *screen.shown):
        if shown.mode in ("", view.mode):
            # What a panel does not read it is not told by the browser either.
            fields = store if shown.reads is None else {name: store[name] for name in shown.reads}
            _lay(screen, laying, shown, Scene(View.from_store(fields), db))


def _first(
    screen: Screen, told: Mapping[str, str], db: Connection
) -> tuple[View, Component | None]:
    """Return the view of an address; of one that cannot be followed the city, and what is said."""
    try:
        with db.begin_nested():
            return following(View(), [Event(0, "address", told)], db)
    except Exception as error:
        _require_database(error)
        view = View.from_store(told)
        _, toast = screen.failed((Output(Id.VIEW, "data"),), view.language, error)
        return view, toast


def _require_database(error: Exception) -> None:
    """Pass on that the database is gone: that is said once, and not by every panel."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        raise error


def _lay(screen: Screen, laying: Laying, shown: Shown, scene: Scene) -> None:
    toast = None
    try:
        # What fails in the database must not keep it from answering the others.
        with scene.db.begin_nested():
            found = shown.show(scene)
        values = [found] if len(shown.outputs) == 1 else list(found)
    except PreventUpdate:
        return
    except Exception as error:
        _require_database(error)
        laying.failed.append((shown.outputs, error))
        values, toast = screen.failed(shown.outputs, scene.view.language, error)
    if toast is not None:
        laying.put(Output(Id.TOAST, "children"), toast)
    for output, value in zip(shown.outputs, values, strict=True):
        laying.put(output, value)


class Laying:
    """A page whose components are filled before it leaves the server."""

    def __init__(self, page: Component) -> None:
        self.page = page
        # What was to be written where, and why it could not be.
        self.failed: list[tuple[tuple[Output, ...], Exception]] = []
        self._found: dict[Any, Component] = {}
        self._note(page)

    def _note(self, shown: object) -> None:
        for each in _components(shown):
            if (id_ := getattr(each, "id", None)) is not None:
                self._found[_key(id_)] = each

    def put(self, output: Output, value: Any) -> None:  # noqa: ANN401 - whatever one may hold
        """Put what a callback would write where it would; nowhere if that is not on the page."""
        if value is no_update:
            return
        kind, _ = key = _key(output.component_id)
        if output.has_wildcard():
            alike = [each for (its, _), each in self._found.items() if its == kind]
            for each, own in zip(alike, value, strict=True):
                setattr(each, output.component_property, own)
        elif (there := self._found.get(key)) is not None:
            setattr(there, output.component_property, value)
            if output.component_property == "children":
                self._note(value)


def _key(id_: Any) -> tuple[str, Any]:  # noqa: ANN401 - as Dash has it
    return (id_["type"], id_["key"]) if isinstance(id_, dict) else ("", str(id_))


def _components(shown: object) -> Iterator[Component]:
    """Return a component and all in it, in their order."""
    if isinstance(shown, list | tuple):
        for each in shown:
            yield from _components(each)
    elif isinstance(shown, Component):
        yield shown
        yield from _components(getattr(shown, "children", None))
