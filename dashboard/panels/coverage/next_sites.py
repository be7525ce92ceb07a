"""Where to build next: places tried on the map, and what each would bring."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.coverage import tried
from dashboard.coverage.question import ASKED
from dashboard.coverage.wishes import WISHED
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels.coverage import suggestions
from dashboard.scene import Scene
from layers.coverage.seen import Seen
from layers.coverage.sites import Brought

SLOT = Id.NEXT


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(states.skeleton(18, 32), id=Id.NEXT, className="cg-part cg-next")


def register(screen: Screen) -> None:
    """Follow question, place and what is tried."""

    @screen.shows(
        Output(Id.NEXT, "children"),
        reads=("mode", "unit", "trying", "language", *WISHED, *ASKED),
        mode="coverage",
    )
    def show(scene: Scene) -> list[Component]:
        shown = draw(scene, screen.coverage.seen(scene), screen.coverage.brought(scene))
        return [*shown, *suggestions.draw(scene, screen.coverage)]


def draw(scene: Scene, seen: Seen, brought: Brought) -> list[Component]:
    """Return the tool, the places tried, and what they bring together."""
    say, view = scene.say, scene.view
    places = tried.places(view)
    head = html.Div(
        [
            html.H2(say("cover.next"), className="cg-subtitle"),
            html.Button(
                [icon("pin"), say("cover.try_stop" if view.trying else "cover.try")],
                id=act(Act.ASK, "trying:"),
                className="cg-button cg-button-icon",
                type="button",
                disabled=len(places) >= tried.MOST,
                **attrs(aria_pressed=str(view.trying).lower()),
            ),
        ],
        className="cg-title-row",
    )
    if view.trying:
        return [head, html.P(say("cover.try_how"), className="cg-quiet"), *_list(scene, brought)]
    if not places:
        return [head, html.P(say("cover.next_why"), className="cg-quiet")]
    return [head, *_list(scene, brought), html.P(_in_all(scene, seen, brought))]


def _list(scene: Scene, brought: Brought) -> list[Component]:
    places = tried.places(scene.view)
    if not places:
        return []
    items = [_item(scene, brought, number) for number in range(len(places))]
    return [html.Ol(items, className="cg-next-list")]


def _item(scene: Scene, brought: Brought, number: int) -> Component:
    say = scene.say
    rest = tried.places(scene.view)
    del rest[number]
    label = say("cover.try_drop", site=tried.letter(number))
    return html.Li(
        [
            html.Span(tried.letter(number), className="cg-next-mark"),
            html.Span(tried.said(scene, brought, number)),
            html.Button(
                icon("close"), id=act(Act.ASK, f"tried:{tried.text(rest)}"),
                className="cg-icon-button", type="button", title=label,
                **attrs(aria_label=label),
            ),
        ]
    )  # fmt: skip


def _in_all(scene: Scene, seen: Seen, brought: Brought) -> str:
    """Return how many are uncovered before and after."""
    at = seen.place(scene.unit.id)
    people = seen.people
    if at < 0 or not people.all[at] > 0:
        return ""
    gain, left = tried.in_all(scene, brought, people, at)
    return scene.say(
        "cover.next_all",
        place=scene.named(scene.unit.names),
        before=numerals.percent(float(people.share_uncovered[at])),
        after=numerals.percent(left),
        n=numerals.number(gain),
    )
