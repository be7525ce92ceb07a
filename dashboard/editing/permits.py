"""Who may draw what: one's own units, and with them those of neighbours who are asked later."""

from __future__ import annotations

from dashboard.editing.answers import is_own
from dashboard.editing.drafts import Draft
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.division.delta import Delta
from gis.errors import ForbiddenError

READERS = (Right.REDRAW, Right.APPROVE, Right.FILE)


def require_reader(viewer: Viewer) -> None:
    """Raise ForbiddenError unless somebody takes part in changes of boundaries."""
    if not any(viewer.may(right) for right in READERS):
        viewer.require(Right.REDRAW)


def refuse_foreign(draft: Draft, viewer: Viewer, delta: Delta) -> None:
    """Raise ForbiddenError for a step that is not the viewer's to draw.

    One of the units it concerns, or that they lie in, must be his. What is a neighbour's may give
    or take ground by it, and he is asked to co-sign; but nobody renames what is another's.
    """
    concerned = set(delta.units)
    for units in (delta.old, delta.new):
        concerned |= {unit.parent for unit in units.values() if unit.parent is not None}
    if delta and not any(is_own(draft, viewer, n) for n in concerned):
        raise ForbiddenError(
            "None of these units is yours to redraw: change a border of a unit of your own.",
            key="edit.foreign",
        )
    moved = {n for n in _both(delta) if delta.old[n].parent != delta.new[n].parent}
    for number in sorted(_both(delta) - moved - delta.redrawn):
        old = delta.old[number]
        if not _follows(draft, number, moved) and not is_own(draft, viewer, number):
            raise ForbiddenError(
                f"{old.code or number} is not yours to rename.",
                key="edit.not_yours_to_rename", unit=dict(old.names) or old.code,
            )  # fmt: skip


def _both(delta: Delta) -> set[int]:
    return delta.old.keys() & delta.new.keys()


def _follows(draft: Draft, number: int, moved: set[int]) -> bool:
    """Whether a unit lies in one that is handed over, whose code it follows."""
    unit = draft.division.units.get(number)
    while unit is not None and unit.parent is not None:
        if unit.parent in moved:
            return True
        unit = draft.division.units.get(unit.parent)
    return False
