"""The five units with the most overdue incidents, one level finer than the ranking."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.elements import icon
from dashboard.ids import Act, Id, act
from dashboard.scene import Scene
from gis import places
from layers import live, statistics

SLOT = Id.WORST
LISTED = 5
OPEN = "incidents.status.open"


def layout() -> Component:
    """Return the empty list."""
    return html.Section(states.skeleton(18, 20, 20, 20), id=Id.WORST, className="cg-part cg-worst")


def register(screen: Screen) -> None:
    """Follow the place."""

    @screen.shows(Output(Id.WORST, "children"), reads=("unit", "level", "zoning", "language"))
    def show(scene: Scene) -> list[Component]:
        return draw(scene)


def draw(scene: Scene) -> list[Component]:
    """Return the list: by overdue incidents, or by open ones where none is overdue."""
    say = scene.say
    if scene.level is None:
        return []
    # What the ranking lists shows its worst itself; one level finer says where to go.
    finer = [level for level in scene.zoning.levels if level.number > scene.level.number]
    level = (finer or [scene.level])[0].number
    within = scene.unit.id if scene.unit.parent_id and scene.zoning.is_main else None
    title = "worst.title"
    found = live.overdue_values(scene.db, scene.zoning_id, level, scene.now, within).value
    if not (found > 0).any():
        title = "worst.title_open"
        found = statistics.values(scene.db, scene.zoning_id, level, OPEN, within).value
    worst = found[found > 0].nlargest(LISTED)
    head = html.H2(say(title), className="cg-subtitle")
    if worst.empty:
        return [head, html.P(say("worst.none"), className="cg-quiet")]
    ids: list[int] = worst.index.tolist()
    names = places.names_of(scene.db, ids)
    parents = parents_of(scene, ids)
    lines = [
        html.Li(
            html.Button(
                [
                    html.Span(place, className="cg-row-rank"),
                    html.Span(
                        [
                            scene.named(names[id_][1]),
                            *([html.Small(parents[id_])] if id_ in parents else []),
                        ],
                        className="cg-row-name",
                    ),
                    html.Span(
                        [icon("square", size="10"), numerals.number(n)],
                        className="cg-row-value cg-status"
                        + (" cg-status-overdue" if title == "worst.title" else ""),
                    ),
                ],
                id=act(Act.GO, f"unit:{id_}"),
                className="cg-row",
                type="button",
            )
        )
        for place, (id_, n) in enumerate(zip(ids, worst.to_list(), strict=True), 1)
    ]
    return [head, html.Ol(lines)]
