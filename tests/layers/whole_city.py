"""A loaded city as a whole: everything a change may touch, and whether all of it is right."""

from __future__ import annotations

import shapely
from sqlalchemy import text

from gis.shapes import BANDS, PIXEL_AT_ZOOM_0_M
from gis.verify import check_units
from layers import catalog, verify

# Everything a change may touch, without what only says how it is kept (numbers of versions, room
# between the numbers of the tree).
VIEW = {
    "units": """
        SELECT v.unit_id, code, names::text, level, parent_id, kind, is_face,
          md5(ST_AsBinary(ST_Normalize(geom))), round(area_m2::numeric, 3),
          rank() OVER (PARTITION BY zoning_id ORDER BY lft)
        FROM citygrid.unit_version v WHERE upper_inf(valid) ORDER BY 1""",
    "counts": "SELECT * FROM citygrid.unit_count ORDER BY 1, 2",
    "outside": "SELECT * FROM citygrid.outside_count ORDER BY 1, 2",
    "series": "SELECT unit_id, md5(string_agg(measure_id || ':' || day || ':' || n, ',' "
    "ORDER BY measure_id, day)) FROM citygrid.unit_series GROUP BY 1 ORDER BY 1",
    "then": "SELECT md5(string_agg(id || ':' || coalesce(unit_then_id, 0), ',' ORDER BY id)) "
    "FROM citygrid.incident",
    **{
        layer.id: f"SELECT md5(string_agg(id || ':' || coalesce(unit_id, 0), ',' ORDER BY id)) "
        f"FROM citygrid.{layer.table.name}"
        for layer in catalog.COUNTED
    },
}


def view(db):
    return {name: [tuple(row) for row in db.execute(text(sql))] for name, sql in VIEW.items()}


def drawn(db):
    """How each unit is drawn in each band of zooms."""
    rows = db.execute(
        text(
            "SELECT unit_id, level, zoom_from, zoom_to, ST_AsBinary(ST_Normalize(geom))"
            " FROM citygrid.unit_shape"
        )
    )
    return {tuple(row[:4]): bytes(row[4]) for row in rows}


def refuse_other_drawings(before, after):
    """Units are drawn as before, or nowhere further from it than a band's zooms can show.

    Simplifying keeps edges from crossing others nearby, so at the lowest zooms, where a pixel is
    wider than such a unit, it may come out otherwise with other neighbours' neighbours.
    """
    assert before.keys() == after.keys()
    others = sorted(key for key in before if before[key] != after[key])
    assert len(others) <= len(before) / 1000
    for key in others:
        last = key[3]
        assert last < BANDS[-1][1], key
        shapes = shapely.from_wkb([before[key], after[key]])
        assert shapely.hausdorff_distance(*shapes) <= 2 * PIXEL_AT_ZOOM_0_M / 2**last, key


def silent(*_):
    """No report."""


def refuse_differences(db):
    found = [*check_units(db, silent), *verify.check_counts(db, silent)]
    wrong = [str(one) for one in found if one.wrong]
    assert not wrong, "\n".join(wrong)


def some_units(db, seed, level, count):
    """Units of a level that lie next to each other."""
    rows = db.execute(
        text(
            "WITH start AS (SELECT geom FROM citygrid.unit_version WHERE zoning_id = 1"
            " AND level = :level AND upper_inf(valid) AND geom IS NOT NULL"
            " ORDER BY md5(unit_id || ':' || :seed) LIMIT 1)"
            " SELECT v.unit_id FROM citygrid.unit_version v, start WHERE zoning_id = 1"
            " AND level = :level AND upper_inf(valid) AND v.geom IS NOT NULL"
            " ORDER BY v.geom <-> start.geom LIMIT :count"
        ),
        {"level": level, "seed": seed, "count": count},
    )
    return [row[0] for row in rows]
