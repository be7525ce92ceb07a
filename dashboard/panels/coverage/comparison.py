"""A scenario beside today or another scenario: whom it reaches more, whom less, and where."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage.desk import Desk
from dashboard.coverage.gaps import shown
from dashboard.coverage.question import address
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.panels.coverage import consequences, said, words
from dashboard.scene import Scene
from dashboard.text import explained
from dashboard.viewing import VIEWER
from gis import places
from gis.access.posts import Right
from gis.errors import CityGridError
from layers.catalog.facilities import KINDS
from layers.coverage import scenarios
from layers.coverage.compared import Comparison
from layers.coverage.scenarios import Scenario
from layers.coverage.seen import BUILDINGS, Numbers

GROUPS = ("people", "0_14", "15_59", "60", "households", BUILDINGS)
# Units that change most.
MOST = 8
# Other scenarios that it may be compared with.
MOST_OTHERS = 40
# Changes that are said one by one.
MOST_SAID = 12
# What is called something else where there is one of it.
COUNTED = frozenset({"add_path", "close_road", "grow"})
FORMS = ("pdf", "xlsx")


def draw(scene: Scene, desk: Desk) -> list[Component]:
    """Return what a scenario changes; nothing while none is compared."""
    if scene.view.scenario is None:
        return []
    say, scenario = scene.say, desk.scenario(scene)
    if scenario is None:
        return [html.P(say("scenarios.gone"), role="alert"), _end(scene)]
    against = desk.against(scene)
    try:
        both = desk.compared(scene.db, scenario, against)
    except CityGridError as error:
        # What is supposed can be no more: an order was settled, a road is gone.
        why = html.P(explained(error, scene.view.language), role="alert")
        return [why, *_choosing(scene, scenario, against), _end(scene)]
    at = both.before.place(scene.focus.id)
    head = [
        html.H3(
            say("scenarios.compared_against", name=scenario.name, other=against.name)
            if against
            else say("scenarios.compared", name=scenario.name)
        ),
        html.P(_asked(scene, scenario), className="cg-quiet"),
        *_does(scene, scenario),
        *_choosing(scene, scenario, against),
    ]
    if at < 0:
        return [*head, _end(scene)]
    return [
        *head,
        _groups(scene, both, against, at),
        *_units(scene, both),
        *consequences.draw(scene, scenario, against, both, at),
        _tools(scene, scenario, against),
    ]


def _asked(scene: Scene, scenario: Scenario) -> str:
    asked = scenario.question
    kinds = scene.say("error.between").join(scene.named(KINDS[kind]) for kind in asked.kinds)
    return f"{kinds} · {words.within(scene, asked)} · {scene.named(scene.focus.names)}"


def _does(scene: Scene, scenario: Scenario) -> list[Component]:
    """Return what a scenario changes, counted and then one by one."""
    say, changes = scene.say, scenario.changes
    counts = Counter[str](each.do for each in changes)
    counted = say("scenarios.and").join(
        say(f"scenarios.does_{do}{'_one' * (counts[do] == 1 and do in COUNTED)}", n=counts[do])
        for do in said.DOES
        if counts[do]
    )
    each = said.sentences(scene, changes[:MOST_SAID])
    rest = len(changes) - len(each)
    lines = [html.Li(sentence) for sentence in each]
    if rest:
        lines.append(html.Li(say("scenarios.and_more", n=rest)))
    return [
        html.P(counted, className="cg-quiet"),
        html.Ul(lines, className="cg-scenario-said"),
    ]


def _choosing(scene: Scene, scenario: Scenario, against: Scenario | None) -> list[Component]:
    """Return what a scenario may be compared with: today, or others about the same facilities."""
    say, kinds = scene.say, set(scenario.question.kinds)
    others = [
        each for each in scenarios.listed(scene.db)
        if each.id != scenario.id and kinds.intersection(each.question.kinds)
    ][:MOST_OTHERS]  # fmt: skip
    if not others and against is None:
        return []
    today = say("scenarios.before")
    choices = [("", today), *((str(each.id), each.name) for each in others)]
    now = str(against.id) if against else ""
    items = [
        html.Li(
            html.Button(
                name, id=act(Act.ASK, f"against:{number}"), className="cg-ask", type="button",
                **attrs(aria_pressed=str(number == now).lower()),
            )
        )
        for number, name in choices
    ]  # fmt: skip
    summary = say("scenarios.compared_with", name=against.name if against else today)
    return [
        html.Details(
            [html.Summary(summary), html.Ul(items, className="cg-scenario-against")],
            **attrs(data_fold="against"),
        )
    ]


def _groups(scene: Scene, both: Comparison, against: Scenario | None, at: int) -> Component:
    say = scene.say
    columns = consequences.heads(scene, against, "before", "after", "change")
    rows = [
        _group(scene, key, both.before.numbers[key], both.after.numbers[key], at) for key in GROUPS
    ]
    return html.Table(
        [
            html.Caption(say("scenarios.uncovered"), className="cg-quiet"),
            html.Thead(html.Tr([html.Th(), *columns])),
            html.Tbody(rows),
        ],
        className="cg-reached-table",
    )


def _group(scene: Scene, key: str, before: Numbers, after: Numbers, at: int) -> Component:
    name = key if key in ("households", BUILDINGS) else "people"
    if before.is_withheld[at]:
        written = [scene.withheld(name, int(scene.focus.level))] * 2 + [numerals.NO_NUMBER]
    else:
        one, other = float(before.uncovered[at]), float(after.uncovered[at])
        written = [numerals.number(one), numerals.number(other), change(other - one)]
    is_part = key in ("0_14", "15_59", "60")
    return html.Tr(
        [
            html.Th(scene.say(f"cover.group_{key}"), scope="row",
                    className="cg-reached-part" if is_part else ""),
            *(html.Td(text) for text in written),
        ],
        **attrs(data_changed=key),
    )  # fmt: skip


def change(number: float) -> str:
    """Write a difference with its sign."""
    written = numerals.number(number)
    return f"+{written}" if number > 0 else written


def _units(scene: Scene, both: Comparison) -> list[Component]:
    """Return the units whose people covered change most, the worst first."""
    say = scene.say
    at = shown(scene, both.before)
    gained = both.gained("people")[at]
    withheld = int(both.before.people.is_withheld[at].sum())
    most = np.argsort(-np.abs(np.nan_to_num(gained)), kind="stable")[:MOST]
    most = most[np.nan_to_num(gained[most]) != 0]
    most = most[np.argsort(gained[most], kind="stable")]
    ids = both.before.tree.ids[at[most]].tolist()
    named = places.names_of(scene.db, ids)
    items = [
        html.Li(
            [
                html.Button(
                    scene.named(named[unit][1]), id=act(Act.GO, f"unit:{unit}"),
                    className="cg-link", type="button",
                ),
                html.Span(change(float(gained[k]))),
            ],
            **attrs(data_unit=str(unit)),
        )
        for unit, k in zip(ids, most.tolist(), strict=True)
        if unit in named
    ]  # fmt: skip
    level = scene.named(scene.level.names) if scene.level else ""
    parts: list[Component] = [html.H3(say("scenarios.units", level=level), className="cg-quiet")]
    if items:
        parts.append(html.Ol(items, className="cg-scenario-units"))
    else:
        parts.append(html.P(say("scenarios.no_units"), className="cg-quiet"))
    if withheld:
        parts.append(html.P(say("scenarios.untold", n=withheld), className="cg-quiet"))
    return parts


def _tools(scene: Scene, scenario: Scenario, against: Scenario | None) -> Component:
    say, tools = scene.say, []
    if VIEWER.get().may(Right.EXPORT):
        asked = address(scene.view, "unit", "level")
        told = {"scenario": scenario.id, **({"against": against.id} if against else {})}
        query = urlencode(told)
        tools = [
            html.A(
                [icon("download"), say(f"scenarios.{form}")],
                href=f"coverage/sheet.{form}{asked}&{query}", className="cg-button",
            )
            for form in FORMS
        ]  # fmt: skip
    return html.Div([*tools, _end(scene)], className="cg-scenario-tools")


def _end(scene: Scene) -> Component:
    return html.Button(
        scene.say("scenarios.end"), id=act(Act.ASK, "scenario:"), className="cg-button",
        type="button",
    )  # fmt: skip
