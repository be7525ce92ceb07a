"""The list by stage: a column for each with its count, a card for each incident.

A card is moved on by its next step, by pointer or keys: assets/stages.js.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.elements import attrs
from dashboard.ids import Act, act
from dashboard.incidents.asking import Board, Wanted
from dashboard.panels.incidents import clocks, doing, tags
from dashboard.scene import Scene
from gis.access.viewer import Viewer
from layers.catalog.incidents import STAGES
from layers.handling import standing
from layers.handling.case import Case
from layers.handling.lists import Listing, pressing
from layers.handling.stages import SUPERVISING, Stage

# The clock's colour of a card.
_COLOURS: Mapping[Listing, str] = MappingProxyType(
    {Listing.OVERDUE: "overdue", Listing.SOON: "soon", Listing.OPEN: "ok", Listing.CLOSED: "quiet"}
)


def draw(scene: Scene, viewer: Viewer, board: Board) -> list[Component]:
    """Return the board; its columns hold what the list does."""
    # A list of open incidents has no column of closed ones.
    shown = [each for each in Stage if each is not Stage.CLOSED or board.counts[each]]
    able = {act for each in board.told.cases for act in standing.acts(viewer, each)}
    return [
        html.Div(
            [_column(scene, viewer, board, each) for each in shown],
            className="cg-board",
            role="group",
            title=scene.say("cases.board_hint"),
            **{**doing.told(scene, able), **attrs(aria_label=scene.say("cases.form_board"))},
        )
    ]


def _column(scene: Scene, viewer: Viewer, board: Board, stage: Stage) -> Component:
    name, count, cases = scene.named(STAGES[stage]), board.counts[stage], board.columns[stage]
    more = count - len(cases)
    foot = [html.P(scene.say("cases.more_cards", n=numerals.number(more)), className="cg-quiet")]
    return html.Section(
        [
            html.H3(
                [name, html.Small(numerals.number(count), className="cg-count")],
                className="cg-board-head",
            ),
            html.Ol([_card(scene, viewer, board.told, case) for case in cases]),
            *(foot if more else []),
        ],
        className="cg-board-column",
        **attrs(data_stage=stage.value, aria_label=f"{name} {count}"),
    )


def _card(scene: Scene, viewer: Viewer, told: Wanted, case: Case) -> Component:
    clock = clocks.of(scene, case)
    where = case.address or told.places.get(case.id, "")
    following = standing.next_act(viewer, case)
    next_ = following if following not in SUPERVISING else None
    opens = html.Button(
        [
            html.Span(told.called(scene, case), className="cg-order-title"),
            html.Small(where, className="cg-quiet"),
            html.Span(
                [
                    *tags.severity(scene, case),
                    *tags.supervised(scene, case),
                    *tags.escalated(scene, case),
                    *([clock] if clock else []),
                ],
                className="cg-case-top",
            ),
        ],
        id=act(Act.CASE, case.id),
        className="cg-card-open",
        type="button",
        **attrs(aria_current=str(scene.view.case == case.id).lower()),
    )
    colour = _COLOURS[pressing(case, told.soon)]
    to = standing.after(case, next_).value if next_ else ""
    return html.Li(
        [opens, *([doing.button(scene, case, next_)] if next_ else [])],
        className=f"cg-card cg-card-{colour}",
        draggable="true" if to else "false",
        **attrs(data_case=case.key, data_version=str(case.version), data_to=to),
    )
