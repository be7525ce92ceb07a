"""PostgreSQL's binary COPY format, built from whole columns instead of row by row.

Source: PostgreSQL documentation, COPY, "Binary Format". Every function here takes one column's
values and returns them as bytes laid end to end; `rows` interleaves the columns.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import pyarrow as pa
import shapely
from geoalchemy2 import Geometry
from numba import njit
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE
from sqlalchemy.types import TypeEngine

from gis.errors import FileError

Values: TypeAlias = "npt.NDArray[Any] | pd.Series[Any]"
Bytes: TypeAlias = npt.NDArray[np.uint8]
Flags: TypeAlias = npt.NDArray[np.bool_]

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
# PostgreSQL counts days and microseconds from here.
EPOCH_DAY = np.datetime64("2000-01-01", "D")
EPOCH_US = np.datetime64("2000-01-01", "us")
TEXT_OID = 25
JSONB_VERSION = 1
LOWER_INCLUSIVE_UPPER_INFINITE = 0x02 | 0x10
EWKB_POINT_WITH_SRID = 0x20000001

INTEGERS: dict[type, npt.DTypeLike] = {SmallInteger: ">i2", Integer: ">i4", BigInteger: ">i8"}
REALS: dict[type, npt.DTypeLike] = {REAL: ">f4", Double: ">f8"}


@dataclass(frozen=True)
class Encoded:
    """One column of some rows: value ``i`` is ``data[starts[i]:starts[i + 1]]``."""

    data: Bytes
    starts: npt.NDArray[np.int64]
    is_null: Flags


def encode(column: Column[Any], values: Values, first_row: int) -> Encoded:
    """Encode one column's values as its type wants them; None, NaN, NaT and pd.NA are NULL.

    Parameters
    ----------
    column
        A column of a table; its type decides the format.
    values
        See `gis.bulk.copy`.
    first_row
        The number of the first value, for messages.

    Raises
    ------
    FileError
        If a value does not fit the column.
    """
    write = _WRITERS.get(type(column.type))
    if write is None:
        raise TypeError(f"No binary format is written for {column.table.name}.{column.name}.")
    try:
        encoded = write(column.type, values)
    except _UnfitError as fault:
        raise FileError(
            f"{column.table.name}.{column.name} cannot hold {fault.value!r}"
            f" (row {first_row + fault.index + 1}): {fault.rule}."
        ) from None
    if not column.nullable and encoded.is_null.any():
        row = first_row + int(encoded.is_null.argmax()) + 1
        raise FileError(f"{column.table.name}.{column.name} must have a value (row {row}).")
    return encoded


def rows(columns: Sequence[Encoded]) -> memoryview:
    """Interleave columns of equal length into rows: field count, then length and bytes of each."""
    size = np.full(len(columns[0].is_null), 2 + 4 * len(columns), dtype=np.int64)
    for column in columns:
        size += np.where(column.is_null, 0, np.diff(column.starts))
    cursor = np.cumsum(size) - size
    out = np.empty(int(size.sum()), dtype=np.uint8)
    _begin_rows(out, cursor, len(columns))
    for column in columns:
        _put(out, cursor, column.data, column.starts, column.is_null)
    return out.data


class _UnfitError(Exception):
    """A value that a column cannot hold: which, and the rule it breaks."""

    def __init__(self, values: Values, faulty: Flags, rule: str) -> None:
        self.index = int(np.argmax(faulty))
        value = values.iloc[self.index] if isinstance(values, pd.Series) else values[self.index]
        self.value = value.item() if isinstance(value, np.generic) else value
        self.rule = rule


def _fixed(data: npt.NDArray[Any], is_null: Flags) -> Encoded:
    width = data.dtype.itemsize
    flat = np.ascontiguousarray(data).view(np.uint8).reshape(-1)
    return Encoded(flat, np.arange(len(data) + 1, dtype=np.int64) * width, is_null)


def _joined(parts: Sequence[bytes], is_null: Flags) -> Encoded:
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)), out=starts[1:])
    # A copy, because numba compiles a second kernel for arrays it may not write to.
    return Encoded(np.frombuffer(b"".join(parts), np.uint8).copy(), starts, is_null)


def _numbers(values: Values) -> tuple[npt.NDArray[Any], Flags]:
    """Return numbers with 0 for what is missing, and what is missing."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iub":
        return values, np.zeros(len(values), dtype=bool)
    series = pd.Series(values)
    is_null = series.isna().to_numpy()
    if is_null.any():
        # Not filled with NaN: big whole numbers must not go through floats.
        series = pd.Series(series.astype(object).where(~is_null, 0).tolist())
    numbers = series.to_numpy()
    if numbers.dtype.kind not in "iufb":
        is_text = np.fromiter((not isinstance(v, int | float) for v in numbers), bool, len(numbers))
        if is_text.any():
            raise _UnfitError(values, is_text, "it must be a number")
        numbers = np.array(numbers.tolist())
    return numbers, is_null


def _integers(kind: Integer, values: Values) -> Encoded:
    numbers, is_null = _numbers(values)
    dtype = np.dtype(INTEGERS[type(kind)])
    if numbers.dtype.kind == "f" and (partial := numbers != np.rint(numbers)).any():
        raise _UnfitError(values, partial, "it must be a whole number")
    if numbers.dtype.kind != "b" and len(numbers):
        limit = np.iinfo(dtype)
        if int(numbers.min()) < limit.min or int(numbers.max()) > limit.max:
            raise _UnfitError(
                values,
                (numbers < limit.min) | (numbers > limit.max),
                f"it must lie in {limit.min} … {limit.max}",
            )
    return _fixed(numbers.astype(dtype), is_null)


def _reals(kind: TypeEngine[float], values: Values) -> Encoded:
    numbers, is_null = _numbers(values)
    dtype = np.dtype(REALS[type(kind)])
    with np.errstate(over="ignore"):
        data = numbers.astype(dtype)
    if (lost := np.isinf(data) & ~np.isinf(numbers.astype(float))).any():
        raise _UnfitError(values, lost, "it is too large")
    return _fixed(data, is_null)


def _bools(_: object, values: Values) -> Encoded:
    numbers, is_null = _numbers(values)
    if (other := (numbers != 0) & (numbers != 1)).any():
        raise _UnfitError(values, other, "it must be true or false")
    return _fixed(numbers.astype(np.uint8), is_null)


def _utf8(values: Values) -> Encoded:
    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        # Arrow would end such a text at its first zero byte.
        values = values.astype(object)
    try:
        array = pa.array(values, type=pa.large_string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        # Categories and the like come out as a type of their own.
        objects = np.array(values, dtype=object)
        is_null = pd.isna(objects)
        other = np.fromiter((not isinstance(v, str) for v in objects), bool, len(objects))
        if (other & ~is_null).any():
            raise _UnfitError(values, other & ~is_null, "it must be a text") from None
        objects[is_null] = None
        array = pa.array(objects, type=pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.DictionaryArray):
        array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    flat = np.frombuffer(data if data is not None else b"", np.uint8)[: starts[-1]]
    return Encoded(flat.copy(), starts.copy(), array.is_null().to_numpy(zero_copy_only=False))


def _texts(_: object, values: Values) -> Encoded:
    encoded = _utf8(values)
    if len(zeros := np.flatnonzero(encoded.data == 0)):
        row = np.searchsorted(encoded.starts, zeros[0], side="right") - 1
        faulty = np.arange(len(encoded.is_null)) == row
        raise _UnfitError(values, faulty, "PostgreSQL keeps no zero byte in a text")
    return encoded


def _bytes(_: object, values: Values) -> Encoded:
    objects = np.array(values, dtype=object)
    is_null = pd.isna(objects)
    parts = [b"" if null else value for value, null in zip(objects, is_null, strict=True)]
    return _joined(parts, is_null)


def _json(_: object, values: Values) -> Encoded:
    is_null = pd.isna(pd.Series(values)).to_numpy()
    version = bytes([JSONB_VERSION])
    parts = [
        b"" if null else version + (v.encode() if isinstance(v, str) else orjson.dumps(v))
        for v, null in zip(values, is_null, strict=True)
    ]
    return _joined(parts, is_null)


def _text_arrays(_: object, values: Values) -> Encoded:
    is_null = np.fromiter((not isinstance(v, list | tuple | np.ndarray) for v in values), bool)
    return _joined(
        [b"" if null else _text_array(v) for v, null in zip(values, is_null, strict=True)], is_null
    )


def _text_array(items: Sequence[str]) -> bytes:
    if not len(items):
        return struct.pack(">iii", 0, 0, TEXT_OID)
    parts = [struct.pack(">iiiii", 1, 0, TEXT_OID, len(items), 1)]
    for item in items:
        data = item.encode()
        parts += (struct.pack(">i", len(data)), data)
    return b"".join(parts)


def _dates(_: object, values: Values) -> Encoded:
    moments = pd.to_datetime(pd.Series(values))
    if moments.dt.tz is not None:
        raise TypeError("A date column takes local days, not moments with a time zone.")
    is_null = moments.isna().to_numpy()
    days = moments.to_numpy().astype("datetime64[D]") - EPOCH_DAY
    return _fixed(np.where(is_null, 0, days.astype(np.int64)).astype(">i4"), is_null)


def _microseconds(values: Values) -> tuple[npt.NDArray[np.int64], Flags]:
    moments = pd.to_datetime(pd.Series(values))
    if moments.dt.tz is not None:
        moments = moments.dt.tz_convert(None)
    elif not isinstance(values, np.ndarray) and not moments.isna().all():
        raise TypeError("A column of moments must have a time zone.")
    is_null = moments.isna().to_numpy()
    since = moments.to_numpy().astype("datetime64[us]") - EPOCH_US
    return np.where(is_null, 0, since.astype(np.int64)), is_null


def _moments(kind: DateTime, values: Values) -> Encoded:
    if not kind.timezone:
        raise TypeError("Only moments with a time zone are kept.")
    since, is_null = _microseconds(values)
    return _fixed(since.astype(">i8"), is_null)


def _open_ranges(_: object, values: Values) -> Encoded:
    since, is_null = _microseconds(values)
    data = np.empty(len(since), dtype=[("flags", "u1"), ("size", ">i4"), ("lower", ">i8")])
    data["flags"], data["size"], data["lower"] = LOWER_INCLUSIVE_UPPER_INFINITE, 8, since
    return _fixed(data, is_null)


def _geometries(kind: Geometry, values: Values) -> Encoded:
    srid: int = kind.srid
    array = np.asarray(values)
    if array.ndim == 2 and array.dtype.kind == "f":
        return _points(array, np.isnan(array).any(axis=1), srid)
    crs = getattr(values, "crs", None)
    if crs is not None and crs.to_epsg() not in (srid, None):
        raise TypeError(f"Geometries must come in EPSG:{srid}, not in {crs.to_string()}.")
    is_null = shapely.is_missing(array) | pd.isna(array)
    array = array.copy()
    array[is_null] = None
    if kind.geometry_type == "POINT" and (shapely.get_type_id(array[~is_null]) == 0).all():
        is_null |= shapely.is_empty(array)
        points = np.zeros((len(array), 2))
        points[~is_null] = shapely.get_coordinates(array[~is_null])
        return _points(points, is_null, srid)
    if kind.geometry_type == "MULTIPOLYGON":
        single = shapely.get_type_id(array) == shapely.GeometryType.POLYGON
        array[single] = shapely.multipolygons(
            array[single], indices=np.arange(np.count_nonzero(single))
        )
    return _joined(
        [
            data or b""
            for data in shapely.to_wkb(
                shapely.set_srid(array, srid), include_srid=True, output_dimension=2, byte_order=1
            )
        ],
        is_null,
    )


def _points(xy: npt.NDArray[np.float64], is_null: Flags, srid: int) -> Encoded:
    data = np.empty(
        len(xy),
        dtype=[("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("x", "<f8"), ("y", "<f8")],
    )
    data["order"], data["type"], data["srid"] = 1, EWKB_POINT_WITH_SRID, srid
    data["x"], data["y"] = xy[:, 0], xy[:, 1]
    return _fixed(data, is_null)


_WRITERS: dict[type, Callable[[Any, Values], Encoded]] = {
    **dict.fromkeys(INTEGERS, _integers),
    **dict.fromkeys(REALS, _reals),
    ARRAY: _text_arrays,
    Boolean: _bools,
    Date: _dates,
    DateTime: _moments,
    Geometry: _geometries,
    JSONB: _json,
    LargeBinary: _bytes,
    Text: _texts,
    TSTZRANGE: _open_ranges,
}


def _begin_rows_python(out: Bytes, cursor: npt.NDArray[np.int64], fields: int) -> None:
    for i in range(len(cursor)):
        out[cursor[i]] = fields >> 8
        out[cursor[i] + 1] = fields & 255
        cursor[i] += 2


def _put_python(
    out: Bytes, cursor: npt.NDArray[np.int64], data: Bytes, starts: npt.NDArray[np.int64],
    is_null: Flags,
) -> None:  # fmt: skip
    for i in range(len(cursor)):
        at = cursor[i]
        if is_null[i]:
            out[at] = out[at + 1] = out[at + 2] = out[at + 3] = 255
            cursor[i] = at + 4
            continue
        size = starts[i + 1] - starts[i]
        out[at] = (size >> 24) & 255
        out[at + 1] = (size >> 16) & 255
        out[at + 2] = (size >> 8) & 255
        out[at + 3] = size & 255
        for k in range(size):
            out[at + 4 + k] = data[starts[i] + k]
        cursor[i] = at + 4 + size


_begin_rows = njit(cache=True, nogil=True)(_begin_rows_python)
_put = njit(cache=True, nogil=True)(_put_python)
