"""How the map draws the incidents of a list: one by one, and in clusters that show their mix."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard.colours import Palette
from dashboard.style_parts import FONTS, Document
from layers.handling.lists import STATES, Listing

SOURCE = "cases"
# Farther in than streets, every incident stands for itself.
CLUSTERED_TO = 15
RADIUS_PX = 44
SHAPES: Mapping[Listing, str] = MappingProxyType(
    {
        Listing.OVERDUE: "square", Listing.SOON: "triangle",
        Listing.OPEN: "disc", Listing.CLOSED: "hollow",
    }
)  # fmt: skip
"""What a pin looks like: how it stands is not told by its colour alone."""
SIGNS: Mapping[Listing, str] = MappingProxyType(
    {Listing.OVERDUE: "■", Listing.SOON: "▲", Listing.OPEN: "●", Listing.CLOSED: "○"}
)
"""The same shapes, as they are written."""
# A ring shows its mix in so many parts; what there is has one at least.
PARTS = 16
# As the map draws it (map/src/rings.ts).
RING_RADIUS_PX = 36
# From this number on a ring has room to say how many of them are overdue.
ROOM_FROM = 60


def source(address: str) -> Document:
    """Return the source of a list's incidents; a cluster counts how many are in which state.

    A feature is one incident, whose ``state`` says how it stands, or ``n`` that lie close to each
    other, with the number of those in each state.
    """
    return {
        "type": "geojson",
        "data": address,
        "cluster": True,
        "clusterRadius": RADIUS_PX,
        "clusterMaxZoom": CLUSTERED_TO,
        "clusterProperties": {
            "n": ["+", ["coalesce", ["get", "n"], 1]],
            "supervised": ["+", ["get", "supervised"]],
            **{state.value: ["+", _how_many(state)] for state in STATES},
        },
    }


def _how_many(state: Listing) -> list[Any]:
    is_so = ["==", ["get", "state"], state.value]
    return ["coalesce", ["get", state.value], ["case", is_so, 1, 0]]


PATTERN = "pattern"


def pattern_colours(palette: Palette) -> dict[str, str]:
    """Return the colours of hot spots by what became of them: more is orange, less purple."""
    return {
        "emerging": palette.changes[0], "persistent": palette.changes[1],
        "fading": palette.changes[2], "cold": palette.changes[5],
    }  # fmt: skip


def pattern_source(address: str) -> Document:
    """Return the source of what was found of a pattern."""
    return {"type": "geojson", "data": address}


def pattern_layers(palette: Palette) -> list[Document]:
    """Return how areas of a pattern are drawn; what has shrunk to a point is a ring."""
    colours = pattern_colours(palette)
    colour = ["match", ["get", "state"], *(x for pair in colours.items() for x in pair),
              palette.overdue]  # fmt: skip
    is_area = ["==", ["geometry-type"], "Polygon"]
    return [
        {"id": "pattern-areas", "type": "fill", "source": PATTERN,
         "paint": {"fill-color": colour, "fill-opacity": ["case", ["has", "state"], 0.45, 0.15]}},
        {"id": "pattern-edges", "type": "line", "source": PATTERN,
         "paint": {"line-color": colour, "line-width": 2}},
        {"id": "pattern-points", "type": "circle", "source": PATTERN, "filter": ["!", is_area],
         "paint": {
             "circle-radius": 12, "circle-color": colour, "circle-opacity": 0.3,
             "circle-stroke-color": colour, "circle-stroke-width": 2,
         }},
    ]  # fmt: skip


def state_colours(palette: Palette) -> dict[Listing, str]:
    """Return the colours of how incidents stand, those of their clocks in the list."""
    return {
        Listing.OVERDUE: palette.overdue, Listing.SOON: palette.soon,
        Listing.OPEN: palette.ok, Listing.CLOSED: palette.missing,
    }  # fmt: skip


def layers(palette: Palette, *, opened: int | None) -> list[Document]:
    """Return the layers: a ring with its mix for many, a shape that says how it stands for one."""
    colours = state_colours(palette)
    is_many = ["has", "n"]
    # The area grows with the number, from where two digits have room.
    radius = ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 14, 10, 23, 60, 34]
    shares = [
        ["to-string", ["ceil", ["*", PARTS, ["/", ["get", state.value], ["get", "n"]]]]]
        for state in STATES
    ]
    commas = [piece for share in shares for piece in (",", share)][1:]
    # Named so that the map draws them itself: no picture is loaded.
    ring = ["concat", "citygrid:ring:", *commas, ":", ",".join(colours[each] for each in STATES),
            f":{palette.surface}"]  # fmt: skip

    def pins(edge: str) -> list[Any]:
        named = [
            part
            for state, shape in SHAPES.items()
            for part in (state.value, f"citygrid:pin:{shape}:{colours[state]}:{edge}")
        ]
        return ["match", ["get", "state"], *named, ""]

    overlapping = {
        "icon-allow-overlap": True, "icon-ignore-placement": True,
        "text-allow-overlap": True, "text-ignore-placement": True,
    }  # fmt: skip
    late = ["concat", "\n■ ", ["number-format", ["get", "overdue"], {}]]
    has_room = ["all", [">", ["get", "overdue"], 0], [">=", ["get", "n"], ROOM_FROM]]
    is_open = ["==", ["id"], opened if opened is not None else -1]
    return [
        {"id": "case-clusters", "type": "symbol", "source": SOURCE, "filter": is_many,
         "layout": {
             "icon-image": ring, "icon-size": ["/", radius, RING_RADIUS_PX],
             "text-field": ["format", ["number-format", ["get", "n"], {}], {},
                            ["case", has_room, late, ""],
                            {"font-scale": 0.8, "text-color": palette.overdue}],
             "text-font": list(FONTS), "text-size": 12, "text-line-height": 1,
             # The more there are, the higher they lie.
             "symbol-sort-key": ["get", "n"], "symbol-z-order": "source", **overlapping,
         },
         "paint": {"text-color": palette.text}},
        # A ring around what a leader asks about, and around clusters with such in them.
        {"id": "case-rings", "type": "circle", "source": SOURCE,
         "filter": [">", ["get", "supervised"], 0],
         "paint": {
             "circle-radius": ["case", is_many, ["+", radius, 4], is_open, 17, 12],
             "circle-color": palette.surface, "circle-opacity": 0.01,
             "circle-stroke-color": palette.overdue, "circle-stroke-width": 2,
         }},
        {"id": "cases", "type": "symbol", "source": SOURCE, "filter": ["!", is_many],
         "layout": {
             "icon-image": ["case", is_open, pins(palette.accent), pins(palette.surface)],
             "icon-size": ["case", is_open, 1.5, 1],
             "symbol-sort-key": ["case", is_open, 1, 0], "symbol-z-order": "source",
             **overlapping,
         }},
    ]  # fmt: skip
