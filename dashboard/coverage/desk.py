"""Where questions of coverage are answered: one desk for a process, shared by all who ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from dashboard.coverage import supposed, tried, wishes
from dashboard.coverage.question import question
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis import places
from gis.access.posts import Right
from gis.errors import NotFoundError
from gis.network.travel import Times
from layers.coverage import compared, nearest, redrawn, scenarios
from layers.coverage.changed import Changed
from layers.coverage.changes import Change, Close, Redraw
from layers.coverage.compared import Comparison
from layers.coverage.followed import Followed, followed
from layers.coverage.ground import Found, Ground, Outline, state
from layers.coverage.kept import Kept
from layers.coverage.laid_room import public
from layers.coverage.lasting import Lasting, lasting
from layers.coverage.nearest import Area
from layers.coverage.odd import Odd, odd
from layers.coverage.reach import Question
from layers.coverage.released import PEOPLE
from layers.coverage.room import Room
from layers.coverage.scenarios import Scenario
from layers.coverage.seen import Seen, seen
from layers.coverage.sites import Brought, Place, Standing, brought, standing
from layers.coverage.suggested import Suggested, suggested
from layers.coverage.why import Why, why
from layers.coverage.zoned import Zoned

# That of the data as they are, and one that is still asked while they change.
GROUNDS = 2
# Answers as viewers know them: some MB each in a city of a hundred thousand units.
MOST_SEEN = 32
# Further zonings whose units are told, some 8 bytes for each building.
MOST_ZONINGS = 4
# Areas of all facilities of a kind, some MB each in a large city.
MOST_AREAS = 8
# Who drags a place has one, some 40 bytes for each door.
MOST_STANDING = 8
# Scenarios that are looked at.
MOST_SUPPOSED = 6


class Desk:
    """Answers from memory for as long as the data are the same.

    Two who ask different things do not wait for each other; who asks what is being worked out gets
    that answer.
    """

    def __init__(self) -> None:
        self._grounds = Kept[Ground](GROUNDS)
        self._compared = Kept[Comparison](MOST_SUPPOSED)
        self._supposed = Kept[Changed](MOST_SUPPOSED)
        self._seen = Kept[Seen](MOST_SEEN)
        self._zoned = Kept[Zoned](MOST_ZONINGS)
        self._lasting = Kept[Mapping[str, Lasting]](MOST_SEEN)
        self._why = Kept[Why](MOST_SEEN)
        self._brought = Kept[Brought](MOST_SEEN)
        self._standing = Kept[Standing](MOST_STANDING)
        self._suggested = Kept[Suggested](MOST_SEEN)
        self._room = Kept[Room | None](MOST_SEEN)
        self._followed = Kept[Followed](MOST_AREAS)
        self._areas = Kept[tuple[Area, ...]](MOST_AREAS)
        self._odd = Kept[Odd](GROUNDS)

    def ground(self, db: Connection) -> Ground:
        """Return the streets, doors and units of today."""

        def begin() -> Ground:
            return Ground(places.city_of(db))

        return self._grounds.get(state(db), begin)

    def supposed(self, db: Connection, changes: tuple[Change, ...]) -> Changed:
        """Return the streets, doors and units of today with some changes."""
        ground = self.ground(db)
        # Somebody may go on drawing an order that is supposed to be in force.
        drawn = redrawn.marks(db, [each.order for each in changes if isinstance(each, Redraw)])
        return self._supposed.get((ground, changes, drawn), lambda: Changed(ground, changes))

    def compared(
        self, db: Connection, scenario: Scenario, against: Scenario | None = None
    ) -> Comparison:
        """Return what a scenario comes to, as whoever looks may know it.

        Parameters
        ----------
        against
            The scenario it is compared with, whatever that asks itself; None: today.
        """
        supposed, viewer, asked = (
            self.supposed(db, scenario.changes),
            VIEWER.get(),
            scenario.question,
        )
        base = self.ground(db) if against is None else self.supposed(db, against.changes)
        return self._compared.get(
            (base, supposed, asked, viewer.units, viewer.care),
            lambda: compared.compare(db, base, supposed, asked, viewer),
        )

    def scenario(self, scene: Scene) -> Scenario | None:
        """Return the scenario that a scene compares; None where whoever looks may see none."""
        return self._kept(scene, scene.view.scenario)

    def against(self, scene: Scene) -> Scenario | None:
        """Return the scenario that a scene's is compared with; None is today.

        So it is where that one may not be seen: what is compared then is what the page says.
        """
        return self._kept(scene, scene.view.against)

    def _kept(self, scene: Scene, number: int | None) -> Scenario | None:
        if number is None or scene.view.mode != "coverage" or not VIEWER.get().may(Right.PLAN):
            return None
        try:
            return scenarios.read(scene.db, number)
        except NotFoundError:
            # Deleted meanwhile, or not shared with who was given the link: the panel says so.
            return None

    def found(self, scene: Scene) -> Found:
        """Return what a scene's question finds at the doors of all buildings."""
        return self.ground(scene.db).found(scene.db, question(scene.view, scene.city))

    def odd(self, scene: Scene) -> Odd:
        """Return what is odd about the streets that a scene's question goes along."""
        ground, mode = self.ground(scene.db), question(scene.view, scene.city).mode
        return self._odd.get((ground, mode), lambda: odd(scene.db, scene.city, mode))

    def why(self, scene: Scene) -> Why:
        """Return why the building of a scene is covered or not."""
        ground, asked = self.ground(scene.db), question(scene.view, scene.city)
        building = scene.view.building or 0
        return self._why.get(
            (ground, asked, building), lambda: why(scene.db, ground, asked, building)
        )

    def brought(self, scene: Scene, within: int | None = None) -> Brought:
        """Return what the places bring where a scene tries facilities.

        Parameters
        ----------
        within
            The unit whose people count; None: that of the scene.
        """
        places, ground = tuple(tried.places(scene.view)), self.ground_of(scene)
        asked = question(scene.view, scene.city)
        unit = scene.view.unit if within is None else within
        return self._brought.get(
            (ground, asked, unit, places), lambda: brought(scene.db, ground, asked, places, unit)
        )

    def tried(self, scene: Scene, within: int) -> Brought | None:
        """Return what the places tried bring a unit; None without any, or people to count."""
        ground = self.ground_of(scene)
        if not tried.places(scene.view) or PEOPLE not in ground.released(scene.db).by_group:
            return None
        return self.brought(scene, within)

    def suggested(self, scene: Scene) -> Suggested:
        """Return where new facilities would do most for what a scene aims at."""
        view, places = scene.view, tuple(wishes.standing(scene))
        # With the list it names, read as whoever looks may see it.
        wish, asked = wishes.wish(scene), question(view, scene.city)
        ground = self.ground_next(scene)
        return self._suggested.get(
            (ground, asked, wish, view.unit, places),
            lambda: suggested(scene.db, ground, asked, wish, places, view.unit),
        )

    def ground_next(self, scene: Scene) -> Ground:
        """Return what suggestions stand on: today, or without what is supposed closed."""
        closed = tuple(Close(facility=number) for number in supposed.closed(scene.view))
        if not scene.view.without_closed or not closed:
            return self.ground(scene.db)
        return self.supposed(scene.db, closed)

    def beside(
        self, scene: Scene, others: Sequence[Place], places: Sequence[Place],
        ground: Ground | None = None,
    ) -> Brought:  # fmt: skip
        """Return what others and then places bring, each beside those before it.

        The others stay where they are while a place is dragged: what they reach is kept.

        Parameters
        ----------
        ground
            None: that of today.
        """
        db, asked, unit = scene.db, question(scene.view, scene.city), scene.view.unit
        on = ground or self.ground(db)
        there = self._standing.get(
            (on, asked, unit, tuple(others)),
            lambda: standing(db, on, asked, unit).beside(db, others),
        )
        return there.beside(db, places).brought

    def outline(self, scene: Scene) -> Outline:
        """Return how far one gets by a scene's question, as a picture."""
        return self.ground(scene.db).outline(scene.db, question(scene.view, scene.city))

    def areas(self, scene: Scene) -> tuple[Area, ...]:
        """Return where each facility is the nearest, or would be as a scene supposes."""
        return self._nearest(scene.db, *self._charged(scene))

    def areas_today(self, db: Connection, asked: Question) -> tuple[Area, ...]:
        """Return where each facility of a question is the nearest."""
        return self._nearest(db, self.ground(db), asked)

    def _nearest(self, db: Connection, ground: Ground, asked: Question) -> tuple[Area, ...]:
        # They do not hang on the limit: who slides it asks about the same ones.
        key = ground, asked.serving, asked.streets
        return self._areas.get(key, lambda: nearest.areas(db, ground, asked))

    def followed(self, scene: Scene) -> Followed:
        """Return which units would go over for boundaries to follow the areas of a scene.

        Raises
        ------
        BalanceError
            There are no two units that could hand anything over.
        """
        (ground, asked), unit = self._charged(scene), scene.unit.id
        level = scene.level.number if scene.level else scene.unit.level
        return self._followed.get(
            (ground, asked, unit, level),
            lambda: followed(scene.db, ground, scene.city, asked, unit, level),
        )

    def _charged(self, scene: Scene) -> tuple[Ground, Question]:
        """Return what a scene's areas of responsibility are found on, and by which question."""
        scenario = self.scenario(scene)
        some = supposed.of_facilities(
            scenario.changes if scenario else supposed.changes(scene.view, scene.city)
        )
        ground = self.supposed(scene.db, some) if some else self.ground(scene.db)
        return ground, scenario.question if scenario else question(scene.view, scene.city)

    def ground_of(self, scene: Scene) -> Ground:
        """Return the streets and doors of today, and the units of the zoning on the map."""
        ground, zoning = self.ground(scene.db), scene.zoning_id
        if scene.zoning.is_main:
            return ground
        return self._zoned.get((ground, zoning), lambda: Zoned(ground, zoning))

    def seen(self, scene: Scene) -> Seen:
        """Return the answer to a scene's question, as whoever looks may know it."""
        asked = question(scene.view, scene.city)
        if scene.zoning.is_main:
            return self.answer(scene.db, asked)
        ground = self.ground_of(scene)
        return self._seen.get(
            (ground, asked), lambda: seen(scene.db, ground, asked, (), public=True)
        )

    def lasting(self, scene: Scene) -> Mapping[str, Lasting]:
        """Return how long the ways are, whatever the limit, as whoever looks may know it."""
        ground, asked = self.ground_of(scene), question(scene.view, scene.city)
        units = VIEWER.get().units if scene.zoning.is_main else ()
        key = ground, asked.serving, asked.streets, asked.turnout_s, units
        return self._lasting.get(key, lambda: lasting(scene.db, ground, asked, units))

    def ways(self, scene: Scene) -> Times:
        """Return how long it takes to the doors of all buildings, whatever the limit."""
        ground, asked = self.ground(scene.db), question(scene.view, scene.city)
        return ground.times(scene.db, asked, "homes", ground.homes(scene.db).points_m)

    def room(self, scene: Scene, *, is_best: bool = False) -> Room | None:
        """Return who finds room at the facilities of a scene's question: the same for everybody.

        Parameters
        ----------
        is_best
            Whether places are shared out for the best of all; else who is nearest comes first.
        """
        ground, asked = self.ground_of(scene), question(scene.view, scene.city)
        return self._room.get(
            (ground, asked, is_best), lambda: public(scene.db, ground, asked, is_best=is_best)
        )

    def answer(self, db: Connection, asked: Question) -> Seen:
        """Return the answer to a question, as whoever looks may know it."""
        ground, viewer = self.ground(db), VIEWER.get()
        # The ground is that of one state of the data, and in the key kept alive with its answers.
        return self._seen.get(
            (ground, asked, viewer.units, viewer.care),
            lambda: seen(db, ground, asked, viewer.units, viewer.care),
        )
