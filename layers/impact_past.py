"""The impact sheet of a change that has taken effect: that of taking it back, read backwards.

Nothing is kept of who stood where on the day; what is told is who and what of today changed hands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection

from gis.access.viewer import Viewer
from gis.division.delta import Delta
from layers import impact_sheet
from layers.handed_over import Step
from layers.impact_lists import Building, Estate, Facility, Incident
from layers.impact_sheet import Fate, ImpactSheet, Line

_Thing = TypeVar("_Thing", Building, Estate, Facility, Incident)
_TURNED = {Fate.CREATED: Fate.RETIRED, Fate.RETIRED: Fate.CREATED}


def sheet(db: Connection, viewer: Viewer, effect: Delta) -> ImpactSheet:
    """Return the impact sheet of a change that has taken effect, from today's rows.

    Parameters
    ----------
    effect
        With the numbers its new units got.

    Raises
    ------
    BoundaryError
        If its units were changed again since.
    """
    return turned(impact_sheet.sheet(db, viewer, ~effect))


def turned(back: ImpactSheet) -> ImpactSheet:
    """Return the sheet of a change by that of its reverse."""
    key = {number: party.code for number, party in back.parties.items()}
    pairs = [replace(pair, step=turn(pair.step)) for pair in back.pairs]
    pairs.sort(key=lambda p: (p.step.level, key[p.step.giver], key[p.step.taker]))
    return replace(
        back,
        lines=tuple(_line(line) for line in back.lines),
        pairs=tuple(pairs),
        buildings=_things(back.buildings),
        estates=_things(back.estates),
        facilities=_things(back.facilities),
        incidents=_things(back.incidents),
        moved_4326=tuple((turn(step), ground) for step, ground in back.moved_4326),
    )


def turn(step: Step) -> Step:
    """Return the step the other way."""
    return Step(step.level, step.taker, step.giver)


def _things(things: Iterable[_Thing]) -> tuple[_Thing, ...]:
    return tuple(replace(each, step=turn(each.step)) for each in things)


def _line(line: Line) -> Line:
    return replace(
        line,
        fates=tuple(_TURNED.get(fate, fate) for fate in line.fates),
        was=line.becomes,
        becomes=line.was,
        parent_was=line.parent_becomes,
        parent_becomes=line.parent_was,
        before=line.after,
        after=line.before,
        gains=line.loses,
        loses=line.gains,
    )
