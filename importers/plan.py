"""The part of a `city.toml` that names files: which rows come from where, all faults at once.

```toml
[[levels]]                       # widest first; the general keys are read by `gis.city`
key = "town"
file = "boundaries.gpkg"
table = "town"                   # of a GeoPackage or a workbook
columns = { code = "TOWN_ID", parent = "COUNTY_ID", name_zh = "TOWN", name_en = {…} }

[[zonings]]                      # the same keys as a level

[[layers.facilities]]            # one for each file
file = "aed.geojson"
prefix = "aed:"                  # before every key
columns = { name = "name", kind = { text = "aed" } }
only = [{ column = "class", values = ["police"] }]
reject = [{ column = "project", contains = ["drill"], reason = "a drill" }]
```

A column is a name of the file's, `{ text = "the same for all rows" }`, or
`{ column = "NAME" }` or `{ pattern = "{DAY} {TIME}" }` with `values = { theirs = "ours" }` and
`otherwise = "ours"`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gis import city as city_settings
from gis.city import City
from gis.errors import FileError, SettingsError
from importers import duties, read
from importers.coordinates import parse_crs
from importers.sources import (
    Census,
    Column,
    Footprints,
    Generator,
    Rule,
    Source,
    State,
    Units,
)
from layers.catalog import LAYERS

UNIT_FIELDS = ("code", "parent", "name_zh", "name_en", "kind")
_SOURCE_KEYS = frozenset(
    ("file", "table", "columns", "encoding", "crs", "coordinates", "only", "reject", "props",
     "prefix")
)  # fmt: skip
_LEVEL_KEYS = _SOURCE_KEYS | {"key", "names", "code_pattern", "units"}
_TOP_KEYS = frozenset(
    ("id", "names", "language", "timezone", "metric_crs", "synthetic", "view", "levels", "zonings",
     "codes_follow_parent", "tolerance_m", "attribution", "limits", "releases", "calendar",
     "handling", "coverage", "orders", "layers", "census", "footprints", "states",
     "incident_classes", *duties.COLUMNS, "generator")
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Everything a `city.toml` says."""

    city: City
    folder: Path
    # Level key → its units, widest first; empty when a generator makes them.
    levels: Mapping[str, Units]
    # Key of a further zoning → its units.
    zonings: Mapping[str, Units]
    layers: Mapping[str, tuple[Source, ...]]
    census: Census | None = None
    footprints: Footprints = field(default_factory=Footprints)
    states: Mapping[str, State] = field(default_factory=dict)
    # CSV: scheme, code, parent, zh, en.
    incident_classes: Path | None = None
    # Keys of `importers.duties.COLUMNS`.
    duties: Mapping[str, Path] = field(default_factory=dict)
    generator: Generator | None = None


def load(folder: Path) -> dict[str, Any]:
    """Return a city's settings as written, or raise SettingsError."""
    path = folder / "city.toml"
    if not path.is_file():
        raise SettingsError(
            f"There is no {path}; a city is a folder with a city.toml in it.",
            key="error.no_city_toml",
            file=str(path),
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is no TOML: {error}.", key="error.not_toml", file=str(path), why=str(error)
        ) from error


def parse(
    data: Mapping[str, Any], folder: Path, files: Path, faults: list[str]
) -> tuple[City | None, Plan | None]:
    """Read settings, adding a sentence to ``faults`` for each problem; files are only looked at.

    The plan is there even when there are faults, as far as it could be read, so that the checks
    that follow can report theirs as well. It is None when the city itself is not clear.
    """
    _unknown(data, _TOP_KEYS, "", faults)
    found = city_settings.parse(data, faults)
    reader = _Reader(files, faults)
    levels = dict(reader.units(data.get("levels"), "levels"))
    zonings = dict(reader.units(data.get("zonings"), "zonings"))
    layers = dict(reader.layers(data.get("layers", {})))
    census = reader.census(data.get("census"))
    beside = {
        key: folder / str(data[key]) for key in ("incident_classes", *duties.COLUMNS) if key in data
    }
    lost = [key for key, path in beside.items() if not path.is_file()]
    faults += [f"city.toml: {key}: there is no file {beside.pop(key).name!r}." for key in lost]
    if found is None:
        return None, None
    plan = Plan(
        city=found,
        folder=folder,
        levels=levels,
        zonings=zonings,
        layers=layers,
        census=census,
        footprints=reader.footprints(data.get("footprints", {})),
        states=reader.states(data.get("states", {})),
        incident_classes=beside.pop("incident_classes", None),
        duties=beside,
        generator=reader.generator(data.get("generator")),
    )
    return found, plan


def _unknown(item: Mapping[str, Any], known: frozenset[str], where: str, faults: list[str]) -> None:
    for key in item.keys() - known:
        place = f"{where}.{key}" if where else key
        faults.append(f"city.toml: {place!r} is not known. There are: {', '.join(sorted(known))}.")


@dataclass(frozen=True)
class _Reader:
    """Reads the parts that name files, collecting faults."""

    files: Path
    faults: list[str]

    def units(self, items: Any, part: str) -> Iterator[tuple[str, Units]]:  # noqa: ANN401
        """Yield each level's or zoning's key and where its units come from."""
        for index, item in enumerate(items if isinstance(items, list) else (), 1):
            where = f"{part}[{index}]"
            _unknown(item, _LEVEL_KEYS, where, self.faults)
            source = None
            if "file" in item:
                source = self.source(item, "units", UNIT_FIELDS, where)
                if source and "code" not in source.columns:
                    self.faults.append(f"city.toml: {where}.columns must say what 'code' is.")
            written = tuple(
                {str(k): str(v) for k, v in unit.items()} for unit in item.get("units", ())
            )
            yield str(item.get("key", index)), Units(source, written)

    def layers(self, items: Any) -> Iterator[tuple[str, tuple[Source, ...]]]:  # noqa: ANN401
        """Yield each layer's id and its files."""
        for layer_id, sources in items.items() if isinstance(items, Mapping) else ():
            layer = LAYERS.get(layer_id)
            if layer is None:
                self.faults.append(
                    f"city.toml: no layer is called {layer_id!r}. There are: {', '.join(LAYERS)}."
                )
                continue
            fields = tuple(f.name for f in layer.fields)
            found = [
                self.source(item, layer_id, fields, f"layers.{layer_id}[{index}]")
                for index, item in enumerate(sources, 1)
            ]
            yield layer_id, tuple(filter(None, found))

    def source(
        self, item: Mapping[str, Any], layer: str, fields: tuple[str, ...], where: str
    ) -> Source | None:
        """Return one file with its columns checked; None when it cannot be read at all."""
        if layer != "units":
            _unknown(item, _SOURCE_KEYS, where, self.faults)
        name, table, encoding = item.get("file", ""), item.get("table"), item.get("encoding")
        crs = item.get("crs")
        if crs is not None:
            try:
                crs = parse_crs(str(crs))
            except SettingsError as error:
                self.faults.append(f"city.toml: {where}.crs: {error}")
                crs = None
        columns = {
            str(key): column
            for key, value in item.get("columns", {}).items()
            if (column := self._column(value, f"{where}.columns.{key}")) is not None
        }
        for key in columns.keys() - set(fields):
            self.faults.append(
                f"city.toml: {where}.columns: {layer} have no {key!r}. "
                f"There are: {', '.join(fields)}."
            )
            del columns[key]
        source = Source(
            file=self.files / name,
            layer=layer,
            columns=columns,
            table=table,
            encoding=encoding,
            crs=crs,
            coordinates=tuple(item.get("coordinates", ())),
            only=tuple(Rule(r["column"], *_tests(r)) for r in item.get("only", ())),
            reject=tuple(
                Rule(r["column"], *_tests(r), str(r.get("reason", "")))
                for r in item.get("reject", ())
            ),
            props=tuple(item.get("props", ())),
            prefix=str(item.get("prefix", "")),
        )
        return source if self._has_columns(source, where) else None

    def _column(self, value: Any, where: str) -> Column | None:  # noqa: ANN401
        if isinstance(value, str):
            return Column.named(value)
        if isinstance(value, Mapping):
            given = value.keys() & {"text", "column", "pattern"}
            if len(given) == 1:
                pattern = str(value[given.pop()])
                if "column" in value:
                    pattern = "{" + pattern + "}"
                values = {str(k): str(v) for k, v in value.get("values", {}).items()}
                return Column(pattern, values, value.get("otherwise"), "text" in value)
        self.faults.append(
            f"city.toml: {where} must be a column's name or "
            f"{{text = …}}, {{column = …}} or {{pattern = …}}, found {value!r}."
        )
        return None

    def _has_columns(self, source: Source, where: str) -> bool:
        try:
            there = read.columns(source.file, table=source.table, encoding=source.encoding)
        except FileError as error:
            self.faults.append(f"city.toml: {where}: {error}")
            return False
        wanted = [name for column in source.columns.values() for name in column.needs]
        wanted += [rule.column for rule in (*source.only, *source.reject)]
        wanted += [*source.coordinates, *source.props]
        missing = [name for name in dict.fromkeys(wanted) if name not in there]
        if missing:
            self.faults.append(
                f"city.toml: {where}: {source.title} has no column "
                f"{', '.join(map(repr, missing))}. There are: {', '.join(there)}."
            )
        return not missing

    def census(self, item: Mapping[str, Any] | None) -> Census | None:
        """Return the counts to be laid on buildings."""
        if item is None:
            return None
        people = {str(sex): f"people_{sex}" for sex in item.get("people", {})}
        columns = {field: item["people"][sex] for sex, field in people.items()}
        columns |= {k: item[k] for k in ("code", "households") if k in item}
        fields = ("code", "households", *people.values())
        source = self.source({**item, "columns": columns}, "units", fields, "census")
        missing = set(fields) - columns.keys()
        if missing or not people:
            self.faults.append(
                "city.toml: census must say 'code', 'households' and 'people' (sex = column)."
            )
            return None
        return Census(source, people, "households") if source else None

    def footprints(self, item: Mapping[str, Any]) -> Footprints:
        """Return how footprints become buildings."""
        known = {name: type(value) for name, value in vars(Footprints()).items()}
        _unknown(item, frozenset(known), "footprints", self.faults)
        return Footprints(**{k: known[k](v) for k, v in item.items() if k in known})

    def states(self, items: Mapping[str, Any]) -> Mapping[str, State]:
        """Return what each layer says of its own date and source."""
        for key in items.keys() - LAYERS.keys():
            self.faults.append(
                f"city.toml: states: no layer is called {key!r}. There are: {', '.join(LAYERS)}."
            )
        return {
            key: State(str(value.get("as_of", "")), str(value.get("source", "")))
            for key, value in items.items()
        }

    def generator(self, item: Mapping[str, Any] | None) -> Generator | None:
        """Return which generator makes the city."""
        if item is None:
            return None
        return Generator(
            str(item.get("name", "")), str(item.get("size", "district")), int(item.get("seed", 1))
        )


def _tests(rule: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(map(str, rule.get("values", ()))), tuple(map(str, rule.get("contains", ())))
