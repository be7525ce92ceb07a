"""Who is left out more than others: older people beside all, and how unevenly units are served."""

from __future__ import annotations

import numpy as np
from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.coverage.gaps import shown
from dashboard.coverage.question import ASKED
from dashboard.ids import Id
from dashboard.scene import Scene
from gis.siting.accessibility import gini
from layers.coverage.seen import Seen

SLOT = Id.EQUITY
# Half a point may come of rounding.
WORTH_TELLING = 0.005


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(states.skeleton(18, 40), id=Id.EQUITY, className="cg-part cg-equity")


def register(screen: Screen) -> None:
    """Follow question and place."""

    @screen.shows(
        Output(Id.EQUITY, "children"),
        reads=("unit", "pick", "level", "language", *ASKED),
        mode="coverage",
    )
    def show(scene: Scene) -> list[Component]:
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
    if np.isfinite([everybody, older]).all():
        apart = older - everybody
        key = "same" if abs(apart) < WORTH_TELLING else "more" if apart > 0 else "less"
        shares = {"older": numerals.percent(older), "all": numerals.percent(everybody)}
        head.append(html.P(say(f"cover.older_{key}", **shares)))
    return [*head, *_advanced(scene, seen)]


def _advanced(scene: Scene, seen: Seen) -> list[Component]:
    """Return how unevenly the units are served; nothing where there are not two to compare."""
    say, units = scene.say, shown(scene, seen)
    covered = 1 - seen.people.share_uncovered[units]
    is_known = np.isfinite(covered)
    if is_known.sum() < 2:
        return []
    uneven = gini(covered[is_known], seen.people.all[units][is_known])
    said: list[Component | str] = [
        say("cover.gini", n=numerals.number(round(uneven, 3))),
        html.Br(),
        html.Small(say("cover.gini_why")),
    ]
    return [html.Details([html.Summary(say("cover.advanced"), className="cg-quiet"), html.P(said)])]
