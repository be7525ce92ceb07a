"""What may be asked for as a job, by whom, and with which arguments; the work is in `works`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dashboard.view import View
from gis.access.posts import Right


class NoArguments(BaseModel):
    """Nothing to be said."""

    model_config = ConfigDict(extra="forbid")


class OfScenario(BaseModel):
    """Which scenario."""

    model_config = ConfigDict(extra="forbid")

    scenario: Annotated[int, Field(ge=1, le=2**31 - 1)]


class OfSites(BaseModel):
    """What a view of the coverage mode aims at, as its address says it."""

    model_config = ConfigDict(extra="forbid")

    asked: Annotated[str, Field(max_length=2_000)]

    @field_validator("asked")
    @classmethod
    def _aims(cls, asked: str) -> str:
        if not View.from_address(asked).aim:
            raise ValueError("it aims at nothing")
        return asked


class OfPlaces(BaseModel):
    """Whose places are to be shared out, as an address of the coverage mode says it.

    With the state of the data it was asked for, by which whoever asked finds his job again.
    """

    model_config = ConfigDict(extra="forbid")

    asked: Annotated[str, Field(max_length=2_000)]
    state: Annotated[str, Field(max_length=64)]


@dataclass(frozen=True)
class Kind:
    """Something that takes long."""

    # Whoever lacks it may not ask, and is not answered if he loses it meanwhile.
    right: Right
    arguments: type[BaseModel]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        # Every standard indicator of coverage, for the whole city.
        "indicators": Kind(Right.PLAN, NoArguments),
        # A scenario, answered anew and kept.
        "scenario": Kind(Right.PLAN, OfScenario),
        # All of one's own whose data changed since, and no others.
        "stale_scenarios": Kind(Right.PLAN, NoArguments),
        # Better places for new facilities than those that were found at once.
        "sites": Kind(Right.PLAN, OfSites),
        # Who finds room if places are shared out for the best of all.
        "best": Kind(Right.PLAN, OfPlaces),
    }
)
