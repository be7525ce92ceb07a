"""What is kept of loads: how current each layer is, and what became of each file's rows."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert_into

from gis.access import audit
from gis.access.audit import Act
from gis.tables import import_batch, layer_state
from importers.verdicts import Verdicts
from layers.layer import Layer


def write_state(
    db: Connection, layer: Layer, as_of: dt.datetime | None, source: str | None = None
) -> None:
    """Write how many rows a layer has, when they were true, and who says so.

    A layer never grows older: of two dates the later stays. Without a source the one that is
    there stays.
    """
    total = db.scalar(select(func.count()).select_from(layer.table))
    c = layer_state.c
    adding = upsert_into(layer_state).values(
        layer=layer.id, rows=total, as_of=as_of, source=source or ""
    )
    new = {
        "rows": adding.excluded.rows,
        "as_of": func.greatest(c.as_of, adding.excluded.as_of),
        "changed_at": func.now(),
    }
    if source is not None:
        new["source"] = adding.excluded.source
    db.execute(adding.on_conflict_do_update(index_elements=[c.layer], set_=new))


def write_batch(db: Connection, verdicts: Verdicts, path: Path, started: dt.datetime) -> None:
    """Keep what became of a file's rows, and who brought it in."""
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    db.execute(
        insert(import_batch).values(
            layer=verdicts.layer,
            file=verdicts.file,
            sha256=checksum,
            started_at=started,
            read=verdicts.read,
            inserted=verdicts.inserted,
            updated=verdicts.updated,
            unchanged=verdicts.unchanged,
            rejected=verdicts.rejected,
            reasons=dict(verdicts.reasons),
        )
    )
    audit.record(
        db, Act.IMPORT, subject=f"layer/{verdicts.layer}", login=audit.machine_login(),
        details={
            "file": verdicts.file, "sha256": checksum, "read": verdicts.read,
            "inserted": verdicts.inserted, "updated": verdicts.updated,
            "unchanged": verdicts.unchanged, "rejected": verdicts.rejected,
        },
    )  # fmt: skip
