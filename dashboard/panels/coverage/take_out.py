"""What may be taken out of an answer: a map to hang up, a table, layers, a list to work off."""

from __future__ import annotations

import orjson
from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.coverage.out.systems import offered
from dashboard.coverage.question import ASKED, address
from dashboard.coverage.wishes import WISHED
from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right

SLOT = Id.TAKE_OUT
# What each link is called, and where it leads.
LINKS = (
    ("pdf", "coverage/sheet.pdf"),
    ("png", "coverage/sheet.png"),
    ("xlsx", "coverage/sheet.xlsx"),
    ("list", "coverage/gaps.xlsx"),
)
# What the script says, which fills the choice of a coordinate system for layers.
WORDS = ("take_gpkg", "system", "other_system", "epsg")


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(id=Id.TAKE_OUT, className="cg-part cg-take-out")


def register(screen: Screen) -> None:
    """Follow question and place."""

    @screen.shows(
        Output(Id.TAKE_OUT, "children"),
        reads=("unit", "zoning", "of", "language", *WISHED, *ASKED),
        mode="coverage",
    )
    def show(scene: Scene) -> list[Component]:
        return draw(scene)


def _fields(scene: Scene) -> tuple[str, ...]:
    """Return what else of the view is taken out: what it counts, tries and suggests."""
    return (*WISHED, "of") if scene.view.aim else ("level", "zoning", "of", "tried")


def draw(scene: Scene) -> list[Component]:
    """Return the links; nothing for who may take nothing out."""
    if not VIEWER.get().may(Right.EXPORT):
        return []
    say, asked = scene.say, address(scene.view, "unit", *_fields(scene))
    links = [
        html.A(
            [icon("download"), say(f"cover_out.take_{name}")],
            href=f"{path}{asked}",
            className="cg-button cg-button-icon",
            download="",
        )
        for name, path in LINKS
    ]
    return [
        html.H2(say("cover_out.take"), className="cg-subtitle"),
        html.Div(links, className="cg-take-out-links"),
        html.Div(
            className="cg-take-out-layers",
            **attrs(
                data_part="layers-out",
                data_path=f"coverage/sheet.gpkg{asked}",
                data_words=orjson.dumps(
                    {word: say(f"cover_out.{word}") for word in WORDS}
                ).decode(),
                data_systems=orjson.dumps(
                    [[each.code, each.name] for each in offered(scene.city, say)]
                ).decode(),
            ),
        ),
        html.P(say("cover_out.take_why"), className="cg-quiet"),
    ]
