"""The open change order: what it is called, its tools, what is chosen, and its forms.

What is chosen and the forms are drawn by the browser (assets/workbench.js) from the ground it
holds: nothing is asked of the server while somebody chooses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import states
from dashboard.callbacks import Screen
from dashboard.colours import PALETTES
from dashboard.elements import attrs, icon, icon_button
from dashboard.ids import Act, Id, act
from dashboard.numerals import day
from dashboard.orders.answers import failure
from dashboard.panels.boundaries import words
from dashboard.panels.boundaries.tags import moment, since, status
from dashboard.scene import Scene
from dashboard.text import catalogue
from dashboard.viewing import VIEWER
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.errors import NotFoundError
from gis.orders import orders
from gis.orders.order import Order
from gis.orders.status import Status

SLOT = Id.EDITOR

# A tool of the grid head: its icon, what the map does for it, and what a drawn line is for.
TOOLS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "hand_over": ("hand-over", "select", "hand_over"),
        "move": ("move-border", "move", "move"),
        "reshape": ("redraw", "draw_line", "reshape"),
        "follow": ("road", "draw_line", "follow"),
        "split": ("split", "draw_line", "split"),
        "merge": ("merge", "select", "merge"),
        "create": ("plus", "select", "create"),
        "rename": ("rename", "select", "rename"),
        "retire": ("retire", "select", "retire"),
        "balance": ("balance", "select", "balance"),
    }
)
MAP_WORDS = "edit_map."


def layout() -> Component:
    """Return the empty bench, and the stores of what is being edited."""
    return html.Div(
        [
            html.Section(id=Id.EDITOR, className="cg-part cg-editor"),
            # What the server says of it, what the browser does with it, and what was done last.
            dcc.Store(id=Id.EDIT_BASE),
            dcc.Store(id=Id.EDIT),
            dcc.Store(id=Id.EDIT_EVENT),
        ],
        className="cg-editor-slot",
    )


def register(screen: Screen) -> None:
    """Follow the order and what is said of it."""

    @screen.shows(Output(Id.EDITOR, "children"), reads=("mode", "order", "order_news", "language"))
    def show(scene: Scene) -> list[Component]:
        order = opened(scene)
        if order is None:
            missing = scene.view.mode == "boundaries" and scene.view.order is not None
            return [_back(scene), states.empty(scene.say("orders.gone"))] if missing else []
        return draw(scene, order)

    @screen.shows(
        Output(Id.EDIT_BASE, "data"),
        reads=("mode", "order", "order_news", "city_news", "language", "theme", "system"),
    )
    def base(scene: Scene) -> dict[str, Any] | None:
        order = opened(scene)
        return based(scene, order) if order else None

    clientside: Any = screen.app.clientside_callback
    clientside(
        "(...given) => window.citygrid.edit.next(...given)",
        Output(Id.EDIT, "data"),
        Input(Id.EDIT_EVENT, "data"),
        # The map may be drawn later than the order is read.
        Input(Id.MAP, "picked", allow_optional=True),
        Input(Id.MAP, "edited", allow_optional=True),
        Input(Id.EDIT_BASE, "data"),
        State(Id.EDIT, "data"),
    )
    clientside(
        "(...given) => window.citygrid.edit.spec(...given)",
        Output(Id.MAP, "editor"),
        Input(Id.EDIT, "data"),
        Input(Id.EDIT_BASE, "data"),
        prevent_initial_call=True,
    )
    clientside(
        "(...given) => window.citygrid.workbench.show(...given)",
        Output(Id.EDITOR, "data-shown"),
        Input(Id.EDIT, "data"),
        Input(Id.EDITOR, "children"),
        Input(Id.EFFECT, "children"),
        prevent_initial_call=True,
    )


def opened(scene: Scene) -> Order | None:
    """Return the order that is open in the boundaries mode; None for none, or one that is gone."""
    if scene.view.mode != "boundaries" or scene.view.order is None:
        return None
    try:
        return orders.read(scene.db, scene.view.order)
    except NotFoundError:
        return None


def is_drawn_by(order: Order) -> bool:
    """Whether who looks may draw on an order: his own draft."""
    viewer = VIEWER.get()
    is_author = order.author_id is not None and order.author_id == viewer.account_id
    return is_author and order.status is Status.DRAFT


def is_read_by(viewer: Viewer) -> bool:
    """Whether somebody has a part in orders, and so may read and say what is said of them."""
    return any(viewer.may(right) for right in (Right.REDRAW, Right.APPROVE, Right.FILE))


def based(scene: Scene, order: Order) -> dict[str, Any]:
    """Return what the map is told of an order."""
    palette = PALETTES[scene.view.scheme]
    words_of_map = [key for key in catalogue() if key.startswith(MAP_WORDS)]
    return {
        "order": order.id,
        "url": f"boundaries/{order.id}",
        "language": scene.view.language,
        "editable": is_drawn_by(order),
        # Who has no part in orders is not told what is said of them. Asked again after news.
        **(
            {"comments": f"orders/{order.id}/comments?news={scene.view.order_news}"}
            if is_read_by(VIEWER.get())
            else {}
        ),
        **_clash(order),
        "texts": {key.removeprefix(MAP_WORDS): scene.say(key) for key in words_of_map},
        "colours": {
            "accent": palette.accent,
            "surface": palette.surface,
            "text": palette.text,
            "secondary": palette.secondary,
            "edge": palette.unit_edge,
            "gain": palette.accent,
            "loss": palette.incidents,
            "theirs": palette.overdue,
            "pin": palette.people,
        },
    }


def _clash(order: Order) -> dict[str, Any]:
    """Return both versions of what stands against an order, as the map draws them."""
    units = (order.failure or {}).get("units", ())
    shown = [{side: unit.get(side) for side in ("mine", "theirs", "edges")} for unit in units]
    return {"conflict": {"units": shown}} if shown else {}


def draw(scene: Scene, order: Order) -> list[Component]:
    """Return the bench of an order."""
    may_draw = is_drawn_by(order)
    return [
        _back(scene),
        _head(scene, order, may_draw=may_draw),
        *_standing(scene, order),
        *(_bench(scene, order) if may_draw else _done(scene, order)),
    ]


def _back(scene: Scene) -> Component:
    return html.Button(
        [icon("left"), scene.say("orders.back")],
        id=act(Act.ORDER, ""),
        className="cg-link cg-back",
        type="button",
    )


def _head(scene: Scene, order: Order, *, may_draw: bool) -> Component:
    say = scene.say
    names = places.names_of(scene.db, list(order.within))
    within = " · ".join(scene.named(names[n][1]) for n in order.within if n in names)
    by = say("orders.by", name=scene.called(order.author), since=since(scene, order.updated_at))
    title: Component = html.H2(order.title, className="cg-title")
    if may_draw:
        title = html.Textarea(
            order.title,
            rows=1,
            maxLength=orders.LONGEST_TITLE,
            className="cg-order-name",
            **attrs(aria_label=say("orders.new_title"), data_renames=str(order.id)),
        )
    return html.Div(
        [
            html.Div([status(scene, order.status), html.Small(order.number)],
                     className="cg-order-top"),
            title,
            html.P([html.Span(within), html.Span(by)], className="cg-quiet cg-order-facts"),
        ],
        className="cg-order-title-block",
    )  # fmt: skip


def _standing(scene: Scene, order: Order) -> list[Component]:
    """Return what must be known of an order before it is drawn on."""
    said: list[Component] = []
    if order.undoes is not None:
        said.append(html.P(scene.say("orders.undoes", number=_number(scene, order.undoes))))
    if order.status is Status.SCHEDULED and order.effective_on:
        when = day(order.effective_on, scene.view.language)
        said.append(html.P(scene.say("orders.effective_on", day=when)))
    if order.effective_at:
        when = moment(scene, order.effective_at)
        said.append(html.P(scene.say("orders.effective_at", time=when)))
    if order.failure:
        said.append(_failure(scene, order.failure))
    if order.reason:
        said.append(html.P(order.reason, className="cg-order-reason"))
    return said


def _failure(scene: Scene, kept: Mapping[str, Any]) -> Component:
    """Return what stands against an order: in a sentence, and unit by unit in both versions."""
    found = failure(kept, scene.view.language) or {}
    units = [
        html.Li(
            [
                html.Strong(_called(scene, unit, "mine") or unit["code"]),
                html.Span(scene.say("bench.ours"), className="cg-version-ours"),
                html.Span(
                    scene.say("bench.theirs", name=_called(scene, unit, "theirs")),
                    className="cg-version-theirs",
                ),
            ]
        )
        for unit in found.get("units", ())
    ]
    return html.Div(
        [
            html.P([icon("conflict"), html.Span(found.get("sentence", ""))]),
            *([html.Ul(units)] if units else []),
        ],
        className="cg-order-failure",
        role="alert",
    )


def _called(scene: Scene, unit: Mapping[str, Any], side: str) -> str:
    title = (unit.get("titles") or {}).get(side)
    return scene.named(title["names"]) or title["code"] if title else scene.say("history.ended")


def _number(scene: Scene, order_id: int) -> str:
    try:
        return orders.read(scene.db, order_id).number
    except NotFoundError:
        return str(order_id)


def _bench(scene: Scene, order: Order) -> list[Component]:
    say = scene.say
    tools = [
        html.Button(
            [icon(mark, size="20"), html.Span(say(f"bench.{name}"))],
            className="cg-tool",
            type="button",
            title=say(f"bench.{name}_why"),
            **attrs(
                data_tool=name, data_does=f"bench {name} {tool} {purpose}", aria_pressed="false"
            ),
        )
        for name, (mark, tool, purpose) in TOOLS.items()
    ]
    steps = html.Div(
        [
            icon_button("undo", say("bench.undo"), data_does="edit-undo"),
            icon_button("redo", say("bench.redo"), data_does="edit-redo"),
            html.Span(className="cg-steps", **attrs(data_part="steps")),
            html.Span(className="cg-saved", role="status", **attrs(data_part="saved")),
        ],
        className="cg-edit-steps",
    )
    return [
        steps,
        html.Div(
            tools, className="cg-tools", role="toolbar", **attrs(aria_label=say("bench.tools"))
        ),
        html.Div(
            states.skeleton(20, 60),
            className="cg-bench",
            **attrs(
                data_part="bench",
                data_order=str(order.id),
                data_words=words.of(scene, "bench"),
                data_act_words=words.of(scene, "order_do", "order_why", "order_ask", "orders"),
                data_within=words.json(list(order.within)),
                data_levels=words.json(
                    [
                        {"number": level.number, "name": scene.named(level.names)}
                        for level in scene.city.main.levels
                    ]
                ),
            ),
        ),
    ]


def _done(scene: Scene, order: Order) -> list[Component]:
    """Return what an order does, step by step, for those who read it."""
    said = orders.said(scene.db, order.id)[: order.done]
    if not said:
        return []
    return [
        html.Div(
            [html.H3(scene.say("bench.steps_title")), html.Ol([html.Li(each) for each in said])],
            className="cg-order-steps",
        )
    ]
