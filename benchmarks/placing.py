"""Placing many points in the faces they lie in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from geoalchemy2 import Geometry
from sqlalchemy import Column, Integer, MetaData, Table, text

from benchmarks import contest, coverage, prepared
from benchmarks.contest import Clock, ContestError, Outcome, repeat
from benchmarks.peers import default_plan, sjoin
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from gis import bulk
from gis.database import Server
from gis.raster_index import RasterIndex

AIM_QUERY, AIM_BUILT = 10, 3
BUILT, QUERY = "build and query", "query"


def measure(size: Size) -> Iterator[Row]:
    """Place the same points with our index, with geopandas and with PostGIS."""
    with tempfile.TemporaryDirectory() as folder:
        faces, points = Path(folder, "faces.parquet"), Path(folder, "points.npy")
        areas, origin = coverage.faces(size)
        areas.to_parquet(faces)
        xy = coverage.scattered(areas.geometry.to_numpy(), size.points)
        np.save(points, xy)
        ours = contest.run(place, faces, points, size.repeats, apart=size.apart)
        joined = contest.run(sjoin.place, faces, points, cap_s=PEER_CAP_S, apart=size.apart)
        with prepared.scratch() as target:
            _fill(target, areas, xy)
            planned = contest.run(
                default_plan.place,
                prepared.conninfo(target),
                points,
                PEER_CAP_S,
                cap_s=PEER_CAP_S,
                apart=size.apart,
            )
    amount = f"{size.points:,} points, {len(areas):,} faces ({origin})"
    for name, peer in (("geopandas.sjoin", joined), ("PostGIS's own plan", planned)):
        _same(ours, peer, name)
        for lap, aim in ((QUERY, AIM_QUERY), (BUILT, AIM_BUILT)):
            # PostGIS keeps its index; only its query is timed.
            theirs = lap if lap in peer.laps else QUERY
            yield Row(
                f"placing, index {'there' if lap == QUERY else 'built'}",
                amount,
                Reading(ours.laps[lap], Unit.SECONDS),
                Reading(peer.laps[theirs], Unit.SECONDS, is_more=peer.stopped == theirs),
                name,
                aim=aim,
                note=_note(peer, lap, theirs),
            )


def place(clock: Clock, faces: Path, points: Path, repeats: int) -> npt.NDArray[np.int32]:
    """Return the id of the face of each point, -1 for none."""
    areas = gpd.read_parquet(faces)
    xy = np.load(points)
    geometries, ids = areas.geometry.to_numpy(), areas.id.to_numpy()
    # Compiled code is kept on disk; reading it once is not what is measured.
    RasterIndex(geometries[:1], ids[:1]).locate(xy[:1])
    found: npt.NDArray[np.int32] = repeat(
        clock, BUILT, repeats, lambda: RasterIndex(geometries, ids).locate(xy)
    )
    index = RasterIndex(geometries, ids)
    repeat(clock, QUERY, repeats, lambda: index.locate(xy))
    return found


def _fill(target: Server, areas: gpd.GeoDataFrame, xy: npt.NDArray[np.float64]) -> None:
    metadata = MetaData()
    face, point = (
        Table(
            name,
            metadata,
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column("geom", Geometry(kind, srid=4326, spatial_index=True)),
        )
        for name, kind in (("face", "MULTIPOLYGON"), ("point", "POINT"))
    )
    engine = target.engine(None)
    with engine.begin() as db:
        metadata.create_all(db)
        bulk.copy(db, face, {"id": areas.id.to_numpy(), "geom": areas.geometry.to_numpy()})
        bulk.copy(db, point, {"id": np.arange(len(xy)), "geom": xy})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _same(ours: Outcome, peer: Outcome, name: str) -> None:
    if peer.value is None:
        return
    if different := int((ours.value != peer.value).sum()):
        raise ContestError(f"{name} places {different} points in another face than we do.")


def _note(peer: Outcome, lap: str, theirs: str) -> str:
    notes = []
    if peer.value is not None:
        notes.append("same answers")
    if lap != theirs:
        notes.append("the peer's index is there")
    return "; ".join(notes)
