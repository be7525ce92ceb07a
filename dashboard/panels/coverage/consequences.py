"""What else a scenario changes: room at facilities, whose people are whose, and units."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from dash import html
from dash.development.base_component import Component
from sqlalchemy import select

from dashboard import numerals
from dashboard.coverage import tried
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.elements import attrs
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from gis.tables import facility
from layers.coverage.changes import Open
from layers.coverage.charges import NONE, handed_over
from layers.coverage.compared import Comparison, number_apart
from layers.coverage.room import UNKNOWN
from layers.coverage.scenarios import Scenario

# Facilities whose area of responsibility changes most.
MOST = 6


def draw(
    scene: Scene, scenario: Scenario, against: Scenario | None, both: Comparison, at: int
) -> list[Component]:
    """Return what becomes of room, of areas of responsibility, and of units.

    Parameters
    ----------
    at
        The place of the unit in focus.
    """
    return [
        *_room(scene, both, at),
        *_charges(scene, scenario, against, both),
        *_units(scene, both),
    ]


def heads(scene: Scene, against: Scenario | None, *keys: str) -> list[Component]:
    """Return the heads of columns: before, as today or what is compared with has it, after."""
    words_ = ("before_against" if key == "before" and against else key for key in keys)
    return [html.Th(scene.say(f"scenarios.{word}"), scope="col") for word in words_]


def _room(scene: Scene, both: Comparison, at: int) -> list[Component]:
    one, other = both.room_before, both.room_after
    if one is None or other is None or not one.is_told[at]:
        return []
    say, to = scene.say, rounded_to(scene)
    parts: list[Component] = [html.H3(say("scenarios.room"))]
    who = words.users(scene, one.users)
    if one.users.is_held:
        before, after = (rounded(float(each.over[at]), to) for each in (one, other))
        said = say("scenarios.room_over", who=who, before=numerals.number(before),
                   after=numerals.number(after))  # fmt: skip
        parts.append(html.P(said, **attrs(data_room="over")))
    each = [float(room.per_1000[at]) for room in (one, other)]
    if np.isfinite(each).all():
        was, then = (numerals.number(round(n, 1)) for n in each)
        parts.append(html.P(say("scenarios.room_per", before=was, after=then, who=who)))
    unknown = int((other.capacity == UNKNOWN).sum())
    if unknown:
        parts.append(
            html.P(say("cover.room_unknown", n=numerals.number(unknown)), className="cg-quiet")
        )
    return parts


def _charges(
    scene: Scene, scenario: Scenario, against: Scenario | None, both: Comparison
) -> list[Component]:
    """Return which facilities get more people to answer for, and which fewer."""
    say, to = scene.say, rounded_to(scene)
    one, other = both.charges_before, both.charges_after
    handed = handed_over(one, other)
    if not np.isfinite(handed):
        return []
    head = html.H3(say("scenarios.charges"))
    if not handed:
        return [head, html.P(say("scenarios.charges_same"), className="cg-quiet")]
    ids = np.union1d(one.facility, other.facility)
    ids = ids[ids != NONE]
    before, after = one.by_facility(ids), other.by_facility(ids)
    most = np.argsort(-np.abs(after - before), kind="stable")[:MOST]
    most = most[np.abs(after - before)[most] >= 0.5 * to]
    names = _names(scene, scenario, against, ids[most].tolist())
    rows = [
        html.Tr(
            [
                html.Th(names[int(ids[k])], scope="row"),
                *(html.Td(numerals.number(rounded(float(n[k]), to))) for n in (before, after)),
            ],
            **attrs(data_charge=str(int(ids[k]))),
        )
        for k in most.tolist()
    ]
    table = html.Table(
        [
            html.Caption(say("scenarios.charges_of"), className="cg-quiet"),
            html.Thead(html.Tr([html.Th(), *heads(scene, against, "before", "after")])),
            html.Tbody(rows),
        ],
        className="cg-reached-table",
    )
    said = say("scenarios.handed_over", n=numerals.number(rounded(handed, to)))
    return [head, html.P(said), *([table] if rows else [])]


def _names(
    scene: Scene, scenario: Scenario, against: Scenario | None, ids: list[int]
) -> dict[int, str]:
    c = facility.c
    found = dict(scene.db.execute(select(c.id, c.name).where(c.id.in_(ids))).all())
    for n, name, site in _opened(scenario):
        found[-n] = name or scene.say("scenarios.new_site", site=site)
    if against is not None:
        for n, name, site in _opened(against):
            of = scene.say("scenarios.new_site_of", site=site, name=against.name)
            found[number_apart(n)] = name or of
    return {number: found.get(number, str(number)) for number in ids}


def _opened(scenario: Scenario) -> Iterator[tuple[int, str, str]]:
    """Yield which of a scenario's changes open something, its name, and its sign on the map."""
    opened = [(n, each) for n, each in enumerate(scenario.changes, 1) if isinstance(each, Open)]
    for order, (n, each) in enumerate(opened):
        yield n, each.name, tried.letter(order) if order < tried.MOST else str(order + 1)


def _units(scene: Scene, both: Comparison) -> list[Component]:
    """Return the units that a change order would make."""
    if not both.new:
        return []
    say = scene.say
    items = [
        html.Li(
            [
                html.Span(scene.named(each.names)),
                html.Span(
                    say("scenarios.new_people", n=numerals.number(each.people),
                        m=numerals.number(each.people - each.reached))
                    if np.isfinite(each.people)
                    else numerals.NO_NUMBER
                ),
            ]
        )
        for each in both.new[:MOST]
    ]  # fmt: skip
    head = html.H3(say("scenarios.new_units", n=len(both.new)))
    return [head, html.Ul(items, className="cg-scenario-units")]
