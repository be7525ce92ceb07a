"""The committed ground of the demo district: written once by the generator, read ever after."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from importers.demo.town import Town

FOLDER = Path(__file__).parents[2] / "data" / "boundaries" / "demo"
_PARTS = {
    "units": "units.parquet", "ways": "streets.parquet", "ground": "ground.parquet",
    "beats": "police_beats.parquet",
}  # fmt: skip


def write_town(town: Town, folder: Path = FOLDER) -> None:
    """Write the four files of a town."""
    for part, name in _PARTS.items():
        frame: gpd.GeoDataFrame = getattr(town, part)
        frame.to_parquet(folder / name, compression="zstd", compression_level=19, index=False)


def read_town(folder: Path = FOLDER) -> Town:
    """Read what `write_town` wrote."""
    return Town(**{part: gpd.read_parquet(folder / name) for part, name in _PARTS.items()})
