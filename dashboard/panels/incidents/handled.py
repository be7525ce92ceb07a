"""The table of measures: how incidents are handled, by unit, duty body, class or period."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon_button
from dashboard.ids import Act, Id, act
from dashboard.incidents import counting
from dashboard.panels import table_sheet
from dashboard.panels.incidents import figure
from dashboard.panels.incidents.measured import chips
from dashboard.scene import Scene
from layers.handling.formulas import Formula
from layers.handling.grouping import NO_BODY
from layers.handling.measures import Group, Measured, measured

SLOT = Id.HANDLED
# As many rows as somebody compares; how many more there are is said.
MOST_ROWS = 200


def layout() -> Component:
    """Return the dialog, closed."""
    return table_sheet.layout(Id.HANDLED, "cg-handled")


def register(screen: Screen) -> None:
    """Follow the place and the period while the table is open; the browser opens and closes it."""

    @screen.shows(
        Output(Id.HANDLED, "children"),
        reads=(
            "sheet", "by", "bounds", "unit", "pick", "part", "start", "end", "zoning", "case_news",
            "language",
        ),
        mode="incidents",
        opened_by="sheet",
    )  # fmt: skip
    def show(scene: Scene) -> list[Component]:
        return draw(scene) if scene.view.sheet else [table_sheet.waiting()]

    screen.mirrors(
        Output(Id.HANDLED, "data-shown"),
        "(view) => window.citygrid.handled(view)",
        reads=("mode", "sheet"),
    )


def draw(scene: Scene) -> list[Component]:
    """Return the table: all together first, then a row for each group."""
    found = measured(scene.db, scene.city, counting.asked(scene))
    groups = [group for group in found.groups if _is_told(scene, group)]
    shown = groups[:MOST_ROWS]
    body = [_row(scene, found, found.total), *(_row(scene, found, group) for group in shown)]
    heads = [
        html.Th(scene.say(f"measured.by_{counting.by(scene)}"), scope="col"),
        *(_head_of(scene, formula) for formula in found.formulas),
    ]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)])
    more = len(groups) - len(shown)
    return [
        _head(scene, found),
        html.Section(
            [
                chips(scene, is_open=True),
                html.Div(table, className="cg-sheet-table", tabIndex="0"),
                *([html.P(scene.say("measured.more", n=numerals.number(more)),
                          className="cg-quiet")] if more else []),
            ],
            className="cg-sheet-part",
        ),
    ]  # fmt: skip


def _is_told(scene: Scene, group: Group) -> bool:
    """Return whether a group has a row: units and periods always, others for what there is now."""
    is_whole = counting.by(scene) in ("unit", "month", "week")
    return is_whole or any(each.denominator for each in group.figures.values())


def _head(scene: Scene, found: Measured) -> Component:
    say = scene.say
    before = " – ".join(
        numerals.day(day, scene.view.language) for day in (found.before.first, found.before.last)
    )
    of_class = counting.class_name(scene)
    parts = [scene.named(scene.focus.names), *([of_class] if of_class else []),
             counting.days(scene)]  # fmt: skip
    return html.Header(
        [
            html.Div(
                [
                    html.P(say("mode.incidents"), className="cg-sheet-kind"),
                    html.H1(say("measured.title")),
                    html.P(" · ".join(parts)),
                    html.P(say("measured.table_hint", before=before), className="cg-quiet"),
                ]
            ),
            html.Div(
                icon_button("close", say("head.close"), data_does="handled-close"),
                className="cg-sheet-does",
            ),
        ],
        className="cg-sheet-head",
    )


def _head_of(scene: Scene, formula: Formula) -> Component:
    return html.Th(
        scene.say(f"formula.{formula.id}"),
        scope="col",
        className="cg-sheet-number",
        title=figure.made_of(scene, formula),
        **attrs(data_formula=formula.id),
    )


def _row(scene: Scene, found: Measured, group: Group) -> Component:
    is_whole = group is found.total
    cells = [_cell(scene, formula, group, is_whole=is_whole) for formula in found.formulas]
    return html.Tr(
        [html.Th(_name(scene, group, is_whole=is_whole), scope="row"), *cells],
        className="cg-standards-whole" if is_whole else "",
        **attrs(data_group="" if is_whole else group.key),
    )


def _name(scene: Scene, group: Group, *, is_whole: bool) -> Component | str:
    say, by = scene.say, counting.by(scene)
    if is_whole:
        return say("measured.all")
    if by == "body" and group.key == NO_BODY:
        return say("cases.territory")
    if by in ("month", "week"):
        return counting.period_name(scene, str(group.key))
    name = scene.named(group.names) if group.names else str(group.key)
    if group.is_rest:
        return say("measured.rest", name=name)
    if group.until is not None:
        day = numerals.day(group.until.astimezone(scene.city.tz).date(), scene.view.language)
        return say("measured.until", name=name, day=day)
    if by != "unit":
        return name
    return html.Button(
        name, id=act(Act.GO, f"unit:{group.key}"), className="cg-link", type="button"
    )


def _cell(scene: Scene, formula: Formula, group: Group, *, is_whole: bool) -> Component:
    now, before = group.figures[formula.id], group.before[formula.id]
    was = figure.written(formula, before.value)
    return html.Td(
        figure.draw(scene, formula, now, None if is_whole else group.key),
        className="cg-sheet-number",
        title=scene.say("measured.was", value=was),
        **attrs(data_formula=formula.id),
    )
