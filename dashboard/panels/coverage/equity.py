"""Who is left out more than others: older people beside all, and how unevenly units are served."""

from __future__ import annotations

import numpy as np
from dash import Output, html
from dash.development.base_component import Component
from sqlalchemy import select

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.coverage.desk import Desk
from dashboard.coverage.gaps import group, shown
from dashboard.coverage.question import ASKED
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.elements import attrs
from dashboard.ids import Act, Id, act
from dashboard.measured import parents_of
from dashboard.panels.coverage import shared_out, words
from dashboard.scene import Scene
from gis import places
from gis.siting.accessibility import gini
from gis.tables import facility
from layers.coverage import settings
from layers.coverage.room import Room
from layers.coverage.seen import Seen

SLOT = Id.EQUITY
# Half a point may come of rounding.
WORTH_TELLING = 0.005
# Units with the fewest places that are named.
WORST = 3
# Facilities that are told for one unit; what others add is told in one sum.
MOST_SHARES = 5


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(states.skeleton(18, 40), id=Id.EQUITY, className="cg-part cg-equity")


def register(screen: Screen) -> None:
    """Follow question and place."""

    @screen.shows(
        Output(Id.EQUITY, "children"),
        reads=("unit", "pick", "level", "zoning", "of", "best", "best_news", "language", *ASKED),
        mode="coverage",
    )
    def show(scene: Scene) -> list[Component]:
        desk = screen.coverage
        return draw(scene, desk, desk.seen(scene), desk.room(scene))


def draw(scene: Scene, desk: Desk, seen: Seen, room: Room | None) -> list[Component]:
    """Return the title of the ranking and what it says of fairness."""
    say, at = scene.say, seen.place(scene.focus.id)
    head = [
        html.H2(say("cover.where"), className="cg-subtitle"),
        *_zonings(scene),
        html.P(words.ordered(scene, group(scene, room)), className="cg-quiet"),
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
    said = [
        *_uneven(scene, seen),
        *_of_focus(scene, seen, room, at),
        *_places(scene, seen, room),
        *shared_out.draw(scene, desk, room, at),
    ]
    if said:
        summary = html.Summary(say("cover.advanced"), className="cg-quiet")
        head.append(html.Details([summary, *said], open=scene.view.best))
    return head


def _zonings(scene: Scene) -> list[Component]:
    """Return the choice of the units that are told of; nothing where there is but one kind."""
    if len(scene.city.zonings) < 2:
        return []
    label = scene.say("measure.zoning")
    buttons = [
        html.Button(
            scene.named(each.names), id=act(Act.ASK, f"zoning:{each.key}"), type="button",
            className="cg-ask", **attrs(aria_pressed=str(each == scene.zoning).lower()),
        )
        for each in scene.city.zonings
    ]  # fmt: skip
    return [
        html.Div(buttons, className="cg-segments", role="group", **attrs(aria_label=label)),
    ]


def _uneven(scene: Scene, seen: Seen) -> list[Component]:
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
    return [html.P(said)]


def _of_focus(scene: Scene, seen: Seen, room: Room | None, at: int) -> list[Component]:
    """Return how many places the unit in focus has in reach, and the two steps to that number."""
    if room is None or room.steps is None:
        return []
    say, who = scene.say, words.users(scene, room.users)
    unit = scene.named(scene.focus.names)
    if room.is_withheld[at]:
        n = scene.withheld("people", int(scene.focus.level))
        return [html.P(say("cover.places_focus_withheld", unit=unit, who=who, n=n))]
    if not room.is_told[at] or not np.isfinite(room.per_1000[at]):
        return []
    shares = room.steps.of(seen.tree, at)
    first, rest = shares[:MOST_SHARES], shares[MOST_SHARES:]
    ids = seen.found.facilities.ids[[share.facility for share in first]].tolist()
    c = facility.c
    names = dict(scene.db.execute(select(c.id, c.name).where(c.id.in_(ids))).all())
    lines = [
        say(
            "cover.places_share",
            facility=names.get(number) or say("cover.nameless"),
            places=numerals.number(share.places),
            people=numerals.number(rounded(share.competing, rounded_to(scene))),
            per=_count(share.per_1000),
            near=f"{share.near:.0%}",
            adds=_count(share.adds),
        )
        for number, share in zip(ids, first, strict=True)
    ]
    if rest:
        adds = _count(sum(share.adds for share in rest))
        lines.append(say("cover.places_rest", k=len(rest), adds=adds))
    value = _count(float(room.per_1000[at]))
    mean = _count(room.mean_per_1000)
    return [
        html.P(say("cover.places_focus", unit=unit, who=who, n=value, mean=mean)),
        html.Ol([html.Li(line) for line in lines], className="cg-places"),
    ]


def _places(scene: Scene, seen: Seen, room: Room | None) -> list[Component]:
    """Return where the fewest places are in reach, and how that was found, for one unit."""
    if room is None:
        return []
    say, units = scene.say, shown(scene, seen)
    # Of whom no number is told, no number of places for each is told either.
    units = units[room.is_told[units] & np.isfinite(room.per_1000[units])]
    if len(units) < 2:
        return []
    score = room.per_1000[units]
    least = units[np.lexsort([seen.tree.ids[units], -room.all[units], score])][:WORST]
    ids = seen.tree.ids[least].tolist()
    named, parents = places.names_of(scene.db, ids), parents_of(scene, ids)
    # Many a grid is called the first.
    names = [
        " · ".join(filter(None, (scene.named(named[unit][1]), parents.get(unit)))) for unit in ids
    ]
    counts = [_count(float(n)) for n in room.per_1000[least]]
    weights = settings.read(scene.city.coverage).weights
    return [
        html.P(say("cover.places_least", who=words.users(scene, room.users))),
        html.Ol(
            [
                html.Li(say("cover.places_of", unit=name, n=n))
                for name, n in zip(names, counts, strict=True)
            ],
            className="cg-places",
        ),
        html.P(
            [
                say("cover.places_example", unit=names[0], n=counts[0],
                    mean=_count(room.mean_per_1000)),
                html.Br(),
                html.Small(say("cover.places_why",
                               weights=say("error.between").join(f"{w:.0%}" for w in weights))),
            ]
        ),
        html.P(say("cover.places_gini", n=numerals.number(round(gini(score, room.all[units]), 3)))),
    ]  # fmt: skip


def _count(n: float) -> str:
    return numerals.number(round(n, 1))
