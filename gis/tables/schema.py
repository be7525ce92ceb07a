"""The schema that all tables stand in, and how a shape is stored."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Column, MetaData

SCHEMA = "citygrid"
STORED_CRS = 4326

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def geometry(kind: str, srid: int = STORED_CRS, *, nullable: bool = False) -> Column[Any]:
    """Return the column of a shape, in WGS 84 unless another system is named."""
    # The index stands with the table's other indexes, so that a bulk load can drop and remake it.
    return Column("geom", Geometry(kind, srid=srid, spatial_index=False), nullable=nullable)
