"""A change of boundaries taking effect, from the smallest city to the largest."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial

import shapely
from sqlalchemy import Connection, func, select, text

from benchmarks import contest, prepared
from benchmarks.contest import Clock, ContestError
from benchmarks.peers import rewriting
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from gis.database import Role, Server
from gis.division import stored
from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.joining import HandOver
from gis.division.reshape import redraw
from gis.division.rings import edges
from gis.errors import BoundaryError
from gis.tables import unit_version
from layers import catalog
from layers.taking_effect import take_effect

LIMIT_S = 0.1
MOVED, HANDED = "a border moved", "a unit handed over"
# The first ones fill caches of statements and of the server.
WARMING = 4


def measure(size: Size) -> Iterator[Row]:
    """Let local changes take effect and be taken back, in each city; the median counts."""
    for key in size.cities:
        with prepared.city(key) as city:
            amount = _amount(city.server, key)
            ours = contest.run(
                partial(commit, keep=size.apart), city.server, size.changes, apart=size.apart
            ).value
            peer = contest.run(
                _rewrite, prepared.conninfo(city.server), ours["areas"], apart=size.apart
            ).value
        for name, theirs in ((MOVED, peer), (HANDED, None)):
            took = ours[name]
            yield Row(
                f"{name}, in force",
                amount,
                Reading(statistics.median(took), Unit.SECONDS),
                Reading(statistics.median(theirs), Unit.SECONDS) if theirs else None,
                "both polygons rewritten" if theirs else "",
                limit=Reading(LIMIT_S, Unit.SECONDS),
                note=f"median of {len(took)}; slowest {max(took) * 1e3:,.0f} ms"
                + ("; the peer keeps no history, no map shapes, no units above" if theirs else ""),
            )


def commit(clock: Clock, target: Server, count: int, *, keep: bool) -> dict[str, list[object]]:
    """Return the seconds of each change by kind, and what faces a moved border left.

    With ``keep`` false nothing is committed: for a city that others use too.
    """
    engine = target.engine(Role.OWNER)
    took: dict[str, list[object]] = {MOVED: [], HANDED: [], "areas": []}
    with engine.connect() as db, clock.lap("all"):
        latest = select(func.max(func.lower(unit_version.c.valid)))
        at = max(db.scalar(latest), dt.datetime.now(dt.UTC))
        for number, parent in enumerate(_parents(db, count + WARMING)):
            division = stored.open_division(db, [parent])
            for name, delta in _local(division, parent):
                for way in (delta, ~delta):
                    at += dt.timedelta(seconds=1)
                    start = time.perf_counter()
                    take_effect(db, way, at=at)
                    if keep:
                        db.commit()
                    if number >= WARMING:
                        took[name].append(time.perf_counter() - start)
                if name is MOVED:
                    took["areas"].append(_areas(delta))
        if not keep:
            db.rollback()
    engine.dispose()
    if not took[MOVED] or not took[HANDED]:
        raise ContestError("No border could be moved, or no unit handed over.")
    return took


def _rewrite(clock: Clock, conninfo: str, borders: Sequence[dict[int, bytes]]) -> list[float]:
    tables = [
        (
            layer.table.name,
            layer.point,
            "1" if layer.weight == "rows" else layer.weight,
            tuple(d.column for d in layer.dimensions if d.is_partition),
        )
        for layer in catalog.COUNTED
    ]
    with clock.lap("all"):
        return rewriting.rewrite(conninfo, borders, tables, PEER_CAP_S)[WARMING:]


def _parents(db: Connection, count: int) -> list[int]:
    """Return units with several faces in them, from all over the city."""
    query = text(
        "SELECT p.unit_id FROM unit_version p JOIN unit_version f ON f.parent_id = p.unit_id "
        "JOIN zoning z ON z.id = p.zoning_id AND z.is_main "
        "WHERE upper_inf(p.valid) AND upper_inf(f.valid) AND f.is_face "
        "GROUP BY 1 HAVING count(*) > 1 ORDER BY md5(p.unit_id::text) LIMIT :count"
    )
    return list(db.scalars(query, {"count": count}))


def _local(division: Division, parent: int) -> Iterator[tuple[str, Delta]]:
    """Yield a border moved and a face handed over, each drawn on the units of today."""
    moved = _moved(division, division.children(parent))
    if moved:
        division.undo()
        yield MOVED, moved
    level = division.unit(parent).level
    others = [
        n
        for n, unit in sorted(division.units.items())
        if unit.rings is None and unit.level == level and n != parent
    ]
    if others:
        yield HANDED, division.do(HandOver([division.children(parent)[0]], others[0]))


def _moved(division: Division, faces: Sequence[int]) -> Delta | None:
    """Bend the middle of the first border that can be bent, by a fifth of its length."""
    for face in faces:
        for start, end in edges(division.face(face)):
            if division.left_of(*(end, start)) in (None, face):
                continue
            (ax, ay), (bx, by) = start, end
            bend = ((ax + bx) // 2 - (by - ay) // 5, (ay + by) // 2 + (bx - ax) // 5)
            with suppress(BoundaryError):
                return division.do(*redraw((start, bend, end)))
    return None


def _areas(delta: Delta) -> dict[int, bytes]:
    rings = {n: unit.rings for n, unit in delta.new.items() if unit.rings}
    shapes = stored.shapes_4326(rings)
    return {
        n: shapely.to_wkb(shapely.set_srid(shape, 4326), include_srid=True)
        for n, shape in shapes.items()
    }


def _amount(target: Server, key: str) -> str:
    engine = target.engine(Role.OWNER)
    with engine.connect() as db:
        people = db.scalar(text("SELECT coalesce(sum(count), 0) FROM people"))
        faces = db.scalar(
            text(
                "SELECT count(*) FROM unit_version "
                "WHERE zoning_id = 1 AND is_face AND upper_inf(valid)"
            )
        )
    engine.dispose()
    return f"{key}: {people:,} people, {faces:,} faces"
