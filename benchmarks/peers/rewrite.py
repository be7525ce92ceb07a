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
    """Count the total and each dimension of the units, and of what they lie in directly."""
    weight = "1" if layer.weight == "rows" else layer.weight
    above = db.execute(
        text(
            "SELECT p.unit_id, array_agg(c.unit_id) FROM unit_version p "
            "JOIN unit_version c ON c.zoning_id = p.zoning_id AND upper_inf(c.valid) "
            "AND c.lft BETWEEN p.lft AND p.rgt "
            "WHERE upper_inf(p.valid) AND (p.unit_id = ANY(:units) OR p.unit_id IN "
            "(SELECT parent_id FROM unit_version WHERE unit_id = ANY(:units) "
            "AND upper_inf(valid))) GROUP BY p.unit_id"
        ),
        {"units": units},
    ).all()
    dimensions = [("total", "''"), *((d.key, d.column) for d in layer.dimensions if d.is_partition)]
    for unit, below in above:
        for dimension, column in dimensions:
            db.execute(
                text(
                    f"WITH counted AS (SELECT {column} AS part, sum({weight}) AS n "
                    f"FROM {layer.table.name} WHERE unit_id = ANY(:below) GROUP BY 1) "
                    "UPDATE unit_count c SET n = counted.n FROM counted, measure m "
                    "WHERE m.layer = :layer AND m.dimension = :dimension AND m.weight = :weight "
                    "AND m.key = counted.part AND c.unit_id = :unit AND c.measure_id = m.id"
                ),
                {"unit": unit, "below": below, "layer": layer.id, "dimension": dimension,
                 "weight": layer.weight},
            )  # fmt: skip
