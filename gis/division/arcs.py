"""The borders between faces, from node to node: what is drawn, picked and moved by hand.

An arc is a longest run of edges with the same two faces beside it. Its id is made of what it is,
so that an arc that an edit does not touch keeps it, in every process and after every reload.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gis.division.division import Division
from gis.division.rings import Ring, Vertex


@dataclass(frozen=True)
class Arc:
    """One border: its vertices in order, the faces beside it, and whether it may move."""

    id: str
    line: tuple[Vertex, ...]
    # None: nobody, or somebody who is not loaded.
    left: int | None
    right: int | None

    @property
    def is_locked(self) -> bool:
        """Whether it has a face on one side only: the city's border, or that of what is loaded."""
        return self.left is None or self.right is None


def arcs(division: Division, faces: Iterable[int] | None = None) -> dict[str, Arc]:
    """Return the arcs around some faces, or all arcs, by id."""
    if faces is None:
        faces = [n for n, unit in division.units.items() if unit.rings is not None]
        is_once = True
    else:
        is_once = False
    found: dict[str, Arc] = {}
    for number in sorted(faces):
        for ring in division.face(number):
            for line, right in _runs(division, number, ring):
                # Each border is walked twice: once from either side.
                if is_once and right is not None and right < number:
                    continue
                arc = _arc(line, number, right)
                found[arc.id] = arc
    return found


def replaced(
    division: Division, known: Mapping[str, Arc], redrawn: Iterable[int]
) -> tuple[dict[str, Arc], dict[str, Arc]]:
    """Return the arcs that go and those that come by a change of faces.

    Parameters
    ----------
    division
        After the change.
    known
        The arcs around those faces before it.
    redrawn
        The faces whose area changes, appears or goes.
    """
    there = [n for n in redrawn if n in division.units and division.units[n].rings is not None]
    now = arcs(division, there)
    gone = {key: arc for key, arc in known.items() if key not in now}
    new = {key: arc for key, arc in now.items() if key not in known}
    return gone, new


def _runs(
    division: Division, number: int, ring: Ring
) -> Iterator[tuple[tuple[Vertex, ...], int | None]]:
    """Yield a ring's edges in runs with one face on their right."""
    count = len(ring)
    rights = [division.left_of(ring[(k + 1) % count], ring[k]) for k in range(count)]
    breaks = [
        k for k in range(count)
        if rights[k - 1] != rights[k] or not division.is_plain(ring[k], number, rights[k])
    ]  # fmt: skip
    if not breaks:
        yield (*ring, ring[0]), rights[0]
        return
    twice = (*ring, *ring)
    for k, first in enumerate(breaks):
        last = breaks[(k + 1) % len(breaks)]
        end = last if last > first else last + count
        yield twice[first : end + 1], rights[first]


def _arc(line: tuple[Vertex, ...], left: int, right: int | None) -> Arc:
    """Return an arc in its one direction, whichever side it was walked on."""
    back = line[::-1]
    if line[0] == line[-1]:
        # Closed: from its smallest vertex on, which a ring begins with.
        first = line.index(min(line))
        line = (*line[first:-1], *line[: first + 1])
        back = line[::-1]
    sides: tuple[int | None, int | None] = (left, right)
    if back < line:
        line, sides = back, (right, left)
    said = np.array(line, np.int64).tobytes() + repr(sides).encode()
    return Arc(hashlib.blake2b(said, digest_size=8).hexdigest(), line, *sides)
