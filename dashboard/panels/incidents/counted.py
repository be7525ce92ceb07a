"""Which number of the measures the list holds the cases of, and the way back to the table."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.incidents import asking, counting
from dashboard.scene import Scene
from gis.access.viewer import Viewer


def draw(scene: Scene, viewer: Viewer) -> list[Component]:
    """Return which number it is, how many cases it counts, and the way back to the table."""
    number = counting.counted(scene)
    if number is None:
        return []
    say = scene.say
    back = html.Button(
        [icon("left"), say("measured.back")],
        className="cg-button cg-button-plain",
        type="button",
        **attrs(data_measured_by=scene.view.by),
    )
    drop = html.Button(
        icon("close"),
        id=act(Act.ASK, "counted:"),
        className="cg-icon-button",
        type="button",
        title=say("measured.drop"),
        **attrs(aria_label=say("measured.drop")),
    )
    count = numerals.number(asking.length(scene, viewer))
    return [
        html.Div(
            [
                html.Div([back, drop], className="cg-title-row"),
                html.Strong(
                    [
                        counting.title(scene, number),
                        html.Small(count, className="cg-count", **attrs(data_counts=count)),
                    ]
                ),
                html.Small(f"{counting.said(scene, number)} · {counting.days(scene)}",
                           className="cg-quiet"),
            ],
            className="cg-counted",
            role="status",
        )
    ]  # fmt: skip
