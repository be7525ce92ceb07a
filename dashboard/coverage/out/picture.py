"""The map of an answer as SVG: units by what they leave uncovered, facilities, uncovered homes.

Words are not in it; the sheet sets those. The same answer gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
import shapely.geometry
from sqlalchemy import func, select

from dashboard.colours import LIGHT
from dashboard.coverage import gaps, shapes
from dashboard.coverage.out import dots
from dashboard.coverage.out.content import Content
from dashboard.numerals import percent, signed
from dashboard.panels.coverage import words
from dashboard.reports.map_frame import Frame, objects
from dashboard.reports.map_pictures import ground, path
from gis.arrangement import Floats
from gis.city import Level
from gis.tables import building, unit_version

WIDTH_MM, HEIGHT_MM = 294.0, 258.0
MOST_NAMES = 60
_OUTLINE = 'fill="none" stroke-linejoin="round"'
_DOT_MM = 0.8
# What a scenario draws: colour, width and dashes, in millimetres.
LINES = {
    "path": (LIGHT.accent, 1.1, ""),
    "road": (LIGHT.overdue, 1.1, "1.6 0.8"),
    "moved": (LIGHT.facilities, 0.6, "1.2 1.2"),
}


@dataclass(frozen=True)
class Name:
    """Where a unit's name goes, in millimetres, and its share."""

    text: str
    share: str
    x_mm: float
    y_mm: float


@dataclass(frozen=True)
class Placed:
    """Where a pin stands, in millimetres."""

    text: str
    x_mm: float
    y_mm: float
    is_suggested: bool


@dataclass(frozen=True)
class Picture:
    """The map, with what is written on it."""

    svg: str
    level: Level
    names: tuple[Name, ...]
    # Parts of what a scenario draws: path, road, moved.
    parts: frozenset[str]
    # What becomes of facilities that are there no more where they stand today.
    gone: frozenset[str]
    # What would be built, over everything else.
    pins: tuple[Placed, ...]
    # Colour and words of each class.
    classes: tuple[tuple[str, str], ...]
    bar_m: float
    bar_mm: float


def draw(content: Content) -> Picture:
    """Return the map of an answer at the level of the view."""
    scene = content.scene
    level = scene.level or scene.level_of(scene.unit)
    at = content.at(level)
    named = content.named(at)
    areas = _shapes(content, [unit for unit, *_ in named])
    frame = Frame.around(
        objects(areas), scene.city.metric_crs, size_mm=(WIDTH_MM, HEIGHT_MM), margin=0.04
    )
    drawn = frame.drawn(objects(areas))
    values = _values(content)[at]
    withheld = content.is_withheld[at]
    supposed, gone = _supposed(content), dots.gone(content)
    parts = [
        *ground(scene.db, frame),
        *_coloured(drawn, values, withheld, _scale(content)),
        *_homes(content, frame),
        *_lines(supposed, frame),
        *dots.left(gone, frame),
        *dots.sites(content, frame),
    ]
    return Picture(
        _svg(parts),
        level,
        _names(
            [
                (name, _said(content, value))
                for (_, _, name, _), value in zip(named, values.tolist(), strict=True)
            ],
            drawn,
        ),
        frozenset(supposed),
        frozenset(gone),
        _pins(content, frame),
        _classes(content),
        *frame.bar(0.2),
    )


def _values(content: Content) -> Floats:
    if content.after is None:
        return content.values
    found: Floats = content.seen.people.share_uncovered - content.after.people.share_uncovered
    return found


def _said(content: Content, value: float) -> str:
    if not np.isfinite(value):
        return ""
    if content.of == gaps.MINUTES:
        return gaps.written(content.of, value)
    return percent(value) if content.after is None else signed(value, percent(abs(value)))


def _scale(content: Content) -> tuple[tuple[float, ...], tuple[str, ...]]:
    if content.after is None:
        breaks = gaps.breaks(content.of)
        return breaks, LIGHT.classes(len(breaks) + 1)
    # As on the map of the page: orange is worse, purple better.
    return gaps.CHANGES, LIGHT.changes


def _classes(content: Content) -> tuple[tuple[str, str], ...]:
    say = content.scene.say
    _, colours = _scale(content)
    if content.after is None:
        edges = gaps.edges(content.of)
        texts = [
            words.lowest(content.scene, content.of, edges),
            *(f"{low} – {high}" for low, high in pairwise(edges)),
            say("legend.and_more", n=edges[-1]),
        ]
    else:
        texts = words.changes(content.scene)
    return tuple(zip(colours, texts, strict=True))


def _shapes(content: Content, ids: list[int]) -> list[shapely.Geometry]:
    v = unit_version.c
    rows = content.scene.db.execute(
        select(v.unit_id, func.ST_AsBinary(v.geom)).where(
            v.unit_id.in_(ids), func.upper_inf(v.valid)
        )
    )
    found = {unit: shapely.from_wkb(bytes(wkb)) for unit, wkb in rows}
    return [found[unit] for unit in ids]


def _coloured(
    drawn: np.ndarray,
    values: Floats,
    withheld: np.ndarray,
    scale: tuple[tuple[float, ...], tuple[str, ...]],
) -> Iterable[str]:
    breaks, colours = scale
    known = np.isfinite(values)
    classes = np.searchsorted(breaks, np.nan_to_num(values), side="right")
    for number, colour in enumerate(colours):
        mine = drawn[known & (classes == number)]
        yield path(mine, f'fill="{colour}" fill-opacity="0.72" fill-rule="evenodd"')
    yield path(drawn[~known & ~withheld], 'fill="url(#missing)"')
    yield path(drawn[withheld], 'fill="url(#withheld)"')
    yield path(drawn, f'{_OUTLINE} stroke="#ffffff" stroke-opacity="0.8" stroke-width="0.7"')
    yield path(drawn, f'{_OUTLINE} stroke="{LIGHT.unit_edge}" stroke-width="0.28"')


def _homes(content: Content, frame: Frame) -> Iterable[str]:
    """Yield dots for homes that are not reached, palest where only some doors are."""
    seen, homes = content.after or content.seen, content.homes
    share = homes.share(seen.found.reach.is_reached)
    at = np.flatnonzero((share < 1) & homes.is_home)
    rows = content.scene.db.execute(
        select(building.c.id, func.ST_X(building.c.centre), func.ST_Y(building.c.centre))
        .where(building.c.id.in_(homes.ids[at].tolist()))
        .order_by(building.c.id)
    ).all()
    points = frame.drawn(objects(shapely.Point(lon, lat) for _, lon, lat in rows))
    for is_part, colour in ((True, LIGHT.partly), (False, LIGHT.overdue)):
        words = [
            f"M{p.x - _DOT_MM / 2:.2f},{p.y:.2f}h{_DOT_MM}"
            for p, one in zip(points, share[at], strict=True)
            if not p.is_empty and bool(one > 0) is is_part
        ]
        if words:
            yield (
                f'<path d="{"".join(words)}" stroke="{colour}" stroke-width="{_DOT_MM}" '
                'stroke-opacity="0.85"/>'
            )


def _supposed(content: Content) -> dict[str, list[shapely.Geometry]]:
    """Return what a scenario draws, by part; in degrees."""
    found: dict[str, list[shapely.Geometry]] = {}
    if content.scenario is not None:
        for each in shapes.changed(content.scene.db, content.scenario.changes):
            part = each["properties"]["part"]
            if part in LINES:
                found.setdefault(part, []).append(shapely.geometry.shape(each["geometry"]))
    return found


def _lines(supposed: dict[str, list[shapely.Geometry]], frame: Frame) -> Iterable[str]:
    for part, lines in supposed.items():
        drawn, (colour, width_mm, dashes) = frame.drawn(objects(lines)), LINES[part]
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield path(drawn, f'{_OUTLINE} stroke="#ffffff" stroke-width="{width_mm + 0.8:g}"')
        yield path(drawn, f'{_OUTLINE} stroke="{colour}" stroke-width="{width_mm:g}"{dashed}')


def _pins(content: Content, frame: Frame) -> tuple[Placed, ...]:
    pins = content.pins
    points = frame.drawn(objects(shapely.Point(pin.lon, pin.lat) for pin in pins))
    return tuple(
        Placed(pin.text, float(point.x), float(point.y), pin.is_suggested)
        for pin, point in zip(pins, points, strict=True)
        if not point.is_empty
    )


def _names(said: list[tuple[str, str]], drawn: np.ndarray) -> tuple[Name, ...]:
    """Return where names go: those of the largest units, while there is room."""
    found: list[Name] = []
    inside = shapely.clip_by_rect(drawn, 1, 1, WIDTH_MM - 1, HEIGHT_MM - 1)
    for k in np.argsort([-shape.area for shape in inside], kind="stable").tolist():
        if inside[k].is_empty or len(found) == MOST_NAMES:
            continue
        largest = max(shapely.get_parts(inside[k]), key=shapely.area)
        at = shapely.get_point(shapely.maximum_inscribed_circle(largest, tolerance=0.3), 0)
        # A name is up to 24 mm wide, and has its share below it.
        if all(abs(n.x_mm - at.x) > 24 or abs(n.y_mm - at.y) > 7 for n in found):
            found.append(Name(said[k][0], said[k][1], round(at.x, 2), round(at.y, 2)))
    return tuple(found)


def _svg(parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_MM:g} {HEIGHT_MM:g}" '
        f'width="{WIDTH_MM:g}mm" height="{HEIGHT_MM:g}mm"><defs>'
        '<pattern id="missing" width="1.6" height="1.6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0.8 0V1.6" stroke="{LIGHT.missing}" '
        'stroke-width="0.3"/></pattern>'
        '<pattern id="withheld" width="1.6" height="1.6" patternUnits="userSpaceOnUse">'
        f'<circle cx="0.8" cy="0.8" r="0.25" fill="{LIGHT.missing}"/></pattern></defs>'
        f'<rect width="{WIDTH_MM:g}" height="{HEIGHT_MM:g}" fill="{LIGHT.land}"/>'
        f"{''.join(parts)}</svg>"
    )
