"""Who finds room as places are shared out: to whoever is nearest first, or for the best of all."""

from __future__ import annotations

import orjson
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage import best
from dashboard.coverage.best import Shared
from dashboard.coverage.desk import Desk
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.elements import attrs
from dashboard.ids import Act, act
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from layers.coverage.room import Room

# What the script that watches the job says.
WORDS = ("begin", "doing", "round", "failed", "stop")


def draw(scene: Scene, desk: Desk, room: Room | None, at: int) -> list[Component]:
    """Return both ways of one place and what sets them apart; nothing where it is told of neither.

    It takes long in a large city, so nobody gets the best of all unasked; there it is worked out in
    the background, and told once it is there.
    """
    if room is None or not room.users.is_held or room.is_withheld[at] or not room.is_told[at]:
        return []
    say = scene.say
    nearest, found = best.of_unit(room, at), _best(scene, desk, room, at)
    lines = [_line(scene, "nearest", nearest)]
    if found is not None:
        lines.append(_line(scene, "best", found))
    why = say("cover.shared_nearest_why"), say("cover.shared_best_why")
    parts: list[Component] = [
        html.P(say("cover.shared_out", who=words.users(scene, room.users))),
        html.Ul([html.Li(line) for line in lines], className="cg-places"),
    ]
    if found is not None:
        parts.append(html.P(_apart(scene, nearest, found), **attrs(data_shared="apart")))
    button = html.Button(
        say("cover.shared_show"), id=act(Act.ASK, "best:"), className="cg-ask", type="button",
        title=say("cover.shared_why"), **attrs(aria_pressed=str(scene.view.best).lower()),
    )  # fmt: skip
    wait = _awaited(scene) if scene.view.best and found is None else []
    return [*parts, html.P(html.Small(words.joined(scene, *why))), button, *wait]


def _best(scene: Scene, desk: Desk, room: Room, at: int) -> Shared | None:
    if not scene.view.best:
        return None
    if not best.is_quick(room):
        return best.kept(scene)
    found = desk.room(scene, is_best=True)
    return None if found is None else best.of_unit(found, at)


def _awaited(scene: Scene) -> list[Component]:
    """Return where the job is begun, watched and stopped; its script fills it."""
    say = scene.say
    if not VIEWER.get().may(Right.PLAN):
        return [html.P(say("cover.shared_planners"), className="cg-quiet")]
    is_older = best.is_older(scene)
    older = [html.P(say("cover.shared_older"), className="cg-quiet", role="status")]
    box = html.Div(
        className="cg-job",
        **attrs(
            data_part="job", data_kind=best.KIND,
            data_asked=orjson.dumps(best.arguments(scene)).decode(),
            data_words=orjson.dumps({name: say(f"cover.shared_{name}") for name in WORDS}).decode(),
            # Whoever asks to compare asks for it; what he had once is not worked out unasked.
            **({} if is_older else {"data_begins": ""}),
        ),
    )  # fmt: skip
    return [*(older if is_older else []), box]


def _line(scene: Scene, how: str, of: Shared) -> str:
    served, over = (rounded(n, rounded_to(scene)) for n in (of.served, of.over))
    return scene.say(
        "cover.shared_line", how=scene.say(f"cover.shared_{how}"), served=numerals.number(served),
        over=numerals.number(over), minutes=numerals.number(round(of.mean_s / 60, 1)),
    )  # fmt: skip


def _apart(scene: Scene, nearest: Shared, found: Shared) -> str:
    # Of what is written above, so that it adds up and tells no more.
    one, other = (rounded(each.served, rounded_to(scene)) for each in (nearest, found))
    key = "same" if one == other else "more" if other > one else "less"
    return scene.say(f"cover.shared_{key}", n=numerals.number(abs(other - one)))
