"""Loading a whole city: everything is checked, then written in one transaction, or nothing is."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from sqlalchemy import Connection, Engine, func, insert, select, text

from gis import bulk, coverage, places, tables, units
from gis.access import audit
from gis.access.audit import Act
from gis.access.keys import Keys
from gis.city import City, Zoning
from gis.errors import SettingsError, TextKey
from gis.findings import Report as Findings
from gis.said import Said
from importers import boundaries, city_files, city_rows, demo, kept, plan
from importers.city_files import Prepared
from importers.city_rows import Generated
from importers.plan import Plan
from importers.progress import Report, silent
from importers.records import write_batch, write_state
from importers.values import moment
from importers.verdicts import write_rejected
from importers.writing import TABLES, Writer
from layers import catalog, counts, release_rules, releases, tile_cache, tiles
from layers.coverage import indicators
from layers.handling import settings as handling_settings
from layers.handling.calendar import calendar_of
from layers.locating import index

EVERYWHERE = np.array([[-180.0, -90.0, 180.0, 90.0]])
# Two who load at once would mix two cities.
_LOAD_LOCK = 7_203_101


@dataclass(frozen=True)
class Loaded:
    """What loading a city did."""

    city: City
    # False when it was there already, or on a dry run.
    is_new: bool
    lines: tuple[str, ...]
    rows: Mapping[str, int]
    seconds: float

    def __str__(self) -> str:
        return "\n".join(self.lines)


def init_city(  # noqa: PLR0913 - the command's options
    engine: Engine,
    folder: Path,
    files: Path | None = None,
    report: Report = silent,
    *,
    replace: bool = False,
    size: str = "",
    as_of: dt.datetime | None = None,
    dry_run: bool = False,
    rejected: Path | None = None,
    keys: Keys | None = None,
) -> Loaded:
    """Load a whole city from its folder and files.

    Parameters
    ----------
    engine
        As the owner of the schema.
    folder
        Holds `city.toml`.
    files
        Where the files it names are; the folder itself if left out.
    report
        Told what is being done, how many are done, of how many.
    replace
        Load anew what is loaded already; without it the city that is there stays.
    size
        Of a generated city.
    as_of
        The moment a generated city is to be true of; its own if left out.
    dry_run
        Check everything, write nothing.
    rejected
        A folder for rejected rows, a CSV for each file that has some.
    keys
        What id numbers are encrypted with; without them they are left out.

    Raises
    ------
    SettingsError
        The city cannot be loaded: every fault of `city.toml`, boundaries and files at once.
        Nothing was changed.
    """
    start = time.monotonic()
    data = plan.load(folder)
    with engine.connect() as db:
        there = places.city(db)
        db.rollback()
    if there and not replace and not dry_run:
        if there.id != data.get("id"):
            raise SettingsError(
                f"This database holds {there.id!r}. Give another database, or load over it with "
                "--replace.",
                key="error.other_city",
                city=there.id,
            )
        line = Said(
            f"{there.names['en']} is loaded already; --replace loads it anew.",
            key="loaded.already", city=there.names,
        )  # fmt: skip
        return Loaded(there, False, (line,), {}, time.monotonic() - start)
    made = _generated(data, size, as_of, report)
    checked = _check(data if made is None else made.settings, folder, files, made, report)
    lines = [*checked.lines]
    if dry_run:
        can = f"{checked.city.names['en']} can be loaded; nothing was written."
        lines.append(Said(can, key="loaded.can", city=checked.city.names))
        return Loaded(checked.city, False, tuple(lines), {}, time.monotonic() - start)
    with engine.begin() as db:
        db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOAD_LOCK})
        orders = _make_room(db, checked.city, replace=replace)
        rows = _write(db, checked, made, report, keys)
        if orders is not None:
            kept.put_back(db)
        audit.record(
            db, Act.LOAD, subject=f"city/{checked.city.id}", login=audit.machine_login(),
            details={"folder": str(folder.absolute()), "anew": orders is not None,
                     "orders_removed": orders or 0, "rows": rows},
        )  # fmt: skip
    if rejected is not None:
        _write_rejected(rejected, checked.prepared)
    seconds = time.monotonic() - start
    if orders:
        went = f"{orders:,} change orders went with the units they were about."
        lines.append(Said(went, key="loaded.orders", n=orders))
    for table, count in rows.items():
        thing = TextKey(f"thing.{table}")
        lines.append(Said(f"{table}: {count:,} rows", key="loaded.rows", layer=thing, n=count))
    done = f"{checked.city.names['en']} is loaded ({seconds:.0f} s)."
    lines.append(Said(done, key="loaded.done", city=checked.city.names, seconds=seconds))
    return Loaded(checked.city, True, tuple(lines), rows, seconds)


@dataclass(frozen=True)
class _Checked:
    """A city that may be loaded."""

    city: City
    plan: Plan
    # Key of the zoning → its units, repaired.
    frames: Mapping[str, gpd.GeoDataFrame]
    prepared: Prepared
    lines: tuple[str, ...]


def _generated(
    data: Mapping[str, Any], size: str, as_of: dt.datetime | None, report: Report
) -> Generated | None:
    wanted = data.get("generator")
    if wanted is None:
        if size:
            raise SettingsError("Only a generated city comes in sizes; leave the size out.")
        return None
    if wanted.get("name") != "demo":
        raise SettingsError(f"No generator is called {wanted.get('name')!r}. There is: demo.")

    def heard(stage: str, done: int, total: int) -> None:
        report("drawing the ground" if stage == "boundaries" else "generating", done, total)

    made = demo.generate(
        demo.Size(size or wanted.get("size", "district")),
        progress=heard,
        as_of=as_of or demo.AS_OF,
    )
    return Generated(
        settings=made.settings,
        boundaries=made.boundaries,
        zonings=made.zonings,
        incident_classes=made.incident_classes,
        conditions=made.conditions,
        duty_bodies=made.duty_bodies,
        duties=made.duties,
        staff=made.staff,
        as_of=made.as_of,
        pieces=made.tables(),
    )


def _check(
    data: Mapping[str, Any],
    folder: Path,
    files: Path | None,
    made: Generated | None,
    report: Report,
) -> _Checked:
    """Check settings, boundaries and files; raise one error with every fault of all of them."""
    faults: list[str] = []
    city, found = plan.parse(data, folder, files or folder, faults)
    if found is None:
        # Boundaries and files can still be looked at: as if the city were measured in UTM.
        city, found = plan.parse(_measurable(data), folder, files or folder, [])
    if city is None or found is None:
        raise _all(faults)
    for read in (
        lambda: release_rules.read(city.releases),
        lambda: calendar_of(city),
        lambda: indicators.read(city.coverage),
        lambda: handling_settings.read(city.handling),
    ):
        try:
            read()
        except SettingsError as error:
            faults.append(str(error))
    if made is None:
        frames = boundaries.zonings(found, faults)
    else:
        frames = {city.main.key: made.boundaries, **made.zonings}
    lines: list[str] = []
    checked: dict[str, gpd.GeoDataFrame] = {}
    for zoning in city.zonings:
        frame = frames.get(zoning.key)
        if frame is None:
            continue
        report(f"checking boundaries: {zoning.key}", 0, len(frame))
        checked[zoning.key], seen = coverage.check(frame, city, zoning)
        report(f"checking boundaries: {zoning.key}", len(frame), len(frame))
        faults += [f"boundaries of {zoning.key!r}: {fault}" for fault in seen.faults]
        lines += _coverage_lines(zoning, len(frame), seen)
    main = checked.get(city.main.key)
    area = boundaries.area_of_view(city) if main is None else boundaries.area_of(main, city)
    codes = None if main is None else main["code"].astype(str).tolist()
    prepared = city_files.prepare(found, area, codes, faults, report)
    if faults:
        raise _all(faults)
    lines += city_files.describe(prepared.files)
    return _Checked(city, found, checked, prepared, tuple(lines))


def _measurable(data: Mapping[str, Any]) -> dict[str, Any]:
    view = data.get("view", {})
    centre = view.get("centre", (0, 0)) if isinstance(view, Mapping) else (0, 0)
    lon, lat = centre if len(centre) == 2 else (0, 0)
    zone = int((lon + 180) // 6) + 1
    return {**data, "metric_crs": f"EPSG:{32600 + zone if lat >= 0 else 32700 + zone}"}


def _coverage_lines(zoning: Zoning, units_there: int, found: Findings) -> list[str]:
    there = f"{zoning.key}: {units_there:,} units."
    lines: list[str] = [
        Said(there, key="loaded.units", zoning=zoning.key, n=units_there),
        *(f"    {note}" for note in found.notes),
    ]
    if found.repaired:
        area = sum(repair.area_m2 for repair in found.repaired)
        n = len(found.repaired)
        fixed = f"    {n:,} small faults repaired, {area:,.0f} m² in all."
        lines.append(Said(fixed, key="loaded.repaired", n=n, area=area))
    return lines


def _all(faults: list[str]) -> SettingsError:
    count = f"{len(faults)} fault" + ("s" if len(faults) != 1 else "")
    listed = "\n".join(f"- {fault}" for fault in dict.fromkeys(faults))
    return SettingsError(
        f"The city cannot be loaded, {count}; nothing was changed:\n{listed}",
        key="error.city_faults",
        n=len(faults),
        listed=listed,
    )


def _make_room(db: Connection, city: City, *, replace: bool) -> int | None:
    """Remove the city that is there; return how many change orders went with it, None for none."""
    there = places.city(db)
    if there is None:
        return None
    if not replace:
        raise SettingsError(
            f"{there.names['en']} was loaded meanwhile; --replace loads {city.names['en']} anew.",
            key="error.loaded_meanwhile",
            there=there.names,
            city=city.names,
        )
    return kept.make_room(db)


def _write(
    db: Connection,
    checked: _Checked,
    made: Generated | None,
    report: Report,
    keys: Keys | None,
) -> Mapping[str, int]:
    """Write everything in the caller's transaction; return the rows of each table."""
    city, now = checked.city, dt.datetime.now(dt.UTC)
    db.execute(
        insert(tables.city).values(
            id=city.id, settings=city.to_json(), is_synthetic=city.is_synthetic
        )
    )
    report("writing units", 0, len(city.zonings))
    for done, zoning in enumerate(city.zonings, 1):
        units.load(db, city, zoning, checked.frames[zoning.key], at=now)
        report("writing units", done, len(city.zonings))
    writer = Writer(db, keys)
    with bulk.indexes_dropped(db, *TABLES, tables.feature_unit):
        if made is None:
            city_rows.write_files(
                db, writer, checked.prepared, city, checked.plan.footprints, report
            )
        else:
            city_rows.write_generated(db, writer, made, report)
        report("making indexes", 0, 1)
    report("making indexes", 1, 1)
    _write_states(db, checked, made, writer)
    for file in checked.prepared.files:
        write_batch(db, file.verdicts, file.source.file, file.started)
    index.rebuild(db)
    counts.rebuild(db, *catalog.COUNTED, report=report)
    releases.make(db, report=report)
    for table in tables.metadata.sorted_tables:
        db.execute(text(f"ANALYZE {table}"))
    # A server that shows the city meanwhile starts afresh.
    for layer_id in (*catalog.LAYERS, tiles.UNITS):
        tile_cache.drop(db, layer_id, EVERYWHERE)
    return {name: count for name, count in writer.written.items() if count}


def _write_states(
    db: Connection, checked: _Checked, made: Generated | None, writer: Writer
) -> None:
    for layer in catalog.LAYERS.values():
        state = checked.plan.states.get(layer.id)
        as_of = made.as_of if made else None
        if state and state.as_of:
            as_of = moment(state.as_of, checked.city.tz)
        elif layer.time and as_of is None and writer.written[layer.table.name]:
            as_of = db.scalar(select(func.max(layer.table.c[layer.time])))
        if writer.written[layer.table.name]:
            source = state.source if state else checked.city.attribution if made else ""
            write_state(db, layer, as_of, source)


def _write_rejected(folder: Path, prepared: Prepared) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in prepared.files:
        if file.rejected:
            table = f".{file.source.table}" if file.source.table else ""
            path = folder / f"{file.source.file.stem}{table}.rejected.csv"
            write_rejected(path, file.rows, file.rejected)
