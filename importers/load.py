"""Importing a file into a layer of the city: every row gets a verdict, all or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, delete, func, select

from gis import bulk, locate, places
from gis.access.keys import Keys
from gis.city import City
from gis.errors import NotFoundError
from gis.locate import Placer
from gis.said import Said
from gis.tables import feature_unit, zoning
from importers import (
    classes,
    coordinate_columns,
    headers,
    limits,
    never_held,
    placed,
    private,
    references,
    upsert,
)
from importers.check import Checked, Setting, check
from importers.coordinates import Area, parse_crs
from importers.private import Private
from importers.progress import Report, silent
from importers.read import Rows, read
from importers.records import write_batch, write_state
from importers.sources import Column, Source
from importers.upsert import Staged, Verdict
from importers.verdicts import Verdicts, count_reasons, write_rejected
from layers import catalog, counts, rows, tile_cache
from layers.handling.calendar import calendar_of, current
from layers.handling.clock import clock_of
from layers.layer import Layer
from layers.locating import index

# Up to so many points SQL answers before an index of all faces is made.
_FEW = 200


@dataclass(frozen=True)
class Options:
    """What the user says about a file.

    Attributes
    ----------
    table
        Layer of a GeoPackage, sheet of a workbook.
    crs
        A coordinate system, "gcj02" or "bd09"; it overrides what the file claims.
    columns
        Field → the file's column, where the guess is wrong.
    constants
        Field → one text for all rows.
    prefix
        Put before every key, so that files with running numbers do not overwrite each other.
    as_of
        When what the file says was true; today if left out.
    rejected
        Where rejected rows are written; beside the file, or the working directory, if left out.
    dry_run
        Do everything, then undo it.
    keys
        What id numbers of persons are encrypted with; without them they are left out.
    """

    table: str | None = None
    crs: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    as_of: dt.datetime | None = None
    rejected: Path | None = None
    dry_run: bool = False
    keys: Keys | None = None


def import_file(
    engine: Engine,
    layer_id: str,
    path: Path,
    options: Options | None = None,
    report: Report = silent,
) -> Verdicts:
    """Import a file in a transaction of its own, then write what was rejected.

    Raises
    ------
    CityGridError
        The file, the layer or an option cannot be used; nothing was changed.
    """
    options = options or Options()
    with engine.connect() as db, db.begin() as transaction:
        verdicts, rejected = add_file(db, layer_id, path, options, report)
        if options.dry_run:
            transaction.rollback()
    if rejected is not None:
        target = options.rejected or path.with_name(f"{path.stem}.rejected.csv")
        try:
            write_rejected(target, *rejected)
        except OSError:
            # The folder of the file may be somebody else's.
            target = Path.cwd() / target.name
            write_rejected(target, *rejected)
        verdicts = replace(verdicts, rejected_file=target)
    return verdicts


def add_file(
    db: Connection, layer_id: str, path: Path, options: Options, report: Report = silent
) -> tuple[Verdicts, tuple[Rows, Mapping[int, str]] | None]:
    """Import a file in the caller's transaction.

    Returns
    -------
    Verdicts
        What became of the rows.
    tuple
        The rows of the file and the reasons of the rejected ones; None when there are none.
    """
    started = dt.datetime.now(dt.UTC)
    layer = catalog.get(layer_id)
    city = places.city_of(db)
    report("reading", 0, 1)
    found = read(path, table=options.table, encoding=options.encoding)
    dropped = never_held.find(list(found.frame.columns), layer.id)
    found = replace(found, frame=found.frame.drop(columns=list(dropped)))
    secret, named = private.NOTHING, options.columns
    if layer.id == "people":
        # First of all: what goes on from here has nothing private in it.
        found, secret = private.take(found, named)
        named = {name: header for name, header in named.items() if name not in private.NAMES}
    rest = [header for header in found.frame.columns if header not in secret.fields.values()]
    matched = headers.match(rest, layer, named)
    source = _source(path, layer, matched, options)
    xy = coordinate_columns.find(list(found.frame.columns)) if found.geometry is None else ()
    report("reading", 1, 1)
    report("checking", 0, len(found))
    checked = check(found, source, layer, setting(db, city), secret.wrong)
    if layer.id == "incidents":
        # Until all is written nobody changes which days are worked: `calendar_days.save`.
        locate.hold_faces(db)
        clock = clock_of(calendar_of(current(db, city)))
        frame = limits.kept(db, checked.frame)
        frame = limits.fill(frame, limits.stored(db), clock)
        checked = replace(checked, frame=placed.fill(db, frame, checked.units, checked.read_as))
    report("checking", len(found), len(found))
    staged, outside = _write(db, layer, checked, secret, options, report)
    verdicts = Verdicts(
        layer=layer.id,
        file=path.name,
        read=checked.read,
        inserted=len(staged.of(Verdict.INSERTED)),
        updated=len(staged.of(Verdict.UPDATED)),
        unchanged=len(staged.of(Verdict.UNCHANGED)),
        rejected=len(checked.rejected),
        outside=outside,
        reasons=count_reasons(checked.rejected.values()),
        notes=(*checked.notes, *_left_out(secret, options)),
        fields={**matched.fields, **secret.fields, **({"place": " and ".join(xy)} if xy else {})},
        unused=tuple(header for header in matched.unused if header not in xy),
        dropped=dropped,
        is_dry_run=options.dry_run,
    )
    write_batch(db, verdicts, path, started)
    return verdicts, (found, checked.rejected) if checked.rejected else None


def setting(db: Connection, city: City) -> Setting:
    """Return what the city in this database says about files that come in."""
    root = places.root(db)
    if root is None or root.bounds_4326 is None:
        raise NotFoundError(
            "The city has no boundaries yet. Load them first.", key="error.no_boundaries"
        )
    return Setting(
        area=Area(root.bounds_4326, city.metric_crs),
        zone=city.tz,
        resolve=references.resolver(db),
        stored=references.stored_places(db),
        classes=classes.stored(db),
    )


def _source(path: Path, layer: Layer, matched: headers.Matched, options: Options) -> Source:
    headers.require_fields(layer, sorted(options.constants))
    constants = {n: Column(text, is_constant=True) for n, text in options.constants.items()}
    return Source(
        file=path,
        layer=layer.id,
        columns=matched.columns | constants,
        crs=parse_crs(options.crs) if options.crs else None,
        prefix=options.prefix,
    )


def _left_out(secret: Private, options: Options) -> tuple[str, ...]:
    if options.keys is not None or "id_number" not in secret.fields:
        return ()
    return (
        Said(
            "Id numbers were left out: there is no key here to encrypt them with.",
            key="noted.no_key",
        ),
    )


def _write(  # noqa: PLR0913 - what is written, and how
    db: Connection,
    layer: Layer,
    checked: Checked,
    secret: Private,
    options: Options,
    report: Report,
) -> tuple[Staged, int]:
    """Put good rows into their table and counts; return them and how many are in no unit."""
    total = len(checked.frame)
    report("placing", 0, total)
    main, others = _placed(db, layer, checked)
    report("placing", total, total)
    report("writing", 0, total)
    staged = upsert.stage(db, layer, checked, main)
    touched = staged.of(Verdict.INSERTED, Verdict.UPDATED)
    before = rows.read(db, layer, touched) if layer.is_counted else None
    boxes = [_boxes(db, layer, staged.of(Verdict.UPDATED))]
    if layer.id == "incidents":
        placed.renew(db, staged)
    upsert.write(db, layer, staged)
    if layer.id == "incidents":
        limits.renew(db, staged)
    index.refresh(db, layer.id, touched.tolist())
    if layer.id == "people" and len(staged.ids):
        changed = private.write(
            db, options.keys, secret, staged.ids, checked.frame.index.to_numpy()
        )
        staged.verdicts[changed & (staged.verdicts == Verdict.UNCHANGED)] = Verdict.UPDATED
    boxes.append(_boxes(db, layer, touched))
    tile_cache.drop(db, layer.id, np.concatenate(boxes))
    _write_others(db, layer, staged, others)
    _state(db, layer, checked, options)
    if before is not None:
        counts.add(db, layer, before, rows.read(db, layer, touched))
    report("writing", total, total)
    return staged, int((main < 0).sum())


def _boxes(db: Connection, layer: Layer, ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return west, south, east, north of rows that are there."""
    box = func.box2d(layer.table.c.geom)
    edges = (func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    found = db.execute(select(*edges).where(layer.table.c.id == func.any(ids.tolist())))
    return np.array([tuple(row) for row in found], dtype=np.float64).reshape(-1, 4)


def _placed(
    db: Connection, layer: Layer, checked: Checked
) -> tuple[NDArray[np.int32], Mapping[int, NDArray[np.int32]]]:
    """Return the unit of each good row in the main zoning, and in each further one."""
    if "unit_id" not in layer.table.c:
        return np.zeros(len(checked.frame), dtype=np.int32), {}
    shapes = checked.frame.get(layer.point, checked.geometry)
    xy = shapely.get_coordinates(np.asarray(shapes))
    if len(xy) > _FEW:
        placer = Placer(db)
        main, others = placer.main(xy), placer.others(xy)
    else:
        locate.hold_faces(db)
        found = {
            row.id: np.array(
                [locate.unit_at(db, row.id, lon, lat) or -1 for lon, lat in xy], dtype=np.int32
            )
            for row in db.execute(select(zoning.c.id, zoning.c.is_main).order_by(~zoning.c.is_main))
        }
        main = found.pop(next(iter(found)))
        others = found
    # A row known only to a unit hangs there, wherever the point that stands for it lies.
    return np.where(checked.units >= 0, checked.units, main).astype(np.int32), others


def _write_others(
    db: Connection, layer: Layer, staged: Staged, others: Mapping[int, NDArray[np.int32]]
) -> None:
    touched = np.isin(staged.verdicts, (Verdict.INSERTED, Verdict.UPDATED))
    if not others or not touched.any():
        return
    ids = staged.ids[touched]
    c = feature_unit.c
    db.execute(
        delete(feature_unit).where(c.layer == layer.id, c.feature_id == func.any(ids.tolist()))
    )
    for number, units in others.items():
        inside = units[touched] >= 0
        bulk.copy(
            db,
            feature_unit,
            {
                "layer": np.full(inside.sum(), layer.id, dtype=object),
                "zoning_id": np.full(inside.sum(), number),
                "feature_id": ids[inside],
                "unit_id": units[touched][inside],
            },
        )


def _state(db: Connection, layer: Layer, checked: Checked, options: Options) -> None:
    as_of = options.as_of or dt.datetime.now(dt.UTC)
    if options.as_of is None and layer.time and len(checked.frame):
        as_of = pd.Timestamp(checked.frame[layer.time].max()).to_pydatetime()
    write_state(db, layer, as_of)
