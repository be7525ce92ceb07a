"""Where you are: the units from the city down to the one on screen, each a way back."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.scene import Scene

SLOT = Id.BREADCRUMB


def layout() -> Component:
    """Return the empty path."""
    return html.Nav(id=Id.BREADCRUMB, className="cg-path")


def register(screen: Screen) -> None:
    """Follow the place and the building."""

    @screen.shows(Output(Id.BREADCRUMB, "children"), reads=("unit", "pick", "building", "language"))
    def show(scene: Scene) -> list[Component]:
        steps: list[Component] = []
        places = scene.focus_path
        for place in places:
            name = scene.named(place.names)
            is_here = place is places[-1] and scene.view.building is None
            step: Component
            if is_here:
                step = html.Span(name, className="cg-path-here", **attrs(aria_current="page"))
            else:
                key = f"unit:{place.id}" if place.parent_id else ""
                step = html.Button(
                    name,
                    id=act(Act.GO, key),
                    className="cg-link",
                    title=f"{scene.named(scene.level_of(place).names)} {place.code}",
                )
            steps.append(html.Li([icon("right"), step] if steps else [step]))
        if scene.view.building is not None:
            here = html.Span(
                scene.say("card.title"), className="cg-path-here", **attrs(aria_current="page")
            )
            steps.append(html.Li([icon("right"), here]))
        badge: list[Component] = [
            html.Span(
                scene.say("app.synthetic"),
                className="cg-badge",
                title=scene.say("app.synthetic_why"),
            )
        ]
        return [
            html.Ol(steps, **attrs(aria_label=scene.say("region.path"))),
            *(badge if scene.city.is_synthetic else []),
        ]
