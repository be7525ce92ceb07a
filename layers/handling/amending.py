"""What is put right in an incident."""

from __future__ import annotations

from dataclasses import replace

from geoalchemy2 import WKTElement
from sqlalchemy import Connection

from gis.errors import CityGridError, NotFoundError
from gis.tables import STORED_CRS
from layers.catalog.incidents import SEVERITIES
from layers.handling import duty
from layers.handling.case import Case
from layers.handling.effects import Said
from layers.handling.faces import Faces, Lying
from layers.handling.stages import ActError

AMENDABLE = frozenset(
    {"scheme", "small", "condition", "severity", "title", "address", "place_note", "placed_by",
     "placed_score", "placed_within_m", "placed_as", "is_personal", "lon", "lat"}
)  # fmt: skip
"""What may be put right in an incident."""


def amended(
    db: Connection, case: Case, said: Said, faces: Faces | None
) -> tuple[Said, Lying | None]:
    """Return changes as columns take them, and where the incident lies if its pin was moved.

    Raises
    ------
    CityGridError
        One of them cannot be put right, is no word for it, or lies outside the city.
    """
    changes = dict(said.changes)
    if unknown := sorted(changes.keys() - AMENDABLE) or (["changes"] if not changes else []):
        raise ActError(
            f"These cannot be put right: {', '.join(unknown)}. There are: "
            f"{', '.join(sorted(AMENDABLE))}.",
            key="error.case_no_change", fields=tuple(unknown),
        )  # fmt: skip
    if changes.get("severity", "ordinary") not in SEVERITIES:
        raise CityGridError(
            f"severity must be one of {', '.join(SEVERITIES)}.", key="error.case_word",
            field="severity", found=str(changes["severity"]), known=tuple(SEVERITIES),
        )  # fmt: skip
    if {"scheme", "small", "condition"} & changes.keys():
        named = (changes.get("scheme", case.scheme), changes.get("small", case.small))
        kind = duty.classes(db, [named]).get(named)
        number = changes.get("condition")
        if kind is None or (number is not None and kind.condition(number) is None):
            raise NotFoundError(
                f"There is no small class {named[1]!r} in the scheme {named[0]!r}, or it has no "
                f"condition {number}.",
                key="error.case_no_class", code=named[1], scheme=named[0],
            )  # fmt: skip
        condition = kind.condition(number)
        changes |= {
            "scheme": kind.scheme, "big": kind.big, "small": kind.small,
            "condition": condition.number if condition else None,
        }  # fmt: skip
    moved = None
    if {"lon", "lat"} & changes.keys():
        lon, lat = changes.pop("lon", case.lon), changes.pop("lat", case.lat)
        moved = (faces or Faces()).lying(db, [(lon, lat)])[0]
        if moved.unit_id is None:
            raise CityGridError(
                f"The place ({lon:.6f}, {lat:.6f}) lies outside the city.", key="error.case_outside"
            )
        # How surely the place before was known says nothing of this one.
        changes.setdefault("placed_within_m", None)
        changes.setdefault("placed_as", None)
        changes |= {
            "geom": WKTElement(f"POINT({lon!r} {lat!r})", srid=STORED_CRS),
            "unit_id": moved.unit_id,
        }
    return replace(said, changes=changes), moved
