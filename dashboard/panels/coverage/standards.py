"""The page of standard indicators: what each unit lacks, and how many facilities there are."""

from __future__ import annotations

import numpy as np
from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.coverage.standards import Row, Standards, standards
from dashboard.elements import attrs, hidden, icon
from dashboard.ids import Act, Id, act
from dashboard.panels import table_sheet
from dashboard.panels.coverage import amounts, words
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from layers.coverage import by_day
from layers.coverage.indicators import MISSING, SERVED, Sourced

SLOT = Id.STANDARDS
# Keeps the answer well under 300 kB; the map shows them all.
MOST_ROWS = 150
# A year of month ends.
MOST_DAYS = 13
PEOPLE = "people"


def layout() -> Component:
    """Return the dialog, closed."""
    return table_sheet.layout(Id.STANDARDS)


def register(screen: Screen) -> None:
    """Follow the place while the page is open; the browser opens and closes it."""

    @screen.shows(
        Output(Id.STANDARDS, "children"),
        reads=("sheet", "unit", "level", "states", "language"),
        mode="coverage",
    )
    def show(scene: Scene) -> list[Component]:
        if not scene.view.sheet:
            return [table_sheet.waiting()]
        return draw(scene, standards(scene, screen.coverage, MOST_ROWS))

    screen.mirrors(
        Output(Id.STANDARDS, "data-shown"),
        "(view) => window.citygrid.standards(view)",
        reads=("mode", "sheet"),
    )


def draw(scene: Scene, found: Standards) -> list[Component]:
    """Return the page."""
    return [
        _head(scene),
        _units(scene, found),
        *_days(scene, found),
        amounts.stocks(scene, found),
        *(amounts.charge(scene, found, each) for each in found.charges),
        _sources(scene, found),
    ]


def _head(scene: Scene) -> Component:
    say = scene.say
    close = html.Button(
        icon("close", size="20"), className="cg-icon-button", type="button",
        title=say("head.close"), **attrs(aria_label=say("head.close"), data_does="standards-close"),
    )  # fmt: skip
    signs = [
        _sign(scene, share, say(key, n=f"{edge:.0%}"))
        for share, key, edge in (
            (1.0, "cover.sign_served", SERVED),
            ((SERVED + MISSING) / 2, "cover.sign_partly", MISSING),
            (0.0, "cover.sign_missing", MISSING),
        )
    ]
    return html.Header(
        [
            html.Div(
                [
                    html.P(say("mode.coverage"), className="cg-sheet-kind"),
                    html.H1(say("cover.all_standards")),
                    html.P(say("cover.standards_why"), className="cg-quiet"),
                    html.P(signs, className="cg-standards-signs"),
                ]
            ),
            html.Div([*_links(scene), close], className="cg-sheet-does"),
        ],
        className="cg-sheet-head",
    )


def _links(scene: Scene) -> list[Component]:
    """Return what takes the page out; nothing for who may take nothing out."""
    if not VIEWER.get().may(Right.EXPORT):
        return []
    view = scene.view
    names = ("unit", "level", "states", "language")
    asked = View(**{name: getattr(view, name) for name in names}).to_address()
    return [
        html.A(
            [icon("download"), form.upper()], href=f"coverage/standards.{form}{asked}",
            className="cg-button cg-button-icon", download="",
        )
        for form in ("xlsx", "pdf")
    ]  # fmt: skip


def _sign(scene: Scene, share: float, said: str) -> Component:
    kind = _kind(share)
    shape = {"ok": "dot", "soon": "triangle", "overdue": "square"}[kind]
    return html.Span(
        [icon(shape, size="10"), said], className=f"cg-status cg-status-{kind}",
        lang="zh-CN" if scene.view.language == "zh" else "en",
    )  # fmt: skip


def _kind(share: float) -> str:
    return "ok" if share >= SERVED else "soon" if share >= MISSING else "overdue"


def _units(scene: Scene, found: Standards) -> Component:
    say = scene.say
    level = scene.named(scene.level.names) if scene.level else ""
    heads = [
        html.Th(level or say("ranking.name"), scope="col"),
        *_heads(scene, found),
        html.Th(say("cover.missing_n"), scope="col", className="cg-sheet-number"),
    ]  # fmt: skip
    body = [_row(scene, found.whole, is_whole=True)]
    body += [_row(scene, row) for row in found.rows if row.unit_id != found.whole.unit_id]
    notes = []
    if found.count > len(found.rows):
        notes.append(say("ranking.first", n=numerals.number(len(found.rows))))
    if any(row.is_withheld for row in found.rows):
        number = scene.level.number if scene.level else scene.unit.level
        notes.append(f"* {scene.why_withheld(PEOPLE, number)}")
    notes += [
        say("cover.without_area", name=scene.named(found.indicators[key].names),
            n=numerals.number(n))
        for key, n in found.without_area.items()
    ]  # fmt: skip
    return html.Section(
        [
            html.H2([say("cover.standards_units"),
                     html.Small(numerals.number(found.count), className="cg-count")]),
            html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)]),
                     className="cg-sheet-table", tabIndex="0"),
            *(html.P(note, className="cg-quiet") for note in notes),
        ],
        className="cg-sheet-part",
    )  # fmt: skip


def _heads(scene: Scene, found: Standards) -> list[Component]:
    """Return the columns of indicators; pointed at, each says how far it may be and who says so."""
    return [
        html.Th(
            scene.named(each.names),
            title=scene.say("error.between").join(
                filter(None, (words.within(scene, each.question), words.source(scene, each)))
            ),
            scope="col",
            className="cg-sheet-number",
        )
        for each in found.indicators.values()
    ]


def _row(scene: Scene, row: Row, *, is_whole: bool = False) -> Component:
    name: Component | str = row.name
    if not is_whole:
        name = html.Button(
            row.name, id=act(Act.GO, f"unit:{row.unit_id}"), className="cg-link", type="button"
        )
    cells = [
        html.Td(_share(scene, row, key), className="cg-sheet-number", **attrs(data_indicator=key))
        for key in row.covered
    ]
    count = numerals.number(len(row.missing)) if np.isfinite(row.people) else numerals.NO_NUMBER
    return html.Tr(
        [html.Th(name, scope="row"), *cells, html.Td(count, className="cg-sheet-number")],
        className="cg-standards-whole" if is_whole else "",
        **attrs(data_unit=row.unit_id),
    )


def _share(scene: Scene, row: Row, key: str) -> Component | str:
    share = row.covered[key]
    if not np.isfinite(share):
        level = scene.level.number if scene.level else scene.unit.level
        return scene.withheld(PEOPLE, level) if row.is_withheld else numerals.NO_NUMBER
    kind = _kind(share)
    shape = {"ok": "dot", "soon": "triangle", "overdue": "square"}[kind]
    # Rounded downwards: what is not all is not written as all.
    written = f"{np.floor(share * 100):.0f}%"
    said = hidden(scene.say(f"cover.said_{kind}"))
    return html.Span([icon(shape, size="10"), written, said],
                     className=f"cg-status cg-status-{kind}")  # fmt: skip


def _days(scene: Scene, found: Standards) -> list[Component]:
    """Return what the indicators came to at the ends of months, by public numbers."""
    kept = by_day.shares(scene.db, scene.unit.id, most=MOST_DAYS)
    if not kept:
        return []
    say = scene.say
    heads = [
        html.Th(say("cover.kept_day"), scope="col"),
        *_heads(scene, found),
    ]
    body = [
        html.Tr(
            [
                html.Th(numerals.day(day, scene.view.language), scope="row"),
                *(
                    html.Td(
                        numerals.NO_NUMBER if (share := shares.get(key)) is None
                        # Rounded downwards: what is not all is not written as all.
                        else f"{np.floor(share * 100):.0f}%",
                        className="cg-sheet-number",
                    )
                    for key in found.indicators
                ),
            ],
            **attrs(data_day=day.isoformat()),
        )
        for day, shares in kept.items()
    ]  # fmt: skip
    return [
        html.Section(
            [
                html.H2(say("cover.kept_days", place=found.whole.name)),
                html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)]),
                         className="cg-sheet-table", tabIndex="0"),
                html.P(say("cover.kept_why"), className="cg-quiet"),
            ],
            className="cg-sheet-part",
        )
    ]  # fmt: skip


def _sources(scene: Scene, found: Standards) -> Component:
    """Return who says how near and how much: the standards that the numbers are from."""
    said: list[Sourced] = [*found.indicators.values()]
    said += [amount.quota for amount in found.amounts if amount.quota]
    said += [charge.duty for charge in found.charges]
    # One of whose numbers some were compared and some not stands there twice.
    each = dict.fromkeys(filter(None, (words.source(scene, one) for one in said)))
    known = scene.say("error.between").join(each)
    parts = [html.P(scene.say("cover.standards_from", sources=known), className="cg-quiet")]
    if not all(one.is_checked for one in said):
        parts.append(html.P(scene.say("cover.unchecked_why"), className="cg-quiet"))
    return html.Div(parts, **attrs(data_part="sources"))
