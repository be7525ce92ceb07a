"""How panels are fed: each gets the fields of the view it names, off the event loop.

A synchronous callback would block every other request (tiles included), and the server's Dash
backend answers a failed one with a bare 500 and logs nothing. Both are settled here, once.
"""

from __future__ import annotations

import functools
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dash import Dash, Input, Output, no_update, set_props
from dash.exceptions import PreventUpdate

from dashboard import states
from dashboard.coverage.desk import Desk
from dashboard.ids import Id
from dashboard.incidents.finding import Finder
from dashboard.markup import IsLive, Parts, lightened, live
from dashboard.refusals import Refusals
from dashboard.scene import NoCityError, Scene
from dashboard.text import explained
from dashboard.view import View
from dashboard.workers import Workers
from gis.city import LANGUAGES
from gis.errors import CityGridError, ForbiddenError

log = logging.getLogger(__name__)

# Who reads one of these shows boundaries or what lies in them.
PLACES = frozenset({"unit", "pick", "building"})

Show = Callable[[Scene], Any]
Answer = Callable[..., Any]


@dataclass
class Screen:
    """One page on one database, and the threads that ask it."""

    app: Dash
    workers: Workers
    # Who answers what the coverage mode asks.
    coverage: Desk = field(default_factory=Desk)
    # Who looks for patterns of incidents.
    patterns: Finder = field(default_factory=Finder)
    # The parts of the view that panels read, by the property of `Parts` they lie in: their fields,
    # and the mode they are cut in only. Without fields it is the first view.
    parts: dict[str, tuple[list[str] | None, str]] = field(default_factory=dict)
    refusals: Refusals = field(init=False)

    def __post_init__(self) -> None:
        self.refusals = Refusals(self.workers)

    def shows(
        self, *outputs: Output, reads: tuple[str, ...], is_still: bool = False, mode: str = ""
    ) -> Callable[[Show], Show]:
        """Register what one place shows of the view; asked only when a field it reads changes.

        What reads of a place is asked again when the city changes, unless it ``is_still``; what is
        seen in one ``mode`` only is not asked in the others.
        """
        is_placed = not is_still and not PLACES.isdisjoint(reads)
        return self._registered(
            outputs, self._fields((*reads, "city_news") if is_placed else reads, mode)
        )

    def _registered(self, outputs: tuple[Output, ...], key: str) -> Callable[[Show], Show]:
        def register(show: Show) -> Show:
            def of(data: object) -> Any:  # noqa: ANN401
                view = View.from_store(data)
                try:
                    with self.workers.connect() as db:
                        return self._given(outputs, show(Scene(view, db)))
                except PreventUpdate:
                    raise
                except Exception as error:
                    return self._failed(outputs, view.language, error)

            given = outputs[0] if len(outputs) == 1 else list(outputs)
            self.app.callback(given, Input(Id.PARTS, key), prevent_initial_call=True)(
                self.threaded(of)
            )
            return show

        return register

    def draws(self, output: Output) -> Callable[[Show], Show]:
        """Register what is drawn once, when the first view is known."""
        key = "data-first"
        self.parts[key] = (None, "")
        return self._registered((output,), key)

    def mirrors(self, output: Output, source: str, *, reads: tuple[str, ...]) -> None:
        """Register what a control shows of the view, said in JavaScript: no request is made."""
        clientside: Callable[..., None] = self.app.clientside_callback
        given = Input(Id.PARTS, self._fields(reads))
        clientside(source, output, given, prevent_initial_call=True)

    def answers(self, *arguments: object, **options: object) -> Callable[[Answer], Answer]:
        """Register a callback that is given the database before what the browser sends.

        The arguments are those of `Dash.callback`: outputs, inputs, states.
        """
        outputs = tuple(each for each in arguments if isinstance(each, Output))

        def register(answer: Answer) -> Answer:
            def of(*args: object) -> Any:  # noqa: ANN401
                try:
                    with self.workers.connect() as db:
                        return self._given(outputs, answer(db, *args))
                except PreventUpdate:
                    raise
                except Exception as error:
                    return self._failed(outputs, _language(args), error)

            self.app.callback(*arguments, **options)(self.threaded(of))
            return answer

        return register

    def threaded(self, work: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        """Return ``work`` as a coroutine function that runs it in one of the threads."""

        @functools.wraps(work)
        async def run(*args: object) -> Any:  # noqa: ANN401
            return await self.workers.run(work, *args)

        return run

    def laid(self, layout: Callable[[Parts], Any]) -> Any:  # noqa: ANN401
        """Return the page around the parts of the view, once everything is registered.

        One callback cuts them all into one component: each callback that Dash runs, and each
        component it writes to, costs the browser a dozen rounds through everything on the page.
        """
        wanted = [[key, *part] for key, part in self.parts.items()]
        clientside: Callable[..., None] = self.app.clientside_callback
        clientside(
            f"(view) => window.citygrid.parted(view, {json.dumps(wanted)})",
            [Output(Id.PARTS, key) for key in self.parts],
            Input(Id.VIEW, "data"),
            prevent_initial_call=True,
        )
        return lightened(layout(Parts(Id.PARTS)), self._is_live)

    def _fields(self, reads: tuple[str, ...], mode: str = "") -> str:
        fields = sorted(reads)
        key = "-".join(("data", *([mode] if mode else []), *fields))
        # In the browser, so that what does not concern a panel costs it no request at all.
        self.parts[key] = (fields, mode)
        return key

    def _given(self, outputs: tuple[Output, ...], found: Any) -> Any:  # noqa: ANN401
        """Return what goes into the outputs, with its plain HTML put together."""

        def light(output: Output, part: Any) -> Any:  # noqa: ANN401
            if output.component_property != "children":
                return part
            # Of many like components each is told its own.
            if output.has_wildcard():
                return [lightened(each, self._is_live) for each in part]
            return lightened(part, self._is_live)

        if len(outputs) == 1:
            return light(outputs[0], found)
        return [light(output, part) for output, part in zip(outputs, found, strict=True)]

    @functools.cached_property
    def _is_live(self) -> IsLive:
        """Tell what callbacks write to or listen to; asked once all are registered."""
        named = [*self.app.callback_map]
        for each in self.app.callback_map.values():
            named += [one["id"] for one in (*each["inputs"], *each["state"])]
        return live(frozenset(re.findall(r'"type":"([^"]+)"', " ".join(named))))

    def _failed(self, outputs: tuple[Output, ...], language: str, error: Exception) -> Any:  # noqa: ANN401
        first = outputs[0]
        if isinstance(error, NoCityError):
            # Said once, in the middle; the other panels stay empty.
            said: Any = states.no_city(language) if first.component_id == Id.NOTICE else None
            return said if len(outputs) == 1 else [said] + [no_update] * (len(outputs) - 1)
        if isinstance(error, ForbiddenError):
            self.refusals.note(f"{first.component_id}.{first.component_property}", error)
        if not isinstance(error, CityGridError):
            log.error("%s.%s failed", first.component_id, first.component_property, exc_info=error)
        sentence = explained(error, language) if isinstance(error, CityGridError) else ""
        said = states.failed(language, sentence)
        if first.component_property != "children":
            set_props(Id.TOAST, {"children": said})
            said = no_update
        return said if len(outputs) == 1 else [said] + [no_update] * (len(outputs) - 1)


def _language(args: tuple[object, ...]) -> str:
    """Return the language of the view that is among what the browser sends."""
    said = (each.get("language") for each in args if isinstance(each, Mapping))
    return next((each for each in said if each in LANGUAGES), LANGUAGES[0])
