"""What is asked: the indicators by their circle, how far, who is on the way, which facilities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.coverage.question import ASKED, going, indicator, question, standard
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels.coverage import words
from dashboard.panels.measure_bar import WIDGET
from dashboard.scene import Scene
from dashboard.view_fields import MOST_METRES, MOST_MINUTES
from layers.catalog.facilities import KINDS
from layers.coverage import indicators, settings
from layers.coverage.indicators import CIRCLES
from layers.coverage.reach import operators
from layers.coverage.streets import Mode

SLOT = Id.QUESTION
# While somebody types, every figure would be a question.
TYPING_MS = 500
# In the order of daily life: the widest circle first; 0: those of no circle.
SHOWN_CIRCLES = (15, 10, 5, 0)


def layout() -> Component:
    """Return the controls, their words still missing."""
    number = {"size": "xs", "min": 1, "debounce": TYPING_MS, "allowDecimal": False}
    own = html.Div(
        [
            dmc.MultiSelect(
                id=Id.KINDS, searchable=True, clearable=True, maxValues=6,
                **{key: WIDGET[key] for key in ("size", "comboboxProps", "maxDropdownHeight")},
            ),
            dmc.Select(
                id=Id.OPERATOR, searchable=True, clearable=True,
                **{key: WIDGET[key] for key in ("size", "comboboxProps", "maxDropdownHeight")},
            ),
            html.Div(
                [
                    dmc.NumberInput(id=Id.MINUTES, max=MOST_MINUTES, **number),
                    dmc.NumberInput(id=Id.METRES, max=MOST_METRES, step=50, **number),
                ],
                className="cg-field-row",
            ),
        ],
        className="cg-question-own",
    )  # fmt: skip
    return html.Section(
        [
            html.Div(id=Id.QUESTION_CHIPS),
            html.Details(
                [html.Summary(id=Id.QUESTION_OWN, className="cg-quiet"), own],
                className="cg-question-more",
            ),
        ],
        id=Id.QUESTION,
        className="cg-part cg-question",
    )


def register(screen: Screen) -> None:
    """Follow the question."""

    @screen.shows(
        Output(Id.QUESTION_CHIPS, "children"), reads=(*ASKED, "drawn", "language"), mode="coverage"
    )
    def chips(scene: Scene) -> list[Component]:
        return draw(scene)

    @screen.shows(
        Output(Id.QUESTION_OWN, "children"),
        Output(Id.KINDS, "data"),
        Output(Id.KINDS, "label"),
        Output(Id.KINDS, "placeholder"),
        Output(Id.MINUTES, "label"),
        Output(Id.METRES, "label"),
        reads=("language",),
    )
    def own(scene: Scene) -> tuple[Any, ...]:
        say = scene.say
        kinds = [{"value": key, "label": scene.named(names)} for key, names in KINDS.items()]
        return (
            [icon("down"), say("cover.own")], kinds, say("cover.own_kinds"),
            say("cover.own_kinds_hint"), say("cover.own_minutes"), say("cover.own_metres"),
        )  # fmt: skip

    @screen.shows(
        Output(Id.OPERATOR, "data"),
        Output(Id.OPERATOR, "label"),
        Output(Id.OPERATOR, "placeholder"),
        reads=("indicator", "kinds", "operator", "language"),
        mode="coverage",
    )
    def operated(scene: Scene) -> tuple[Any, ...]:
        known = dict(operators(scene.db, standard(scene.view, scene.city).kinds))
        if scene.view.operator:
            # One that is named in a link and runs none of them.
            known.setdefault(scene.view.operator, 0)
        choices = [
            {"value": name, "label": scene.say("cover.own_operated", name=name, n=f"{many:,}")}
            for name, many in known.items()
        ]
        return choices, scene.say("cover.own_operator"), scene.say("cover.own_operator_any")

    screen.mirrors(
        Output(Id.OPERATOR, "value"), "(view) => view.operator || null", reads=("operator",)
    )
    screen.mirrors(
        Output(Id.KINDS, "value"),
        '(view) => view.kinds ? view.kinds.split(",") : []',
        reads=("kinds",),
    )
    for id_, name in ((Id.MINUTES, "minutes"), (Id.METRES, "metres")):
        # An empty field is written "": with null the component keeps what stood there.
        screen.mirrors(Output(id_, "value"), f"(view) => view.{name} ?? ''", reads=(name,))


def draw(scene: Scene) -> list[Component]:
    """Return the chips and buttons of a question."""
    say, view, asked = scene.say, scene.view, question(scene.view, scene.city)
    chosen = indicator(view, scene.city)
    circles = [
        html.Div(
            [
                html.H3(say(f"cover.circle_{circle}"), className="cg-quiet"),
                html.Div(
                    [
                        _button(scene, f"indicator:{key}", words.indicator_name(scene, key),
                                is_on=key == chosen)
                        for key in _of_circle(scene, circle)
                    ],
                    className="cg-asks",
                ),
            ],
            className="cg-circle",
        )
        for circle in SHOWN_CIRCLES
    ]  # fmt: skip
    own = view.minutes is not None or view.metres is not None
    limits = [("circle:", say("cover.as_standard"), not own)]
    limits += [
        (
            f"circle:{minutes}",
            say("cover.minutes_short", n=minutes),
            (view.minutes, view.metres) == (minutes, metres),
        )
        for minutes, metres in CIRCLES.items()
    ]
    goers = [
        (f"going:{key}", say(f"cover.going_{key}"), key == going(asked, scene.city))
        for key in ("adult", "older", "car")
    ]
    bands = [("band:", say("cover.band_none"), not asked.band)]
    bands += [
        (f"band:{key}", words.band_name(scene, key), key == asked.band)
        for key in settings.read(scene.city.coverage).bands
    ]
    drives = asked.mode is Mode.DRIVE and len(bands) > 1
    states = [
        (f"states:{key}", say(f"cover.states_{key}"), key == view.states)
        for key in ("open", "planned")
    ]
    drawings = [
        (f"drawn:{key}", say(f"cover.drawn_{key or 'none'}"), key == view.drawn)
        for key in ("", "outline", "areas")
    ]
    return [
        html.P(say("mode.coverage"), className="cg-eyebrow"),
        html.H2(words.facilities(scene, asked), className="cg-title"),
        html.P(words.within(scene, asked), className="cg-quiet"),
        *circles,
        _row(scene, "cover.limit", limits),
        _row(scene, "cover.going", goers),
        *([_row(scene, "cover.hours", bands)] if drives else []),
        _row(scene, "cover.states", states),
        _row(scene, "cover.drawn", drawings),
        html.Button(
            [icon("list"), say("cover.all_standards")],
            className="cg-button cg-button-icon cg-question-all",
            type="button",
            **attrs(data_does="standards"),
        ),
    ]


def _of_circle(scene: Scene, circle: int) -> list[str]:
    """Return the indicators of a circle of minutes on foot; of 0, those of none."""
    found = {}
    for key, asked in indicators.of(scene.city).questions.items():
        on_foot = int(asked.minutes or 0) if asked.mode is Mode.WALK else 0
        found[key] = on_foot if on_foot in SHOWN_CIRCLES else 0
    return [key for key, its in found.items() if its == circle]


def _row(scene: Scene, title: str, choices: Iterable[tuple[str, str, bool]]) -> Component:
    buttons = [_button(scene, key, name, is_on=is_on) for key, name, is_on in choices]
    label = scene.say(title)
    return html.Div(
        [
            html.H3(label, className="cg-quiet"),
            html.Div(buttons, className="cg-segments", role="group", **attrs(aria_label=label)),
        ],
        className="cg-question-row",
    )


def _button(_scene: Scene, key: str, name: str, *, is_on: bool) -> Component:
    return html.Button(
        name,
        id=act(Act.ASK, key),
        className="cg-ask",
        type="button",
        **attrs(aria_pressed=str(is_on).lower()),
    )
