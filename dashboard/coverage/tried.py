"""Places where a view tries facilities, and what a place would bring, in words."""

from __future__ import annotations

from string import ascii_uppercase

import numpy as np

from dashboard import numerals
from dashboard.scene import Scene
from dashboard.view import View
from layers.coverage.released import HOUSEHOLDS, PEOPLE
from layers.coverage.seen import Numbers
from layers.coverage.sites import Brought, Place

MOST = 10
SITES = (1, 2, 3, 5, 10, 20)
A_FEW = 3


def places(view: View) -> list[Place]:
    """Return where a view tries facilities."""
    return places_of(view.tried)


def places_of(text: str, between: str = ";") -> list[Place]:
    """Return places as a view keeps them."""
    pairs = [place.split(",") for place in text.split(between) if place]
    return [(float(lon), float(lat)) for lon, lat in pairs]


def text(some: list[Place], between: str = ";") -> str:
    """Write places as a view keeps them."""
    return between.join(f"{lon:.6f},{lat:.6f}" for lon, lat in some)


def place(given: str) -> Place | None:
    """Return a place out of an address, "114.1,22.5"; None where it is none."""
    found = places(View.from_store({"tried": given}))
    return found[0] if len(found) == 1 else None


def letter(number: int) -> str:
    """Return what the pin of a place is called: A, B, C."""
    return ascii_uppercase[number]


def said(scene: Scene, brought: Brought, number: int) -> str:
    """Return what a place brings beside those before it."""
    say, to = scene.say, rounded_to(scene)
    if brought.is_off[number]:
        return say("cover.tried_off")
    gains = brought.by_place[number]
    people = rounded(gains[PEOPLE], to)
    if not people and not gains["buildings"]:
        return say("cover.tried_nobody")
    return say(
        "cover.tried_brings",
        people=numerals.number(people),
        households=numerals.number(rounded(gains.get(HOUSEHOLDS, 0), to)),
        buildings=numerals.number(gains["buildings"]),
    )


def named(scene: Scene) -> str:
    """Return the places a view tries as a report names them: A (113.92158, 22.53211)."""
    say = scene.say
    return say("error.between").join(
        say("cover.tried_at", site=letter(k), lon=f"{lon:.5f}", lat=f"{lat:.5f}")
        for k, (lon, lat) in enumerate(places(scene.view))
    )


def in_all(scene: Scene, brought: Brought, people: Numbers, at: int) -> tuple[float, float]:
    """Return how many more are reached in a unit, and the share that stays uncovered; NaN so."""
    gain = rounded(brought.in_all.get(PEOPLE, 0), rounded_to(scene))
    gain = min(gain, float(people.uncovered[at]))
    left = numerals.share(float(people.uncovered[at]) - gain, float(people.all[at]))
    return gain, np.nan if left is None else left


def rounded_to(scene: Scene) -> int:
    """Return what numbers of persons are rounded to that were laid on the buildings."""
    rules = scene.disclosure.rules
    return rules.rounded_to if rules else 1


def rounded(n: float, to: int) -> float:
    """Return a number of persons as exact as it is known."""
    return float(round(n / to) * to)
