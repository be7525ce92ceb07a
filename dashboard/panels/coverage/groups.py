"""Whom the answer for the place in focus is about: ages, households, buildings, people in care."""

from __future__ import annotations

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage.gaps import ROOM, group, without_room, written
from dashboard.coverage.tried import rounded_to
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from layers.coverage.released import HOUSEHOLDS, PEOPLE
from layers.coverage.room import Room
from layers.coverage.seen import BUILDINGS, FLOOR_AREA, Numbers, Seen

# What is told of a place, in this order.
AGES = ("0_14", "15_59", "60")
GROUPS = (PEOPLE, *AGES, HOUSEHOLDS, BUILDINGS, FLOOR_AREA)


def draw(scene: Scene, seen: Seen, room: Room | None, at: int) -> Component:
    """Return the numbers of each group; its name has map and ranking show it."""
    # A city that does not know people's ages has nothing to say of them.
    known = [key for key in GROUPS if key not in AGES or is_known(seen.numbers[key])]
    shown = group(scene, room)
    body = [_group(scene, key, _button(scene, key, shown), seen.numbers[key], at) for key in known]
    if room is not None and room.users.is_held:
        without = without_room(room, rounded_to(scene))
        body.append(_group(scene, ROOM, _button(scene, ROOM, shown), without, at))
    return _table(scene, scene.say("cover.groups"), body)


def is_known(numbers: Numbers) -> bool:
    """Whether anybody of a group is told of, or the number of the whole city is withheld."""
    return bool(np.nansum(numbers.all) > 0 or numbers.is_withheld[0])


def in_care(scene: Scene, seen: Seen, at: int) -> list[Component]:
    """Return the care groups: exact for who sees who is in care, as released for others."""
    known = words.told_in_care(seen.numbers)
    if not known:
        return []
    name, note = scene.say("cover.in_care"), []
    if not seen.numbers[known[0]].is_exact[at]:
        note = [html.P(scene.say("cover.in_care_why"), className="cg-quiet")]
    body = [
        _group(scene, key, words.group_name(scene, key), seen.numbers[key], at) for key in known
    ]
    return [
        html.Details(
            [
                html.Summary([icon("down"), name], className="cg-quiet"),
                _table(scene, name, body),
                *note,
            ],
            className="cg-question-more",
            **attrs(data_part="in-care"),
        )
    ]


def _table(scene: Scene, name: str, body: list[Component]) -> Component:
    head = html.Tr([html.Th(), *(html.Th(scene.say(f"cover.{key}"), scope="col")
                                 for key in ("covered", "uncovered", "share"))])  # fmt: skip
    return html.Table(
        [html.Thead(head), html.Tbody(body)], className="cg-reached-table",
        **attrs(aria_label=name),
    )  # fmt: skip


def _button(scene: Scene, key: str, shown: str) -> Component:
    return html.Button(
        words.group_name(scene, key), id=act(Act.ASK, f"of:{key}"), className="cg-reached-of",
        type="button", title=scene.say("cover.show_group"),
        **attrs(aria_pressed=str(key == shown).lower()),
    )  # fmt: skip


def _group(scene: Scene, key: str, name: Component | str, numbers: Numbers, at: int) -> Component:
    covered, uncovered = numbers.reached[at], numbers.uncovered[at]
    share = numerals.percent(float(numbers.share_uncovered[at]))
    if numbers.is_withheld[at]:
        told = [words.withheld(scene, key)] * 2
    else:
        told = [written(key, float(n)) for n in (covered, uncovered)]
    is_part = key in AGES
    return html.Tr(
        [
            html.Th(name, scope="row", className="cg-reached-part" if is_part else ""),
            *(html.Td(text) for text in (*told, share)),
        ],
        **attrs(data_group=key),
    )  # fmt: skip
