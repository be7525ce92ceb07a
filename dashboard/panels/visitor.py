"""The menu of who is signed in: posts, account, administration, the way out."""

from __future__ import annotations

from urllib.parse import urlencode

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.pages import forms
from dashboard.scene import Scene
from dashboard.viewing import FORM_TOKEN, VIEWER
from gis import places
from gis.access.posts import POSTS, Right
from gis.access.viewer import Viewer
from layers.handling import rule_versions

SLOT = Id.VISITOR


def layout() -> Component:
    """Return the empty menu."""
    return html.Div(id=Id.VISITOR, className="cg-visitor")


def register(screen: Screen) -> None:
    """Follow the language."""

    @screen.shows(Output(Id.VISITOR, "children"), reads=("language",))
    def show(scene: Scene) -> Component | None:
        viewer = VIEWER.get()
        if viewer.account_id is None:
            return None
        label = scene.say("visitor.menu", name=scene.called(viewer.name))
        return html.Details(
            [
                html.Summary(
                    [icon("person", size="20"), html.Span(scene.called(viewer.name))],
                    className="cg-visitor-name",
                    title=label,
                    **attrs(aria_label=label),
                ),
                html.Div([_head(scene, viewer), *_links(scene, viewer), _out(scene)],
                         className="cg-menu"),
            ],
            className="cg-visitor-menu",
        )  # fmt: skip


def _head(scene: Scene, viewer: Viewer) -> Component:
    held = [(scene.named(POSTS[each.post].names), each.unit_id) for each in viewer.posts]
    names = places.names_of(scene.db, [unit for _, unit in held if unit is not None])
    lines = []
    for post, unit in held:
        place = scene.named(names[unit][1]) if unit in names else ""
        said = scene.say("visitor.at", post=post, place=place) if place else post
        lines.append(html.Li(said))
    posts = html.Ul(lines) if lines else html.P(scene.say("visitor.no_post"))
    return html.Div([html.Strong(scene.called(viewer.name)), posts], className="cg-menu-head")


def _links(scene: Scene, viewer: Viewer) -> list[Component]:
    asked = {
        "account": True,
        "admin": bool(viewer.rights & {Right.ACCOUNTS, Right.GRANT}),
        "admin/rules": rule_versions.may_edit(viewer, scene.root.id),
        "audit": Right.AUDIT in viewer.rights,
    }
    # The language chosen here goes along.
    query = urlencode({"language": scene.view.language})
    return [
        html.A(
            scene.say(f"visitor.{page.replace('admin/', '')}"),
            href=f"{page}?{query}",
            className="cg-menu-item",
        )
        for page, is_shown in asked.items()
        if is_shown
    ]


def _out(scene: Scene) -> Component:
    # The button itself carries what shows that the form is ours: Dash has no hidden fields.
    button = html.Button(
        scene.say("visitor.sign_out"),
        className="cg-menu-item",
        type="submit",
        name=forms.TOKEN,
        value=FORM_TOKEN.get(),
        **attrs(aria_label=scene.say("visitor.sign_out")),
    )
    return html.Form(button, action="sign-out", method="POST")
