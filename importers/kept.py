"""What stays when a city is loaded anew: accounts, the posts they hold, the audit."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

import gis.jobs.tables
import gis.planning  # noqa: F401 - jobs and scenarios are about the city, and go with it
from gis import tables
from gis.access.tables import KEPT, post_holding
from gis.hooks import webhook
from gis.orders.tables import change_order

_POSTS_ASIDE = """
CREATE TEMP TABLE held_before ON COMMIT DROP AS
SELECT h.*, v.code, b.key
FROM citygrid.post_holding h
LEFT JOIN citygrid.unit_version v ON v.unit_id = h.unit_id AND upper_inf(v.valid)
LEFT JOIN citygrid.duty_body b ON b.id = h.body_id
"""
_POSTS_BACK = """
INSERT INTO citygrid.post_holding (id, account_id, post, unit_id, body_id, valid, granted_by)
SELECT h.id, h.account_id, h.post, v.unit_id, b.id,
       CASE WHEN (h.unit_id IS NULL) = (v.unit_id IS NULL) AND (h.body_id IS NULL) = (b.id IS NULL)
            THEN h.valid ELSE h.valid * tstzrange(NULL, now()) END,
       h.granted_by
FROM held_before h
LEFT JOIN (
  SELECT unit_id, code FROM citygrid.unit_version
  JOIN citygrid.zoning z ON z.id = zoning_id AND z.is_main WHERE upper_inf(valid)
) v ON h.unit_id IS NOT NULL AND v.code = h.code
LEFT JOIN citygrid.duty_body b ON h.body_id IS NOT NULL AND b.key = h.key
"""
_NUMBERS_GO_ON = """
SELECT setval(pg_get_serial_sequence('citygrid.post_holding', 'id'), max(id))
FROM citygrid.post_holding HAVING max(id) IS NOT NULL
"""


def make_room(db: Connection) -> int:
    """Empty every table of the city; posts wait aside until `put_back`, in this transaction.

    Returns
    -------
    int
        How many change orders went: they are about units that are gone. What was done with them
        stays in the audit.
    """
    orders = db.scalars(select(func.count()).select_from(change_order)).one()
    db.execute(text(_POSTS_ASIDE))
    # Units and duty bodies get other numbers, so that posts on them must make room, too.
    kept = {*KEPT, webhook} - {post_holding}
    listed = ", ".join(str(table) for table in tables.metadata.sorted_tables if table not in kept)
    db.execute(text(f"TRUNCATE {listed} RESTART IDENTITY"))
    return orders


def put_back(db: Connection) -> None:
    """Give everybody his posts again, by the codes of units and the keys of duty bodies.

    A post on what this city does not have ends now.
    """
    db.execute(text(_POSTS_BACK))
    db.execute(text(_NUMBERS_GO_ON))
