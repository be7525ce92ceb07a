"""Where a click, a search or a key leads on the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from dashboard.incidents import heaps
from dashboard.view import View
from dashboard.view_readers import number_of
from gis import places


def go(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    """Go to what was searched for or is linked: "unit:7", "building:7", "facility:7", "spot:…"."""
    kind, _, number = str(value).partition(":")
    if not kind:
        return view.at(None)
    if kind == "spot":
        # A place where nothing is that has a number: an end of a street.
        return view.having(building=None, mark=value)
    id_ = number_of(number)
    if id_ is None:
        return view
    if kind == "unit":
        return into(view, id_, db)
    if kind not in places.THINGS:
        return view
    there = _within(view, places.unit_of(db, kind, id_))
    if kind == "building":
        return replace(there, building=id_)
    if kind == "facility":
        there = _with_facilities(there)
    return replace(there, mark=f"{kind}:{id_}")


def pointed_out(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    """Point out a facility, wherever one is."""
    return _with_facilities(view.having(mark=value))


def _with_facilities(view: View) -> View:
    opacity = abs(view.layers["facilities"])
    return view.having(layers={**view.layers, "facilities": opacity})


def into(view: View, id_: int, db: Connection) -> View:
    """Go into a unit; one of another zoning is picked where one is."""
    place = places.path(db, id_)[-1]
    root = places.root(db)
    if root and place.zoning_id != root.zoning_id:
        return replace(view, pick=id_, building=None)
    return view.at(None) if root and id_ == root.id else _within(view, id_)


def _within(view: View, unit: int | None) -> View:
    """Go into a unit of the main zoning; those of another do not lie in it."""
    return by(view, "main").at(unit)


def in_its_zoning(view: View, db: Connection) -> View:
    """Look at the units of the zoning that the picked one is of: it is seen and ranked there."""
    # Who draws an order stays with the units that it is about.
    if view.pick is None or (view.mode == "boundaries" and view.order is not None):
        return view
    zoning = places.zonings_of(db, [view.pick]).get(view.pick, view.zoning)
    return view if zoning == view.zoning else replace(by(view, zoning), pick=view.pick)


def by(view: View, zoning: str) -> View:
    """Look at the units of a zoning; in coverage without what is of duties alone."""
    if zoning == view.zoning:
        return view
    there = view.at(None)
    if view.mode == "coverage":
        drawn = "" if view.drawn == "areas" else view.drawn
        there = replace(there, drawn=drawn, aim="", scenario=None, against=None, sheet=False)
    return there.having(zoning=zoning)


def picked(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    """Pick what is named, "unit:7" or "building:7"; what lies elsewhere is gone to sideways."""
    kind, _, number = str(value).partition(":")
    id_ = number_of(number)
    if id_ is None:
        return view
    if kind == "building":
        return replace(view, building=id_)
    if kind != "unit" or id_ in (view.unit, view.pick):
        return view
    path = places.path(db, id_)
    ids = [place.id for place in path]
    if view.unit is None or view.unit in ids or view.zoning != "main":
        return replace(view, pick=id_, building=None, mark="")
    # Beside the unit we are in: go sideways, to the neighbour of the same level.
    here = places.path(db, view.unit)[-1]
    beside = next((place for place in path if place.level == here.level), path[-1])
    pick = None if beside.id == id_ else id_
    return replace(view, unit=beside.id, pick=pick, building=None, mark="")


def clicked(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    """Follow a click on the map: what it means hangs on what was hit, and in which mode."""
    click = value if isinstance(value, Mapping) else {}
    layer, id_ = click.get("layer"), number_of(click.get("id"))
    if view.mode == "incidents" and layer == "cases":
        return replace(view, case=id_, trying=False)
    if view.mode == "incidents" and layer == "case-clusters":
        return view if id_ is None else heaps.into(view, id_, db)
    view = replace(view, facility=id_ if layer == "serving" else None)
    if layer == "serving":
        return view
    if layer == "worst" and id_ is not None:
        return into(view, id_, db)
    if id_ is None or layer not in ("units", "buildings"):
        return replace(view, pick=None, building=None, mark="")
    if layer == "buildings":
        return replace(view, building=id_)
    if click.get("double") is True or id_ == view.pick:
        return into(view, id_, db)
    return picked(view, f"unit:{id_}", db)


def up(view: View, _value: Any, db: Connection) -> View:  # noqa: ANN401
    """Let go of what is picked, or else go up a level."""
    if view.building is not None or view.mark:
        return replace(view, building=None, mark="")
    if view.pick is not None:
        return replace(view, pick=None)
    if view.unit is None:
        return view
    path = places.path(db, view.unit)
    return view.at(path[-2].id if len(path) > 2 else None)
