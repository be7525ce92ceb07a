"""Codes for new units: the next free ones under a parent, never one that was ever used."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from gis.errors import BoundaryError
from gis.tables import unit_version

_c = unit_version.c


def next_codes(
    db: Connection, zoning_id: int, parent_code: str, *, digits: int, count: int = 1
) -> list[str]:
    """Return codes that no unit has or had: the parent's code and a running number.

    Numbers go on after the highest one used; when those run out, gaps are filled.

    Parameters
    ----------
    digits
        How many the number has, with leading zeros.
    """
    query = select(_c.code).where(
        _c.zoning_id == zoning_id,
        func.left(_c.code, len(parent_code)) == parent_code,
        func.length(_c.code) == len(parent_code) + digits,
    )
    endings = (code[len(parent_code) :] for code in db.scalars(query))
    used = {int(ending) for ending in endings if ending.isascii() and ending.isdigit()}
    highest, most = max(used, default=0), 10**digits - 1
    after = list(range(highest + 1, min(highest + count, most) + 1))
    gaps = (number for number in range(1, highest) if number not in used)
    while len(after) < count:
        number = next(gaps, None)
        if number is None:
            raise BoundaryError(
                f"All {most:,} codes under {parent_code} have been used. "
                "Hand some of its units over, or split it."
            )
        after.append(number)
    return [f"{parent_code}{number:0{digits}}" for number in after]
