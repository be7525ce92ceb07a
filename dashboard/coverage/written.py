"""What a view supposes of places, streets and people, as it writes it and as it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard.coverage import tried
from dashboard.view import View
from layers.coverage.changes import AddPath
from layers.coverage.sites import Place


def numbers(text: str) -> list[int]:
    """Return numbers with commas between: facilities closed, roads closed."""
    return [int(number) for number in text.split(",") if number]


def moved(view: View) -> dict[int, Place]:
    """Return where the facilities stand that a view supposes moved, by number."""
    pairs = (each.split(":") for each in view.moved.split(";") if each)
    return {int(number): tried.places_of(at)[0] for number, at in pairs}


def moved_text(some: Mapping[int, Place]) -> str:
    """Return facilities moved as a view keeps them."""
    return ";".join(f"{number}:{tried.text([at])}" for number, at in some.items())


def grown(view: View) -> dict[int, float]:
    """Return by how many percent the people of units grow, by number."""
    pairs = (each.split(":") for each in view.grown.split(",") if each)
    return {int(number): float(percent) for number, percent in pairs}


def grown_text(some: Mapping[int, float]) -> str:
    """Return units that grow as a view keeps them, to a tenth of a percent."""
    return ",".join(f"{number}:{round(percent, 1):g}" for number, percent in some.items())


def corners(text: str) -> list[Place]:
    """Return the corners of a path."""
    return tried.places_of(text, "~")


def paths(view: View) -> list[AddPath]:
    """Return the paths and bridges that a view supposes."""
    return [_path(each) for each in view.paths.split(";") if each]


def paths_text(some: Iterable[AddPath]) -> str:
    """Return paths as a view keeps them."""
    return ";".join(_path_text(each) for each in some)


def _path(text: str) -> AddPath:
    kmh, _, line = text.rpartition(":")
    return AddPath(line=tuple(corners(line)), drive_kmh=float(kmh) if kmh else None)


def _path_text(path: AddPath) -> str:
    kmh = "" if path.drive_kmh is None else f"{path.drive_kmh:.0f}:"
    return kmh + tried.text(list(path.line), "~")
