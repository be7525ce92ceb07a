"""Evening out the households of a subdistrict of a hundred grids."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sqlalchemy import text

from benchmarks import contest, prepared
from benchmarks.contest import Clock, StoppedError
from benchmarks.peers import dividing, tipg
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from gis import places
from gis.access.viewer import act_as, everything
from gis.database import Role, Server
from gis.division.balance import from_nothing
from gis.division.balance.parts import Part, parts
from gis.division.balance.problem import Floats, Ints, Problem
from gis.division.balance.suggest import suggest
from gis.errors import NotFoundError
from layers.balance import Asked, Barriers, problem

LAP = "balance"
LIMIT_S, TOLERANCE = 10.0, 0.05
POINT = 1.0
# What a peer cannot be asked.
BLIND = {"spopt": "; it does not look at loads"}
# Long annealing: as long as a peer may take.
LONG_S = PEER_CAP_S - 10


@dataclass(frozen=True)
class Found:
    """What a contender's division is like."""

    # In percent of what each should have.
    deviation: float = float("nan")
    moved: float = float("nan")
    hand_overs: int = 0
    seconds: float = float("nan")
    said: str = ""


def measure(size: Size) -> Iterator[Row]:
    """Balance a subdistrict, inside its communities and across them."""
    with prepared.demo(size.city) as demo:
        given = [(where, *_problem(demo.server, level)) for where, level in SCOPES]
    for where, one, centres in given:
        yield from _rows(where, one, centres, size)


SCOPES = (("inside communities", 3), ("across communities", 2))


def _rows(where: str, given: Problem, centres: Floats, size: Size) -> Iterator[Row]:
    groups = len(set(given.groups))
    amount = f"{groups} grids, {len(given.units):,} micro-grids, {where}"
    ours = contest.run(ours_within, given, LIMIT_S, apart=size.apart).value
    long = contest.run(ours_within, given, LONG_S if size.apart else 1.0, apart=size.apart).value
    metis = contest.run(metis_from_nothing, given, apart=size.apart).value
    best = max(100 * TOLERANCE, min(long.deviation, metis.deviation) + POINT)
    yield Row(
        "largest deviation after 10 s of balancing",
        amount,
        Reading(ours.deviation, Unit.PERCENT),
        Reading(metis.deviation, Unit.PERCENT),
        "pymetis from nothing",
        limit=Reading(best, Unit.PERCENT),
        note=f"{_moves(ours)}; pymetis moves {metis.moved:.0f} %{metis.said}",
    )
    yield Row(
        "largest deviation after 10 s of balancing",
        amount,
        Reading(ours.deviation, Unit.PERCENT),
        Reading(long.deviation, Unit.PERCENT),
        f"ours after {LONG_S:.0f} s",
        note=f"{_moves(long)} then",
    )
    for name in dividing.NAMES:
        if not tipg.PYTHON.exists():
            continue
        peer = contest.run(peers, given, centres, name, cap_s=PEER_CAP_S, apart=size.apart)
        found: Found = peer.value or Found(said=f"no answer in {PEER_CAP_S:.0f} s")
        told = f"moves {found.moved:.0f} %, {found.seconds:.1f} s" if not found.said else found.said
        yield Row(
            "largest deviation after 10 s of balancing",
            amount,
            Reading(ours.deviation, Unit.PERCENT),
            None if found.said else Reading(found.deviation, Unit.PERCENT),
            name,
            note=f"{told}{BLIND.get(name, '')}",
        )


def _moves(found: Found) -> str:
    return f"{found.hand_overs} hand-overs move {found.moved:.0f} % of households"


def ours_within(clock: Clock, given: Problem, seconds: float) -> Found:
    """Suggest within a time."""
    # What is compiled at the first use is not timed.
    suggest(replace(given, time_limit_s=0.0, rounds=1))
    rounds = 10_000 if seconds > LIMIT_S else given.rounds
    with clock.lap(LAP):
        found = suggest(replace(given, time_limit_s=seconds, rounds=rounds))
    return Found(
        100 * found.deviation_after, 100 * found.share_moved, len(found.moves), found.seconds
    )


def metis_from_nothing(clock: Clock, given: Problem) -> Found:
    """Divide each part by METIS."""
    here = list(parts(given))
    with clock.lap(LAP):
        labels = [from_nothing.divided(part, given.seed) for part in here]
    return replace(_judged(here, labels), seconds=clock.last_s)


def peers(clock: Clock, given: Problem, centres: Floats, name: str) -> Found:
    """Divide each part by a peer, in its own environment."""
    here = list(parts(given))
    arrays: dict[str, Any] = {"parts": len(here)}
    for k, part in enumerate(here):
        unit = np.repeat(np.arange(len(part.units)), np.diff(part.ground.starts))
        pairs = np.stack([unit, part.ground.others], axis=1)
        arrays |= {
            f"{k}:loads": part.ground.load,
            f"{k}:pairs": pairs[(pairs[:, 0] < pairs[:, 1]) & part.ground.is_open],
            f"{k}:number": len(part.groups),
            f"{k}:tolerance": given.tolerance,
            f"{k}:places": centres[part.units],
        }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "given.npz")
        np.savez(file, **arrays)
        with clock.lap(LAP):
            try:
                done = subprocess.run(
                    [tipg.PYTHON, dividing.__file__, name, file],
                    capture_output=True, text=True, check=True, timeout=PEER_CAP_S,
                )  # fmt: skip
            except subprocess.TimeoutExpired as error:
                raise StoppedError from error
    answer = json.loads(done.stdout.splitlines()[-1])
    if answer["reason"]:
        gave_up = sum(labels is None for labels in answer["labels"])
        said = f"gives up on {gave_up} of {len(here)} parts ({answer['reason']})"
        return Found(seconds=answer["seconds"], said=said)
    labels = [np.array(some) for some in answer["labels"]]
    return replace(_judged(here, labels), seconds=answer["seconds"])


def _judged(here: Sequence[Part], labels: Sequence[Ints | None]) -> Found:
    """Return the deviation, and how much of the load has to move with the names chosen best."""
    worst = moved = total = 0.0
    left_out = 0
    for part, label in zip(here, labels, strict=True):
        load, number = part.ground.load, len(part.groups)
        total += load.sum()
        if label is None:
            # A part of one group is as it is; one that lies in several pieces it cannot take.
            left_out += number > 1
            continue
        loads = np.bincount(label, load, number)
        worst = max(worst, float(np.abs(loads / part.limits.target - 1).max()))
        common = np.zeros((max(number, len(loads)), number))
        np.add.at(common, (label, part.home), load)
        moved += load.sum() - common[linear_sum_assignment(-common)].sum()
    said = f", {left_out} parts not in one piece left out" if left_out else ""
    return Found(100 * worst, 100 * moved / total, said=said)


def _problem(target: Server, within: int) -> tuple[Problem, Floats]:
    """Return the first subdistrict, and the centres of its units in degrees."""
    engine = target.engine(Role.APP)
    with engine.connect() as db:
        act_as(db, everything(db))
        city = places.city(db)
        scope = db.scalar(
            text(
                "SELECT unit_id FROM unit_version v JOIN zoning z ON z.id = v.zoning_id "
                "WHERE z.is_main AND v.level = 2 AND upper_inf(v.valid) ORDER BY lft LIMIT 1"
            )
        )
        if city is None or scope is None:
            raise NotFoundError("The demo city is not loaded.")
        # Forbidden, they cut some grids off, and no contender could do anything about those.
        asked = Asked(int(scope), within=within, barriers=Barriers.DEAR, tolerance=TOLERANCE)
        given = problem(db, city, asked)
        rows = db.execute(
            text(
                "SELECT unit_id, ST_X(centre), ST_Y(centre) FROM unit_version "
                "WHERE unit_id = ANY(:units) AND upper_inf(valid)"
            ),
            {"units": list(given.units)},
        )
        at = {number: (x, y) for number, x, y in rows}
    engine.dispose()
    return given, np.array([at[number] for number in given.units])
