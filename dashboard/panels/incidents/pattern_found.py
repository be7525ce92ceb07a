"""What a pattern of incidents shows, and always beside it what may be concluded and what not.

What was found is drawn on the map as well; each result leads to its incidents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import figures, numerals, states
from dashboard.colours import PALETTES
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.incidents import asking
from dashboard.incidents.drawn import pattern_colours
from dashboard.panels.incidents import charts
from dashboard.scene import Scene
from gis import places
from gis.access.views import seen_incident
from layers.catalog.incidents import STAGES
from layers.handling import case as reading
from layers.handling.case import Case
from layers.handling.patterns.questions import PatternKind

# The most telling of what was found; how many there are is said.
MOST_LISTED = 12
# Of a place's incidents, the latest.
MOST_CASES = 8
MOST_CHARTS = 5


def draw(scene: Scene, kind: PatternKind, found: Mapping[str, Any]) -> list[Component]:
    """Return what was found, and what may be said of it."""
    return [*_DRAWN[kind](scene, found), *_said(scene, found), _all_of_them(scene)]


def _said(scene: Scene, found: Mapping[str, Any]) -> list[Component]:
    lines = [
        html.P([html.Strong(scene.say(f"finding.{key}")), " ", found[key]])
        for key in ("may", "may_not")
    ]
    return [
        html.Div(
            [*lines, html.P(found["personal"], className="cg-quiet")], className="cg-pattern-said"
        )
    ]


def _all_of_them(scene: Scene) -> Component:
    return html.Button(
        [icon("list"), scene.say("finding.list")],
        id=act(Act.ASK, "pattern_cases:"),
        className="cg-button cg-button-icon",
        type="button",
    )


def _hot_spots(scene: Scene, found: Mapping[str, Any]) -> list[Component]:
    say, colours = scene.say, pattern_colours(PALETTES[scene.view.scheme])
    legend = [
        html.Li(
            [
                html.Span(className="cg-times-mark", style={"background": colours[state]}),
                say(f"finding.state_{state}"),
                html.Strong(numerals.number(count)),
            ],
            title=say(f"finding.state_{state}_why"),
        )
        for state, count in found["found"].items()
    ]
    told = say(
        "finding.compared", n=numerals.number(found["compared"]),
        places=numerals.number(found["places"]), incidents=numerals.number(found["incidents"]),
    )  # fmt: skip
    chance = say("finding.by_chance", n=numerals.number(found["by_chance"]))
    rows = [each["properties"] for each in found["features"][:MOST_LISTED]]
    names = _names(scene, rows)
    listed = [
        _row(
            *names.get(row["place"], _NAMELESS),
            say("finding.state_around", state=say(f"finding.state_{row['state']}"),
                n=numerals.number(row["around"])),
            say("finding.count", n=numerals.number(row["count"])), colours[row["state"]],
        )
        for row in rows
    ]  # fmt: skip
    nothing = [states.empty(say("finding.nothing"))]
    return [
        html.P(told, className="cg-quiet"),
        html.Ul(legend, className="cg-times-legend"),
        *([html.Ol(listed, className="cg-rows")] if listed else nothing),
        *_more(scene, len(listed), sum(found["found"].values())),
        html.P([found["denominator"], html.Br(), chance], className="cg-quiet"),
    ]


def _grouped(scene: Scene, found: Mapping[str, Any]) -> list[Component]:
    """Return clusters or repeated places, each with its latest incidents."""
    say = scene.say
    told = say(
        "finding.reach", metres=numerals.number(found["reach_m"]),
        least=numerals.number(found["least"]), n=numerals.number(found["found"]),
    )  # fmt: skip
    some = sorted((one["properties"] for one in found["features"]), key=lambda one: -one["count"])
    some = some[:MOST_LISTED]
    latest = [_latest(scene, one["incidents"].tolist()) for one in some]
    called = asking.classes(scene.db)
    rows = [
        html.Li(
            html.Details(
                [
                    html.Summary(
                        [
                            html.Span(number, className="cg-pattern-number"),
                            html.Span(
                                [
                                    say("finding.count", n=numerals.number(one["count"])),
                                    html.Small(_days(scene, one)),
                                ],
                                className="cg-row-name",
                            ),
                        ],
                        className="cg-row cg-pattern-group",
                        **attrs(data_points=f"{one['lon']},{one['lat']}", data_label=number),
                    ),
                    html.Ul([html.Li(_case(scene, case, called)) for case in cases]),
                    *_more(scene, len(cases), one["count"]),
                ]
            )
        )
        for number, (one, cases) in enumerate(zip(some, latest, strict=True), 1)
    ]
    nothing = [states.empty(say("finding.nothing"))]
    return [
        html.P(told, className="cg-quiet"),
        *([html.Ol(rows, className="cg-rows")] if rows else nothing),
        *_more(scene, len(rows), found["found"]),
    ]


def _latest(scene: Scene, ids: Sequence[int]) -> list[Case]:
    """Return those of some incidents that the viewer sees, the latest reports first."""
    c = seen_incident.c
    query = reading.columns().where(c.id.in_(ids)).order_by(c.reported_at.desc(), c.id.desc())
    return reading.cases_of(scene.db, query.limit(MOST_CASES), scene.now)


def _case(scene: Scene, case: Case, called: Mapping[tuple[str, str], Any]) -> Component:
    name = case.title or asking.class_name(scene, called, case)
    about = f"{scene.moment(case.reported_at)} · {scene.named(STAGES[case.stage])}"
    return html.Button(
        html.Span(
            [
                name,
                html.Small(about),
            ],
            className="cg-row-name",
        ),
        id=act(Act.CASE, f"{case.id}"),
        className="cg-row cg-row-two",
        type="button",
    )


def _days(scene: Scene, one: Mapping[str, Any]) -> str:
    days = (
        numerals.day(dt.date.fromisoformat(str(one[key])), scene.view.language)
        for key in ("first", "last")
    )
    return " – ".join(days)


def _rhythm(scene: Scene, found: Mapping[str, Any]) -> list[Component]:
    say = scene.say
    if not found["incidents"]:
        return [states.empty(say("finding.nothing"))]
    midnight = (
        [html.P(say("finding.midnight", n=numerals.number(found["at_midnight"])),
                className="cg-quiet")]
        if found["at_midnight"] else []
    )  # fmt: skip
    told = say("finding.hours", n=numerals.number(found["incidents"]))
    return [
        html.P(told, className="cg-quiet"),
        _chart(charts.hours(scene, found), "cg-pattern-hours"),
        *midnight,
    ]


def _control(scene: Scene, found: Mapping[str, Any]) -> list[Component]:
    say = scene.say
    told = say(
        "finding.signals", n=numerals.number(found["found"]),
        places=numerals.number(found["places"]), chance=numerals.number(found["by_chance"]),
    )  # fmt: skip
    worst = list(dict.fromkeys(signal["place"] for signal in found["signals"]))[:MOST_CHARTS]
    shown = {one["properties"]["place"]: one["properties"] for one in found["features"]}
    names = _names(scene, [shown[place] for place in worst])
    parts = [
        html.Li(
            [
                _row(*names.get(place, _NAMELESS),
                     say("finding.usual", low=shown[place]["low"], high=shown[place]["high"]),
                     "", None),
                _chart(charts.control(scene, found, shown[place]), "cg-pattern-chart"),
            ]
        )
        for place in worst
    ]  # fmt: skip
    nothing = [states.empty(say("finding.no_signal"))]
    return [
        html.P(told, className="cg-quiet"),
        *([html.Ol(parts, className="cg-rows")] if parts else nothing),
    ]


def _chart(figure: figures.Figure, height: str) -> Component:
    """Return a chart; ``height`` is the class that says how high it is."""
    chart = dcc.Graph(figure=figure, config=figures.CONFIG, className="cg-chart")
    return html.Div(chart, className=height)


_DRAWN = {
    PatternKind.HOT_SPOTS: _hot_spots,
    PatternKind.CLUSTERS: _grouped,
    PatternKind.REPEATED: _grouped,
    PatternKind.RHYTHM: _rhythm,
    PatternKind.CONTROL: _control,
}


_NAMELESS = ("", None)


def _row(name: str, unit: int | None, about: str, value: str, colour: str | None) -> Component:
    mark = [html.Span(className="cg-times-mark", style={"background": colour})] if colour else []
    parts = [
        html.Span([*mark, name, html.Small(about)], className="cg-row-name"),
        html.Span(value, className="cg-row-value"),
    ]
    if unit is None:
        return html.Div(parts, className="cg-row cg-row-two cg-row-gone")
    return html.Button(
        parts, id=act(Act.ASK, f"pattern_cases:{unit}"), className="cg-row cg-row-two",
        type="button",
    )  # fmt: skip


def _names(scene: Scene, rows: Sequence[Mapping[str, Any]]) -> dict[int, tuple[str, int | None]]:
    """Return what units are called, and the number of those one can go to: that are there today.

    With what they lie in: many grids are called "Grid 1".
    """
    ids = [row["place"] for row in rows]
    found: dict[int, tuple[str, int | None]] = {
        unit: (name, unit) for unit, name in asking.places_of(scene, ids).items()
    }
    ends = places.ends_of(scene.db, ids)
    for unit, (_, called) in places.last_names_of(scene.db, list(ends)).items():
        day = numerals.day(ends[unit].astimezone(scene.city.tz).date(), scene.view.language)
        found[unit] = scene.say("measured.until", name=scene.named(called), day=day), None
    return found


def _more(scene: Scene, shown: int, of: int) -> list[Component]:
    if shown >= of:
        return []
    return [html.P(scene.say("finding.more", n=numerals.number(of - shown)), className="cg-quiet")]
