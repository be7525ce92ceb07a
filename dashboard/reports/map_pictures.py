"""The ground before and after a change, side by side: drawn from the city's own layers as SVG.

SVG rather than a plotting library: the typesetter takes it as it is, with hatching, sharp at any
size, and the same data give the same bytes. Words are not in it; those are set beside the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection, func, select

from dashboard.colours import LIGHT
from dashboard.reports.map_frame import HEIGHT_MM, WIDTH_MM, Frame, objects
from gis.city import LANGUAGES
from gis.division import stored
from gis.division.delta import Delta, Unit
from gis.tables import building, green, road, unit_version, water
from layers.handed_over import Step
from layers.impact_sheet import ImpactSheet
from layers.layer import Names

_c = unit_version.c
# Kinds of roads, widest last, with the width of the casing and of the road in it.
_STREETS: Mapping[str, tuple[float, float]] = {
    "path": (0, 0.12), "service": (0.45, 0.3), "residential": (0.7, 0.5), "tertiary": (1.1, 0.8),
    "secondary": (1.4, 1.1), "primary": (1.8, 1.4), "trunk": (2.0, 1.6), "motorway": (2.0, 1.6),
}  # fmt: skip
# Beyond this much ground houses are specks and lanes a grey veil.
_MOST_M_FOR_BUILDINGS, _MOST_M_FOR_LANES = 4_000.0, 6_000.0
_LANES = ("path", "service", "residential")
# So many names fit.
MOST_NAMES = 14
# Ways that share a picture are told apart by so many colours; any more share the last.
HATCHES = (
    LIGHT.categories[1], LIGHT.categories[0], LIGHT.categories[2], LIGHT.categories[3],
    LIGHT.categories[5],
)  # fmt: skip


@dataclass(frozen=True)
class Label:
    """Where a unit's name goes, in millimetres."""

    unit_id: int
    x_mm: float
    y_mm: float
    is_concerned: bool


@dataclass(frozen=True)
class Pictures:
    """The two maps, with what is written on them."""

    before_svg: str
    after_svg: str
    before_labels: tuple[Label, ...]
    after_labels: tuple[Label, ...]
    # The colour of what goes from one unit to another, in the order of the legend.
    hatches: Mapping[Step, str]
    # What the units drawn are called.
    names: Mapping[int, Names]
    bar_m: float
    bar_mm: float


@dataclass(frozen=True)
class _Face:
    shape: shapely.Geometry
    names: Names
    parent: int | None
    level: int


def draw(db: Connection, delta: Delta, sheet: ImpactSheet, metric_crs: str) -> Pictures | None:
    """Return the maps of a change; None where no ground has anything to do with it."""
    shown = [piece for _, piece in sheet.moved_4326] or _outlines(db, sheet)
    if not shown:
        return None
    frame = Frame.around(objects(shown), metric_crs)
    hatches = _hatches(sheet)
    base = "".join(ground(db, frame))
    today = _faces(db, sheet.zoning_id, frame)
    is_past = stored.units(db, delta.new) == delta.new
    if is_past:
        before, after = _after(today, ~delta, frame), today
    else:
        before, after = today, _after(today, delta, frame)
    moved = "".join(_moved(sheet, frame, hatches))
    concerned = {line.id for line in sheet.lines}
    return Pictures(
        _svg([base, moved, *_edges(before, before, frame)], hatches),
        _svg([base, moved, *_edges(after, before, frame)], hatches),
        _labels(before, frame, concerned),
        _labels(after, frame, concerned),
        hatches,
        {n: face.names for n, face in {**before, **after}.items()},
        *frame.bar(),
    )


def _hatches(sheet: ImpactSheet) -> dict[Step, str]:
    area_m2: dict[Step, float] = {}
    for step, piece in sheet.moved_4326:
        area_m2[step] = area_m2.get(step, 0.0) + piece.area
    ranked = sorted(area_m2, key=lambda step: -area_m2[step])
    return {step: HATCHES[min(n, len(HATCHES) - 1)] for n, step in enumerate(ranked)}


def _outlines(db: Connection, sheet: ImpactSheet) -> list[shapely.Geometry]:
    return list(stored.shapes_4326(stored.outlines(db, [n.id for n in sheet.lines])).values())


def _svg(parts: Iterable[str], hatches: Mapping[Step, str]) -> str:
    patterns = "".join(
        f'<pattern id="h{n}" width="1.5" height="1.5" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({45 if n % 2 == 0 else -45})">'
        f'<path d="M0.75 0V1.5" stroke="{colour}" stroke-width="0.42"/></pattern>'
        for n, colour in enumerate(dict.fromkeys(hatches.values()))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_MM:g} {HEIGHT_MM:g}" '
        f'width="{WIDTH_MM:g}mm" height="{HEIGHT_MM:g}mm"><defs>{patterns}</defs>'
        f'<rect width="{WIDTH_MM:g}" height="{HEIGHT_MM:g}" fill="{LIGHT.land}"/>'
        f"{''.join(parts)}</svg>"
    )


def ground(db: Connection, frame: Frame) -> Iterable[str]:
    """Yield the city's own ground: green, water, streets, buildings."""
    for table, colour in ((green, LIGHT.green), (water, LIGHT.water)):
        shapes = [shape for _, shape in _read(db, frame, table)]
        yield path(frame.drawn(objects(shapes)), f'fill="{colour}" fill-rule="evenodd"')
    streets = _read(db, frame, road)
    for part in (0, 1):
        for kind, widths in _STREETS.items():
            is_lane = kind in _LANES and frame.width_m > _MOST_M_FOR_LANES
            mine = [shape for each, shape in streets if each == kind and not is_lane]
            colour = LIGHT.street_casing if part == 0 or kind == "path" else LIGHT.street
            if mine and widths[part]:
                look = f'fill="none" stroke="{colour}" stroke-width="{widths[part]}"'
                yield path(frame.drawn(objects(mine)), f'{look} stroke-linecap="round"')
    if frame.width_m <= _MOST_M_FOR_BUILDINGS:
        houses = frame.drawn(objects(shape for _, shape in _read(db, frame, building)))
        look = f'fill="{LIGHT.building_edge}" stroke="#c3c9d3" stroke-width="0.08"'
        yield path(houses, look)


def _read(db: Connection, frame: Frame, table: Any) -> list[tuple[str, shapely.Geometry]]:  # noqa: ANN401 - a table
    box = func.ST_MakeEnvelope(*frame.bounds_4326, 4326)
    kind = table.c.use if table is building else table.c.kind
    query = (
        select(kind, func.ST_AsBinary(table.c.geom))
        .where(table.c.geom.bool_op("&&")(box))
        .order_by(table.c.id)
    )
    rows = db.execute(query).all()
    shapes = shapely.from_wkb([bytes(row[1]) for row in rows])
    return [(row[0], shape) for row, shape in zip(rows, shapes, strict=True)]


def _faces(db: Connection, zoning_id: int, frame: Frame) -> dict[int, _Face]:
    box = func.ST_MakeEnvelope(*frame.bounds_4326, 4326)
    query = select(_c.unit_id, func.ST_AsBinary(_c.geom), _c.names, _c.parent_id, _c.level).where(
        _c.zoning_id == zoning_id,
        _c.is_face,
        func.upper_inf(_c.valid),
        _c.geom.bool_op("&&")(box),
    )
    return {
        number: _Face(shapely.from_wkb(bytes(wkb)), names, parent, level)
        for number, wkb, names, parent, level in db.execute(query.order_by(_c.unit_id))
    }


def _after(before: Mapping[int, _Face], delta: Delta, frame: Frame) -> dict[int, _Face]:
    west, south, east, north = frame.bounds_4326
    box = shapely.box(west, south, east, north)
    areas = {n: unit.rings for n, unit in delta.new.items() if unit.rings is not None}
    shapes = stored.shapes_4326(areas)
    stay = {n: face for n, face in before.items() if n not in delta.old}
    drawn = {
        n: _Face(shape, _called(delta.new[n]), delta.new[n].parent, delta.new[n].level)
        for n, shape in shapes.items()
        if n in before or shape.intersects(box)
    }
    return dict(sorted({**stay, **drawn}.items()))


def _called(unit: Unit) -> Names:
    return unit.names or dict.fromkeys(LANGUAGES, unit.code or "+")


def _moved(sheet: ImpactSheet, frame: Frame, hatches: Mapping[Step, str]) -> Iterable[str]:
    numbers = {colour: n for n, colour in enumerate(dict.fromkeys(hatches.values()))}
    for colour, number in numbers.items():
        mine = [piece for step, piece in sheet.moved_4326 if hatches[step] == colour]
        shapes = frame.drawn(objects(mine))
        yield path(shapes, f'fill="{colour}" fill-opacity="0.14"')
        yield path(shapes, f'fill="url(#h{number})"')


def _edges(faces: Mapping[int, _Face], usual: Mapping[int, _Face], frame: Frame) -> Iterable[str]:
    """Yield the edges of faces, thin, and of the units they lie in, strong."""
    look = f'fill="none" stroke="{LIGHT.unit_edge}" stroke-linejoin="round"'
    areas = frame.drawn(objects(face.shape for face in faces.values()))
    yield path(areas, f'{look} stroke-width="0.22"')
    finest = max((face.level for face in usual.values()), default=0)
    above: dict[int | None, list[shapely.Geometry]] = {}
    for number, face in faces.items():
        group = face.parent if face.level >= finest else number
        above.setdefault(group, []).append(face.shape)
    unions = [shapely.coverage_union_all(objects(shapes)) for shapes in above.values()]
    outlines = frame.drawn(objects(unions))
    yield path(outlines, 'fill="none" stroke="#ffffff" stroke-opacity="0.8" stroke-width="1.1"')
    yield path(outlines, f'fill="none" stroke="{LIGHT.text}" stroke-width="0.5"')


def _labels(faces: Mapping[int, _Face], frame: Frame, concerned: set[int]) -> tuple[Label, ...]:
    """Return where names go: those of units concerned first, the others while there is room."""
    shapes = frame.drawn(objects(face.shape for face in faces.values()))
    inside = shapely.clip_by_rect(shapes, 1, 1, WIDTH_MM - 1, HEIGHT_MM - 1)
    found: list[Label] = []
    ranked = sorted(
        zip(faces, inside, strict=True), key=lambda each: (each[0] not in concerned, -each[1].area)
    )
    for number, shape in ranked:
        if shape.is_empty or len(found) == MOST_NAMES:
            continue
        largest = max(shapely.get_parts(shape), key=shapely.area)
        at = shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=0.2), 0)
        label = Label(number, round(at.x, 2), round(at.y, 2), number in concerned)
        # A name is up to 20 mm wide and 3 mm high.
        if all(abs(l.x_mm - at.x) > 20 or abs(l.y_mm - at.y) > 3.2 for l in found):  # noqa: E741
            found.append(label)
    return tuple(found)


def path(shapes: Sequence[Any] | npt.NDArray[np.object_], look: str) -> str:
    """Return shapes as one SVG path; nothing for none."""
    words: list[str] = []
    for part in shapely.get_parts(np.asarray(shapes, dtype=object)):
        if part.geom_type == "Polygon":
            rings, end = shapely.get_rings(part), "Z"
        elif part.geom_type == "LineString":
            rings, end = [part], ""
        else:
            continue
        for ring in rings:
            xy = np.round(shapely.get_coordinates(ring), 2)
            xy = xy[np.append(True, (np.diff(xy, axis=0) != 0).any(axis=1))]
            if len(xy) > 1:
                words.append("M" + " ".join(f"{x:g},{y:g}" for x, y in xy.tolist()) + end)
    return f'<path d="{"".join(words)}" {look}/>' if words else ""
