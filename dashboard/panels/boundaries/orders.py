"""The change orders of who looks: those that wait for him, his own, and the rest."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Output, html
from dash.development.base_component import Component

from dashboard import states
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels.boundaries import words
from dashboard.panels.boundaries.tags import since, status
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.orders import notices, orders
from gis.orders.order import Order
from gis.orders.status import OVER

SLOT = Id.ORDERS
# More than this is looked for, not read.
MOST_SHOWN = 60
MOST_UNITS = 24


def layout() -> Component:
    """Return the empty list."""
    return html.Section(
        states.skeleton(32, 64, 64, 64), id=Id.ORDERS, className="cg-part cg-orders"
    )


def register(screen: Screen) -> None:
    """Follow the news of orders."""

    @screen.shows(
        Output(Id.ORDERS, "children"),
        reads=("mode", "order", "pick", "unit", "order_news", "language"),
    )
    def show(scene: Scene) -> list[Component]:
        if scene.view.mode != "boundaries" or scene.view.order is not None:
            return []
        return draw(scene, VIEWER.get())


def draw(scene: Scene, viewer: Viewer) -> list[Component]:
    """Return the list, with what is new on top."""
    say = scene.say
    may_draw = viewer.may(Right.REDRAW)
    waiting = orders.listed(scene.db, viewer, waiting_for_me=True)
    everything = orders.listed(scene.db, viewer)[: MOST_SHOWN * 2]
    asked = {order.id for order in waiting}
    own = [o for o in everything if o.author_id == viewer.account_id and o.status not in OVER]
    known = asked | {order.id for order in own}
    others = [o for o in everything if o.id not in known and o.status not in OVER]
    over = [o for o in everything if o.id not in known and o.status in OVER]
    is_empty = not (waiting or everything)
    return [
        html.Div(
            [
                html.H2(say("orders.title"), className="cg-title"),
                *([_begin(scene, viewer)] if may_draw else []),
            ],
            className="cg-title-row",
        ),
        *([] if may_draw else [html.P(say("orders.no_right"), className="cg-quiet")]),
        *_notices(scene, viewer),
        *_group(scene, "waiting", waiting),
        *_group(scene, "mine", own),
        *_group(scene, "others", others),
        *_closed(scene, over),
        *([states.empty(say("orders.none" if may_draw else "orders.none_to_read"))]
          if is_empty else []),
    ]  # fmt: skip


def _begin(scene: Scene, viewer: Viewer) -> Component:
    return html.Button(
        [icon("plus"), scene.say("orders.new")],
        className="cg-button cg-button-main cg-button-icon",
        type="button",
        **attrs(
            data_does="order-new",
            data_units=words.json(_drawable(scene, viewer)),
            data_words=words.of(scene, "orders"),
        ),
    )


def _drawable(scene: Scene, viewer: Viewer) -> list[dict[str, object]]:
    """Return the units an order may be begun on: those held, and what is on screen."""
    held = [h.unit_id for h in viewer.posts if Right.REDRAW in h.rights and h.unit_id is not None]
    on_screen = scene.focus.id
    seen = [n for n in (on_screen,) if viewer.may(Right.REDRAW, n) and n not in held]
    found = []
    for unit_id in [*held, *seen][:MOST_UNITS]:
        path = places.path(scene.db, unit_id)
        found.append(
            {
                "id": unit_id,
                "name": scene.named(path[-1].names),
                "where": " · ".join(scene.named(place.names) for place in path[1:-1]),
                "picked": unit_id == on_screen,
                "held": unit_id in held,
            }
        )
    return found


def _notices(scene: Scene, viewer: Viewer) -> list[Component]:
    told = notices.notices(scene.db, viewer, unseen=True)
    if not told:
        return []
    rows = [
        html.Li(
            html.Button(
                [
                    html.Span(
                        [
                            html.Strong(notice.title),
                            html.Span(scene.say(f"order_notice.{notice.about}")),
                        ]
                    ),
                    html.Small(since(scene, notice.at)),
                ],
                id=act(Act.ORDER, f"{notice.order_id}:{notice.id}"),
                className="cg-notice-row",
                type="button",
                **attrs(data_does=f"notices-seen {notice.id}"),
            )
        )
        for notice in told
    ]
    ids = ",".join(str(notice.id) for notice in told)
    read = html.Button(
        scene.say("orders.seen"), className="cg-link", type="button",
        **attrs(data_does=f"notices-seen {ids}"),
    )  # fmt: skip
    title = html.H3([icon("bell"), scene.say("orders.notices"), _count(len(told))])
    return [
        html.Div([html.Div([title, read], className="cg-order-head"), html.Ul(rows)],
                 className="cg-notices"),
    ]  # fmt: skip


def _group(scene: Scene, key: str, some: Sequence[Order]) -> list[Component]:
    if not some:
        return []
    cards = [html.Li(card(scene, order)) for order in some[:MOST_SHOWN]]
    title = html.H3([scene.say(f"orders.{key}"), _count(len(some))])
    return [html.Div([html.Div(title, className="cg-order-head"), html.Ul(cards)],
                     className=f"cg-order-group cg-order-group-{key}")]  # fmt: skip


def _closed(scene: Scene, some: Sequence[Order]) -> list[Component]:
    if not some:
        return []
    cards = [html.Li(card(scene, order)) for order in some[:MOST_SHOWN]]
    return [
        html.Details(
            [
                html.Summary([icon("right"), scene.say("orders.over"), _count(len(some))]),
                html.Ul(cards),
            ],
            className="cg-order-group cg-order-over",
        )
    ]


def card(scene: Scene, order: Order) -> Component:
    """Return an order in one row of the list."""
    by = scene.say(
        "orders.by", name=scene.called(order.author), since=since(scene, order.updated_at)
    )
    return html.Button(
        [
            html.Span([status(scene, order.status), html.Small(order.number)],
                      className="cg-order-top"),
            html.Span(order.title, className="cg-order-title"),
            html.Small(by, className="cg-quiet"),
        ],
        id=act(Act.ORDER, order.id),
        className="cg-order",
        type="button",
    )  # fmt: skip


def _count(n: int) -> Component:
    return html.Small(str(n), className="cg-count")
