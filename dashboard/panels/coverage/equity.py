"""Who is left out more than others: older people beside all, and how unevenly units are served."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.coverage.gaps import shown
from dashboard.coverage.question import ASKED
from dashboard.ids import Id
from dashboard.scene import Scene
from layers.coverage.seen import Seen
from layers.coverage.uneven import gini

SLOT = Id.EQUITY


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(states.skeleton(18, 40), id=Id.EQUITY, className="cg-part cg-equity")


def register(screen: Screen) -> None:
    """Follow question and place."""

    @screen.shows(
        Output(Id.EQUITY, "children"), reads=("mode", "unit", "pick", "level", "language", *ASKED)
    )
    def show(scene: Scene) -> list[Component]:
        if scene.view.mode != "coverage":
            return []
        return draw(scene, screen.coverage.seen(scene))


def draw(scene: Scene, seen: Seen) -> list[Component]:
    """Return the title of the ranking and what it says of fairness."""
    say, at = scene.say, seen.place(scene.focus.id)
    head = [
        html.H2(say("cover.where"), className="cg-subtitle"),
        html.P(say("cover.where_why"), className="cg-quiet"),
    ]
    if at < 0:
        return head
    everybody = float(seen.people.share_uncovered[at])
    older = float(seen.numbers["60"].share_uncovered[at])
    lines = []
    if everybody == everybody and older == older:
        key = "more" if older > everybody else "less" if older < everybody else "same"
        lines.append(
            html.P(
                say(f"cover.older_{key}", older=numerals.percent(older),
                    all=numerals.percent(everybody))
            )
        )  # fmt: skip
    units = shown(scene, seen)
    uneven = gini(1 - seen.people.share_uncovered[units], seen.people.all[units])
    more = html.Details(
        [
            html.Summary(say("cover.advanced"), className="cg-quiet"),
            html.P([say("cover.gini", n=numerals.number(round(uneven, 3))),
                    html.Br(), html.Small(say("cover.gini_why"))]),
        ]
    ) if uneven == uneven else None  # fmt: skip
    return [*head, *lines, *([more] if more else [])]
