"""How much of a flow fell into a span of days, for every unit the map shows of a level."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection, func, select

from gis.tables import unit_series
from layers import measures, selection
from layers.columns import fetch
from layers.series import Span


def values(  # noqa: PLR0913 - where, what and when
    db: Connection, zoning_id: int, level: int, name: str, span: Span, within: int | None = None
) -> pd.DataFrame:
    """Return the sum of a measure over days, unit by unit.

    Returns
    -------
    DataFrame
        The same as `statistics.values`: indexed by ``id``, in preorder, one column ``value``
        (float); zero where nothing happened.
    """
    units = fetch(db, selection.at_level(db, zoning_id, level, within))["unit_id"]
    number = measures.by_name(db, [name])
    c = unit_series.c
    query = (
        select(c.unit_id, func.sum(c.n).label("n"))
        .where(c.measure_id.in_([m.id for m in number.values()]))
        .where(c.day.between(span.first, span.last), c.unit_id.in_(units.tolist()))
        .group_by(c.unit_id)
    )
    found = pd.Series({id_: float(n) for id_, n in db.execute(query)}, dtype=float)
    return found.reindex(units, fill_value=0.0).rename_axis("id").to_frame("value")
