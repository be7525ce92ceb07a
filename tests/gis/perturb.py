"""Puts faults into good boundaries, at places of their own, and remembers each one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from gis.city import City
from gis.findings import Rule


@dataclass(frozen=True)
class Injected:
    """One fault that was put in."""

    what: str
    # A report of it lies here.
    within: shapely.Geometry
    # Any of these is a right answer.
    rules: frozenset[Rule]


class Perturbed:
    """Boundaries being spoilt; each face and its neighbours are touched once.

    ``frame`` is indexed from 0 and its faces are the units of the deepest level.
    """

    def __init__(self, frame: gpd.GeoDataFrame, city: City, seed: int) -> None:
        self.frame = frame
        self.shapes = np.array(frame.geometry.to_numpy(), dtype=object)
        self.injected: list[Injected] = []
        self.rng = np.random.default_rng(seed)
        self._to_metric = pyproj.Transformer.from_crs(4326, city.metric_crs, always_xy=True)
        faces = np.flatnonzero(frame.level == frame.level.max())
        self._faces = faces
        self._tree = shapely.STRtree(self.shapes[faces])
        self._metric = {int(i): self.metric(self.shapes[i]) for i in faces}
        self._outline = shapely.boundary(shapely.coverage_union_all(self.shapes[faces]))
        self._taken: set[int] = set()

    def metric(self, shape):
        return shapely.transform(shape, self._to_metric.transform, interleaved=False)

    def degrees(self, shape):
        return shapely.transform(
            shape,
            lambda x, y: self._to_metric.transform(x, y, direction="INVERSE"),
            interleaved=False,
        )

    def neighbours(self, i: int) -> list[int]:
        return self._faces[self._tree.query(self.shapes[i], predicate="intersects")].tolist()

    def places(self, *, least_width_m: float = 25.0) -> Iterator[int]:
        """Yield inner faces wide enough that no small fault can change their character."""
        for i in self.rng.permutation(self._faces).tolist():
            around = self.neighbours(i)
            if self._taken.intersection(around) or self.shapes[i].geom_type != "Polygon":
                continue
            wide = [self._metric[k].buffer(-least_width_m / 2).is_empty for k in around]
            if any(wide) or self.shapes[i].intersects(self._outline):
                continue
            further = {n for k in around for n in self.neighbours(k)}
            self._taken.update(further)
            yield i

    def spoil(self, what: str, count: int, do: Callable[[int], bool], *rules: Rule) -> None:
        """Do something to ``count`` faces; ``do`` returns False where it cannot."""
        done = 0
        for i in self.places():
            around = self.neighbours(i)
            within = shapely.union_all(self.shapes[around]).buffer(3e-4)
            if not do(i):
                continue
            self.injected.append(Injected(what, within, frozenset(rules)))
            done += 1
            if done == count:
                return
        raise AssertionError(f"Only {done} of {count} places for {what}.")

    def add(self, code: str, parent: str, shape) -> None:
        row = gpd.GeoDataFrame(
            {"code": [code], "level": [self.frame.level.max()], "parent_code": [parent]},
            geometry=[None], crs=4326,
        )  # fmt: skip
        self.frame = gpd.GeoDataFrame(pd.concat([self.frame, row], ignore_index=True), crs=4326)
        self.shapes = np.append(self.shapes, np.array([shape], dtype=object))

    def drop(self, i: int) -> None:
        self.shapes[i] = None
        self.frame.loc[i, "level"] = -1

    def result(self) -> gpd.GeoDataFrame:
        frame = self.frame.set_geometry(gpd.GeoSeries(self.shapes, crs=4326))
        return frame[frame.level > 0].reset_index(drop=True)

    # --- what can be done to a face; lengths in metres ------------------------------------

    def move_vertex(self, distance_m: float) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            xy = shapely.get_coordinates(self._metric[i].exterior)[:-1]
            k = int(self.rng.integers(len(xy)))
            a, b, c = xy[k - 1], xy[k], xy[(k + 1) % len(xy)]
            across = np.array([a[1] - c[1], c[0] - a[0]])
            base = np.hypot(*across)
            if base < 10 or min(np.hypot(*(b - a)), np.hypot(*(b - c))) < 5:
                return False
            moved = xy.copy()
            moved[k] = b + across / base * distance_m * self.rng.choice([-1, 1])
            return self._replace(i, shapely.Polygon(moved, self._metric[i].interiors))

        return do

    def drop_vertex(self, least_m: float, most_m: float) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            xy = shapely.get_coordinates(self._metric[i].exterior)[:-1]
            for k in self.rng.permutation(len(xy)):
                line = shapely.LineString([xy[k - 1], xy[(k + 1) % len(xy)]])
                off = line.distance(shapely.Point(xy[k]))
                if least_m <= off <= most_m and len(xy) > 3 and line.length > 10:
                    rest = np.delete(xy, k, axis=0)
                    return self._replace(i, shapely.Polygon(rest, self._metric[i].interiors))
            return False

        return do

    def insert_vertex(self) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            xy = shapely.get_coordinates(self.shapes[i].exterior)
            k = int(self.rng.integers(1, len(xy)))
            middle = (xy[k - 1] + xy[k]) / 2
            ring = np.insert(xy, k, middle, axis=0)
            self.shapes[i] = shapely.Polygon(ring, self.shapes[i].interiors)
            return True

        return do

    def swell(self, by_m: float) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            return self._replace(i, self._metric[i].buffer(by_m, join_style="mitre"))

        return do

    def shift(self, by_m: float) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            angle = self.rng.uniform(0, 2 * np.pi)
            step = by_m * np.array([np.cos(angle), np.sin(angle)])
            return self._replace(i, shapely.transform(self._metric[i], lambda xy: xy + step))

        return do

    def punch(self, radius_m: float) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            disc = self._disc(i, radius_m)
            return disc is not None and self._replace(i, self._metric[i].difference(disc))

        return do

    def double(self) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            self.add(self._new_code(i), self.frame.parent_code[i], self.shapes[i])
            return True

        return do

    def miss(self) -> Callable[[int], bool]:
        def do(i: int) -> bool:
            if (self.frame.parent_code == self.frame.parent_code[i]).sum() < 2:
                # Its parent would become a face, with a polygon of its own: no fault at all.
                return False
            self.drop(i)
            return True

        return do

    def enclave(self, radius_m: float, *, gap_m: float = 0.0, uncut: bool = False):
        """A new unit inside a face, cut out of it (or not), perhaps not quite filling its hole."""

        def do(i: int) -> bool:
            disc = self._disc(i, radius_m)
            if disc is None:
                return False
            inner = self._snapped(disc.buffer(-gap_m) if gap_m else disc)
            if not uncut:
                self.shapes[i] = shapely.difference(
                    shapely.set_precision(self.shapes[i], 0), self._snapped(disc)
                )
            self.add(self._new_code(i), self.frame.parent_code[i], inner)
            return True

        return do

    def island(self, radius_m: float):
        """A part of one face given to another of the same parent that does not touch it."""

        def do(i: int) -> bool:
            same = self.frame.index[self.frame.parent_code == self.frame.parent_code[i]]
            others = [k for k in same.tolist() if k != i and k not in self.neighbours(i)]
            disc = self._disc(i, radius_m)
            if disc is None or not others:
                return False
            piece = self._snapped(disc)
            self.shapes[i] = self.shapes[i].difference(piece)
            self.shapes[others[0]] = shapely.MultiPolygon(
                [*shapely.get_parts(self.shapes[others[0]]), piece]
            )
            return True

        return do

    def cross(self) -> Callable[[int], bool]:
        """Two vertices in the wrong order: the outline crosses itself."""

        def do(i: int) -> bool:
            xy = shapely.get_coordinates(self._metric[i].exterior)[:-1]
            for k in self.rng.permutation(len(xy)):
                order = np.arange(len(xy))
                order[[k - 1, k]] = order[[k, k - 1]]
                twisted = shapely.Polygon(xy[order])
                if twisted.is_valid:
                    continue
                lobes = shapely.get_parts(shapely.make_valid(twisted, method="linework"))
                if sum(not lobe.buffer(-3).is_empty for lobe in lobes) > 1:
                    return self._replace(i, twisted)
            return False

        return do

    def adopt(self) -> Callable[[int], bool]:
        """A face that names a parent elsewhere."""

        def do(i: int) -> bool:
            if (self.frame.parent_code == self.frame.parent_code[i]).sum() < 2:
                return False
            level = self.frame.level == self.frame.level.max() - 1
            elsewhere = self.frame.code[level].iloc[int(self.rng.integers(level.sum()))]
            self.frame.loc[i, "parent_code"] = elsewhere
            return True

        return do

    def _replace(self, i: int, metric_shape) -> bool:
        self.shapes[i] = self.degrees(metric_shape)
        return True

    def _snapped(self, metric_shape):
        return shapely.transform(self.degrees(metric_shape), lambda xy: xy.round(7))

    def _disc(self, i: int, radius_m: float):
        disc = self._metric[i].representative_point().buffer(radius_m, quad_segs=4)
        return disc if self._metric[i].buffer(-3).contains(disc) else None

    def _new_code(self, i: int) -> str:
        return f"{self.frame.code[i]}X"
