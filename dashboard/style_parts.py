"""Parts that the layers of the map's style are put together from."""

from __future__ import annotations

from typing import Any

from dashboard.colours import Palette

Document = dict[str, Any]

# The first family carries the weight: MapLibre reads it from the name.
FONTS = ("Inter Medium", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC")
# Of GeoJSON, which has no layers within.
NOT_IN_TILES = frozenset(("names", "worst", "serving", "supposed"))


def by_zoom(*stops: float | list[Any]) -> list[Any]:
    """Return a number that grows with the zoom, from stop to stop."""
    return ["interpolate", ["exponential", 1.4], ["zoom"], *stops]


def state(name: str, then: object, otherwise: object) -> list[Any]:
    """Return one value where the map has set a state of a feature, another elsewhere."""
    return ["case", ["boolean", ["feature-state", name], False], then, otherwise]


def labels(
    palette: Palette, name: str, source: str, first: float, size: object, **layout: object
) -> Document:
    """Return a layer of names, those of a source from a zoom on."""
    layer = {} if source in NOT_IN_TILES else {"source-layer": source}
    return {
        "id": name,
        "type": "symbol",
        "source": source,
        **layer,
        "minzoom": first,
        "layout": {
            "text-field": ["get", "name"],
            "text-font": list(FONTS),
            "text-size": size,
            **layout,
        },
        "paint": {
            "text-color": palette.label,
            "text-halo-color": palette.halo,
            "text-halo-width": 1.4,
        },
    }
