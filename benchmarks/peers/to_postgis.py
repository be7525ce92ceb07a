"""Loading rows by GeoDataFrame.to_postgis."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import create_engine, text

from benchmarks.contest import Clock

TIMES = 2


def load(clock: Clock, url: str, table: str, columns: Path) -> None:
    """Append the rows to a table that is there; making the frame is not timed."""
    file = np.load(columns)
    frame = pd.DataFrame({name: file[name] for name in file.files if name not in "xy"})
    points = gpd.points_from_xy(file["x"], file["y"])
    rows = gpd.GeoDataFrame(frame, geometry=points, crs=4326).rename_geometry("geom")
    engine = create_engine(url)
    engine.connect().close()
    for _ in range(TIMES):
        with engine.begin() as db:
            db.execute(text(f'TRUNCATE "{table}"'))
        with clock.lap("load"):
            rows.to_postgis(table, engine, if_exists="append", index=False)
    engine.dispose()
