"""The layers of the map. To add one: write its module here, then name it in LAYERS."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gis.city import City
from gis.errors import NotFoundError
from layers.catalog import boundaries
from layers.catalog.barriers import BARRIERS
from layers.catalog.buildings import BUILDINGS
from layers.catalog.estates import ESTATES
from layers.catalog.facilities import FACILITIES
from layers.catalog.green import GREEN
from layers.catalog.households import HOUSEHOLDS
from layers.catalog.incidents import INCIDENTS
from layers.catalog.land import LAND
from layers.catalog.people import PEOPLE
from layers.catalog.roads import ROADS
from layers.catalog.water import WATER
from layers.layer import Layer

# In the order of the menu.
LAYERS: Mapping[str, Layer] = MappingProxyType(
    {
        layer.id: layer
        for layer in (
            PEOPLE,
            HOUSEHOLDS,
            ESTATES,
            BUILDINGS,
            INCIDENTS,
            FACILITIES,
            ROADS,
            BARRIERS,
            LAND,
            WATER,
            GREEN,
        )
    }
)

COUNTED = tuple(layer for layer in LAYERS.values() if layer.is_counted)
"""The layers whose rows are counted for every unit."""


def of_city(city: City) -> Mapping[str, Layer]:
    """Return every layer of a city: the fixed ones and its boundaries."""
    return MappingProxyType({**LAYERS, **{layer.id: layer for layer in boundaries.of_city(city)}})


def get(layer_id: str, city: City | None = None) -> Layer:
    """Return a layer by id, or raise NotFoundError naming the ones there are.

    Boundary layers are found only when their city is given.
    """
    layers = of_city(city) if city else LAYERS
    try:
        return layers[layer_id]
    except KeyError:
        known = ", ".join(layers)
        raise NotFoundError(
            f"No layer is called {layer_id!r}. There are: {known}.",
            key="error.no_layer",
            layer=layer_id,
            known=tuple(layers),
        ) from None
