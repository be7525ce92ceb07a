"""The units being edited: takes exact changes, refuses all others, and undoes them.

A change of areas is accepted if every new outline encloses one clear area, and the directed edges
around the new areas together are those around the old ones. Then every place that lay in one of
the old areas lies in exactly one of the new ones: no gap, no overlap. No neighbour is looked at,
and the rim of what is loaded, the city's border included, cannot change at all.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gis.division.delta import Delta, Unit
from gis.division.rings import Edge, Rings, Vertex, chain, edges, place_text, refuse_unsound
from gis.errors import BoundaryError, NotFoundError

MOST_STEPS = 100


class Operation(Protocol):
    """Something a person does to boundaries."""

    def delta(self, division: Division) -> Delta:
        """Return the change it causes; raise BoundaryError where it cannot be done."""


class Division:
    """Units by id, and which face lies left of each edge.

    Parameters
    ----------
    units
        Faces that share their edges, and the units above them. Those above may have further
        children that are not loaded.
    children
        How many children each unit above the faces has today, where more than are loaded.
    """

    def __init__(
        self, units: Mapping[int, Unit], children: Mapping[int, int] | None = None
    ) -> None:
        self._units: dict[int, Unit] = {}
        self._left: dict[Edge, int] = {}
        self._at: dict[Vertex, dict[int, int]] = {}
        self._children: dict[int, int] = {}
        self._bounds: dict[int, tuple[int, int, int, int]] = {}
        # The same as arrays, by id; None once a face has changed.
        self._boxes: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None
        self._past: deque[Delta] = deque(maxlen=MOST_STEPS)
        self._future: list[Delta] = []
        self._free = -1
        for number, unit in units.items():
            self._put(number, unit)
        self._children.update(children or {})

    @property
    def units(self) -> Mapping[int, Unit]:
        """All units as they are now, by id."""
        return MappingProxyType(self._units)

    def unit(self, number: int) -> Unit:
        """Return a unit, or raise NotFoundError."""
        try:
            return self._units[number]
        except KeyError:
            raise NotFoundError(
                f"No unit {number} is being edited.", key="border.not_loaded"
            ) from None

    def face(self, number: int) -> Rings:
        """Return the area of a face, or raise BoundaryError for a unit that is none."""
        rings = self.unit(number).rings
        if rings is None:
            raise BoundaryError(
                f"{self.name(number)} is divided: its outline is its parts', edit those.",
                key="border.divided",
                unit=self.spoken(number),
            )
        return rings

    def name(self, number: int) -> str:
        """Return what a message calls a unit."""
        return self._units[number].code or f"new unit {-number}"

    def spoken(self, number: int) -> object:
        """Return what a page calls a unit, in every language."""
        return self.unit(number).spoken

    def left_of(self, start: Vertex, end: Vertex) -> int | None:
        """Return the face on the left of an edge; None where there is none."""
        return self._left.get((start, end))

    def is_rim(self, edge: Edge) -> bool:
        """Tell whether an edge has a face on one side only: the city's border is locked."""
        return (edge in self._left) != (edge[::-1] in self._left)

    def faces_at(self, vertex: Vertex) -> frozenset[int]:
        """Return the faces that have a vertex."""
        return frozenset(self._at.get(vertex, ()))

    def is_plain(self, vertex: Vertex, face: int, other: int | None) -> bool:
        """Tell whether nothing but two faces, or one at the rim, meets at a vertex, and once."""
        here = self._at[vertex]
        return here == ({face: 1} if other is None else {face: 1, other: 1})

    def children(self, number: int) -> list[int]:
        """Return the loaded children of a unit."""
        return sorted(n for n, unit in self._units.items() if unit.parent == number)

    def number_of_children(self, number: int) -> int:
        """Return how many units lie directly in a unit, those not loaded too."""
        return self._children.get(number, 0)

    def neighbours(self, number: int) -> frozenset[int]:
        """Return the faces that share an edge with a face."""
        found = {self._left.get((end, start)) for start, end in edges(self.face(number))}
        return frozenset(n for n in found if n is not None)

    def near(self, west: int, south: int, east: int, north: int) -> list[int]:
        """Return the faces whose boxes meet a box, in the order of their ids."""
        if not self._bounds:
            return []
        if self._boxes is None:
            some = sorted(self._bounds)
            self._boxes = np.array(some), np.array([self._bounds[n] for n in some])
        numbers, boxes = self._boxes
        meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
        meets &= (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        found: list[int] = numbers[meets].tolist()
        return found

    def new_ids(self, count: int) -> list[int]:
        """Return ids for units that a draft creates: negative, each given once."""
        first = self._free
        self._free -= count
        return list(range(first, first - count, -1))

    def do(self, *operations: Operation) -> Delta:
        """Carry out operations as one step of undo, all or none; return the change."""
        done = self._done(operations)
        if done:
            self._past.append(done)
            self._future.clear()
        return done

    @contextlib.contextmanager
    def tried(self, *operations: Operation) -> Iterator[Delta]:
        """Carry out operations for the time of a block, and leave no trace of them."""
        free = self._free
        done = self._done(operations)
        try:
            yield done
        finally:
            self._replace(~done)
            self._free = free

    def add(self, units: Mapping[int, Unit], children: Mapping[int, int]) -> None:
        """Load further units as they are today; those that are there already stay as they are.

        Parameters
        ----------
        children
            How many children units have today; only of those that are new here is it taken.
        """
        fresh = {n: unit for n, unit in units.items() if n not in self._units}
        counted = dict(self._children)
        for number, unit in fresh.items():
            self._put(number, unit)
        # Parents that were there knew of these children.
        self._children = {**self._children, **counted}
        self._children.update({n: children.get(n, 0) for n, u in fresh.items() if u.rings is None})

    def _done(self, operations: Iterable[Operation]) -> Delta:
        """Carry out operations, all or none."""
        done = Delta()
        try:
            for operation in operations:
                delta = operation.delta(self)
                self._refuse(delta)
                self._replace(delta)
                done += delta
            self._refuse_loose(done)
        except BaseException:
            self._replace(~done)
            raise
        return done

    def apply(self, delta: Delta) -> Delta:
        """Take a change made elsewhere, as one step of undo."""
        return self.do(_Given(delta))

    def undo(self) -> Delta | None:
        """Undo the last step and return what that changes; None when there is none."""
        if not self._past:
            return None
        step = self._past.pop()
        self._future.append(step)
        self._replace(~step)
        return ~step

    def redo(self) -> Delta | None:
        """Do the step undone last again; None when there is none."""
        if not self._future:
            return None
        step = self._future.pop()
        self._past.append(step)
        self._replace(step)
        return step

    def _refuse(self, delta: Delta) -> None:
        for number, unit in delta.old.items():
            if self._units.get(number) != unit:
                raise BoundaryError(
                    f"{unit.code or number} has been changed meanwhile. Begin again from today's.",
                    key="border.changed_meanwhile",
                    unit=unit.spoken,
                )
        for number in delta.new.keys() - delta.old.keys():
            if number in self._units:
                raise BoundaryError(
                    f"There already is a unit {number}.",
                    key="border.there_already",
                    unit=delta.new[number].spoken,
                )
        self._refuse_areas(delta)
        for number, unit in delta.new.items():
            self._refuse_place(number, unit, delta)

    def _refuse_areas(self, delta: Delta) -> None:
        redrawn = delta.redrawn
        old = [u.rings for n in sorted(redrawn) if (u := delta.old.get(n)) and u.rings]
        new = [u.rings for n in sorted(redrawn) if (u := delta.new.get(n)) and u.rings]
        for rings in new:
            refuse_unsound(rings)
        difference = chain(old) ^ chain(new)
        if difference:
            at = place_text(min(difference)[0])
            raise BoundaryError(
                f"The change would leave a gap or an overlap, or move the city's border, at {at}.",
                key="border.gap",
            )

    def _refuse_place(self, number: int, unit: Unit, delta: Delta) -> None:
        """Raise BoundaryError unless a unit lies in another of a wider level, or is the top."""
        if unit.parent is None:
            if number not in delta.old or delta.old[number].parent is not None:
                raise BoundaryError(
                    f"{unit.code or number} would lie in no unit.",
                    key="border.no_parent",
                    unit=unit.spoken,
                )
            return
        gone = unit.parent in delta.old and unit.parent not in delta.new
        parent = delta.new.get(unit.parent) or self._units.get(unit.parent)
        if parent is None or gone:
            raise BoundaryError(
                f"{unit.code or number} would lie in a unit that is not there.",
                key="border.parent_gone",
                unit=unit.spoken,
            )
        if parent.level >= unit.level:
            raise BoundaryError(
                f"{unit.code or number} is of level {unit.level} and cannot lie in "
                f"{parent.code or unit.parent} of level {parent.level}.",
                key="border.wrong_level",
                unit=unit.spoken,
                parent=parent.spoken,
            )
        if parent.rings is not None:
            raise BoundaryError(
                f"{parent.code or unit.parent} has an area of its own: divide it, "
                "instead of laying units into it.",
                key="border.parent_has_area",
                parent=parent.spoken,
            )

    def _refuse_loose(self, done: Delta) -> None:
        """Raise BoundaryError for units without a parent, and for those left with nothing.

        A unit above the faces has something in it, and a face has not.
        """
        for number in done.old.keys() - done.new.keys():
            if self._children.get(number):
                raise BoundaryError(
                    f"{done.old[number].code or number} cannot be retired: "
                    "units in it would be left without a parent.",
                    key="border.not_empty",
                    unit=done.old[number].spoken,
                )
        for number in done.units | {u.parent for u in done.old.values() if u.parent is not None}:
            unit = self._units.get(number)
            if unit is None:
                continue
            is_upper, is_filled = unit.rings is None, bool(self._children.get(number))
            if is_filled and not is_upper:
                raise BoundaryError(
                    f"{self.name(number)} cannot be one undivided unit: there are still units "
                    "in it. Hand them over or merge them first.",
                    key="border.still_divided",
                    unit=self.spoken(number),
                )
            if is_upper and not is_filled:
                raise BoundaryError(
                    f"{self.name(number)} would be left with nothing in it. "
                    "Retire it in the same step, or leave it one unit.",
                    key="border.emptied",
                    unit=self.spoken(number),
                )

    def _replace(self, delta: Delta) -> None:
        for number in delta.old:
            self._take(number)
        for number, unit in delta.new.items():
            self._put(number, unit)

    def _take(self, number: int) -> None:
        unit = self._units.pop(number)
        if unit.parent is not None:
            self._children[unit.parent] -= 1
        if unit.rings is None:
            return
        del self._bounds[number]
        self._boxes = None
        for start, end in edges(unit.rings):
            del self._left[start, end]
            here = self._at[start]
            here[number] -= 1
            if not here[number]:
                del here[number]
            if not here:
                del self._at[start]

    def _put(self, number: int, unit: Unit) -> None:
        self._units[number] = unit
        self._free = min(self._free, number - 1)
        if unit.parent is not None:
            self._children[unit.parent] = self._children.get(unit.parent, 0) + 1
        if unit.rings is None:
            return
        self._bounds[number] = _bounds(unit.rings)
        self._boxes = None
        for edge in edges(unit.rings):
            if edge in self._left:
                raise BoundaryError(
                    f"{unit.code or number} and {self.name(self._left[edge])} overlap at "
                    f"{place_text(edge[0])}.",
                    key="border.overlap",
                    unit=unit.spoken,
                    other=self.spoken(self._left[edge]),
                )
            self._left[edge] = number
            here = self._at.setdefault(edge[0], {})
            here[number] = here.get(number, 0) + 1


class _Given:
    """A change that is known already."""

    def __init__(self, delta: Delta) -> None:
        self._delta = delta

    def delta(self, division: Division) -> Delta:  # noqa: ARG002 - an Operation
        return self._delta


def _bounds(rings: Iterable[Iterable[Vertex]]) -> tuple[int, int, int, int]:
    x, y = zip(*(vertex for ring in rings for vertex in ring), strict=True)
    return min(x), min(y), max(x), max(y)
