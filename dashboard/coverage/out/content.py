"""An answer as it is taken out, in one language, before it is laid out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from sqlalchemy import select

from dashboard import numerals
from dashboard.coverage import gaps, tried
from dashboard.coverage.desk import Desk
from dashboard.coverage.out import suggestion
from dashboard.coverage.out.suggestion import Suggestion
from dashboard.coverage.question import question
from dashboard.coverage.tried import rounded_to
from dashboard.panels.coverage import said, words
from dashboard.scene import Scene
from dashboard.text import called
from gis import places
from gis.access.viewer import Viewer
from gis.arrangement import Floats
from gis.city import Level
from gis.network.network import Bools
from gis.tables import layer_state
from layers.catalog.facilities import KINDS
from layers.columns import Ints
from layers.coverage import scenarios
from layers.coverage.homes import Homes
from layers.coverage.lasting import Lasting
from layers.coverage.reach import Question
from layers.coverage.released import CARE_GROUPS, PEOPLE
from layers.coverage.room import Room
from layers.coverage.scenarios import Scenario
from layers.coverage.seen import Seen
from layers.coverage.sites import Brought

GROUPS = ("people", "0_14", "15_59", "60", "households", "buildings", "floor_area_m2")


@dataclass(frozen=True, eq=False)
class Column:
    """One number for each place of the tree."""

    # For a GIS: small letters and _.
    key: str
    heading: str
    # NaN: not told, or there is nothing to tell.
    numbers: Floats
    is_exact: np.ndarray
    is_withheld: np.ndarray
    is_share: bool = False
    decimals: int = 0


@dataclass(frozen=True)
class Pin:
    """A place where something would be built."""

    text: str
    # In degrees, EPSG:4326.
    lon: float
    lat: float
    is_suggested: bool


@dataclass(frozen=True, eq=False)
class Content:
    """What is taken out."""

    scene: Scene
    viewer: Viewer
    asked: Question
    seen: Seen
    # What it would be, where a scenario is compared.
    after: Seen | None
    scenario: Scenario | None
    # What that is compared with; None is today.
    against: Scenario | None
    homes: Homes
    now: dt.datetime
    # What the map shows of each place of the tree.
    of: str
    values: Floats
    is_withheld: Bools
    # For whom there is room; None where places are nobody's, or a scenario is compared.
    room: Room | None = None
    # How long the ways are; None where a scenario is compared.
    lasting: Mapping[str, Lasting] | None = None
    # Seconds from the nearest two facilities to each door of `homes`, likewise.
    seconds: Floats | None = None
    # Where to build next, where the view aims at something.
    suggestion: Suggestion | None = None
    # What the places that are tried bring the place that is looked at.
    brought: Brought | None = None

    @property
    def title(self) -> str:
        """What it is about."""
        say = self.scene.say
        if self.scenario:
            names = {"what": self.what, "name": self.scenario.name}
            if self.against:
                return say("cover_out.title_against", **names, against=self.against.name)
            return say("cover_out.title_scenario", **names)
        return say("cover_out.title", what=self.what)

    @property
    def what(self) -> str:
        """What facilities it is about."""
        if self.scenario is None:
            return words.facilities(self.scene, self.asked)
        names = [self.scene.named(KINDS[kind]) for kind in self.asked.kinds]
        return self.scene.say("error.between").join(names)

    @cached_property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Definition, source and dates: names and values."""
        scene, say = self.scene, self.scene.say
        asked = self.asked
        clock = self.now.astimezone(scene.city.tz)
        radius = asked.radius_m
        found = [
            (say("cover_out.place"), scene.named(scene.unit.names)),
            (say("cover_out.facilities"), self.what),
            *self._compared,
            (say("cover_out.limit"), words.within(scene, asked)),
            (say("cover_out.binds"), words.binds(scene, asked)),
            (
                say("cover_out.official"),
                say("cover_out.none")
                if radius is None
                else say("cover_out.radius", m=f"{radius:,.0f}"),
            ),
            (say("cover_out.audit"), self._audit),
            (say("cover_out.as_of"), self._as_of),
            (say("cover_out.source"), self.source),
            (say("cover_out.made"), numerals.moment(clock, scene.view.language)),
            (say("cover_out.by"), called(self.viewer.name, scene.view.language)),
        ]
        if self.seen.found.reach.is_off.any():
            found.append((say("cover_out.off"), self._off))
        if self.brought is not None:
            found.append((say("cover_out.tried"), self._tried(self.brought)))
        if self.suggestion is not None:
            found.append(suggestion.headline(scene, self.suggestion))
        return tuple(found)

    @cached_property
    def changes(self) -> tuple[str, ...]:
        """What the scenario changes, each in a sentence with its figure; nothing without one."""
        if self.scenario is None:
            return ()
        return tuple(said.sentences(self.scene, self.scenario.changes))

    @cached_property
    def changes_against(self) -> tuple[str, ...]:
        """What the scenario changes that it is compared with; nothing where that is today."""
        if self.against is None:
            return ()
        return tuple(said.sentences(self.scene, self.against.changes))

    @property
    def _compared(self) -> list[tuple[str, str]]:
        if self.scenario is None:
            return []
        today = self.scene.say("scenarios.before")
        return [
            (self.scene.say("cover_out.scenario"), self.scenario.name),
            (self.scene.say("cover_out.against"), self.against.name if self.against else today),
        ]

    @property
    def note(self) -> str:
        """How sure the numbers of persons are."""
        people = self.seen.people
        key = "exact" if people.is_exact[self.seen.place(self.scene.unit.id)] else "released"
        return self.scene.say(f"cover_out.{key}")

    @property
    def _audit(self) -> str:
        audit = self.seen.found.reach.audit
        return self.scene.say(
            "cover_out.audited", n=audit.asked, i=audit.false_in, o=audit.false_out,
            s=numerals.number(round(audit.largest_s, 3)),
        )  # fmt: skip

    def _tried(self, brought: Brought) -> str:
        people, at = self.seen.people, self.seen.place(self.scene.unit.id)
        gain, left = tried.in_all(self.scene, brought, people, at)
        return self.scene.say(
            "cover_out.tried_brings", sites=tried.named(self.scene), n=numerals.number(gain),
            buildings=numerals.number(brought.in_all["buildings"]), after=numerals.percent(left),
        )  # fmt: skip

    @property
    def pins(self) -> tuple[Pin, ...]:
        """Where the view would build: the places it tries, and those suggested beside them."""
        if self.scenario is not None:
            return ()
        drawn = tried.places(self.scene.view)
        found = [Pin(tried.letter(k), lon, lat, False) for k, (lon, lat) in enumerate(drawn)]
        if self.suggestion is not None:
            found += [Pin(str(s.number), s.lon, s.lat, True) for s in self.suggestion.sites]
        return tuple(found)

    @property
    def _off(self) -> str:
        reach = self.seen.found.reach
        walled = int(reach.is_walled.sum())
        return self.scene.say(
            "cover_out.off_n", n=numerals.number(int(reach.is_off.sum()) - walled),
            w=numerals.number(walled),
        )  # fmt: skip

    @cached_property
    def _as_of(self) -> str:
        c = layer_state.c
        layers = ("buildings", "facilities", "people", "roads")
        found = self.scene.db.scalars(
            select(c.as_of).where(c.layer.in_(layers), c.as_of.is_not(None)).order_by(c.as_of)
        ).all()
        if not found:
            return self.scene.say("cover_out.unknown")
        tz, language = self.scene.city.tz, self.scene.view.language
        days = dict.fromkeys(
            numerals.day(each.astimezone(tz).date(), language) for each in (found[0], found[-1])
        )
        return " – ".join(days)

    @cached_property
    def source(self) -> str:
        """Where the data come from; what is made up says so in the view's language."""
        city, c = self.scene.city, layer_state.c
        found = self.scene.db.scalars(
            select(c.source).where(c.source != "").order_by(c.layer)
        ).all()
        own = self.scene.say("app.synthetic_source") if city.is_synthetic else city.attribution
        said = dict.fromkeys([*(each for each in found if each != city.attribution), own])
        return "; ".join(filter(None, said))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The numbers of all places of the tree."""
        found: list[Column] = []
        for group in (*GROUPS, *words.told_in_care(self.seen.numbers)):
            found += self._of(group)
        return (*found, *self._of_room(), *self._of_ways(), *self._of_places())

    def _of_ways(self) -> list[Column]:
        """Return how many minutes people are on the way to the nearest, and to the second."""
        if self.lasting is None:
            return []
        people, older = self.lasting[PEOPLE], self.lasting["60"]

        def column(key: str, seconds: Floats, ways: Lasting) -> Column:
            heading = self.scene.say(f"cover_out.minutes_{key}")
            return Column(f"minutes_{key}", heading, np.round(seconds / 60, 1), ways.is_own,
                          ways.is_withheld, decimals=1)  # fmt: skip

        return [
            column("people", people.mean_s, people), column("second", people.second_s, people),
            column("60", older.mean_s, older),
        ]  # fmt: skip

    def _of_room(self) -> list[Column]:
        """Return what becomes of those who compete for places: each is in one of the columns."""
        room = self.room
        if room is None or not room.users.is_held:
            return []
        who, to = words.users(self.scene, room.users), rounded_to(self.scene)
        nothing = np.zeros(len(room.all), np.bool_)

        def column(key: str, n: Floats) -> Column:
            told = np.where(room.is_told, np.rint(n / to) * to, np.nan)
            heading = self.scene.say(f"cover_out.room_{key}", who=who)
            return Column(f"room_{key}", heading, told, nothing, room.is_withheld)

        return [
            column("served", room.served), column("over", room.over),
            column("unreachable", room.unreachable), column("unplaced", room.unplaced),
        ]  # fmt: skip

    def _of_places(self) -> tuple[Column, ...]:
        """Return how many places are in reach; nothing where no facility tells how many it has."""
        room = self.room
        if room is None or room.steps is None:
            return ()
        told = np.where(room.is_told, room.per_1000, np.nan)
        heading = self.scene.say("cover_out.places_per_1000")
        nothing = np.zeros(len(told), np.bool_)
        return (Column("places_per_1000", heading, told, nothing, room.is_withheld, decimals=2),)

    def _of(self, group: str) -> list[Column]:
        say, before = self.scene.say, self.seen.numbers[group]
        name = words.group_name(self.scene, group) if group in CARE_GROUPS else (
            say(f"cover_out.{group}")
        )  # fmt: skip

        def column(key: str, numbers: Floats, *, is_share: bool = False) -> Column:
            return Column(
                f"{group}_{key}", say(f"cover_out.of_{key}", what=name), numbers,
                before.is_exact, before.is_withheld, is_share,
            )  # fmt: skip

        columns = [column("all", before.all), column("reached", before.reached)]
        if self.against is not None:
            columns[1] = replace(columns[1], heading=say("cover_out.of_reached_against", what=name))
        if self.after is None:
            columns += [
                column("uncovered", before.uncovered),
                column("uncovered_share", before.share_uncovered, is_share=True),
            ]
            if group == "people" and before.official is not None:
                columns.append(column("official", before.official))
            return columns
        after = self.after.numbers[group]
        return [
            *columns,
            column("reached_then", after.reached),
            column("gained", after.reached - before.reached),
            column("uncovered_share_then", after.share_uncovered, is_share=True),
        ]

    def at(self, level: Level) -> Ints:
        """Return the places of a level's units within the place that is looked at."""
        tree, place = self.seen.tree, self.seen.place(self.scene.unit.id)
        within = np.zeros(len(tree), np.bool_)
        if place >= 0:
            within[place : tree.ends[place]] = True
        return np.flatnonzero(within & (tree.levels == level.number))

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The levels of the zoning that have units here, from the top."""
        return tuple(level for level in self.scene.zoning.levels if len(self.at(level)))

    def named(self, at: Ints) -> list[tuple[int, str, str, str]]:
        """Return number, code, name and the parent's name of units."""
        ids = self.seen.tree.ids[at].tolist()
        names = places.names_of(self.scene.db, ids)
        above = places.parents_of(self.scene.db, ids)
        return [
            (
                unit,
                names[unit][0],
                self.scene.named(names[unit][1]),
                self.scene.named(above[unit][1]) if unit in above else "",
            )
            for unit in ids
        ]


def read(  # noqa: PLR0913 - who asks for what, and when
    scene: Scene,
    desk: Desk,
    viewer: Viewer,
    number: int | None,
    now: dt.datetime,
    against: int | None = None,
) -> Content:
    """Answer a view's question, or that of a scenario, as the viewer may take it out.

    Parameters
    ----------
    against
        The scenario that it is compared with; None is today.
    """
    homes = desk.ground_of(scene).homes(scene.db)
    if number is None:
        asked = question(scene.view, scene.city)
        return Content(
            scene, viewer, asked, desk.seen(scene), None, None, None, homes, now,
            *gaps.mapped(scene, desk), desk.room(scene), desk.lasting(scene),
            desk.ways(scene).seconds, suggestion.read(scene, desk),
            desk.tried(scene, scene.unit.id),
        )  # fmt: skip
    scenario = scenarios.read(scene.db, number)
    base = None if against in (None, number) else scenarios.read(scene.db, against)
    both = desk.compared(scene.db, scenario, base)
    return Content(
        scene, viewer, scenario.question, both.before, both.after, scenario, base, homes, now,
        PEOPLE, both.before.people.share_uncovered, both.before.people.is_withheld,
    )  # fmt: skip
