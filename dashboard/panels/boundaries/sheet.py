"""The impact sheet 调整影响表 of the open order: who and what changes hands, to be read."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.panels.boundaries.editor import opened
from dashboard.panels.boundaries.tags import moment, status
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.errors import BoundaryError
from gis.orders import orders
from gis.orders.order import Order
from layers import impact_sheet
from layers.catalog.buildings import USES
from layers.catalog.facilities import KINDS
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.handed_over import Step
from layers.impact_sheet import ImpactSheet, Line, Numbers, Party

SLOT = Id.SHEET
EXPORTS = ("pdf", "xlsx")
# More than this is for the exported sheet.
MOST_ROWS = 300
NO_NUMBER = numerals.NO_NUMBER


def layout() -> Component:
    """Return the dialog, closed and empty."""
    return html.Dialog(
        html.Div(id=Id.SHEET, className="cg-sheet-body"),
        className="cg-sheet",
        **attrs(data_part="sheet"),
    )


def register(screen: Screen) -> None:
    """Follow the order; asked when the sheet is opened, and while it is open."""

    @screen.shows(
        Output(Id.SHEET, "children"),
        reads=("mode", "order", "sheet", "order_news", "city_news", "language"),
    )
    def show(scene: Scene) -> list[Component]:
        order = opened(scene) if scene.view.sheet else None
        return draw(scene, order) if order else []

    screen.follows(Id.SHEET, "window.citygrid.orders.sheet")


def draw(scene: Scene, order: Order) -> list[Component]:
    """Return the sheet of an order."""
    say = scene.say
    delta = orders.delta(scene.db, order.id)
    head = _head(scene, order)
    if not delta:
        return [head, states.empty(say("sheet.nothing"))]
    try:
        sheet = impact_sheet.sheet(scene.db, VIEWER.get(), delta)
    except BoundaryError:
        said = "sheet.past" if order.effective_at else "sheet.stale"
        return [head, states.empty(say(said))]
    return [
        head,
        _units(scene, sheet),
        _pairs(scene, sheet),
        _buildings(scene, sheet),
        _estates(scene, sheet),
        _facilities(scene, sheet),
        _incidents(scene, sheet),
        _officials(scene, sheet),
        html.P(say("sheet.persons"), className="cg-quiet"),
    ]


def _head(scene: Scene, order: Order) -> Component:
    say = scene.say
    query = urlencode({"language": scene.view.language})
    links = [
        html.A(
            [icon("download"), say(f"sheet.{kind}")],
            href=f"orders/{order.id}/sheet.{kind}?{query}",
            className="cg-button cg-button-icon",
            download="",
        )
        for kind in EXPORTS
    ]
    close = html.Button(
        icon("close", size="20"), className="cg-icon-button", type="button",
        title=say("head.close"), **attrs(aria_label=say("head.close"), data_does="sheet-close"),
    )  # fmt: skip
    facts = say("sheet.facts", number=order.number, author=scene.called(order.author),
                day=moment(scene, order.updated_at))  # fmt: skip
    return html.Header(
        [
            html.Div(
                [
                    html.P(
                        [say("effect.sheet"), status(scene, order.status)],
                        className="cg-sheet-kind",
                    ),
                    html.H1(order.title),
                    html.P(facts, className="cg-quiet"),
                    *([html.P(order.reason)] if order.reason else []),
                ]
            ),
            html.Div([*links, close], className="cg-sheet-does"),
        ],
        className="cg-sheet-head",
    )


Cell = Component | str


def _table(
    scene: Scene,
    title: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    words: int = 1,
) -> Component:
    """Return a table; the first ``words`` columns are text, the others numbers."""
    if not rows:
        return html.Section(
            [html.H2(title), html.P(scene.say("sheet.none"), className="cg-quiet")],
            className="cg-sheet-part",
        )
    shown = rows[:MOST_ROWS]

    def cell(at: int, each: Cell) -> Component:
        return html.Td(each, className="" if at < words else "cg-sheet-number")

    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Th(
                            head, scope="col", className="" if at < words else "cg-sheet-number"
                        )
                        for at, head in enumerate(heads)
                    ]
                )
            ),
            html.Tbody([html.Tr([cell(at, each) for at, each in enumerate(row)]) for row in shown]),
        ]
    )
    more: list[Component] = []
    if len(rows) > MOST_ROWS:
        more = [html.P(scene.say("sheet.more", n=len(rows) - MOST_ROWS), className="cg-quiet")]
    count = html.Small(numerals.number(len(rows)), className="cg-count")
    return html.Section(
        [html.H2([title, count]), html.Div(table, className="cg-sheet-table", tabIndex="0"), *more],
        className="cg-sheet-part",
    )


def _name(scene: Scene, party: Party | None) -> str:
    return (scene.named(party.names) or party.code) if party else NO_NUMBER


def _way(scene: Scene, sheet: ImpactSheet, step: Step) -> Component:
    giver, taker = (_name(scene, sheet.parties.get(n)) for n in (step.giver, step.taker))
    return html.Span([giver, icon("right"), taker], className="cg-sheet-way")


def _written(value: float | None, *, is_exact: bool = True) -> str:
    if value is None:
        return NO_NUMBER
    return numerals.number(value) if is_exact else f"≈{numerals.number(value)}"


def _change(before: float | None, after: float | None, *, is_exact: bool = True) -> Component:
    if before is None or after is None or before == after:
        return html.Span(_written(after if before is None else before, is_exact=is_exact))
    change = numerals.signed(after - before, numerals.number(abs(after - before)))
    return html.Span(
        [
            html.Span(_written(before, is_exact=is_exact), className="cg-before"),
            html.Strong(_written(after, is_exact=is_exact)),
            html.Small(change),
        ]
    )


NUMBERS = ("households", "people", "buildings", "floor_area_m2", "facilities", "open_incidents",
           "area_m2")  # fmt: skip
ROUGH = frozenset({"households", "people"})


def _units(scene: Scene, sheet: ImpactSheet) -> Component:
    say = scene.say
    heads = [say("sheet.unit"), say("sheet.fate"), *(say(f"sheet.{key}") for key in NUMBERS)]
    rows: list[list[Cell]] = []
    for line in sheet.lines:
        fates = " · ".join(say(f"sheet.{fate}") for fate in line.fates)
        cells = [_numbers_of(line, key) for key in NUMBERS]
        rows.append([_called(scene, line), fates or NO_NUMBER, *cells])
    return _table(scene, say("sheet.units"), heads, rows, words=2)


def _called(scene: Scene, line: Line) -> Component:
    was, becomes = _name(scene, line.was), _name(scene, line.becomes)
    name: list[Cell] = [was if line.was else becomes]
    if line.was and line.becomes and was != becomes:
        name = [was, icon("right"), becomes]
    code = (line.becomes or line.was or Party(0, 0, "", {}, "")).code
    return html.Span([*name, html.Small(code)], className="cg-sheet-way")


def _numbers_of(line: Line, key: str) -> Component:
    def of(numbers: Numbers | None) -> float | None:
        value: float | None = getattr(numbers, key) if numbers else 0
        return round(value) if value is not None else None

    sides = [each for each in (line.before, line.after) if each]
    is_exact = key not in ROUGH or all(each.is_exact for each in sides)
    return _change(of(line.before), of(line.after), is_exact=is_exact)


def _pairs(scene: Scene, sheet: ImpactSheet) -> Component:
    say = scene.say
    heads = [say("sheet.way"), *(say(f"sheet.{key}") for key in NUMBERS)]
    levels = {level.number: scene.named(level.names) for level in scene.city.main.levels}
    rows: list[list[Cell]] = []
    for pair in sheet.pairs:
        numbers = pair.numbers
        if not any(round(getattr(numbers, key) or 0) for key in NUMBERS):
            # Slivers that the grid of coordinates leaves are no news.
            continue
        way = html.Span(
            [html.Small(levels.get(pair.step.level, "")), _way(scene, sheet, pair.step)]
        )
        values = {key: getattr(numbers, key) for key in NUMBERS}
        rows.append(
            [way, *(
                _written(round(value) if value is not None else None,
                         is_exact=key not in ROUGH or numbers.is_exact)
                for key, value in values.items()
            )]
        )  # fmt: skip
    return _table(scene, say("sheet.pairs"), heads, rows)


def _buildings(scene: Scene, sheet: ImpactSheet) -> Component:
    say = scene.say
    heads = [say(f"sheet.{key}") for key in ("building", "way", "use", "households", "floors",
                                             "floor_area_m2")]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            each.name or each.address or each.key,
            _way(scene, sheet, each.step),
            scene.named(USES[each.use]) if each.use in USES else each.use,
            _written(each.households),
            _written(each.floors),
            _written(each.floor_area_m2),
        ]
        for each in sheet.buildings
    ]
    return _table(scene, say("sheet.buildings"), heads, rows, words=3)


def _estates(scene: Scene, sheet: ImpactSheet) -> Component:
    say = scene.say
    heads = [say(f"sheet.{key}") for key in ("estate", "way", "buildings")]
    rows: list[list[Cell]] = [
        [
            scene.named(each.names),
            _way(scene, sheet, each.step),
            say("sheet.of", n=each.buildings, m=each.of_buildings),
        ]
        for each in sheet.estates
    ]
    return _table(scene, say("sheet.estates"), heads, rows, words=2)


def _facilities(scene: Scene, sheet: ImpactSheet) -> Component:
    say = scene.say
    heads = [say(f"sheet.{key}") for key in ("facility", "kind", "way")]
    rows: list[list[Cell]] = [
        [
            each.name,
            scene.named(KINDS[each.kind]) if each.kind in KINDS else each.kind,
            _way(scene, sheet, each.step),
        ]
        for each in sheet.facilities
    ]
    return _table(scene, say("sheet.facilities"), heads, rows, words=3)


def _incidents(scene: Scene, sheet: ImpactSheet) -> Component:
    say = scene.say
    heads = [say(f"sheet.{key}") for key in ("incident", "class", "severity", "stage", "way")]
    rows: list[list[Cell]] = [
        [
            each.title or each.key,
            scene.named(each.class_names),
            scene.named(SEVERITIES[each.severity])
            if each.severity in SEVERITIES
            else each.severity,
            scene.named(STAGES[each.stage]) if each.stage in STAGES else each.stage,
            _way(scene, sheet, each.step),
        ]
        for each in sheet.incidents
    ]
    table = _table(scene, say("sheet.open_incidents"), heads, rows, words=5)
    if not sheet.hidden_incidents:
        return table
    return html.Div(
        [table, html.P(say("sheet.hidden", n=sheet.hidden_incidents), className="cg-quiet")]
    )


def _officials(scene: Scene, sheet: ImpactSheet) -> Component:
    say = scene.say
    heads = [say(f"sheet.{key}") for key in ("unit", "post", "person", "phone")]
    rows: list[list[Cell]] = [
        [
            _name(scene, sheet.parties.get(each.unit_id)),
            say(f"admin.staff_{each.post}"),
            each.person,
            each.phone or NO_NUMBER,
        ]
        for each in sheet.officials
    ]
    return _table(scene, say("sheet.officials"), heads, rows, words=4)
