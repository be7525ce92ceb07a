"""Where one gets through walls and over the railway: more rows of the facility table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from importers.demo.barriers import Gate
from importers.demo.plane import Plane
from importers.demo.texts import Columns, numbered, words
from layers.coverage.streets import GATE


def with_gates(facilities: Columns, gates: Sequence[Gate], plane: Plane) -> Columns:
    """Return the columns of the facility table with a row for each gate."""
    count = len(gates)
    first = len(facilities["id"]) and int(np.asarray(facilities["id"])[-1]) + 1
    number = np.arange(first, first + count, dtype=np.int32)
    none = np.zeros(count, dtype=np.int8)
    operators = sorted({gate.operator for gate in gates})
    more: Columns = {
        "id": number,
        "key": numbered("F", number, 6),
        "kind": words(none, [GATE]),
        "name": pd.Series([gate.name for gate in gates], dtype="str"),
        "operator": words(
            np.array([operators.index(g.operator) for g in gates], np.int8), operators
        ),
        "address": pd.Series([gate.address for gate in gates], dtype="str"),
        "phone": pd.Series([None] * count, dtype="str"),
        "capacity": pd.Series([pd.NA] * count, dtype="Int32"),
        "state": words(none, ["open"]),
        "area_m2": np.full(count, np.nan, dtype=np.float32),
        "props": pd.Series(["{}"] * count, dtype="str"),
        "geom": plane.to_degrees(np.array([gate.at for gate in gates], float).reshape(-1, 2)),
    }
    return {name: _joined(facilities[name], more[name]) for name in facilities}


def _joined(one: Any, other: Any) -> Any:  # noqa: ANN401 - columns
    if not isinstance(one, pd.Series):
        return np.concatenate([one, other])
    if isinstance(one.dtype, pd.CategoricalDtype):
        return pd.Series(union_categoricals([one, other]))
    return pd.concat([one, other], ignore_index=True)
