"""The addresses of scenarios: kept, written, answered in the background, compared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import FastAPI, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from dashboard.coverage.desk import Desk
from dashboard.coverage.question import speed_ms
from dashboard.jobs.routes import as_json as job_json
from dashboard.replies import private_json
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.posts import Right
from gis.arrangement import Floats
from gis.city import City
from gis.jobs import jobs
from layers.coverage import changes, scenarios
from layers.coverage.compared import Comparison
from layers.coverage.reach import Question
from layers.coverage.scenarios import LONGEST_NAME, Draft, Json, Scenario
from layers.coverage.streets import Mode

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Language = Annotated[Literal["zh", "en"], Query()]
Level = Annotated[int, Query(ge=1, le=20)]
# The scenario that another one is compared with; none is today.
Against = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class Asking(BaseModel):
    """The question a scenario is about."""

    model_config = ConfigDict(extra="forbid")

    kinds: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=12)]
    minutes: Annotated[float, Field(gt=0, le=240)] | None = None
    metres: Annotated[float, Field(gt=0, le=100_000)] | None = None
    going: Literal["adult", "older", "car"] = "adult"
    # Who drives: in which time band of the city's.
    band: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,40}$")] | None = None
    states: list[Literal["open", "planned", "closed"]] = ["open"]
    # Of whom; of anybody where none is named.
    operators: Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=1)] = []
    # Only those whose ground is so large.
    least_area_m2: Annotated[float, Field(gt=0, le=1e9)] | None = None

    def question(self, city: City) -> Question:
        """Return it as a city answers it, or raise CityGridError."""
        return Question(
            tuple(self.kinds), self.minutes, self.metres,
            Mode.DRIVE if self.going == "car" else Mode.WALK,
            speed_ms(self.going, city), tuple(self.states),
            self.band if self.going == "car" else None, operators=tuple(self.operators),
            least_area_m2=self.least_area_m2,
        ).checked()  # fmt: skip


class Writing(BaseModel):
    """A scenario as it is to be."""

    name: Annotated[str, Field(max_length=LONGEST_NAME)]
    question: Asking
    # `layers.coverage.changes`, which says what is wrong with them in words.
    changes: Annotated[list[dict[str, Any]], Field(max_length=changes.MOST_CHANGES)]
    shared: bool = False

    def draft(self, db: Connection) -> Draft:
        """Return it as it is kept, or raise CityGridError."""
        asked = self.question.question(places.city_of(db))
        return Draft(self.name, asked, changes.read(self.changes), self.shared).checked()


def add(server: FastAPI, workers: Workers, desk: Desk) -> None:
    """Add the addresses to a server."""
    _add_keeping(server, workers)
    _add_answers(server, workers, desk)


def _add_keeping(server: FastAPI, workers: Workers) -> None:
    @server.get("/scenarios")
    async def listed() -> Response:
        """Return one's own scenarios and those that are shared."""
        VIEWER.get().require(Right.PLAN)

        def ask(db: Connection) -> list[Json]:
            return [as_json(db, each) for each in scenarios.listed(db)]

        return private_json({"scenarios": await workers.ask(ask)})

    @server.post("/scenarios")
    async def make(writing: Writing) -> Response:
        """Keep a scenario."""
        viewer = VIEWER.get()
        viewer.require(Right.PLAN)

        def ask(db: Connection) -> Json:
            return as_json(db, scenarios.make(db, viewer, writing.draft(db)))

        return private_json(await workers.ask(ask), 201)

    @server.post("/scenarios/{number}")
    async def write(number: Number, writing: Writing) -> Response:
        """Write a scenario of one's own anew."""
        viewer = VIEWER.get()
        viewer.require(Right.PLAN)

        def ask(db: Connection) -> Json:
            return as_json(db, scenarios.write(db, viewer, number, writing.draft(db)))

        return private_json(await workers.ask(ask))

    @server.post("/scenarios/{number}/delete")
    async def delete(number: Number) -> Response:
        """Put a scenario of one's own away."""
        VIEWER.get().require(Right.PLAN)
        await workers.ask(lambda db: scenarios.delete(db, number))
        return Response(status_code=204)


def _add_answers(server: FastAPI, workers: Workers, desk: Desk) -> None:
    @server.get("/scenarios/{number}")
    async def shown(number: Number, against: Against = None) -> Response:
        """Return a scenario with what it comes to for the whole city, as the viewer may know it."""
        VIEWER.get().require(Right.PLAN)

        def ask(db: Connection) -> Json:
            scenario = scenarios.read(db, number)
            both = desk.compared(db, scenario, beside(db, against))
            return {**as_json(db, scenario), "groups": groups(both, 0)}

        return private_json(await workers.ask(ask))

    @server.get("/scenarios/{number}/values")
    async def values(number: Number, level: Level, against: Against = None) -> Response:
        """Return for each unit of a level by how much the share of people reached grows."""
        VIEWER.get().require(Right.PLAN)

        def ask(db: Connection) -> Json:
            both = desk.compared(db, scenarios.read(db, number), beside(db, against))
            tree, people = both.before.tree, both.before.people
            at = np.flatnonzero(tree.levels == level)
            return {
                "ids": tree.ids[at].tolist(),
                "values": _plain(both.share_gained("people")[at]),
                "gained": _plain(both.gained("people")[at]),
                "s": tree.ids[at][people.is_withheld[at]].tolist(),
            }

        return private_json(await workers.ask(ask))

    @server.post("/scenarios/{number}/answer")
    async def answer(number: Number, language: Language = "zh") -> Response:
        """Ask for a scenario to be answered anew in the background, and to be kept with it."""
        viewer = VIEWER.get()
        viewer.require(Right.PLAN)

        def ask(db: Connection) -> Json:
            scenario = scenarios.read(db, number)
            begun = jobs.begin(db, viewer, "scenario", {"scenario": scenario.id})
            return job_json(jobs.read(db, begun), language)

        return private_json(await workers.ask(ask), 201)


def beside(db: Connection, number: int | None) -> Scenario | None:
    """Return the scenario that another one is compared with; None is today."""
    return None if number is None else scenarios.read(db, number)


def as_json(db: Connection, scenario: Scenario) -> Json:
    """Return a scenario as the page shows it."""
    return {
        "id": scenario.id,
        "name": scenario.name,
        "own": scenario.account_id == VIEWER.get().account_id,
        "shared": scenario.is_shared or scenario.account_id is None,
        "question": scenarios.question_to_json(scenario.question),
        "changes": changes.to_json(scenario.changes),
        "result": scenario.result,
        "stale": scenarios.is_stale(db, scenario),
        "answered_at": scenario.answered_at,
        "changed_at": scenario.changed_at,
    }


def groups(both: Comparison, place: int) -> Json:
    """Return what becomes of each group in one unit; null where a number is not told."""
    found = {}
    for name, before in both.before.numbers.items():
        after = both.after.numbers[name]
        found[name] = {
            "before": _one(before.all[place], before.reached[place]),
            "after": _one(after.all[place], after.reached[place]),
            "exact": bool(before.is_exact[place]),
        }
    return found


def _one(all_: float, reached: float) -> Json:
    if np.isnan(all_) or np.isnan(reached):
        return {"all": None, "reached": None}
    return {"all": round(float(all_)), "reached": round(float(reached))}


def _plain(numbers: Floats) -> list[float | None]:
    return [None if np.isnan(each) else float(each) for each in numbers]
