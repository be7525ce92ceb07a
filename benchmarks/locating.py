"""Finding places: how fast while typing, how often right, how near to where accidents were."""

from __future__ import annotations

import contextlib
import csv
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection, text

from benchmarks import addresses, prepared
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from benchmarks.slips import slip
from gis import migrations, places
from gis.city import City
from gis.database import Role, Server
from gis.errors import NotFoundError
from gis.projecting import between
from layers.locating import index
from layers.locating.locate import locate
from layers.locating.located import How

LIMIT_S = 0.05
NOT_FIRST, NOT_IN_FIVE = 2.0, 0.5
ACCIDENTS = prepared.TAIPEI / "incidents" / "accidents_2023.csv"
NEAR_M = (50.0, 200.0)
# A place on a crossing or at a number; the others are somewhere on a road.
_EXACT = frozenset((How.CROSSING, How.ADDRESS, How.BUILDING, How.ENTRANCE, How.BETWEEN))
_FIRST = 5
# What PostgreSQL's own index of trigrams answers with.
_BY_TRIGRAMS = text(
    "SELECT id FROM said WHERE address % :typed ORDER BY similarity(address, :typed) DESC, id "
    "LIMIT 5"
)


@dataclass
class Asked:
    """Answers to texts: how long each took, and where the right one stood."""

    seconds: list[float] = field(default_factory=list)
    # Place of the right one, from 0; _FIRST: not among the first.
    ranks: list[int] = field(default_factory=list)
    is_stopped: bool = False

    def share_beyond(self, rank: int) -> float:
        """Return the percentage of answers whose right one is not among the first."""
        return 100.0 * float(np.mean([found >= rank for found in self.ranks]))

    def at(self, percent: float) -> float:
        """Return a percentile of the times, in seconds."""
        return float(np.percentile(self.seconds, percent))


def measure(size: Size) -> Iterator[Row]:
    """Ask for many addresses, the demo's with slips, and for places of real accidents."""
    yield from _typing(size)
    yield from _demo(size)
    if "taipei" in size.cities:
        yield from _accidents()


def _typing(size: Size) -> Iterator[Row]:
    """Type addresses of a made-up city letter by letter; the peer is pg_trgm's similarity."""
    count = size.addresses
    with prepared.scratch() as target:
        engine = target.engine(None)
        with engine.begin() as db:
            migrations.upgrade(db)
            there = addresses.fill(db, count)
        with engine.begin() as db:
            start = time.perf_counter()
            index.rebuild(db)
            filling = time.perf_counter() - start
            db.execute(
                text(
                    "CREATE TABLE said AS SELECT building_id AS id, address FROM citygrid.entrance "
                    "UNION ALL SELECT id, address FROM citygrid.building"
                )
            )
            db.execute(text("CREATE INDEX ON said USING gin (address gin_trgm_ops)"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("ANALYZE"))
            city = addresses.CITY
            typed = _typed(there, size.typed)

            def ours(what: str) -> list[int]:
                return [p.building_id or p.id or 0 for p in locate(db, city, what, limit=_FIRST)]

            def theirs(what: str) -> list[int]:
                return list(db.scalars(_BY_TRIGRAMS, {"typed": what}))

            mine, peer = _ask(ours, typed), _ask(theirs, typed, PEER_CAP_S)
        engine.dispose()
    amount = f"{count:,} addresses, {len(typed):,} texts as they are typed"
    note = f"{len(peer.seconds):,} texts asked of the peer" if peer.is_stopped else ""
    yield Row(
        "an answer while typing, median", amount, Reading(mine.at(50), Unit.SECONDS),
        Reading(peer.at(50), Unit.SECONDS), "pg_trgm similarity", note=note,
    )  # fmt: skip
    yield Row(
        "an answer while typing, 95 of 100", amount, Reading(mine.at(95), Unit.SECONDS),
        Reading(peer.at(95), Unit.SECONDS), "pg_trgm similarity",
        limit=Reading(LIMIT_S, Unit.SECONDS), note=note,
    )  # fmt: skip
    yield Row(
        "typed to the end with a slip, not ranked first", amount,
        Reading(mine.share_beyond(1), Unit.PERCENT), Reading(peer.share_beyond(1), Unit.PERCENT),
        "pg_trgm similarity", note="whole texts only; the right building",
    )  # fmt: skip
    yield Row(
        "writing down what all places are called",
        f"{count:,} addresses",
        Reading(filling, Unit.SECONDS),
    )


def _typed(there: Sequence[tuple[int, str]], count: int) -> list[tuple[str, int]]:
    """Return the beginnings of addresses with slips; of whole ones also what is right, else 0."""
    rng = random.Random(11)
    found = []
    for number, address in (rng.choice(there) for _ in range(count)):
        whole, _ = slip(address, rng)
        third = max(len(whole) // 3, 2)
        found += [(whole[:third], 0), (whole[: 2 * third], 0), (whole, number)]
    return found


def _ask(
    answer: Callable[[str], list[int]], typed: Sequence[tuple[str, int]], cap_s: float = np.inf
) -> Asked:
    asked = Asked()
    answer(typed[0][0])
    begun = time.perf_counter()
    for what, right in typed:
        start = time.perf_counter()
        found = answer(what)
        asked.seconds.append(time.perf_counter() - start)
        if right:
            asked.ranks.append(found.index(right) if right in found else _FIRST)
        if time.perf_counter() - begun > cap_s:
            asked.is_stopped = True
            break
    return asked


def _demo(size: Size) -> Iterator[Row]:
    """Ask for the demo's own addresses, typed with slips."""
    kinds: dict[str, list[int]] = {}
    with prepared.demo(size.city) as demo, _connected(demo.server) as (db, city):
        query = "SELECT {} AS building, address FROM citygrid.{} ORDER BY id"
        every = [
            *db.execute(text(query.format("building_id", "entrance"))).all(),
            *db.execute(text(query.format("id", "building"))).all(),
        ]
        rng = random.Random(7)
        for building, address in (rng.choice(every) for _ in range(size.slips)):
            typed, kind = slip(address, rng)
            found = [p.building_id or p.id for p in locate(db, city, typed, limit=_FIRST)]
            rank = found.index(building) if building in found else _FIRST
            kinds.setdefault(kind, []).append(rank)
    asked = Asked(ranks=[rank for ranks in kinds.values() for rank in ranks])
    worst = max(kinds, key=lambda kind: Asked(ranks=kinds[kind]).share_beyond(1))
    share = Asked(ranks=kinds[worst]).share_beyond(1)
    amount = f"demo {size.city}: {len(asked.ranks):,} addresses with slips"
    yield Row(
        "the right building is not ranked first", amount,
        Reading(asked.share_beyond(1), Unit.PERCENT), limit=Reading(NOT_FIRST, Unit.PERCENT),
        note=f"worst kind: {worst}, {share:.1f} %",
    )  # fmt: skip
    yield Row(
        "nor among the first five", amount,
        Reading(asked.share_beyond(_FIRST), Unit.PERCENT),
        limit=Reading(NOT_IN_FIVE, Unit.PERCENT),
    )  # fmt: skip


def _accidents() -> Iterator[Row]:
    """Place real accidents by their texts alone, and compare with their points."""
    with ACCIDENTS.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    away: list[float] = []
    hows: list[How | None] = []
    with prepared.city("taipei") as taipei, _connected(taipei.server) as (db, city):
        there = between(4326, city.metric_crs)
        for row in rows:
            found = locate(db, city, row["發生地點"], limit=1)
            hows.append(found[0].how if found else None)
            if not found:
                away.append(np.inf)
                continue
            x, y = there.transform([found[0].lon, float(row["經度"])],
                                   [found[0].lat, float(row["緯度"])])  # fmt: skip
            away.append(float(np.hypot(x[1] - x[0], y[1] - y[0])))
    metres, exact = np.array(away), np.array([how in _EXACT for how in hows])
    for what, chosen in (("all", np.ones(len(rows), dtype=bool)), ("exact", exact)):
        said = "accidents" if what == "all" else "of them at a crossing or a house number"
        for near in NEAR_M:
            yield Row(
                f"{said}: placed farther than {near:.0f} m from where they were",
                f"taipei: {int(chosen.sum()):,} of {len(rows):,} accidents of 2023",
                Reading(100.0 * float((metres[chosen] > near).mean()), Unit.PERCENT),
                note="by their text alone; about a third of them name one road and no more"
                if what == "all"
                else "",
            )


@contextlib.contextmanager
def _connected(target: Server) -> Iterator[tuple[Connection, City]]:
    """Reach a city's database, and its settings."""
    engine = target.engine(Role.OWNER)
    try:
        with engine.connect() as db:
            city = places.city(db)
            if city is None:
                raise NotFoundError("No city is loaded.")
            yield db, city
    finally:
        engine.dispose()
