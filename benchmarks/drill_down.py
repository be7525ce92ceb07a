"""Going down from the city: its children's numbers, stored or counted on the spot."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from benchmarks import contest, prepared
from benchmarks.contest import Clock, ContestError, repeat
from benchmarks.peers import live_join
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from gis.access.viewer import act_as, everything
from gis.database import Role, Server
from layers import statistics

AIM = 1_000
STORED = "stored"
# Ours → the tables the live queries count.
MEASURES = {"people": "people", "buildings": "building", "incidents": "incident"}
# A click takes some milliseconds at most: the first is no better than the tenth.
CLICKS = 30


def measure(size: Size) -> Iterator[Row]:
    """Ask for the numbers of the city's children, stored and live."""
    with prepared.demo(size.city) as demo:
        unit, amount = _city(demo.server)
        ours = contest.run(children, demo.server, unit, apart=size.apart)
        for lap, aim in (("spatial join", AIM), ("join by key", None)):
            peer = contest.run(
                live_join.children, prepared.conninfo(demo.server), unit, lap, PEER_CAP_S,
                cap_s=PEER_CAP_S, apart=size.apart,
            )  # fmt: skip
            if peer.value is not None and peer.value != ours.value:
                raise ContestError(f"Stored numbers differ from those of the {lap}.")
            yield Row(
                "numbers of the city's children",
                amount,
                Reading(ours.laps[STORED], Unit.SECONDS),
                Reading(peer.laps[lap], Unit.SECONDS, is_more=bool(peer.stopped)),
                f"live {lap}",
                aim=aim,
                note="same numbers" if peer.value is not None else "",
            )


def children(clock: Clock, target: Server, unit: int) -> dict[tuple[int, str], int]:
    """Return the number of each layer's things in each child of a unit, as a click asks for it."""
    engine = target.engine(Role.APP)
    with engine.connect() as db:
        act_as(db, everything(db))
        statistics.children(db, unit, list(MEASURES))
        frame = repeat(clock, STORED, CLICKS, lambda: statistics.children(db, unit, list(MEASURES)))
    engine.dispose()
    return {
        (int(number), table): int(frame.at[number, name])
        for name, table in MEASURES.items()
        for number in frame.index
        if frame.at[number, name]
    }


def _city(target: Server) -> tuple[int, str]:
    engine = target.engine(Role.OWNER)
    with engine.connect() as db:
        unit = db.scalar(
            text(
                "SELECT v.unit_id FROM unit_version v JOIN zoning z ON z.id = v.zoning_id "
                "WHERE z.is_main AND v.parent_id IS NULL AND upper_inf(v.valid)"
            )
        )
        counts = [
            f"{db.scalar(text(f'SELECT count(*) FROM {table}')):,} {name}"
            for name, table in MEASURES.items()
        ]
    engine.dispose()
    return int(unit), ", ".join(counts)
