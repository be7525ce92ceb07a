"""Runs migrations; alembic calls it."""

from __future__ import annotations

import geoalchemy2.alembic_helpers as geo
from alembic import context

from gis.migrations import VERSION_TABLE
from gis.tables import SCHEMA, metadata


def is_ours(name: str | None, type_: str, _parent_names: object) -> bool:
    """Look at our schema only: PostGIS and the version table live beside it."""
    return name == SCHEMA if type_ == "schema" else True


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=is_ours,
    include_object=geo.include_object,
    process_revision_directives=geo.writer,
    render_item=geo.render_item,
    version_table=VERSION_TABLE,
    version_table_schema="public",
    transaction_per_migration=False,
)
context.run_migrations()
