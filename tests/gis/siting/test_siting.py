"""Plans are worth what they say, bounds hold, and what is called proven is the best there is."""

import itertools
from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linprog

from gis.errors import CityGridError
from gis.siting import rooms
from gis.siting.exact import prove
from gis.siting.plan import Ended
from gis.siting.question import Aim, Siting
from gis.siting.suggest import suggest
from tests.gis.siting.pairings import pairs_of, random_table
from tests.proof import TIMES

SITES, POINTS, STANDING = 9, 25, 2
OFF = np.inf
FREE = (Aim.MOST_PEOPLE, Aim.LEAST_TIME)


class Town:
    """A small question as dense tables, for the judge, and as `Siting`."""

    def __init__(self, seed, aim, *, standing=False, **options):
        rng = np.random.default_rng(seed)
        self.aim = aim
        whole = random_table(rng, SITES + STANDING, POINTS, 420.0)
        self.table = np.round(whole, 1)
        self.new, self.old = self.table[:SITES], self.table[SITES:]
        if not standing:
            self.old = self.old[:0]
        self.demand = rng.integers(0, 30, POINTS).astype(float)
        self.options = {"count": int(rng.integers(1, 4)), **options}
        if options.get("cost"):
            self.options["cost"] = rng.integers(1, 6, SITES).astype(float)
            self.options["budget"] = float(rng.integers(3, 12))
        if options.get("room"):
            self.options["room"] = rng.integers(10, 120, SITES)
            self.options["existing_room"] = rng.integers(10, 120, len(self.old))
        if options.get("groups"):
            self.options["groups"] = {"old": rng.integers(0, 9, POINTS).astype(float)}
            self.options["floor"] = 0.4
        if aim is Aim.EVERYONE:
            self.options.pop("count")
            self.options.pop("budget", None)
        if aim is Aim.LEAST_WORST and options.get("cost"):
            self.options.pop("count")
        self.beyond = 500.0

    @property
    def siting(self):
        return Siting(
            self.aim, pairs_of(self.new), self.demand, pairs_of(self.old),
            beyond_s=self.beyond, **self.options,
        )  # fmt: skip

    def choices(self):
        cost = self.options.get("cost")
        for count in range(self.options.get("count", SITES) + 1):
            for chosen in itertools.combinations(range(SITES), count):
                if cost is None or cost[list(chosen)].sum() <= self.options.get("budget", OFF):
                    yield list(chosen)

    def value(self, chosen):
        """What a choice is worth; None where it is not allowed."""
        there = np.concatenate([self.old, self.new[chosen]])
        every = np.concatenate([self.old, self.new])
        reachable = np.isfinite(every).any(axis=0) & (self.demand > 0)
        covers = np.isfinite(there).sum(axis=0)
        if self.options.get("room") is not None:
            return self.roomy(there, chosen, reachable)
        if self.aim is Aim.EVERYONE:
            wanted = np.minimum(
                2 if self.options.get("backup") else 1, np.isfinite(every).sum(axis=0)
            )
            met = (covers >= wanted)[reachable].all()
            return self.price(chosen) if met else None
        for many in self.options.get("groups", {}).values():
            if many[covers > 0].sum() < self.options["floor"] * many.sum() - 1e-9:
                return None
        nearest = there.min(axis=0, initial=OFF)
        if self.aim is Aim.MOST_PEOPLE:
            backup = self.options.get("backup", 0)
            return (self.demand * ((covers > 0) + backup * (covers > 1))).sum()
        if self.aim is Aim.LEAST_TIME:
            return (self.demand * np.minimum(nearest, self.beyond)).sum()
        worst = nearest[reachable].max(initial=0)
        return worst if np.isfinite(worst) else None

    def price(self, chosen):
        cost = self.options.get("cost")
        return float(len(chosen)) if cost is None else cost[chosen].sum()

    def roomy(self, there, chosen, reachable):
        room = np.concatenate([self.options["existing_room"], self.options["room"][chosen]])
        source, target = np.nonzero(np.isfinite(there))
        served, seconds = 0.0, 0.0
        if len(source):
            limits = np.zeros((POINTS + len(room), len(source)))
            limits[target, np.arange(len(source))] = 1
            limits[POINTS + source, np.arange(len(source))] = 1
            saves = np.ones(len(source))
            if self.aim is Aim.LEAST_TIME:
                saves = self.beyond - there[source, target]
            best = linprog(
                -saves, A_ub=limits, b_ub=np.concatenate([self.demand, room]), method="highs"
            )
            served, seconds = best.x.sum(), -best.fun
        if self.aim is Aim.MOST_PEOPLE:
            return served
        if self.aim is Aim.LEAST_TIME:
            return self.demand.sum() * self.beyond - seconds
        return self.price(chosen) if served >= self.demand[reachable].sum() - 1e-6 else None

    def best(self):
        values = [value for each in self.choices() if (value := self.value(each)) is not None]
        if not values:
            return None
        return max(values) if self.aim.is_more_better else min(values)


CASES = (
    *((aim, {}) for aim in Aim),
    *((aim, {"standing": True}) for aim in Aim),
    *((aim, {"cost": True, "standing": True}) for aim in Aim),
    (Aim.MOST_PEOPLE, {"backup": 1.0, "standing": True}),
    (Aim.MOST_PEOPLE, {"backup": 0.5}),
    (Aim.EVERYONE, {"backup": 1.0, "standing": True}),
    *((aim, {"groups": True, "standing": True}) for aim in FREE),
    *((aim, {"groups": True, "cost": True}) for aim in FREE),
    *((aim, {"room": True, "standing": True}) for aim in (*FREE, Aim.EVERYONE)),
    *((aim, {"room": True, "cost": True}) for aim in FREE),
)


@pytest.mark.parametrize(("aim", "options"), CASES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=8 * TIMES, deadline=None)
def test_what_is_proven_is_the_best_of_all_choices(aim, options, seed):
    town = Town(seed, aim, **options)
    first = suggest(town.siting)
    found = prove(town.siting, first)
    best = town.best()
    better = max if aim.is_more_better else min
    if best is None:
        assert not first.is_met
        assert not found.is_met
        assert found.ended is Ended.IMPOSSIBLE
        return
    assert found.ended is Ended.PROVEN
    assert found.value == pytest.approx(best)
    assert found.gap == 0
    for plan in (first, found):
        # The bound holds for the best choice, and the value is that of the choice.
        assert better(plan.bound, best) == pytest.approx(plan.bound)
        assert plan.chosen.tolist() in list(town.choices())
        if plan.is_met:
            assert plan.value == pytest.approx(town.value(plan.chosen.tolist()))
        else:
            assert town.value(plan.chosen.tolist()) is None


@pytest.mark.parametrize("aim", [Aim.MOST_PEOPLE, Aim.LEAST_TIME, Aim.EVERYONE])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=8 * TIMES, deadline=None)
def test_no_site_serves_more_than_it_has_room_for_and_together_they_serve_what_it_is_worth(
    aim, seed
):
    siting = Town(seed, aim, room=True).siting
    chosen = suggest(siting).chosen
    served = rooms.by_site(siting, chosen)
    assert (served >= 0).all()
    assert (served <= siting.room[chosen]).all()
    if aim is Aim.MOST_PEOPLE:
        assert served.sum() == rooms.value(siting, chosen)


@pytest.mark.parametrize("aim", FREE)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=8 * TIMES, deadline=None)
def test_many_groups_are_each_kept_to_their_least_share_or_said_to_be_short(aim, seed):
    town = Town(seed, aim, standing=True)
    unit = np.random.default_rng(seed).integers(0, 6, POINTS)
    groups = {str(n): np.where(unit == n, town.demand, 0.0) for n in range(6)}
    found = suggest(replace(town.siting, floor=0.5, groups=groups))
    there = np.concatenate([town.old, town.new[found.chosen]])
    covered = np.isfinite(there).any(axis=0)
    short = sum(max(0.5 * many.sum() - many[covered].sum(), 0.0) for many in groups.values())
    assert found.short_of_floor == pytest.approx(short)


@pytest.mark.parametrize("aim", Aim)
def test_the_same_question_has_the_same_bytes(aim):
    town = Town(5, aim, standing=True)
    one, other = (prove(town.siting, suggest(town.siting)) for _ in range(2))
    assert one.chosen.tobytes() == other.chosen.tobytes()
    assert (one.value, one.bound) == (other.value, other.bound)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=8 * TIMES, deadline=None)
def test_with_more_sites_no_fewer_are_reached(seed):
    town = Town(seed, Aim.MOST_PEOPLE)
    plans = []
    for count in range(6):
        asked = replace(town.siting, count=count)
        plans.append(prove(asked, suggest(asked)))
    values = [plan.value for plan in plans]
    assert values == sorted(values)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=8 * TIMES, deadline=None)
def test_a_facility_that_stands_makes_nothing_worse(seed):
    for aim in FREE:
        with_, without = (Town(seed, aim, standing=stands).siting for stands in (True, False))
        more, fewer = (prove(each, suggest(each)).value for each in (with_, without))
        assert more >= fewer - 1e-9 if aim.is_more_better else more <= fewer + 1e-9


def larger(count=30):
    rng = np.random.default_rng(3)
    near = pairs_of(random_table(rng, 200, 1500, 160.0))
    return Siting(Aim.LEAST_TIME, near, rng.integers(1, 60, 1500).astype(float), count=count)


def test_a_search_that_is_cancelled_says_so_and_tells_its_bound():
    asked = larger()
    first = suggest(asked)
    assert first.gap > 0
    told = []
    found = prove(asked, first, progress=told.append, is_cancelled=lambda: True)
    assert found.ended is Ended.CANCELLED
    assert first.bound <= found.bound < found.value <= first.value
    assert told


def test_a_search_without_time_is_never_called_proven():
    asked = larger()
    found = prove(asked, suggest(asked), time_limit_s=0.0)
    assert found.ended is Ended.OUT_OF_TIME
    assert found.bound < found.value
    assert found.gap > 0


def test_greedy_and_swaps_come_close_to_what_is_proven_possible():
    for aim in FREE:
        found = suggest(replace(larger(), aim=aim))
        assert found.gap < 0.02


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"count": None}, "How many may be built"),
        ({"budget": 3.0}, "needs the cost"),
        ({"backup": 2.0}, "0 to 1 of the first"),
        ({"floor": 1.5}, "least share is 0 to 1"),
        ({"room": np.ones(2, int), "backup": 1.0}, "does not go together"),
        ({"aim": Aim.LEAST_TIME, "backup": 1.0}, "goes with most people and with everyone"),
        ({"aim": Aim.LEAST_WORST, "floor": 0.5}, "goes with most people and with the least time"),
        ({"aim": Aim.LEAST_WORST, "cost": np.ones(2), "budget": 1.0}, "not both"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_sentence(options, sentence):
    asked = {"aim": Aim.MOST_PEOPLE, "count": 1, **options}
    with pytest.raises(CityGridError, match=sentence):
        Siting(candidates=pairs_of([[1], [2]]), demand=np.ones(1), **asked)


@pytest.mark.parametrize(
    "options",
    [{"cost": np.ones(3)}, {"room": np.ones(3, int)}, {"existing": pairs_of([[1, 2]])}],
)
def test_arrays_of_other_lengths_are_a_mistake(options):
    with pytest.raises(ValueError, match=r"3 entries, not 2|2 points"):
        Siting(Aim.MOST_PEOPLE, pairs_of([[1], [2]]), np.ones(1), count=1, **options)
