"""What is supposed by clicks on the map, and taken back: moves, paths, closed roads; and growth."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.coverage import placing, supposed, written
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.panels.coverage import said, supposing
from dashboard.scene import Scene
from dashboard.view_fields import MOST_CLOSED, MOST_CORNERS, MOST_PATHS
from layers.coverage.changed import PATH_WITHIN_M
from layers.coverage.changes import AddPath, CloseRoad, Grow, Move

TOOLS = {"path": MOST_PATHS, "road": MOST_CLOSED}
ICONS = {"move": "pin", "path": "pen", "road": "road"}
LEAST_PERCENT, MOST_PERCENT = -100, 1000


def moving(scene: Scene) -> list[Component]:
    """Return the button that lets the facility clicked be moved."""
    view = scene.view
    is_moving = view.supposing == "move"
    if len({*written.moved(view), view.facility}) > MOST_CLOSED:
        return []
    button = _tool(scene, "move", is_on=is_moving)
    return [button, *([_how(scene, "move_how")] if is_moving else [])]


def draw(scene: Scene) -> list[Component]:
    """Return what moves, leads, is closed and grows, and the tools for more of it."""
    view = scene.view
    now = {"path": len(written.paths(view)), "road": len(written.numbers(view.roads))}
    tools = [
        _tool(scene, name, is_on=view.supposing == name)
        for name, most in TOOLS.items()
        if now[name] < most or view.supposing == name
    ]
    parts: list[Component] = [*_listed(scene), html.Div(tools, className="cg-scenario-tools")]
    if view.supposing == "road":
        parts.append(_how(scene, "road_how"))
    if view.supposing == "path":
        parts += _drawing(scene)
    return [*parts, *_growing(scene)]


def _drawing(scene: Scene) -> list[Component]:
    """Return how a path is drawn, and the buttons for one that has corners."""
    view, say = scene.view, scene.say
    corners = written.corners(view.corners)
    if not corners:
        return [_how(scene, "path_how")]
    length = said.metres(scene, corners) if len(corners) > 1 else "0"
    word = "path_full" if len(corners) >= MOST_CORNERS else "path_so_far"
    buttons = [
        html.Button(
            say(f"scenarios.path_{does}"), id=act(Act.ASK, f"path:{does}"), className="cg-button",
            type="button", disabled=does == "end" and len(corners) < 2,
        )
        for does in ("end", "undo")
    ]  # fmt: skip
    return [
        html.P(say(f"scenarios.{word}", metres=length), className="cg-quiet", role="status"),
        html.Div(buttons, className="cg-scenario-tools"),
    ]


def _listed(scene: Scene) -> list[Component]:
    """Return what is supposed so far, each with a button that takes it back."""
    some = [
        each
        for each in supposed.changes(scene.view, scene.city)
        if isinstance(each, Move | AddPath | CloseRoad | Grow)
    ]
    if not some:
        return []
    lines: list[Component] = []
    paths = 0
    for change, sentence in zip(some, said.sentences(scene, some), strict=True):
        lines.append(supposing.line(scene, sentence, _back(change, paths), "take_back", sentence))
        if isinstance(change, AddPath):
            lines.append(_of_path(scene, change, paths))
            paths += 1
    return [
        html.Ul(lines, className="cg-scenario-closed"),
        html.P(scene.say("scenarios.changing_why"), className="cg-quiet"),
    ]


def _back(change: Move | AddPath | CloseRoad | Grow, path: int) -> str:
    """Return what takes a change back; ``path`` is the number of a path among the paths."""
    if isinstance(change, Move):
        return f"unmoving:{change.facility}"
    if isinstance(change, AddPath):
        return f"unpath:{path}"
    if isinstance(change, CloseRoad):
        return f"reopening:{change.road}"
    return f"growing:{change.unit}="


def _of_path(scene: Scene, path: AddPath, number: int) -> Component:
    """Return who may go along a path, or that it leads to no street."""
    ends = path.line[0], path.line[-1]
    if not all(placing.at_street(scene.view, end, scene.db) for end in ends):
        # Of a link, or of other roads than today's.
        why = scene.say("scenario.path_ends", metres=int(PATH_WITHIN_M))
        return html.Li(html.Span(why, role="alert"))
    word = "for_cars" if path.drive_kmh is None else "for_walking"
    return html.Li(
        html.Button(
            scene.say(f"scenarios.{word}"), id=act(Act.ASK, f"driving:{number}"),
            className="cg-link", type="button",
        )
    )  # fmt: skip


def _growing(scene: Scene) -> list[Component]:
    """Return the form in which the people of the place in focus grow."""
    if scene.focus.zoning_id != scene.root.zoning_id:
        # Growth is said of the units of duty.
        return []
    now, focus = written.grown(scene.view), scene.focus
    if len(now) >= MOST_CLOSED and focus.id not in now:
        return []
    form = supposing.numbered(
        scene, "growth", f"growing:{focus.id}=", "percent",
        value=f"{now.get(focus.id, 0):g}", least=str(LEAST_PERCENT), most=str(MOST_PERCENT),
        step="0.1",
    )  # fmt: skip
    summary = scene.say("scenarios.grow", place=scene.named(focus.names))
    return [
        html.Details([html.Summary(summary, className="cg-quiet"), form], **attrs(data_fold="grow"))
    ]


def _tool(scene: Scene, name: str, *, is_on: bool) -> Component:
    return html.Button(
        [icon(ICONS[name]), scene.say("scenarios.stop_placing" if is_on else f"scenarios.{name}")],
        id=act(Act.ASK, f"placing:{name}"), className="cg-button cg-button-icon", type="button",
        **attrs(aria_pressed=str(is_on).lower()),
    )  # fmt: skip


def _how(scene: Scene, word: str) -> Component:
    return html.P(scene.say(f"scenarios.{word}"), className="cg-quiet", role="status")
