"""What is worth a remark about an order as a whole, and what of it must be answered first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gis.access.viewer import NOBODY, Viewer
from gis.city import City, Zoning
from gis.division.checks import Remark
from gis.division.delta import Delta, Unit
from gis.errors import CityGridError
from gis.orders.rebasing import opened
from layers import remarks
from layers.impact import Impact

MOST_NAMED = 5


class RemarksError(CityGridError):
    """An order has faults, or remarks that its author has not answered."""

    def __init__(self, found: Sequence[Remark], units: Mapping[int, Unit]) -> None:
        hard = [remark for remark in found if remark.is_hard]
        about = hard or found
        codes = dict.fromkeys(units[r.units[0]].code or str(r.units[0]) for r in about)
        listed = ", ".join(list(codes)[:MOST_NAMED])
        super().__init__(
            f"{len(hard)} faults stand against the order: {listed}. Put them right first."
            if hard
            else f"{len(about)} remarks need an answer before it is submitted: {listed}.",
            key="error.order_faults" if hard else "error.order_remarks",
            number=len(about),
            units=listed,
        )
        self.remarks = tuple(about)
        self.units = units


@dataclass(frozen=True)
class Checked:
    """What was found about a change, and the units as they become."""

    remarks: tuple[Remark, ...]
    units: Mapping[int, Unit]

    def refuse(self, answers: Mapping[str, str]) -> None:
        """Raise RemarksError for faults, and for remarks without an answer."""
        silent = [r for r in self.remarks if r.is_hard or not answers.get(r.key, "").strip()]
        if silent:
            raise RemarksError(silent, self.units)

    def refuse_faults(self) -> None:
        """Raise RemarksError for faults; remarks were answered when it was submitted."""
        self.refuse({remark.key: "answered" for remark in self.remarks})


def checked(
    db: Connection, city: City, zoning: Zoning, delta: Delta, viewer: Viewer = NOBODY
) -> Checked:
    """Return what is worth a remark about a change of today's units.

    Parameters
    ----------
    viewer
        Numbers of persons are remarked on as far as he is told them.

    Raises
    ------
    BoundaryError
        If the change cannot be made at all.
    """
    division = opened(db, delta)
    division.apply(delta)
    impact = Impact(viewer, city, sorted(delta.old))
    found = remarks.found(db, division, delta, city, zoning, impact)
    return Checked(found, dict(division.units))
