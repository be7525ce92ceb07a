"""What pages and programs fetch of measures and patterns of incidents."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from dashboard.incidents import shapes
from dashboard.incidents.finding import Finder
from dashboard.replies import Packer
from dashboard.routes import GEOJSON, zoning_number
from dashboard.text import speaker
from dashboard.workers import Workers
from gis import places
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from layers.handling.asked import Asked, By
from layers.handling.boundaries import On
from layers.handling.calendar import FIRST_DAY, LAST_DAY
from layers.handling.chosen import Chosen, usual
from layers.handling.formulas import Count, wanted
from layers.handling.measures import cases, measured
from layers.handling.patterns.denominators import Per
from layers.handling.patterns.hot_spots import LEAST_COUNT, LEAST_PEOPLE, Rules
from layers.handling.patterns.questions import PatternKind, Question
from layers.series import Span, Step

# So many numbers of cases are listed; how many there are is told.
MOST_CASES = 5_000
DAYS = 28
LARGEST = 2**31 - 1
NUMBER = re.compile(r"[0-9]{1,9}")
# The database takes no text with a NUL.
WORDS, CLASS = r"^[^\x00]*$", r"^([^\x00/]+/[^\x00]+)?$"
Version = Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+:[0-9]{1,4}$")]
Day = Annotated[dt.date | None, Field(ge=FIRST_DAY, le=LAST_DAY)]


class Where(BaseModel):
    """Which incidents: the part of an address that measures and patterns share."""

    within: Annotated[int | None, Field(ge=0, le=LARGEST)] = None
    level: Annotated[int | None, Field(ge=1, le=20)] = None
    zoning: Annotated[str, Field(max_length=60)] = ""
    of_class: Annotated[str, Field(max_length=90, pattern=CLASS)] = ""
    body: Annotated[int | None, Field(ge=0, le=LARGEST)] = None
    start: Day = None
    end: Day = None
    # Whether closed ones are of the units in which they were closed, or lie today; None: the
    # former where that is known.
    on: On | None = None
    language: Literal["zh", "en"] = "zh"

    def chosen(self, db: Connection) -> Chosen:
        """Return which incidents are meant; those of the whole city without a unit."""
        root = places.root(db)
        if root is None:
            raise NotFoundError("The database holds no city.", key="error.no_city")
        unit_id = root.id if self.within is None else self.within
        on = self.on or usual(db, unit_id, self.zoning_id(db))
        return Chosen(unit_id, self.of_class, self.body, on)

    def zoning_id(self, db: Connection) -> int | None:
        """Return the zoning that is meant; None: that of the unit."""
        return zoning_number(db, self.zoning) if self.zoning else None

    def span(self, city: City, now: dt.datetime) -> Span:
        """Return the days that are meant, the last four weeks without any.

        Raises
        ------
        CityGridError
            The first day is after the last.
        """
        last = self.end or now.astimezone(city.tz).date()
        first = self.start or last - dt.timedelta(days=DAYS - 1)
        if first > last:
            raise CityGridError(
                f"The first day, {first}, is after the last, {last}.",
                key="error.days_swapped", first=str(first), last=str(last),
            )  # fmt: skip
        return Span(first, last)


class WhichMeasures(Where):
    """What measures are asked for, and of one number its cases."""

    by: By = By.ALL
    step: Step = Step.DAY
    # Formulas in another version than the newest one: "mean_hours:1".
    version: Annotated[list[Version], Field(max_length=20)] = []

    def asked(self, db: Connection, city: City, now: dt.datetime) -> Asked:
        """Return the question."""
        return Asked(
            self.chosen(db), self.span(city, now), now, self.by, self.level, self.zoning_id(db),
            self.step, wanted(self.version),
        )  # fmt: skip


class WhichCases(WhichMeasures):
    """A number of the table: as what its cases count, in which group, and when."""

    count: Count
    key: Annotated[str, Field(max_length=90, pattern=WORDS)] = ""
    is_before: bool = False

    def group(self) -> int | str | None:
        """Return the key of the group; None: all together.

        Raises
        ------
        NotFoundError
            Units and duty bodies have numbers, and this is none.
        """
        if not self.key or self.by not in (By.UNIT, By.BODY):
            return self.key or None
        if not NUMBER.fullmatch(self.key):
            raise NotFoundError(
                f"No unit or duty body has the number {self.key!r}.",
                key="error.no_group", found=self.key,
            )  # fmt: skip
        return int(self.key)


class WhichPattern(Where):
    """What pattern is asked for."""

    cells: Annotated[int | None, Field(ge=0, le=15)] = None
    per: Per = Per.NONE
    reach_m: Annotated[float, Field(ge=1, le=2_000, allow_inf_nan=False)] = 100.0
    least: Annotated[int, Field(ge=2, le=10_000)] = 10
    least_count: Annotated[int, Field(ge=1, le=10_000)] = LEAST_COUNT
    least_people: Annotated[int, Field(ge=1, le=1_000_000)] = LEAST_PEOPLE
    seed: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    # Whether it is asked for by a map: where there is no answer it has nothing to draw, and the
    # panel beside it says why.
    drawn: bool = False

    def asked(self, db: Connection, city: City, now: dt.datetime) -> Question:
        """Return the question."""
        return Question(
            self.chosen(db), self.span(city, now), self.level, self.zoning_id(db), self.cells,
            self.per, Rules(least_count=self.least_count,
                                        least_people=self.least_people),
            self.seed, self.reach_m, self.least,
        )  # fmt: skip


def add(server: FastAPI, workers: Workers, finder: Finder) -> None:
    """Add the addresses to a server."""
    packer = Packer(entries=64)

    @server.get("/incidents/measures")
    async def measures(request: Request, which: Annotated[WhichMeasures, Query()]) -> Response:
        """Return the measures of handling, all together and by group, beside the period before."""

        def ask(db: Connection) -> dict[str, Any]:
            city, now = places.city_of(db), dt.datetime.now(dt.UTC)
            found = measured(db, city, which.asked(db, city, now))
            return shapes.measures(found, speaker(which.language), which.language)

        return packer.json(request, await workers.ask(ask))

    @server.get("/incidents/measures/cases")
    async def of_measure(request: Request, which: Annotated[WhichCases, Query()]) -> Response:
        """Return the numbers of the incidents that a number of the measures was made from."""

        def ask(db: Connection) -> dict[str, Any]:
            city, now = places.city_of(db), dt.datetime.now(dt.UTC)
            query = cases(
                db, city, which.asked(db, city, now), which.count, which.group(),
                is_before=which.is_before,
            )  # fmt: skip
            ids = db.scalars(query).all()
            return {"n": len(ids), "ids": ids[:MOST_CASES]}

        return packer.json(request, await workers.ask(ask))

    @server.get("/incidents/patterns/{kind}")
    async def patterns(
        request: Request, kind: PatternKind, which: Annotated[WhichPattern, Query()]
    ) -> Response:
        """Return a pattern: what was found as GeoJSON, and what may be concluded from it."""

        def ask(db: Connection) -> dict[str, Any]:
            city, now = places.city_of(db), dt.datetime.now(dt.UTC)
            try:
                asked = which.asked(db, city, now)
                return finder.found(db, city, kind, asked, which.language)
            except CityGridError:
                if not which.drawn:
                    raise
                return {"type": "FeatureCollection", "features": []}

        return packer.json(request, await workers.ask(ask), GEOJSON)
