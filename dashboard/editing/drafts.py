"""Drafts of change orders, opened in memory: today's units, and the steps drawn on them.

Each process keeps its own; what is saved is in the database. A draft that another process wrote,
or whose units changed meanwhile, is noticed by numbers that are asked for with every request.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cachetools import LRUCache
from sqlalchemy import Connection

from gis import places
from gis.city import City, Zoning
from gis.division import stored
from gis.division.arcs import Arc, arcs, replaced
from gis.division.delta import Delta, Unit
from gis.division.division import Division
from gis.division.exchange import Exchange
from gis.division.rings import Rings, shapes
from gis.errors import BoundaryError
from gis.findings import Place
from gis.orders import orders
from gis.orders.order import Order
from gis.orders.status import OVER
from gis.ruler import places as points_in
from layers.impact import Impact
from layers.remarks import headed_levels

MOST_OPEN = 24
MOST_VIEWERS = 8


@dataclass(frozen=True)
class Turn:
    """What one step did to what is drawn."""

    delta: Delta
    gone: dict[str, Arc]
    new: dict[str, Arc]


@dataclass
class Draft:
    """An order's units as they are drawn now. Whoever uses it holds its lock."""

    order_id: int
    zoning_id: int
    zoning_key: str
    city: City
    division: Division
    # Of today's units when it was opened.
    mark: int
    # Why it cannot be drawn on: its units are not today's any more.
    stale: BoundaryError | None = None
    revision: int = -1
    steps: list[Delta] = field(default_factory=list)
    done: int = 0
    total: Delta = field(default_factory=Delta)
    arcs: dict[str, Arc] = field(default_factory=dict)
    # Today's, by id.
    first: frozenset[str] = frozenset()
    within: tuple[int, ...] = ()
    # Numbers, by what a viewer may see: `layers.impact.Impact`.
    impacts: LRUCache[Hashable, Impact] = field(default_factory=lambda: LRUCache(MOST_VIEWERS))
    # The levels whose units have heads.
    heads: frozenset[int] = frozenset()
    # Shown as it was, or would have been: today's units are others.
    is_past: bool = False
    exchange: Exchange = field(default_factory=Exchange)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _of_face: dict[int, set[str]] = field(default_factory=dict)
    # The outline that a label was found for, and where it goes.
    _labels: dict[int, tuple[Rings, Place]] = field(default_factory=dict)

    @property
    def zoning(self) -> Zoning:
        """The zoning its units belong to."""
        return next(one for one in self.city.zonings if one.key == self.zoning_key)

    def draw(self) -> None:
        """Find the arcs of what is there."""
        self.arcs = arcs(self.division)
        self._of_face = {}
        for arc in self.arcs.values():
            self._note(arc)

    def turned(self, delta: Delta) -> Turn:
        """Return what a change that was just made does to the arcs, without noting it."""
        redrawn = delta.redrawn
        known = {key: self.arcs[key] for n in redrawn for key in self._of_face.get(n, ())}
        return Turn(delta, *replaced(self.division, known, redrawn))

    def take(self, delta: Delta) -> Turn:
        """Note a change that was made."""
        turn = self.turned(delta)
        for key, arc in turn.gone.items():
            del self.arcs[key]
            for n in (arc.left, arc.right):
                if n is not None:
                    self._of_face[n].discard(key)
        for key, arc in turn.new.items():
            self.arcs[key] = arc
            self._note(arc)
        self.total += delta
        return turn

    def today(self, number: int) -> Unit | None:
        """Return a unit as it is today; None for one that a step made."""
        return self.total.old.get(number) or (
            None if number in self.total.new else self.division.units.get(number)
        )

    def move_to(self, done: int) -> Turn:
        """Put so many steps in force, and return what that changes."""
        change = Delta()
        while self.done > done:
            change += ~self.steps[self.done - 1]
            self.done -= 1
        while self.done < done:
            change += self.steps[self.done]
            self.done += 1
        self.division.apply(change)
        return self.take(change)

    def label(self, faces: Mapping[int, Rings]) -> dict[int, Place]:
        """Return where the names of faces go; found once for each outline."""
        lacking = [n for n in faces if self._labels.get(n, (None,))[0] is not faces[n]]
        if lacking:
            found = points_in(shapes([faces[n] for n in lacking]))
            self._labels |= {n: (faces[n], at) for n, at in zip(lacking, found, strict=True)}
        return {n: self._labels[n][1] for n in faces}

    def _note(self, arc: Arc) -> None:
        for n in (arc.left, arc.right):
            if n is not None:
                self._of_face.setdefault(n, set()).add(arc.id)


class Drafts:
    """The drafts that are open in this process, the least used forgotten first."""

    def __init__(self) -> None:
        self._open: LRUCache[int, Draft] = LRUCache(MOST_OPEN)
        self._opening: dict[int, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, db: Connection, order: Order) -> Draft:
        """Return an order's draft as it is saved; opened, or brought up to date, where it is not.

        Raises
        ------
        NotFoundError
            No city is loaded, or a unit of the order is not there any more.
        """
        mark = stored.mark(db)
        with self._lock:
            draft = self._open.get(order.id)
            opening = self._opening.setdefault(order.id, threading.Lock())
        if draft is not None and draft.mark == mark and draft.revision == order.revision:
            return draft
        # Several requests of one page come at once: one of them opens it.
        with opening:
            with self._lock:
                draft = self._open.get(order.id)
            if draft is None or draft.mark != mark:
                draft = opened(db, order, mark)
            else:
                with draft.lock:
                    # What this very process wrote meanwhile is in it already.
                    order = orders.read(db, order.id)
                    if draft.revision != order.revision:
                        follow(db, draft, order)
            with self._lock:
                self._open[order.id] = draft
            return draft

    def forget(self, order_id: int) -> None:
        """Open an order anew when it is asked for next."""
        with self._lock:
            self._open.pop(order_id, None)


def opened(db: Connection, order: Order, mark: int) -> Draft:
    """Open an order on today's units."""
    city = places.city_of(db)
    zoning_id = places.zoning_ids(db)[order.zoning]
    steps, done = orders.steps(db, order.id)
    total = orders.total(steps[:done])
    if order.status in OVER:
        return _past(
            db,
            order,
            steps,
            Draft(order.id, zoning_id, order.zoning, city, Division({}), mark),
            None,
        )
    division = stored.open_division(db, order.within)
    _load(db, division, steps)
    draft = Draft(
        order.id, zoning_id, order.zoning, city, division, mark,
        within=order.within, heads=headed_levels(db),
    )  # fmt: skip
    draft.draw()
    draft.first = frozenset(draft.arcs)
    try:
        division.apply(total)
    except BoundaryError as error:
        return _past(db, order, steps, draft, error)
    draft.take(total)
    draft.steps, draft.done, draft.revision = list(steps), done, order.revision
    return draft


def follow(db: Connection, draft: Draft, order: Order) -> None:
    """Bring a draft that somebody wrote elsewhere up to date."""
    steps, done = orders.steps(db, order.id)
    if draft.stale is None:
        common = _common(draft.steps[: draft.done], steps[:done])
        draft.move_to(common)
        _load(db, draft.division, steps)
        draft.steps = list(steps)
        draft.move_to(done)
    draft.revision = order.revision


def _common(one: Sequence[Delta], other: Sequence[Delta]) -> int:
    """Return with how many equal steps two lists begin."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _load(db: Connection, division: Division, steps: Iterable[Delta]) -> None:
    """Load what steps concern beside what is there already."""
    whole: set[int] = set()
    named: set[int] = set()
    for step in steps:
        whole |= {n for n, unit in step.old.items() if unit.rings is None}
        named |= set(step.old)
        named |= {u.parent for u in (*step.old.values(), *step.new.values()) if u.parent}
    stored.extend(db, division, whole - division.units.keys(), named)


def _past(
    db: Connection, order: Order, steps: Sequence[Delta], draft: Draft, why: BoundaryError | None
) -> Draft:
    """Show what an order changed, or would have changed, where today's units are others."""
    total = orders.total(steps[: order.done])
    units = {**total.old}
    named = {u.parent for u in (*total.old.values(), *total.new.values()) if u.parent}
    lacking = named - units.keys()
    while lacking:
        found = stored.units(db, lacking)
        units |= {n: unit for n, unit in found.items() if unit.rings is None}
        lacking = {u.parent for u in found.values() if u.parent} - units.keys()
    division = Division({n: u for n, u in units.items() if n not in total.old} | {**total.old})
    past = Draft(
        order.id, draft.zoning_id, order.zoning, draft.city, division, draft.mark, why,
        within=order.within, is_past=True,
    )  # fmt: skip
    past.draw()
    past.first = frozenset(past.arcs)
    past.division = Division({n: u for n, u in units.items() if n not in total.old} | {**total.new})
    past.draw()
    past.total = total
    past.steps, past.done, past.revision = list(steps), order.done, order.revision
    return past
