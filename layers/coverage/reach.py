"""Whom facilities reach: along the streets, and as the crow flies, as reports require it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree
from sqlalchemy import ColumnElement, Connection, Double, Integer, and_, func, select
from sqlalchemy import cast as sql_cast

from gis.arrangement import Floats
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from gis.network.audit import Audit, audit
from gis.network.snapping import Snapped
from gis.network.travel import NEAREST, Times, times
from gis.tables import facility
from layers.catalog.facilities import KINDS
from layers.columns import Array, Ints, fetch
from layers.coverage import settings
from layers.coverage.doors import Doors
from layers.coverage.streets import WALK_MS, Mode, metric_points
from layers.coverage.ways import STREET_WITHIN_M, Ways
from layers.rows import NO_UNIT
from layers.tree import Tree


@dataclass(frozen=True)
class Question:
    """Whom facilities of some kinds reach within a limit, in minutes, metres or both."""

    kinds: tuple[str, ...]
    minutes: float | None = None
    # Along the streets, and as the crow flies for the official figure.
    metres: float | None = None
    mode: Mode = Mode.WALK
    # Of who walks; who drives goes as fast as the streets let him.
    speed_ms: float = WALK_MS
    # "open", or with "planned" what will be.
    states: tuple[str, ...] = ("open",)
    # Who drives: in which time band of the city's, and how long after the call he sets out. None
    # as the city has it for such facilities; see `as_in`.
    band: str | None = None
    turnout_s: float | None = None
    # Run by whom; by anybody where none is named.
    operators: tuple[str, ...] = ()
    # Only those whose ground is known to be so large.
    least_area_m2: float | None = None

    def checked(self) -> Question:
        """Return itself, or raise CityGridError for kinds that no city has, or without a limit."""
        if unknown := [kind for kind in self.kinds if kind not in KINDS]:
            raise NotFoundError(
                f"There is no kind of facility {unknown[0]!r}. There are: {', '.join(KINDS)}.",
                key="coverage.no_kind", kind=unknown[0],
            )  # fmt: skip
        if not self.kinds:
            raise CityGridError(
                "Reached by what? Name a kind of facility.", key="coverage.no_kinds"
            )
        if self.minutes is None and self.metres is None:
            raise CityGridError(
                "How far may it be? Give minutes, metres, or both.", key="coverage.no_limit"
            )
        if self.minutes is None and self.mode is Mode.DRIVE:
            raise CityGridError(
                "How long may the drive take? Give minutes.", key="coverage.no_minutes"
            )
        return self

    @property
    def limit_s(self) -> float:
        """The seconds on the way within which a door is reached; the tighter limit binds.

        What passes before one sets out is taken off.
        """
        return min(
            max(60 * self.minutes - self.delay_s, 0.0) if self.minutes is not None else np.inf,
            # By car they are those of the official figure alone: streets differ in speed.
            self.metres / self.speed_ms
            if self.metres is not None and self.mode is Mode.WALK
            else np.inf,
        )

    @property
    def delay_s(self) -> float:
        """The seconds that pass before one sets out."""
        return self.turnout_s or 0.0

    @property
    def serving(self) -> Hashable:
        """What tells the facilities of a question from those of another."""
        return self.kinds, self.states, self.operators, self.least_area_m2

    @property
    def streets(self) -> Hashable:
        """What tells the streets of a question from those of another."""
        if self.mode is Mode.WALK:
            return self.mode, self.speed_ms
        return self.mode, self.band

    @property
    def radius_m(self) -> float | None:
        """The straight line of the official figure: the metres, else as far as one would walk.

        None by car without metres: how far one comes depends on the streets.
        """
        if self.metres is None and self.mode is Mode.DRIVE:
            return None
        return self.metres if self.metres is not None else self.limit_s * self.speed_ms

    @property
    def binds(self) -> str:
        """Which limit binds along the streets: "minutes" or "metres"."""
        by_minutes = self.minutes is not None and (
            self.metres is None
            or self.mode is Mode.DRIVE
            or 60 * self.minutes <= self.metres / self.speed_ms
        )
        return "minutes" if by_minutes else "metres"


@dataclass(frozen=True, eq=False)
class Facilities:
    """Where they are, inside the city and around it."""

    ids: Ints
    # (n, 2), the city's metric CRS.
    points_m: Floats


@dataclass(frozen=True, eq=False)
class Reach:
    """The answer for each door."""

    times: Times
    # Metres to the nearest facility as the crow flies.
    straight_m: Floats
    # Which doors are reached along the streets, and by the official figure.
    is_reached: Array
    # None where there is no official radius.
    is_official: Array | None
    # Those that hang on no street, and which of them because of a barrier.
    is_off: Array
    is_walled: Array
    # Asked for where it is shown.
    judged: Callable[[], Audit]

    @cached_property
    def audit(self) -> Audit:
        """What an independent audit says of the answer, for doors of all that it was found for."""
        return self.judged()

    def take(self, doors: Ints) -> Reach:
        """Return the answer for some of the doors, with the audit of all."""
        return Reach(
            self.times.take(doors),
            self.straight_m[doors],
            self.is_reached[doors],
            None if self.is_official is None else self.is_official[doors],
            self.is_off[doors],
            self.is_walled[doors],
            lambda: self.audit,
        )

    def and_for(self, other: Reach) -> Reach:
        """Return the answer for these doors and, after them, others; with the audit of these."""
        one, two = self.is_official, other.is_official
        return Reach(
            self.times.and_for(other.times),
            np.append(self.straight_m, other.straight_m),
            np.append(self.is_reached, other.is_reached),
            None if one is None or two is None else np.append(one, two),
            np.append(self.is_off, other.is_off),
            np.append(self.is_walled, other.is_walled),
            lambda: self.audit,
        )


def as_in(question: Question, city: City) -> Question:
    """Return a question with what the city says of facilities of its kinds: when one sets out."""
    if question.mode is not Mode.DRIVE or question.turnout_s is not None:
        return question
    known = settings.read(city.coverage).turnout_s
    return replace(question, turnout_s=max(known.get(kind, 0.0) for kind in question.kinds))


def serves(question: Question) -> ColumnElement[bool]:
    """Return the condition that a row of `gis.tables.facility` is one a question is about."""
    c = facility.c
    found = and_(c.kind.in_(question.kinds), c.state.in_(question.states))
    if question.least_area_m2 is not None:
        found = and_(found, c.area_m2 >= question.least_area_m2)
    return and_(found, c.operator.in_(question.operators)) if question.operators else found


def without_area(db: Connection, question: Question) -> int:
    """Return how many facilities are left out because nobody knows how large they are."""
    if question.least_area_m2 is None:
        return 0
    whatever = replace(question, least_area_m2=None)
    query = select(func.count()).where(serves(whatever), facility.c.area_m2.is_(None))
    return int(db.scalars(query).one())


def operators(db: Connection, kinds: Collection[str]) -> Mapping[str, int]:
    """Return who runs facilities of some kinds, and how many: the most first."""
    c = facility.c
    many = func.count().label("many")
    query = (
        select(c.operator, many)
        .where(c.kind.in_(kinds), c.operator != "")
        .group_by(c.operator)
        .order_by(many.desc(), c.operator)
    )
    return {row.operator: row.many for row in db.execute(query)}


def facilities(db: Connection, question: Question, city: City) -> Facilities:
    """Read the facilities that a question is about, in the order of their ids."""
    c = facility.c
    query = (
        select(
            sql_cast(c.id, Integer).label("id"),
            sql_cast(func.ST_X(c.geom), Double).label("lon"),
            sql_cast(func.ST_Y(c.geom), Double).label("lat"),
        )
        .where(serves(question))
        .order_by(c.id)
    )
    found = fetch(db, query)
    return Facilities(found["id"], metric_points(found["lon"], found["lat"], city))


def reach(  # noqa: PLR0913 - the question, and where everything is
    question: Question,
    ways: Ways,
    there: Facilities,
    there_hung: Snapped,
    here: Doors,
    here_hung: Snapped,
    *,
    seed: int = 0,
) -> Reach:
    """Return which doors the facilities reach, judged by an independent audit.

    Parameters
    ----------
    there_hung, here_hung
        Where facilities and doors hang on the streets.
    seed
        Which doors the audit looks at.
    """
    limit, speed = question.limit_s, question.speed_ms
    found = times(ways.network, there_hung, here_hung, limit_s=limit, access_ms=speed)
    straight = np.full(len(here.points_m), np.inf)
    if len(there.ids):
        straight[:] = cKDTree(there.points_m).query(here.points_m)[0]
    nearest = found.seconds[:, NEAREST]
    return Reach(
        # What passes before one sets out is time that whoever waits has waited.
        Times(found.seconds + question.delay_s, found.source),
        straight,
        np.isfinite(nearest),
        None if question.radius_m is None else straight <= question.radius_m,
        ~here_hung.is_on,
        here_hung.is_walled,
        lambda: audit(
            ways.judge,
            there.points_m,
            here.points_m,
            nearest,
            limit_s=limit,
            access_ms=speed,
            within_m=STREET_WITHIN_M,
            seed=seed,
        ),
    )


def by_unit(tree: Tree, here: Doors, doors: Array) -> Mapping[str, Ints]:
    """Return how many live behind some doors, by group, for each place of a tree.

    Who is in no unit of the tree is left out; `outside` says how many those are.

    Parameters
    ----------
    doors
        Which doors count.
    """
    place = tree.places(here.unit_ids)
    counts = doors & (place != NO_UNIT)
    return {
        key: tree.rolled_up(
            np.bincount(place[counts], n[counts], minlength=len(tree)).astype(np.int64)
        )
        for key, n in here.people.items()
    }


def outside(tree: Tree, here: Doors) -> Mapping[str, int]:
    """Return how many live in no unit of the tree, by group."""
    is_outside = tree.places(here.unit_ids) == NO_UNIT
    return {key: int(n[is_outside].sum()) for key, n in here.people.items()}
