"""The large pieces of a town: what coast, rivers, hills and main roads close off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon

from importers.demo.curves import evenly, roughened
from importers.demo.field import Field
from importers.demo.land import Land, way_line
from importers.demo.plane import Coordinates, Geometries
from importers.demo.sketch import Sketch
from importers.demo.streets import Cut

# Between the sea and the first street; none in a harbour.
_PROMENADE_M = 75.0
_ROADS = ("trunk", "primary", "secondary", "tertiary")


@dataclass(frozen=True)
class Base:
    """Main lines, noded, and the pieces between them with their role."""

    lines: tuple[Cut, ...]
    pieces: tuple[Polygon, ...]
    # town, river, bank (park beside a river), shore (park beside the sea), hill
    roles: tuple[str, ...]
    is_inside: tuple[bool, ...]
    field: Field


def make_base(sketch: Sketch, land: Land, rng: np.random.Generator) -> Base:
    """Return the pieces that main lines close off, inside the district and around it."""
    cuts = _lines(sketch, land, rng)
    noded = shapely.union_all([cut.line for cut in cuts], grid_size=0.01)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    pieces = pieces[shapely.area(pieces) > 1]
    inner = shapely.point_on_surface(pieces)
    on_land = shapely.contains(land.land, inner) & shapely.contains(land.domain, inner)
    pieces, inner = pieces[on_land], inner[on_land]
    roles = _roles(land, pieces, inner)
    weights = {"coast": 1.5, "bank": 0.8, "hill": 0.5, "trunk": 1.6, "primary": 1.6}
    field = Field(
        [(cut.line, weights.get(cut.kind, 0.8)) for cut in cuts if cut.kind != "limit"],
        land.domain, partial(_twist, sketch), rng,
    )  # fmt: skip
    is_inside = shapely.area(shapely.intersection(pieces, land.border)) > 0.5 * shapely.area(pieces)
    is_inside = _without_holes(pieces, is_inside)
    return Base(tuple(cuts), tuple(pieces), tuple(roles), tuple(is_inside.tolist()), field)


def _twist(sketch: Sketch, xy: Coordinates) -> NDArray[np.float64]:
    """Return how far streets are turned: old towns are older than the roads around them."""
    turn = np.zeros(len(xy))
    for number, spot in enumerate(s for s in sketch.spots if s.use == "old_town"):
        at = np.array(sketch.metres([spot.at])[0])
        depth = 1 - np.hypot(*(xy - at).T) / (spot.radius_km * sketch.scale)
        turn += np.clip(depth * 1.6, 0, 1) * np.deg2rad(24 if number % 2 == 0 else -20)
    return turn


def _without_holes(pieces: Geometries, is_inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which pieces form the district: one part, with no piece left out in its middle."""
    parts = shapely.get_parts(shapely.union_all(pieces[is_inside], grid_size=0.01))
    whole = Polygon(parts[np.argmax(shapely.area(parts))].exterior)
    return np.asarray(shapely.contains(whole, shapely.point_on_surface(pieces)))


def _roles(land: Land, pieces: Geometries, inner: Geometries) -> list[str]:
    roles = np.full(len(pieces), "town", dtype=object)
    for stream in land.streams:
        bank = shapely.buffer(stream.water, stream.river.bank_road_m * 1.5 + 8)
        share = shapely.area(shapely.intersection(pieces, bank)) / shapely.area(pieces)
        roles[share > 0.9] = "bank"
    shore = shapely.buffer(land.coast, _PROMENADE_M + 30)
    roles[shapely.area(shapely.intersection(pieces, shore)) > 0.85 * shapely.area(pieces)] = "shore"
    roles[shapely.contains(land.hill, inner)] = "hill"
    roles[shapely.contains(land.water, inner)] = "river"
    roles[shapely.contains(land.piers, inner)] = "town"
    return [str(role) for role in roles]


def _lines(sketch: Sketch, land: Land, rng: np.random.Generator) -> list[Cut]:
    cuts = [Cut("coast", land.coast)]
    # A little inside: a road must cross the line of the hill's foot to be tied to it.
    hill = shapely.buffer(land.hill, -12)
    for stream in land.streams:
        # A little out into the sea: banks must cross the line of the coast to be tied to it.
        reach = shapely.buffer(land.land, 8)
        shore = shapely.intersection(stream.whole.exterior, reach)
        cuts += [Cut("bank", line) for line in _parts(shore)]
        middle = shapely.intersection(LineString(stream.middle), reach)
        cuts += [Cut("middle", shapely.simplify(line, 1.0)) for line in _parts(middle)]
        if stream.river.bank_road_m:
            for line in stream.beside(stream.river.bank_road_m):
                cuts += [
                    Cut("tertiary", shapely.simplify(part, 1.0))
                    for part in _parts(
                        shapely.difference(shapely.intersection(line, land.land), hill)
                    )
                ]
    cuts += [Cut("residential", line) for line in _promenade(sketch, land)]
    cuts += [Cut("hill", shapely.simplify(outline.exterior, 1.0)) for outline in land.hills]
    for way in sketch.ways:
        line = shapely.intersection(way_line(sketch.metres(way.points), rng), land.land)
        if way.ends_at == "hill":
            line = shapely.difference(line, hill)
        cuts += [Cut(way.kind, shapely.simplify(part, 0.6)) for part in _parts(line)]
    ways = shapely.union_all([cut.line for cut in cuts if cut.kind in _ROADS])
    limit = shapely.difference(land.border.exterior, shapely.buffer(ways, 60))
    cuts += [
        Cut("limit", _uneven(_extended(part, 90), rng))
        for part in _parts(shapely.intersection(limit, land.land))
        if part.length > 60
    ]
    cuts += [Cut("limit", part) for part in _parts(land.domain.exterior)]
    return cuts


def _promenade(sketch: Sketch, land: Land) -> list[LineString]:
    # Opened and closed: no street follows every rock.
    inland = shapely.buffer(shapely.buffer(land.land, -_PROMENADE_M - 120), 120)
    near = shapely.buffer(land.coast, _PROMENADE_M + 110)
    west, east = (x * sketch.scale for x in sketch.harbour)
    west_of, east_of = (
        shapely.box(-1e6, -1e6, west, 1e6), shapely.box(east, -1e6, 1e6, 1e6),
    )  # fmt: skip
    water = shapely.buffer(land.water, 4)
    line = shapely.intersection(inland.boundary, shapely.intersection(near, land.domain))
    line = shapely.difference(line, water)
    open_coast = shapely.union(west_of, east_of)
    return [
        shapely.simplify(part, 1.5)
        for part in _parts(shapely.intersection(line, open_coast))
        if part.length > 200
    ]


def _parts(geometry: shapely.Geometry) -> list[LineString]:
    parts = shapely.get_parts(shapely.line_merge(geometry))
    return [
        p for p in parts.tolist() if p.geom_type in ("LineString", "LinearRing") and p.length > 1
    ]


def _uneven(line: LineString, rng: np.random.Generator) -> LineString:
    xy = evenly(shapely.get_coordinates(line), 30)
    return shapely.simplify(LineString(roughened(xy, 14, 500, rng)), 1.0)


def _extended(line: LineString, by_m: float) -> LineString:
    xy = shapely.get_coordinates(line)
    start, end = xy[0] - xy[1], xy[-1] - xy[-2]
    return LineString([
        xy[0] + start / np.hypot(*start) * by_m, *xy, xy[-1] + end / np.hypot(*end) * by_m,
    ])  # fmt: skip
