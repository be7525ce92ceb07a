"""How long the way is from every door of a city to the nearest of some facilities."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import contest, indicators, prepared
from benchmarks.contest import Clock, ContestError, Outcome, repeat
from benchmarks.peers import nearest, pgrouting, shortest, tipg
from benchmarks.peers.shortest import ASK, Given
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from gis import places
from gis.arrangement import Floats
from gis.database import Role, Server
from gis.errors import NotFoundError
from gis.network.network import Bools, Network
from gis.network.snapping import Snapped
from gis.network.travel import times
from layers.coverage import doors, reach, streets
from layers.coverage.reach import Question
from layers.coverage.ways import Ways

# The least ratios that are promised, of the cities that are large enough for a promise.
AIMS = {"networkx": 20.0, "pgRouting": 40.0, "pandana": 50.0}
LIMIT_S = {"district": 0.3, "taipei": 1.0}
INDICATORS_LIMIT_S = 10.0
# pandana contracts the network before it answers anything.
BUILD_CAP_S = 300.0
QUESTION = Question(("clinic",), minutes=15)
SAID = {1: "nearest of all doors", 2: "nearest and second nearest of all doors"}
# pandana counts in thousandths, and rounds on every street.
ROUNDED_S = 0.1


@dataclass(frozen=True)
class Peer:
    """What a peer found and took; or why it was not asked."""

    name: str
    outcome: Outcome | None
    note: str


def measure(size: Size) -> Iterator[Row]:
    """Ask of all doors, ours and its peers on the same streets; then all standard indicators."""
    for key in size.cities:
        with prepared.city(key) as city:
            network, there, here = _given(city.server)
            every = contest.run(indicators.answer, city.server, apart=size.apart)
        amount = f"{key}: {len(here.edge):,} doors, {len(there.edge):,} clinics, "
        amount += f"{len(network.start):,} edges"
        asked = shortest.given(network, there, here, QUESTION.limit_s, QUESTION.speed_ms)
        elsewhere = ~np.isin(here.edge, there.edge)
        for labels, said in SAID.items():
            ours = contest.run(ask, network, there, here, labels, size.repeats, apart=size.apart)
            took, limit = Reading(ours.laps[ASK], Unit.SECONDS), LIMIT_S.get(key)
            yield Row(said, amount, took, limit=Reading(limit, Unit.SECONDS) if limit else None)
            for peer in _peers(asked, labels, size):
                if peer.outcome is None:
                    yield Row(said, amount, took, peer_name=peer.name, note=peer.note)
                    continue
                _same(ours.value, peer.outcome.value, elsewhere, peer.name)
                stopped = peer.outcome.stopped is not None
                theirs = Reading(peer.outcome.laps[ASK], Unit.SECONDS, is_more=stopped)
                aim = AIMS[peer.name] if limit else None
                yield Row(said, amount, took, theirs, peer.name, aim, note=peer.note)
        of = every.value
        for lap, note in (
            (indicators.WARM, "streets, doors, release and persons read before"),
            (indicators.COLD, "streets, doors, release and persons read as well"),
        ):
            yield Row(
                "all standard indicators for all units",
                f"{key}: {of.indicators} indicators, {of.units:,} units, {of.doors:,} doors, "
                f"{of.people:,} people",
                Reading(every.laps[lap], Unit.SECONDS),
                limit=Reading(INDICATORS_LIMIT_S, Unit.SECONDS),
                note=f"both figures, audit, and every group by unit, exact and released; {note}",
            )


def ask(  # noqa: PLR0913 - the question
    clock: Clock, network: Network, there: Snapped, here: Snapped, labels: int, repeats: int
) -> Floats:
    """Time the product's own search."""

    def once() -> Floats:
        return times(
            network, there, here,
            limit_s=QUESTION.limit_s, access_ms=QUESTION.speed_ms, labels=labels,
        ).seconds  # fmt: skip

    # Compiled code is kept on disk; reading it once is not what is measured.
    once()
    # Milliseconds: on a machine that others use a few of them are soon disturbed.
    found: Floats = repeat(clock, ASK, 4 * repeats, once)
    return found


def _peers(asked: Given, labels: int, size: Size) -> Iterator[Peer]:
    way = "from all at once" if labels == 1 else "from each by itself, the two nearest kept"
    yield Peer(
        "networkx",
        contest.run(shortest.by_networkx, asked, labels, cap_s=PEER_CAP_S, apart=size.apart),
        f"Dijkstra {way}; its graph built before",
    )
    if labels == 1:
        with prepared.scratch() as target:
            if number := pgrouting.version(target):
                found = contest.run(
                    pgrouting.by_pgrouting, target, asked, cap_s=PEER_CAP_S + 5, apart=size.apart
                )
                note = (
                    f"{number}, pgr_drivingDistance from a node above all; its tables filled before"
                )
                yield Peer("pgRouting", found, note)
            else:
                yield Peer("pgRouting", None, "is not installed here")
    if not tipg.PYTHON.exists():
        yield Peer("pandana", None, "is not installed here")
        return
    found = contest.run(by_pandana, asked, labels, cap_s=BUILD_CAP_S, apart=size.apart)
    if found.value is None:
        yield Peer("pandana", None, f"did not build its network in {BUILD_CAP_S:.0f} s")
        return
    built, took, seconds = found.value
    yield Peer(
        "pandana",
        Outcome({ASK: took}, value=seconds),
        f"rounds to 1/1,000; its network built before in {built:.1f} s",
    )


def by_pandana(clock: Clock, asked: Given, labels: int) -> tuple[float, float, Floats]:
    """Let pandana build and answer in its own environment; return what both took, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "given.npz")
        names = ("nodes_m", "come", "go", "cost", "places", "limit_s")
        np.savez(file, labels=labels, **{name: getattr(asked, name) for name in names})
        with clock.lap("build and ask"):
            subprocess.run(
                [tipg.PYTHON, nearest.__file__, file], capture_output=True, text=True, check=True
            )
        at = np.load(file.with_suffix(".npy"))
        told = json.loads(file.with_suffix(".json").read_text())
    # Its second at a node may be the first at the other end: only the nearest can be compared.
    return told["built_s"], told["seconds"], asked.at_doors(at[:, :1])


def _given(target: Server) -> tuple[Network, Snapped, Snapped]:
    engine = target.engine(Role.OWNER)
    with engine.connect() as db:
        city = places.city(db)
        if city is None:
            raise NotFoundError("No city is loaded.")
        ways = Ways.of(streets.given(db, city, streets.Mode.WALK))
        there = reach.facilities(db, QUESTION, city)
        here = doors.doors(db, city)
    engine.dispose()
    return ways.network, ways.hung(there.points_m), ways.hung(here.points_m)


def _same(ours: Floats, theirs: Floats | None, elsewhere: Bools, name: str) -> None:
    """Compare minutes; on a street with a facility on it the peer goes round by its ends."""
    if theirs is None:
        return
    theirs = theirs.reshape(len(ours), -1)
    ours = ours[:, : theirs.shape[1]]
    apart = ROUNDED_S if name == "pandana" else 1e-6
    # What lies on the limit may fall on either side of it.
    some, others = (np.minimum(each, QUESTION.limit_s) for each in (ours, theirs))
    if (np.abs(some - others)[elsewhere] > apart).any() or (some > others + apart).any():
        raise ContestError(f"{name} finds other ways.")
