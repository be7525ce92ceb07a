"""What the map shows of the coverage mode: who serves, houses not reached, sites that are tried."""

from __future__ import annotations

from typing import Any

import shapely

from dashboard.colours import PALETTES
from dashboard.coverage import tried
from dashboard.coverage.desk import Desk
from dashboard.coverage.drawn import Coverage
from dashboard.coverage.question import address
from dashboard.coverage.routes import PARTLY, UNCOVERED
from dashboard.coverage.supposed import OF_WAYS, SUPPOSED
from dashboard.coverage.wishes import kind
from dashboard.scene import Scene, newest
from gis.errors import CityGridError
from layers.coverage.candidates import Kind

Props = dict[str, Any]
# What is drawn of what is supposed, and of a path that is not ended.
SHAPES = ("moved", "paths", "roads", "corners")
# How much of a way's width and height is seen on each side of it.
AROUND_WAY = 0.15


def drawn(scene: Scene) -> Coverage:
    """Return where what is drawn of coverage comes from."""
    view = scene.view
    outline = f"coverage/outline{address(view)}" if view.drawn == "outline" else ""
    areas = f"coverage/areas{address(view, 'scenario', *SUPPOSED)}" if view.drawn == "areas" else ""
    way = f"coverage/way{address(view, 'building')}" if view.building is not None else ""
    is_shaped = view.scenario is not None or any(getattr(view, name) for name in SHAPES)
    supposed = (
        f"coverage/supposed{address(view, 'scenario', 'against', *SHAPES)}" if is_shaped else ""
    )
    # Those closed and moved are drawn as such.
    there = address(view, "scenario", "closed", "moved")
    shown = [f"coverage/facilities{there}", outline, areas, way, supposed]
    serving, outline, areas, way, supposed = (
        newest(scene, asked) if asked else "" for asked in shown
    )
    return Coverage(
        serving,
        outline,
        areas,
        way,
        supposed,
        is_on_land=bool(view.aim) and kind(view.source) is Kind.LAND,
    )


def tint(scene: Scene) -> Props:
    """Return the colours of buildings that are not reached, wholly or in part."""
    view = scene.view
    palette = PALETTES[view.scheme]
    return {
        "url": newest(scene, f"coverage/buildings{address(view, 'tried', 'unit', *OF_WAYS)}"),
        "source": "buildings",
        "sourceLayer": "buildings",
        "classes": {
            "breaks": [PARTLY, UNCOVERED],
            "colours": [palette.accent, palette.partly, palette.incidents],
        },
    }


def sites(scene: Scene, desk: Desk) -> Props:
    """Return where facilities are tried, and where others are suggested."""
    view = scene.view
    try:
        found = desk.suggested(scene).places if view.aim else ()
    except CityGridError:
        # The panel says what does not go together; the map is for everything else, too.
        found = ()
    return {
        "marks": [
            {
                "lngLat": list(place),
                "label": tried.letter(number),
                "title": scene.say("cover.try_site", site=tried.letter(number)),
            }
            for number, place in enumerate(tried.places(view))
        ]
        + [
            {
                "lngLat": list(place),
                "label": str(number),
                "title": scene.say("cover.suggested_site", n=number),
                "isFixed": True,
            }
            for number, place in enumerate(found, 1)
        ],
        "asks": view.trying or bool(view.supposing),
        # Of a corner of a path there is nothing to tell.
        "url": ""
        if view.supposing
        else newest(scene, f"coverage/site{address(view, 'tried', 'unit')}"),
    }


def fit(scene: Scene, desk: Desk, least: float) -> Props | None:
    """Return the bounds of a house and of the way to it, with some room; ``least`` in degrees.

    None of a house no way leads to: there is nothing it could come from, or it stands in the house.
    """
    why = desk.why(scene)
    lines = [
        line for line in (why.way, why.beyond, why.straight_line, why.link_line) if line is not None
    ]
    if not lines:
        return None
    west, south, east, north = shapely.total_bounds(lines)
    half = max(east - west, north - south, least) * AROUND_WAY
    return {"bounds": [west - half, south - half, east + half, north + half]}
