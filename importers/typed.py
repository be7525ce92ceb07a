"""Columns of Python values as columns a table takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Date, DateTime, Integer
from sqlalchemy.types import TypeEngine


def typed(kind: TypeEngine[Any], column: NDArray[Any]) -> pd.Series[Any]:
    """Return values (None = missing) with the dtype that fits a column of the database."""
    if isinstance(kind, Integer):
        return pd.Series(column, dtype="Int64")
    if isinstance(kind, DateTime):
        return pd.Series(pd.to_datetime(pd.Series(column, dtype="object"), utc=True))
    if isinstance(kind, Date):
        return pd.Series(pd.to_datetime(pd.Series(column, dtype="object")))
    return pd.Series(column, dtype="object")


def props(frame: pd.DataFrame) -> pd.Series[Any]:
    """Return the columns of each row as one dict, without what is empty."""
    rows = [
        {name: _json(value) for name, value in zip(frame.columns, row, strict=True) if _said(value)}
        for row in frame.itertuples(index=False, name=None)
    ]
    return pd.Series(rows, dtype="object")


def _said(value: Any) -> bool:  # noqa: ANN401
    return not (pd.isna(value) or value == "")


def _json(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float | bool) else str(value)
