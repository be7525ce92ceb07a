"""The posts people hold and what each of them may do: one table, read from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Right(StrEnum):
    """Something that may be done. Without any, one sees the map, its layers and the releases."""

    PERSONS = "persons"
    """See the persons of one's own units, masked, and exact numbers of them."""
    REVEAL = "reveal"
    """Unmask a name, phone, door or id number of one's own units, with a reason."""
    CARE = "care"
    """See which persons of one's own units are in care (P3)."""
    CASES = "cases"
    """See and work on the cases of one's own units or duty body, persons in them included."""
    REPORT = "report"
    """Report an incident."""
    REGISTER = "register"
    """Register, return and close reports: intake."""
    DISPATCH = "dispatch"
    """Send a case to a duty body."""
    HANDLE = "handle"
    """Handle a case that was given to one's duty body, or is left to one's own units."""
    VERIFY = "verify"
    """Check the result of a case and close it."""
    SUPERVISE = "supervise"
    """Put a note and a deadline on a case."""
    REDRAW = "redraw"
    """Draft and submit a change of boundaries, and co-sign a neighbour's."""
    PROPOSE = "propose"
    """Propose a change of boundaries in one's own units, for who heads them to take up."""
    APPROVE = "approve"
    """Check or approve a change of boundaries in one's own units."""
    FILE = "file"
    """File an approved change of boundaries in one's own units: the last word."""
    PLAN = "plan"
    """Run coverage analyses and keep scenarios."""
    IMPORT = "import"
    """Bring in files."""
    EXPORT = "export"
    """Take tables and maps out; persons never."""
    ACCOUNTS = "accounts"
    """Make, lock and reset accounts."""
    GRANT = "grant"
    """Give and end posts."""
    SETTINGS = "settings"
    """Change how the program runs."""
    AUDIT = "audit"
    """Search the audit and verify its seal."""


class Post(StrEnum):
    """What somebody is, on one or more units or at a duty body, for a period."""

    LEADER = "leader"
    SUBDISTRICT_HEAD = "subdistrict_head"
    COMMUNITY_HEAD = "community_head"
    GRID_HEAD = "grid_head"
    GRID_WORKER = "grid_worker"
    PLANNER = "planner"
    INTAKE = "intake"
    DISPATCHER = "dispatcher"
    CHECKER = "checker"
    DUTY_OFFICER = "duty_officer"
    CLERK = "clerk"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"


class Held(StrEnum):
    """What a post is held on."""

    UNITS = "units"
    BODY = "body"
    CITY = "city"


@dataclass(frozen=True)
class Duty:
    """What a post is called, what it is held on, and what it may do there."""

    # {"zh": …, "en": …}
    names: Mapping[str, str]
    held_on: Held
    rights: frozenset[Right]


def _duty(zh: str, en: str, held_on: Held, *rights: Right) -> Duty:
    return Duty({"zh": zh, "en": en}, held_on, frozenset(rights))


_R = Right
_IN_GRIDS = (_R.PERSONS, _R.REVEAL, _R.CARE, _R.CASES, _R.REPORT, _R.EXPORT)

POSTS: Mapping[Post, Duty] = MappingProxyType(
    {
        # Numbers everywhere and names nowhere.
        Post.LEADER: _duty("领导", "Leader", Held.UNITS, _R.SUPERVISE, _R.FILE, _R.EXPORT),
        Post.SUBDISTRICT_HEAD: _duty(
            "街道负责人", "Subdistrict head", Held.UNITS,
            _R.PERSONS, _R.CASES, _R.REPORT, _R.SUPERVISE, _R.APPROVE, _R.EXPORT,
        ),
        Post.COMMUNITY_HEAD: _duty(
            "社区负责人", "Community head", Held.UNITS,
            *_IN_GRIDS, _R.HANDLE, _R.SUPERVISE, _R.REDRAW, _R.APPROVE,
        ),
        Post.GRID_HEAD: _duty(
            "网格长", "Grid head", Held.UNITS, *_IN_GRIDS, _R.HANDLE, _R.REDRAW
        ),
        Post.GRID_WORKER: _duty(
            "网格员", "Grid worker", Held.UNITS,
            _R.PERSONS, _R.CARE, _R.CASES, _R.REPORT, _R.HANDLE,
        ),
        Post.PLANNER: _duty(
            "规划员", "Planner", Held.UNITS, _R.PLAN, _R.PROPOSE, _R.EXPORT
        ),
        Post.INTAKE: _duty("受理员", "Intake", Held.UNITS, _R.CASES, _R.REPORT, _R.REGISTER),
        Post.DISPATCHER: _duty("派遣员", "Dispatcher", Held.UNITS, _R.CASES, _R.DISPATCH),
        Post.CHECKER: _duty("核查员", "Checker", Held.UNITS, _R.CASES, _R.VERIFY),
        Post.DUTY_OFFICER: _duty(
            "责任单位经办人", "Duty-body officer", Held.BODY, _R.CASES, _R.HANDLE
        ),
        Post.CLERK: _duty("数据管理员", "Data clerk", Held.UNITS, _R.IMPORT, _R.EXPORT),
        # Three separate administrators, 三员分立: none of them sees a person.
        Post.SYSTEM_ADMIN: _duty(
            "系统管理员", "System administrator", Held.CITY, _R.ACCOUNTS, _R.SETTINGS
        ),
        Post.SECURITY_ADMIN: _duty("安全管理员", "Security administrator", Held.CITY, _R.GRANT),
        Post.AUDITOR: _duty("安全审计员", "Security auditor", Held.CITY, _R.AUDIT),
    }
)  # fmt: skip
"""What each post may do. README and the Admin page show this table."""

APART = (Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.AUDITOR)
"""Nobody holds two of these at a time where administrators are kept apart (preset mlps3)."""
