"""Boundaries: each level of each zoning is a layer of its own."""

from gis.city import City, Level, Zoning
from gis.tables import unit_version as table
from layers.layer import Aggregate, Field, Layer

FIELDS = (
    Field("code", {"zh": "编码", "en": "Code"}, required=True, on_map=True),
    Field("names", {"zh": "名称", "en": "Name"}, required=True, on_map=True),
    Field("kind", {"zh": "类型", "en": "Kind"}, on_map=True),
    Field("area_m2", {"zh": "面积", "en": "Area"}, Aggregate.SUM, measured_in="m²"),
)


def of(zoning: Zoning, level: Level) -> Layer:
    """Return the layer of one level of a zoning."""
    return Layer(
        id=f"units:{zoning.key}:{level.key}",
        names=level.names,
        table=table,
        fields=FIELDS,
        is_counted=False,
        zoning=zoning.key,
        level=level.number,
    )


def of_city(city: City) -> tuple[Layer, ...]:
    """Return a city's boundary layers: zoning by zoning, widest level first."""
    return tuple(of(zoning, level) for zoning in city.zonings for level in zoning.levels)
