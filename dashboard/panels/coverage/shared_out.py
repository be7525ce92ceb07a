"""Who finds room as places are shared out: to whoever is nearest first, or for the best of all."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.elements import attrs
from dashboard.ids import Act, act
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from layers.coverage.room import Room


def draw(scene: Scene, room: Room | None, best: Room | None, at: int) -> list[Component]:
    """Return both ways of one place and what sets them apart; nothing where it is told of neither.

    Parameters
    ----------
    best
        None: not asked for. It takes long in a large city, so nobody gets it unasked.
    """
    if room is None or not room.users.is_held or room.is_withheld[at] or not room.is_told[at]:
        return []
    say = scene.say
    lines, why = [_line(scene, "nearest", room, at)], [say("cover.shared_nearest_why")]
    if best is not None:
        lines.append(_line(scene, "best", best, at))
    why.append(say("cover.shared_best_why"))
    parts: list[Component] = [
        html.P(say("cover.shared_out", who=words.users(scene, room.users))),
        html.Ul([html.Li(line) for line in lines], className="cg-places"),
    ]
    if best is not None:
        parts.append(html.P(_apart(scene, room, best, at), **attrs(data_shared="apart")))
    button = html.Button(
        say("cover.shared_show"), id=act(Act.ASK, "best:"), className="cg-ask", type="button",
        title=say("cover.shared_why"), **attrs(aria_pressed=str(scene.view.best).lower()),
    )  # fmt: skip
    return [*parts, html.P(html.Small(words.joined(scene, *why))), button]


def _line(scene: Scene, how: str, room: Room, at: int) -> str:
    served, over = (rounded(float(n[at]), rounded_to(scene)) for n in (room.served, room.over))
    return scene.say(
        "cover.shared_line", how=scene.say(f"cover.shared_{how}"), served=numerals.number(served),
        over=numerals.number(over), minutes=numerals.number(round(room.mean_s / 60, 1)),
    )  # fmt: skip


def _apart(scene: Scene, room: Room, best: Room, at: int) -> str:
    # Of what is written above, so that it adds up and tells no more.
    one, other = (rounded(float(each.served[at]), rounded_to(scene)) for each in (room, best))
    key = "same" if one == other else "more" if other > one else "less"
    return scene.say(f"cover.shared_{key}", n=numerals.number(abs(other - one)))
