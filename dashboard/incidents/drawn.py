"""How the map draws the incidents of a list: one by one, and in clusters that show their mix."""

from __future__ import annotations

from dashboard.colours import Palette
from dashboard.style_parts import FONTS, Document
from layers.handling.lists import Listing

SOURCE = "cases"
# Farther in than streets, every incident stands for itself.
CLUSTERED_TO = 15
RADIUS_PX = 44
STATES = (Listing.OVERDUE, Listing.SOON, Listing.OPEN, Listing.CLOSED)
"""How an incident may stand, the most pressing first: see `layers.handling.lists.pressing`."""


def source(address: str) -> Document:
    """Return the source of a list's incidents; a cluster counts how many are in which state."""
    return {
        "type": "geojson",
        "data": address,
        "cluster": True,
        "clusterRadius": RADIUS_PX,
        "clusterMaxZoom": CLUSTERED_TO,
        "clusterProperties": {
            state.value: ["+", ["case", ["==", ["get", "state"], state.value], 1, 0]]
            for state in STATES
        }
        | {"supervised": ["+", ["get", "supervised"]]},
    }


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


def layers(palette: Palette, *, opened: int | None) -> list[Document]:
    """Return the layers: a cluster's red core is the share of it that is overdue."""
    is_cluster = ["has", "point_count"]
    size = ["interpolate", ["linear"], ["sqrt", ["get", "point_count"]], 1, 11, 10, 20, 60, 34]
    late = ["sqrt", ["/", ["get", "overdue"], ["get", "point_count"]]]
    core = [
        "interpolate", ["linear"], ["sqrt", ["get", "point_count"]],
        1, ["*", 11, late], 10, ["*", 20, late], 60, ["*", 34, late],
    ]  # fmt: skip
    colour = [
        "match", ["get", "state"], "overdue", palette.overdue, "soon", palette.partly,
        "closed", palette.secondary, palette.incidents,
    ]  # fmt: skip
    is_open = ["==", ["id"], opened if opened is not None else -1]
    return [
        {"id": "case-clusters", "type": "circle", "source": SOURCE, "filter": is_cluster,
         "paint": {
             "circle-color": palette.incidents, "circle-opacity": 0.82, "circle-radius": size,
             "circle-stroke-color": palette.surface, "circle-stroke-width": 1.5,
         }},
        {"id": "case-cores", "type": "circle", "source": SOURCE,
         "filter": ["all", is_cluster, [">", ["get", "overdue"], 0]],
         "paint": {"circle-color": palette.overdue, "circle-radius": core}},
        {"id": "case-numbers", "type": "symbol", "source": SOURCE, "filter": is_cluster,
         "layout": {
             "text-field": ["to-string", ["get", "point_count"]], "text-font": list(FONTS),
             "text-size": 12, "text-allow-overlap": True, "text-ignore-placement": True,
         },
         "paint": {"text-color": palette.surface}},
        # A ring around what a leader asks about, and around clusters with such in them.
        {"id": "case-rings", "type": "circle", "source": SOURCE,
         "filter": [">", ["get", "supervised"], 0],
         "paint": {
             "circle-radius": ["case", is_cluster, ["+", size, 4], is_open, 16, 11],
             "circle-color": palette.surface, "circle-opacity": 0.01,
             "circle-stroke-color": palette.overdue, "circle-stroke-width": 2,
         }},
        {"id": "cases", "type": "circle", "source": SOURCE, "filter": ["!", is_cluster],
         "layout": {"circle-sort-key": ["case", is_open, 1, 0]},
         "paint": {
             "circle-color": colour,
             "circle-radius": ["case", is_open, 10, 6.5],
             "circle-stroke-color": ["case", is_open, palette.accent, palette.surface],
             "circle-stroke-width": ["case", is_open, 4, 1.5],
         }},
    ]  # fmt: skip
