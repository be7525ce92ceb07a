"""What people say of the open change order, and what happened to it."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon, icon_button
from dashboard.ids import Id
from dashboard.panels.boundaries.editor import is_read_by, opened
from dashboard.panels.boundaries.tags import moment, since
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.orders import talk
from gis.orders.order import Order

SLOT = Id.COMMENTS
LONGEST = 1000


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.COMMENTS, className="cg-part cg-comments")


def register(screen: Screen) -> None:
    """Follow the order and what is said of it."""

    @screen.shows(
        Output(Id.COMMENTS, "children"), reads=("mode", "order", "order_news", "language")
    )
    def show(scene: Scene) -> list[Component]:
        order = opened(scene)
        if order is None:
            return []
        return [*(_said(scene, order) if is_read_by(VIEWER.get()) else []), _log(scene, order)]

    clientside: Any = screen.app.clientside_callback
    clientside(
        "(told) => window.citygrid.orders.pinned(told)",
        Output(Id.COMMENTS, "data-pinned"),
        Input(Id.MAP, "pinned"),
        prevent_initial_call=True,
    )


def _said(scene: Scene, order: Order) -> list[Component]:
    say = scene.say
    found = talk.comments(scene.db, order.id)
    rows = []
    for n, comment in enumerate(found, 1):
        head: list[Component] = [
            html.Strong(scene.called(comment.name)),
            html.Small(since(scene, comment.at), className="cg-quiet"),
        ]  # fmt: skip
        if comment.place:
            lng, lat = comment.place
            # The number on the map.
            head.insert(0, html.Small(str(n), className="cg-count"))
            head.append(icon_button("pin", say("comments.show"), data_does=f"look {lng} {lat}"))
        rows.append(
            html.Li([html.Div(head, className="cg-comment-head"), html.P(comment.text)],
                    **attrs(data_comment=str(comment.id)))
        )  # fmt: skip
    write = html.Div(
        [
            html.Textarea(
                rows=2,
                maxLength=LONGEST,
                placeholder=say("comments.write"),
                className="cg-textarea",
                **attrs(aria_label=say("comments.write"), data_part="comment"),
            ),
            html.Div(
                [
                    html.Button(
                        [icon("pin"), html.Span(say("comments.pin"))],
                        className="cg-link",
                        type="button",
                        **attrs(
                            data_does="comment-pin",
                            data_pin=say("comments.pin"),
                            data_pinned=say("comments.pinned"),
                            aria_pressed="false",
                        ),
                    ),
                    html.Button(
                        say("comments.send"),
                        className="cg-button",
                        type="button",
                        **attrs(data_does=f"comment-send {order.id}"),
                    ),
                ],
                className="cg-comment-foot",
            ),
        ],
        className="cg-comment-write",
    )
    return [
        html.H3([say("comments.title"), html.Small(str(len(found)), className="cg-count")],
                className="cg-subtitle"),
        html.Ul(rows) if rows else html.P(say("comments.none"), className="cg-quiet"),
        write,
    ]  # fmt: skip


def _log(scene: Scene, order: Order) -> Component:
    rows = [
        html.Li(
            [
                html.Span(
                    f"{scene.called(event.name)} {scene.say(f'order_act.{event.act}')}".strip()
                ),
                html.Small(moment(scene, event.at), className="cg-quiet"),
                *([html.Q(event.note)] if event.note else []),
            ]
        )
        for event in talk.events(scene.db, order.id)
    ]
    summary = html.Summary([icon("right"), scene.say("comments.log")])
    return html.Details([summary, html.Ol(rows)], className="cg-order-log")
