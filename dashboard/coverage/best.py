"""Places shared out for the best of all: at once where that is quick, else kept by a job.

What a job finds is by the release, the same for everybody, and no more than a page tells of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import ColumnElement, select

from dashboard.coverage.question import address, question
from dashboard.coverage.tried import rounded
from dashboard.scene import Scene
from dashboard.view import View
from gis.jobs.jobs import Json, State
from gis.jobs.tables import job
from layers.coverage import scenarios
from layers.coverage.room import Room
from layers.tree import Tree

KIND = "best"
# Ways from facilities to doors that are shared out well within a second: 49,000 took 1.2 s, 88,000
# took 14 s.
QUICK_WAYS = 20_000


@dataclass(frozen=True)
class Shared:
    """How places are shared out, as told of one unit."""

    served: float
    over: float
    # In the whole city, of those who have a place.
    mean_s: float


def is_quick(room: Room) -> bool:
    """Whether sharing out the same places for the best of all keeps nobody waiting."""
    return room.ways <= QUICK_WAYS


def of_unit(room: Room, at: int) -> Shared:
    """Return how places are shared out, of the unit at a place of the tree."""
    return Shared(float(room.served[at]), float(room.over[at]), room.mean_s)


def asked(view: View) -> str:
    """Return what a job is asked, as an address: the same in either language."""
    return address(replace(view, language=View().language), "zoning")


def state(scene: Scene) -> str:
    """Return what changes whenever anything does that the answer hangs on."""
    return scenarios.version(scene.db, question(scene.view, scene.city))


def result(tree: Tree, room: Room, *, rounded_to: int, state: str) -> Json:
    """Return what a job keeps: of each unit that is told of, those served and those over."""
    units = {
        str(int(tree.ids[at])): [
            rounded(float(n[at]), rounded_to) for n in (room.served, room.over)
        ]
        for at in np.flatnonzero(room.is_told & ~room.is_withheld)
    }
    mean_s = room.mean_s if np.isfinite(room.mean_s) else None
    return {"state": state, "mean_s": mean_s, "units": units}


def kept(scene: Scene) -> Shared | None:
    """Return what one's last job found for the unit in focus; None where it is of older data."""
    # Of one unit alone: of all of them it is some megabytes in a large city.
    of_unit = job.c.result["units"][str(scene.focus.id)]
    query = (
        select(of_unit.label("unit"), job.c.result["mean_s"].label("mean_s"))
        .where(*_done(scene), job.c.result["state"].astext == state(scene))
        .order_by(job.c.id.desc())
        .limit(1)
    )
    row = scene.db.execute(query).first()
    if row is None or row.unit is None:
        return None
    served, over = row.unit
    return Shared(served, over, np.nan if row.mean_s is None else row.mean_s)


def is_older(scene: Scene) -> bool:
    """Whether a job of one's own found it for data that have changed since."""
    query = select(job.c.id).where(*_done(scene), job.c.result["state"].astext != state(scene))
    return scene.db.scalar(query.limit(1)) is not None


def _done(scene: Scene) -> tuple[ColumnElement[bool], ...]:
    c = job.c
    is_same = c.arguments["asked"].astext == asked(scene.view)
    return c.kind == KIND, c.state == State.DONE, is_same


def arguments(scene: Scene) -> Json:
    """Return the arguments of the job that works it out."""
    return {"asked": asked(scene.view), "state": state(scene)}
