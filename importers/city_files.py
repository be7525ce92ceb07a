"""A city's rows from the files of its plan: everything checked first, then written in bulk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.errors import CityGridError, TextKey
from gis.said import Said
from importers import classes, duties, private
from importers.check import Checked, Setting, check
from importers.classes import ClassBook
from importers.coordinates import Area
from importers.duties import DutyBook
from importers.fill import metric
from importers.footprints import same_buildings, take_over
from importers.plan import Plan
from importers.progress import Report
from importers.read import Rows, read
from importers.sources import Census, Source
from importers.upsert import hilbert_rank
from importers.values import convert, integer, text
from importers.verdicts import Verdicts, count_reasons
from layers import catalog
from layers.layer import Layer

NO_UNIT = -1
PRIVATE_LEFT_OUT = (
    "Names, telephones, doors and id numbers were left out; "
    "`citygrid import people` brings them in."
)


@dataclass(frozen=True)
class LayerRows:
    """All good rows of one layer, ready for its table.

    Attributes
    ----------
    frame
        Columns of the table without id and unit, in the order they are to lie on disk.
    geometry
        Of each row.
    units
        The unit of rows that are known only to a unit, -1 for the others.
    read_as
        How the coordinates of a row were read; None where it has none.
    """

    layer: Layer
    frame: pd.DataFrame
    geometry: NDArray[Any]
    units: NDArray[np.int64]
    read_as: NDArray[Any]


@dataclass(frozen=True)
class Counted:
    """What a census says of each unit; arrays of one length."""

    codes: NDArray[np.object_]
    people: Mapping[str, NDArray[np.int64]]
    households: NDArray[np.int64]


@dataclass(frozen=True)
class FileVerdict:
    """What became of one file, with what is needed to write its rejected rows."""

    source: Source
    verdicts: Verdicts
    rows: Rows
    rejected: Mapping[int, str]
    started: dt.datetime


@dataclass
class Prepared:
    """Everything a city's files say, checked and in memory."""

    layers: dict[str, LayerRows] = field(default_factory=dict)
    census: Counted | None = None
    classes: ClassBook = field(default_factory=ClassBook)
    duties: DutyBook = field(default_factory=DutyBook)
    files: list[FileVerdict] = field(default_factory=list)


def prepare(
    plan: Plan, area: Area, codes: Collection[str] | None, faults: list[str], report: Report
) -> Prepared:
    """Read and check every file of a plan, adding a sentence to ``faults`` for each problem.

    Rows are judged one by one and rejected with a reason; a fault is what makes a file useless.

    Parameters
    ----------
    codes
        Of the units of the main tree; None where those could not be read.
    """
    prepared = Prepared()
    if plan.incident_classes:
        try:
            prepared.classes = classes.read(plan.incident_classes)
        except CityGridError as error:
            faults.append(f"incident_classes: {error}")
    prepared.duties = duties.read(plan.duties, prepared.classes, codes, plan.city.tz, faults)
    setting = Setting(
        area=area,
        zone=plan.city.tz,
        resolve=lambda _field, _texts: {},
        classes=prepared.classes,
        footprints=plan.footprints,
    )
    total = sum(len(sources) for sources in plan.layers.values()) + (plan.census is not None)
    done = 0
    report("checking files", done, total)
    for layer_id, sources in plan.layers.items():
        layer = catalog.get(layer_id)
        parts: list[tuple[FileVerdict, Checked]] = []
        for source in sources:
            try:
                parts.append(_read(source, layer, setting))
            except CityGridError as error:
                faults.append(f"{layer_id}: {source.title}: {error}")
            done += 1
            report("checking files", done, total)
        _prepare_layer(prepared, layer, parts, plan, setting)
    if plan.census is not None:
        try:
            prepared.census = _read_census(plan.census)
        except CityGridError as error:
            faults.append(f"census: {error}")
        report("checking files", total, total)
    return prepared


def _read(source: Source, layer: Layer, setting: Setting) -> tuple[FileVerdict, Checked]:
    started = dt.datetime.now(dt.UTC)
    rows = read(source.file, table=source.table, encoding=source.encoding)
    secret = private.NOTHING
    if layer.id == "people":
        key = source.columns.get("key")
        named = {"key": key.needs[0]} if key and len(key.needs) == 1 else {}
        rows, secret = private.take(rows, named)
    checked = check(rows, source, layer, setting)
    verdicts = Verdicts(
        layer=layer.id,
        file=source.title,
        read=checked.read,
        inserted=len(checked.frame),
        updated=0,
        unchanged=0,
        rejected=len(checked.rejected),
        left_out=checked.left_out,
        reasons=count_reasons(checked.rejected.values()),
        notes=(*checked.notes, *([PRIVATE_LEFT_OUT] if secret.fields else [])),
        fields={name: column.pattern for name, column in source.columns.items()},
    )
    return FileVerdict(source, verdicts, rows, checked.rejected, started), checked


def _prepare_layer(
    prepared: Prepared,
    layer: Layer,
    parts: list[tuple[FileVerdict, Checked]],
    plan: Plan,
    setting: Setting,
) -> None:
    if not parts:
        return
    checked = [part for _, part in parts]
    frame = pd.concat([part.frame for part in checked], ignore_index=True)
    geometry = np.concatenate([part.geometry for part in checked])
    units = np.concatenate([part.units for part in checked])
    read_as = np.concatenate([part.read_as for part in checked])
    file = np.repeat(np.arange(len(parts)), [len(part.frame) for part in checked])
    verdicts = [verdict for verdict, _ in parts]
    if layer.id == "buildings" and len(parts) > 0:
        shapes = metric(geometry, setting.area)
        merged = same_buildings(
            shapes, file, frame["key"].tolist(), plan.footprints.same_when_covered
        )
        frame = take_over(frame, shapes, merged, plan.footprints)
        kept = frame.index.to_numpy()
        positions = np.concatenate([part.frame.index.to_numpy() for part in checked])
        verdicts = [
            _without(verdict, {
                int(positions[i]): why for i, why in merged.reasons.items() if file[i] == number
            })
            for number, verdict in enumerate(verdicts)
        ]  # fmt: skip
        geometry, units, read_as = geometry[kept], units[kept], read_as[kept]
        frame = frame.reset_index(drop=True)
    if "props" in frame:
        frame["props"] = frame["props"].where(frame["props"].notna(), "{}")
    order = np.argsort(hilbert_rank(geometry))
    prepared.layers[layer.id] = LayerRows(
        layer,
        frame.iloc[order].reset_index(drop=True),
        geometry[order],
        units[order],
        read_as[order],
    )
    prepared.files += verdicts


def _without(verdict: FileVerdict, dropped: Mapping[int, str]) -> FileVerdict:
    rejected = {**verdict.rejected, **dropped}
    verdicts = replace(
        verdict.verdicts,
        inserted=verdict.verdicts.inserted - len(dropped),
        rejected=len(rejected),
        reasons=count_reasons(rejected.values()),
    )
    return replace(verdict, verdicts=verdicts, rejected=rejected)


def _read_census(census: Census) -> Counted:
    source = census.source
    frame = read(source.file, table=source.table, encoding=source.encoding).frame
    codes = convert(source.columns["code"].fill(frame), text).values

    def numbers(name: str) -> NDArray[np.int64]:
        found = convert(source.columns[name].fill(frame), integer)
        if found.wrong:
            row, why = next(iter(found.wrong.items()))
            raise CityGridError(f"{source.title}: row {row + 1}: {why}.")
        return np.array([n or 0 for n in found.values], dtype=np.int64)

    return Counted(
        codes,
        {sex: numbers(name) for sex, name in census.people.items()},
        numbers(census.households),
    )


def describe(files: Iterable[FileVerdict]) -> list[str]:
    """Return a line for each file, and one for each reason rows of it were rejected."""
    lines: list[str] = []
    for file in files:
        v = file.verdicts
        left = f", {v.left_out:,} for no layer" if v.left_out else ""
        told = (
            f"{v.file} → {v.layer}: {v.read:,} rows read, {v.inserted:,} inserted, "
            f"{v.rejected:,} rejected{left}."
        )
        lines.append(
            Said(
                told,
                key="noted.file_left_out" if v.left_out else "noted.file",
                file=v.file,
                layer=TextKey(f"thing.{v.layer}"),
                read=v.read,
                inserted=v.inserted,
                rejected=v.rejected,
                left=v.left_out,
            )
        )
        lines += [f"    {n:,}: {reason}" for reason, n in v.reasons.items()]
        # That rows are named by content is no news at a first load.
        lines += [
            Said(f"    {note}", key="noted.indented", note=note)
            for note in v.notes
            if "is its key" not in note
        ]
    return lines
