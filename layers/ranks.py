"""Where a unit stands among others of its kind."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select

from gis.tables import unit_version as table
from layers import selection, statistics
from layers.statistics import What


def ranks(db: Connection, unit_id: int, what: What, *, level: int | None = None) -> pd.DataFrame:
    """Rank a unit's children, or the units of a level below it, each among those of its kind.

    Returns
    -------
    DataFrame
        Indexed by unit id, greatest value first: code, name_zh, name_en, kind, value (float),
        rank (1 is the greatest, equal values share one; missing without a value) and among, the
        number of units of its kind that have a value.
    """
    here = selection.version(db, unit_id)
    if level is None:
        found = statistics.children(db, unit_id, [what]).query("not is_own")
        frame = found[["code", "name_zh", "name_en", "kind"]].copy()
        frame["value"] = found[what if isinstance(what, str) else what.id].astype(float)
    else:
        c = table.c
        shown = statistics.values(db, here.zoning_id, level, what, unit_id)
        units = selection.at_level(db, here.zoning_id, level, unit_id)
        named = _frame(
            db,
            units.with_only_columns(
                c.unit_id.label("id"), c.code, c.names["zh"].astext.label("name_zh"),
                c.names["en"].astext.label("name_en"), c.kind,
            ),
        ).set_index("id")  # fmt: skip
        frame = named.reindex(shown.index).assign(value=shown.value)
    kinds = frame.groupby("kind").value
    frame["rank"] = kinds.rank(method="min", ascending=False).astype("Int64")
    frame["among"] = kinds.transform("count").astype(int)
    return frame.sort_values("value", ascending=False, kind="stable")


def _frame(db: Connection, query: Select[Any]) -> pd.DataFrame:
    found = db.execute(query)
    return pd.DataFrame(found.all(), columns=pd.Index(found.keys(), dtype=object))
