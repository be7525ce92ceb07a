"""Patterns of incidents: what stands out, and always beside it what may be concluded and what not.

What was found is drawn on the map as well; each result leads to its incidents.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from dash import Output, dcc, html
from dash.development.base_component import Component

from dashboard import figures, numerals, states
from dashboard.callbacks import Screen
from dashboard.colours import PALETTES
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.incidents import asking, finding
from dashboard.incidents.drawn import pattern_colours
from dashboard.panels.incidents import charts, classes
from dashboard.scene import Scene
from gis import places
from gis.access.views import seen_incident
from layers.catalog.incidents import STAGES
from layers.handling import case as reading
from layers.handling.case import Case
from layers.handling.patterns.questions import PatternKind

SLOT = Id.PATTERNS
READS = ("unit", "pattern", "per_people", "level", "zoning", "part", "start", "end", "language")
# The most telling of what was found; how many there are is said.
MOST_LISTED = 12
# Of a place's incidents, the latest.
MOST_CASES = 8
MOST_CHARTS = 5


def layout() -> Component:
    """Return the panel with nothing chosen."""
    return html.Section(
        [
            html.Div(id=Id.PATTERNS_HEAD),
            html.Div(classes.select(Id.PATTERN_CLASS), className="cg-pattern-class"),
            html.Div(id=Id.PATTERNS_FOUND, className="cg-pattern-found"),
        ],
        id=Id.PATTERNS,
        className="cg-part cg-patterns",
    )


def register(screen: Screen) -> None:
    """Follow the pattern asked for; news of incidents leave what is read as it is."""

    @screen.shows(
        Output(Id.PATTERNS_HEAD, "children"),
        Output(Id.PATTERN_CLASS, "data"),
        Output(Id.PATTERN_CLASS, "label"),
        Output(Id.PATTERN_CLASS, "placeholder"),
        reads=READS,
        mode="incidents",
    )
    def head_of(scene: Scene) -> tuple[Any, ...]:
        say = scene.say
        found = classes.choices(scene)
        return head(scene), found, say("finding.class"), say("finding.any_class")

    @screen.shows(
        Output(Id.PATTERNS_FOUND, "children"), reads=(*READS, "theme", "system"), mode="incidents"
    )
    def show(scene: Scene) -> list[Component]:
        if not scene.view.pattern:
            return []
        kind = PatternKind(scene.view.pattern)
        if kind in finding.FINER and finding.level(scene) is None:
            return [states.empty(scene.say("finding.no_places"))]
        found = screen.patterns.found(
            scene.db, scene.city, kind, finding.question(scene), scene.view.language
        )
        return draw(scene, kind, found)

    screen.mirrors(Output(Id.PATTERN_CLASS, "value"), classes.CHOSEN, reads=("part",))
    screen.mirrors(
        Output(Id.PATTERNS, "className"),
        "(view) => 'cg-part cg-patterns' + (view.case !== null ? ' cg-times-off' : '')"
        " + (view.pattern ? ' cg-patterns-on' : '')",
        reads=("case", "pattern"),
    )


def head(scene: Scene) -> list[Component]:
    """Return the choice of patterns, of levels, and of what divides."""
    say, view = scene.say, scene.view
    period = finding.span(view, scene.city, scene.now)
    days = " – ".join(numerals.day(day, view.language) for day in (period.first, period.last))
    title: list[Component] = [html.H2(say("finding.title"), className="cg-title")]
    if view.pattern:
        title.append(html.Small(days, className="cg-quiet"))
    kinds = [
        _chip(f"pattern:{kind}", say(f"pattern.{kind}"), is_on=view.pattern == kind)
        for kind in PatternKind
    ]
    parts: list[Component] = [
        html.Div(title, className="cg-title-row"),
        html.Div(kinds, className="cg-asks", role="group",
                 **attrs(aria_label=say("finding.which"))),
    ]  # fmt: skip
    if not view.pattern:
        return [*parts, html.P(say("finding.hint"), className="cg-quiet")]
    if view.pattern == PatternKind.HOT_SPOTS.value:
        ways = [
            _chip(f"per_people:{way}", say(f"finding.per_{way or 'nothing'}"),
                  is_on=view.per_people == bool(way))
            for way in ("", "people")
        ]  # fmt: skip
        parts.append(html.Div(ways, className="cg-asks", role="group",
                              **attrs(aria_label=say("finding.per"))))  # fmt: skip
    below = finding.levels(scene)
    if view.pattern in finding.FINER and len(below) > 1:
        at = finding.level(scene)
        named = {each.number: each.names for each in scene.city.main.levels}
        some = [_chip(f"level:{n}", scene.named(named[n]), is_on=n == at) for n in below]
        parts.append(html.Div(some, className="cg-asks", role="group",
                              **attrs(aria_label=say("finding.level"))))  # fmt: skip
    return parts


def _chip(key: str, text: str, *, is_on: bool) -> Component:
    return html.Button(
        text,
        id=act(Act.ASK, key),
        className="cg-ask",
        type="button",
        **attrs(aria_pressed=str(is_on).lower()),
    )


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
            f"pattern_cases:{row['place']}", names.get(row["place"], ""),
            say(f"finding.state_{row['state']}"),
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
                _row(f"pattern_cases:{place}", names.get(place, ""),
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


def _row(key: str, name: str, about: str, value: str, colour: str | None) -> Component:
    mark = [html.Span(className="cg-times-mark", style={"background": colour})] if colour else []
    return html.Button(
        [
            html.Span([*mark, name, html.Small(about)], className="cg-row-name"),
            html.Span(value, className="cg-row-value"),
        ],
        id=act(Act.ASK, key),
        className="cg-row cg-row-two",
        type="button",
    )


def _names(scene: Scene, rows: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {
        unit: scene.named(called)
        for unit, (_, called) in places.names_of(scene.db, [row["place"] for row in rows]).items()
    }


def _more(scene: Scene, shown: int, of: int) -> list[Component]:
    if shown >= of:
        return []
    return [html.P(scene.say("finding.more", n=numerals.number(of - shown)), className="cg-quiet")]
