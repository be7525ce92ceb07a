"""How a question of coverage is said: its facilities, its limits, who is on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from dashboard import numerals
from dashboard.coverage import gaps
from dashboard.coverage.question import going, indicator
from dashboard.scene import Scene
from layers.catalog.facilities import KINDS
from layers.catalog.people import CARE
from layers.coverage import indicators, settings
from layers.coverage.reach import Question
from layers.coverage.released import CARE_GROUPS, HOUSEHOLDS, PEOPLE, measure_of
from layers.coverage.seen import Numbers
from layers.coverage.streets import Mode
from layers.coverage.users import Users


def facilities(scene: Scene, asked: Question) -> str:
    """Return what facilities are asked about: the indicator's name, or the kinds'."""
    key = indicator(scene.view, scene.city)
    if key:
        return indicator_name(scene, key)
    names = [scene.named(KINDS[kind]) for kind in asked.kinds]
    return scene.say("error.between").join(names)


def source(scene: Scene, said: indicators.Sourced) -> str:
    """Return who says a number, and if nobody compared it with the text, that; else empty."""
    if not said.source or said.is_checked:
        return said.source
    return scene.say("cover.unchecked", source=said.source)


def indicator_name(scene: Scene, key: str) -> str:
    """Return what a standard indicator is called."""
    return scene.named(indicators.of(scene.city).indicators[key].names)


def measured(scene: Scene, of: str) -> str:
    """Return what map and ranking show: the share uncovered of those who are counted."""
    if of in ("room", "minutes"):
        return scene.say(f"cover.measured_{of}")
    return scene.say("cover.share_of", who=scene.say(f"cover.who_{of}"))


def lowest(scene: Scene, of: str, edges: Sequence[str]) -> str:
    """Return what the first class of the map is: nobody is left out, or the way is short."""
    if of == "minutes":
        return scene.say("cover.at_most", n=edges[0])
    return scene.say("cover.no_room_none" if of == "room" else "cover.all_covered")


def ordered(scene: Scene, of: str) -> str:
    """Return by what the ranking is ordered."""
    if of in ("room", "minutes"):
        return scene.say(f"cover.where_{of}")
    return scene.say("cover.where_why", who=scene.say(f"cover.who_{of}"))


def group_name(scene: Scene, key: str) -> str:
    """Return what a group is called whose numbers are told."""
    if key in CARE_GROUPS:
        return scene.named(CARE[CARE_GROUPS[key]])
    return scene.say(f"cover.group_{key}")


def withheld(scene: Scene, key: str) -> str:
    """Return what stands for a number of a group that is not told of the place in focus."""
    name = measure_of(key) if key in CARE_GROUPS or key == HOUSEHOLDS else PEOPLE
    return scene.withheld(name, int(scene.focus.level))


def told_in_care(numbers: Mapping[str, Numbers]) -> list[str]:
    """Return the care groups of which anybody is told anything; none where a city knows of none."""
    return [key for key in CARE_GROUPS if np.nansum(numbers[key].all) > 0]


def within(scene: Scene, asked: Question) -> str:
    """Return the limits as they are set: "15 minutes or 1,000 m"."""
    said = []
    if asked.minutes is not None:
        by = "drive" if asked.mode is Mode.DRIVE else "walk"
        said.append(scene.say(f"cover.minutes_{by}", n=f"{asked.minutes:g}"))
    if asked.metres is not None:
        said.append(scene.say("cover.metres", n=f"{asked.metres:,.0f}"))
    written = scene.say("cover.or").join(said)
    if asked.least_area_m2 is not None:
        least = numerals.number(asked.least_area_m2)
        written = scene.say("cover.of_area", within=written, n=least)
    if asked.band is not None:
        written = scene.say("cover.in_band", within=written, band=band_name(scene, asked.band))
    if asked.operators:
        run_by = scene.say("error.between").join(asked.operators)
        return scene.say("cover.of_operator", within=written, operator=run_by)
    return written


def band_name(scene: Scene, key: str) -> str:
    """Return what a time band of the city's is called, with its hours."""
    band = settings.read(scene.city.coverage).band(key)
    hours = f"{band.begin:%H:%M}–{band.end:%H:%M}"
    return scene.say("cover.band", name=scene.named(band.names), hours=hours)


def binds(scene: Scene, asked: Question) -> str:
    """Return which of the limits holds along the streets, and how far that is."""
    minutes, metres = asked.limit_s / 60, asked.limit_s * asked.speed_ms
    if asked.mode is Mode.DRIVE:
        said = scene.say("cover.binds_drive", n=f"{minutes:g}")
        if asked.delay_s:
            return scene.say("cover.binds_turnout", n=f"{asked.delay_s / 60:g}", rest=said)
        return said
    values = {
        "n": numerals.number(round(minutes, 1)),
        "m": f"{metres:,.0f}",
        "speed": f"{asked.speed_ms:g}",
        "who": scene.say(f"cover.going_{going(asked, scene.city)}"),
    }
    return scene.say(f"cover.binds_{asked.binds}", **values)


def users(scene: Scene, some: Users) -> str:
    """Return who competes for the places of a facility: "aged 3 to 5"."""
    return scene.say(f"cover.users_{some.key}", share=numerals.percent(some.share))


def joined(scene: Scene, *sentences: str) -> str:
    """Return sentences one after the other; Chinese has no space between them."""
    return ("" if scene.view.language == "zh" else " ").join(sentences)


def changes(scene: Scene) -> list[str]:
    """Return what the classes of a change in the share covered are called, the worst first."""
    signed = [f"{edge:+.0%}".replace("-", numerals.MINUS) for edge in gaps.CHANGES]
    # Whoever stays within a twentieth of a percent of today is told that nothing changes.
    edges = [*signed[:2], "0%", "0%", *signed[-2:]]
    texts = [
        scene.say("scenarios.less_than", n=edges[0]),
        *(f"{low} – {high}" for low, high in pairwise(edges)),
        scene.say("legend.and_more", n=edges[-1]),
    ]
    texts[len(texts) // 2] = scene.say("scenarios.same")
    return texts
