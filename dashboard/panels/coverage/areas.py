"""Beside areas of responsibility: how far boundaries could follow them, and a draft of that."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import address
from dashboard.coverage.supposed import SUPPOSED
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.elements import attrs, icon
from dashboard.scene import Scene
from dashboard.text import explained
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from gis.errors import CityGridError
from layers.coverage.followed import Followed


def draw(scene: Scene, desk: Desk) -> list[Component]:
    """Return what a draft could do; nothing for who may neither redraw the unit nor propose it."""
    view = scene.view
    if view.drawn != "areas" or scene.level is None:
        return []
    if not any(VIEWER.get().may(right, scene.unit.id) for right in (Right.REDRAW, Right.PROPOSE)):
        return []
    head = html.H3(scene.say("areas.title"))
    try:
        found = desk.followed(scene)
    except CityGridError as error:
        why = explained(error, view.language)
        return [html.Div([head, html.P(why, className="cg-quiet")], className="cg-areas")]
    told = [html.P(said) for said in _said(scene, found)]
    return [html.Div([head, *told, *_button(scene, found)], className="cg-areas")]


def _said(scene: Scene, found: Followed) -> list[str]:
    say = scene.say

    def people(n: float) -> str:
        return numerals.number(rounded(n, rounded_to(scene)))

    level = scene.named(scene.level.names) if scene.level else ""
    said = [say("areas.wrong", n=people(found.wrong_before), level=level)]
    if not found.moves:
        said.append(say("areas.no_moves"))
    else:
        said.append(say("areas.moves", n=len(found.moves), left=people(found.wrong_after)))
    said.append(
        say("areas.left", elsewhere=people(found.elsewhere), kept=people(found.kept),
            divided=people(found.divided))
    )  # fmt: skip
    return said


def _button(scene: Scene, found: Followed) -> list[Component]:
    if not found.moves:
        return []
    asked = address(scene.view, "unit", "level", "scenario", *SUPPOSED)
    # Who heads the unit draws; who plans there asks him to.
    what = "draft" if VIEWER.get().may(Right.REDRAW, scene.unit.id) else "proposal"
    why = [html.P(scene.say("areas.proposal_why"), className="cg-quiet")]
    return [
        html.Button(
            [icon("boundaries"), scene.say(f"areas.{what}")],
            className="cg-button cg-button-icon",
            type="button",
            **attrs(data_does="areas-draft", data_path=f"coverage/areas/{what}{asked}"),
        ),
        html.P(className="cg-quiet", role="alert"),
        *(why if what == "proposal" else []),
    ]
