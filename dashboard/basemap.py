"""The ground that units and data lie on: green, water, streets, and what stands in their way."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard.colours import Palette
from dashboard.style_parts import Document, by_zoom

# Road classes from the least to the greatest: first zoom shown, and width in pixels by zoom.
STREETS: Mapping[str, tuple[float, tuple[str, ...], tuple[float, ...]]] = MappingProxyType(
    {
        "paths": (15.5, ("path", "service"), (15, 0.6, 18, 3)),
        "local": (13, ("residential", "unclassified"), (13, 0.5, 14, 1.2, 16, 4, 18, 12)),
        "middle": (11, ("tertiary", "secondary"), (11, 0.4, 13, 1.2, 14, 2.4, 16, 7, 18, 20)),
        "main": (8, ("primary", "trunk", "motorway"), (8, 0.4, 11, 1, 13, 2.2, 16, 10, 18, 26)),
    }
)

CASED_FROM_ZOOM = 13.5

LAYERS = ("green", "water", "water-edge", *(f"{k}-{p}" for p in ("casing", "street")
           for k in STREETS), "railway", "railway-ties", "bridges", "walls", "gates",
           "street-names", "water-names")  # fmt: skip
"""What it is made of, but for the land under all."""


def green(palette: Palette) -> list[Document]:
    """Return parks and woods."""
    return [
        {"id": "green", "type": "fill", "source": "green", "source-layer": "green",
         "paint": {"fill-color": palette.green, "fill-antialias": False}},
    ]  # fmt: skip


def water(palette: Palette) -> list[Document]:
    """Return rivers and lakes."""
    return [
        {"id": "water", "type": "fill", "source": "water", "source-layer": "water",
         "paint": {"fill-color": palette.water}},
        {"id": "water-edge", "type": "line", "source": "water", "source-layer": "water",
         "minzoom": 12, "paint": {"line-color": palette.water_edge, "line-width": 0.75}},
    ]  # fmt: skip


def streets(palette: Palette) -> list[Document]:
    """Return the streets, the greatest last, over the edges of all."""

    def line(name: str, part: str, colour: str, widths: list[Any]) -> Document:
        first, kinds, _ = STREETS[name]
        return {
            "id": f"{name}-{part}",
            "type": "line",
            "source": "roads",
            "source-layer": "roads",
            "minzoom": first,
            "filter": ["in", ["get", "kind"], ["literal", list(kinds)]],
            "layout": {"line-cap": "round", "line-join": "round"},
            "paint": {"line-color": colour, "line-width": widths},
        }

    casings, streets = [], []
    for name, (_, _, widths) in STREETS.items():
        wider = [w + 1.5 if i % 2 else w for i, w in enumerate(widths)]
        casing = line(name, "casing", palette.street_casing, by_zoom(*wider))
        # Far out two lines for one street are only noise.
        casing["minzoom"] = max(casing["minzoom"], CASED_FROM_ZOOM)
        casings.append(casing)
        streets.append(line(name, "street", palette.street, by_zoom(*widths)))
    return [*casings, *streets]


def barriers(palette: Palette) -> list[Document]:
    """Return what streets do not lead through, the bridges over it, and the gates in it.

    A river is seen as water, and needs no line.
    """

    def line(name: str, colour: str, widths: list[Any], source: str = "barriers") -> Document:
        return {"id": name, "type": "line", "source": source, "source-layer": source,
                "layout": {"line-join": "round"},
                "paint": {"line-color": colour, "line-width": widths}}  # fmt: skip

    railway, wall = (["==", ["get", "kind"], kind] for kind in ("railway", "wall"))
    ties = line("railway-ties", palette.street, by_zoom(11, 0.4, 14, 1.2, 18, 4))
    ties["paint"]["line-dasharray"] = [3, 3]
    _, _, widths = STREETS["main"]
    return [
        {**line("railway", palette.unit_edge, by_zoom(11, 1, 14, 2.5, 18, 6)), "filter": railway},
        {**ties, "filter": railway, "minzoom": 12.5},
        # Over the railway, as one drives.
        {**line("bridges", palette.street, by_zoom(*widths), "roads"), "minzoom": 13,
         "filter": ["all", ["==", ["get", "passes"], True],
                    ["in", ["get", "kind"], ["literal", list(STREETS["main"][1])]]]},
        {**line("walls", palette.buildings, by_zoom(15, 1.25, 18, 3)), "filter": wall,
         "minzoom": 15},
        # Seen whether or not facilities are shown: without it a wall tells only half.
        {"id": "gates", "type": "circle", "source": "facilities", "source-layer": "facilities",
         "minzoom": 14, "filter": ["==", ["get", "kind"], "gate"],
         "paint": {"circle-color": palette.surface, "circle-stroke-color": palette.buildings,
                   "circle-radius": by_zoom(14, 2, 18, 6),
                   "circle-stroke-width": by_zoom(14, 1, 18, 2.5)}},
    ]  # fmt: skip
