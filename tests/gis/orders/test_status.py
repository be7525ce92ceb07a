"""The table of transitions: what it lets, and that nothing else is possible."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gis.access.posts import Right
from gis.access.viewer import Holding, Viewer
from gis.orders.order import Order, Waiting, may
from gis.orders.status import (
    OPEN,
    OVER,
    STAGE_OF,
    STATUS_OF,
    TRANSITIONS,
    Act,
    Stage,
    Status,
    TransitionError,
    Who,
    checked,
    rule_of,
)
from tests.town import NOW


@given(st.sampled_from(Status), st.sampled_from(Act), st.sampled_from(Status))
def test_only_ways_of_the_table_can_be_gone(before, act, after):
    rule = TRANSITIONS.get((before, act))
    is_allowed = rule is not None and after in rule.to
    try:
        assert checked(before, act, after) is after
    except TransitionError:
        assert not is_allowed
    else:
        assert is_allowed


@given(st.lists(st.tuples(st.sampled_from(Act), st.integers(0, 9)), max_size=40))
def test_whatever_is_done_an_order_ends_only_where_it_may(acts):
    at, seen = Status.DRAFT, [Status.DRAFT]
    for act, choice in acts:
        try:
            rule = rule_of(at, act)
        except TransitionError:
            continue
        at = checked(at, act, rule.to[choice % len(rule.to)])
        seen.append(at)
    for before, after in itertools.pairwise(seen):
        # What is over stays over; nothing is in force that was not approved first.
        assert before is after or before not in OVER
        assert after is not Status.EFFECTIVE or before in (Status.SCHEDULED, Status.EFFECTIVE)
        if after is Status.SCHEDULED and before is not after:
            assert before in {*STAGE_OF, Status.DRAFT}


def test_every_status_can_be_reached_and_left_unless_it_is_over():
    reached = {to for rule in TRANSITIONS.values() for to in rule.to} | {Status.DRAFT}
    assert reached == set(Status)
    for status in Status:
        onward = {to for (at, _), rule in TRANSITIONS.items() if at is status for to in rule.to}
        assert (onward == {status}) == (status in OVER), status


def test_stages_come_in_their_order():
    order = [STATUS_OF[stage] for stage in Stage]
    for (at, act), rule in TRANSITIONS.items():
        if at in STAGE_OF and rule.who is Who.ASKED and act not in (Act.REFUSE, Act.RETURN):
            later = [order.index(to) for to in rule.to if to in order]
            assert all(index >= order.index(at) for index in later)
    assert set(order) | {Status.SCHEDULED} == OPEN


def order(status, *, author=1, asks=((Stage.COSIGN, 4), (Stage.CHECK, 2)), touched=(3, 4)):
    waits = tuple(Waiting(stage, unit) for stage, unit in asks)
    return Order(
        1, "TZ-2027-0001", "x", status, "main", (3,), author, "A", 0, 1, 1, "", {}, 1, None, None,
        touched, None, None, NOW, NOW, waits,
    )  # fmt: skip


def holder(number, post, low, high):
    holding = Holding(post, low, None, ((low, high),))
    return Viewer(number, posts=(holding,), rights=holding.rights)


def test_nobody_decides_on_an_order_of_his_own():
    everywhere = holder(1, "community_head", 1, 99)
    for status, stage in STAGE_OF.items():
        waiting = order(status, author=1, asks=((stage, 4),))
        for (at, _), rule in TRANSITIONS.items():
            if at is status and rule.who is Who.ASKED:
                assert not may(everywhere, waiting, rule.who, rule.right)


def test_who_proposed_an_order_decides_on_it_no_more_than_who_drew_it():
    both = holder(2, "community_head", 1, 99)
    for status, stage in STAGE_OF.items():
        waiting = replace(order(status, author=1, asks=((stage, 4),)), proposer_id=2)
        for (at, _), rule in TRANSITIONS.items():
            if at is status and rule.who is Who.ASKED:
                assert not may(both, waiting, rule.who, rule.right)


def test_a_proposal_is_taken_up_by_who_heads_its_units_and_by_nobody_else():
    proposed = replace(order(Status.PROPOSED, asks=()), proposer_id=1)
    rule = TRANSITIONS[Status.PROPOSED, Act.ADOPT]
    assert may(holder(2, "grid_head", 4, 4), proposed, rule.who, rule.right)
    assert not may(holder(2, "grid_head", 5, 5), proposed, rule.who, rule.right)
    # Nor by who proposed it, who takes it back at most.
    planner = holder(1, "planner", 1, 99)
    can = {
        act for (at, act), rule in TRANSITIONS.items()
        if at is Status.PROPOSED and may(planner, proposed, rule.who, rule.right)
    }  # fmt: skip
    assert can == {Act.WITHDRAW, Act.COMMENT}
    # It takes effect by way of a draft only.
    assert {to for (at, _), rule in TRANSITIONS.items() if at is Status.PROPOSED for to in rule.to
            } == {Status.DRAFT, Status.REJECTED, Status.WITHDRAWN, Status.PROPOSED}  # fmt: skip


def test_who_is_asked_is_who_has_the_right_on_a_unit_that_waits():
    waiting = order(Status.COSIGNING)
    assert may(holder(2, "grid_head", 4, 4), waiting, Who.ASKED, Right.REDRAW)
    assert not may(holder(2, "grid_head", 5, 5), waiting, Who.ASKED, Right.REDRAW)
    # The next stage's turn has not come.
    assert not may(holder(2, "subdistrict_head", 2, 6), waiting, Who.ASKED, Right.REDRAW)
    assert not may(holder(2, "grid_worker", 4, 4), waiting, Who.ASKED, Right.REDRAW)
    assert not may(Viewer(), waiting, Who.ANYBODY, None)
