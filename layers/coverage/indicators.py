"""The standard indicators: which facility within which circle of daily life.

Source: GB 50180-2018 (城市居住区规划设计标准), its circles of 15, 10 and 5 minutes on foot and the
service radii that go with them (1,000, 500 and 300 m); metro, hospital and fire station as planning
reports ask for them. Of minutes and metres the tighter one binds along the streets, and the metres
are the straight line of the official figure. Of the fire service's five minutes one passes before
it sets out (`layers.coverage.settings`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from layers.coverage.reach import Question
from layers.coverage.streets import Mode

# From which share of its people on a unit has a facility, and below which it has none. Ours: the
# standard asks for all of them.
SERVED, MISSING = 0.9, 0.5

# The metres that go with the minutes of a circle.
CIRCLES: Mapping[int, int] = MappingProxyType({5: 300, 10: 500, 15: 1000})


def _on_foot(*kinds: str, minutes: float | None = None, metres: float) -> Question:
    return Question(kinds, minutes, metres)


INDICATORS: Mapping[str, Question] = MappingProxyType(
    {
        "health_centre": _on_foot("health_centre", minutes=15, metres=1000),
        "primary_school": _on_foot("primary_school", minutes=10, metres=500),
        "middle_school": _on_foot("middle_school", minutes=15, metres=1000),
        "kindergarten": _on_foot("kindergarten", minutes=5, metres=300),
        "elderly_care": _on_foot("elderly_care", minutes=5, metres=300),
        "culture": _on_foot("culture", "library", minutes=15, metres=1000),
        "sport": _on_foot("sport", minutes=15, metres=1000),
        "food_market": _on_foot("food_market", minutes=10, metres=500),
        "park": _on_foot("park", metres=500),
        "metro": _on_foot("metro", metres=800),
        "bus_stop": _on_foot("bus_stop", metres=500),
        "hospital": _on_foot("hospital", metres=2000),
        "emergency_shelter": _on_foot("emergency_shelter", metres=500),
        "fire_station": Question(("fire_station",), minutes=5, mode=Mode.DRIVE),
    }
)
