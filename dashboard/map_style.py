"""The map's style: the city's own layers as a calm basemap, units and data over it.

A MapLibre style is a plain document. No address in it leaves this server, and it names no glyph
server: labels are drawn from the fonts at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from dashboard import basemap
from dashboard.colours import PALETTES, Palette
from dashboard.coverage.drawn import Coverage, uncovered
from dashboard.incidents import drawn as incidents
from dashboard.style_parts import Document, by_zoom, labels, state
from dashboard.view_fields import Scheme

NOTHING: Document = {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}}

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "measure": ("units",),
        "people": ("people",),
        "buildings": ("buildings", "buildings-edge", "buildings-state", "buildings-picked"),
        "incidents": ("incident-cells", "incidents"),
        "facilities": ("facility-cells", "facilities", "facility-names"),
        "basemap": basemap.LAYERS,
    }
)
"""Which layers of the style each entry of the list of layers switches."""


@dataclass(frozen=True)
class Drawn:
    """What the map draws, as far as the style depends on it."""

    scheme: Scheme
    language: str
    zoning: str
    # The level coloured; None below the last one.
    level: int | None
    # The level of the unit we are in, whose edges are the strong ones.
    outer_level: int
    # The unit we are in, whose children are named; None for the whole city.
    unit: int | None
    # Whose outside is dimmed; None for nothing.
    focus: int | None
    # A place pointed out, "facility:7".
    mark: str
    attribution: str
    # Where the worst five are told, an address of ours; empty for nowhere.
    worst: str = ""
    # Where the boundaries of another day come from; empty for today's alone.
    then: str = ""
    # How often the city changed while it was on screen: its addresses are asked anew.
    news: int = 0
    # Whether those are the units that are named, so that a mark must leave room for the name.
    worst_are_named: bool = False
    # Whether a change order is open: its own lines are drawn over today's.
    is_edited: bool = False
    # What is drawn of coverage; None in other modes.
    coverage: Coverage | None = None
    # Where the incidents of a list come from, and which of them is open.
    cases: str = ""
    case: int | None = None
    # Where what was found of a pattern comes from; empty for nowhere.
    pattern: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether the units coloured are more than one level below the one we are in."""
        return self.level is not None and self.level - self.outer_level > 1


def style(drawn: Drawn) -> Document:
    """Return the style document."""
    palette = PALETTES[drawn.scheme]
    return {
        "version": 8,
        "sources": _sources(drawn),
        "layers": [
            {"id": "land", "type": "background", "paint": {"background-color": palette.land}},
            *basemap.green(palette),
            *_measure(drawn),
            # Nobody lives on the water: it stays visible under any measure.
            *basemap.water(palette),
            *basemap.streets(palette),
            *basemap.barriers(palette),
            *_buildings(palette, is_tinted=drawn.coverage is not None),
            *_people(palette),
            *_points(palette),
            *_edges(palette, drawn),
            *(_then(palette) if drawn.then else []),
            *(drawn.coverage.layers(palette) if drawn.coverage else []),
            *(_marked(palette) if drawn.mark else []),
            *_names(palette, drawn),
            *(incidents.pattern_layers(palette) if drawn.pattern else []),
            *(incidents.layers(palette, opened=drawn.case) if drawn.cases else []),
            *(_worst(palette, drawn) if drawn.worst else []),
        ],
    }


def tiles(layer: str, **options: object) -> str:
    """Return the address of a layer's tiles."""
    query = urlencode({key: value for key, value in options.items() if value is not None})
    return f"tiles/{layer}/{{z}}/{{x}}/{{y}}" + (f"?{query}" if query else "")


def _sources(drawn: Drawn) -> Document:
    def vector(address: str, first: int, last: int) -> Document:
        return {"type": "vector", "tiles": [address], "minzoom": first, "maxzoom": last}

    news = drawn.news or None
    shown = {"zoning": drawn.zoning, "level": drawn.level or drawn.outer_level, "news": news}
    outer = {"zoning": "main", "level": drawn.outer_level, "news": news}
    names = {**shown, "language": drawn.language, "within": drawn.unit}
    sources = {
        "water": vector(tiles("water"), 0, 15),
        "green": vector(tiles("green"), 0, 15),
        "roads": vector(tiles("roads"), 6, 16),
        "barriers": vector(tiles("barriers"), 11, 16),
        "buildings": vector(tiles("buildings"), 14, 16),
        # The finest cells are those of zoom 20, 64 to a side of a tile.
        "people": vector(tiles("people"), 8, 14),
        "incidents": vector(tiles("incidents"), 8, 17),
        "facilities": vector(tiles("facilities"), 8, 17),
        "units": vector(tiles("units", **shown), 0, 16),
        "outer": vector(tiles("units", **outer), 0, 16),
        "outside": _geojson("outside", unit=drawn.focus, news=news),
    }
    # Below the last level the buildings speak for themselves.
    sources["names"] = _geojson("labels", **names) if drawn.level else NOTHING
    if drawn.mark:
        sources["mark"] = _geojson("mark", of=drawn.mark)
    if drawn.then:
        sources["then"] = {"type": "geojson", "data": drawn.then}
    if drawn.coverage:
        sources |= drawn.coverage.sources()
    if drawn.cases:
        sources[incidents.SOURCE] = incidents.source(drawn.cases)
    if drawn.pattern:
        sources[incidents.PATTERN] = incidents.pattern_source(drawn.pattern)
    if drawn.worst:
        sources["worst"] = {"type": "geojson", "data": drawn.worst}
    if drawn.attribution:
        sources["water"]["attribution"] = drawn.attribution
    return sources


def _geojson(path: str, **options: object) -> Document:
    query = urlencode({key: value for key, value in options.items() if value is not None})
    return {"type": "geojson", "data": f"{path}?{query}"}


def _by_number(size: float, counted: str = "n") -> list[Any]:
    """Return a radius whose circle's area grows with the count, alike at every zoom.

    Cells are half as wide a zoom further in and hold a quarter as much, so the same place keeps
    the same share of its cell covered. ``size`` is the radius of one at zoom 12, in pixels. From
    zoom 16 on circles grow no more: one cell would fill the screen.
    """

    def at(zoom: int) -> list[Any]:
        return ["*", ["sqrt", ["get", counted]], size * 2.0 ** (zoom - 12)]

    return ["interpolate", ["exponential", 2], ["zoom"], 8, at(8), 16, at(16)]


def _measure(drawn: Drawn) -> list[Document]:
    # The component lays the class colours on this layer, and hatching and dots right over it.
    # Near the ground the colour steps back, so that streets and buildings carry the picture; and
    # where borders are drawn, so that what is chosen and what changes hands does.
    stops = (13, 0.4, 17, 0.25) if drawn.is_edited else (13, 1, 15, 0.75, 17, 0.45)
    return [
        {"id": "units", "type": "fill", "source": "units", "source-layer": "units",
         "paint": {"fill-color": "rgba(0,0,0,0)",
                   "fill-opacity": by_zoom(*stops)}},
    ]  # fmt: skip


def _buildings(palette: Palette, *, is_tinted: bool) -> list[Document]:
    source = {"source": "buildings", "source-layer": "buildings"}
    return [
        {"id": "buildings", "type": "fill", **source,
         "paint": {"fill-color": palette.building, "fill-antialias": True,
                   "fill-opacity": by_zoom(14, 0.8, 15, 1)}},
        {"id": "buildings-edge", "type": "line", **source, "minzoom": 15,
         "paint": {"line-color": palette.building_edge, "line-width": by_zoom(15, 0.5, 18, 1)}},
        # Under what is chosen, which is seen on any colour.
        *(uncovered() if is_tinted else []),
        {"id": "buildings-state", "type": "fill", **source,
         "paint": {"fill-color": palette.accent,
                   "fill-opacity": state("selected", 0.9,
                                          state("picked", 0.75, state("hover", 0.35, 0)))}},
        {"id": "buildings-picked", "type": "line", **source,
         "paint": {"line-color": palette.text, "line-width": 2,
                   "line-opacity": state("picked", 1, 0)}},
    ]  # fmt: skip


def _people(palette: Palette) -> list[Document]:
    return [
        {"id": "people", "type": "circle", "source": "people", "source-layer": "people",
         "paint": {
             "circle-color": palette.people,
             "circle-opacity": 0.6,
             "circle-radius": _by_number(0.14),
         }},
    ]  # fmt: skip


def _edges(palette: Palette, drawn: Drawn) -> list[Document]:
    # Small units far out would be nothing but their edges.
    thin = by_zoom(10, 0.15, 13, 0.5, 15, 0.75) if drawn.is_fine else 0.75
    # Where a draft has moved a line, today's stays to be seen, as a trace.
    faint = 0.3 if drawn.is_edited else 1

    def edge(name: str, source: str, width: object, colour: object, opacity: object) -> Document:
        layer = "units" if source != "outside" else None
        return {
            "id": name,
            "type": "line",
            "source": source,
            **({"source-layer": layer} if layer else {}),
            "layout": {"line-join": "round"},
            "paint": {"line-color": colour, "line-width": width, "line-opacity": opacity},
        }

    return [
        edge("units-edge", "units", thin, palette.unit_edge, 0.7 * faint),
        edge("outer-edge", "outer", 1.5, palette.unit_edge, 0.85 * faint),
        # Everything outside the selected unit is dimmed to 40 %.
        {"id": "outside", "type": "fill", "source": "outside",
         "paint": {"fill-color": palette.land, "fill-opacity": 0.6, "fill-antialias": False}},
        edge("focus-edge", "outside", 2, palette.accent, 1),
        edge("units-hover", "units", 2, palette.text, state("hover", 0.9, 0)),
        edge("units-highlight", "units", 3, palette.accent, state("highlight", 1, 0)),
        edge("units-selected", "units", 2.5, palette.accent, state("selected", 1, 0)),
    ]  # fmt: skip


def _points(palette: Palette) -> list[Document]:
    def dots(name: str, source: str, colour: str, **paint: object) -> Document:
        return {
            "id": name,
            "type": "circle",
            "source": source,
            "source-layer": source,
            "paint": {"circle-color": colour, "circle-stroke-color": palette.surface, **paint},
        }

    is_open = ["!=", ["get", "stage"], "closed"]
    return [
        {**dots(
            "incident-cells", "incidents", palette.incidents,
            **{"circle-radius": _by_number(1.2, "open"), "circle-opacity": 0.75,
               "circle-stroke-width": 0},
         ), "filter": ["all", ["has", "open"], [">", ["get", "open"], 0]]},
        {**dots(
            "incidents", "incidents", palette.incidents,
            # What is open stands out and lies on top; what is closed is a trace of it.
            **{"circle-radius": by_zoom(13, ["case", is_open, 3, 1], 16, ["case", is_open, 5, 2],
                                         18, ["case", is_open, 8, 3]),
               "circle-opacity": ["case", is_open, 1, 0.45],
               "circle-stroke-width": ["case", is_open, 1.25, 0]},
         ), "filter": ["!", ["has", "n"]], "layout": {"circle-sort-key": ["case", is_open, 1, 0]}},
        {**dots(
            "facility-cells", "facilities", palette.facilities,
            **{"circle-radius": _by_number(0.5), "circle-opacity": 0.7, "circle-stroke-width": 0},
         ), "filter": ["has", "n"]},
        {**dots(
            "facilities", "facilities", palette.facilities,
            **{"circle-radius": by_zoom(13, 1.6, 15, 3, 18, 7),
               "circle-stroke-width": by_zoom(13, 0.4, 16, 1)},
         ), "filter": ["!", ["has", "n"]]},
        labels(palette, "facility-names", "facilities", 16, 11,
                **{"text-offset": [0, 1], "text-anchor": "top", "text-optional": True}),
    ]  # fmt: skip


def _then(palette: Palette) -> list[Document]:
    """Return the boundaries of another day over today's, and what was otherwise."""
    is_other = ["get", "changed"]
    return [
        {"id": "then-area", "type": "fill", "source": "then", "filter": is_other,
         "paint": {"fill-color": palette.people, "fill-opacity": 0.16}},
        {"id": "then-edge", "type": "line", "source": "then", "layout": {"line-join": "round"},
         "paint": {"line-color": palette.people, "line-width": ["case", is_other, 2.5, 1],
                   "line-dasharray": [3, 2]}},
    ]  # fmt: skip


def _marked(palette: Palette) -> list[Document]:
    is_point = ["==", ["geometry-type"], "Point"]
    return [
        {"id": "mark-area", "type": "fill", "source": "mark", "filter": ["!", is_point],
         "paint": {"fill-color": palette.accent, "fill-opacity": 0.18,
                   "fill-outline-color": palette.accent}},
        {"id": "mark-point", "type": "circle", "source": "mark", "filter": is_point,
         "paint": {"circle-color": "rgba(0,0,0,0)", "circle-radius": 12,
                   "circle-stroke-color": palette.accent, "circle-stroke-width": 3}},
    ]  # fmt: skip


def _worst(palette: Palette, drawn: Drawn) -> list[Document]:
    """Return the numbered marks of the worst five: a square is overdue, a disc is open."""
    late = ["has", "overdue"]
    up = 22 if drawn.worst_are_named else 0
    # Named so that the map draws them itself: no picture is loaded.
    shape = [
        "case",
        late,
        f"citygrid:square:{palette.overdue}",
        f"citygrid:disc:{palette.incidents}",
    ]
    marks = labels(
        palette, "worst", "worst", 0, 11,
        **{"text-field": ["to-string", ["get", "rank"]], "icon-image": shape,
           "icon-allow-overlap": True, "text-allow-overlap": True,
           "icon-ignore-placement": True, "text-ignore-placement": True,
           # Text counts in ems of its 11 pixels.
           "icon-offset": [0, -up], "text-offset": [0, -up / 11],
           # The first one lies on top.
           "symbol-sort-key": ["-", 0, ["get", "rank"]], "symbol-z-order": "source"},
    )  # fmt: skip
    marks["paint"] = {"text-color": palette.surface}
    return [marks]


def _names(palette: Palette, drawn: Drawn) -> list[Document]:
    along = {"symbol-placement": "line", "text-rotation-alignment": "map", "symbol-spacing": 360}
    streets = labels(palette, "street-names", "roads", 13.5, 11, **along)
    streets["filter"] = ["has", "name"]
    water = labels(palette, "water-names", "water", 11, 12)
    water["filter"] = ["has", "name"]
    first = 12.5 if drawn.is_fine else 0
    units = labels(
        palette, "unit-names", "names", first, by_zoom(9, 11, 13, 13, 17, 15),
        **{"text-max-width": 7, "symbol-sort-key": ["-", 0, ["get", "area"]], "text-padding": 6},
    )  # fmt: skip
    units["paint"].update({"text-color": palette.text, "text-halo-width": 1.6})
    return [streets, water, units]
