"""The addresses that are not reached: a table by grid, and that of one grid, each to its house."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.coverage.question import ASKED, question
from dashboard.coverage.uncovered import Address, Grid, Listed, listed
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels import table_sheet
from dashboard.panels.coverage import words
from dashboard.scene import Scene

SLOT = Id.GAPS
# Keep the answer well under 300 kB; the file has them all.
MOST_GRIDS, MOST_ADDRESSES = 200, 300


def layout() -> Component:
    """Return the dialog, closed."""
    return table_sheet.layout(Id.GAPS)


def register(screen: Screen) -> None:
    """Follow question and place while the list is open; the browser opens and closes it."""

    @screen.shows(
        Output(Id.GAPS, "children"),
        reads=("listed", "unit", "zoning", "language", *ASKED),
        mode="coverage",
    )
    def show(scene: Scene) -> list[Component]:
        if scene.view.listed is None:
            return [table_sheet.waiting()]
        return draw(scene, listed(scene, screen.coverage))

    screen.mirrors(
        Output(Id.GAPS, "data-shown"),
        "(view) => window.citygrid.gaps(view)",
        reads=("mode", "listed"),
    )


def button(scene: Scene) -> Component:
    """Return what opens the list of the place in focus."""
    return html.Button(
        [icon("list"), scene.say("gaps.open")],
        className="cg-button cg-button-icon", type="button",
        **attrs(data_does="gaps", data_unit=scene.focus.id),
    )  # fmt: skip


def draw(scene: Scene, found: Listed) -> list[Component]:
    """Return the list."""
    body = _addresses(scene, found.addresses) if found.addresses else _grids(scene, found.grids)
    return [_head(scene, found), *body]


def _head(scene: Scene, found: Listed) -> Component:
    say, asked = scene.say, question(scene.view, scene.city)
    close = html.Button(
        icon("close", size="20"), className="cg-icon-button", type="button",
        title=say("head.close"), **attrs(aria_label=say("head.close"), data_does="gaps-close"),
    )  # fmt: skip
    about = say(
        "gaps.about", facilities=words.facilities(scene, asked), within=words.within(scene, asked),
        buildings=numerals.number(found.buildings), doors=numerals.number(found.doors),
    )  # fmt: skip
    back = []
    if found.addresses and found.unit_id != scene.unit.id:
        back = [
            html.Button(
                say("gaps.all", place=scene.named(scene.unit.names)), className="cg-link",
                type="button", **attrs(data_does="gaps", data_unit=scene.unit.id),
            )
        ]  # fmt: skip
    return html.Header(
        [
            html.Div(
                [
                    html.P(say("mode.coverage"), className="cg-sheet-kind"),
                    html.H1(say("gaps.title", place=found.name)),
                    html.P(about, className="cg-quiet"),
                    *back,
                ]
            ),
            html.Div([close], className="cg-sheet-does"),
        ],
        className="cg-sheet-head",
    )


def _grids(scene: Scene, grids: tuple[Grid, ...]) -> list[Component]:
    if not grids:
        return [states.empty(scene.say("gaps.none"))]
    body = [
        html.Tr(
            [
                html.Th(
                    html.Button(
                        each.name, className="cg-link", type="button",
                        **attrs(data_does="gaps", data_unit=each.unit_id),
                    ),
                    scope="row",
                ),
                html.Td(each.code),
                html.Td(numerals.number(each.buildings), className="cg-sheet-number"),
                html.Td(numerals.number(each.doors), className="cg-sheet-number"),
            ],
            **attrs(data_grid=each.unit_id),
        )
        for each in grids[:MOST_GRIDS]
    ]  # fmt: skip
    return _table(scene, ("grid", "code", "buildings", "doors"), 2, body, len(grids))


def _addresses(scene: Scene, addresses: tuple[Address, ...]) -> list[Component]:
    body = []
    for each in addresses[:MOST_ADDRESSES]:
        gap = each.gap
        name = html.Button(
            gap.building or gap.address or gap.building_code,
            id=act(Act.GO, f"building:{each.building_id}"), className="cg-link", type="button",
        )  # fmt: skip
        cells = [_number(gap.doors_uncovered), _number(gap.minutes), _number(gap.straight_m)]
        body.append(
            html.Tr(
                [
                    html.Th(name, scope="row"),
                    html.Td(gap.address or numerals.NO_NUMBER),
                    html.Td(gap.door or numerals.NO_NUMBER),
                    *(html.Td(cell, className="cg-sheet-number") for cell in cells),
                ],
                **attrs(data_building=each.building_id),
            )
        )
    columns = ("building", "address", "door", "doors", "minutes", "straight")
    return _table(scene, columns, 3, body, len(addresses))


def _table(
    scene: Scene, columns: tuple[str, ...], texts: int, body: Sequence[Component], count: int
) -> list[Component]:
    say = scene.say
    heads = [
        html.Th(say(f"gaps.{key}"), scope="col", className="cg-sheet-number" if at >= texts else "")
        for at, key in enumerate(columns)
    ]
    notes = []
    if count > len(body):
        notes.append(say("ranking.first", n=numerals.number(len(body))))
    if "door" in columns:
        notes.append(say("gaps.why_doors"))
    return [
        html.Section(
            [
                html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)]),
                         className="cg-sheet-table", tabIndex="0"),
                *(html.P(note, className="cg-quiet") for note in notes),
            ],
            className="cg-sheet-part",
        )
    ]  # fmt: skip


def _number(number: float | None) -> str:
    return numerals.NO_NUMBER if number is None else numerals.number(number)
