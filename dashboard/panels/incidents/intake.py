"""Reporting an incident: one field says where, the map shows it, the rest may follow.

A frame: the browser fills it (assets/intake.js), because what is typed stays in the browser until
it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs
from dashboard.ids import Id
from dashboard.incidents import asking
from dashboard.incidents.asking import small_classes
from dashboard.panels.boundaries import words
from dashboard.panels.incidents import files
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from layers.catalog.incidents import SEVERITIES, SOURCES
from layers.handling import duty, settings
from layers.layer import Names

SLOT = Id.INTAKE
GROUPS = ("intake", "how", "read_as", "near", files.GROUP)


def layout() -> Component:
    """Return the empty frame."""
    return html.Section(id=Id.INTAKE, className="cg-part cg-intake")


def register(screen: Screen) -> None:
    """Draw the frame, and tell the browser where the pin is."""

    @screen.shows(Output(Id.INTAKE, "children"), reads=("language",), mode="incidents")
    def show(scene: Scene) -> list[Component]:
        return draw(scene) if VIEWER.get().may(Right.REPORT) else []

    screen.mirrors(
        Output(Id.INTAKE, "data-pin"),
        "(view) => window.citygrid.intake.pinned(view)",
        reads=("mode", "pin", "case", "trying", "language"),
    )
    screen.follows(Id.INTAKE, "window.citygrid.intake.show")


def draw(scene: Scene) -> list[Component]:
    """Return the frame: the words, the classes and their conditions."""
    return [
        html.Div(
            **attrs(
                data_part="intake",
                data_words=words.of(scene, *GROUPS),
                data_classes=words.json(classes(scene)),
                data_severities=words.json(choices(scene, SEVERITIES)),
                data_sources=words.json(choices(scene, SOURCES)),
                data_limits=files.limits(settings.read(scene.city.handling)),
            )
        )
    ]


def classes(scene: Scene) -> list[dict[str, object]]:
    """Return the small classes with their conditions, as the browser chooses among them."""
    names = asking.classes(scene.db)
    return [
        {
            "scheme": kind.scheme,
            "small": kind.small,
            "name": scene.named(kind.names),
            "group": scene.named(names.get((kind.scheme, kind.big), {})) or kind.big,
            "conditions": [
                {
                    "number": each.number,
                    "name": scene.named(each.opens),
                    "limit": f"{each.limit.amount:g} {scene.say(f'clock_unit.{each.limit.unit}')}",
                }
                for each in kind.conditions
            ],
        }
        for kind in duty.classes(scene.db, small_classes(scene.db)).values()
    ]


def choices(scene: Scene, names: Mapping[str, Names]) -> list[list[str]]:
    """Return words that are chosen among, each with what it is called."""
    return [[key, scene.named(each)] for key, each in names.items()]
