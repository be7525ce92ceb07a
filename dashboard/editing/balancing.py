"""The editor's balancing: suggests hand-overs for a draft, and the next best one for a unit."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from dashboard.editing.answers import Json
from dashboard.editing.desk import Asking, Desk
from dashboard.editing.drafts import Draft
from dashboard.editing.routes import LARGEST, Language, Level, Measure, Number
from dashboard.replies import private_json
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.posts import Right
from gis.division.balance.hints import hints
from gis.division.balance.problem import TIME_LIMIT_S, TOLERANCE, Problem, Suggestion
from gis.division.balance.suggest import suggest
from gis.division.division import Operation
from gis.division.surroundings import Stored
from gis.errors import BalanceError
from layers import balance, balanced
from layers.balance import Asked, Barriers
from layers.balance_tree import read_tree
from layers.impact import Impact

MOST_SECONDS = 20.0
MOST_LOCKED = 5_000
MOST_KEPT = 8


class Balancing(BaseModel):
    """What is to be evened out; ``keep`` false only tells, true draws it as one step."""

    revision: Annotated[int, Field(ge=0, le=LARGEST)]
    scope: Annotated[int, Field(ge=1, le=LARGEST)]
    load: str | dict[str, Annotated[float, Field(ge=0, le=1e6)]] = "households"
    level: Annotated[int | None, Field(ge=1, le=20)] = None
    within: Annotated[int | None, Field(ge=1, le=20)] = None
    # A share of what each unit should have.
    tolerance: Annotated[float, Field(gt=0, lt=1)] = TOLERANCE
    locked: Annotated[list[int], Field(max_length=MOST_LOCKED)] = []
    barriers: Barriers = Barriers.FORBIDDEN
    seed: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    seconds: Annotated[float, Field(gt=0, le=MOST_SECONDS)] = TIME_LIMIT_S
    keep: bool = True

    def asked(self) -> Asked:
        """Return what is asked of `layers.balance`."""
        return Asked(
            self.scope,
            {self.load: 1.0} if isinstance(self.load, str) else self.load,
            self.level,
            self.within,
            frozenset(self.locked),
            self.barriers,
            self.tolerance,
            self.seed,
            self.seconds,
        )


@dataclass(frozen=True)
class _Read:
    """What was read last for hints, and of which shapes it is true."""

    asked: Asked
    mark: int
    redrawn: frozenset[int]
    problem: Problem


class Balancer:
    """Suggests for the drafts of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._read: dict[int, _Read] = {}
        # Whether enough has been looked for, of each draft that somebody has balanced.
        self._enough: dict[tuple[int, int | None], threading.Event] = {}

    def balance(self, number: int, sent: Balancing, asking: Asking) -> Json:
        """Look for hand-overs, and draw them as one step where they are to be kept."""
        asked = sent.asked()
        with self._desk.before_drawing(number, sent.revision) as (db, draft):
            VIEWER.get().require(Right.REDRAW, sent.scope)
            problem = _problem(db, draft, asked)
            households = _households(db, draft, asked, problem)
        running = number, VIEWER.get().account_id
        enough = self._enough[running] = threading.Event()
        # The draft is free while this goes on; what it may not be then is changed.
        try:
            suggestion = suggest(problem, enough.is_set)
        finally:
            if self._enough.get(running) is enough:
                del self._enough[running]
        told = balanced.told(suggestion, households)
        if not sent.keep or not suggestion.moves:
            return {"revision": sent.revision, "balance": told}
        drawn = self._desk.draw(number, sent.revision, _drawing(suggestion), "balance", asking)
        return {**drawn, "balance": told}

    def stop(self, number: int) -> Json:
        """Let what one balances be taken as it has been found until now."""
        viewer = VIEWER.get()
        viewer.require(Right.REDRAW)
        enough = self._enough.get((number, viewer.account_id))
        if enough is not None:
            enough.set()
        return {"is_stopped": enough is not None}

    def hints(
        self, number: int, unit: int, load: str, within: int | None, barriers: Barriers
    ) -> Json:
        """Return the hand-overs that would help a unit most, or all that lies in a scope."""
        start = time.perf_counter()
        VIEWER.get().require(Right.REDRAW)
        with self._desk.reading(number) as (db, draft):
            is_scope = _is_scope(draft, unit)
            scope = unit if is_scope else _scope(draft, unit)
            asked = Asked(scope, {load: 1.0}, within=within, barriers=barriers)
            VIEWER.get().require(Right.REDRAW, asked.scope)
            problem = self._known(db, draft, asked)
        found = balanced.told_hints(hints(problem, None if is_scope else unit))
        return {"unit": unit, "hints": found, "ms": round(1e3 * (time.perf_counter() - start), 1)}

    def _known(self, db: Connection, draft: Draft, asked: Asked) -> Problem:
        """Return a problem as it is drawn now; borders are read again only where one moved."""
        redrawn = draft.total.redrawn
        read = self._read.get(draft.order_id)
        if (
            read is None
            or (read.asked, read.mark, read.redrawn) != (asked, draft.mark, redrawn)
            or not _is_there(draft, read.problem)
        ):
            read = _Read(asked, draft.mark, redrawn, _problem(db, draft, asked))
            if len(self._read) >= MOST_KEPT:
                self._read.pop(next(iter(self._read)))
            self._read[draft.order_id] = read
        groups = tuple(draft.division.unit(n).parent or 0 for n in read.problem.units)
        return dataclasses.replace(read.problem, groups=groups)


def add(server: FastAPI, workers: Workers, desk: Desk) -> None:
    """Add the addresses to a server."""
    balancer = Balancer(desk)

    async def answer(work: Callable[..., Json], *given: object) -> Response:
        return private_json(await workers.run(work, *given))

    @server.post("/boundaries/{number}/balance")
    async def even_out(
        number: Number, sent: Balancing, language: Language = "zh", level: Level = None,
        measure: Measure = None,
    ) -> Response:  # fmt: skip
        """Suggest hand-overs that even a load out, and draw them."""
        return await answer(balancer.balance, number, sent, Asking(language, level, measure))

    @server.post("/boundaries/{number}/balance/stop")
    async def stop(number: Number) -> Response:
        """Look no further, and take what has been found."""
        return await answer(balancer.stop, number)

    @server.get("/boundaries/{number}/hints")
    async def next_best(
        number: Number,
        unit: Annotated[int, Query(ge=-LARGEST, le=LARGEST)],
        load: Annotated[str, Query(max_length=40)] = "households",
        within: Level = None,
        barriers: Barriers = Barriers.FORBIDDEN,
    ) -> Response:
        """Return the single hand-overs that would help a unit most."""
        return await answer(balancer.hints, number, unit, load, within, barriers)


def _problem(db: Connection, draft: Draft, asked: Asked) -> Problem:
    tree = read_tree(db, asked.scope)
    if draft.total:
        tree.take(draft.total, draft.division)
    return balance.problem(db, draft.city, asked, tree, _drawn(db, draft))


def _drawn(db: Connection, draft: Draft) -> Mapping[str, Mapping[int, float]]:
    """Return what lies on the units that a draft redrew, by load."""
    redrawn = {n: u.level for n, u in draft.total.new.items() if n in draft.total.redrawn}
    found: dict[str, dict[int, float]] = {name: {} for name in balance.LOADS}
    if not redrawn:
        return found
    impact = Impact(VIEWER.get(), draft.city, draft.within)
    for level in sorted(set(redrawn.values())):
        numbers = impact.numbers(db, draft.division, draft.total, level=level)
        for row in numbers.rows:
            for name in balance.LOADS:
                after = row.values[name].after
                if row.unit in redrawn and after is not None:
                    found[name][row.unit] = after
    return found


def _households(
    db: Connection, draft: Draft, asked: Asked, problem: Problem
) -> Mapping[int, float]:
    """Return the households of each unit, whatever is balanced."""
    if set(asked.loads) != {"households"}:
        by_homes = dataclasses.replace(asked, loads={"households": 1.0})
        try:
            problem = _problem(db, draft, by_homes)
        except BalanceError:
            return {}
    return dict(zip(problem.units, problem.loads.tolist(), strict=True))


def _drawing(suggestion: Suggestion) -> Callable[[Connection, Draft], Sequence[Operation]]:
    def operations(db: Connection, draft: Draft) -> Sequence[Operation]:
        return balanced.operations(suggestion, Stored(db, draft.city, draft.zoning_id))

    return operations


def _scope(draft: Draft, unit: int) -> int:
    """Return in what hints for a unit are looked for: what its group lies in."""
    here = draft.division.unit(unit)
    above = here.parent
    if here.rings is not None and above is not None:
        above = draft.division.unit(above).parent
    if above is None or above < 0:
        raise BalanceError(
            f"{draft.division.name(unit)} lies in nothing that could be balanced.",
            key="balance.nothing",
        )
    return above


def _is_scope(draft: Draft, unit: int) -> bool:
    """Whether a unit is not a group itself but holds groups."""
    units = draft.division.units
    return any(units[child].rings is None for child in draft.division.children(unit))


def _is_there(draft: Draft, problem: Problem) -> bool:
    """Whether all units of a problem are still in its groups, and no others have come."""
    units = draft.division.units
    inside = {n for n, unit in units.items() if unit.parent in problem.parents}
    return inside == set(problem.units)
