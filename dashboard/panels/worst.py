"""The five units with the most overdue incidents, one level finer than the ranking."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.scene import Scene
from dashboard.worst import Line, worst

SLOT = Id.WORST


def layout() -> Component:
    """Return the empty list."""
    return html.Section(states.skeleton(18, 20, 20, 20), id=Id.WORST, className="cg-part cg-worst")


def register(screen: Screen) -> None:
    """Follow the place."""

    @screen.shows(
        Output(Id.WORST, "children"),
        reads=("unit", "level", "zoning", "count_news", "language"),
        mode="overview",
    )
    def show(scene: Scene) -> list[Component]:
        return draw(scene)


def draw(scene: Scene) -> list[Component]:
    """Return the list, each line numbered as its mark on the map is."""
    say, found = scene.say, worst(scene)
    if found is None:
        return []
    title = say("worst.title" if found.is_overdue else "worst.title_open")
    head = html.H2(title, className="cg-subtitle")
    if not found.lines:
        return [head, html.P(say("worst.none"), className="cg-quiet")]
    kind = "overdue" if found.is_overdue else "open"
    lines = [html.Li([_line(line, kind), _count(scene, line, kind)]) for line in found.lines]
    return [head, html.Ol(lines)]


def _line(line: Line, kind: str) -> Component:
    where = [html.Small(line.parent)] if line.parent else []
    return html.Button(
        [
            html.Span(line.rank, className=f"cg-mark cg-mark-{kind}"),
            html.Span([line.name, *where], className="cg-row-name"),
        ],
        id=act(Act.GO, f"unit:{line.unit_id}"),
        className="cg-row",
        type="button",
        title=" · ".join(text for text in (line.name, line.parent) if text),
    )


def _count(scene: Scene, line: Line, kind: str) -> Component:
    """Return how many there are, which opens their list."""
    shape = "square" if kind == "overdue" else "dot"
    label = scene.say(f"worst.list_{kind}", name=line.name)
    return html.Button(
        [icon(shape, size="10"), numerals.number(line.count), icon("list")],
        id=act(Act.LISTED, f"{line.unit_id}:{'overdue' if kind == 'overdue' else ''}"),
        className=f"cg-row-value cg-row-list cg-status cg-status-{kind}",
        type="button",
        title=label,
        **attrs(aria_label=f"{numerals.number(line.count)} · {label}"),
    )
