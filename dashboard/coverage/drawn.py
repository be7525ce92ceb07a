"""How the map draws coverage: who serves, how far, whose ground it is, the way to a house."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.colours import Palette
from dashboard.coverage.shapes import CLOSED, MOVED
from dashboard.style_parts import FONTS, Document, by_zoom, labels

# What is there no more as is supposed.
PALE = 0.55


@dataclass(frozen=True)
class Coverage:
    """Where that comes from, addresses of ours; empty for what is not drawn."""

    # The facilities that are asked about.
    serving: str
    # The outline of what they reach.
    outline: str = ""
    # The areas in which each is the nearest.
    areas: str = ""
    # The way from the nearest of them to a house.
    way: str = ""
    # Paths, closed roads and moved facilities that are supposed.
    supposed: str = ""
    # Whether new facilities are sought on public land, which is then drawn.
    is_on_land: bool = False

    def sources(self) -> Document:
        """Return the sources of the style."""
        told = {"serving": self.serving, "outline": self.outline, "areas": self.areas,
                "way": self.way, "supposed": self.supposed}  # fmt: skip
        found: Document = {
            name: {"type": "geojson", "data": address} for name, address in told.items() if address
        }
        if self.is_on_land:
            found["land"] = {"type": "vector", "tiles": ["tiles/land/{z}/{x}/{y}"], "minzoom": 11,
                             "maxzoom": 16}  # fmt: skip
        return found

    def layers(self, palette: Palette) -> list[Document]:
        """Return what is drawn over the units, the facilities uppermost."""
        return [
            *(_outline(palette) if self.outline else []),
            *(_areas(palette) if self.areas else []),
            *(_way(palette) if self.way else []),
            *(_land(palette) if self.is_on_land else []),
            *_serving(palette, are_named=bool(self.areas)),
            *(_supposed(palette) if self.supposed else []),
        ]


def uncovered() -> list[Document]:
    """Return the buildings that nobody reaches; the map lays their colour on as a state."""
    return [
        {"id": "uncovered", "type": "fill", "source": "buildings", "source-layer": "buildings",
         "paint": {
             "fill-color": ["to-color", ["feature-state", "colour"], "rgba(0,0,0,0)"],
             "fill-opacity": by_zoom(14, 0.7, 16, 0.9),
         }},
    ]  # fmt: skip


def _outline(palette: Palette) -> list[Document]:
    """Return how far one gets, over the units, so faint that they are seen through it."""
    return [
        {"id": "outline-area", "type": "fill", "source": "outline",
         "paint": {"fill-color": palette.facilities, "fill-opacity": 0.12}},
        {"id": "outline-edge", "type": "line", "source": "outline",
         "layout": {"line-join": "round"},
         "paint": {"line-color": palette.facilities, "line-width": 1.25, "line-opacity": 0.8}},
    ]  # fmt: skip


def _areas(palette: Palette) -> list[Document]:
    """Return the borders between the areas of the facilities; the names stand at these."""
    return [
        {"id": f"areas-{name}", "type": "line", "source": "areas",
         "layout": {"line-join": "round"},
         "paint": {"line-color": colour, "line-width": width}}
        for name, colour, width in (
            ("casing", palette.surface, 4), ("edge", palette.facilities, 1.75),
        )
    ]  # fmt: skip


def _way(palette: Palette) -> list[Document]:
    """Return the way from the nearest facility to a house, and what is missing on it."""

    def line(part: str, colour: str, width: float, **paint: object) -> Document:
        return {
            "id": f"way-{part}", "type": "line", "source": "way",
            "filter": ["==", ["get", "part"], part],
            "layout": {"line-cap": "round", "line-join": "round"},
            "paint": {"line-color": colour, "line-width": width, **paint},
        }  # fmt: skip

    return [
        {
            **line("way", palette.surface, 8),
            "id": "way-casing",
            "filter": ["in", ["get", "part"], ["literal", ["way", "beyond"]]],
        },
        line("straight", palette.secondary, 1.5, **{"line-dasharray": [2, 3]}),
        line("way", palette.facilities, 4),
        line("beyond", palette.incidents, 4),
        line("link", palette.accent, 4, **{"line-dasharray": [1, 1.5]}),
    ]


def _land(palette: Palette) -> list[Document]:
    """Return the plots of public land, named close up."""
    ring = {"circle-color": palette.surface, "circle-stroke-color": palette.people,
            "circle-radius": by_zoom(11, 2.5, 15, 5), "circle-stroke-width": 2}  # fmt: skip
    below = {"text-offset": [0, 1], "text-anchor": "top", "text-optional": True}
    names = labels(palette, "plot-names", "land", 14, 11, **below)
    return [
        {"id": "plots", "type": "circle", "source": "land", "source-layer": "land", "paint": ring},
        names,
    ]


def _supposed(palette: Palette) -> list[Document]:
    """Return what is supposed of streets, and where facilities are moved to: a ring, from a dot."""

    def part(*names: str) -> list[object]:
        return ["in", ["get", "part"], ["literal", list(names)]]

    def line(
        name: str, parts: tuple[str, ...], colour: str, width: float, **more: object
    ) -> Document:
        return {
            "id": f"supposed-{name}", "type": "line", "source": "supposed", "filter": part(*parts),
            "layout": {"line-join": "round"},
            "paint": {"line-color": colour, "line-width": width, **more},
        }  # fmt: skip

    return [
        line("casing", ("path", "road", "drawing"), palette.surface, 7),
        line("path", ("path",), palette.accent, 4),
        line("drawing", ("drawing",), palette.accent, 3, **{"line-dasharray": [2, 1]}),
        line("road", ("road",), palette.overdue, 4, **{"line-dasharray": [1, 0.5]}),
        line("moved", ("moved",), palette.facilities, 2, **{"line-dasharray": [2, 2]}),
        {"id": "supposed-places", "type": "circle", "source": "supposed",
         "filter": part("place", "corner", "against"),
         "paint": {
             "circle-color": palette.surface,
             "circle-stroke-color": [
                 "case", part("place"), palette.facilities, palette.accent,
             ],
             "circle-radius": by_zoom(10, 3.5, 13, 5, 16, 7),
             "circle-stroke-width": 3,
         }},
        labels(palette, "supposed-names", "supposed", 12, 11,
                **{"text-offset": [0, 1], "text-anchor": "top", "text-optional": True}),
    ]  # fmt: skip


def _serving(palette: Palette, *, are_named: bool) -> list[Document]:
    """Return the facilities that coverage is asked about; those planned are rings.

    Where one stands that is closed or moved as is supposed there is a pale ring, struck through
    where it is closed. The name of one that is moved stands where it is moved to.
    """
    # Whose an area is has to be seen from afar.
    first = 10 if are_named else 14.5
    is_open = ["==", ["get", "state"], "open"]
    is_closed = ["==", ["get", "state"], CLOSED]
    is_gone = ["in", ["get", "state"], ["literal", [CLOSED, MOVED]]]
    below = {"text-offset": [0, 1], "text-anchor": "top", "text-optional": True}
    names = labels(palette, "serving-names", "serving", first, 11, **below)
    return [
        {"id": "serving", "type": "circle", "source": "serving",
         "paint": {
             "circle-color": ["case", is_open, palette.facilities, palette.surface],
             "circle-stroke-color": ["case", is_open, palette.surface, palette.facilities],
             "circle-radius": by_zoom(10, 2.5, 13, 4, 16, 7),
             "circle-stroke-width": by_zoom(10, 0.75, 14, 1.5),
             "circle-opacity": ["case", is_gone, PALE, 1],
             "circle-stroke-opacity": ["case", is_gone, PALE, 1],
         }},
        {"id": "serving-closed", "type": "symbol", "source": "serving", "filter": is_closed,
         "layout": {
             "text-field": "×", "text-font": list(FONTS), "text-size": by_zoom(10, 14, 16, 28),
             # A cross that gave way to a name would leave what is closed as what is moved.
             "text-allow-overlap": True, "text-ignore-placement": True,
         },
         "paint": {
             "text-color": palette.overdue,
             "text-halo-color": palette.halo, "text-halo-width": 1,
         }},
        {
            **names,
            "filter": ["!=", ["get", "state"], MOVED],
            "paint": {**names["paint"], "text-opacity": ["case", is_closed, PALE, 1]},
        },
    ]  # fmt: skip
