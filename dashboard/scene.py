"""A view seen on a database: the place it names, its city, its words. What panels draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property

from sqlalchemy import Connection, select

from dashboard import numerals
from dashboard.text import Say, called, named, speaker
from dashboard.view import View
from gis import places
from gis.access.views import estimated_layer
from gis.city import City, Level, Zoning
from gis.errors import NotFoundError
from gis.places import Place
from layers import disclosure
from layers.disclosure import Disclosure
from layers.handling.moment import Moment, moment


class NoCityError(NotFoundError):
    """The database holds no city yet."""


@dataclass(frozen=True)
class Scene:
    """One view on one connection; each thing is looked up once, when it is first asked for."""

    view: View
    db: Connection

    @property
    def say(self) -> Say:
        """The texts in the view's language."""
        return speaker(self.view.language)

    def named(self, names: Mapping[str, str]) -> str:
        """Return the name of something that carries its own names."""
        return named(names, self.view.language)

    def called(self, name: str) -> str:
        """Return what somebody is called in the view's language."""
        return called(name, self.view.language)

    def moment(self, at: datetime) -> str:
        """Write a moment by the city's clock."""
        return numerals.moment(at.astimezone(self.city.tz), self.view.language)

    @cached_property
    def city(self) -> City:
        """The city's settings."""
        city = places.city(self.db)
        if city is None:
            raise NoCityError("The database holds no city yet.", key="state.no_city_why")
        return city

    @cached_property
    def root(self) -> Place:
        """The widest unit: the city itself."""
        root = places.root(self.db)
        if root is None:
            raise NoCityError("The database holds no city yet.", key="state.no_city_why")
        return root

    @cached_property
    def _looked_at(self) -> Moment:
        return moment(self.db, datetime.now(UTC))

    @property
    def now(self) -> datetime:
        """The moment what is on screen is true of: incidents are overdue by it."""
        return self._looked_at.at

    @property
    def is_live(self) -> bool:
        """Whether that moment goes on while the page is open."""
        return self._looked_at.is_live

    @cached_property
    def then(self) -> datetime | None:
        """The moment whose boundaries are looked at; None for today's."""
        view = self.view
        if view.mode != "boundaries" or not view.on:
            return None
        if "T" in view.on:
            return datetime.fromisoformat(view.on)
        # A day's boundaries are those at its end.
        day = date.fromisoformat(view.on)
        return datetime.combine(day, time(23, 59, 59), tzinfo=self.city.tz)

    @cached_property
    def estimated(self) -> frozenset[str]:
        """The layers whose rows are estimates; those of a layer are all of a kind."""
        return frozenset(self.db.scalars(select(estimated_layer.c.layer)))

    @cached_property
    def disclosure(self) -> Disclosure:
        """What the viewer is told of persons who are not of his own units."""
        return disclosure.of(self.db)

    def withheld(self, name: str, level: int) -> str:
        """Return what stands for a number of a measure that is not told: "<5*"."""
        least = self.disclosure.threshold(name, level)
        return numerals.withheld(least) if least else numerals.NO_NUMBER

    def why_withheld(self, name: str, level: int) -> str:
        """Return why a number of a measure is not told."""
        least = self.disclosure.threshold(name, level)
        return self.say("legend.withheld", n=least) if least else self.say("legend.not_released")

    @cached_property
    def path(self) -> tuple[Place, ...]:
        """The unit whose children are shown, and all it lies in, widest first."""
        return places.path(self.db, self.view.unit) if self.view.unit else (self.root,)

    @property
    def unit(self) -> Place:
        """The unit whose children are shown."""
        return self.path[-1]

    @cached_property
    def focus_path(self) -> tuple[Place, ...]:
        """The unit whose numbers are shown, and all it lies in, widest first."""
        return places.path(self.db, self.view.pick) if self.view.pick else self.path

    @property
    def focus(self) -> Place:
        """The unit whose numbers are shown: the one picked, else the one we are in."""
        return self.focus_path[-1]

    @cached_property
    def zoning(self) -> Zoning:
        """The zoning whose units are counted."""
        zonings = {zoning.key: zoning for zoning in self.city.zonings}
        return zonings.get(self.view.zoning, self.city.main)

    @cached_property
    def zoning_id(self) -> int:
        """The number of that zoning in the database."""
        return self._zoning_ids[self.zoning.key]

    @cached_property
    def _zoning_ids(self) -> dict[str, int]:
        return places.zoning_ids(self.db)

    @property
    def deeper(self) -> tuple[Level, ...]:
        """The levels that may be counted here: below the unit, or all of another zoning."""
        if not self.zoning.is_main:
            return self.zoning.levels
        return tuple(level for level in self.zoning.levels if level.number > self.unit.level)

    @property
    def level(self) -> Level | None:
        """The level counted; None below the last one, where buildings are all there is."""
        wanted = [level for level in self.deeper if level.number == self.view.level]
        return next(iter((*wanted, *self.deeper)), None)

    def level_of(self, place: Place) -> Level:
        """Return the level a unit of any zoning is of."""
        zoning = next(z for z in self.city.zonings if self._zoning_ids[z.key] == place.zoning_id)
        return zoning.levels[place.level - 1]


def newest(scene: Scene, address: str) -> str:
    """Return an address that the map has not asked since the last change of the city."""
    return _asked_anew(address, scene.view.city_news)


def newest_count(scene: Scene, address: str) -> str:
    """Return one that it has not asked since the last change of incidents either."""
    return _asked_anew(address, scene.view.city_news + scene.view.count_news)


def newest_measure(scene: Scene, address: str) -> str:
    """Return one that it has not asked since the last change of what is measured either."""
    return _asked_anew(address, scene.view.city_news + scene.view.measure_news)


def _asked_anew(address: str, news: int) -> str:
    # Both counters only grow, and so does their sum.
    return f"{address}&news={news}" if news else address
