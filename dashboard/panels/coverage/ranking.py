"""The units below this one by how many they leave uncovered, most first."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage.desk import Desk
from dashboard.coverage.gaps import MINUTES, ROOM, Line, counted, ranked, written
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from layers import statistics
from layers.coverage.released import HOUSEHOLDS, PEOPLE

Columns = list[dict[str, Any]]
# The heading of the number, and its tooltip, where it is not of those uncovered.
HEADS = {ROOM: ("no_room_short", "no_room_why"), MINUTES: ("mean_minutes", "mean_minutes_why")}


def shown(
    scene: Scene, desk: Desk, most: int
) -> tuple[str, Columns, list[dict[str, Any]], list[Component]]:
    """Return how many units there are, the table's columns and rows, and what it leaves out."""
    lines, count = ranked(scene, desk, most)
    notes = []
    if count > most:
        notes.append(scene.say("ranking.first", n=numerals.number(most)))
    if not lines:
        notes.append(scene.say("ranking.empty"))
    of, _ = counted(scene, desk)
    if any(line.is_withheld for line in lines):
        notes.append(f"* {scene.why_withheld(_released(of), _level(scene))}")
    if scene.unit.parent_id is None:
        lost = statistics.outside(scene.db, scene.zoning_id, [PEOPLE])[PEOPLE]
        if lost:
            notes.append(scene.say("ranking.outside", n=numerals.number(lost)))
    has_places = any(np.isfinite(line.per_1000) for line in lines)
    return (
        numerals.number(count),
        columns(scene, of, has_places=has_places),
        rows(scene, lines, of),
        list(map(html.P, notes)),
    )


def _released(of: str) -> str:
    """Return the released number that somebody's is withheld with."""
    return HOUSEHOLDS if of == HOUSEHOLDS else PEOPLE


def columns(scene: Scene, of: str, *, has_places: bool) -> Columns:
    """Return the columns: rank, name, how many are uncovered, and their share with its bar.

    Parameters
    ----------
    has_places
        With the places in reach of a thousand people as the last column.
    """
    say = scene.say
    who = say("cover.who_people" if of in (ROOM, MINUTES) else f"cover.who_{of}")
    head, why = HEADS.get(of, ("uncovered", "uncovered_why"))
    # Beside another column each of them is as narrow as its words.
    widths = (86, 60, 66) if has_places else (90, 86, 80)
    if has_places and head == "uncovered":
        head = "missed"
    places: Columns = [
        {"field": "places", "headerName": say("cover.per_1000"),
         "headerTooltip": say("cover.per_1000_why"), "type": "rightAligned",
         "valueFormatter": {"function": "params.data.shownPlaces"},
         "sortingOrder": ["asc", "desc"], "minWidth": 58, "flex": 6},
    ]  # fmt: skip
    return [
        {"field": "rank", "headerName": say("ranking.rank"), "width": 34, "maxWidth": 40,
         "cellClass": "cg-rank-cell"},
        {"field": "name", "headerName": say("ranking.name"),
         "tooltipValueGetter": {"function": "params.data.name + ' · ' + params.data.code"},
         # A name that is cut tells nobody which place it is.
         "wrapText": True, "autoHeight": True, "cellClass": "cg-name-cell",
         "minWidth": widths[0], "flex": 14},
        {"field": "uncovered", "headerName": say(f"cover.{head}"),
         "headerTooltip": say(f"cover.{why}", who=who),
         "type": "rightAligned",
         "valueFormatter": {"function": "params.data.shownUncovered"},
         "sortingOrder": ["desc", "asc"], "minWidth": widths[1], "flex": 7},
        {"field": "value", "headerName": say("cover.share_room" if of == ROOM else "cover.share"),
         "headerTooltip": words.measured(scene, PEOPLE if of == MINUTES else of),
         "cellRenderer": "BarCell",
         "type": "rightAligned", "sortingOrder": ["desc", "asc"], "minWidth": widths[2], "flex": 8},
        *(places if has_places else []),
    ]  # fmt: skip


def rows(scene: Scene, lines: list[Line], of: str) -> list[dict[str, Any]]:
    """Return the rows as the table takes them."""
    chosen, withheld = scene.view.pick, scene.withheld(_released(of), _level(scene))
    found = []
    for place, line in enumerate(lines, 1):
        is_known = bool(np.isfinite(line.share))
        silent = withheld if line.is_withheld else numerals.NO_NUMBER
        found.append(
            {
                "id": f"unit:{line.unit_id}",
                "rank": place if is_known else None,
                "name": f"{line.name} · {line.parent}" if line.parent else line.name,
                "code": line.code,
                "uncovered": line.uncovered if is_known else None,
                "shownUncovered": written(of, line.uncovered) if is_known else silent,
                "value": line.share if is_known else None,
                "shown": numerals.percent(line.share) if is_known else silent,
                "share": line.share if is_known else None,
                "places": line.per_1000 if np.isfinite(line.per_1000) else None,
                "shownPlaces": numerals.number(round(line.per_1000, 1)),
                "picked": line.unit_id == chosen,
                "own": False,
            }
        )
    return found


def _level(scene: Scene) -> int:
    return scene.level.number if scene.level else scene.unit.level
