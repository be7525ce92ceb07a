"""The units below this one, ranked by what is measured; below the last level, the buildings."""

from __future__ import annotations

import json
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
import numpy as np
from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.coverage.question import ASKED
from dashboard.ids import Id
from dashboard.measured import Ranking, Row, ranked
from dashboard.panels.coverage import ranking
from dashboard.panels.legend import heading, marked, why_withheld
from dashboard.panels.measure_bar import WIDGET
from dashboard.scene import Scene
from dashboard.topics import TOPICS
from layers import statistics

SLOT = Id.RANKING
# Keeps an answer well under 300 kB; the map shows them all.
MOST_ROWS = 1000

# The table reads the page's own variables, so it changes with the light by itself.
TABLE_THEME = {
    "accentColor": "var(--cg-accent)",
    "backgroundColor": "var(--cg-surface)",
    "foregroundColor": "var(--cg-text)",
    "headerBackgroundColor": "var(--cg-surface)",
    "headerTextColor": "var(--cg-secondary)",
    "rowHoverColor": "var(--cg-hover)",
    "borderColor": "var(--cg-hairline)",
    "fontFamily": "var(--cg-font)",
    "fontSize": 13,
    "headerFontSize": 12,
    "headerFontWeight": 400,
    "rowHeight": 30,
    "headerHeight": 30,
    "cellHorizontalPadding": 8,
    "rowBorder": False,
    "wrapperBorder": False,
    "wrapperBorderRadius": 0,
    "iconSize": 12,
}

Columns = list[dict[str, Any]]


def layout() -> Component:
    """Return the empty table."""
    table = dag.AgGrid(
        id=Id.TABLE,
        className="cg-table",
        getRowId="params.data.id",
        rowData=[],
        columnDefs=[],
        defaultColDef={"resizable": False, "suppressHeaderMenuButton": True},
        rowClassRules={
            "cg-picked": "params.data.picked",
            "cg-own-row": "params.data.own",
        },
        dashGridOptions={
            "theme": {"function": f"themeQuartz.withParams({json.dumps(TABLE_THEME)})"},
            "suppressMovableColumns": True,
            "suppressCellFocus": False,
            "animateRows": False,
            "enableCellTextSelection": False,
            "suppressNoRowsOverlay": True,
            "onCellKeyDown": {"function": "tableKey(params)"},
        },
        style={"height": "100%"},
    )
    return html.Section(
        [
            html.Div(
                [
                    dmc.Select(id=Id.LEVEL, className="cg-level", **WIDGET),
                    html.Span(id=Id.RANKING_HEAD, className="cg-quiet"),
                ],
                className="cg-ranking-head",
            ),
            html.Div(table, className="cg-table-frame"),
            html.Div(states.skeleton(*[20] * 8), id=Id.RANKING_FOOT, className="cg-foot-note"),
        ],
        id=Id.RANKING,
        className="cg-ranking",
    )


def register(screen: Screen) -> None:
    """Follow the place and what is measured there."""

    @screen.shows(
        Output(Id.RANKING_HEAD, "children"),
        Output(Id.TABLE, "columnDefs"),
        Output(Id.TABLE, "rowData"),
        Output(Id.RANKING_FOOT, "children"),
        reads=("mode", "unit", "pick", "building", "level", "zoning", "measure", "part", "per",
               "start", "end", "measure_news", "language", "of", *ASKED),
    )  # fmt: skip
    def show(scene: Scene) -> tuple[str, Columns, list[dict[str, Any]], list[Component]]:
        if scene.view.mode == "coverage":
            return ranking.shown(scene, screen.coverage, MOST_ROWS)
        found = ranked(scene, MOST_ROWS)
        count = numerals.number(found.count)
        return count, columns(scene), table_rows(scene, found.rows), foot(scene, found)

    @screen.shows(
        Output(Id.LEVEL, "data"),
        Output(Id.LEVEL, "value"),
        Output(Id.LEVEL, "aria-label"),
        Output(Id.LEVEL, "disabled"),
        reads=("unit", "level", "zoning", "language"),
    )
    def levels(scene: Scene) -> tuple[list[dict[str, str]], str, str, bool]:
        # The next level down has no number: it is what the view means when it names none.
        data = [
            {"value": str(level.number) if at else "", "label": scene.named(level.names)}
            for at, level in enumerate(scene.deeper)
        ] or [{"value": "", "label": scene.say("ranking.buildings")}]
        is_finer = scene.level is not None and scene.level not in scene.deeper[:1]
        value = str(scene.level.number) if scene.level and is_finer else ""
        return data, value, scene.say("measure.level"), len(data) < 2


def columns(scene: Scene) -> Columns:
    """Return the columns: rank, name, and the value with its bar."""
    title, how = heading(scene)
    return [
        {
            "field": "rank",
            "headerName": scene.say("ranking.rank"),
            "width": 34,
            "maxWidth": 40,
            "cellClass": "cg-rank-cell",
        },
        {
            "field": "name",
            "headerName": scene.say("ranking.name"),
            "tooltipField": "code",
            "minWidth": 90,
            "flex": 15,
        },
        {
            "field": "value",
            "headerName": marked(scene, title),
            "headerTooltip": f"{title} · {how}",
            "cellRenderer": "BarCell",
            "type": "rightAligned",
            "sortingOrder": ["desc", "asc"],
            "minWidth": 96,
            "flex": 10,
        },
    ]


def table_rows(scene: Scene, rows: list[Row]) -> list[dict[str, Any]]:
    """Return the rows as the table takes them."""
    known = [row.value for row in rows if np.isfinite(row.value)]
    most = max([*known, 0.0])
    chosen = f"building:{scene.view.building}" if scene.view.building else f"unit:{scene.view.pick}"
    found = []
    written = numerals.column([row.value for row in rows])
    withheld = said_of_withheld(scene)
    for row, shown in zip(rows, written, strict=True):
        is_known = bool(np.isfinite(row.value))
        found.append(
            {
                "id": row.key,
                "rank": row.rank,
                "name": f"{row.name} · {row.parent}" if row.parent else row.name,
                "code": row.code,
                "value": row.value if is_known else None,
                "shown": withheld if row.is_withheld else shown,
                "share": row.value / most if is_known and most > 0 else None,
                "picked": row.key == chosen,
                "own": row.is_own,
            }
        )
    return found


def said_of_withheld(scene: Scene) -> str:
    """Return what stands for a number that the viewer is not told."""
    view = scene.view
    if view.per or scene.level is None or not scene.zoning.is_main:
        return numerals.NO_NUMBER
    return scene.withheld(TOPICS[view.measure].name(view.part), scene.level.number)


def foot(scene: Scene, ranking: Ranking) -> list[Component]:
    """Return what the table leaves out: rows in no unit, and what is beyond its length."""
    notes = []
    if ranking.count > MOST_ROWS:
        notes.append(scene.say("ranking.first", n=numerals.number(MOST_ROWS)))
    if not ranking.rows:
        notes.append(scene.say("ranking.empty"))
    if any(row.is_withheld for row in ranking.rows):
        notes.append(f"* {why_withheld(scene)}")
    is_whole = scene.unit.parent_id is None or not scene.zoning.is_main
    name = TOPICS[scene.view.measure].name(scene.view.part)
    if is_whole:
        lost = statistics.outside(scene.db, scene.zoning_id, [name])[name]
        if lost:
            notes.append(scene.say("ranking.outside", n=numerals.number(lost)))
    return [html.P(note) for note in notes]
