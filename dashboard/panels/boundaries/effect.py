"""What the open change order would do: numbers of both sides, and remarks.

Both are frames: the browser fills them (assets/editing.js) with each answer of the editor, while a
line is still being moved.
"""

from __future__ import annotations

from dataclasses import dataclass

from dash import Output, html
from dash.development.base_component import Component

from dashboard import states
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon, icon_button
from dashboard.ids import Act, Id, act
from dashboard.panels.boundaries import words
from dashboard.panels.boundaries.editor import is_drawn_by, opened
from dashboard.scene import Scene
from gis import history
from gis.history import Difference, Kind
from gis.orders.order import Order

SLOT = Id.EFFECT


@dataclass(frozen=True)
class Figure:
    """A line of the table: what is counted, and how it is written."""

    key: str
    scale: float = 1
    digits: int = 0


FIGURES = (
    Figure("households"),
    Figure("buildings"),
    Figure("people"),
    Figure("people_60"),
    Figure("care"),
    Figure("open_incidents"),
    Figure("floor_area", 1e-4, 2),
    Figure("area_m2", 1e-4, 2),
    Figure("deviation", 100, 0),
    Figure("compactness", 1, 2),
    Figure("pieces"),
)


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.EFFECT, className="cg-part cg-effect")


def register(screen: Screen) -> None:
    """Follow the order."""

    @screen.shows(
        Output(Id.EFFECT, "children"), reads=("mode", "order", "on", "order_news", "language")
    )
    def show(scene: Scene) -> list[Component]:
        if scene.view.mode != "boundaries":
            return []
        order = opened(scene)
        if order is None:
            past = scene.then is not None and scene.view.order is None
            return differences(scene) if past else [states.empty(scene.say("effect.open_none"))]
        return draw(scene, order)


def draw(scene: Scene, order: Order) -> list[Component]:
    """Return the frames that the browser fills."""
    say = scene.say
    return [
        html.Div(
            [
                html.H2(say("effect.title"), className="cg-title"),
                html.Button(
                    [icon("sheet"), say("effect.sheet")],
                    className="cg-button cg-button-icon",
                    type="button",
                    **attrs(data_does=f"sheet {order.id}"),
                ),
            ],
            className="cg-title-row",
        ),
        *(
            # Of what is in force the sheet tells: the ground drawn is today's already.
            [html.P(say("effect.past"), className="cg-quiet")]
            if order.effective_at
            else [_numbers(scene), _remarks(scene, order)]
        ),
    ]


def differences(scene: Scene) -> list[Component]:
    """Return what of the boundaries looked at is not today's any more."""
    say = scene.say
    found = history.differences(scene.db, scene.zoning_id, scene.then) if scene.then else []
    title = html.H2(say("history.differences"), className="cg-title")
    if not found:
        return [title, html.P(say("history.same"), className="cg-quiet")]
    rows = [
        html.Li(
            html.Button(
                [
                    html.Span(
                        [scene.named(one.names), html.Small(_where(scene, one))],
                        className="cg-row-name",
                    ),
                    html.Span(
                        " · ".join(say(f"history.{kind}") for kind in one.kinds),
                        className="cg-row-value",
                    ),
                ],
                id=act(Act.GO, f"unit:{one.unit_id}"),
                className="cg-row cg-row-two",
                type="button",
                disabled=Kind.ENDED in one.kinds,
            )
        )
        for one in found
    ]
    return [title, html.Ul(rows, className="cg-rows")]


def _where(scene: Scene, one: Difference) -> str:
    # "Grid 1" alone is the name of many.
    levels = {level.number: scene.named(level.names) for level in scene.zoning.levels}
    parts = [levels.get(one.level, ""), scene.named(one.parent) if one.parent else ""]
    return " · ".join(part for part in parts if part)


def _numbers(scene: Scene) -> Component:
    say = scene.say
    heads = [
        html.Div(
            [say(f"effect.{figure.key}"), *_measured_in(scene, figure)],
            className="cg-figure-name",
            role="rowheader",
            style={"gridRow": at},
            **attrs(data_of=figure.key),
        )
        for at, figure in enumerate(FIGURES, 2)
    ]
    template = html.Div(
        [
            html.Div(
                [html.Strong(**attrs(data_part="name")), html.Span(className="cg-side-mark")],
                className="cg-figure-head",
                role="columnheader",
                style={"gridRow": 1},
            ),
            *(
                html.Div(
                    [
                        html.Span(className="cg-before", **attrs(data_part="before")),
                        html.Span(className="cg-after", **attrs(data_part="after")),
                        html.Span(className="cg-difference", **attrs(data_part="difference")),
                    ],
                    className="cg-figure",
                    role="cell",
                    style={"gridRow": at},
                    **attrs(
                        data_key=figure.key,
                        data_scale=str(figure.scale),
                        data_digits=str(figure.digits),
                    ),
                )
                for at, figure in enumerate(FIGURES, 2)
            ),
        ],
        className="cg-figures-unit",
        hidden=True,
        **attrs(data_template="true"),
    )
    table = html.Div(
        [
            html.Div([html.Div(style={"gridRow": 1}), *heads], className="cg-figures-names"),
            template,
        ],
        id="edit-numbers",
        className="cg-figures",
        role="table",
        tabIndex="0",
        **attrs(
            aria_label=say("effect.title"),
            data_about=say("effect.about"),
            data_gains=say("effect.gains"),
            data_loses=say("effect.loses"),
        ),
    )
    return html.Div(
        [
            table,
            html.P(say("effect.nothing"), className="cg-quiet cg-figures-none"),
            html.P(say("effect.stale"), className="cg-quiet cg-figures-stale"),
            html.P(say("effect.rounded"), className="cg-quiet cg-figures-rounded"),
            html.Div(states.skeleton(20, 20, 20, 20), className="cg-figures-wait"),
        ],
        className="cg-figures-block",
    )


def _measured_in(scene: Scene, figure: Figure) -> list[Component]:
    units = {
        "floor_area": "effect.in_floor",
        "area_m2": "effect.in_area",
        "deviation": "effect.in_share",
    }
    return [html.Small(scene.say(units[figure.key]))] if figure.key in units else []


def _remarks(scene: Scene, order: Order) -> Component:
    say = scene.say
    answer: list[Component] = []
    if is_drawn_by(order):
        answer = [
            html.Textarea(
                rows=1,
                maxLength=500,
                placeholder=say("effect.answer"),
                className="cg-remark-answer",
                **attrs(aria_label=say("effect.answer"), data_answer="true"),
            )
        ]
    template = html.Li(
        [
            html.Span(icon("square", size="10"), className="cg-remark-mark"),
            html.Div(
                [
                    html.P(**attrs(data_part="sentence")),
                    html.Div(
                        [
                            icon_button("target", say("effect.zoom"), data_does="edit-zoom"),
                            *(
                                [
                                    html.Button(
                                        say("effect.remedy"),
                                        className="cg-button",
                                        type="button",
                                        **attrs(data_does="edit-remedy"),
                                    )
                                ]
                                if is_drawn_by(order)
                                else []
                            ),
                        ],
                        className="cg-remark-does",
                    ),
                    *answer,
                ],
                className="cg-remark-said",
            ),
        ],
        className="cg-remark",
        hidden=True,
        **attrs(data_template="true"),
    )
    return html.Div(
        [
            html.H3(say("effect.remarks"), className="cg-card-title"),
            html.Ul(
                template,
                id="edit-remarks",
                className="cg-remarks",
                **attrs(data_answers=words.json(dict(order.answers))),
            ),
            html.P([icon("check"), say("effect.clean")], className="cg-clean"),
        ],
        className="cg-remarks-block",
    )
