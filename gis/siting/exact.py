"""Better sites by mixed-integer programming, with what is proven told all the while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import highspy
import numpy as np

from gis.network.network import Ints
from gis.siting import bounds, cover, kicked, models, worth
from gis.siting.models import Model
from gis.siting.plan import Ended, Plan, plan
from gis.siting.question import Aim, Siting
from gis.siting.savings import savings
from gis.siting.solver import solver

MINUTE_S = 60.0
# Before the programme: how long the bound and the second search are looked at again.
LONG, KICKS = 4_000, 200


@dataclass(frozen=True)
class Progress:
    """How far a search for something better has come."""

    seconds: float
    # Of the best plan and of what is not ruled out yet, as in `Plan`.
    value: float
    bound: float


Telling = Callable[[Progress], None]
Asking = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class _Solved:
    chosen: Ints | None
    bound: float
    ended: Ended


def prove(
    siting: Siting,
    start: Plan,
    *,
    time_limit_s: float = MINUTE_S,
    progress: Telling | None = None,
    is_cancelled: Asking | None = None,
) -> Plan:
    """Return a plan at least as good as one that is known, and the best bound there is.

    It ends when nothing better is left, when time is up, or when it is cancelled, and says which
    in `Plan.ended`. A search that is not cut short by the clock is the same every time.

    Parameters
    ----------
    start
        A plan for the same question, such as that of `gis.siting.suggest.suggest`.
    progress
        Is told how far it is, a few times a second at most, from the thread that searches.
    is_cancelled
        Is asked as often whether to stop.

    Examples
    --------
    >>> from gis.network.pairs import Pairs
    >>> near = Pairs(np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([5.0, 3.0, 4.0]), 2)
    >>> asked = Siting(Aim.MOST_PEOPLE, near, np.array([10.0, 20.0]), count=1)
    >>> found = prove(asked, Plan(Aim.MOST_PEOPLE, np.array([1]), 20.0, 30.0, Ended.SUGGESTED))
    >>> found.chosen.tolist(), found.value, found.bound, str(found.ended)
    ([0], 30.0, 30.0, 'proven')
    """
    watch = _Watch(siting, start, time_limit_s, progress, is_cancelled)
    if start.ended is Ended.PROVEN:
        return start
    if siting.aim is Aim.LEAST_WORST:
        return _least_worst(siting, start, watch)
    if siting.room is None and siting.aim in (Aim.MOST_PEOPLE, Aim.LEAST_TIME):
        start, open_ = _closer(siting, start)
        if start.ended is Ended.PROVEN:
            return start
        watch.look(start.value, start.bound)
    else:
        open_ = np.arange(siting.sites)
    found = _solve(siting, start, open_, watch)
    is_more = siting.aim.is_more_better
    bound = min(start.bound, found.bound) if is_more else max(start.bound, found.bound)
    best = start
    if found.chosen is not None:
        other = worth.judged(siting, found.chosen, bound, found.ended)
        best = min(start, other, key=worth.rank)
    if found.ended is Ended.IMPOSSIBLE:
        return replace(best, ended=Ended.IMPOSSIBLE)
    return plan(siting, best.chosen, best.value, bound, found.ended, best.short_of_floor)


class _Watch:
    """Keeps the time of a search, tells how far it is, and asks whether to go on."""

    def __init__(
        self,
        siting: Siting,
        start: Plan,
        time_limit_s: float,
        progress: Telling | None,
        is_cancelled: Asking | None,
    ) -> None:
        self._began = time.monotonic()
        self._limit_s = time_limit_s
        self._progress = progress
        self._is_cancelled = is_cancelled
        self._is_more = siting.aim.is_more_better
        self.value, self.bound = start.value, start.bound
        self.was_cancelled = False
        self._told = 0.0

    @property
    def left_s(self) -> float:
        return max(0.0, self._limit_s - (time.monotonic() - self._began))

    def look(self, value: float | None = None, bound: float | None = None) -> bool:
        """Take note of what is known now; return whether to stop."""
        best, worst = (max, min) if self._is_more else (min, max)
        if value is not None and np.isfinite(value):
            self.value = best(self.value, value)
        if bound is not None and np.isfinite(bound):
            self.bound = worst(self.bound, bound)
        now = time.monotonic()
        # Whoever listens may write it down somewhere; a few times a second is enough.
        if now - self._told >= 0.25:
            self._told = now
            if self._progress is not None:
                self._progress(Progress(now - self._began, self.value, self.bound))
            if self._is_cancelled is not None and self._is_cancelled():
                self.was_cancelled = True
        return self.was_cancelled or self.left_s <= 0

    @property
    def ended(self) -> Ended:
        return Ended.CANCELLED if self.was_cancelled else Ended.OUT_OF_TIME


def _closer(siting: Siting, start: Plan) -> tuple[Plan, Ints]:
    """Return a better plan and bound by longer looking, and the sites that may still better it."""
    given = savings(siting)

    def saved(value: float) -> float:
        return siting.all_beyond_s - value if siting.aim is Aim.LEAST_TIME else value

    known = given.total(start.chosen, siting.backup)[0]
    bound = bounds.at_most(siting, given, known, rounds=LONG)
    chosen = kicked.searched(siting, start.chosen, bound, kicks=KICKS)
    most = saved(bound.most)
    best = min if siting.aim.is_more_better else max
    found = worth.judged(siting, chosen, best(most, start.bound), Ended.SUGGESTED)
    every = np.ones(siting.sites, np.bool_)
    if found.is_met:
        # A site that only makes as good a choice is not needed.
        every = bound.possible(siting, saved(found.value))
        every[found.chosen] = True
    return found, np.flatnonzero(every)


def _solve(siting: Siting, start: Plan, open_: Ints, watch: _Watch) -> _Solved:
    """Solve the programme with the open sites only; no other is in a better choice."""
    part = siting if len(open_) == siting.sites else kicked.narrowed(siting, open_)
    known = replace(start, chosen=np.searchsorted(open_, start.chosen))
    found = _solved(models.model(part), part, known, watch)
    return found if found.chosen is None else replace(found, chosen=open_[found.chosen])


def _solved(made: Model, siting: Siting, start: Plan, watch: _Watch) -> _Solved:
    found = _run(made, siting, start.chosen if start.is_met else None, watch)
    # HiGHS 1.16 may improve what it begins with in its presolved programme, call that the best,
    # and hand back what it began with. Without a beginning it has nothing to confuse.
    return found or _run(made, siting, None, watch) or _Solved(None, watch.bound, watch.ended)


def _run(made: Model, siting: Siting, begin: Ints | None, watch: _Watch) -> _Solved | None:
    """Return what HiGHS finds; None where its solution is not worth what it says."""
    highs = solver()
    highs.passModel(made.programme(siting.sites))
    highs.setOptionValue("time_limit", watch.left_s)
    highs.setOptionValue("mip_rel_gap", 0.0)
    # Of two whole values that differ by less than one the better one is the same.
    highs.setOptionValue("mip_abs_gap", 0.999 if siting.is_whole else 1e-6)
    if begin is not None:
        known = np.zeros(siting.sites)
        known[begin] = 1.0
        highs.setSolution(siting.sites, np.arange(siting.sites, dtype=np.int32), known)

    def of_question(value: float) -> float | None:
        return made.base + made.sign * value if abs(value) < highspy.kHighsInf else None

    def in_tree(event: highspy.highs.HighsCallbackEvent) -> None:
        out = event.data_out
        stop = watch.look(of_question(out.mip_primal_bound), of_question(out.mip_dual_bound))
        if stop:
            event.interrupt()

    def in_simplex(event: highspy.highs.HighsCallbackEvent) -> None:
        if watch.look():
            event.interrupt()

    highs.cbMipInterrupt.subscribe(in_tree)
    highs.cbSimplexInterrupt.subscribe(in_simplex)
    highs.run()
    status, info = highs.getModelStatus(), highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return _Solved(None, watch.bound, Ended.IMPOSSIBLE)
    bound = of_question(info.mip_dual_bound)
    watch.look(None, bound)
    is_optimal = status == highspy.HighsModelStatus.kOptimal
    has_solution = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    chosen = None
    if has_solution:
        value = np.array(highs.getSolution().col_value)
        told, worth_ = info.objective_function_value, float(np.concatenate(made.cost) @ value)
        if is_optimal and abs(told - worth_) > 1e-5 * max(1.0, abs(told)):
            return None
        chosen = np.flatnonzero(value[: siting.sites] > 0.5)
    return _Solved(chosen, watch.bound, Ended.PROVEN if is_optimal else watch.ended)


def _least_worst(siting: Siting, start: Plan, watch: _Watch) -> Plan:
    """Ask of the times between what is known and what is ruled out whether they can be met."""
    prices, most = cover.limit(siting)
    times = cover.steps(siting)
    low, high = (int(np.searchsorted(times, each)) for each in (start.bound, start.value))
    # Above all steps there is the answer that nothing meets the limit.
    best, ended = start, Ended.PROVEN
    while low < high:
        middle = (low + high) // 2
        limit_s = float(times[middle])
        near, needed = cover.within(siting, limit_s)
        part = Siting(Aim.EVERYONE, near, needed, cost=prices)
        known = cover.cover(near, needed, prices, rounds=cover.LONG, kicks=cover.MANY)
        found = plan(part, known.chosen, known.cost, known.least, Ended.SUGGESTED)
        if found.value > most + 1e-9 >= found.bound - 1e-6:
            made = models.covering(part, prices, needed)
            solved = _solved(made, part, found, _Watch(part, found, watch.left_s, None, watch.look))
            chosen = found.chosen if solved.chosen is None else solved.chosen
            value = float(prices[chosen].sum())
            found = plan(part, chosen, min(value, found.value), solved.bound, solved.ended)
            if value > found.value:
                raise RuntimeError("A cover became dearer by looking for a cheaper one.")
            found = replace(found, chosen=chosen)
        if found.value <= most + 1e-9:
            value = cover.worst_s(siting, found.chosen)
            best = plan(siting, found.chosen, value, float(times[low]), Ended.SUGGESTED)
            high = int(np.searchsorted(times, value))
        elif found.bound > most + 1e-6:
            low = middle + 1
        else:
            ended = watch.ended
            break
        if watch.look(best.value, float(times[min(low, len(times) - 1)])):
            ended = watch.ended
            break
    if low >= len(times):
        return replace(best, bound=np.inf, ended=Ended.IMPOSSIBLE)
    return plan(siting, best.chosen, best.value, float(times[min(low, high)]), ended)
