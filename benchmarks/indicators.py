"""How long all standard indicators take for all units, as the page of standards is answered.

Of each indicator the whole answer: both figures at every door with the self-audit, and then by unit
of every level people by age, households, buildings and floor area, exact and as released. Once from
nothing, as after a change of the data, and once with streets, doors, release and persons read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.contest import Clock, ContestError
from gis import places
from gis.access.viewer import act_as, everything
from gis.database import Role, Server
from gis.errors import NotFoundError
from layers.coverage import indicators
from layers.coverage.ground import Ground
from layers.coverage.seen import Seen, seen

COLD, WARM = "indicators, from nothing", "indicators"


@dataclass(frozen=True)
class Amount:
    """How much was answered."""

    indicators: int
    units: int
    doors: int
    people: int


def answer(clock: Clock, target: Server) -> Amount:
    """Time all indicators for a viewer who sees every person, and the release beside."""
    engine = target.engine(Role.APP)
    with engine.connect() as db:
        viewer = everything(db)
        act_as(db, viewer)
        city = places.city(db)
        if city is None:
            raise NotFoundError("No city is loaded.")
        questions = indicators.of(city).questions.values()
        # Compiled code is kept on disk; reading it once is not what is measured.
        seen(db, Ground(city), next(iter(questions)), viewer.units)
        cold = Ground(city)
        with clock.lap(COLD):
            for question in questions:
                answered(seen(db, cold, question, viewer.units))
        warm = Ground(city)
        # Another question along the same streets reads all that they have in common.
        for other in {each.streets: each for each in questions}.values():
            seen(db, warm, replace(other, minutes=1, metres=None), viewer.units)
        with clock.lap(WARM):
            for question in questions:
                found = answered(seen(db, warm, question, viewer.units))
        people = int(found.people.all[0])
        amount = Amount(len(questions), len(found.tree), len(found.found.hung.edge), people)
    engine.dispose()
    return amount


def answered(found: Seen) -> Seen:
    """Return an answer once it is judged as well.

    Raises
    ------
    ContestError
        The audit found a door that is told wrong.
    """
    judged = found.found.reach.audit
    if judged.false_in or judged.false_out:
        raise ContestError(
            f"Of {judged.asked} doors {judged.false_in + judged.false_out} are wrong."
        )
    return found
