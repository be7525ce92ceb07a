"""The answer for the place in focus: official figure and walking network side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.coverage.gaps import MINUTES
from dashboard.coverage.question import ASKED
from dashboard.coverage.supposed import SUPPOSED
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.elements import attrs
from dashboard.ids import Act, Id, act
from dashboard.panels.coverage import areas, figure, gaps, groups, house, odd, words
from dashboard.scene import Scene
from layers.coverage.ground import Outline
from layers.coverage.lasting import Lasting
from layers.coverage.reach import Question
from layers.coverage.released import PEOPLE
from layers.coverage.room import Room
from layers.coverage.seen import Numbers, Seen
from layers.coverage.sites import Brought
from layers.coverage.streets import Mode

SLOT = Id.REACHED


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(
        states.skeleton(18, 64, 40, 20, 20, 20, 20, 20), id=Id.REACHED,
        className="cg-part cg-reached",
    )  # fmt: skip


def register(screen: Screen) -> None:
    """Follow question and place."""
    screen.follows(Id.REACHED, "window.citygrid.reached")

    @screen.shows(
        Output(Id.REACHED, "children"),
        reads=(
            "unit",
            "pick",
            "level",
            "building",
            "drawn",
            "scenario",
            "zoning",
            "of",
            "tried",
            "language",
            *SUPPOSED,
            *ASKED,
        ),
        mode="coverage",
    )
    def show(scene: Scene) -> list[Component]:
        if scene.view.building is not None:
            return house.draw(scene, screen.coverage.why(scene))
        drawn = screen.coverage.outline(scene) if scene.view.drawn == "outline" else None
        desk = screen.coverage
        ways, brought = desk.lasting(scene), desk.tried(scene, scene.focus.id)
        found = draw(scene, desk.seen(scene), desk.room(scene), ways, drawn, brought)
        return [*found, *areas.draw(scene, screen.coverage)]


def draw(  # noqa: PLR0913 - all that is told of a place
    scene: Scene,
    seen: Seen,
    room: Room | None,
    ways: Mapping[str, Lasting],
    drawn: Outline | None = None,
    brought: Brought | None = None,
) -> list[Component]:
    """Return the answer for the place in focus."""
    asked, at = seen.found.question, seen.place(scene.focus.id)
    name = scene.named(scene.focus.names)
    head = html.H2(name, className="cg-subtitle", title=name)
    if not len(seen.found.facilities.ids):
        return [head, states.empty(_none(scene, asked))]
    if at < 0:
        return [head, states.empty(scene.say("state.failed_why"))]
    return [
        head,
        _two(scene, asked, seen.people, at),
        html.P(_difference(scene, asked, seen.people, at), className="cg-reached-why"),
        groups.draw(scene, seen, room, at),
        *groups.in_care(scene, seen, at),
        *_lasting(scene, ways, at),
        *[html.P(said, className="cg-reached-room") for said in _room(scene, room, at)],
        *figure.button(scene, seen, at, brought),
        gaps.button(scene),
        *[
            html.P(note, className="cg-quiet")
            for note in (*_picture(scene, drawn), *_notes(scene, seen, at))
        ],
        odd.button(scene),
    ]


def _none(scene: Scene, asked: Question) -> str:
    key = "cover.none_open" if asked.states == ("open",) else "cover.none"
    return scene.say(key, facilities=words.facilities(scene, asked))


def _two(scene: Scene, asked: Question, people: Numbers, at: int) -> Component:
    """Return the two answers beside each other."""
    say = scene.say
    limit = (
        say("cover.minutes_drive", n=f"{asked.limit_s / 60:g}")
        if asked.mode is Mode.DRIVE
        else say("cover.metres", n=f"{asked.limit_s * asked.speed_ms:,.0f}")
    )
    by_street = "cover.driving" if asked.mode is Mode.DRIVE else "cover.walking"
    sides = [
        _side(scene, "network", say(by_street), limit, people.reached[at], people.all[at]),
    ]
    if people.official is not None:
        radius = say("cover.metres", n=f"{asked.radius_m or 0:,.0f}")
        sides.insert(
            0,
            _side(scene, "official", say("cover.official"), radius, people.official[at],
                  people.all[at]),
        )  # fmt: skip
    return html.Div(sides, className="cg-two")


def _side(  # noqa: PLR0913 - what is written of it
    scene: Scene, key: str, name: str, limit: str, reached: float, everybody: float
) -> Component:
    say = scene.say
    missing = numerals.number(everybody - reached)
    return html.Div(
        [
            html.H3(name),
            html.Small(limit),
            html.Strong(numerals.percent(numerals.share(reached, everybody)),
                        className="cg-number-value"),
            html.P(say("cover.uncovered_n", n=missing), className="cg-quiet"),
        ],
        className="cg-two-side",
        **attrs(data_answer=key),
    )  # fmt: skip


def _difference(scene: Scene, asked: Question, people: Numbers, at: int) -> str:
    """Return in a sentence why the two answers differ, and which limit binds."""
    say, limit = scene.say, words.binds(scene, asked)
    if people.official is None or not people.all[at] > 0:
        return limit
    over = people.official[at] - people.reached[at]
    if over == 0:
        return words.joined(scene, say("cover.same"), limit)
    values = {
        "n": numerals.number(abs(over)),
        "share": numerals.percent(abs(over) / people.all[at]),
        "m": f"{asked.radius_m or 0:,.0f}",
    }
    return words.joined(scene, say("cover.over" if over > 0 else "cover.under", **values), limit)


def _lasting(scene: Scene, ways: Mapping[str, Lasting], at: int) -> list[Component]:
    """Return how long people are on the way, whatever the limit; nothing where it is not told."""
    people, say = ways[PEOPLE], scene.say
    seconds = {
        "mean": float(people.mean_s[at]),
        "half": people.within_s(at, 0.5),
        "most": people.within_s(at, 0.9),
    }
    if not np.isfinite(seconds["mean"]):
        return []
    said = [say("cover.lasting", **{key: _minutes(each) for key, each in seconds.items()})]
    if np.isfinite(second := float(people.second_s[at])):
        said.append(say("cover.lasting_second", second=_minutes(second)))
    if np.isfinite(older := float(ways["60"].mean_s[at])):
        said.append(say("cover.lasting_60", mean=_minutes(older)))
    is_shown = scene.view.of == MINUTES
    show = html.Button(
        say("cover.lasting_show"), id=act(Act.ASK, f"of:{MINUTES}"), type="button",
        className="cg-ask", **attrs(aria_pressed=str(is_shown).lower()),
    )  # fmt: skip
    return [html.P(words.joined(scene, *said), className="cg-reached-room"), show]


def _minutes(seconds: float) -> str:
    return numerals.number(round(seconds / 60, 1)) if np.isfinite(seconds) else numerals.NO_NUMBER


def _picture(scene: Scene, drawn: Outline | None) -> list[str]:
    """Return how wrong the outline on the map is."""
    if drawn is None:
        return []
    over, under = numerals.percent(drawn.wrong.false_in), numerals.percent(drawn.wrong.false_out)
    return [scene.say("cover.outline_wrong", over=over, under=under)]


def _room(scene: Scene, room: Room | None, at: int) -> list[str]:
    """Return for how many within reach there is no room; nothing where a place is nobody's."""
    if room is None or not room.users.is_held:
        return []
    say, who = scene.say, words.users(scene, room.users)
    if room.is_withheld[at]:
        return [say("cover.no_room", n=scene.withheld("people", int(scene.focus.level)), who=who)]
    # Ages end where the release ends them.
    if not room.is_told[at]:
        return []
    over = rounded(float(room.over[at]), rounded_to(scene))
    said = [
        say("cover.no_room", n=numerals.number(over), who=who)
        if over
        else say("cover.room_for_all", who=who)
    ]
    if room.unknown:
        said.append(say("cover.room_unknown", n=numerals.number(room.unknown)))
    return said


def _notes(scene: Scene, seen: Seen, at: int) -> list[str]:
    """Return how sure it is, and what the numbers are made of."""
    say, reach = scene.say, seen.found.reach
    audit = reach.audit
    notes = [
        say("cover.audit", n=numerals.number(audit.asked), i=audit.false_in, o=audit.false_out,
            s=numerals.number(round(audit.largest_s, 3)))
    ]  # fmt: skip
    for key, which in (("off", reach.is_off & ~reach.is_walled), ("walled", reach.is_walled)):
        if some := int(which.sum()):
            notes.append(say(f"cover.{key}", n=numerals.number(some)))
    if seen.people.is_exact[at]:
        notes.append(say("cover.exact"))
    elif scene.disclosure.as_of is not None:
        day = numerals.day(scene.disclosure.as_of.astimezone(scene.city.tz).date(),
                           scene.view.language)  # fmt: skip
        rules = scene.disclosure.rules
        notes.append(say("cover.released", day=day, n=rules.rounded_to if rules else 1))
    else:
        notes.append(say("cover.no_release"))
    return notes
