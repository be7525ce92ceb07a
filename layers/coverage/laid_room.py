"""Who finds room at facilities as far as anybody may know: by the latest release.

People of different units compete for the same places, so exact numbers of one's own unit would have
to go with estimates of its neighbours. Whoever asks is told the same (docs/decisions/0021).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from layers.coverage import settings
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.room import UNKNOWN, Competing, Room, room
from layers.coverage.users import users


def public(
    db: Connection, ground: Ground, question: Question, *, is_best: bool = False
) -> Room | None:
    """Return who finds room, as anybody may know it: by the latest release, laid on the buildings.

    None where places are nobody's, no capacity is known, or the people are not released.

    Parameters
    ----------
    is_best
        See `room.room`.
    """
    share = posed(db, ground, question)
    return None if share is None else share(is_best=is_best)


def posed(db: Connection, ground: Ground, question: Question) -> Callable[..., Room] | None:
    """Return what shares places out, with the options of `room.room`, and asks no database.

    None where `public` is.
    """
    some = users(question.kinds)
    if some is None:
        return None
    laid = ground.released(db).by_group.get(some.group)
    if laid is None:
        return None
    found, homes, tree = ground.found(db, question), ground.homes(db), ground.tree(db)
    capacity = ground.capacities(db, found.facilities.ids)
    if (capacity == UNKNOWN).all():
        return None
    # That of the answer: what passes before one sets out is taken off.
    near = ground.search(db, question).pairs(found.facilities_hung, limit_s=found.question.limit_s)
    return partial(
        room,
        Competing(
            some,
            tree.places(homes.unit_ids)[homes.building],
            laid.doors,
            found.hung.is_on,
            laid.is_told,
            laid.is_withheld,
        ),
        tree,
        near,
        capacity,
        found.question.limit_s,
        settings.read(ground.city.coverage),
    )
