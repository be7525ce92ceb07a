"""Reading files with geometry: GeoJSON, Shapefile, GeoPackage, whatever is wrong with them."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from gis.errors import FileError
from gis.said import Said
from importers import guess


class Parts(NamedTuple):
    """What `importers.read.Rows` is made of."""

    frame: pd.DataFrame
    geometry: NDArray[Any] | None
    crs: str | None
    numbers: NDArray[np.int64]
    notes: tuple[str, ...]


def read_geojson(path: Path) -> Parts:
    """Read a GeoJSON FeatureCollection; coordinates may be texts, geometries null."""
    # GDAL turns coordinates that are texts into null geometries, and its parser gives no place.
    data = path.read_bytes()
    encoding = guess.encoding(data[: guess.SAMPLE_BYTES])
    try:
        text = data if encoding == "utf-8" else data.decode(encoding)
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FileError(
            f"{path.name} is no whole JSON: line {error.lineno}, column {error.colno}: "
            f"{error.msg}. It was probably cut off or edited by hand; fetch it again.",
            key="error.json_cut",
            file=path.name,
            line=error.lineno,
            column=error.colno,
            why=error.msg,
        ) from error
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path.name} is neither UTF-8 nor {encoding} ({error}).",
            key="error.json_encoding",
            file=path.name,
            encoding=encoding,
            why=str(error),
        ) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise FileError(
            f"{path.name} is JSON, but no GeoJSON FeatureCollection.",
            key="error.no_geojson",
            file=path.name,
        )
    if not features:
        raise FileError(
            f"{path.name} has no features; fetch or export it again.",
            key="error.no_rows",
            file=path.name,
        )
    frame = pd.DataFrame([_flat(feature.get("properties")) for feature in features])
    if "id" not in frame and all(feature.get("id") is not None for feature in features):
        frame["id"] = [str(feature["id"]) for feature in features]
    notes: list[str] = []
    geometry = _geometries([feature.get("geometry") for feature in features], notes)
    return Parts(frame, geometry, _geojson_crs(document), _count(frame), tuple(notes))


def _flat(properties: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return properties with lists and objects as JSON texts: a table's cells hold neither."""
    if not isinstance(properties, dict):
        return {}
    return {
        name: orjson.dumps(value).decode() if isinstance(value, list | dict) else value
        for name, value in properties.items()
    }


def _geojson_crs(document: dict[str, Any]) -> str | None:
    # The `crs` member was dropped from the standard in 2016 and is still written.
    crs = document.get("crs")
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    return str(name) if name else None


def _geometries(found: list[Any], notes: list[str]) -> NDArray[Any]:
    texts = np.array([orjson.dumps(g).decode() if g else None for g in found], dtype=object)
    parsed: NDArray[Any] = shapely.from_geojson(texts, on_invalid="ignore")
    broken = [i for i, g in enumerate(found) if g and parsed[i] is None]
    mended = 0
    for index in broken:
        numbers = _numbers(found[index])
        parsed[index] = shapely.from_geojson(orjson.dumps(numbers).decode(), on_invalid="ignore")
        mended += parsed[index] is not None
    if mended:
        notes.append(
            Said(
                f"In {mended} rows the coordinates were texts; read as numbers.",
                key="noted.texts",
                n=mended,
            )
        )
    return parsed


def _numbers(value: Any) -> Any:  # noqa: ANN401
    """Return a GeoJSON geometry with coordinates that are texts made numbers."""
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, dict):
        return {k: v if k == "type" else _numbers(v) for k, v in value.items()}
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return None


def read_shapefile(path: Path, encoding: str | None) -> Parts:
    """Read a Shapefile; without a .cpg the encoding is found out from the .dbf's own bytes."""
    siblings = {suffix: _sibling(path, suffix) for suffix in (".dbf", ".shx")}
    if lost := [suffix for suffix, found in siblings.items() if found is None]:
        raise FileError(
            f"{path.name} lies without its {' and '.join(lost)} file. A Shapefile is several "
            "files of one name (.shp, .shx, .dbf, .prj, .cpg): copy all of them.",
            key="error.shapefile_part",
            file=path.name,
            lost=tuple(lost),
        )
    notes: list[str] = []
    cpg = _sibling(path, ".cpg")
    name = encoding or (cpg.read_text("ascii", "ignore").strip() if cpg else "")
    if not _is_encoding(name):
        if encoding:
            raise FileError(
                f"No encoding is called {encoding!r}. Write e.g. gb18030 or utf-8.",
                key="error.no_encoding",
                encoding=encoding,
            )
        table = (siblings[".dbf"] or path).read_bytes()
        name = guess.encoding(table[32 : guess.SAMPLE_BYTES])
        notes.append(
            Said(
                f"There is no .cpg file; the texts were read as {name.upper()}.",
                key="noted.no_cpg",
                encoding=name.upper(),
            )
        )
    if not _sibling(path, ".prj"):
        notes.append(
            Said("There is no .prj file, so the coordinate system is a guess.", key="noted.no_prj")
        )
    # Names are cut at 10 bytes and texts at their field's width, in the middle of a character
    # if need be, which GDAL refuses. Latin-1 hands the bytes through.
    frame, geometry, crs = _read(path, None, "ISO-8859-1")
    frame = frame.rename(columns=lambda text: _decoded(text, name))
    for column in frame.columns[[not _is_plain(dtype) for dtype in frame.dtypes]]:
        texts = {text: _decoded(text, name) for text in frame[column].unique()}
        frame[column] = frame[column].map(texts)
    return Parts(frame, geometry, crs, _count(frame), tuple(notes))


def _is_encoding(name: str) -> bool:
    try:
        return bool(codecs.lookup(name))
    except LookupError:
        return False


def _decoded(text: Any, encoding: str) -> Any:  # noqa: ANN401
    if not isinstance(text, str):
        return text
    return text.encode("latin-1", "ignore").decode(encoding, "ignore")


def _is_plain(dtype: Any) -> bool:  # noqa: ANN401
    return isinstance(dtype, np.dtype) and dtype.kind in "biufM"


def _sibling(path: Path, suffix: str) -> Path | None:
    return next(
        (p for p in (path.with_suffix(suffix), path.with_suffix(suffix.upper())) if p.exists()),
        None,
    )


def read_geopackage(path: Path, table: str | None) -> Parts:
    """Read one layer of a GeoPackage."""
    frame, geometry, crs = _read(path, geopackage_layer(path, table), None)
    return Parts(frame, geometry, crs, _count(frame), ())


def geopackage_layer(path: Path, table: str | None) -> str:
    """Return the layer's name, checked; the only one when none is named."""
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise FileError(
            f"{path.name} is no readable GeoPackage ({error}).",
            key="error.file_geopackage",
            file=path.name,
            why=str(error),
        ) from error
    if table is None and len(names) == 1:
        return names[0]
    if table not in names:
        what = "has several layers" if table is None else f"has no layer {table!r}"
        raise FileError(
            f"{path.name} {what}. There are: {', '.join(names)}. Name one (--table).",
            key="error.many_tables" if table is None else "error.no_table",
            file=path.name, table=table, known=tuple(names),
        )  # fmt: skip
    return table


def geopackage_columns(path: Path, table: str | None) -> list[str]:
    """Return the columns of a layer without reading its rows."""
    return [str(c) for c in pyogrio.read_info(path, layer=geopackage_layer(path, table))["fields"]]


def _read(
    path: Path, layer: str | None, encoding: str | None
) -> tuple[pd.DataFrame, NDArray[Any], str | None]:
    try:
        meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer, encoding=encoding)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise FileError(
            f"{path.name} cannot be read: {error}",
            key="error.unreadable",
            file=path.name,
            why=str(error),
        ) from error
    frame = pd.DataFrame(dict(zip(map(str, meta["fields"]), fields, strict=True)))
    if frame.empty:
        raise FileError(
            f"{path.name} has no rows; fetch or export it again.",
            key="error.no_rows",
            file=path.name,
        )
    geometry: NDArray[Any] = shapely.from_wkb(wkb, on_invalid="ignore")
    return frame, shapely.force_2d(geometry), meta["crs"]


def _count(frame: pd.DataFrame) -> NDArray[np.int64]:
    return np.arange(1, len(frame) + 1, dtype=np.int64)
