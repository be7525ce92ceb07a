"""Neighbouring pieces in contiguous groups of even weight, cut where cutting is cheap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from importers.demo.mesh import Ints
from importers.demo.plane import Coordinates

Weights = NDArray[np.float64]


@dataclass(frozen=True)
class Graph:
    """Pieces with a weight and a place, which ones touch, and what a border between two costs."""

    near: list[dict[int, float]]
    weight: Weights
    xy: Coordinates

    @classmethod
    def between(cls, pairs: Ints, cost: Weights, weight: Weights, xy: Coordinates) -> Graph:
        """Return the graph of pieces that touch in pairs (m, 2); -1 is nothing."""
        near: list[dict[int, float]] = [{} for _ in range(len(weight))]
        for (a, b), c in zip(pairs.tolist(), cost.tolist(), strict=True):
            if a != b and a >= 0 and b >= 0:
                near[a][b] = near[a].get(b, 0.0) + c
                near[b][a] = near[b].get(a, 0.0) + c
        return cls(near, weight, xy)

    def components(self, members: Iterable[int]) -> list[list[int]]:
        """Return the contiguous parts of some pieces, in order of their first piece."""
        left = dict.fromkeys(sorted(members))
        parts = []
        while left:
            start = next(iter(left))
            del left[start]
            part, queue = [start], [start]
            while queue:
                for other in self.near[queue.pop()]:
                    if other in left:
                        del left[other]
                        part.append(other)
                        queue.append(other)
            parts.append(sorted(part))
        return parts


def divide(
    graph: Graph, members: list[int], parts: int, rng: np.random.Generator, *,
    cut_weight: float = 0.05,
) -> dict[int, int]:  # fmt: skip
    """Return the group (0 … parts - 1) of each member; groups are contiguous where members are.

    Parameters
    ----------
    cut_weight
        What borders matter beside even weights.
    """
    parts = min(parts, len(members))
    if parts <= 1:
        return dict.fromkeys(members, 0)
    seeds = _seeds(np.array(members), graph, parts, rng)
    group = _grown(graph, members, seeds)
    costs = [c for m in members for o, c in graph.near[m].items() if o in group]
    _Refining(
        graph, group, parts,
        target=sum(float(graph.weight[m]) for m in members) / parts,
        unit=cut_weight / max(float(np.mean(costs)) if costs else 1.0, 1e-9),
    ).run(rng)  # fmt: skip
    return group


def _seeds(members: Ints, graph: Graph, parts: int, rng: np.random.Generator) -> list[int]:
    """Return pieces near the middles of a weighted k-means."""
    place, mass = graph.xy[members], graph.weight[members] + 1e-6
    middles = [place[rng.choice(len(members), p=mass / mass.sum())]]
    for _ in range(parts - 1):
        far = np.min([np.hypot(*(place - m).T) for m in middles], axis=0) ** 2 * mass
        middles.append(place[rng.choice(len(members), p=far / far.sum())])
    centre = np.array(middles)
    for _ in range(12):
        nearest = np.argmin(np.hypot(*(place[:, None] - centre[None]).transpose(2, 0, 1)), axis=1)
        for part in range(parts):
            mine = nearest == part
            if mine.any():
                centre[part] = np.average(place[mine], axis=0, weights=mass[mine])
    taken: list[int] = []
    for middle in centre:
        order = np.argsort(np.hypot(*(place - middle).T))
        taken.append(next(int(members[i]) for i in order if int(members[i]) not in taken))
    return taken


def _grown(graph: Graph, members: list[int], seeds: list[int]) -> dict[int, int]:
    """Return groups grown from seeds, the lightest one first."""
    free = dict.fromkeys(members)
    group: dict[int, int] = {}
    mass = [0.0] * len(seeds)
    edge: list[dict[int, float]] = [{} for _ in seeds]

    def take(piece: int, part: int) -> None:
        group[piece] = part
        mass[part] += float(graph.weight[piece])
        free.pop(piece, None)
        for frontier in edge:
            frontier.pop(piece, None)
        for other, cost in graph.near[piece].items():
            if other in free:
                edge[part][other] = edge[part].get(other, 0.0) + cost

    for part, seed in enumerate(seeds):
        take(seed, part)
    while free:
        open_parts = [part for part in range(len(seeds)) if edge[part]]
        if not open_parts:
            # Members that touch no group (islands) join the lightest one.
            take(next(iter(free)), int(np.argmin(mass)))
            continue
        lightest = min(open_parts, key=mass.__getitem__)
        take(max(edge[lightest], key=edge[lightest].__getitem__), lightest)
    return group


@dataclass
class _Refining:
    """Moves single pieces between groups while that evens weights or shortens borders."""

    graph: Graph
    group: dict[int, int]
    parts: int
    target: float
    unit: float

    def run(self, rng: np.random.Generator) -> None:
        """Move until nothing gains, at most some rounds."""
        mass = np.zeros(self.parts)
        for piece, part in self.group.items():
            mass[part] += self.graph.weight[piece]
        members = np.array(list(self.group))
        for _ in range(14):
            moved = 0
            for piece in rng.permutation(members).tolist():
                home = self.group[piece]
                best = self._best(piece, home, mass)
                if best != home and self._stays_whole(piece, home):
                    self.group[piece] = best
                    mass[home] -= self.graph.weight[piece]
                    mass[best] += self.graph.weight[piece]
                    moved += 1
            if not moved:
                break

    def _best(self, piece: int, home: int, mass: Weights) -> int:
        touch: dict[int, float] = {}
        for other, cost in self.graph.near[piece].items():
            if (part := self.group.get(other)) is not None:
                touch[part] = touch.get(part, 0.0) + cost
        weight = float(self.graph.weight[piece])
        best, gain = home, -1e-9
        for part in touch:
            if part == home:
                continue
            change = 2 * weight * (mass[part] - mass[home] + weight) / self.target**2
            change += self.unit * (touch.get(home, 0.0) - touch[part])
            if change < gain:
                best, gain = part, change
        return best

    def _stays_whole(self, piece: int, home: int) -> bool:
        group, near = self.group, self.graph.near
        around = [o for o in near[piece] if group.get(o) == home]
        if not around:
            # The only piece of its group stays.
            return False
        seen, queue = {around[0], piece}, [around[0]]
        wanted = set(around[1:])
        while queue and wanted:
            for other in near[queue.pop()]:
                if other not in seen and group.get(other) == home:
                    seen.add(other)
                    wanted.discard(other)
                    queue.append(other)
        return not wanted
