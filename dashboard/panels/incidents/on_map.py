"""What the map shows of the incidents mode: the list's incidents, the pin of a report."""

from __future__ import annotations

from typing import Any

from dashboard.scene import Scene
from dashboard.view import View
from gis.errors import NotFoundError
from layers.handling import case as reading

Props = dict[str, Any]
FIELDS = ("unit", "pick", "cases", "part", "start", "end", "zoning", "by", "bounds", "counted")


def address(view: View) -> str:
    """Return where the incidents of the view's list come from."""
    return f"incidents/map{listed(view)}"


def listed(view: View) -> str:
    """Return the part of an address that says which incidents the view lists: "?…"."""
    shown = View(language=view.language, **{name: getattr(view, name) for name in FIELDS})
    return shown.to_address()


def pin(scene: Scene) -> Props:
    """Return the place that an incident is reported at, as a mark that can be dragged."""
    view = scene.view
    place = [float(number) for number in view.pin.split(",")] if view.pin else []
    marks = [{"lngLat": place, "label": "●", "title": scene.say("intake.pinned")}] if place else []
    return {
        "marks": marks,
        "asks": view.trying,
        "url": f"incidents/place?language={view.language}",
    }


def fit(scene: Scene, half: float) -> Props | None:
    """Return the bounds around the incident that is open; ``half`` of their width in degrees."""
    try:
        case = reading.read(scene.db, scene.view.case or 0, scene.now)
    except NotFoundError:
        return None
    west, south, east, north = case.lon - half, case.lat - half, case.lon + half, case.lat + half
    return {"bounds": [west, south, east, north]}
