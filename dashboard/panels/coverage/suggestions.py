"""Where new facilities would do most, by what they are for, and how far that is from the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import orjson
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage import tried
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import address, question
from dashboard.coverage.wishes import WISHED, kind, standing
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.panels.coverage import wishes
from dashboard.scene import Scene
from dashboard.text import explained
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from gis.errors import CityGridError
from gis.siting.plan import Ended
from gis.siting.question import Aim
from layers.coverage import indicators
from layers.coverage.candidates import Kind
from layers.coverage.released import PEOPLE
from layers.coverage.sites import Place
from layers.coverage.suggested import Suggested
from layers.coverage.users import users

# What a planner asks first; the worst off stand behind Advanced.
FIRST = (Aim.MOST_PEOPLE, Aim.EVERYONE, Aim.LEAST_TIME)
LISTED = 10


def draw(scene: Scene, desk: Desk) -> list[Component]:
    """Return what may be aimed at, among what and within which limits, and the suggestion."""
    say, view = scene.say, scene.view
    buttons = html.Div(
        [_aim(scene, aim) for aim in FIRST], className="cg-segments", role="group",
        **attrs(aria_label=say("cover.suggest")),
    )  # fmt: skip
    parts: list[Component] = [
        html.H3(say("cover.suggest"), className="cg-quiet cg-next-suggest"),
        buttons,
    ]
    if view.aim:
        parts += wishes.simple(scene)
    parts.append(wishes.advanced(scene, _aim(scene, Aim.LEAST_WORST)))
    if not view.aim:
        return parts
    try:
        found = desk.suggested(scene)
    except CityGridError as error:
        return [*parts, html.P(explained(error, view.language), className="cg-quiet",
                               role="status", **attrs(data_part="no-suggestion"))]  # fmt: skip
    return [*parts, *_found(scene, desk, found)]


def _aim(scene: Scene, aim: Aim) -> Component:
    return html.Button(
        scene.say(f"cover.aim_{aim}"),
        id=act(Act.ASK, f"aim:{aim}"),
        className="cg-ask",
        type="button",
        title=scene.say(f"cover.aim_{aim}_why"),
        **attrs(aria_pressed=str(scene.view.aim == aim).lower()),
    )


def _found(scene: Scene, desk: Desk, found: Suggested) -> list[Component]:
    say = scene.say
    if not found.places or not math.isfinite(found.plan.value):
        return [html.P(say(f"cover.{_nothing(found)}"), className="cg-quiet"),
                *_quiet(_remarks(scene, found))]  # fmt: skip
    others = standing(scene)
    brings = desk.beside(scene, others, found.places, desk.ground_next(scene))
    items = [
        html.Li(
            [
                html.Span(str(n), className="cg-next-mark cg-next-mark-fixed"),
                html.Span(
                    [
                        *_titled(called(scene, found, n - 1)),
                        tried.said(scene, brings, len(others) + n - 1),
                        *_of_site(scene, found, n - 1),
                    ]
                ),
            ]
        )
        for n in range(1, min(len(found.places), LISTED) + 1)
    ]
    lines = [html.P(_in_all(scene, found, brings.by_place[len(others) :]))]
    if len(found.places) > LISTED:
        more = len(found.places) - LISTED
        lines.append(html.P(say("cover.suggested_more", n=more), className="cg-quiet"))
    return [
        html.Ol(items, className="cg-next-list"),
        *lines,
        *_quiet(_remarks(scene, found)),
        html.P(gap(scene, found), className="cg-quiet", **attrs(data_part="gap")),
        html.P(_among(scene, found), className="cg-quiet", **attrs(data_part="among")),
        _tools(scene, found),
    ]


def _nothing(found: Suggested) -> str:
    """Return the key of why nothing is suggested."""
    if math.isfinite(found.plan.value):
        return "suggested_none"
    return "suggested_no_room" if found.room is not None else "suggested_too_few"


def called(scene: Scene, found: Suggested, number: int) -> str:
    """Return what a chosen place is called; empty where it has no name."""
    if kind(scene.view.source) is Kind.DRAWN:
        return drawn_as(scene, found.places[number])
    return found.names[number]


def sentences(scene: Scene, found: Suggested, brings: Sequence[Mapping[str, float]]) -> list[str]:
    """Return what is said of a suggestion: what it does, its limits, how good, among what.

    Parameters
    ----------
    brings
        What each place brings beside those before it.
    """
    if not found.places or not math.isfinite(found.plan.value):
        return [scene.say(f"cover.{_nothing(found)}"), *_remarks(scene, found)]
    in_all = _in_all(scene, found, brings)
    return [in_all, *_remarks(scene, found), gap(scene, found), _among(scene, found)]


def drawn_as(scene: Scene, place: Place) -> str:
    """Return the letter of a drawn place."""
    near = [math.dist(place, each) for each in tried.places(scene.view)]
    return tried.letter(near.index(min(near))) if near else ""


def _titled(name: str) -> list[Component]:
    return [html.Strong(name), html.Br()] if name else []


def _of_site(scene: Scene, found: Suggested, number: int) -> list[Component]:
    """Return what a place costs and how many it serves, where that is asked about."""
    said = []
    if found.served is not None and found.room is not None:
        said.append(
            scene.say(
                "cover.serves",
                n=numerals.number(_rounded(scene, found.served[number])),
                room=numerals.number(found.room[number]),
            )
        )
    if found.cost is not None and (scene.view.budget or scene.view.cost or _is_listed(scene)):
        said.append(scene.say("cover.costs", n=numerals.number(found.cost[number])))
    return [html.Br(), html.Small(scene.say("error.between").join(said))] if said else []


def _is_listed(scene: Scene) -> bool:
    return kind(scene.view.source) is Kind.LIST


def _rounded(scene: Scene, n: float) -> float:
    return tried.rounded(n, tried.rounded_to(scene))


def _remarks(scene: Scene, found: Suggested) -> list[str]:
    """Return what limits come to: room, money, least share, and what does not count."""
    say, view = scene.say, scene.view
    said = []
    if found.served is not None and found.places:
        said.append(say("cover.serve_in_all", n=numerals.number(_rounded(scene, sum(found.served))),
                        who=who(scene)))  # fmt: skip
        said.append(say("cover.room_how"))
    if found.cost is not None and (view.budget or view.cost or _is_listed(scene)):
        total = sum(found.cost)
        over = view.budget is not None and total > view.budget + 1e-6
        said.append(
            say(
                "cover.cost_over" if over else "cover.cost_in_all",
                n=numerals.number(total), budget=numerals.number(view.budget or 0),
            )
        )  # fmt: skip
    if view.floor and found.plan.aim in (Aim.MOST_PEOPLE, Aim.LEAST_TIME):
        level = scene.named(scene.level.names) if scene.level else ""
        missing = _rounded(scene, math.ceil(found.plan.short_of_floor))
        key = "floor_short" if found.plan.short_of_floor > 0 else "floor_met"
        said.append(say(f"cover.{key}", level=level, share=f"{view.floor}%",
                        n=numerals.number(missing)))  # fmt: skip
    if view.backup:
        said.append(say("cover.backup_how"))
    if view.closed and not view.without_closed:
        said.append(say("cover.closed_stand"))
    if found.off:
        said.append(say("cover.candidates_off", n=found.off))
    if found.small:
        least_m2 = indicators.of(scene.city).least_plot_m2(question(view, scene.city))
        said.append(say("cover.candidates_small", n=found.small,
                        least=numerals.number(least_m2 or 0)))  # fmt: skip
    return said


def _quiet(said: list[str]) -> list[Component]:
    return [html.P(each, className="cg-quiet") for each in said]


def who(scene: Scene) -> str:
    """Return whom new places are for where room counts."""
    some = users(question(scene.view, scene.city).kinds)
    key = some.key if some else "everybody"
    share = numerals.percent(some.share) if some else ""
    return scene.say(f"cover.users_{key}", share=share)


def _among(scene: Scene, found: Suggested) -> str:
    there = kind(scene.view.source)
    # Those at no street are told apart.
    of = found.of - found.off
    key = "suggested_of" if found.candidates == of else "suggested_of_part"
    what = scene.say(f"cover.among_{there}")
    return scene.say(f"cover.{key}", n=numerals.number(found.candidates),
                     of=numerals.number(of), what=what)  # fmt: skip


def _in_all(scene: Scene, found: Suggested, brings: Sequence[Mapping[str, float]]) -> str:
    say, to = scene.say, tried.rounded_to(scene)
    # What is written of each adds up.
    people = sum(tried.rounded(one[PEOPLE], to) for one in brings)
    values = {"n": len(found.places), "people": numerals.number(people)}
    if np.isfinite(found.before_s):
        values |= {"before": _minutes(found.before_s), "after": _minutes(found.after_s)}
    return say(f"cover.suggested_{scene.view.aim}", **values)


def _minutes(seconds: float) -> str:
    return numerals.number(round(seconds / 60, 1))


def gap(scene: Scene, found: Suggested) -> str:
    """Return how far a choice may be from the best one, in words."""
    say, plan = scene.say, found.plan
    if plan.short_of_floor <= 0 and (plan.ended is Ended.PROVEN or plan.gap == 0):
        return say("cover.gap_none")
    if not math.isfinite(found.gap) or plan.short_of_floor > 0:
        return say("cover.gap_unknown")
    return say("cover.gap", share=numerals.percent(found.gap))


def _tools(scene: Scene, found: Suggested) -> Component:
    """Return what can be done with a suggestion: try it, and look for a better one."""
    say, view = scene.say, scene.view
    places = [*standing(scene), *found.places]
    tools: list[Component] = []
    if len(places) <= tried.MOST:
        tools.append(
            html.Button(
                [icon("pin"), say("cover.take")], id=act(Act.ASK, f"tried:{tried.text(places)}"),
                className="cg-button cg-button-icon", type="button",
            )
        )  # fmt: skip
    if found.plan.ended is not Ended.PROVEN and VIEWER.get().may(Right.PLAN):
        asked = address(view, "unit", *WISHED)
        words = ("prove", "proving", "proof_best", "proof_gap", "proof_same", "proof_better",
                 "proof_failed", "proof_take", "proof_stop", "proof_stopped")  # fmt: skip
        texts = {word: say(f"cover.{word}") for word in words}
        tools.append(
            html.Div(
                **attrs(
                    data_part="proof", data_kind="sites",
                    data_asked=orjson.dumps({"asked": asked}).decode(),
                    data_words=orjson.dumps(texts).decode(),
                ),
            )
        )  # fmt: skip
    return html.Div(tools, className="cg-next-tools")
