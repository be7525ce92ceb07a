"""What a change of a border takes without deltas: both units' rows placed and counted anew."""

from __future__ import annotations

from sqlalchemy import Connection, text

from gis.division.delta import Delta
from gis.division.stored import shapes_4326
from layers import catalog
from layers.layer import Layer


def both(db: Connection, delta: Delta) -> None:
    """Write the outlines, place every row of the units by SQL, and count these units anew.

    Less than ours does: no history, no outlines above, no series, no tiles.
    """
    new = {n: unit.rings for n, unit in delta.new.items() if unit.rings}
    for number, shape in shapes_4326(new).items():
        db.execute(
            text(
                "UPDATE unit_version SET geom = ST_SetSRID(ST_GeomFromWKB(:wkb), 4326) "
                "WHERE unit_id = :unit AND upper_inf(valid)"
            ),
            {"wkb": shape.wkb, "unit": number},
        )
    for layer in catalog.COUNTED:
        _place(db, layer, sorted(new))
        _count(db, layer, sorted(new))


def _place(db: Connection, layer: Layer, units: list[int]) -> None:
    table = layer.table.name
    db.execute(
        text(
            f"UPDATE {table} r SET unit_id = v.unit_id FROM unit_version v "
            f"WHERE r.unit_id = ANY(:units) AND v.unit_id = ANY(:units) AND upper_inf(v.valid) "
            f"AND ST_Intersects(v.geom, r.{layer.point})"
        ),
        {"units": units},
    )


def _count(db: Connection, layer: Layer, units: list[int]) -> None:
    """Count the total and each dimension of the units, and of all that they lie in."""
    weight = "1" if layer.weight == "rows" else layer.weight
    above = (
        "SELECT DISTINCT up.unit_id, up.lft, up.rgt FROM unit_version here "
        "JOIN unit_version up ON up.zoning_id = here.zoning_id AND upper_inf(up.valid) "
        "AND here.lft BETWEEN up.lft AND up.rgt AND up.level >= here.level - 1 "
        "WHERE here.unit_id = ANY(:units) AND upper_inf(here.valid)"
    )
    for dimension, column in (
        ("total", "''"),
        *((d.key, d.column) for d in layer.dimensions if d.is_partition),
    ):
        db.execute(
            text(
                f"WITH up AS ({above}), counted AS (SELECT up.unit_id, m.id AS measure_id, "
                f"sum({weight}) AS n FROM up JOIN unit_version v ON v.zoning_id = 1 "
                f"AND upper_inf(v.valid) AND v.lft BETWEEN up.lft AND up.rgt "
                f"JOIN {layer.table.name} r ON r.unit_id = v.unit_id "
                f"JOIN measure m ON m.layer = :layer AND m.dimension = :dimension "
                f"AND m.key = ({column}) AND m.weight = :weight "
                "GROUP BY up.unit_id, m.id) "
                "UPDATE unit_count c SET n = counted.n FROM counted "
                "WHERE c.unit_id = counted.unit_id AND c.measure_id = counted.measure_id"
            ),
            {"units": units, "layer": layer.id, "dimension": dimension, "weight": layer.weight},
        )
