"""A new key, or another cipher: everything encrypted with the old one is encrypted anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Connection, Integer, LargeBinary, bindparam, func, select, text

from gis import hooks
from gis.access import codes
from gis.access.keys import Keys
from gis.access.private import about_id_number
from gis.access.tables import person_private

_AT_ONCE = 20_000

Report = Callable[[str, int, int], None]

_WRITE = text(
    "UPDATE citygrid.person_private p SET id_number = n.kept "
    "FROM unnest(:ids, :kept) AS n (id, kept) WHERE p.people_id = n.id"
).bindparams(bindparam("ids", type_=ARRAY(Integer)), bindparam("kept", type_=ARRAY(LargeBinary)))


def renew(db: Connection, keys: Keys, report: Report) -> tuple[int, int, int]:
    """Encrypt anew what is not of the newest key and today's cipher, in the caller's transaction.

    Parameters
    ----------
    db
        As the owner.
    report
        Told what is done, how many, of how many.

    Returns
    -------
    int, int, int
        How many id numbers, secrets of second factors, and secrets of webhooks.
    """
    c = person_private.c
    total = db.scalar(select(func.count(c.id_number))) or 0
    last, seen, renewed = 0, 0, 0
    while True:
        asked = (
            select(c.people_id, c.id_number)
            .where(c.people_id > last, c.id_number.is_not(None))
            .order_by(c.people_id)
            .limit(_AT_ONCE)
            .with_for_update()
        )
        rows = db.execute(asked).all()
        if not rows:
            break
        renewed += _renew_rows(db, keys, [row for row in rows if keys.is_outdated(row.id_number)])
        last, seen = rows[-1].people_id, seen + len(rows)
        report("encrypting id numbers anew", seen, total)
    return renewed, codes.renew(db, keys), hooks.renew(db, keys)


def _renew_rows(db: Connection, keys: Keys, rows: Sequence[Any]) -> int:
    if not rows:
        return 0
    abouts = [about_id_number(row.people_id) for row in rows]
    plains = [
        keys.decrypt(bytes(row.id_number), about)
        for row, about in zip(rows, abouts, strict=True)
    ]  # fmt: skip
    kept = keys.encrypt_all(plains, abouts)
    db.execute(_WRITE, {"ids": [row.people_id for row in rows], "kept": kept})
    return len(rows)
