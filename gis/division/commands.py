"""Operations as people send them: read from JSON, and made into what a division can carry out.

A command says what somebody wants ("these buildings go to that grid"); which faces, edges and
codes that takes is found here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeAlias

from gis.division.coding import GiveCodes
from gis.division.cutting import Divide, Split, Title
from gis.division.division import Division, Operation
from gis.division.fields import CommandError, Fields
from gis.division.giving import give_area, give_buildings
from gis.division.joining import Create, HandOver, Merge, Rename, Retire
from gis.division.moves import DeleteVertex, InsertVertex, MoveVertices
from gis.division.reshape import redraw
from gis.division.rings import Ring, Vertex
from gis.division.snapping import course, crossing, reach_of, snapped
from gis.division.surroundings import Surroundings

# Line ends within so many metres of a border end on it, unless somebody says otherwise.
SNAP_M, MOST_SNAP_M = 5.0, 100.0


class Command(Protocol):
    """Something a person asks for."""

    @property
    def kind(self) -> str:
        """What it is called: a key of `READERS`."""

    @property
    def units(self) -> tuple[int, ...]:
        """The units that change as a whole: to be loaded with all that lies in them."""

    @property
    def places(self) -> tuple[int, ...]:
        """The units it names beside them."""

    def operations(self, division: Division, here: Surroundings) -> Sequence[Operation]:
        """Return what to carry out, all or none; BoundaryError where it cannot be done."""


Making: TypeAlias = Callable[[Division, Surroundings], Sequence[Operation]]


@dataclass(frozen=True)
class _Made:
    """A command as the function that makes its operations."""

    kind: str
    make: Making
    units: tuple[int, ...] = ()
    places: tuple[int, ...] = ()

    def operations(self, division: Division, here: Surroundings) -> Sequence[Operation]:
        return self.make(division, here)


def read(data: object) -> Command:
    """Read an operation: ``{"do": "move", "moves": [...]}``.

    Raises
    ------
    CommandError
        It is none, lacks a field, has one too many, or one says what cannot be.
    """
    if not isinstance(data, Mapping):
        raise CommandError(
            f"An operation is an object with 'do', found {str(data)[:60]!r}.", key="border.command"
        )
    kind = data.get("do")
    if not isinstance(kind, str) or kind not in READERS:
        raise CommandError(
            f"No operation is called {kind!r}. There are: {', '.join(READERS)}.",
            key="border.command",
        )
    fields = Fields(kind, {name: value for name, value in data.items() if name != "do"})
    command = READERS[kind](kind, fields)
    fields.end()
    return command


def _always(kind: str, *operations: Operation, units: tuple[int, ...] = ()) -> Command:
    return _Made(kind, lambda *_: operations, units)


def _move(kind: str, fields: Fields) -> Command:
    return _always(kind, MoveVertices(fields.moves("moves")))


def _insert(kind: str, fields: Fields) -> Command:
    return _always(kind, InsertVertex(*map(fields.point, ("start", "end", "at"))))


def _delete(kind: str, fields: Fields) -> Command:
    return _always(kind, DeleteVertex(fields.point("at")))


def _reshape(kind: str, fields: Fields) -> Command:
    line = fields.line("line")
    snap_m = fields.metres("snap", SNAP_M, MOST_SNAP_M)

    def make(division: Division, _: Surroundings) -> Sequence[Operation]:
        return _redrawn(division, line, snap_m)

    return _Made(kind, make)


def _redrawn(division: Division, line: Sequence[Vertex], snap_m: float) -> Sequence[Operation]:
    first, *inner, last = line
    reach = reach_of(first, snap_m)
    ends = snapped(division, first, reach), snapped(division, last, reach)
    return redraw((ends[0], *inner, ends[1]))


def _follow(kind: str, fields: Fields) -> Command:
    what = fields.one_of(("road", "river"))
    number = fields.number(what, is_unit=False)
    start, end = fields.point("start"), fields.point("end")
    snap_m = fields.metres("snap", SNAP_M, MOST_SNAP_M)

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        reach = reach_of(start, snap_m)
        ends = snapped(division, start, reach), snapped(division, end, reach)
        return redraw(course(here.way(what, number).line, *ends))

    return _Made(kind, make)


def _split(kind: str, fields: Fields) -> Command:
    unit, lines = fields.number("unit"), fields.lines("lines")
    titles = fields.titles("titles")
    snap_m = fields.metres("snap", SNAP_M, MOST_SNAP_M)

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        across = crossing(division, unit, lines, snap_m)
        return Split(unit, across, titles), GiveCodes(here, like=unit)

    return _Made(kind, make, (unit,))


def _divide(kind: str, fields: Fields) -> Command:
    unit, lines, level = fields.number("unit"), fields.lines("lines"), fields.level("level")
    titles = fields.titles("titles")
    snap_m = fields.metres("snap", SNAP_M, MOST_SNAP_M)

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        across = crossing(division, unit, lines, snap_m)
        return Divide(unit, across, level, titles), GiveCodes(here, like=unit)

    return _Made(kind, make, (unit,))


def _merge(kind: str, fields: Fields) -> Command:
    units, into = fields.numbers("units"), fields.number("into")

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        merge = Merge(units, into)
        if division.unit(into).rings is not None:
            return (merge,)
        others = [n for n in units if n != into]
        moved = tuple(child for n in others for child in division.children(n))
        return merge, GiveCodes(here, moved)

    return _Made(kind, make, (*units, into))


def _hand_over_buildings(kind: str, fields: Fields) -> Command:
    numbers, to = fields.numbers("buildings", is_unit=False), fields.number("to")

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        return give_buildings(division, here, numbers, to)

    return _Made(kind, make, places=(to,))


def _hand_over_estate(kind: str, fields: Fields) -> Command:
    number, to = fields.number("estate", is_unit=False), fields.number("to")

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        return give_buildings(division, here, here.of_estate(number), to)

    return _Made(kind, make, places=(to,))


def _hand_over(kind: str, fields: Fields) -> Command:
    units, parent = fields.numbers("units"), fields.number("parent")
    is_retiring = fields.flag("retire")

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        left: list[int] = []
        if is_retiring:
            left = sorted(
                above
                for above in {division.unit(n).parent for n in units}
                if above is not None
                and above != parent
                and set(division.children(above)) <= set(units)
            )
        return HandOver(units, parent), GiveCodes(here, units), *map(Retire, left)

    return _Made(kind, make, units, (parent,))


def _hand_over_area(kind: str, fields: Fields) -> Command:
    ring: Ring = fields.area("area")
    to = fields.number("to")

    def make(division: Division, here: Surroundings) -> Sequence[Operation]:
        return give_area(division, here, ring, to)

    return _Made(kind, make, places=(to,))


def _create(kind: str, fields: Fields) -> Command:
    level, parent = fields.level("level"), fields.number("parent")
    children = fields.numbers("children")
    title = fields.title("title") if fields.has("title") else Title()

    def make(_: Division, here: Surroundings) -> Sequence[Operation]:
        return Create(title, level, parent, children), GiveCodes(here, children)

    return _Made(kind, make, children, (parent,))


def _retire(kind: str, fields: Fields) -> Command:
    unit = fields.number("unit")
    return _always(kind, Retire(unit), units=(unit,))


def _rename(kind: str, fields: Fields) -> Command:
    unit, title = fields.number("unit"), fields.title("title")
    return _always(kind, Rename(unit, title), units=(unit,))


READERS: Mapping[str, Callable[[str, Fields], Command]] = MappingProxyType(
    {
        "move": _move,
        "insert": _insert,
        "delete": _delete,
        "reshape": _reshape,
        "follow": _follow,
        "split": _split,
        "divide": _divide,
        "merge": _merge,
        "hand_over_buildings": _hand_over_buildings,
        "hand_over_estate": _hand_over_estate,
        "hand_over": _hand_over,
        "hand_over_area": _hand_over_area,
        "create": _create,
        "retire": _retire,
        "rename": _rename,
    }
)
"""How each operation is read, by what it is called."""
