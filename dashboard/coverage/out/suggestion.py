"""A suggestion of where to build as it is taken out: the places, what limits come to, how good."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.coverage import tried
from dashboard.coverage.desk import Desk
from dashboard.coverage.wishes import standing
from dashboard.panels.coverage import candidate_lists, suggestions, words
from dashboard.scene import Scene
from dashboard.text import explained
from gis.errors import CityGridError
from layers.coverage import lists
from layers.coverage.lists import Entry
from layers.coverage.released import HOUSEHOLDS, PEOPLE


@dataclass(frozen=True)
class Site:
    """A place that is suggested."""

    number: int
    name: str
    # In degrees, EPSG:4326.
    lon: float
    lat: float
    # Newly reached beside the places before it, as exact as it is known.
    people: float
    households: float
    buildings: float
    # None where that is not asked about.
    cost: float | None
    served: float | None
    room: int | None


@dataclass(frozen=True)
class Suggestion:
    """What is suggested, and what is said of it."""

    sites: tuple[Site, ...]
    # Sentences: what they do, what limits come to, how far from the optimum.
    said: tuple[str, ...]
    # The rows of the list that was chosen from, each with its verdict in words.
    rows: tuple[tuple[Entry, str, str], ...] = ()


def read(scene: Scene, desk: Desk) -> Suggestion | None:
    """Return what a scene's view suggests; None where it aims at nothing."""
    if not scene.view.aim:
        return None
    try:
        found = desk.suggested(scene)
    except CityGridError as error:
        return Suggestion((), (explained(error, scene.view.language),))
    others, to = standing(scene), tried.rounded_to(scene)
    brings = desk.beside(scene, others, found.places, desk.ground_next(scene))
    sites = []
    for k, (lon, lat) in enumerate(found.places):
        gains = brings.by_place[len(others) + k]
        sites.append(
            Site(
                k + 1,
                suggestions.called(scene, found, k),
                lon,
                lat,
                tried.rounded(gains[PEOPLE], to),
                tried.rounded(gains.get(HOUSEHOLDS, 0), to),
                gains["buildings"],
                None if found.cost is None else found.cost[k],
                None if found.served is None else tried.rounded(found.served[k], to),
                None if found.room is None else found.room[k],
            )
        )
    return Suggestion(
        tuple(sites),
        tuple(suggestions.sentences(scene, found, brings.by_place[len(others) :])),
        _rows(scene),
    )


def _rows(scene: Scene) -> tuple[tuple[Entry, str, str], ...]:
    kind, _, number = scene.view.source.partition(":")
    if kind != "list":
        return ()
    say = scene.say
    return tuple(
        (each, say(f"candidates.{each.verdict}"), candidate_lists.why(scene, each))
        for each in lists.read(scene.db, int(number)).entries
    )


HEADINGS = ("number", "name", "lon", "lat", "people", "households", "buildings", "cost", "served",
            "room")  # fmt: skip
OF_ROWS = ("row", "name", "verdict", "why", "lon", "lat", "cost", "capacity")


def cells(site: Site) -> tuple[str | float | None, ...]:
    """Return a row of the table of places, in the order of `HEADINGS`."""
    return (site.number, site.name, site.lon, site.lat, site.people, site.households,
            site.buildings, site.cost, site.served, site.room)  # fmt: skip


def of_row(row: tuple[Entry, str, str]) -> tuple[str | float | None, ...]:
    """Return a row of the table of candidates, in the order of `OF_ROWS`."""
    each, verdict, why = row
    return (each.row, each.name, verdict, why, each.lon, each.lat, each.cost, each.capacity)


def headline(scene: Scene, found: Suggestion) -> tuple[str, str]:
    """Return what a summary says of it: name and value."""
    return scene.say("cover.next"), words.joined(scene, *found.said)
