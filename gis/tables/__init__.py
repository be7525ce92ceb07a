"""The database schema, by subject. Migrations are generated from here and from nowhere else."""

from __future__ import annotations

from gis.tables.counts import (
    PERSON_MEASURES,
    cell_count,
    h3_count,
    measure,
    outside_count,
    unit_count,
    unit_series,
)
from gis.tables.features import building, entrance, estate, facility, household, people
from gis.tables.ground import barrier, green, land, road, water
from gis.tables.incidents import duty_body, incident, incident_class
from gis.tables.loading import import_batch, layer_state
from gis.tables.place_names import place_key, place_name, place_spot
from gis.tables.schema import SCHEMA, STORED_CRS, metadata
from gis.tables.searched import SEARCHED, bigrams
from gis.tables.units import (
    city,
    feature_unit,
    staff_holding,
    unit,
    unit_lineage,
    unit_shape,
    unit_version,
    zoning,
    zoning_level,
)

__all__ = [
    "PERSON_MEASURES",
    "SCHEMA",
    "SEARCHED",
    "STORED_CRS",
    "barrier",
    "bigrams",
    "building",
    "cell_count",
    "city",
    "duty_body",
    "entrance",
    "estate",
    "facility",
    "feature_unit",
    "green",
    "h3_count",
    "household",
    "import_batch",
    "incident",
    "incident_class",
    "land",
    "layer_state",
    "measure",
    "metadata",
    "outside_count",
    "people",
    "place_key",
    "place_name",
    "place_spot",
    "road",
    "staff_holding",
    "unit",
    "unit_count",
    "unit_lineage",
    "unit_series",
    "unit_shape",
    "unit_version",
    "water",
    "zoning",
    "zoning_level",
]
