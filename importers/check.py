"""Whether each row of a file may go in, and if not, why: rows as a table wants them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pandas as pd
import shapely
from geoalchemy2 import Geometry
from numpy.typing import NDArray

from gis.said import Said
from importers import fields, keys, references, values
from importers.classes import ClassBook
from importers.coordinates import Area
from importers.fill import fill
from importers.placing import places
from importers.read import Rows
from importers.references import Resolve, Stored
from importers.sources import Footprints, Source
from importers.typed import props, typed
from importers.values import Wrong
from layers.layer import Layer


@dataclass(frozen=True)
class Setting:
    """What is known of the city when a file is checked."""

    area: Area
    zone: dt.tzinfo
    resolve: Resolve
    classes: ClassBook = field(default_factory=ClassBook)
    footprints: Footprints = field(default_factory=Footprints)
    # Rows of earlier imports; none when the city is loaded for the first time.
    stored: Stored = references.nothing_stored


@dataclass(frozen=True)
class Checked:
    """The rows of a file after checking.

    Attributes
    ----------
    frame
        The good rows as columns of the table, without id and unit_id; the index says which row
        of the file each was.
    geometry
        Of the good rows, as the table holds it.
    read_as
        How the coordinates of a good row were read; None where it has none.
    units
        The unit a good row hangs on because it has no place of its own; -1 where its place says.
    given
        The columns that come from the file; the others are defaults, and no reason to change a
        row that is there.
    rejected
        Row of the file → every reason.
    read
        Rows that belong to the layer: good and rejected ones.
    left_out
        Rows of the file that are for other layers.
    """

    frame: pd.DataFrame
    geometry: NDArray[Any]
    read_as: NDArray[Any]
    units: NDArray[np.int64]
    given: tuple[str, ...]
    rejected: dict[int, str]
    read: int
    left_out: int
    notes: tuple[str, ...]


def check(
    rows: Rows, source: Source, layer: Layer, setting: Setting, wrong: Wrong | None = None
) -> Checked:
    """Read, place and judge the rows of one file.

    Parameters
    ----------
    rows
        As the file has them.
    source
        Which columns mean what.
    layer
        Where they go.
    setting
        The city.
    wrong
        Rows that are known to be wrong already, and why.

    Raises
    ------
    FileError
        When the file as a whole cannot be used.
    """
    work = _Work(rows, source, layer, setting)
    work.select()
    work.know(wrong or {})
    work.place()
    work.read_fields()
    work.find_references()
    work.keep_places()
    work.classify()
    work.turn_away()
    work.name_rows()
    return work.done()


class _Work:
    """One file on its way; rows are known by their place among those that are kept."""

    def __init__(self, rows: Rows, source: Source, layer: Layer, setting: Setting) -> None:
        self.rows, self.source, self.layer, self.setting = rows, source, layer, setting
        self.whole = len(rows)
        # Where each row that is kept stands in the file.
        self.positions = np.arange(len(rows))
        self.raw = rows.frame
        self.kind = cast("Geometry", layer.table.c.geom.type).geometry_type
        self.notes = list(rows.notes)
        self.faults: defaultdict[int, list[str]] = defaultdict(list)
        self.columns: dict[str, NDArray[Any]] = {}
        self.geometry: NDArray[Any] = np.empty(0, dtype=object)
        self.units: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.ground_m2: NDArray[np.float64] = np.empty(0)
        self.read_as: NDArray[Any] = np.empty(0, dtype=object)
        # Faults of the place; forgiven where a row names a unit or building to stand in for it.
        self.unplaced: Wrong = {}

    def select(self) -> None:
        """Keep the rows that belong to the layer."""
        kept = np.ones(len(self.rows), dtype=bool)
        for rule in self.source.only:
            kept &= rule.holds(self.rows.frame).to_numpy(dtype=bool)
        self.positions = np.flatnonzero(kept)
        self.rows = self.rows.where(kept)
        self.raw = self.rows.frame

    def know(self, wrong: Wrong) -> None:
        """Take over what is known to be wrong with rows of the file."""
        place = {int(position): index for index, position in enumerate(self.positions)}
        self._fault({place[row]: reason for row, reason in wrong.items() if row in place})

    def place(self) -> None:
        """Give each row its geometry."""
        found = places(self.rows, self.source, self.setting.area, self.kind)
        self.geometry, self.unplaced = found.geometry, found.unplaced
        self.ground_m2, self.read_as = found.ground_m2, found.read_as
        self.units = np.full(len(self.raw), -1, dtype=np.int64)
        self.notes += found.notes
        self._fault(found.wrong)

    def read_fields(self) -> None:
        """Understand the values of each column."""
        for item in self.layer.fields:
            column = self.source.columns.get(item.name)
            if column is None:
                continue
            header = column.needs[0] if len(column.needs) == 1 else item.name
            read = fields.reader(self.layer, item, self.setting.zone, header)
            found = values.convert(column.fill(self.raw), read)
            self.columns[item.name] = found.values
            self._fault(found.wrong, f"{item.names['en']}: ")
        self._measure()

    def _measure(self) -> None:
        """Say how large the ground is where the file draws it and does not say."""
        known = np.isfinite(self.ground_m2)
        if not known.any() or not any(item.name == "area_m2" for item in self.layer.fields):
            return
        said = self.columns.get("area_m2", np.full(len(self.raw), None, dtype=object)).copy()
        silent = np.flatnonzero(known & pd.isna(said))
        said[silent] = np.round(self.ground_m2[silent], 1).tolist()
        self.columns["area_m2"] = said

    def find_references(self) -> None:
        """Find the units and rows that codes mean; they stand in for a place that is missing."""
        for name in fields.REFERENCES.keys() & self.columns.keys():
            texts = self.columns.pop(name)
            known = self.setting.resolve(name, {t for t in texts if t is not None})
            targets = [None if t is None else known.get(t) for t in texts]
            label = next(f.names["en"] for f in self.layer.fields if f.name == name)
            lost = {
                i: f"{label}: {t!r} is not known"
                for i, t in enumerate(texts)
                if t is not None and targets[i] is None
            }
            self._fault(lost)
            if name != "unit_id":
                self.columns[name] = np.array([t and t.id for t in targets], dtype=object)
            if self.kind != "POINT":
                continue
            for index in list(self.unplaced):
                target = targets[index]
                if target is None:
                    continue
                self.geometry[index] = shapely.Point(target.lon, target.lat)
                if name == "unit_id":
                    self.units[index] = target.id
                del self.unplaced[index]

    def keep_places(self) -> None:
        """Let rows that are there already, and have no place in the file, stay where they are."""
        found = self.columns.get("key")
        if found is not None and self.unplaced:
            full = self._prefixed(found)
            stored = self.setting.stored(
                self.layer, {full[i] for i in self.unplaced if full[i] is not None}
            )
            staying = [i for i in self.unplaced if full[i] in stored]
            for index in staying:
                self.geometry[index], self.units[index] = stored[full[index]]
                del self.unplaced[index]
            if staying:
                self.notes.append(
                    Said(
                        f"{len(staying):,} rows without a place stay where they are.",
                        key="noted.stay",
                        n=len(staying),
                    )
                )
        self._fault(self.unplaced)

    def classify(self) -> None:
        """Find the classes of incidents."""
        if self.layer.id != "incidents":
            return
        empty = np.full(len(self.raw), None, dtype=object)
        parts = [self.columns.get(name, empty) for name in ("scheme", "big", "small")]
        found: dict[tuple[Any, ...], tuple[Any, ...] | str] = {}
        result = np.full((len(self.raw), 3), None, dtype=object)
        for index, wanted in enumerate(zip(*parts, strict=True)):
            if wanted not in found:
                try:
                    found[wanted] = self.setting.classes.find(*wanted)
                except ValueError as error:
                    found[wanted] = str(error)
            answer = found[wanted]
            if isinstance(answer, str):
                self.faults[index].append(answer)
            else:
                result[index] = answer
        self.columns |= {n: result[:, i] for i, n in enumerate(("scheme", "big", "small"))}

    def turn_away(self) -> None:
        """Reject rows by the rules of the city, and rows that stand for nothing."""
        for rule in self.source.reject:
            met = np.flatnonzero(rule.holds(self.raw).to_numpy(dtype=bool))
            self._fault(dict.fromkeys(map(int, met), rule.reason))
        count = self.columns.get("count")
        if count is not None:
            none = [i for i, n in enumerate(count) if n is not None and n < 1]
            self._fault(dict.fromkeys(none, "it counts nobody"))

    def name_rows(self) -> None:
        """Give each row a key that is its own, and turn away the second of a key."""
        found = self.columns.get("key")
        if found is None:
            self.columns["key"] = keys.of_content(self.raw, self.geometry, self.source.prefix)
            self.notes.append(keys.BY_CONTENT)
            return
        self._fault(keys.faults(found, self.rows.numbers, self.faults.keys()))
        self.columns["key"] = self._prefixed(found)

    def _prefixed(self, found: NDArray[Any]) -> NDArray[Any]:
        return np.array([None if k is None else self.source.prefix + k for k in found], object)

    def _fault(self, wrong: Wrong, label: str = "") -> None:
        for index, reason in wrong.items():
            self.faults[index].append(label + reason)

    def done(self) -> Checked:
        """Return the good rows, filled up, and the reasons of the others."""
        table = self.layer.table
        good = np.array([i for i in range(len(self.raw)) if i not in self.faults], dtype=np.int64)
        frame = pd.DataFrame(
            {name: typed(table.c[name].type, column[good]) for name, column in self.columns.items()}
        )
        if self.source.props:
            frame["props"] = props(self.raw.iloc[good][list(self.source.props)])
        geometry = self.geometry[good]
        given = tuple(frame.columns)
        frame = fill(self.layer, frame, geometry, self.setting.area, self.setting.footprints)
        needed = [
            c.name
            for c in table.c
            if not c.nullable and c.name in frame and c.name not in ("id", "geom")
        ]
        needed += [f.name for f in self.layer.fields if f.required and f.name not in frame]
        lacking = {
            name: frame[name].isna().to_numpy() if name in frame else np.ones(len(frame), bool)
            for name in needed
        }
        for name, empty in lacking.items():
            label = next((f.names["en"] for f in self.layer.fields if f.name == name), name)
            self._fault(dict.fromkeys(good[empty].tolist(), f"it has no {label.lower()}"))
        kept = ~np.any([*lacking.values(), np.zeros(len(frame), bool)], axis=0)
        positions = self.positions
        return Checked(
            frame=frame[kept].set_axis(positions[good[kept]]),
            geometry=geometry[kept],
            read_as=self.read_as[good[kept]],
            units=self.units[good[kept]],
            given=given,
            rejected={
                int(positions[i]): "; ".join(dict.fromkeys(reasons))
                for i, reasons in sorted(self.faults.items())
            },
            read=len(self.raw),
            left_out=self.whole - len(self.raw),
            notes=tuple(self.notes),
        )
