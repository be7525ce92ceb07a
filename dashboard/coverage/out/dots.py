"""The facilities on the map of an answer as SVG: there, supposed, moved away, closed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle

import numpy as np
import shapely
from pyproj import Transformer

from dashboard.colours import LIGHT
from dashboard.coverage import shapes
from dashboard.coverage.out.content import Content
from dashboard.reports.map_frame import Frame, objects
from gis.arrangement import Floats
from gis.tables import STORED_CRS

_SITE_MM = 1.4
# Of what is there no more: how much of it is seen, and the arm of the cross through it.
_PALE, _CROSS_MM = 0.55, 1.6
# Nearer than this it is the same place.
_SAME_M = 0.5


def sites(content: Content, frame: Frame) -> Iterable[str]:
    """Yield the facilities that serve, as a scenario has it, and what is not built here."""
    there = (content.after or content.seen).found.facilities
    # What a scenario opens stands out.
    new, old = (LIGHT.incidents, "#ffffff"), (LIGHT.facilities, "#ffffff")
    looks = [new if number < 0 else old for number in there.ids.tolist()]
    # What is not built here, under what is.
    yield from _dots(content, frame, against_only(content), [("#ffffff", LIGHT.incidents)])
    yield from _dots(content, frame, there.points_m, looks)


def against_only(content: Content) -> Floats:
    """Return where only the scenario opens something that another one is compared with.

    In metres; each scenario numbers what it opens by itself, so that places tell them apart.
    """
    other = content.seen.found.facilities
    opened = other.points_m[other.ids < 0]
    if content.after is None or not len(opened):
        return opened[:0]
    there = content.after.found.facilities
    mine = there.points_m[there.ids < 0]
    gaps_m = np.hypot(*(opened[:, None, :] - mine[None, :, :]).transpose(2, 0, 1))
    found: Floats = opened[gaps_m.min(axis=1, initial=np.inf) > _SAME_M]
    return found


def _dots(
    content: Content, frame: Frame, points_m: Floats, looks: list[tuple[str, str]]
) -> Iterable[str]:
    """Yield circles: each with its fill and its edge, or all with those of the only one."""
    if not len(points_m):
        return
    back = Transformer.from_crs(content.scene.city.metric_crs, STORED_CRS, always_xy=True)
    points = frame.drawn(shapely.points(np.column_stack(back.transform(*points_m.T))))
    for (fill, edge), point in zip(cycle(looks), points, strict=False):
        if not point.is_empty:
            yield (
                f'<circle cx="{point.x:.2f}" cy="{point.y:.2f}" r="{_SITE_MM}" fill="{fill}" '
                f'stroke="{edge}" stroke-width="0.4"/>'
            )


def gone(content: Content) -> dict[str, list[shapely.Geometry]]:
    """Return where facilities stand that a scenario closes or moves; in degrees."""
    if content.scenario is None:
        return {}
    found = shapes.places_gone(content.scene.db, content.asked, content.scenario.changes)
    return {what: [shapely.Point(place) for place in places] for what, places in found.items()}


def left(stood: dict[str, list[shapely.Geometry]], frame: Frame) -> Iterable[str]:
    """Yield pale rings, those of what is closed struck through."""
    for what, places in stood.items():
        for point in frame.drawn(objects(places)):
            if point.is_empty:
                continue
            yield (
                f'<circle cx="{point.x:.2f}" cy="{point.y:.2f}" r="{_SITE_MM}" fill="#ffffff" '
                f'stroke="{LIGHT.facilities}" stroke-width="0.5" opacity="{_PALE}"/>'
            )
            if what == shapes.CLOSED:
                x, y, arm = point.x - _CROSS_MM, point.y - _CROSS_MM, 2 * _CROSS_MM
                yield (
                    f'<path d="M{x:.2f},{y:.2f}l{arm},{arm}m0,{-arm}l{-arm},{arm}" '
                    f'stroke="{LIGHT.overdue}" stroke-width="0.5" fill="none"/>'
                )
