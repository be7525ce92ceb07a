"""What the incidents mode asks the database: the list of a view, and what its lines are called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from dashboard.incidents import counting
from dashboard.scene import Scene
from dashboard.view import View
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.city import City
from gis.tables import duty_body, incident_class
from layers.handling import boundaries, lists, settings, tallies
from layers.handling.boundaries import On
from layers.handling.case import Case
from layers.handling.lists import Asked, Listing
from layers.handling.stages import Stage
from layers.handling.tallies import Times
from layers.layer import Names

# Who takes reports or works on cases asks whose one is, and what is near.
ASKS = (Right.REPORT, Right.CASES, Right.SUPERVISE)
# Of one column of the board; how many there are is said.
MOST_CARDS = 40


@dataclass(frozen=True)
class Wanted:
    """A list of incidents, and what is said of them."""

    cases: Sequence[Case]
    # By incident, what it is of: "Grid 3 · Chaosheng Community".
    places: Mapping[int, str]
    classes: Mapping[tuple[str, str], Names]
    # Within which time something is due soon.
    soon: dt.timedelta

    def called(self, scene: Scene, case: Case) -> str:
        """Return what an incident is called: its title, else its class."""
        return case.title or class_name(scene, self.classes, case)


def wanted(scene: Scene, viewer: Viewer) -> Wanted:
    """Return the list that a view asks for."""
    asked = asked_of(scene)
    return _told(scene, asked, lists.listed(scene.db, viewer, asked, now=scene.now))


def length(scene: Scene, viewer: Viewer) -> int:
    """Return how many the list holds that a view asks for."""
    return lists.length(scene.db, viewer, asked_of(scene), now=scene.now)


def _told(scene: Scene, asked: Asked, cases: Sequence[Case]) -> Wanted:
    return Wanted(cases, where_of(scene, cases), classes(scene.db), asked.soon)


@dataclass(frozen=True)
class Board:
    """The same list by stage."""

    told: Wanted
    # Of each stage, how many there are, and those that are the most pressing.
    counts: Mapping[Stage, int]
    columns: Mapping[Stage, Sequence[Case]]


def board(scene: Scene, viewer: Viewer) -> Board:
    """Return the list that a view asks for, by stage."""
    asked = asked_of(scene)
    counts = tallies.by_stage(scene.db, viewer, asked, now=scene.now)
    columns = {
        stage: lists.listed(
            scene.db, viewer, replace(asked, stage=stage), now=scene.now, most=MOST_CARDS
        )
        if count
        else []
        for stage, count in counts.items()
    }
    cases = [case for column in columns.values() for case in column]
    return Board(_told(scene, asked, cases), counts, columns)


@dataclass(frozen=True)
class Choice:
    """The lists one may go to."""

    lengths: Mapping[Listing, int]
    # When the next open incident of the place stands otherwise by itself.
    turns_at: dt.datetime | None


def choice(scene: Scene, viewer: Viewer) -> Choice:
    """Return how long each list is that is not the viewer's own, whichever is shown."""
    return Choice(
        lists.lengths(scene.db, viewer, plain(scene), now=scene.now),
        lists.turns_at(scene.db, viewer, asked_of(scene), now=scene.now),
    )


def told(scene: Scene, viewer: Viewer) -> int:
    """Return of how many incidents of the place the viewer was told."""
    asked = replace(plain(scene), listing=Listing.TOLD)
    return lists.length(scene.db, viewer, asked, now=scene.now)


def times(scene: Scene, viewer: Viewer) -> Times:
    """Return when the incidents of the list that a view asks for were reported."""
    return tallies.by_time(
        scene.db, viewer, asked_of(scene), now=scene.now, timezone=scene.city.timezone
    )


def asked_of(scene: Scene) -> Asked:
    """Return which incidents a view asks for: those of a list, or of a number of the measures."""
    among = counting.among(scene)
    if among is None:
        return plain(scene)
    return Asked(scene.focus.id, Listing.ALL, soon=soon(scene.city), among=among)


def plain(scene: Scene) -> Asked:
    """Return which incidents the list of a view holds, whatever number it names."""
    view = scene.view
    part = view.part if view.part.startswith(("big:", "small:")) else ""
    return Asked(
        scene.focus.id,
        Listing(view.cases or "open"),
        period(view, scene.city),
        part,
        soon(scene.city),
        on=counting.on(scene),
    )


def may_ask(viewer: Viewer) -> bool:
    """Return whether a viewer asks whose an incident is, and what is near."""
    return any(viewer.may(right) for right in ASKS)


def soon(city: City) -> dt.timedelta:
    """Return within which time something is due soon."""
    return dt.timedelta(hours=settings.read(city.handling).due_soon_h)


def period(view: View, city: City) -> tuple[dt.datetime, dt.datetime] | None:
    """Return the moments a picked period begins and ends at; None for all there is."""
    if view.period is None:
        return None
    first, last = view.period
    after = last + dt.timedelta(days=1)
    begin, end = (dt.datetime.combine(day, dt.time(), city.tz) for day in (first, after))
    return begin, end


def places_of(scene: Scene, units: Sequence[int]) -> dict[int, str]:
    """Return what units are called, with what they lie in, by number."""
    wanted_ = sorted(set(units))
    named = places.names_of(scene.db, wanted_)
    above = places.parents_of(scene.db, wanted_)
    return {
        id_: " · ".join(
            [scene.named(names), *([scene.named(above[id_][1])] if id_ in above else [])]
        )
        for id_, (_, names) in named.items()
    }


def where_of(scene: Scene, cases: Sequence[Case]) -> dict[int, str]:
    """Return what the units of incidents are called, with what they lie in, by the incident.

    By the boundaries that the view counts by: of a closed one as they were when it was closed.
    """
    db, on = scene.db, counting.on(scene)
    units = {case.id: unit for case in cases if (unit := case.unit_on(on)) is not None}
    listed = sorted(set(units.values()))
    above = {unit: parent for unit, (parent, _) in places.parents_of(db, listed).items()}
    over = {number: above.get(unit) for number, unit in units.items()}
    if on is On.THEN:
        lay = boundaries.read(db, scene.root.zoning_id)
        for case in cases:
            then = case.unit_then_id
            if then is not None and then in lay.lying:
                over[case.id] = lay.above(then, case.closed_or_due_at)
    called = places.last_names_of(db, sorted({*listed, *filter(None, over.values())}))
    return {
        number: " · ".join(
            scene.named(called[each][1]) for each in (unit, over[number]) if each is not None
        )
        for number, unit in units.items()
    }


def classes(db: Connection) -> dict[tuple[str, str], Names]:
    """Return what classes are called, by scheme and code."""
    c = incident_class.c
    return {
        (scheme, code): names
        for scheme, code, names in db.execute(select(c.scheme, c.code, c.names))
    }


def class_name(scene: Scene, known: Mapping[tuple[str, str], Names], case: Case) -> str:
    """Return what the class of an incident is called; its code where it has no name."""
    names = known.get((case.scheme, case.small)) or known.get((case.scheme, case.big))
    return scene.named(names) if names else case.small


def body_names(db: Connection) -> dict[int, Names]:
    """Return what duty bodies are called, by number."""
    c = duty_body.c
    return {row.id: row.names for row in db.execute(select(c.id, c.names))}


def small_classes(db: Connection) -> list[tuple[str, str]]:
    """Return the classes an incident may have: those that are no class of classes."""
    c = incident_class.c
    query = select(c.scheme, c.code).where(c.parent_code.is_not(None)).order_by(c.scheme, c.code)
    return [(scheme, code) for scheme, code in db.execute(query)]
