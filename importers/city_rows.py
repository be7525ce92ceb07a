"""Writing the rows of a whole city: those of files, those estimated from counts, generated ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select

from gis import bulk, tables
from gis.access.tables import person_private
from gis.cases import class_condition, duty_rule
from gis.city import City
from gis.errors import SettingsError
from importers import duties, limits, placed
from importers.city_files import Counted, Prepared
from importers.estimate import Buildings, on_buildings
from importers.progress import Report
from importers.sources import Footprints
from importers.upsert import hilbert_rank
from importers.writing import TABLES, Columns, Writer
from layers.handling.calendar import calendar_of
from layers.handling.clock import clock_of

_BY_NAME = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class Generated:
    """What a generator makes; see `importers.demo`."""

    settings: Mapping[str, Any]
    boundaries: Any
    zonings: Mapping[str, Any]
    incident_classes: pd.DataFrame
    conditions: pd.DataFrame
    duty_bodies: pd.DataFrame
    duties: pd.DataFrame
    staff: pd.DataFrame
    as_of: dt.datetime
    pieces: Iterable[tuple[str, Columns]]


def write_files(  # noqa: PLR0913 - what is written, and how
    db: Connection, writer: Writer, prepared: Prepared, city: City, footprints: Footprints,
    report: Report,
) -> None:  # fmt: skip
    """Write the rows of files, then people and households laid on the buildings among them."""
    buildings: Buildings | None = None
    for table in TABLES:
        rows = next((r for r in prepared.layers.values() if r.layer.table is table), None)
        if rows is None:
            continue
        total = len(rows.frame)
        report(f"writing {rows.layer.id}", 0, total)
        ids = np.arange(1, total + 1, dtype=np.int64)
        frame = rows.frame
        if rows.layer.id == "incidents":
            known = limits.of_book(prepared.duties)
            frame = limits.fill(frame, known, clock_of(calendar_of(city)))
            frame = placed.fill(db, frame, rows.units, rows.read_as)
        columns = {str(name): frame[name] for name in frame}
        writer.write(table, {"id": ids, **columns, "geom": rows.geometry}, rows.units)
        if rows.layer.id == "buildings":
            buildings = _buildings(rows.frame, ids, writer, footprints)
        report(f"writing {rows.layer.id}", total, total)
    if prepared.census is not None:
        report("laying people on buildings", 0, 1)
        _write_census(db, writer, prepared.census, buildings or _no_buildings())
        report("laying people on buildings", 1, 1)
    if prepared.classes.classes:
        db.execute(insert(tables.incident_class), [vars(c) for c in prepared.classes.classes])
    duties.write(db, prepared.duties)


def _buildings(
    frame: pd.DataFrame, ids: NDArray[np.int64], writer: Writer, footprints: Footprints
) -> Buildings:
    points = shapely.get_coordinates(frame["centre"].to_numpy())
    return Buildings(
        ids=ids,
        keys=frame["key"].to_numpy(dtype=object),
        units=writer.units_of(points).astype(np.int64),
        floor_area_m2=frame["floor_area_m2"].to_numpy(dtype=np.float64),
        is_home=frame["use"].isin(footprints.homes).to_numpy(dtype=bool),
        points=points,
    )


def _no_buildings() -> Buildings:
    none = np.empty(0, dtype=np.int64)
    return Buildings(
        none, none.astype(object), none, none.astype(float), none.astype(bool), np.empty((0, 2))
    )


def _write_census(db: Connection, writer: Writer, counted: Counted, buildings: Buildings) -> None:
    units = _units(db, counted.codes)
    codes, centres = counted.codes, units[["lon", "lat"]].to_numpy(dtype=np.float64)
    ids = units["id"].to_numpy(dtype=np.int64)
    homes = on_buildings({"household": counted.households}, codes, ids, centres, buildings)
    people = on_buildings(counted.people, codes, ids, centres, buildings)
    for table, rows, more in (
        (tables.household, homes, {"tenure": "unknown"}),
        (tables.people, people, {"residence": "unknown", "care": 0}),
    ):
        points = rows[["lon", "lat"]].to_numpy(dtype=np.float64)
        order = np.argsort(hilbert_rank(shapely.points(points)))
        rows, points = rows.iloc[order].reset_index(drop=True), points[order]
        columns = {name: pd.Series([value]).repeat(len(rows)) for name, value in more.items()}
        if table is tables.people:
            columns["sex"] = rows["kind"]
        writer.write(
            table,
            {
                "id": np.arange(1, len(rows) + 1),
                "key": rows["key"],
                "count": rows["count"].to_numpy(),
                "building_id": rows["building_id"],
                "estimated": np.ones(len(rows), dtype=bool),
                "geom": points,
                **columns,
            },
            rows["unit_id"].to_numpy(dtype=np.int64),
        )


def _units(db: Connection, codes: NDArray[np.object_]) -> pd.DataFrame:
    """Return id, lon and lat of the units with these codes, in their order."""
    u = tables.unit_version.c
    main = select(tables.zoning.c.id).where(tables.zoning.c.is_main).scalar_subquery()
    query = select(u.code, u.unit_id, func.ST_X(u.centre), func.ST_Y(u.centre)).where(
        func.upper_inf(u.valid), u.zoning_id == main, u.centre.is_not(None)
    )
    frame = pd.DataFrame(db.execute(query).all(), columns=["code", "id", "lon", "lat"])
    found = frame.set_index("code").reindex(pd.Index(codes))
    lost = [str(code) for code, missing in zip(codes, found["id"].isna(), strict=True) if missing]
    if lost:
        raise SettingsError(
            f"The census counts {len(lost):,} units that there are not: {', '.join(lost[:5])}."
        )
    return found.reset_index(drop=True)


def write_generated(db: Connection, writer: Writer, made: Generated, report: Report) -> None:
    """Write the pieces of a generated city as they are made, so that memory stays bounded."""
    for name, columns in made.pieces:
        if name == person_private.name:
            writer.write_private(columns)
        else:
            writer.write(_BY_NAME[name], columns)
        report(f"writing {name}", writer.written[name], 0)
    for name, count in writer.written.items():
        report(f"writing {name}", count, count)
    db.execute(insert(tables.duty_body), _records(made.duty_bodies))
    found = made.incident_classes[["scheme", "code", "parent_code", "names"]]
    db.execute(insert(tables.incident_class), _records(found))
    db.execute(insert(class_condition), _records(made.conditions))
    db.execute(insert(duty_rule), _records(made.duties))
    _write_staff(db, made.staff)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    listed = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in listed]


def _write_staff(db: Connection, staff: pd.DataFrame) -> None:
    u = tables.unit_version.c
    # Of every zoning; a code that several have is one of the main tree.
    query = (
        select(u.code, u.unit_id)
        .join(tables.zoning, tables.zoning.c.id == u.zoning_id)
        .where(func.upper_inf(u.valid))
        .order_by(tables.zoning.c.is_main)
    )
    unit_of = dict(db.execute(query).all())
    since = pd.to_datetime(staff["since"])
    bulk.copy(
        db,
        tables.staff_holding,
        {
            "unit_id": staff["code"].map(unit_of),
            "post": staff["post"],
            "person": staff["person"],
            "phone": staff["phone"],
            "valid": since.dt.tz_localize("UTC") if since.dt.tz is None else since,
        },
    )
