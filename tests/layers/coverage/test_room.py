"""Who finds room: nobody is lost, no facility is overfull, and a slow count comes to the same."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from sqlalchemy import text

from gis import places
from gis.access.viewer import NOBODY, act_as, everything
from gis.database import Role, Server
from gis.network.travel import NEAREST, times
from layers.coverage import settings as said
from layers.coverage.answers import Answers
from layers.coverage.ground import Ground
from layers.coverage.laid_room import public
from layers.coverage.reach import Question
from layers.coverage.room import UNKNOWN, Competing, room
from layers.coverage.users import USERS, held, users
from layers.rows import NO_UNIT
from layers.tree import Tree
from tests.gis.siting.pairings import pairs_of, random_table
from tests.proof import TIMES

# The city, two quarters in it, two squares in the first.
TREE = Tree(1, np.array([1, 2, 3, 4, 5]), np.array([1, 2, 3, 3, 2]), np.array([5, 4, 3, 4, 5]), 3)
HOMES = Question(("elderly_care",), minutes=10)
SPLITS = said.read({})


def crowd(seed):
    """People at doors anywhere on a plain, around facilities of which some say what they hold."""
    rng = np.random.default_rng(seed)
    sites, doors = int(rng.integers(0, 7)), int(rng.integers(1, 40))
    is_on = rng.random(doors) < 0.9
    near = pairs_of(np.where(is_on, random_table(rng, sites, doors, 400.0), np.inf))
    capacity = np.where(rng.random(sites) < 0.2, UNKNOWN, rng.integers(0, 40, sites))
    whole = rng.random() < 0.5
    people = rng.integers(0, 9, doors) if whole else rng.exponential(3.0, doors)
    everywhere = np.ones(len(TREE), np.bool_)
    some = USERS[str(rng.choice(list(USERS)))]
    place = rng.integers(NO_UNIT, len(TREE), doors)
    return Competing(some, place, people, is_on, everywhere, ~everywhere), near, capacity


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60 * TIMES, deadline=None)
def test_of_every_unit_all_are_served_over_unreachable_or_unplaced(seed):
    competing, near, capacity = crowd(seed)
    found = room(competing, TREE, near, capacity, 400.0, SPLITS)
    four = (found.served, found.over, found.unreachable, found.unplaced)
    assert all((each >= 0).all() for each in four)
    assert np.rint(1000 * sum(four)).tolist() == np.rint(1000 * found.all).tolist()
    known = capacity != UNKNOWN
    assert (found.by_site[known] <= capacity[known]).all()
    # Units come to what they are made of, and people to those who compete.
    for each in four:
        assert each[0] >= each[1] + each[4] - 1e-6
    inside = competing.place != NO_UNIT
    laid = competing.users.share * competing.people[inside].sum()
    assert found.all[0] == pytest.approx(laid, abs=0.0005 * len(inside))
    assert found.unplaced[0] == pytest.approx(
        competing.users.share * competing.people[inside & ~competing.is_on].sum(),
        abs=0.0005 * len(inside),
    )


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60 * TIMES, deadline=None)
def test_places_in_reach_are_the_sum_of_what_each_facility_adds(seed):
    competing, near, capacity = crowd(seed)
    found = room(competing, TREE, near, capacity, 400.0, SPLITS)
    if found.steps is None:
        assert (capacity == UNKNOWN).all()
        return
    for at in range(len(TREE)):
        shares = found.steps.of(TREE, at)
        added = sum(share.adds for share in shares)
        assert added == pytest.approx(np.nan_to_num(found.per_1000[at]), rel=1e-9, abs=1e-9)
        assert [share.adds for share in shares] == sorted((s.adds for s in shares), reverse=True)
        for share in shares:
            assert share.places == capacity[share.facility]
            assert share.per_1000 == pytest.approx(1000 * share.places / share.competing)
            assert 0 < share.near <= 1 + 1e-9


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60 * TIMES, deadline=None)
def test_a_facility_without_a_capacity_turns_nobody_away(seed):
    competing, near, capacity = crowd(seed)
    found = room(competing, TREE, near, np.full(len(capacity), UNKNOWN), 400.0, SPLITS)
    assert not found.over.any()
    assert found.unknown == len(capacity)
    assert np.isnan(found.per_1000).all()
    assert np.isnan(found.mean_per_1000)
    none = room(competing, TREE, near, np.zeros(len(capacity), np.int64), 400.0, SPLITS)
    assert not none.served.any()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60 * TIMES, deadline=None)
def test_all_places_that_anybody_can_reach_are_shared_out(seed):
    competing, near, capacity = crowd(seed)
    found = room(competing, TREE, near, capacity, 400.0, SPLITS)
    parts = np.rint(1000 * competing.users.share * competing.people) / 1000
    reaching = np.bincount(near.source, parts[near.target], len(capacity)) > 0
    known = capacity != UNKNOWN
    if known.any() and parts.sum():
        shared = found.mean_per_1000 * parts.sum() / 1000
        assert shared == pytest.approx(capacity[known & reaching].sum())


@pytest.fixture(scope="module")
def counted(demo):
    """A demo whose homes for older people hold few, and one says nothing."""
    with demo.connect() as db:
        db.execute(
            text("UPDATE citygrid.facility SET kind = 'elderly_care', state = 'open', "
                 "capacity = NULLIF(3 + id % 11, 5) "
                 "WHERE kind IN ('pharmacy', 'elderly_care', 'culture', 'library', 'sport')")
        )  # fmt: skip
        answers = Answers(db, places.city(db))
        yield db, answers, answers.room(HOMES)
        db.rollback()


def minutes_one_by_one(db, answers):
    """The seconds from each facility to each door, one facility at a time; and what each holds."""
    found = Ground(places.city(db)).found_at(db, HOMES, "doors", answers.doors.points_m)
    each = [
        times(found.network, found.facilities_hung.take(np.array([site])), found.hung,
              limit_s=HOMES.limit_s, access_ms=HOMES.speed_ms).seconds[:, NEAREST]
        for site in range(len(found.facilities.ids))
    ]  # fmt: skip
    holds = dict(db.execute(text("SELECT id, capacity FROM citygrid.facility")).all())
    return each, [holds[number] for number in found.facilities.ids.tolist()]


def test_a_count_by_hand_comes_to_the_same(counted):
    db, answers, found = counted
    seconds, holds = minutes_one_by_one(db, answers)
    older = answers.doors.people["60"].tolist()
    left, free = list(older), [n if n is not None else 10**9 for n in holds]
    assert None in holds
    ways = [(of[door], door, site) for site, of in enumerate(seconds)
            for door in np.flatnonzero(np.isfinite(of)).tolist()]  # fmt: skip
    for _, door, site in sorted(ways):
        took = min(left[door], free[site])
        left[door] -= took
        free[site] -= took
    near = np.isfinite(seconds).any(axis=0)
    unit = answers.tree.places(answers.doors.unit_ids)
    for at in range(len(answers.tree)):
        here = (unit >= at) & (unit < answers.tree.ends[at])
        over = sum(left[door] for door in np.flatnonzero(here & near))
        far = sum(left[door] for door in np.flatnonzero(here & ~near))
        everybody = sum(older[door] for door in np.flatnonzero(here))
        assert found.all[at] == everybody
        assert found.over[at] == over
        assert found.unreachable[at] + found.unplaced[at] == far
        assert found.served[at] == everybody - over - far
    assert found.over[0] > 0
    assert found.served[0] > 0
    reached = answers.to(HOMES).reached["60"]
    assert (found.served + found.over).tolist() == reached.tolist()


def test_places_per_person_by_hand_come_to_the_same(counted):
    db, answers, found = counted
    seconds, holds = minutes_one_by_one(db, answers)
    older = answers.doors.people["60"].tolist()

    def weight(taken):
        share = taken / HOMES.limit_s
        return 1 if share <= 1 / 3 else 0.68 if share <= 2 / 3 else 0.22 if share <= 1 else 0

    each_has = [
        (n or 0) / competing
        if (competing := sum(weight(t) * many for t, many in zip(of, older, strict=True)))
        else 0.0
        for of, n in zip(seconds, holds, strict=True)
    ]
    has = [
        sum(weight(of[door]) * n for of, n in zip(seconds, each_has, strict=True))
        for door in range(len(older))
    ]
    unit = answers.tree.places(answers.doors.unit_ids)
    for at in range(len(answers.tree)):
        here = np.flatnonzero((unit >= at) & (unit < answers.tree.ends[at]))
        many = sum(older[door] for door in here)
        if many:
            mean = 1000 * sum(has[door] * older[door] for door in here) / many
            assert found.per_1000[at] == pytest.approx(mean)
        else:
            assert np.isnan(found.per_1000[at])
    assert found.mean_per_1000 == pytest.approx(found.per_1000[0])


def test_everybody_is_told_the_same_near_what_is_counted_at_the_doors(demo):
    app = Server(demo.url, is_private=True).engine(Role.APP)
    with demo.connect() as owner, app.connect() as db:
        counted = Answers(owner, places.city(owner)).room(HOMES)
        told = []
        for viewer in (NOBODY, everything(owner)):
            act_as(db, viewer)
            told.append(public(db, Ground(places.city(owner)), HOMES))
    app.dispose()
    for name in ("all", "served", "over", "unreachable", "unplaced", "per_1000"):
        one, other = (getattr(each, name) for each in told)
        assert np.array_equal(one, other, equal_nan=True)
    # Some 560 people, released in tens and laid by floor area.
    assert told[0].all[0] == pytest.approx(counted.all[0], abs=20)
    assert told[0].over[0] == pytest.approx(counted.over[0], abs=60)
    # Ages end where the release ends them.
    assert told[0].is_told[0]
    assert not told[0].is_told.all()


def test_nothing_is_told_where_a_place_is_nobodys(demo):
    with demo.connect() as db:
        answers, ground = Answers(db, places.city(db)), Ground(places.city(db))
        for kinds in (("bus_stop",), ("clinic",), ("kindergarten", "elderly_care")):
            assert answers.room(Question(kinds, metres=500)) is None
        for kinds in (("bus_stop",), ("kindergarten", "elderly_care")):
            assert public(db, ground, Question(kinds, metres=500)) is None


def test_who_competes_is_a_share_of_what_is_released():
    assert users(("kindergarten",)).share == pytest.approx(0.2)
    assert users(("fixed_shelter",)).share == pytest.approx(0.15)
    assert users(("culture", "library")) is users(("clinic",))
    assert users(("primary_school", "kindergarten")) is None
    assert all(0 < each.share <= 1 for each in USERS.values())
    assert "clinic" not in held()
    assert "elderly_care" in held()
