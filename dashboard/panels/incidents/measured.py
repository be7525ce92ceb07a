"""How incidents of the place are handled: shares, times, and each against the period before."""

from __future__ import annotations

import datetime as dt

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.elements import attrs
from dashboard.ids import Id
from dashboard.scene import Scene
from layers.handling.asked import Asked
from layers.handling.chosen import Chosen
from layers.handling.formulas import Formula, Kind
from layers.handling.measures import Figure, measured
from layers.series import Span

SLOT = Id.MEASURED
# Without a period picked: the days up to the moment all of it is true of.
DAYS = 30


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.MEASURED, className="cg-part cg-measured")


def register(screen: Screen) -> None:
    """Follow the place and the period, while no incident is open."""

    @screen.shows(
        Output(Id.MEASURED, "children"),
        reads=("unit", "pick", "part", "start", "end", "case", "case_news", "language"),
        mode="incidents",
    )
    def show(scene: Scene) -> list[Component]:
        return draw(scene) if scene.view.case is None else []


def draw(scene: Scene) -> list[Component]:
    """Return the measures of the period, what each is made of, and the change."""
    say = scene.say
    span = _span(scene)
    of_class = scene.view.part.partition("small:")[2]
    found = measured(scene.db, scene.city, Asked(Chosen(scene.focus.id, of_class), span, scene.now))
    days = [numerals.day(day, scene.view.language) for day in (span.first, span.last)]
    rows = [
        _row(scene, formula, found.total.figures[formula.id], found.total.before[formula.id])
        for formula in found.formulas
    ]
    return [
        html.Div(
            [
                html.H2(say("measured.title"), className="cg-title"),
                html.Small(f"{days[0]} – {days[1]}", className="cg-quiet"),
            ],
            className="cg-title-row",
        ),
        html.Dl([part for row in rows for part in row], className="cg-measured-list"),
        html.P(say("measured.hint"), className="cg-quiet"),
    ]


def _span(scene: Scene) -> Span:
    if scene.view.period:
        return Span(*scene.view.period)
    last = scene.now.astimezone(scene.city.tz).date()
    return Span(last - dt.timedelta(days=DAYS - 1), last)


def _row(scene: Scene, formula: Formula, now: Figure, before: Figure) -> list[Component]:
    say = scene.say
    numerator, denominator = (say(key) for key in formula.words)
    why = say("measured.made_of", numerator=numerator, denominator=denominator,
              version=formula.version)  # fmt: skip
    made_of = (
        f"{numerals.number(now.numerator)} / {numerals.number(now.denominator)}"
        if now.numerator is not None and formula.kind in (Kind.SHARE, Kind.NUMBER)
        else say("measured.of", n=numerals.number(now.denominator))
    )
    change = _change(formula, now, before)
    return [
        html.Dt(say(f"formula.{formula.id}"), title=why, **attrs(data_formula=formula.id)),
        html.Dd(
            [
                html.Strong(_written(formula, now.value)),
                html.Small(made_of),
                *([html.Small(change, title=say("measured.before"))] if change else []),
            ]
        ),
    ]


def _written(formula: Formula, value: float | None) -> str:
    if value is None:
        return numerals.NO_NUMBER
    return numerals.percent(value) if formula.kind is Kind.SHARE else numerals.number(value)


def _change(formula: Formula, now: Figure, before: Figure) -> str:
    if now.value is None or before.value is None:
        return ""
    change = now.value - before.value
    return numerals.signed(change, _written(formula, abs(change)))
