"""Incidents over time; a period is picked by dragging across them, or by buttons."""

from __future__ import annotations

from datetime import date, timedelta

import dash_mantine_components as dmc
import pandas as pd
from dash import Output, dcc, html
from dash.development.base_component import Component

from dashboard import figures, numerals, states
from dashboard.actions import last_day
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels.glance import change_of
from dashboard.scene import Scene
from dashboard.text import Say
from dashboard.topics import TOPICS
from layers import series
from layers.series import Step

SLOT = Id.TREND
# How much of the past each step shows: bars no thinner than a pixel.
DAYS_SHOWN = {"day": 730, "week": 5 * 365, "month": 10 * 365}
PRESETS = (7, 30, 90, 365)
# What an average may be over, in days.
SPANS = {"a_day": 1, "a_week": 7, "a_month": 30.44, "a_year": 365.25}


def layout() -> Component:
    """Return the empty time line."""
    return html.Div(
        [
            html.Div(states.skeleton(16, 22), id=Id.TREND_HEAD, className="cg-trend-head"),
            html.Div(
                dcc.Graph(
                    id=Id.TREND_CHART,
                    figure=figures.nothing(),
                    config=figures.CONFIG,
                    className="cg-chart",
                ),
                className="cg-trend-chart",
            ),
            html.Div(
                [
                    html.Div(id=Id.TREND_TOOLS, className="cg-periods", role="group"),
                    dmc.SegmentedControl(
                        id=Id.STEP, data=list(DAYS_SHOWN), value="day", size="xs", fullWidth=True
                    ),
                ],
                className="cg-trend-tools",
            ),
        ],
        id=Id.TREND,
        className="cg-trend",
    )


def register(screen: Screen) -> None:
    """Follow the place, the class and the period."""

    @screen.shows(
        Output(Id.TREND_HEAD, "children"),
        Output(Id.TREND_CHART, "figure"),
        reads=("unit", "pick", "measure", "part", "start", "end", "step", "language", "theme",
               "system", "count_news"),
        is_alike=lambda _: True,
    )  # fmt: skip
    def show(scene: Scene) -> tuple[list[Component], figures.Figure]:
        view, end = scene.view, last_day(scene.db)
        first = first_shown(scene, end)
        found = series.series(
            scene.db, scene.focus.id, measured(scene), Step(view.step), first, end
        )
        days = pd.DatetimeIndex(found.index).date
        counts = dict(zip(days, found.astype(int).to_list(), strict=True))
        if not any(counts.values()):
            return [states.empty(scene.say("trend.empty"))], figures.nothing()
        figure = figures.trend(counts, view.step, view.period, view.scheme, scene.say)
        return head(scene, view.period or (first, end)), figure

    @screen.shows(Output(Id.STEP, "data"), reads=("language",))
    def steps(scene: Scene) -> list[dict[str, str]]:
        return [{"value": step, "label": scene.say(f"trend.{step}")} for step in DAYS_SHOWN]

    screen.mirrors(Output(Id.STEP, "value"), "(view) => view.step", reads=("step",))

    @screen.shows(Output(Id.TREND_TOOLS, "children"), reads=("start", "end", "language"))
    def tools(scene: Scene) -> list[Component]:
        return periods(scene)


def first_shown(scene: Scene, end: date) -> date:
    """Return the day the time line begins at.

    A period of longer ago is shown as well, but no day before the first of which anything is known:
    a bar for each day of centuries is more than a browser draws.
    """
    usual = end - timedelta(days=DAYS_SHOWN[scene.view.step] - 1)
    if scene.view.period is None:
        return usual
    known = series.first_day(scene.db, TOPICS["incidents"].layer_id) or usual
    return min(usual, max(scene.view.period[0], known))


def measured(scene: Scene) -> str:
    """Return the series shown: all incidents, or the class that is measured."""
    topic = TOPICS[scene.view.measure]
    part = scene.view.part if topic.layer_id == "incidents" else ""
    return TOPICS["incidents"].name(part if part.startswith("big:") else "")


def head(scene: Scene, period: tuple[date, date]) -> list[Component]:
    """Return how many there were in the period, a day, and against the period before."""
    say, (first, last) = scene.say, period
    days = (last - first).days + 1
    name = measured(scene)

    def total(start: date, end: date) -> int:
        found = series.series(scene.db, scene.focus.id, name, Step.DAY, start, end)
        return int(found.sum())

    now = total(first, last)
    before = total(first - timedelta(days=days), first - timedelta(days=1))
    change = numerals.share(now - before, before)
    average = average_of(now, days, say)
    side: list[Component] = [html.Small(average)] if average else []
    if scene.view.period and change is not None:
        label = say("glance.against_days", n=days)
        side.append(html.Small(change_of(change), title=label, className="cg-delta"))
    language = scene.view.language
    span = " – ".join(numerals.day(day, language) for day in period)
    return [
        html.H2(say("trend.title"), className="cg-subtitle"),
        html.Div([numerals.number(now), *side], className="cg-trend-number"),
        html.Div(span, className="cg-quiet"),
    ]


def average_of(count: int, days: int, say: Say) -> str:
    """Return how many there were a day, or in the shortest time of which there is one or more.

    Nothing for so few that only the count itself says anything: "0.00274 a day".
    """
    for span, length in SPANS.items():
        if count and days >= length and count * length >= days:
            return say(f"trend.{span}", n=numerals.number(count * length / days))
    return ""


def periods(scene: Scene) -> list[Component]:
    """Return the buttons of usual periods, and the ones that go on by a period."""
    say, period = scene.say, scene.view.period
    end = last_day(scene.db)
    length = (period[1] - period[0]).days + 1 if period and period[1] == end else None

    def shift(key: str, name: str) -> Component:
        label = say(f"trend.{key}")
        return html.Button(
            icon(name),
            id=act(Act.PERIOD, key),
            className="cg-period",
            type="button",
            disabled=period is None,
            title=label,
            **attrs(aria_label=label),
        )

    def choice(key: str, text: str, *, is_on: bool) -> Component:
        return html.Button(
            text,
            id=act(Act.PERIOD, key),
            className="cg-period",
            type="button",
            **attrs(aria_pressed=str(is_on).lower()),
        )

    return [
        shift("earlier", "left"),
        *(choice(str(n), say(f"trend.days_{n}"), is_on=length == n) for n in PRESETS),
        choice("all", say("trend.all"), is_on=period is None),
        shift("later", "right"),
    ]
