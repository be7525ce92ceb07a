"""The city of squares with things, people and cases near the edges of its first quarter."""

import datetime as dt

from sqlalchemy import insert, text

from gis.access.posts import Post, Right
from gis.access.viewer import Holding, Viewer
from gis.tables import staff_holding
from layers import counts
from layers.catalog import COUNTED, LAYERS
from tests import builders

AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
ROOT, QUARTER, OTHER = 1, 2, 7
WEST, EAST, BEYOND = 3, 4, 8
# The fourth lies on the edge of WEST and EAST, the sixth on that of EAST and BEYOND.
SPOTS = [(0.5, 0.5), (0.9, 0.5), (0.95, 0.5), (1.0, 0.5), (1.5, 0.5), (2.0, 0.5), (2.5, 0.5)]
PEOPLE, HOMES = 7, 3
NAME = "王网格"
PHONE = "13800001111"


def fill(db):
    units = builders.load(db)
    for level in (2, 1):
        # As loading makes them: with the vertices that their children meet in.
        db.execute(
            text(
                "UPDATE citygrid.unit_version p SET geom = (SELECT ST_Multi(ST_Union(geom))"
                " FROM citygrid.unit_version WHERE parent_id = p.unit_id)"
                " WHERE zoning_id = 1 AND level = :level"
            ),
            {"level": level},
        )
    for layer_id in ("estates", "buildings", "households", "people", "facilities", "incidents"):
        items = builders.rows(layer_id, *SPOTS)
        for n, item in enumerate(items, 1):
            if layer_id == "buildings":
                item |= {"estate_id": 1 if n < 4 else None, "address": f"听潮路{n}号"}
            if layer_id == "people":
                item |= {"count": PEOPLE, "age_band": (1, 5, 13)[n % 3], "care": n % 2}
                item |= {"residence": ("registered", "migrant")[n % 2]}
            if layer_id == "households":
                item |= {"count": HOMES, "building_id": n}
            if layer_id == "incidents" and n > 1:
                item |= {"stage": "handle", "is_personal": n % 2 == 0, "title": f"=事件{n}"}
        builders.add(db, LAYERS[layer_id], units, items)
    for unit in (WEST, EAST):
        values = {"unit_id": unit, "post": "head", "person": f"{NAME}{unit}", "phone": PHONE}
        db.execute(insert(staff_holding).values(**values, valid=text("'[2020-01-01,)'")))
    counts.rebuild(db, *COUNTED)


def viewer_of(post, *ranges):
    """Somebody with a post on units."""
    rights = Holding(post, units=ranges).rights
    return Viewer(
        1, post.value, post.value, (Holding(post, units=ranges),), rights,
        units=ranges if Right.PERSONS in rights else (),
        cases=ranges if Right.CASES in rights else (),
        care=ranges if Right.CARE in rights else (),
    )  # fmt: skip


# Holds the first quarter with all in it, its western square only, nothing that a person is told of.
BOTH = viewer_of(Post.COMMUNITY_HEAD, (QUARTER, 6))
ONE = viewer_of(Post.GRID_HEAD, (WEST, WEST))
OUTSIDER = viewer_of(Post.PLANNER, (ROOT, 21))
