"""How long the way is from every door of a city to the nearest of some facilities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks import contest, prepared
from benchmarks.contest import Clock, ContestError, repeat
from benchmarks.peers import shortest
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from gis import places
from gis.arrangement import Floats
from gis.database import Role, Server
from gis.errors import NotFoundError
from gis.network.network import Bools, Network
from gis.network.snapping import Snapped
from gis.network.travel import NEAREST, times
from layers.coverage import doors, reach, streets
from layers.coverage.indicators import INDICATORS
from layers.coverage.reach import Question

AIM = 20
LIMIT_S = {"district": 0.3, "taipei": 1.0}
INDICATORS_LIMIT_S = 10.0
ASK = "ask"
QUESTION = Question(("clinic",), minutes=15)


def measure(size: Size) -> Iterator[Row]:
    """Ask of all doors, ours and networkx on the same streets; then all standard indicators."""
    for key in size.cities:
        with prepared.city(key) as city:
            network, there, here = _given(city.server)
            ours = contest.run(ask, network, there, here, size.repeats, apart=size.apart)
            peer = contest.run(
                shortest.by_networkx, network, there, here, QUESTION.limit_s, QUESTION.speed_ms,
                cap_s=PEER_CAP_S, apart=size.apart,
            )  # fmt: skip
            _same(ours.value, peer.value, ~np.isin(here.edge, there.edge))
            every = contest.run(indicators, city.server, apart=size.apart)
        amount = f"{key}: {len(here.edge):,} doors, {len(there.edge):,} clinics, "
        limit = LIMIT_S.get(key)
        yield Row(
            "nearest and second nearest of all doors",
            f"{amount}{len(network.start):,} edges",
            Reading(ours.laps[ASK], Unit.SECONDS),
            Reading(peer.laps[ASK], Unit.SECONDS, is_more=peer.stopped == ASK),
            "networkx",
            aim=AIM,
            note="same minutes to the nearest; the peer finds no second",
        )
        yield Row(
            "the same, as a promise",
            f"{amount}{len(network.start):,} edges",
            Reading(ours.laps[ASK], Unit.SECONDS),
            limit=Reading(limit, Unit.SECONDS) if limit else None,
        )
        yield Row(
            "all standard indicators of all doors",
            f"{key}: {len(INDICATORS)} indicators",
            Reading(every.laps[ASK], Unit.SECONDS),
            limit=Reading(INDICATORS_LIMIT_S, Unit.SECONDS),
            note="with both figures and the audit of each; streets and doors read before",
        )


def ask(clock: Clock, network: Network, there: Snapped, here: Snapped, repeats: int) -> Floats:
    """Time the product's own search."""

    def once() -> Floats:
        found = times(network, there, here, limit_s=QUESTION.limit_s, access_ms=QUESTION.speed_ms)
        nearest: Floats = found.seconds[:, NEAREST]
        return nearest

    # Compiled code is kept on disk; reading it once is not what is measured.
    once()
    found: Floats = repeat(clock, ASK, repeats, once)
    return found


def indicators(clock: Clock, target: Server) -> int:
    """Time the answers to all indicators, streets and doors being there."""
    engine = target.engine(Role.OWNER)
    with engine.connect() as db:
        city = places.city(db)
        if city is None:
            raise NotFoundError("No city is loaded.")
        networks = {mode: streets.read(db, city, mode) for mode in streets.Mode}
        here = doors.doors(db, city)
        hung = {mode: reach.hung(one, here.points_m) for mode, one in networks.items()}
        with clock.lap(ASK):
            for question in INDICATORS.values():
                network = networks[question.mode]
                there = reach.facilities(db, question, city)
                on = reach.hung(network, there.points_m)
                reach.reach(question, network, there, on, here, hung[question.mode])
    engine.dispose()
    return len(INDICATORS)


def _given(target: Server) -> tuple[Network, Snapped, Snapped]:
    engine = target.engine(Role.OWNER)
    with engine.connect() as db:
        city = places.city(db)
        if city is None:
            raise NotFoundError("No city is loaded.")
        network = streets.read(db, city, streets.Mode.WALK)
        there = reach.facilities(db, QUESTION, city)
        here = doors.doors(db, city)
    engine.dispose()
    return network, reach.hung(network, there.points_m), reach.hung(network, here.points_m)


def _same(ours: Floats, theirs: Floats | None, elsewhere: Bools) -> None:
    """Compare minutes; on a street with a facility on it the peer goes round by its ends."""
    if theirs is None:
        return
    within = np.where(theirs <= QUESTION.limit_s, theirs, np.inf)
    if not np.allclose(ours[elsewhere], within[elsewhere]) or (ours > within + 1e-6).any():
        raise ContestError("networkx finds other ways.")
