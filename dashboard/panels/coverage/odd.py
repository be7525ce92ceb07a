"""What is odd about the streets: what was joined, and which facilities and houses hang on none."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.coverage.out.odd_list import FORMS, counted
from dashboard.coverage.question import ASKED, address, question
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels import table_sheet
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from layers.coverage.odd import Odd, Off

SLOT = Id.STREETS
# Keep the answer well under 300 kB; the file has them all.
MOST = 100


def layout() -> Component:
    """Return the dialog, closed."""
    return table_sheet.layout(Id.STREETS)


def register(screen: Screen) -> None:
    """Follow the question while the report is open; the browser opens and closes it."""

    @screen.shows(
        Output(Id.STREETS, "children"), reads=("streets", "unit", "language", *ASKED),
        mode="coverage",
    )  # fmt: skip
    def show(scene: Scene) -> list[Component]:
        if not scene.view.streets:
            return [table_sheet.waiting()]
        return draw(scene, screen.coverage.odd(scene))

    screen.mirrors(
        Output(Id.STREETS, "data-shown"),
        "(view) => window.citygrid.streets(view)",
        reads=("mode", "streets"),
    )


def button(scene: Scene) -> Component:
    """Return what opens the report."""
    return html.Button(
        scene.say("streets.open"), className="cg-link cg-quiet", type="button",
        **attrs(data_does="streets"),
    )  # fmt: skip


def draw(scene: Scene, found: Odd) -> list[Component]:
    """Return the report."""
    return [
        _head(scene),
        _numbers(scene, found),
        _joined(scene, found),
        _off(scene, "facility", found.facilities_off),
        _off(scene, "door", found.doors_off),
    ]


def _head(scene: Scene) -> Component:
    say, mode = scene.say, question(scene.view, scene.city).mode
    close = html.Button(
        icon("close", size="20"), className="cg-icon-button", type="button",
        title=say("head.close"), **attrs(aria_label=say("head.close"), data_does="streets-close"),
    )  # fmt: skip
    links = []
    if VIEWER.get().may(Right.EXPORT):
        asked = address(scene.view)
        links = [
            html.A(
                [icon("download"), form.upper()], href=f"coverage/streets.{form}{asked}",
                className="cg-button cg-button-icon", download="",
            )
            for form in FORMS
        ]  # fmt: skip
    return html.Header(
        [
            html.Div(
                [
                    html.P(say("mode.coverage"), className="cg-sheet-kind"),
                    html.H1(say(f"streets.title_{mode}")),
                    html.P(say("streets.about"), className="cg-quiet"),
                ]
            ),
            html.Div([*links, close], className="cg-sheet-does"),
        ],
        className="cg-sheet-head",
    )


def _numbers(scene: Scene, found: Odd) -> Component:
    rows = [
        html.Tr([html.Th(name, scope="row"), html.Td(value)])
        for name, value in counted(scene.say, found)
    ]
    return _part(scene.say("streets.title"), None, [], rows)


def _joined(scene: Scene, found: Odd) -> Component:
    rows = [
        html.Tr(
            [
                html.Th(_go(each.road, f"spot:{each.lon:.6f},{each.lat:.6f}"), scope="row"),
                html.Td(each.to),
                html.Td(f"{each.gap_m:.2f}", className="cg-sheet-number"),
            ],
            **attrs(data_joined=each.road),
        )
        for each in found.joined[:MOST]
    ]
    heads = ("road", "to", "metres")
    return _list(scene, "joined", heads, rows, len(found.joined), len(found.joined))


def _off(scene: Scene, what: str, off: tuple[Off, ...]) -> Component:
    """Return what hangs on no street: a building once, whatever number of doors it has."""
    say, kind = scene.say, "building" if what == "door" else what
    by_id = {each.id: each for each in reversed(off)}
    shown = [by_id[number] for number in dict.fromkeys(each.id for each in off)]
    rows = [
        html.Tr(
            [
                html.Th(_go(each.name or each.key, f"{kind}:{each.id}"), scope="row"),
                html.Td(say(f"streets.why_{each.reason}")),
                html.Td(numerals.number(each.street_m), className="cg-sheet-number"),
            ],
            **attrs(**{f"data_off_{kind}": str(each.id)}),
        )
        for each in shown[:MOST]
    ]
    return _list(scene, what, (what, "why", "metres"), rows, len(off), len(shown))


def _go(name: str, where: str) -> Component:
    return html.Button(name, id=act(Act.GO, where), className="cg-link", type="button")


def _list(  # noqa: PLR0913 - a table, and how much of it there is
    scene: Scene, what: str, heads: Sequence[str], rows: Sequence[Component], count: int, lines: int
) -> Component:
    say = scene.say
    notes = [say("ranking.first", n=numerals.number(len(rows)))] if lines > len(rows) else []
    if not rows:
        notes.append(say("streets.none"))
    named = [
        html.Th(say(f"streets.column_{key}"), scope="col",
                className="cg-sheet-number" if key == "metres" else "")
        for key in heads
    ]  # fmt: skip
    return _part(say(f"streets.list_{what}"), count, named, rows, notes)


def _part(
    title: str,
    count: int | None,
    heads: Sequence[Component],
    rows: Sequence[Component],
    notes: Sequence[str] = (),
) -> Component:
    head = [html.Thead(html.Tr(heads))] if heads else []
    counted_ = [] if count is None else [html.Small(numerals.number(count), className="cg-count")]
    table = html.Div(
        html.Table([*head, html.Tbody(rows)]), className="cg-sheet-table", tabIndex="0"
    )
    return html.Section(
        [
            html.H2([title, *counted_]),
            *([table] if rows else []),
            *(html.P(note, className="cg-quiet") for note in notes),
        ],
        className="cg-sheet-part",
    )
