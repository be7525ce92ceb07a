"""The stages an incident goes through, and what may be done with it there: one table.

信息采集 report, 案卷建立 register, 任务派遣 dispatch, 任务处理 handle, 处理反馈 feed back, 核查结案
check and close; 综合评价 is what a closed case is given. Pure: `cases` does what the table allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gis.errors import CityGridError


class ActError(CityGridError):
    """Where a case stands does not allow what is asked, or something is missing to do it."""


class OvertakenError(CityGridError):
    """Somebody else did something with the case meanwhile."""


class Stage(StrEnum):
    """How far an incident has come: what was done last, and so what it waits for."""

    REPORT = "report"
    REGISTER = "register"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    FEED_BACK = "feed_back"
    CHECK = "check"
    CLOSED = "closed"


class Act(StrEnum):
    """What is done with an incident."""

    REGISTER = "register"
    REFUSE = "refuse"
    AMEND = "amend"
    DISPATCH = "dispatch"
    RETURN = "return"
    ACCEPT = "accept"
    FEED_BACK = "feed_back"
    CHECK = "check"
    CLOSE = "close"
    REWORK = "rework"
    SUSPEND = "suspend"
    RESUME = "resume"
    POSTPONE = "postpone"
    """延期: ask for more time."""
    DEFER = "defer"
    """缓办: ask to let it rest until a day."""
    GRANT = "grant"
    DENY = "deny"
    SPLIT = "split"
    """Report a part of it as a case of its own, without which it does not close."""
    DUPLICATE = "duplicate"
    FORCE_CLOSE = "force_close"
    REOPEN = "reopen"
    EVALUATE = "evaluate"
    COMMENT = "comment"
    SUPERVISE = "supervise"
    """督办: ask who has the case how it stands, with a day by which to answer."""
    ANSWER = "answer"
    ACCEPT_ANSWER = "accept_answer"
    """The answer is enough: the supervision is over."""
    ASK_AGAIN = "ask_again"
    ATTACH = "attach"
    """Add photos or files."""
    DETACH = "detach"
    """Remove a file: whoever added it."""


REPORTED = "report"
"""The step with which a case begins."""

ESCALATED = "escalate"
"""升级: what the program does with a case whose time runs out, as the city's rules say."""


RETIMED = "retime"
"""改期: what the program does with open cases when other days are worked."""


HOTLINE_CHANGED = "hotline_changed"
"""热线变更: the hotline says otherwise of it than before."""


REPORTED_AGAIN = "report_again"
"""再次上报: somebody else reported the same: `layers.handling.again`."""


class Supervised(StrEnum):
    """How far a supervision has come."""

    ASKED = "asked"
    ANSWERED = "answered"
    ACCEPTED = "accepted"


class Who(StrEnum):
    """Who may do it, by what he may do there."""

    INTAKE = "intake"
    """受理员"""
    DISPATCHER = "dispatcher"
    """派遣员"""
    OFFICER = "officer"
    """责任单位经办人; of a case left to its own territory, who handles cases there."""
    CHECKER = "checker"
    """核查员"""
    SUPERVISOR = "supervisor"
    HOLDER = "holder"
    """Whoever works on the case in any way."""


class Need(StrEnum):
    """What somebody must say with an act."""

    REASON = "reason"
    BODY = "body"
    """To which body; or that it is the territory's own."""
    CASE = "case"
    TIME = "time"
    DAY = "day"
    GRADE = "grade"
    TEXT = "text"
    WORDS = "words"
    """What a note says that is not left out."""
    ANSWER_BY = "answer_by"


class Outcome(StrEnum):
    """How an incident ended."""

    DONE = "done"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    FORCED = "forced"


@dataclass(frozen=True)
class Rule:
    """Who may do something, where the case stands afterwards, and what must be said."""

    who: frozenset[Who]
    to: tuple[Stage, ...]
    needs: frozenset[Need] = frozenset()


_S, _W, _N = Stage, Who, Need


def _rule(
    who: Who | tuple[Who, ...], *to: Stage, needs: Need | tuple[Need, ...] | None = None
) -> Rule:
    able = (who,) if isinstance(who, Who) else who
    needed = () if needs is None else (needs,) if isinstance(needs, Need) else needs
    return Rule(frozenset(able), to, frozenset(needed))


_DESKS = (_W.INTAKE, _W.DISPATCHER)
# What the body that has it does, and what is decided over it meanwhile.
_AT_WORK = {
    (stage, act): rule
    for stage in (_S.DISPATCH, _S.HANDLE)
    for act, rule in (
        (Act.RETURN, _rule((_W.OFFICER, _W.DISPATCHER), _S.REGISTER, needs=_N.REASON)),
        (Act.POSTPONE, _rule(_W.OFFICER, stage, needs=_N.TIME)),
        (Act.DEFER, _rule(_W.OFFICER, stage, needs=_N.DAY)),
        (Act.GRANT, _rule(_W.DISPATCHER, stage)),
        (Act.DENY, _rule(_W.DISPATCHER, stage, needs=_N.REASON)),
    )
}
_UNDER_WAY = (_S.REGISTER, _S.DISPATCH, _S.HANDLE)
_OPEN = tuple(stage for stage in Stage if stage is not Stage.CLOSED)
# Who has a case, and so answers what a leader asks about it.
_HAS_IT = {
    _S.REPORT: _W.INTAKE,
    _S.REGISTER: _W.DISPATCHER,
    _S.DISPATCH: _W.OFFICER,
    _S.HANDLE: _W.OFFICER,
    _S.FEED_BACK: _W.CHECKER,
    _S.CHECK: _W.CHECKER,
    _S.CLOSED: _W.CHECKER,
}
_ASKING = (_N.WORDS, _N.ANSWER_BY)

TRANSITIONS: Mapping[tuple[Stage, Act], Rule] = MappingProxyType(
    {
        # Reported: it becomes a case, or is none.
        (_S.REPORT, Act.REGISTER): _rule(_W.INTAKE, _S.REGISTER),
        (_S.REPORT, Act.REFUSE): _rule(_W.INTAKE, _S.CLOSED, needs=_N.REASON),
        # A case: somebody is to deal with it, or intake looks at it again.
        (_S.REGISTER, Act.DISPATCH): _rule(_W.DISPATCHER, _S.DISPATCH, needs=_N.BODY),
        (_S.REGISTER, Act.RETURN): _rule(_W.DISPATCHER, _S.REPORT, needs=_N.REASON),
        # Dispatched: the body takes it on, deals with it and says so, or sends it back.
        (_S.DISPATCH, Act.ACCEPT): _rule(_W.OFFICER, _S.HANDLE),
        (_S.HANDLE, Act.FEED_BACK): _rule(_W.OFFICER, _S.FEED_BACK),
        **_AT_WORK,
        # Fed back: somebody looks whether it is done.
        (_S.FEED_BACK, Act.CHECK): _rule(_W.CHECKER, _S.CHECK),
        (_S.CHECK, Act.CLOSE): _rule(_W.CHECKER, _S.CLOSED),
        (_S.CHECK, Act.REWORK): _rule(_W.CHECKER, _S.HANDLE, needs=_N.REASON),
        # Over: it is judged, or taken up again: what was no case goes to intake.
        (_S.CLOSED, Act.EVALUATE): _rule((_W.CHECKER, _W.SUPERVISOR), _S.CLOSED, needs=_N.GRADE),
        (_S.CLOSED, Act.REOPEN): _rule(
            (_W.INTAKE, _W.CHECKER), _S.REPORT, _S.REGISTER, needs=_N.REASON
        ),
        # What is wrong in it is put right until somebody deals with it.
        **{
            (stage, Act.AMEND): _rule(_DESKS, stage)
            for stage in (_S.REPORT, _S.REGISTER, _S.DISPATCH)
        },
        **{
            (stage, act): rule
            for stage in _UNDER_WAY
            for act, rule in (
                (Act.SUSPEND, _rule(_W.DISPATCHER, stage, needs=_N.REASON)),
                (Act.RESUME, _rule(_W.DISPATCHER, stage)),
                (Act.SPLIT, _rule(_DESKS, stage)),
            )
        },
        **{
            (stage, Act.DUPLICATE): _rule(_DESKS, _S.CLOSED, needs=_N.CASE)
            for stage in (_S.REPORT, *_UNDER_WAY)
        },
        **{
            (stage, Act.FORCE_CLOSE): _rule(
                (_W.DISPATCHER, _W.SUPERVISOR), _S.CLOSED, needs=_N.REASON
            )
            for stage in _OPEN
            if stage is not _S.REPORT
        },
        **{(stage, Act.COMMENT): _rule(_W.HOLDER, stage, needs=_N.TEXT) for stage in Stage},
        # A leader asks, whoever has it answers; what was asked outlives the closing.
        **{
            (stage, Act.SUPERVISE): _rule(_W.SUPERVISOR, stage, needs=_ASKING) for stage in _OPEN
        },
        **{
            (stage, act): rule
            for stage in Stage
            for act, rule in (
                (Act.ANSWER, _rule(_HAS_IT[stage], stage, needs=_N.WORDS)),
                (Act.ACCEPT_ANSWER, _rule(_W.SUPERVISOR, stage)),
                (Act.ASK_AGAIN, _rule(_W.SUPERVISOR, stage, needs=_ASKING)),
            )
        },
        **{(stage, Act.ATTACH): _rule(_W.HOLDER, stage) for stage in _OPEN},
        **{(stage, Act.DETACH): _rule(_W.HOLDER, stage, needs=_N.REASON) for stage in _OPEN},
    }
)  # fmt: skip
"""What may be done with an incident where it stands. What is not here cannot be done."""

SUPERVISING = frozenset({Act.SUPERVISE, Act.ANSWER, Act.ACCEPT_ANSWER, Act.ASK_AGAIN})
"""What is asked of a case and answered, which leaves it where it stands."""
WHILE_PAUSED = SUPERVISING | {
    Act.RESUME, Act.AMEND, Act.SPLIT, Act.DUPLICATE, Act.FORCE_CLOSE, Act.COMMENT,
    Act.ATTACH, Act.DETACH,
}  # fmt: skip
"""What may be done while the clock stands still."""
APART = frozenset({Act.COMMENT, Act.SPLIT, Act.ATTACH, Act.DETACH})
"""What is done in a way of its own: `talk.comment`, `reports`, `attached`."""
NEEDS_CHILDREN_CLOSED = frozenset({Act.FEED_BACK, Act.CLOSE, Act.DUPLICATE, Act.FORCE_CLOSE})
"""What waits for the cases that were split off."""
