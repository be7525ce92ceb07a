"""What the door answers: who does something, and why somebody is not let in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True)
class Actor:
    """Who does something, as the audit names him."""

    # None: somebody on the machine itself, or nobody yet.
    account_id: int | None
    login: str
    address: str | None = None


@dataclass(frozen=True)
class Visit:
    """When and from where somebody asks."""

    now: dt.datetime
    address: str | None = None
    # What the browser calls itself.
    agent: str = ""


class Why(StrEnum):
    """Why not: each is the key of a sentence in the catalogue of texts."""

    WRONG = "refused.wrong"
    """The same for an unknown login and a wrong password."""
    LOCKED = "refused.locked"
    """With ``minutes``."""
    THROTTLED = "refused.throttled"
    """Too many wrong guesses from the address. With ``minutes``."""
    DISABLED = "refused.disabled"
    TEMPORARY = "refused.temporary"
    """The temporary password is too old."""
    CODE = "refused.code"
    UNLINKED = "refused.unlinked"
    """The other provider knows who this is, and no account is his."""
    NO_SESSION = "refused.no_session"
    SHORT = "refused.short"
    """With ``length``."""
    LONG = "refused.long"
    """With ``length``."""
    KINDS = "refused.kinds"
    """With ``kinds``."""
    BREACHED = "refused.breached"
    NAMED = "refused.named"
    """It holds the login or the name."""
    USED = "refused.used"


@dataclass(frozen=True)
class Fault:
    """One reason, with the numbers its sentence names."""

    why: Why
    values: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """Not let in. A value, not an error: the transaction that counted the failure must commit."""

    faults: tuple[Fault, ...]


def refused(why: Why, **values: int) -> Refused:
    """Return a refusal for one reason."""
    return Refused((Fault(why, values),))
