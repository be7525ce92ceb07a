"""Land and water in metres: coast, rivers, hills and lakes, roughened by the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from importers.demo.curves import Points, normals, roughened, spline
from importers.demo.plane import Coordinates
from importers.demo.sketch import River, Sketch


@dataclass(frozen=True)
class Stream:
    """A river: its middle, half its width at each vertex, and the water itself."""

    river: River
    middle: Coordinates
    half_width_m: Coordinates
    # As if it went on into the sea, and without the sea.
    whole: Polygon
    water: Polygon

    def beside(self, distance_m: float) -> list[LineString]:
        """Return the lines that run at a distance from both banks."""
        reach = self.half_width_m + distance_m
        area = _ribbon(self.middle, normals(self.middle) * reach[:, None])
        # The outline without the caps at both ends: two sides.
        caps = shapely.buffer(shapely.points(self.middle[[0, -1]]), reach[[0, -1]] + 15)
        return _lines(shapely.difference(area.exterior, shapely.union_all(caps)))


@dataclass(frozen=True)
class Land:
    """Where a town can stand."""

    land: Polygon
    sea: Polygon
    coast: LineString
    streams: tuple[Stream, ...]
    hills: tuple[Polygon, ...]
    lakes: tuple[Polygon, ...]
    piers: MultiPolygon
    border: Polygon
    # What streets are made for: the district and a margin around it.
    domain: Polygon

    @property
    def hill(self) -> MultiPolygon:
        """All hills as one geometry."""
        return shapely.union_all(self.hills)

    @property
    def water(self) -> MultiPolygon:
        """All rivers as one geometry, cut at the coast."""
        return shapely.union_all([s.water for s in self.streams])


def _lines(geometry: shapely.Geometry) -> list[LineString]:
    merged = shapely.line_merge(geometry)
    return [p for p in shapely.get_parts(merged).tolist() if p.geom_type == "LineString"]


def _ribbon(middle: Coordinates, push: Coordinates) -> Polygon:
    quads = shapely.polygons(
        np.stack([
            (middle + push)[:-1], (middle + push)[1:], (middle - push)[1:], (middle - push)[:-1],
        ], axis=1)
    )  # fmt: skip
    area = shapely.union_all(shapely.buffer(quads, 0.5), grid_size=0.01)
    parts = shapely.get_parts(area)
    biggest: Polygon = parts[np.argmax(shapely.area(parts))]
    # Where the pushed sides crossed in a bend, water has long since rounded the corner.
    narrow = float(np.hypot(*push.T).min())
    smooth = shapely.buffer(shapely.buffer(biggest, 40.0), -40.0 - narrow * 0.5)
    smooth = _biggest(shapely.buffer(smooth, narrow * 0.5))
    return Polygon(shapely.simplify(smooth, 0.7).exterior)


def _stream(sketch: Sketch, river: River, land: Polygon, rng: np.random.Generator) -> Stream:
    size = sketch.roughness
    middle = spline(sketch.metres(river.points), 25)
    width_m = river.width_m
    middle = roughened(middle, 24 * size, 800 * size, rng, octaves=2)
    share = np.linspace(0, 1, len(middle))
    wobble = 1 + 0.12 * np.sin(share * 37 + rng.uniform(0, 6)) * np.sin(share * 13)
    # Wide only near the mouth.
    half = (width_m[0] + (width_m[1] - width_m[0]) * share**2.2) / 2 * wobble
    whole = _ribbon(middle, normals(middle) * half[:, None])
    water = _biggest(shapely.intersection(whole, land))
    return Stream(river, middle, half, whole, water)


def _outline(points: Points, size: float, rng: np.random.Generator) -> Polygon:
    closed = spline(points, 30, closed=True)
    length = float(np.hypot(*np.diff(closed, axis=0).T).sum())
    shape = Polygon(roughened(closed, min(26 * size, length / 90), length / 7, rng))
    return shape if shape.is_valid else shapely.make_valid(shape)


def make_land(sketch: Sketch, rng: np.random.Generator) -> Land:
    """Return the land of a sketch, roughened by the generator given."""
    size = sketch.roughness
    west, south, east, north = (v * sketch.scale for v in sketch.frame)
    coast = roughened(spline(sketch.metres(sketch.coast), 30), 55 * size, 1500 * size, rng)
    land = Polygon([*coast, (east, north), (west, north)])
    if not land.is_valid:
        land = shapely.make_valid(land)
    piers = shapely.union_all([
        _rectangle(np.array(pier[:4]) * sketch.scale, pier[4]) for pier in sketch.piers
    ])  # fmt: skip
    land = _biggest(shapely.union(land, piers))
    border = Polygon(sketch.metres(sketch.border))
    streams = tuple(_stream(sketch, river, land, rng) for river in sketch.rivers)
    sea = shapely.difference(shapely.box(west, south, east, north), land)
    domain = shapely.intersection(shapely.buffer(border, sketch.margin_km * sketch.scale), land)
    shore = _coast_of(land, (west, east, north))
    return Land(
        land=land,
        sea=sea,
        coast=shore,
        streams=streams,
        hills=tuple(_outline(sketch.metres(h.outline), size, rng) for h in sketch.hills),
        lakes=tuple(_outline(sketch.metres(h.outline), size, rng) for h in sketch.lakes),
        piers=piers,
        border=border,
        domain=_biggest(domain),
    )


def _biggest(area: shapely.Geometry) -> Polygon:
    parts = shapely.get_parts(area)
    return Polygon(parts[np.argmax(shapely.area(parts))].exterior)


def _coast_of(land: Polygon, frame: tuple[float, float, float]) -> LineString:
    west, east, north = frame
    inside = shapely.box(west + 1, -1e6, east - 1, north - 1)
    parts = _lines(shapely.intersection(land.exterior, inside))
    return max(parts, key=lambda part: part.length)


def _rectangle(pier_m: Coordinates, turn_deg: float) -> Polygon:
    x, y, length, width = pier_m
    turn = np.deg2rad(turn_deg)
    u = np.array([np.cos(turn), np.sin(turn)]) * length / 2
    v = np.array([-np.sin(turn), np.cos(turn)]) * width / 2
    middle = np.array([x, y])
    return Polygon([middle + u + v, middle + u - v, middle - u - v, middle - u + v])


def way_line(points: Points, rng: np.random.Generator) -> LineString:
    """Return a main road's line: smooth, with the slight unevenness of a road that grew."""
    return LineString(roughened(spline(points, 40), 9, 900, rng, octaves=2))
