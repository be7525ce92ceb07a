"""What is supposed by a click on the map, and taken back: moves, paths, closed roads; and growth.

While a view supposes something, the next click says where: it is drawn as `trying` is.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sqlalchemy import Connection

from dashboard.coverage import written
from dashboard.coverage.question import question
from dashboard.view import View
from dashboard.view_fields import MOST_CLOSED, MOST_CORNERS, MOST_PATHS
from gis import places
from gis.errors import NotFoundError
from layers.coverage import streets
from layers.coverage.changed import PATH_WITHIN_M
from layers.coverage.changes import AddPath
from layers.coverage.sites import Place
from layers.coverage.streets import Mode

DOES = ("placing", "path", "driving", "unpath", "unmoving", "reopening", "growing")
# Who clicks a road on a map of the whole city is not more exact.
ROAD_WITHIN_M = 60.0
# A bridge for cars, where nothing else is said.
DRIVE_KMH = 30.0


def ended(view: View) -> View:
    """Return a view whose next click on the map supposes nothing."""
    return replace(view, supposing="", corners="")


def after(view: View, what: str, wanted: str, db: Connection) -> View:
    """Return the view once something is to be placed, or what was placed is taken back.

    Raises
    ------
    NotFoundError
        A path is to end where no street is.
    """
    if what == "placing":
        there = replace(ended(view), trying=False)
        return there if wanted == view.supposing else there.having(supposing=wanted)
    if what == "path":
        return _drawn(view, wanted, db)
    if what == "growing":
        return _growing(view, wanted)
    if not re.fullmatch(r"\d{1,9}", wanted, re.ASCII):
        return view
    number = int(wanted)
    if what in ("driving", "unpath"):
        return _path(view, what, number)
    if what == "unmoving":
        moved = written.moved(view)
        moved.pop(number, None)
        return view.having(moved=written.moved_text(moved))
    stay = [str(road) for road in written.numbers(view.roads) if road != number]
    return view.having(roads=",".join(stay))


def placed(view: View, at: str, db: Connection) -> View:
    """Return the view once the map was clicked; empty, and nowhere was meant.

    Raises
    ------
    NotFoundError
        There is no street where one is to be closed, or a path to begin.
    """
    there = written.corners(View.from_store({"tried": at}).tried)
    if not there:
        return ended(view)
    (place,) = there
    if view.supposing == "path":
        return _corner(view, place, at, db)
    if view.supposing == "road":
        return _road(view, place, db)
    if view.facility is None:
        return ended(view)
    moved = written.moved(view) | {view.facility: place}
    if len(moved) > MOST_CLOSED:
        return ended(view)
    return replace(ended(view), moved=written.moved_text(moved), facility=None)


def at_street(view: View, place: Place, db: Connection) -> bool:
    """Tell whether a new path may end at a place: who goes there comes to a street."""
    city = places.city_of(db)
    mode = question(view, city).mode
    return streets.near(db, city, mode, place, PATH_WITHIN_M) is not None


def _corner(view: View, place: Place, at: str, db: Connection) -> View:
    corners = [each for each in view.corners.split("~") if each]
    if not corners:
        _require_street(view, place, db)
    # The second half of a double click is where the first was.
    if at in corners[-1:] or len(corners) >= MOST_CORNERS:
        return view
    return view.having(corners="~".join([*corners, at]))


def _drawn(view: View, wanted: str, db: Connection) -> View:
    """Take the last corner back, or end the path there."""
    corners = written.corners(view.corners)
    if wanted == "undo":
        return replace(view, corners="~".join(view.corners.split("~")[:-1]))
    if wanted != "end" or len(corners) < 2:
        return view
    _require_street(view, corners[-1], db)
    city = places.city_of(db)
    kmh = DRIVE_KMH if question(view, city).mode is Mode.DRIVE else None
    some = [*written.paths(view), AddPath(line=tuple(corners), drive_kmh=kmh)]
    if len(some) > MOST_PATHS:
        return ended(view)
    return replace(ended(view), paths=written.paths_text(some))


def _require_street(view: View, place: Place, db: Connection) -> None:
    if not at_street(view, place, db):
        raise NotFoundError(
            f"An end of a new path is more than {PATH_WITHIN_M:.0f} m from any street. "
            "Draw it as far as the street it is to meet.",
            key="scenario.path_ends", metres=int(PATH_WITHIN_M),
        )  # fmt: skip


def _path(view: View, what: str, number: int) -> View:
    """Take a path away, or let cars go along it, or let them no more."""
    some = written.paths(view)
    if number >= len(some):
        return view
    if what == "unpath":
        del some[number]
    else:
        kmh = DRIVE_KMH if some[number].drive_kmh is None else None
        some[number] = AddPath(line=some[number].line, drive_kmh=kmh)
    return replace(view, paths=written.paths_text(some))


def _road(view: View, place: Place, db: Connection) -> View:
    city = places.city_of(db)
    found = streets.near(db, city, question(view, city).mode, place, ROAD_WITHIN_M)
    if found is None:
        raise NotFoundError(
            f"There is no street within {ROAD_WITHIN_M:.0f} m of there.",
            key="scenario.no_street", metres=int(ROAD_WITHIN_M),
        )  # fmt: skip
    roads = written.numbers(view.roads)
    if found not in roads and len(roads) < MOST_CLOSED:
        roads.append(found)
    return replace(ended(view), roads=",".join(map(str, roads)))


def _growing(view: View, wanted: str) -> View:
    """Suppose that the people of a unit grow ("7=20"), or that they stay as many ("7=")."""
    number, _, percent = wanted.partition("=")
    if not re.fullmatch(r"[1-9]\d{0,8}", number, re.ASCII):
        return view
    now = written.grown(view)
    now.pop(int(number), None)
    said = View.from_store({"grown": f"{number}:{percent}"}).grown
    if said and len(now) < MOST_CLOSED and float(percent):
        now[int(number)] = float(percent)
    return replace(view, grown=written.grown_text(now))
