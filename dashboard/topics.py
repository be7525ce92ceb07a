"""What the page can measure: each topic's stored number, its parts, what may divide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection

from dashboard.view_fields import Per
from layers.catalog import LAYERS
from layers.layer import Dimension, Layer, Names
from layers.measures import name_of
from layers.measures import part_names as counted_parts


@dataclass(frozen=True)
class Topic:
    """One entry of the list of measures."""

    layer_id: str
    # The layer's dimensions whose parts may be chosen.
    dimensions: tuple[str, ...] = ()
    per: tuple[Per, ...] = ()
    # Key of the unit of measure in the catalogue.
    measured_in: str = ""
    # A summed column instead of the number of rows.
    weight: str = ""
    # A part that is always meant ("status", "open").
    only: tuple[str, str] | None = None
    # Depends on the moment, so it is counted when asked.
    is_live: bool = False

    @property
    def layer(self) -> Layer:
        """The layer it counts."""
        return LAYERS[self.layer_id]

    def name(self, part: str = "") -> str:
        """Return the name of the stored measure, of all or of a part ("dimension:key")."""
        dimension, key = part.split(":", 1) if part else self.only or ("total", "")
        return name_of(self.layer, dimension, key, self.weight or self.layer.weight)


TOPICS: Mapping[str, Topic] = MappingProxyType(
    {
        "people": Topic("people", ("age", "sex", "residence"), ("area_km2",), "unit.people"),
        "households": Topic("households", ("tenure",), ("area_km2",), "unit.households"),
        "buildings": Topic("buildings", ("use",), ("area_km2",), "unit.buildings"),
        "floor_area": Topic(
            "buildings", ("use",), ("area_km2", "people"), "unit.m2", weight="floor_area_m2"
        ),
        "incidents": Topic(
            "incidents", ("big",), ("people", "households", "area_km2"), "unit.incidents"
        ),
        "open": Topic(
            "incidents", (), ("people", "households", "area_km2"), "unit.incidents",
            only=("status", "open"),
        ),
        "overdue": Topic(
            "incidents", (), ("people", "households", "area_km2"), "unit.incidents", is_live=True
        ),
        "facilities": Topic("facilities", ("kind",), ("people", "area_km2"), "unit.facilities"),
    }
)  # fmt: skip


def dimensions(topic: Topic) -> tuple[Dimension, ...]:
    """Return the dimensions whose parts a topic offers."""
    return tuple(d for d in topic.layer.dimensions if d.key in topic.dimensions)


def part_names(db: Connection, measure: str) -> dict[str, Names]:
    """Return the parts that a measure offers, as "dimension:key", with their names."""
    topic = TOPICS[measure]
    return {
        f"{dimension.key}:{key}": names
        for dimension in dimensions(topic)
        for key, names in counted_parts(db, topic.layer, dimension).items()
    }
