"""The list along time: when its incidents were reported, and how they stand now.

Dragging across it picks the period, as in the time line below the map.
"""

from __future__ import annotations

import datetime as dt

from dash import Output, dcc, html
from dash.development.base_component import Component

from dashboard import figures, numerals, states
from dashboard.callbacks import Screen
from dashboard.colours import PALETTES
from dashboard.ids import Id
from dashboard.incidents import asking
from dashboard.incidents.drawn import state_colours
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from layers.handling.lists import STATES, Listing
from layers.handling.tallies import Times

SLOT = Id.CASE_TIMES
_SHOWN, _HIDDEN = "cg-part cg-times", "cg-part cg-times cg-times-off"
# How long a bar is, as the charts write it.
_PERIODS = {"hour": 3_600_000, "day": 86_400_000, "week": 604_800_000, "month": "M1"}


def layout() -> Component:
    """Return the empty chart, which is there in the other forms, too, but not seen."""
    chart = dcc.Graph(
        id=Id.CASE_TIMES_CHART,
        figure=figures.nothing(),
        config=figures.CONFIG,
        className="cg-chart",
    )
    return html.Section(
        [html.Div(id=Id.CASE_TIMES_HEAD), html.Div(chart, className="cg-times-chart")],
        id=Id.CASE_TIMES,
        className=_HIDDEN,
    )


def register(screen: Screen) -> None:
    """Follow the list, where it is shown along time."""

    @screen.shows(
        Output(Id.CASE_TIMES_HEAD, "children"),
        Output(Id.CASE_TIMES_CHART, "figure"),
        reads=(
            "unit", "pick", "cases", "form", "part", "start", "end", "zoning", "by", "bounds",
            "counted", "case_news", "language", "theme", "system",
        ),
        mode="incidents",
        opened_by="form",
    )  # fmt: skip
    def show(scene: Scene) -> tuple[list[Component], figures.Figure]:
        if scene.view.form != "time":
            return [], figures.nothing()
        found = asking.times(scene, VIEWER.get())
        return head(scene, found), figure(scene, found)

    screen.mirrors(
        Output(Id.CASE_TIMES, "className"),
        f"(view) => view.form === 'time' ? {_SHOWN!r} : {_HIDDEN!r}",
        reads=("form",),
    )


def head(scene: Scene, found: Times) -> list[Component]:
    """Return how many there are, and of how they stand."""
    say, colours = scene.say, _colours(scene)
    totals = {state: sum(found.counts.get(state, {}).values()) for state in STATES}
    if not any(totals.values()):
        return [states.empty(say(f"cases.none_{scene.view.cases or 'open'}"))]
    parts = [
        html.Li(
            [
                html.Span(className="cg-times-mark", style={"background": colours[state]}),
                say(f"cases.stands_{state}"),
                html.Strong(numerals.number(count)),
            ]
        )
        for state, count in totals.items()
        if count
    ]
    said = say(f"cases.times_{found.step}", n=numerals.number(sum(totals.values())))
    return [html.P(said, className="cg-quiet"), html.Ul(parts, className="cg-times-legend")]


def _colours(scene: Scene) -> dict[Listing, str]:
    """Return the colours of the map's pins and rings."""
    return state_colours(PALETTES[scene.view.scheme])


def figure(scene: Scene, found: Times) -> figures.Figure:
    """Draw a bar for each hour, day, week or month, the most pressing part at its foot."""
    palette, colours = PALETTES[scene.view.scheme], _colours(scene)
    sums: dict[dt.datetime, int] = {}
    for counts in found.counts.values():
        for begins, count in counts.items():
            sums[begins] = sums.get(begins, 0) + count
    if not sums:
        return figures.nothing()
    is_hours = found.step == "hour"
    written = "%Y-%m-%d %H:00" if is_hours else "%Y-%m-%d"
    bars = [
        {
            "type": "bar",
            "x": [begins.isoformat() for begins in found.counts[state]],
            "y": list(found.counts[state].values()),
            "name": scene.say(f"cases.stands_{state}"),
            "marker": {"color": colours[state], "line": {"width": 0}},
            "xperiod": _PERIODS[found.step],
            "xperiodalignment": "middle",
            "hovertemplate": f"%{{x|{written}}}<br>%{{data.name}} <b>%{{y}}</b><extra></extra>",
        }
        for state in STATES
        if state in found.counts
    ]
    most = max(sums.values())
    span = max(sums) - min(sums)
    ticks = (
        "%H:%M"
        if is_hours
        else scene.say("trend.tick_days" if span < dt.timedelta(days=100) else "trend.tick_months")
    )
    return {
        "data": bars,
        "layout": {
            **figures.base(palette),
            "barmode": "stack",
            "bargap": 0.12,
            "dragmode": "select",
            "selectdirection": "h",
            "newselection": {"line": {"color": palette.accent, "width": 1, "dash": "solid"}},
            "activeselection": {"fillcolor": palette.accent, "opacity": 0.12},
            "margin": {"l": 32, "r": 8, "t": 6, "b": 20},
            "xaxis": {
                "type": "date", "tickformat": ticks, "tickangle": 0, "nticks": 5,
                "fixedrange": True, "showgrid": False, "zeroline": False,
            },
            "yaxis": {
                "tickvals": figures.round_ticks(most), "tickformat": ",d", "fixedrange": True,
                "gridcolor": palette.hairline, "zeroline": False, "range": [0, most * 1.05],
                "ticklabelstandoff": 4,
            },
            # A new period leaves no old rubber band on the chart.
            "selectionrevision": str(scene.view.period),
        },
    }  # fmt: skip
