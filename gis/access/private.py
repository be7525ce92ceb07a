"""What is private of persons, and the one way to it that leaves a trace.

The server reads clear names, telephones, doors and encrypted id numbers through one function,
which gives them only to a transaction that has written into the audit whose they are.
"""

from __future__ import annotations

from sqlalchemy import TableValuedAlias, Text, column, func
from sqlalchemy.types import LargeBinary

from gis.database import Role


def about_id_number(people_id: int) -> str:
    """Return what an encrypted id number is bound to: nobody else's row can take it."""
    return f"person_private.id_number/{people_id}"


def person_clear(people_id: int) -> TableValuedAlias:
    """Return name, phone, room and encrypted id_number of a person, to select from.

    There is no row unless the person is in a unit where the viewer may unmask, and the audit has
    a row of this very transaction that says so; nothing is written in savepoints.
    """
    clear: TableValuedAlias = func.citygrid.person_clear(people_id).table_valued(
        column("name", Text), column("phone", Text), column("room", Text),
        column("id_number", LargeBinary), name="clear",
    )  # fmt: skip
    return clear


FUNCTIONS = (
    """
    CREATE OR REPLACE FUNCTION citygrid.person_clear(wanted integer)
    RETURNS TABLE (name text, phone text, room text, id_number bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
      SELECT v.name, v.phone, coalesce(h.room, v.room), v.id_number
      FROM citygrid.people p
      LEFT JOIN citygrid.household h ON h.id = p.household_id
      LEFT JOIN citygrid.person_private v ON v.people_id = p.id
      WHERE p.id = wanted AND p.unit_id <@ (SELECT citygrid.reveal_units())
        AND EXISTS (
          SELECT FROM citygrid.audit a
          WHERE a.account_id = nullif(current_setting('citygrid.account', true), '')::integer
            AND a.act = 'reveal'
            AND a.subject = 'people/' || wanted
            -- This transaction's own: by the time, which has an index, and by its number.
            AND a.at >= transaction_timestamp() AND a.xmin = pg_current_xact_id()::xid
        )
    $$
    """,
    "REVOKE ALL ON FUNCTION citygrid.person_clear(integer) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION citygrid.person_clear(integer) TO {Role.APP}, {Role.OWNER}",
)
"""Made by the masker, whose it is; `gis.access.policy` runs them."""

AUDIT_OF_MASKER = (
    f"GRANT SELECT ON citygrid.audit TO {Role.MASKER}",
    "DROP POLICY IF EXISTS revealing ON citygrid.audit",
    f"CREATE POLICY revealing ON citygrid.audit FOR SELECT TO {Role.MASKER} "
    "USING (act = 'reveal' AND account_id = nullif(current_setting('citygrid.account', true), '')"
    "::integer)",
)
"""What the function reads of the audit: the reveals of the one who asks."""
