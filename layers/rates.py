"""Rates: a number divided by what it must be seen against, each denominator with its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from gis.errors import NotFoundError
from layers.layer import Names

AREA = "area_km2"

# key → the measure it is, and its name. The area is the unit's own, not a measure.
DENOMINATORS: Mapping[str, tuple[str, Names]] = MappingProxyType(
    {
        "people": ("people", {"zh": "人", "en": "people"}),
        "households": ("households", {"zh": "户", "en": "households"}),
        "buildings": ("buildings", {"zh": "栋楼", "en": "buildings"}),
        AREA: (AREA, {"zh": "平方公里", "en": "km²"}),
    }
)


@dataclass(frozen=True)
class Rate:
    """One or several measures together, for so many of a denominator."""

    # Names of measures; several are added up.
    numerator: str | tuple[str, ...]
    # A key of DENOMINATORS, or the name of a measure.
    denominator: str
    # "for every 1,000 people"; 100 makes a percentage.
    per: float = 1.0
    names: Names = field(default_factory=dict, compare=False)

    @property
    def numerators(self) -> tuple[str, ...]:
        """The measures that are added up."""
        return (self.numerator,) if isinstance(self.numerator, str) else self.numerator

    @property
    def divisor(self) -> str:
        """The measure divided by, or AREA."""
        known = DENOMINATORS.get(self.denominator)
        return known[0] if known else self.denominator

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that is needed."""
        return (*self.numerators, *(() if self.divisor == AREA else (self.divisor,)))

    @property
    def id(self) -> str:
        """What a table calls the rate's column."""
        return f"{'+'.join(self.numerators)}/{self.denominator}*{self.per:g}"

    def of(self, counts: pd.DataFrame) -> pd.Series[float]:
        """Divide; ``counts`` has a column for each of `measures`, and AREA where that divides.

        NaN where there is nothing to divide by.
        """
        # One that is withheld is not zero.
        whole = counts[list(self.numerators)].astype(float).sum(axis=1, skipna=False)
        return divide(whole, counts[self.divisor], self.per)


def divide(
    numerator: pd.Series[float], denominator: pd.Series[float], per: float = 1.0
) -> pd.Series[float]:
    """Return the quotient, ``per`` times; NaN where the denominator is zero or missing."""
    by = denominator.astype(float)
    return numerator.astype(float) / by.where(by > 0) * per


_OLDER = tuple(f"people.age.{band}" for band in range(13, 21))
_CHILDREN = tuple(f"people.age.{band}" for band in range(3))

RATES: Mapping[str, Rate] = MappingProxyType(
    {
        "people_per_km2": Rate("people", AREA, 1, {"zh": "人口密度", "en": "People per km²"}),
        "people_per_household": Rate(
            "people", "households", 1, {"zh": "户均人口", "en": "People per household"}
        ),
        "older_share": Rate(
            _OLDER, "people", 100, {"zh": "65 岁以上人口占比", "en": "Share aged 65 and over"}
        ),
        "children_share": Rate(
            _CHILDREN, "people", 100, {"zh": "0–14 岁人口占比", "en": "Share aged 0–14"}
        ),
        "migrant_share": Rate(
            "people.residence.migrant", "people", 100,
            {"zh": "流动人口占比", "en": "Share of migrants"},
        ),
        "floor_area_per_person": Rate(
            "buildings.floor_area_m2", "people", 1,
            {"zh": "人均建筑面积", "en": "Floor area per person"},
        ),
        "incidents_per_1000_people": Rate(
            "incidents", "people", 1000, {"zh": "千人事件数", "en": "Incidents per 1,000 people"}
        ),
        "incidents_per_1000_households": Rate(
            "incidents", "households", 1000,
            {"zh": "千户事件数", "en": "Incidents per 1,000 households"},
        ),
        "open_per_1000_people": Rate(
            "incidents.status.open", "people", 1000,
            {"zh": "千人未结事件数", "en": "Open incidents per 1,000 people"},
        ),
        # Of all that was reported, not of what was due: that depends on the moment.
        "closed_share": Rate(
            "incidents.status.closed", "incidents", 100,
            {"zh": "已结占比", "en": "Share of incidents closed"},
        ),
        "facilities_per_1000_people": Rate(
            "facilities", "people", 1000,
            {"zh": "千人设施数", "en": "Facilities per 1,000 people"},
        ),
    }
)  # fmt: skip


def get(rate_id: str) -> Rate:
    """Return a named rate, or raise NotFoundError naming the ones there are."""
    try:
        return RATES[rate_id]
    except KeyError:
        known = ", ".join(RATES)
        raise NotFoundError(f"No rate is called {rate_id!r}. There are: {known}.") from None
