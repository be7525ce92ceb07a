"""Made-up rows of people, as columns in one file that every contender reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import Column, MetaData, Table

from benchmarks import coverage
from gis import tables


def table(name: str) -> Table:
    """Return a table with the columns of the people, and nothing that slows a load down."""
    return Table(name, MetaData(), *(Column(c.name, c.type) for c in tables.people.columns))


def write(count: int, path: Path, seed: int = 3) -> None:
    """Write the columns of ``count`` people; ``x`` and ``y`` are their places in EPSG:4326."""
    rng = np.random.default_rng(seed)
    xy = coverage.scattered(coverage.ragged_squares(4), count)
    ids = np.arange(1, count + 1, dtype=np.int32)
    columns: dict[str, npt.NDArray[np.generic]] = {
        "id": ids,
        "key": np.char.add("P", np.char.zfill(ids.astype(str), 8)),
        "unit_id": rng.integers(1, 20_000, count, dtype=np.int32),
        "household_id": ids // 3,
        "building_id": ids // 60,
        "count": np.ones(count, np.int32),
        "age_band": rng.integers(0, 21, count, dtype=np.int16),
        "sex": rng.choice(["male", "female"], count),
        "residence": rng.choice(["registered", "migrant", "abroad"], count),
        "care": rng.integers(0, 64, count, dtype=np.int16),
        "estimated": np.zeros(count, bool),
        "since": np.datetime64("2015-01-01") + rng.integers(0, 4_000, count),
        "x": xy[:, 0],
        "y": xy[:, 1],
    }
    np.savez(path, allow_pickle=False, **columns)
