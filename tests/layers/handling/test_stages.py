"""The table of transitions: every act, at every stage, by every role, in every state."""

import itertools
from dataclasses import dataclass, replace

import pytest

from gis.access.posts import POSTS, Held, Post
from gis.access.viewer import NOBODY, Holding, Viewer
from gis.errors import ForbiddenError
from layers.handling import standing
from layers.handling.stages import (
    NEEDS_CHILDREN_CLOSED,
    TRANSITIONS,
    WHILE_PAUSED,
    Act,
    ActError,
    Need,
    Stage,
    Supervised,
    Who,
)
from layers.handling.standing import RIGHT_OF, after, allowed, may, next_act

HERE, THERE, BODY, OTHER_BODY = 3, 8, 5, 6


@dataclass(frozen=True)
class Standing:
    stage: Stage
    key: str = "SJ1"
    unit_id: int | None = HERE
    body_id: int | None = BODY
    is_registered: bool = True
    is_paused: bool = False
    is_asking: bool = False
    is_evaluated: bool = False
    open_children: int = 0
    supervised: Supervised | None = None


def holder(post, *, unit=HERE, body=BODY):
    duty = POSTS[post]
    held = {
        Held.UNITS: Holding(post, unit, units=((unit, unit),)),
        Held.BODY: Holding(post, body_id=body),
        Held.CITY: Holding(post),
    }[duty.held_on]
    return Viewer(1, post.value, post.value, (held,), rights=held.rights)


# Written down apart from the table: who may do what where, and where it leads.
DESKS = {Who.INTAKE, Who.DISPATCHER}
SAID = {
    Stage.REPORT: {
        Act.REGISTER: ({Who.INTAKE}, Stage.REGISTER),
        Act.REFUSE: ({Who.INTAKE}, Stage.CLOSED),
        Act.AMEND: (DESKS, Stage.REPORT),
        Act.DUPLICATE: (DESKS, Stage.CLOSED),
    },
    Stage.REGISTER: {
        Act.DISPATCH: ({Who.DISPATCHER}, Stage.DISPATCH),
        Act.RETURN: ({Who.DISPATCHER}, Stage.REPORT),
        Act.AMEND: (DESKS, Stage.REGISTER),
        Act.SUSPEND: ({Who.DISPATCHER}, Stage.REGISTER),
        Act.RESUME: ({Who.DISPATCHER}, Stage.REGISTER),
        Act.SPLIT: (DESKS, Stage.REGISTER),
        Act.DUPLICATE: (DESKS, Stage.CLOSED),
        Act.FORCE_CLOSE: ({Who.DISPATCHER, Who.SUPERVISOR}, Stage.CLOSED),
    },
    Stage.DISPATCH: {
        Act.ACCEPT: ({Who.OFFICER}, Stage.HANDLE),
        Act.RETURN: ({Who.OFFICER, Who.DISPATCHER}, Stage.REGISTER),
        Act.AMEND: (DESKS, Stage.DISPATCH),
        Act.POSTPONE: ({Who.OFFICER}, Stage.DISPATCH),
        Act.DEFER: ({Who.OFFICER}, Stage.DISPATCH),
        Act.GRANT: ({Who.DISPATCHER}, Stage.DISPATCH),
        Act.DENY: ({Who.DISPATCHER}, Stage.DISPATCH),
        Act.SUSPEND: ({Who.DISPATCHER}, Stage.DISPATCH),
        Act.RESUME: ({Who.DISPATCHER}, Stage.DISPATCH),
        Act.SPLIT: (DESKS, Stage.DISPATCH),
        Act.DUPLICATE: (DESKS, Stage.CLOSED),
        Act.FORCE_CLOSE: ({Who.DISPATCHER, Who.SUPERVISOR}, Stage.CLOSED),
    },
    Stage.HANDLE: {
        Act.FEED_BACK: ({Who.OFFICER}, Stage.FEED_BACK),
        Act.RETURN: ({Who.OFFICER, Who.DISPATCHER}, Stage.REGISTER),
        Act.POSTPONE: ({Who.OFFICER}, Stage.HANDLE),
        Act.DEFER: ({Who.OFFICER}, Stage.HANDLE),
        Act.GRANT: ({Who.DISPATCHER}, Stage.HANDLE),
        Act.DENY: ({Who.DISPATCHER}, Stage.HANDLE),
        Act.SUSPEND: ({Who.DISPATCHER}, Stage.HANDLE),
        Act.RESUME: ({Who.DISPATCHER}, Stage.HANDLE),
        Act.SPLIT: (DESKS, Stage.HANDLE),
        Act.DUPLICATE: (DESKS, Stage.CLOSED),
        Act.FORCE_CLOSE: ({Who.DISPATCHER, Who.SUPERVISOR}, Stage.CLOSED),
    },
    Stage.FEED_BACK: {
        Act.CHECK: ({Who.CHECKER}, Stage.CHECK),
        Act.FORCE_CLOSE: ({Who.DISPATCHER, Who.SUPERVISOR}, Stage.CLOSED),
    },
    Stage.CHECK: {
        Act.CLOSE: ({Who.CHECKER}, Stage.CLOSED),
        Act.REWORK: ({Who.CHECKER}, Stage.HANDLE),
        Act.FORCE_CLOSE: ({Who.DISPATCHER, Who.SUPERVISOR}, Stage.CLOSED),
    },
    Stage.CLOSED: {
        Act.EVALUATE: ({Who.CHECKER, Who.SUPERVISOR}, Stage.CLOSED),
        Act.REOPEN: ({Who.INTAKE, Who.CHECKER}, Stage.REGISTER),
    },
}
ANSWERS = {
    Stage.REPORT: Who.INTAKE, Stage.REGISTER: Who.DISPATCHER, Stage.DISPATCH: Who.OFFICER,
    Stage.HANDLE: Who.OFFICER, Stage.FEED_BACK: Who.CHECKER, Stage.CHECK: Who.CHECKER,
    Stage.CLOSED: Who.CHECKER,
}  # fmt: skip
for _stage, _acts in SAID.items():
    _acts[Act.COMMENT] = ({Who.HOLDER}, None)
    if _stage is not Stage.CLOSED:
        _acts[Act.SUPERVISE] = ({Who.SUPERVISOR}, None)
    _acts[Act.ANSWER] = ({ANSWERS[_stage]}, None)
    _acts[Act.ACCEPT_ANSWER] = _acts[Act.ASK_AGAIN] = ({Who.SUPERVISOR}, None)
for _stage in set(Stage) - {Stage.CLOSED}:
    SAID[_stage] |= {Act.ATTACH: ({Who.HOLDER}, None), Act.DETACH: ({Who.HOLDER}, None)}
STATES = [
    {
        "is_paused": paused,
        "is_asking": asking,
        "is_evaluated": evaluated,
        "open_children": children,
        "supervised": supervised,
    }
    for paused, asking, evaluated, children, supervised in itertools.product(
        (False, True), (False, True), (False, True), (0, 2), (None, *Supervised)
    )
]


def blocked(state, act):
    """Whether a state keeps an act from being done, said apart from the code."""
    if state["is_paused"] and act not in WHILE_PAUSED:
        return True
    if act is Act.RESUME and not state["is_paused"]:
        return True
    if act in (Act.GRANT, Act.DENY) and not state["is_asking"]:
        return True
    if act in (Act.POSTPONE, Act.DEFER) and state["is_asking"]:
        return True
    stands = state["supervised"]
    if act is Act.SUPERVISE and stands in ("asked", "answered"):
        return True
    if act is Act.ANSWER and stands != "asked":
        return True
    if act is Act.ACCEPT_ANSWER and stands != "answered":
        return True
    if act is Act.ASK_AGAIN and stands not in ("asked", "answered"):
        return True
    if act is Act.EVALUATE and state["is_evaluated"]:
        return True
    return act in NEEDS_CHILDREN_CLOSED and state["open_children"] > 0


def does(post, who, *, at_body):
    """Whether a post, held where the case is, is who a rule speaks of."""
    if RIGHT_OF[who] not in POSTS[post].rights:
        return False
    on_body = POSTS[post].held_on is Held.BODY
    if who is Who.OFFICER:
        return on_body if at_body else not on_body
    return at_body if on_body else True


@pytest.mark.parametrize("post", Post, ids=str)
def test_every_act_at_every_stage_in_every_state(post):
    viewer, elsewhere = holder(post), holder(post, unit=THERE, body=OTHER_BODY)
    for stage, act, state, body in itertools.product(Stage, Act, STATES, (BODY, None)):
        case = Standing(stage, body_id=body, **state)
        said = SAID[stage].get(act)
        able = said is not None and any(
            does(post, who, at_body=body is not None) for who in said[0]
        )
        expected = able and not blocked(state, act)
        assert may(viewer, case, act) is expected, (stage, act, state, body)
        assert not may(elsewhere, case, act), (stage, act)
        assert not may(NOBODY, case, act)
        if expected:
            assert allowed(viewer, case, act) is TRANSITIONS[stage, act]
            assert after(case, act) is (said[1] or stage)
        elif able or said is None:
            with pytest.raises(ActError):
                allowed(viewer, case, act)
        else:
            with pytest.raises(ForbiddenError):
                allowed(viewer, case, act)


def test_the_table_says_nothing_else():
    listed = {(stage, act) for stage, acts in SAID.items() for act in acts}
    assert set(TRANSITIONS) == listed


def test_each_stage_has_one_next_act_for_whoever_it_waits_for():
    waits = {
        Stage.REPORT: (Post.INTAKE, Act.REGISTER),
        Stage.REGISTER: (Post.DISPATCHER, Act.DISPATCH),
        Stage.DISPATCH: (Post.DUTY_OFFICER, Act.ACCEPT),
        Stage.HANDLE: (Post.DUTY_OFFICER, Act.FEED_BACK),
        Stage.FEED_BACK: (Post.CHECKER, Act.CHECK),
        Stage.CHECK: (Post.CHECKER, Act.CLOSE),
        Stage.CLOSED: (Post.CHECKER, Act.EVALUATE),
    }
    for stage, (wanted, act) in waits.items():
        for post in (Post.INTAKE, Post.DISPATCHER, Post.DUTY_OFFICER, Post.CHECKER):
            found = next_act(holder(post), Standing(stage))
            assert found is (act if post is wanted else None), (stage, post)


def test_what_is_asked_for_or_stands_still_comes_first_for_the_dispatcher():
    dispatcher = holder(Post.DISPATCHER)
    assert next_act(dispatcher, Standing(Stage.HANDLE)) is None
    assert next_act(dispatcher, Standing(Stage.HANDLE, is_asking=True)) is Act.GRANT
    assert next_act(dispatcher, Standing(Stage.HANDLE, is_paused=True)) is Act.RESUME
    assert next_act(dispatcher, Standing(Stage.REGISTER, is_paused=True)) is Act.RESUME
    assert next_act(holder(Post.DUTY_OFFICER), Standing(Stage.HANDLE, is_paused=True)) is None


def test_a_case_with_open_children_has_no_next_act_that_would_close_it():
    case = Standing(Stage.HANDLE, open_children=1)
    assert next_act(holder(Post.DUTY_OFFICER), case) is None
    assert next_act(holder(Post.DUTY_OFFICER), replace(case, open_children=0)) is Act.FEED_BACK


def test_an_answer_is_the_leaders_to_accept_next():
    mayor = holder(Post.LEADER)
    for stage in Stage:
        asked = Standing(stage, supervised=Supervised.ASKED, is_evaluated=True)
        assert next_act(mayor, asked) is None
        answered = replace(asked, supervised=Supervised.ANSWERED)
        assert next_act(mayor, answered) is Act.ACCEPT_ANSWER
        assert next_act(holder(Post.LEADER, unit=THERE), answered) is None


def test_a_case_left_to_its_territory_is_the_grids():
    left = Standing(Stage.DISPATCH, body_id=None)
    assert next_act(holder(Post.GRID_HEAD), left) is Act.ACCEPT
    assert next_act(holder(Post.GRID_HEAD, unit=THERE), left) is None
    assert next_act(holder(Post.GRID_HEAD), Standing(Stage.DISPATCH)) is None


def test_what_never_was_a_case_is_taken_up_again_as_a_report():
    refused = Standing(Stage.CLOSED, is_registered=False)
    assert after(refused, Act.REOPEN) is Stage.REPORT
    assert after(Standing(Stage.CLOSED), Act.REOPEN) is Stage.REGISTER


def test_what_takes_something_away_needs_a_reason():
    for (_, act), rule in TRANSITIONS.items():
        is_hard = act in (
            Act.REFUSE, Act.RETURN, Act.REWORK, Act.SUSPEND, Act.DENY, Act.FORCE_CLOSE, Act.REOPEN,
            Act.DETACH,
        )  # fmt: skip
        assert (Need.REASON in rule.needs) is is_hard, act


def test_acts_are_listed_in_their_order():
    case = Standing(Stage.REGISTER)
    found = standing.acts(holder(Post.DISPATCHER), case)
    assert list(found) == [act for act in Act if may(holder(Post.DISPATCHER), case, act)]
    assert Act.DISPATCH in found
