"""Where a change order stands, and what may be done with it there: one table, read downwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gis.access.posts import Right
from gis.errors import CityGridError, TextKey


class TransitionError(CityGridError):
    """Where an order stands, or who asks, does not allow what is asked."""


class StaleError(CityGridError):
    """Somebody else wrote the draft meanwhile: what was seen is not there any more."""


class Stage(StrEnum):
    """Who is asked about an order; `city.toml` says which of them, and on units of which level."""

    COSIGN = "cosign"
    """Heads of units that lose or gain rows or area."""
    CHECK = "check"
    APPROVE = "approve"
    FILE = "file"


class Status(StrEnum):
    """Where an order stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    """Drawn by who heads none of its units; waits for one who does to make it his own draft."""
    COSIGNING = "cosigning"
    CHECKING = "checking"
    APPROVING = "approving"
    FILING = "filing"
    SCHEDULED = "scheduled"
    """Approved; its units are reserved until its day."""
    EFFECTIVE = "effective"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"
    """Approved, and could not take effect."""
    CONFLICTED = "conflicted"
    """Others changed what it changes."""


class Act(StrEnum):
    """What is done with an order."""

    SUBMIT = "submit"
    PROPOSE = "propose"
    ADOPT = "adopt"
    """Make a proposal one's own draft: from here on it is its new author's."""
    COSIGN = "cosign"
    REFUSE = "refuse"
    CHECK = "check"
    APPROVE = "approve"
    FILE = "file"
    RETURN = "return"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    REVISE = "revise"
    REBASE = "rebase"
    TAKE_EFFECT = "take_effect"
    FAIL = "fail"
    REVERSE = "reverse"
    COMMENT = "comment"


class Who(StrEnum):
    """Who may do it."""

    AUTHOR = "author"
    ASKED = "asked"
    """Who has the right on a unit that the order waits for, and neither wrote nor proposed it."""
    CONCERNED = "concerned"
    """Who has the right on a unit that the order changes."""
    PROGRAM = "program"
    ANYBODY = "anybody"


@dataclass(frozen=True)
class Rule:
    """Who may do something, with which right, and where the order may stand afterwards."""

    who: Who
    to: tuple[Status, ...]
    right: Right | None = None


_S = Status
_WAYS: Mapping[Stage, tuple[Status, Act, Right]] = MappingProxyType(
    {
        Stage.COSIGN: (_S.COSIGNING, Act.COSIGN, Right.REDRAW),
        Stage.CHECK: (_S.CHECKING, Act.CHECK, Right.APPROVE),
        Stage.APPROVE: (_S.APPROVING, Act.APPROVE, Right.APPROVE),
        Stage.FILE: (_S.FILING, Act.FILE, Right.FILE),
    }
)
STATUS_OF: Mapping[Stage, Status] = MappingProxyType({s: way[0] for s, way in _WAYS.items()})
STAGE_OF: Mapping[Status, Stage] = MappingProxyType({way[0]: s for s, way in _WAYS.items()})
RIGHT_OF: Mapping[Stage, Right] = MappingProxyType({s: way[2] for s, way in _WAYS.items()})

_FROM_HERE = (
    _S.COSIGNING, _S.CHECKING, _S.APPROVING, _S.FILING, _S.SCHEDULED, _S.CONFLICTED,
)  # fmt: skip


def _asked(stage: Stage, *to: Status) -> Rule:
    return Rule(Who.ASKED, to, RIGHT_OF[stage])


def _by_author(*to: Status) -> Rule:
    return Rule(Who.AUTHOR, to, Right.REDRAW)


def _program(*to: Status) -> Rule:
    return Rule(Who.PROGRAM, to)


_D = _S.DRAFT
TRANSITIONS: Mapping[tuple[Status, Act], Rule] = MappingProxyType(
    {
        # The first stage that has somebody to ask; a draft that others overtook may conflict.
        (_D, Act.SUBMIT): _by_author(*_FROM_HERE),
        (_D, Act.REBASE): _by_author(_D, _S.CONFLICTED),
        (_D, Act.WITHDRAW): _by_author(_S.WITHDRAWN),
        # What somebody proposes goes the same way once a head has made it his; the proposer has no
        # part in that but to take it back before.
        (_D, Act.PROPOSE): Rule(Who.AUTHOR, (_S.PROPOSED,), Right.PROPOSE),
        (_S.PROPOSED, Act.ADOPT): Rule(Who.CONCERNED, (_D,), Right.REDRAW),
        (_S.PROPOSED, Act.REJECT): Rule(Who.CONCERNED, (_S.REJECTED,), Right.REDRAW),
        (_S.PROPOSED, Act.WITHDRAW): Rule(Who.AUTHOR, (_S.WITHDRAWN,), Right.PROPOSE),
        # Each stage waits until everybody asked has agreed, then the next one begins.
        (_S.COSIGNING, Act.COSIGN): _asked(Stage.COSIGN, *_FROM_HERE),
        (_S.COSIGNING, Act.REFUSE): _asked(Stage.COSIGN, _D),
        (_S.CHECKING, Act.CHECK): _asked(Stage.CHECK, *_FROM_HERE[1:]),
        (_S.CHECKING, Act.RETURN): _asked(Stage.CHECK, _D),
        (_S.CHECKING, Act.REJECT): _asked(Stage.CHECK, _S.REJECTED),
        (_S.APPROVING, Act.APPROVE): _asked(Stage.APPROVE, *_FROM_HERE[2:]),
        (_S.APPROVING, Act.RETURN): _asked(Stage.APPROVE, _D),
        (_S.APPROVING, Act.REJECT): _asked(Stage.APPROVE, _S.REJECTED),
        (_S.FILING, Act.FILE): _asked(Stage.FILE, *_FROM_HERE[3:]),
        (_S.FILING, Act.RETURN): _asked(Stage.FILE, _D),
        (_S.FILING, Act.REJECT): _asked(Stage.FILE, _S.REJECTED),
        # Until it has taken effect its author may take it back: to draw on, or for good.
        **{
            (status, act): _by_author(to)
            for status in (_S.COSIGNING, _S.CHECKING, _S.APPROVING, _S.FILING, _S.SCHEDULED)
            for act, to in ((Act.REVISE, _D), (Act.WITHDRAW, _S.WITHDRAWN))
        },
        # Approved: at once, or at the start of its day.
        (_S.SCHEDULED, Act.TAKE_EFFECT): _program(_S.EFFECTIVE),
        (_S.SCHEDULED, Act.FAIL): _program(_S.FAILED, _S.CONFLICTED),
        # What went wrong is looked at by its author, who goes on or gives up.
        **{
            (status, act): _by_author(*to)
            for status in (_S.FAILED, _S.CONFLICTED)
            for act, to in (
                (Act.REBASE, (_D, _S.CONFLICTED)),
                (Act.REVISE, (_D,)),
                (Act.WITHDRAW, (_S.WITHDRAWN,)),
            )
        },
        # Taken back by an order of its own.
        (_S.EFFECTIVE, Act.REVERSE): Rule(Who.CONCERNED, (_S.EFFECTIVE,), Right.REDRAW),
        **{(status, Act.COMMENT): Rule(Who.ANYBODY, (status,)) for status in Status},
    }
)
"""What may be done with an order where it stands. What is not here cannot be done."""

OVER = frozenset({_S.EFFECTIVE, _S.REJECTED, _S.WITHDRAWN})
"""Nothing more happens to it."""
OPEN = frozenset(STAGE_OF) | {_S.SCHEDULED}
"""Handed in, and neither over nor back with its author."""


def rule_of(status: Status, act: Act) -> Rule:
    """Return the rule for doing something, or raise TransitionError naming what can be done."""
    rule = TRANSITIONS.get((status, act))
    if rule is None:
        known = ", ".join(each for at, each in TRANSITIONS if at is status)
        raise TransitionError(
            f"An order that is {status.value} cannot be met with {act.value!r}; there: {known}.",
            key="error.order_act",
            status=TextKey(f"order_status.{status}"),
        )
    return rule


def checked(status: Status, act: Act, to: Status) -> Status:
    """Return where an order stands after something is done, if the table has that way."""
    if to not in rule_of(status, act).to:
        raise TransitionError(
            f"An order that is {status.value} does not become {to.value} by {act.value!r}.",
            key="error.order_act",
            status=TextKey(f"order_status.{status}"),
        )
    return to
