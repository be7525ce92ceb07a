"""The one row policy: what each role of the database may do with each table, and with which rows.

Run as code by `gis.migrations.upgrade`, not as history: whatever was there before is replaced.
To give a new table its rights, add it to GRANTS and, where not everybody may see every row, to
ROWS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, text

import gis.cases
import gis.hooks  # noqa: F401 - their tables get their rights here
from gis.access import audit, views
from gis.database import Role
from gis.errors import DatabaseError
from gis.jobs import queue
from gis.tables import PERSON_MEASURES, SCHEMA

_A, _E, _M, _P, _S = Role.APP, Role.ENGINE, Role.MASKER, Role.PORTER, Role.SEALER
_W = Role.WORKER
_READ = "SELECT"
_WRITE = "SELECT, INSERT, UPDATE, DELETE"
_DATA: Mapping[Role, str] = {_E: _WRITE, _M: _READ, _A: _READ}
_KNOWN: Mapping[Role, str] = {**_DATA, _P: _READ}
_ACCOUNTS: Mapping[Role, str] = {_P: _WRITE}

_DRAFTED = "title, within, revision, steps, done, updated_at"
DRAFTS: Mapping[str, str] = MappingProxyType(
    {
        "change_order": "INSERT (year, serial, title, status, zoning_id, within, author_id, "
        "author), "
        f"UPDATE ({_DRAFTED})",
        "order_step": "INSERT (order_id, n, delta, units, said), UPDATE (delta, units, said, at)",
        "order_event": "INSERT (order_id, account_id, name, act, before, after, details)",
    }
)
"""What the server may write of drafts, and only of those that whom it serves is drawing."""

GRANTS: Mapping[str, Mapping[Role, str]] = MappingProxyType(
    {
        # The ground and what lies on it.
        **dict.fromkeys(
            ("city", "zoning", "zoning_level", "unit", "unit_version", "duty_body"), _KNOWN
        ),
        **dict.fromkeys(
            ("unit_lineage", "unit_shape", "estate", "building", "entrance",
             "facility", "incident_class", "incident", "road", "barrier", "land", "water", "green",
             "feature_unit", "place_name", "place_key", "place_spot", "class_condition",
             "duty_rule"),
            _DATA,
        ),
        # Administrators enter who serves a unit.
        "staff_holding": {**_DATA, _P: _WRITE},
        # Persons. The server reads no person's number, door or care from the tables.
        "people": {
            **_DATA, _A: "SELECT (id, unit_id, household_id, building_id, count, age_band, sex, "
            "residence, estimated, since, geom)",
        },
        "household": {
            **_DATA, _A: "SELECT (id, unit_id, building_id, entrance_id, tenure, count, since, "
            "estimated, geom)",
        },
        # Read by the masker alone, who gives it out with a reason: `views.person_clear`.
        "person_private": {_E: _WRITE, _M: _READ},
        # What is done with incidents is the engine's to write, because numbers hang on it. Who
        # reported one is read by the masker alone, as persons are.
        **{
            name: {_E: _WRITE, _A: _READ}
            for name in ("incident_step", "incident_pause", "incident_alarm", "incident_comment")
        },
        "incident_reporter": {_E: _WRITE, _M: _READ},
        "incident_receipt": {_E: _WRITE},
        # Rules: the engine checks what they name, adds versions and changes none of them.
        "rule_version": {_E: "SELECT, INSERT", _A: _READ},
        "rule_draft": {_E: _WRITE},
        "incident_notice": {_E: _WRITE, _A: "SELECT, UPDATE (seen_at)"},
        # Orders of the hotline: read by who registers, decided on by the engine.
        "hotline_order": {_E: _WRITE, _A: _READ},
        "hotline_caller": {_E: _WRITE},
        "hotline_setting": {_E: _WRITE, _A: _READ},
        # Added and removed, never changed; both are acts, which the engine writes.
        "incident_file": {_E: "SELECT, INSERT, DELETE", _A: _READ},
        # What is counted.
        **dict.fromkeys(
            ("measure", "unit_count", "outside_count", "unit_series", "cell_count", "h3_count",
             "layer_state", "import_batch", "release", "release_count", "release_cell",
             "release_h3"),
            _DATA,
        ),
        # For the owner alone.
        "release_hidden": {},
        # Accounts, for the porter alone. Whom an order of boundaries asks, the engine looks up; and
        # when it takes effect, posts on units that end go to those that they became.
        **dict.fromkeys(
            ("old_password", "recovery_code", "guess", "identity", "session", "api_token"),
            _ACCOUNTS,
        ),
        "account": {**_ACCOUNTS, _E: "SELECT (id, login, name, disabled_at)"},
        "post_holding": {**_ACCOUNTS, _E: "SELECT, INSERT, UPDATE"},
        # Orders of boundaries. The server writes drafts, of whom it serves; what binds others
        # the engine writes.
        **{
            name: {_E: _WRITE, _A: f"SELECT, {own}"}
            for name, own in DRAFTS.items()
        },
        "order_ask": {_E: _WRITE, _A: _READ},
        "order_comment": {_E: _WRITE, _A: _READ},
        "order_notice": {_E: _WRITE, _A: "SELECT, UPDATE (seen_at)"},
        # Scenarios, of whoever plans. What came of one is public; only that may a job write.
        "coverage_scenario": {
            _A: "SELECT, INSERT (name, account_id, is_shared, question, changes), "
            "UPDATE (name, is_shared, question, changes, version, result, answered_at, "
            "changed_at, deleted_at)",
            # Whose answers may have grown old.
            _E: "SELECT (account_id, version, deleted_at)",
        },
        # Lists of candidates, of whoever plans: written once, and put away.
        "candidate_list": {
            _A: "SELECT, INSERT (name, account_id, is_shared, file, entries), UPDATE (deleted_at)",
        },
        # Named filters of incidents, of whoever keeps them.
        "saved_filter": {
            _A: "SELECT, INSERT (account_id, name, query, unit_id, body_id), "
            "UPDATE (name, unit_id, body_id, deleted_at)",
        },
        "indicator_day": {
            _A: "SELECT, INSERT (indicator, day, unit_id, people, reached, buildings, "
            "buildings_reached), UPDATE (people, reached, buildings, buildings_reached, "
            "made_at)",
        },
        # The server begins and cancels jobs by the functions of `gis.jobs.queue`.
        "job": {_A: _READ, _W: "SELECT, UPDATE, DELETE"},
        # Administrators say which addresses are told; what they are told, and with which secret,
        # they do not read: that is between the engine, who writes it, and the worker, who sends it.
        "webhook": {
            _P: "SELECT (id, url, acts, account_id, created_at, ended_at), "
            "INSERT (url, secret, acts, account_id), UPDATE (ended_at)",
            _E: "SELECT (id, acts, ended_at)", _W: _READ,
        },
        "webhook_delivery": {
            _P: "SELECT (id, webhook_id, act, state, attempts, status, failure, created_at, "
            "tried_at)",
            _E: "SELECT (id), INSERT (webhook_id, act, payload)", _W: "SELECT, UPDATE, DELETE",
        },
        # `gis.access.audit` says what may be done with these.
        "audit": {},
        "audit_seal": {},
    }
)  # fmt: skip
"""What each role may do with each table; what is not here it may not."""

VIEW_GRANTS = (_A, _E, _M)
"""Who may read the views of `gis.access.views`; the owner may, too."""

_PERSONS = "unit_id <@ (SELECT citygrid.seen_units())"
_NO_PERSON = f"measure_id < {PERSON_MEASURES}"
_OWN = "nullif(current_setting('citygrid.account', true), '')::integer"

_OF_SEEN = f"EXISTS (SELECT FROM {SCHEMA}.incident i WHERE i.id = incident_id)"
_OF_HELD = (
    f"EXISTS (SELECT FROM {SCHEMA}.incident i WHERE i.id = incident_id "
    "AND (i.unit_id <@ (SELECT citygrid.seen_cases()) "
    "OR i.body_id = ANY ((SELECT citygrid.seen_bodies())::integer[])))"
)

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "people": _PERSONS,
        "household": _PERSONS,
        "person_private": _PERSONS,
        "incident": "NOT is_personal OR unit_id <@ (SELECT citygrid.seen_cases()) "
        "OR body_id = ANY ((SELECT citygrid.seen_bodies())::integer[])",
        "incident_step": _OF_SEEN,
        "incident_pause": _OF_SEEN,
        "incident_alarm": _OF_SEEN,
        # What people say of a case may name somebody: it is for those who work on it.
        "incident_comment": _OF_HELD,
        # What people said is in them.
        "hotline_order": "(SELECT citygrid.has_right('register')) "
        "AND (unit_id IS NULL OR unit_id <@ (SELECT citygrid.seen_cases()))",
        "incident_file": _OF_SEEN,
        "unit_count": f"{_NO_PERSON} OR {_PERSONS}",
        "unit_series": f"{_NO_PERSON} OR {_PERSONS}",
        # Of places that are no units of the main tree, what is released.
        "outside_count": _NO_PERSON,
        "cell_count": _NO_PERSON,
        "h3_count": _NO_PERSON,
        "feature_unit": "layer NOT IN ('people', 'households')",
        "job": f"account_id = (SELECT {_OWN})",
    }
)
"""Which rows the server sees for its viewer, and may write for him. Elsewhere: every row."""

_MAY_DRAW = "(SELECT citygrid.has_right('redraw'))"
_MAY_PLAN = "(SELECT citygrid.has_right('plan'))"
_OWN_DRAFT = f"status = 'draft' AND author_id IS NOT DISTINCT FROM (SELECT {_OWN})"
_OF_OWN_DRAFT = f"order_id IN (SELECT id FROM {SCHEMA}.change_order WHERE {_OWN_DRAFT})"  # noqa: S608 - ours
# Those who hold a post on a unit, or at a body.
_MY_POSTS = (
    "unit_id = ANY ((SELECT citygrid.held_units())::integer[]) "
    "OR body_id = ANY ((SELECT citygrid.held_bodies())::integer[])"
)
OWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "change_order": ("true", f"{_MAY_DRAW} AND {_OWN_DRAFT}"),
        "order_step": ("true", f"{_MAY_DRAW} AND {_OF_OWN_DRAFT}"),
        "order_event": (
            "true",
            f"{_OF_OWN_DRAFT} AND account_id IS NOT DISTINCT FROM (SELECT {_OWN})",
        ),
        # What people say of an order may name somebody: it is for those who take part.
        "order_comment": (
            " OR ".join(
                f"(SELECT citygrid.has_right('{r}'))" for r in ("redraw", "approve", "file")
            ),
            "false",
        ),
        "coverage_scenario": (
            f"account_id = (SELECT {_OWN}) OR account_id IS NULL OR is_shared",
            f"{_MAY_PLAN} AND account_id = (SELECT {_OWN})",
        ),
        "candidate_list": (
            f"account_id = (SELECT {_OWN}) OR account_id IS NULL OR is_shared",
            f"{_MAY_PLAN} AND account_id = (SELECT {_OWN})",
        ),
        # Shared with the posts of a place by who holds one there.
        "saved_filter": (
            f"account_id = (SELECT {_OWN}) OR {_MY_POSTS}",
            f"account_id = (SELECT {_OWN}) "
            f"AND ((unit_id IS NULL AND body_id IS NULL) OR {_MY_POSTS})",
        ),
        # Whatever is written there comes of public numbers.
        "indicator_day": ("true", _MAY_PLAN),
        "order_notice": (f"account_id = (SELECT {_OWN})", f"account_id = (SELECT {_OWN})"),
        "incident_notice": (f"account_id = (SELECT {_OWN})", f"account_id = (SELECT {_OWN})"),
    }
)
"""Which rows the server sees for its viewer, and which of them it may write for him."""

_MASKER_READS_REVEALS = (
    f"GRANT SELECT ON {SCHEMA}.audit TO {_M}",
    f"CREATE POLICY reveals ON {SCHEMA}.audit FOR SELECT TO {_M} USING (act = 'reveal')",
)
# Else the policy comes before `geom && box`, and no index of places serves any more.
OVERLAPS = "public.geometry_overlaps(public.geometry,public.geometry)"
_ALL_ROLES = ", ".join((_A, _E, _M, _P, _S, _W))
_WORKER_SEES_JOBS = f"CREATE POLICY worker ON {SCHEMA}.job TO {_W} USING (true) WITH CHECK (true)"


def apply(db: Connection) -> None:
    """Put the policy in place, whatever was there: in the caller's transaction, as a migrator.

    Marks PostGIS's ``&&`` as leakproof where that is allowed (to superusers, so on our own
    server): it tells nothing of the boxes it compares.
    """
    remove_views(db)
    can_mark = db.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
    if can_mark and not is_leakproof(db):
        db.execute(text(f"ALTER FUNCTION {OVERLAPS} LEAKPROOF"))
    leakproof = is_leakproof(db)
    for role, statements in _steps(leakproof):
        db.execute(text(f"SET LOCAL ROLE {role}"))
        for statement in statements:
            db.execute(text(statement))
    db.execute(text(f"SET LOCAL ROLE {Role.OWNER}"))
    for statement in _old_policies(db):
        db.execute(text(statement))
    for statement in (*_policies(), _mark(leakproof)):
        db.execute(text(statement))
    db.execute(text("RESET ROLE"))


def remove_views(db: Connection) -> None:
    """Drop the views, which would keep a migration from changing the tables behind them."""
    there = db.scalars(
        text("SELECT viewname FROM pg_views WHERE schemaname = :schema"), {"schema": SCHEMA}
    )
    for view in there.all():
        db.execute(text(f"DROP VIEW IF EXISTS {SCHEMA}.{view} CASCADE"))


def is_applied(db: Connection) -> bool:
    """Whether this program's policy is what the database has, as well as it can have it."""
    mark = db.scalar(
        text("SELECT obj_description(to_regnamespace(:s), 'pg_namespace')"), {"s": SCHEMA}
    )
    return bool(mark == _name_of(is_leakproof(db)))


def is_leakproof(db: Connection) -> bool:
    """Whether the policy leaves the indexes of places their use. A dump does not carry it."""
    return bool(
        db.scalar(
            text("SELECT proleakproof FROM pg_proc WHERE oid = to_regprocedure(:name)"),
            {"name": OVERLAPS},
        )
    )


def require(db: Connection) -> None:
    """Raise DatabaseError unless the database decides as this program means it to."""
    if not is_applied(db):
        raise DatabaseError(
            "Who may see what is not set up in this database as this program needs it. "
            "Run `citygrid db upgrade`."
        )


def _steps(leakproof: bool) -> Iterable[tuple[Role, Iterable[str]]]:
    masked = views.masked(is_leakproof=leakproof)
    plain = views.plain(is_leakproof=leakproof)
    making = f"CREATE ON SCHEMA {SCHEMA}"
    owned = (*_grants(), *queue.rights(), *views.functions(), *queue.functions())
    yield Role.OWNER, (*owned, f"GRANT {making} TO {_M}")
    yield Role.MASKER, (*masked, *_readable(masked))
    yield Role.OWNER, (*plain, *_readable(plain), f"REVOKE {making} FROM {_M}")


def _grants() -> Iterable[str]:
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {_ALL_ROLES}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {_ALL_ROLES}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {SCHEMA} FROM {_ALL_ROLES}"
    for table, roles in GRANTS.items():
        for role, rights in roles.items():
            yield f"GRANT {rights} ON {SCHEMA}.{table} TO {role}"
    # Numbers for incidents are drawn before they are written, and drawn past what files brought.
    yield f"GRANT USAGE, SELECT, UPDATE ON SEQUENCE {SCHEMA}.incident_id_seq TO {_E}"


def _readable(statements: Iterable[str]) -> Iterable[str]:
    for statement in statements:
        first, kind, name, *_ = statement.split()
        if (first, kind) == ("CREATE", "VIEW"):
            yield f"GRANT SELECT ON {name} TO {', '.join((*VIEW_GRANTS, Role.OWNER))}"


def _old_policies(db: Connection) -> Iterable[str]:
    found = db.execute(
        text("SELECT policyname, tablename FROM pg_policies WHERE schemaname = :schema"),
        {"schema": SCHEMA},
    )
    return [f"DROP POLICY {name} ON {SCHEMA}.{table}" for name, table in found]


def _policies() -> Iterable[str]:
    for table, rows in ROWS.items():
        name = f"{SCHEMA}.{table}"
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"CREATE POLICY viewer ON {name} TO {_A} USING ({rows}) WITH CHECK ({rows})"
        yield f"CREATE POLICY engine ON {name} TO {_E} USING (true) WITH CHECK (true)"
        yield f"CREATE POLICY masker ON {name} FOR SELECT TO {_M} USING (true)"
    for table, (seen, own) in OWN.items():
        name = f"{SCHEMA}.{table}"
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
        yield f"CREATE POLICY viewer ON {name} FOR SELECT TO {_A} USING ({seen})"
        yield f"CREATE POLICY adds ON {name} FOR INSERT TO {_A} WITH CHECK ({own})"
        yield f"CREATE POLICY changes ON {name} FOR UPDATE TO {_A} USING ({own}) WITH CHECK ({own})"
        yield f"CREATE POLICY engine ON {name} TO {_E} USING (true) WITH CHECK (true)"
    yield from audit.STATEMENTS
    yield from _MASKER_READS_REVEALS
    yield _WORKER_SEES_JOBS


def _mark(leakproof: bool) -> str:
    return f"COMMENT ON SCHEMA {SCHEMA} IS '{_name_of(leakproof)}'"


def _name_of(leakproof: bool) -> str:
    statements = [s for _, step in _steps(leakproof) for s in step]
    said = "\n".join((*statements, *_policies()))
    return f"policy {hashlib.sha256(said.encode()).hexdigest()[:16]}"
