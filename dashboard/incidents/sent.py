"""What browsers, hotlines and devices send of incidents, checked field by field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from layers.handling.again import Repeat
from layers.handling.drafts import (
    LONGEST_DEVICE,
    LONGEST_KEY,
    LONGEST_NAME,
    LONGEST_PHONE,
    LONGEST_PLACE,
    LONGEST_TITLE,
    Draft,
    Reporter,
)
from layers.handling.effects import LONGEST_NOTE, Said
from layers.handling.reports import MOST_AT_ONCE
from layers.handling.several import MOST_AT_ONCE as MOST_TOGETHER
from layers.handling.several import Seen
from layers.handling.talk import LONGEST_COMMENT
from layers.handling.uploads import LONGEST_FILE, Prepared
from layers.locating.notation import ReadAs

LARGEST = 2**31 - 1
# PostgreSQL takes no NUL in a text.
PLAIN = r"^[^\x00]*$"
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN)]
Key = Annotated[str, Field(max_length=LONGEST_KEY, pattern=PLAIN)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Words = Annotated[str, Field(max_length=LONGEST_NOTE, pattern=PLAIN)]
Title = Annotated[str, Field(max_length=LONGEST_TITLE, pattern=PLAIN)]
Place = Annotated[str, Field(max_length=LONGEST_PLACE, pattern=PLAIN)]
Device = Annotated[str, Field(max_length=LONGEST_DEVICE, pattern=PLAIN)]
Small = Annotated[int, Field(ge=1, le=32_000)]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
Version = Annotated[int, Field(ge=0, le=LARGEST)]
# What of it is kept is said by `uploads.called`.
FileName = Annotated[str, Field(max_length=2 * LONGEST_FILE, pattern=PLAIN)]
# More than a city may allow: what it allows is asked later, with a sentence of its own.
MOST_FILES = 200


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", use_enum_values=True)


class Who(_Strict):
    """Who reports."""

    name: Annotated[str, Field(max_length=LONGEST_NAME, pattern=PLAIN)] = ""
    phone: Annotated[str, Field(max_length=LONGEST_PHONE, pattern=PLAIN)] = ""
    is_subscribed: bool = False


class Attached(_Strict):
    """A photo or a PDF that goes with a report."""

    name: FileName = ""
    # In base64.
    content: Base64Bytes


class Reporting(_Strict):
    """An incident."""

    key: Key = ""
    scheme: Code
    small: Code
    condition: Small | None = None
    lon: Lon
    lat: Lat
    severity: Code = "ordinary"
    title: Title = ""
    address: Place = ""
    place_note: Place = ""
    placed_by: Annotated[str, Field(max_length=40, pattern=PLAIN)] = "pin"
    placed_score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0
    # None: as exact as the map.
    placed_within_m: Metres | None = None
    # How coordinates were read, as `GET /locate` says it.
    placed_as: ReadAs | None = None
    source: Code = "hotline"
    is_personal: bool = False
    reported_at: AwareDatetime | None = None
    reporter: Who | None = None
    # Whether who reports it hears what becomes of it; by itself where nobody else reported it.
    is_followed: bool | None = None
    # The number of the case that it is split off.
    parent: Key = ""
    # Of an alarm: which device raised it, and what.
    device: Device = ""
    signal: Device = ""
    files: Annotated[list[Attached], Field(max_length=MOST_FILES)] = []

    def draft(self, key: str, parent_id: int | None, files: Sequence[Prepared] = ()) -> Draft:
        """Return what is to be written; ``key`` stands in where none is among the fields."""
        given = self.model_dump(exclude={"parent", "reporter", "key", "files", "is_followed"})
        who = Reporter(**self.reporter.model_dump()) if self.reporter else None
        is_own = self.reporter is None and not self.device
        return Draft(
            **given, reporter=who, key=self.key or key, parent_id=parent_id, files=tuple(files),
            is_followed=is_own if self.is_followed is None else self.is_followed,
        )  # fmt: skip


class ReportingAgain(_Strict):
    """An incident that is there, reported again."""

    key: Key = ""
    # None: whose account reports it.
    reporter: Who | None = None
    text: Words = ""
    # Why it is taken up again, should it be closed.
    reopens: Words = ""
    files: Annotated[list[Attached], Field(max_length=MOST_FILES)] = []

    def repeat(self, key: str, files: Sequence[Prepared]) -> Repeat:
        """Return what is reported; ``key`` stands in where none is among the fields."""
        who = Reporter(**self.reporter.model_dump()) if self.reporter else None
        return Repeat(who, self.text, tuple(files), self.reopens, self.key or key)


class Several(_Strict):
    """Incidents that are reported together."""

    incidents: Annotated[list[Reporting], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Changes(_Strict):
    """What is put right; only what is given changes."""

    scheme: Code | None = None
    small: Code | None = None
    condition: Small | None = None
    severity: Code | None = None
    title: Title | None = None
    address: Place | None = None
    place_note: Place | None = None
    placed_by: Annotated[str, Field(max_length=40, pattern=PLAIN)] | None = None
    placed_score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    placed_within_m: Metres | None = None
    placed_as: ReadAs | None = None
    is_personal: bool | None = None
    lon: Lon | None = None
    lat: Lat | None = None


class _Saying(_Strict):
    note: Words = ""
    reason: Words = ""
    # None: the territory's own.
    body_id: Number | None = None
    until: AwareDatetime | None = None
    grade: Annotated[int, Field(ge=0, le=100)] | None = None


class Acting(_Saying):
    """What goes with an act."""

    # Of the case as it was seen.
    seen_version: Version
    # The number of the case that this one says again.
    other_key: Key = ""
    amount: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] | None = None
    changes: Changes | None = None

    def said(self, other_id: int | None) -> Said:
        """Return it as the case takes it."""
        changes = self.changes.model_dump(exclude_none=True) if self.changes else {}
        return Said(
            self.note, self.reason, self.body_id, other_id, self.amount, self.until, self.grade,
            changes,
        )  # fmt: skip


class Chosen(_Strict):
    """A case that somebody chose, with the version that he saw."""

    key: Annotated[str, Field(min_length=1, max_length=LONGEST_KEY, pattern=PLAIN)]
    seen_version: Version


class ActingOnSeveral(_Saying):
    """What goes with an act on several cases."""

    cases: Annotated[list[Chosen], Field(min_length=1, max_length=MOST_TOGETHER)]

    def seen(self) -> list[Seen]:
        """Return which cases they are."""
        return [Seen(one.key, one.seen_version) for one in self.cases]

    def said(self) -> Said:
        """Return it as each case takes it."""
        return Said(
            self.note, self.reason, self.body_id, until=self.until, grade=self.grade
        )  # fmt: skip


class Speaking(_Strict):
    """Something said about a case."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_COMMENT, pattern=PLAIN)]


class Removing(_Strict):
    """Why a file is removed."""

    reason: Words


class Asking(_Strict):
    """Why somebody needs to know who reported a case."""

    reason: Words


class Following(_Strict):
    """Whether somebody is to hear of a case."""

    on: bool


Language = Literal["zh", "en"]
