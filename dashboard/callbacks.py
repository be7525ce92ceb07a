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
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import states
from dashboard.coverage.desk import Desk
from dashboard.ids import Id
from dashboard.incidents.finding import Finder
from dashboard.markup import IsLive, Parts, lightened, live
from dashboard.refusals import Refusals
from dashboard.scene import NoCityError, Scene
from dashboard.text import explained
from dashboard.together import IsAlike, Outputs
from dashboard.view import View
from dashboard.workers import Workers
from gis.city import LANGUAGES
from gis.errors import CityGridError, ForbiddenError

log = logging.getLogger(__name__)

# Who reads one of these shows boundaries or what lies in them.
PLACES = frozenset({"unit", "pick", "building"})

Show = Callable[[Scene], Any]
Answer = Callable[..., Any]


@dataclass(frozen=True)
class Shown:
    """What one place shows of the view, and where that goes."""

    outputs: tuple[Output, ...]
    show: Show
    # The fields of the view it is told; None: all.
    reads: tuple[str, ...] | None = None
    # The only mode it is seen in; empty: all of them.
    mode: str = ""
    # Of which views it is the same for all who hold the same posts; None: of none.
    is_alike: IsAlike | None = None


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
    # the mode they are cut in only, and the field without which no news is in them.
    parts: dict[str, tuple[list[str], str, str]] = field(default_factory=dict)
    # What the browser says of the view by itself: where, how in JavaScript, and of which fields.
    mirrored: list[tuple[Output, str, list[str]]] = field(default_factory=list)
    # What the browser does, in JavaScript, once a place was drawn anew.
    followed: list[tuple[Id, str]] = field(default_factory=list)
    # What is drawn with the page, and then what panels show of its view: see `opening`.
    drawn: list[Shown] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    refusals: Refusals = field(init=False)

    def __post_init__(self) -> None:
        self.refusals = Refusals(self.workers)

    def shows(
        self, *outputs: Output, reads: tuple[str, ...], is_still: bool = False, mode: str = "",
        opened_by: str = "", is_alike: IsAlike | None = None,
    ) -> Callable[[Show], Show]:  # fmt: skip
        """Register what one place shows of the view; asked only when a field it reads changes.

        What reads of a place is asked again when the city changes, unless it ``is_still``; what is
        seen in one ``mode`` only is not asked in the others; what is closed while the view's field
        ``opened_by`` is empty is not asked for news meanwhile. What ``is_alike`` says of a view to
        be the same for all who hold the same posts, and to name no news, is worked out once for
        those who ask together.
        """
        is_placed = not is_still and not PLACES.isdisjoint(reads)
        fields = (*reads, "city_news") if is_placed else reads
        key = self._fields(fields, mode, opened_by)

        def register(show: Show) -> Show:
            def of(data: object) -> Any:  # noqa: ANN401
                view = View.from_store(data)
                return self._answered(outputs, view.language, lambda db: show(Scene(view, db)))

            given = outputs[0] if len(outputs) == 1 else list(outputs)
            ask = self.threaded(of)
            self.app.callback(given, Input(Id.PARTS, key), prevent_initial_call=True)(ask)
            self.shown.append(Shown(outputs, show, fields, mode, is_alike))
            return show

        return register

    def draws(self, output: Output) -> Callable[[Show], Show]:
        """Register what is drawn once, with the page."""

        def register(show: Show) -> Show:
            self.drawn.append(Shown((output,), show))
            return show

        return register

    def mirrors(self, output: Output, source: str, *, reads: tuple[str, ...]) -> None:
        """Register what a control shows of the view, said in JavaScript: no request is made."""
        self.mirrored.append((output, source, sorted(reads)))

    def follows(self, place: Id, act: str) -> None:
        """Have the browser do something, a function in JavaScript, once a place was drawn anew."""
        self.followed.append((place, act))

    def answers(self, *arguments: object, **options: object) -> Callable[[Answer], Answer]:
        """Register a callback that is given the database before what the browser sends.

        The arguments are those of `Dash.callback`: outputs, inputs, states.
        """
        outputs = tuple(each for each in arguments if isinstance(each, Output))

        def register(answer: Answer) -> Answer:
            def of(*args: object) -> Any:  # noqa: ANN401
                return self._answered(outputs, _language(args), lambda db: answer(db, *args))

            self.app.callback(*arguments, **options)(self.threaded(of))
            return answer

        return register

    def threaded(self, work: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        """Return ``work`` as a coroutine function that runs it in one of the threads."""

        @functools.wraps(work)
        async def run(*args: object) -> Any:  # noqa: ANN401
            return await self.workers.run(work, *args)

        return run

    @property
    def alike(self) -> dict[Outputs, IsAlike]:
        """Of which views what is shown is the same for several, by where that goes."""
        return {
            tuple(
                (str(each.component_id), each.component_property) for each in shown.outputs
            ): shown.is_alike
            for shown in self.shown
            if shown.is_alike
        }

    def laid(self, layout: Callable[[Parts], Any]) -> Any:  # noqa: ANN401
        """Return the page around the parts of the view, once everything is registered.

        One callback cuts them all into one component: each callback that Dash runs, and each
        component it writes to, costs the browser a dozen rounds through everything on the page.
        """
        wanted = [[key, *part] for key, part in self.parts.items()]
        mirrored = ", ".join(
            f"[{json.dumps([output.component_id, output.component_property, reads])}, {source}]"
            for output, source, reads in self.mirrored
        )
        clientside: Callable[..., None] = self.app.clientside_callback
        clientside(
            f"(view) => window.citygrid.parted(view, {json.dumps(wanted)}, [{mirrored}])",
            [Output(Id.PARTS, key) for key in self.parts],
            Input(Id.VIEW, "data"),
        )
        followed = ", ".join(f"{place.value!r}: {act}" for place, act in self.followed)
        if followed:
            clientside(
                f"() => window.citygrid.followed({{{followed}}})",
                # Dash waits for all that an output holds, charts and table, too: this holds nothing
                Output(Id.PARTS, "data-followed"),
                *[Input(place, "children") for place, _ in self.followed],
            )
        return self.light(layout(Parts(Id.PARTS)))

    def light(self, shown: Any) -> Any:  # noqa: ANN401 - whatever a component may hold
        """Return what a component shows with its plain HTML put together."""
        return lightened(shown, self._is_live)

    def _fields(self, reads: tuple[str, ...], mode: str = "", opened_by: str = "") -> str:
        fields = sorted(reads)
        opening = [f"by-{opened_by}"] if opened_by else []
        key = "-".join(("data", *([mode] if mode else []), *opening, *fields))
        # In the browser, so that what does not concern a panel costs it no request at all.
        self.parts[key] = (fields, mode, opened_by)
        return key

    def _answered(
        self, outputs: tuple[Output, ...], language: str, ask: Callable[[Connection], Any]
    ) -> Any:  # noqa: ANN401
        try:
            with self.workers.connect() as db:
                return self._given(outputs, ask(db))
        except PreventUpdate:
            raise
        except Exception as error:
            self.refused(outputs, error)
            values, toast = self.failed(outputs, language, error)
            if toast is not None:
                set_props(Id.TOAST, {"children": toast})
            return values[0] if len(outputs) == 1 else values

    def _given(self, outputs: tuple[Output, ...], found: Any) -> Any:  # noqa: ANN401
        """Return what goes into the outputs, with its plain HTML put together."""

        def light(output: Output, part: Any) -> Any:  # noqa: ANN401
            if output.component_property != "children":
                return part
            # Of many like components each is told its own.
            if output.has_wildcard():
                return [self.light(each) for each in part]
            return self.light(part)

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

    def refused(self, outputs: tuple[Output, ...], error: Exception) -> None:
        """Note that somebody asked for what is not his; on a connection beside the one that asked.

        Call it once that is given back: who holds one and waits for another may wait for himself.
        """
        if isinstance(error, ForbiddenError):
            first = outputs[0]
            self.refusals.note(f"{first.component_id}.{first.component_property}", error)

    def failed(
        self, outputs: tuple[Output, ...], language: str, error: Exception
    ) -> tuple[list[Any], Component | None]:
        """Return what is shown instead of what failed, and what is said in the corner, if anything.

        A mistake of ours is logged.
        """
        first, toast = outputs[0], None
        if not isinstance(error, CityGridError):
            log.error("%s.%s failed", first.component_id, first.component_property, exc_info=error)
        sentence = explained(error, language) if isinstance(error, CityGridError) else ""
        said: Any = self.light(states.failed(language, sentence))
        if isinstance(error, NoCityError):
            # Said once, in the middle; the other panels stay empty.
            said = states.no_city(language) if first.component_id == Id.NOTICE else None
        elif first.component_property != "children":
            said, toast = no_update, said
        return [said, *[no_update] * (len(outputs) - 1)], toast


def _language(args: tuple[object, ...]) -> str:
    """Return the language of the view that is among what the browser sends."""
    said = (each.get("language") for each in args if isinstance(each, Mapping))
    return next((each for each in said if each in LANGUAGES), LANGUAGES[0])
