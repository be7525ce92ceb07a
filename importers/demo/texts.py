"""Whole columns of texts: words for codes, texts picked by number, numbered keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Columns: TypeAlias = "dict[str, NDArray[Any] | pd.Series[Any]]"
Ints: TypeAlias = NDArray[np.integer[Any]]
Floats: TypeAlias = NDArray[np.float64]


def words(code: Ints, of: Sequence[str]) -> pd.Series[Any]:
    """Return the word of each code as categories; −1 is missing."""
    return pd.Series(pd.Categorical.from_codes(code, pd.Index(of)))


def taken(texts: Sequence[str] | NDArray[Any], index: Ints) -> pd.Series[Any]:
    """Return ``texts[index]`` without making an object of each."""
    return _series(pa.array(texts, type=pa.large_string()).take(pa.array(index)))


def digits(numbers: Ints) -> pd.Series[Any]:
    """Return numbers as texts."""
    return _series(pa.array(numbers).cast(pa.large_string()))


def numbered(prefix: str, numbers: Ints, width: int) -> pd.Series[Any]:
    """Return keys such as ``P00000012``."""
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.large_string()), width=width, padding="0")
    return joined(prefix, padded)


def joined(*parts: str | pd.Series[Any] | pa.Array) -> pd.Series[Any]:
    """Return texts put together from columns and constant texts."""
    arrays = [
        pa.scalar(part, pa.large_string())
        if isinstance(part, str)
        else pa.array(part, type=pa.large_string())
        for part in parts
    ]
    return _series(pc.binary_join_element_wise(*arrays, pa.scalar("", pa.large_string())))


def _series(array: pa.Array) -> pd.Series[Any]:
    return pd.Series(pd.array(array, dtype="str"))
