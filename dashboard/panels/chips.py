"""What the numbers are narrowed to, each with an ✕ that lets it go."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.incidents import asking, counting
from dashboard.scene import Scene
from dashboard.topics import part_names

SLOT = Id.CHIPS


def layout() -> Component:
    """Return the empty row."""
    return html.Ul(id=Id.CHIPS, className="cg-chips")


def register(screen: Screen) -> None:
    """Follow the filters of the view."""

    @screen.shows(
        Output(Id.CHIPS, "children"),
        reads=(
            "mode",
            "unit",
            "pick",
            "part",
            "measure",
            "start",
            "end",
            "zoning",
            "by",
            "bounds",
            "counted",
            "language",
        ),
    )
    def show(scene: Scene) -> list[Component]:
        return [html.Li(_chip(scene, key, text)) for key, text in filters(scene).items()]


def filters(scene: Scene) -> dict[str, str]:
    """Return what the view is narrowed to: the key to let it go by, and how it reads."""
    view, found = scene.view, {}
    if view.period:
        start, end = (numerals.day(day, view.language) for day in view.period)
        found["period"] = scene.say("chips.period", start=start, end=end)
    if view.part:
        found["part"] = _part(scene)
    if not scene.zoning.is_main:
        found["zoning"] = scene.named(scene.zoning.names)
    if view.mode == "incidents" and (number := counting.counted(scene)):
        found["counted"] = counting.title(scene, number)
    if view.pick:
        found["pick"] = scene.named(scene.focus.names)
    return found


def _part(scene: Scene) -> str:
    """Return what a part is called; a class of incidents whatever is measured."""
    part = scene.view.part
    dimension, _, key = part.partition(":")
    names = part_names(scene.db, scene.view.measure)
    if part not in names and dimension in ("big", "small"):
        scheme, _, code = key.partition("/")
        kind = asking.classes(scene.db).get((scheme, code))
        return scene.named(kind) if kind else part
    return scene.named(names[part]) if part in names else part


def _chip(scene: Scene, key: str, text: str) -> Component:
    label = scene.say("chips.drop", filter=text)
    return html.Button(
        [text, icon("close")],
        id=act(Act.DROP, key),
        className="cg-chip",
        type="button",
        title=label,
        **attrs(aria_label=label),
    )
