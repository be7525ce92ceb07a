"""What is measured: the measure, one class of it, what it is divided by, and at which level."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.headlines import about_measure
from dashboard.ids import Id
from dashboard.panels.glance import about
from dashboard.scene import Scene
from dashboard.topics import TOPICS, dimensions
from layers.measures import part_names

SLOT = Id.MEASURE_BAR
Options = list[dict[str, Any]]

WIDGET = {
    "size": "xs",
    "allowDeselect": False,
    "checkIconPosition": "right",
    "comboboxProps": {"shadow": "md", "transitionProps": {"duration": 0}},
    "maxDropdownHeight": 320,
}


def layout() -> Component:
    """Return the controls, their words still missing."""
    return html.Section(
        [
            html.Div(
                [
                    html.Div(id=Id.MEASURE_HEAD, className="cg-number-name"),
                    dmc.Select(id=Id.ZONING, className="cg-plain-select", w=120, **WIDGET),
                ],
                className="cg-title-row",
            ),
            html.Div(
                [
                    dmc.Select(id=Id.MEASURE, **WIDGET),
                    dmc.Select(id=Id.PART, searchable=True, **WIDGET),
                    dmc.Select(id=Id.PER, **WIDGET),
                ],
                className="cg-choices",
            ),
        ],
        id=Id.MEASURE_BAR,
        className="cg-part",
    )


def register(screen: Screen) -> None:
    """Follow the language, the measure and what is chosen."""

    @screen.shows(
        Output(Id.MEASURE, "data"),
        Output(Id.MEASURE, "aria-label"),
        Output(Id.ZONING, "data"),
        Output(Id.ZONING, "aria-label"),
        reads=("language",),
    )
    def measures(scene: Scene) -> tuple[Options, str, Options, str]:
        say = scene.say
        return (
            [{"value": key, "label": say(f"measure.{key}")} for key in TOPICS],
            say("measure.label"),
            [{"value": z.key, "label": scene.named(z.names)} for z in scene.city.zonings],
            say("measure.zoning"),
        )

    @screen.shows(Output(Id.MEASURE_HEAD, "children"), reads=("measure", "per", "language"))
    def head(scene: Scene) -> list[Component]:
        name = scene.say(f"measure.{scene.view.measure}")
        return [
            html.H2(scene.say("ranking.title"), className="cg-eyebrow"),
            about(scene, name, about_measure(scene)),
        ]

    @screen.shows(
        Output(Id.PART, "data"),
        Output(Id.PART, "aria-label"),
        Output(Id.PART, "disabled"),
        Output(Id.PER, "data"),
        Output(Id.PER, "aria-label"),
        reads=("measure", "language"),
    )
    def parts(scene: Scene) -> tuple[Options, str, bool, Options, str]:
        say, topic = scene.say, TOPICS[scene.view.measure]
        pers = [{"value": "", "label": say("per.none")}]
        pers += [{"value": key, "label": say(f"per.{key}")} for key in topic.per]
        groups = [
            {
                "group": scene.named(dimension.names),
                "items": [
                    {"value": f"{dimension.key}:{key}", "label": scene.named(names)}
                    for key, names in part_names(scene.db, topic.layer, dimension).items()
                ],
            }
            for dimension in dimensions(topic)
        ]
        every = [{"value": "", "label": say("measure.all")}]
        return [*every, *groups], say("measure.part"), not groups, pers, say("measure.per")

    for id_, name in (
        (Id.MEASURE, "measure"),
        (Id.PART, "part"),
        (Id.PER, "per"),
        (Id.ZONING, "zoning"),
    ):
        screen.mirrors(Output(id_, "value"), f"(view) => view.{name}", reads=(name,))
