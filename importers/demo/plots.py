"""Public land of the invented city: empty ground near where facilities are missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from importers.demo.addresses import Addresses
from importers.demo.plane import Coordinates, Geometries
from importers.demo.site import Site
from importers.demo.texts import Columns, Floats

# What people most often lack in the east: where these are far, a plot is of use.
MISSED = ("health_centre", "elderly_care", "kindergarten")
# One for so many people, and never fewer.
_PEOPLE_A_PLOT, _FEWEST = 60_000, 5
_SMALLEST_M2, _LARGEST_M2 = 400.0, 12_000.0
_NEAR_M, _APART_M = 500.0, 220.0
_NO_LAND = ("river", "wood", "wetland", "shore", "bank", "park")
# (from so many square metres, what it is meant for, whose it is), the largest first.
_MEANT = (
    (5_000.0, "教育用地", "区土地储备中心"),
    (2_500.0, "医疗卫生用地", "区土地储备中心"),
    (1_200.0, "社会福利用地", "区民政局"),
    (0.0, "社区服务设施用地", "街道办事处"),
)
# 万元: the house, and for each square metre of the plot.
_COST, _COST_A_M2 = 260, 0.16


def plots(  # noqa: PLR0913 - the ground, and who lives and lacks what on it
    site: Site,
    houses: Geometries,
    homes: tuple[Coordinates, Floats],
    missed: Coordinates,
    addresses: Addresses,
    names: NDArray[np.object_],
) -> Columns:
    """Return the columns of the land table, without ids and keys.

    Parameters
    ----------
    houses
        Outlines in metres.
    homes
        Doors in metres, (n, 2), and the people behind each.
    missed
        (n, 2), the facilities of the kinds `MISSED`, in metres.
    names
        The name of each face's community, without its ending.
    """
    area = shapely.area(site.faces)
    inside, _ = shapely.STRtree(houses).query(site.faces, "intersects")
    is_empty = np.ones(len(site.faces), np.bool_)
    is_empty[inside] = False
    is_empty &= (area > _SMALLEST_M2) & (area < _LARGEST_M2) & ~np.isin(site.use, _NO_LAND)
    faces = np.flatnonzero(is_empty)
    at = shapely.get_coordinates(shapely.point_on_surface(site.faces[faces]))
    points, people = homes
    around = cKDTree(points).query_ball_point(at, _NEAR_M)
    near = np.array([people[each].sum() for each in around])
    far_m = cKDTree(missed).query(at)[0] if len(missed) else np.full(len(at), _NEAR_M)
    wanted = max(_FEWEST, round(float(people.sum()) / _PEOPLE_A_PLOT))
    picked = _apart(np.sqrt(near) * far_m, at, wanted)
    chosen = faces[picked]
    meant = [next(each for each in _MEANT if m2 >= each[0]) for m2 in area[chosen]]
    return {
        "name": pd.Series(
            [f"{names[face]}{n}号地块" for n, face in enumerate(chosen, 1)], dtype=object
        ),
        "use": pd.Series([use for _, use, _ in meant], dtype=object),
        "owner": pd.Series([owner for _, _, owner in meant], dtype=object),
        "address": pd.Series(
            [addresses.of_block(int(b)) for b in site.block[chosen]], dtype=object
        ),
        "area_m2": np.round(area[chosen]),
        "cost": np.round(_COST + area[chosen] * _COST_A_M2, -1),
        "geom": site.plane.to_degrees(at[picked]),
    }


def _apart(score: Floats, at: Coordinates, count: int) -> list[int]:
    """Return the places of the highest scores, none near another."""
    tree, is_free, picked = cKDTree(at), np.ones(len(at), np.bool_), list[int]()
    for row in np.argsort(-score, kind="stable").tolist():
        if is_free[row] and len(picked) < count:
            picked.append(row)
            is_free[tree.query_ball_point(at[row], _APART_M)] = False
    return picked
