"""What may be done with an incident where it stands, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.errors import CityGridError, ForbiddenError, TextKey
from layers.handling.stages import (
    NEEDS_CHILDREN_CLOSED,
    SUPERVISING,
    TRANSITIONS,
    WHILE_PAUSED,
    Act,
    ActError,
    Rule,
    Stage,
    Supervised,
    Who,
)


class Standing(Protocol):
    """What of a case decides what may be done with it."""

    @property
    def key(self) -> str:
        """Its number."""
        ...

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        ...

    @property
    def unit_id(self) -> int | None:
        """Where it lies."""
        ...

    @property
    def body_id(self) -> int | None:
        """Whom it was dispatched to."""
        ...

    @property
    def is_registered(self) -> bool:
        """Whether it ever became a case."""
        ...

    @property
    def is_paused(self) -> bool:
        """Whether its clock stands still."""
        ...

    @property
    def is_asking(self) -> bool:
        """Whether more time is asked for."""
        ...

    @property
    def is_evaluated(self) -> bool:
        """Whether it was judged."""
        ...

    @property
    def supervised(self) -> Supervised | None:
        """How far the last supervision has come; None: nobody ever asked."""
        ...

    @property
    def open_children(self) -> int:
        """How many cases split off it are open."""
        ...


RIGHT_OF: Mapping[Who, Right] = MappingProxyType(
    {
        Who.INTAKE: Right.REGISTER,
        Who.DISPATCHER: Right.DISPATCH,
        Who.OFFICER: Right.HANDLE,
        Who.CHECKER: Right.VERIFY,
        Who.SUPERVISOR: Right.SUPERVISE,
        Who.HOLDER: Right.CASES,
    }
)
_WHEN_SUPERVISED: Mapping[Act, tuple[Supervised | None, ...]] = MappingProxyType(
    {
        Act.SUPERVISE: (None, Supervised.ACCEPTED),
        Act.ANSWER: (Supervised.ASKED,),
        Act.ACCEPT_ANSWER: (Supervised.ANSWERED,),
        # Of who does not answer, too.
        Act.ASK_AGAIN: (Supervised.ASKED, Supervised.ANSWERED),
    }
)
# What each stage waits for, the most pressing first.
_NEXT: Mapping[Stage, tuple[Act, ...]] = MappingProxyType(
    {
        Stage.REPORT: (Act.REGISTER, Act.ACCEPT_ANSWER),
        Stage.REGISTER: (Act.RESUME, Act.DISPATCH, Act.ACCEPT_ANSWER),
        Stage.DISPATCH: (Act.GRANT, Act.RESUME, Act.ACCEPT, Act.ACCEPT_ANSWER),
        Stage.HANDLE: (Act.GRANT, Act.RESUME, Act.FEED_BACK, Act.ACCEPT_ANSWER),
        Stage.FEED_BACK: (Act.CHECK, Act.ACCEPT_ANSWER),
        Stage.CHECK: (Act.CLOSE, Act.ACCEPT_ANSWER),
        Stage.CLOSED: (Act.ACCEPT_ANSWER, Act.EVALUATE),
    }
)


def is_who(viewer: Viewer, case: Standing, who: Who) -> bool:
    """Return whether a viewer is who a rule speaks of, for a case: by its unit or its body."""
    right = RIGHT_OF[who]
    if right not in viewer.rights:
        return False
    at_body = case.body_id is not None and any(
        holding.body_id == case.body_id and right in holding.rights for holding in viewer.posts
    )
    if who is Who.OFFICER and case.body_id is not None:
        return at_body
    return at_body or viewer.may(right, case.unit_id)


def obstacle(case: Standing, act: Act) -> CityGridError | None:
    """Return why something cannot be done with a case now, whoever asks; None where it can."""
    rule = TRANSITIONS.get((case.stage, act))
    if rule is None:
        known = ", ".join(each for at, each in TRANSITIONS if at is case.stage)
        return ActError(
            f"{case.key} stands at {case.stage.value} and cannot be met with {act.value!r}; "
            f"there: {known}.",
            key="error.case_act", case=case.key, stage=TextKey(f"case_stage.{case.stage}"),
            act=TextKey(f"case_act.{act}"),
        )  # fmt: skip
    if case.is_paused and act not in WHILE_PAUSED:
        return ActError(
            f"{case.key} is suspended: resume it first.", key="error.case_paused", case=case.key
        )
    if act is Act.RESUME and not case.is_paused:
        return ActError(f"{case.key} is not suspended.", key="error.case_not_paused", case=case.key)
    if act in (Act.GRANT, Act.DENY) and not case.is_asking:
        return ActError(
            f"Nobody asks for more time for {case.key}.", key="error.case_not_asking", case=case.key
        )
    if act in (Act.POSTPONE, Act.DEFER) and case.is_asking:
        return ActError(
            f"More time is asked for {case.key} already.", key="error.case_asking", case=case.key
        )
    if act is Act.EVALUATE and case.is_evaluated:
        return ActError(
            f"{case.key} is evaluated already.", key="error.case_evaluated", case=case.key
        )
    if act in SUPERVISING and case.supervised not in _WHEN_SUPERVISED[act]:
        is_over = case.supervised in (None, Supervised.ACCEPTED)
        word = "case_not_supervised" if is_over else "case_supervised"
        return ActError(
            f"{act.value} does not fit how the supervision of {case.key} stands: "
            f"{case.supervised or 'none'}.",
            key=f"error.{word}", case=case.key, act=TextKey(f"case_act.{act}"),
        )  # fmt: skip
    if act in NEEDS_CHILDREN_CLOSED and case.open_children:
        return ActError(
            f"{case.open_children} cases that were split off {case.key} are open: close them "
            "first.",
            key="error.case_children", case=case.key, n=case.open_children,
        )  # fmt: skip
    return None


def may(viewer: Viewer, case: Standing, act: Act) -> bool:
    """Return whether a viewer may do something with a case now."""
    rule = TRANSITIONS.get((case.stage, act))
    return (
        rule is not None
        and obstacle(case, act) is None
        and any(is_who(viewer, case, who) for who in rule.who)
    )


def allowed(viewer: Viewer, case: Standing, act: Act) -> Rule:
    """Return the rule by which a viewer may do something with a case now.

    Raises
    ------
    ActError
        Where it stands, that cannot be done.
    ForbiddenError
        It is not the viewer's to do.
    """
    rule = TRANSITIONS.get((case.stage, act))
    found = obstacle(case, act)
    if rule is None or (found is not None and any(is_who(viewer, case, w) for w in rule.who)):
        raise found or AssertionError(act)
    if not any(is_who(viewer, case, who) for who in rule.who):
        able = tuple(who for who in Who if who in rule.who)
        raise ForbiddenError(
            f"{viewer.login or 'Nobody'!r} cannot {act.value} {case.key}: that is for its "
            f"{' or '.join(able)}.",
            key="error.case_not_yours", case=case.key, act=TextKey(f"case_act.{act}"),
            who=tuple(TextKey(f"case_who.{who}") for who in able),
        )  # fmt: skip
    return rule


def acts(viewer: Viewer, case: Standing) -> tuple[Act, ...]:
    """Return all that a viewer may do with a case now, in the order of `Act`."""
    return tuple(act for act in Act if may(viewer, case, act))


def next_act(viewer: Viewer, case: Standing) -> Act | None:
    """Return 下一步: what a case waits for, if the viewer may do it; None where others may."""
    return next((act for act in _NEXT[case.stage] if may(viewer, case, act)), None)


def after(case: Standing, act: Act) -> Stage:
    """Return where a case stands after an act."""
    to = TRANSITIONS[case.stage, act].to
    # Taken up again: what never was a case is a report once more.
    return to[-1] if case.is_registered else to[0]
