"""The units below this one by the people they leave uncovered, most first."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage.desk import Desk
from dashboard.coverage.gaps import Line, ranked
from dashboard.scene import Scene
from layers import statistics

Columns = list[dict[str, Any]]
PEOPLE = "people"


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
    if any(line.is_withheld for line in lines):
        notes.append(f"* {scene.why_withheld(PEOPLE, _level(scene))}")
    if scene.unit.parent_id is None:
        lost = statistics.outside(scene.db, scene.zoning_id, [PEOPLE])[PEOPLE]
        if lost:
            notes.append(scene.say("ranking.outside", n=numerals.number(lost)))
    return numerals.number(count), columns(scene), rows(scene, lines), list(map(html.P, notes))


def columns(scene: Scene) -> Columns:
    """Return the columns: rank, name, people uncovered, and their share with its bar."""
    say = scene.say
    return [
        {"field": "rank", "headerName": say("ranking.rank"), "width": 34, "maxWidth": 40,
         "cellClass": "cg-rank-cell"},
        {"field": "name", "headerName": say("ranking.name"), "tooltipField": "code",
         "minWidth": 90, "flex": 14},
        {"field": "uncovered", "headerName": say("cover.uncovered"),
         "headerTooltip": say("cover.uncovered_why"), "type": "rightAligned",
         "valueFormatter": {"function": "params.data.shownUncovered"},
         "sortingOrder": ["desc", "asc"], "minWidth": 86, "flex": 7},
        {"field": "value", "headerName": say("cover.share"),
         "headerTooltip": say("cover.share_uncovered"), "cellRenderer": "BarCell",
         "type": "rightAligned", "sortingOrder": ["desc", "asc"], "minWidth": 80, "flex": 8},
    ]  # fmt: skip


def rows(scene: Scene, lines: list[Line]) -> list[dict[str, Any]]:
    """Return the rows as the table takes them."""
    chosen, withheld = scene.view.pick, scene.withheld(PEOPLE, _level(scene))
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
                "shownUncovered": numerals.number(line.uncovered) if is_known else silent,
                "value": line.share if is_known else None,
                "shown": numerals.percent(line.share) if is_known else silent,
                "share": line.share if is_known else None,
                "picked": line.unit_id == chosen,
                "own": False,
            }
        )
    return found


def _level(scene: Scene) -> int:
    return scene.level.number if scene.level else scene.unit.level
