"""At a glance: the four numbers of the place, what they are compared with, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.headlines import Headline, headlines
from dashboard.ids import Act, Id, act
from dashboard.incidents.asking import soon
from dashboard.panels import card
from dashboard.panels.incidents import clocks
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis import history
from layers.handling import lists
from layers.handling.lists import Asked

SLOT = Id.GLANCE


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(
        states.skeleton(18, 24, 56, 56, 56, 56), id=Id.GLANCE, className="cg-part cg-glance"
    )


def register(screen: Screen) -> None:
    """Follow the place."""

    @screen.shows(
        Output(Id.GLANCE, "children"),
        reads=("unit", "pick", "building", "count_news", "language"),
        mode="overview",
        # A building's card tells of persons that somebody looked at himself.
        is_alike=lambda view: view.building is None,
    )
    def show(scene: Scene) -> list[Component]:
        if scene.view.building is not None:
            return card.draw(scene, scene.view.building)
        asked = Asked(scene.focus.id, soon=soon(scene.city))
        turns_at = lists.turns_at(scene.db, VIEWER.get(), asked, now=scene.now)
        lines = [_number(scene, line) for line in headlines(scene)]
        return [_title(scene), *lines, clocks.page(scene, turns_at)]


def _title(scene: Scene) -> Component:
    place, say = scene.focus, scene.say
    level = scene.named(scene.level_of(place).names)
    area = numerals.area(place.area_m2, say) if place.area_m2 else ""
    facts = [text for text in (level, place.code, area) if text]
    # A line breaks between them, never within.
    small = [html.Span(f"· {text}" if at else text) for at, text in enumerate(facts)]
    down: list[Component] = []
    if scene.view.pick is not None and place.zoning_id == scene.root.zoning_id:
        down = [
            html.Button(
                [say("glance.go_down"), icon("into")],
                id=act(Act.DOWN, f"unit:{place.id}"),
                className="cg-button",
                type="button",
            )
        ]
    name = scene.named(place.names)
    return html.Div(
        [
            html.P(say("glance.title"), className="cg-eyebrow"),
            html.Div([html.H2(name, className="cg-title", title=name), *down],
                     className="cg-title-row"),
            html.P(small, className="cg-quiet cg-place-line"),
            *_lineage(scene),
        ]
    )  # fmt: skip


def _lineage(scene: Scene) -> list[Component]:
    """Return which units this one came from and went into, where its boundaries have changed."""
    came, went = history.lineage(scene.db, scene.focus.id)
    said = [
        scene.say(f"history.{key}", units=scene.say("edit.between").join(map(scene.named, units)))
        for key, units in (("from", came), ("into", went))
        if units
    ]
    return [html.P(" · ".join(said), className="cg-quiet")] if said else []


def _number(scene: Scene, line: Headline) -> Component:
    return html.Div(
        [
            html.Div(
                [
                    html.H3(line.name),
                    about(scene, line.name, line.about),
                    *([html.Small(scene.say("glance.estimated"))] if line.is_estimated else []),
                ],
                className="cg-number-name",
            ),
            html.Div(
                _delta(line),
                className="cg-number-side",
                title=line.about[scene.say("about.compared")],
            ),
            html.Div(line.value, className="cg-number-value"),
            html.Div(_beside(line), className="cg-number-side"),
        ],
        className="cg-number",
        **attrs(data_number=line.key),
    )


def _delta(line: Headline) -> list[Component | str]:
    if line.change is None:
        return [line.changed]
    return [line.changed, html.Span(change_of(line.change), className="cg-delta")]


def change_of(change: float) -> list[Component | str]:
    """Return a change with its arrow and its sign; neither where it rounds to nothing."""
    written = numerals.percent(abs(change))
    if written == numerals.percent(0):
        return [written]
    sign = "rise" if change > 0 else "fall"
    return [icon(sign, size="10"), numerals.signed(change, written)]


def _beside(line: Headline) -> list[Component | str]:
    if not line.warns:
        return [line.beside]
    return [html.Span([icon("square", size="10"), line.beside],
                      className="cg-status cg-status-overdue")]  # fmt: skip


def about(scene: Scene, name: str, terms: Mapping[str, str]) -> Component:
    """Return the ⓘ of a number: definition, what is divided by what, as of when, from where."""
    label = scene.say("about.label", name=name)
    button = html.Button(
        icon("info"), className="cg-about", type="button", title=label, **attrs(aria_label=label)
    )
    facts = [html.Div([html.Dt(term), html.Dd(said)]) for term, said in terms.items()]
    popover: Component = dmc.Popover(
        [
            dmc.PopoverTarget(button),
            dmc.PopoverDropdown(html.Dl(facts, className="cg-definition")),
        ],
        position="right-start",
        width=280,
        shadow="md",
        trapFocus=True,
    )
    return popover
