"""What may be asked for as a job, by whom, and with which arguments; the work is in `works`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gis.access.posts import Right


class NoArguments(BaseModel):
    """Nothing to be said."""

    model_config = ConfigDict(extra="forbid")


class OfScenario(BaseModel):
    """Which scenario."""

    model_config = ConfigDict(extra="forbid")

    scenario: Annotated[int, Field(ge=1, le=2**31 - 1)]


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
    }
)
