"""What an assessor asks of an installation, answered from the database: one finding a question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, text

from gis.access import accounts, holdings, policy, verifying
from gis.access.heads import Head
from gis.access.posts import APART, POSTS
from gis.access.rules import Rules
from gis.database import Role
from gis.said import Said
from gis.tables import SCHEMA

UNUSED = dt.timedelta(days=90)
# The sealer comes every few seconds; by then something is wrong.
SEALED_WITHIN = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
# Pruning is a job of a night now and then.
_PRUNING_SLACK = 31 * _DAY
_ADMINISTRATION = tuple(post for post in POSTS if post in APART)
_GUARDS = (
    ("audit", "audit_stays"),
    ("audit", "audit_is_kept"),
    ("audit_seal", "audit_seal_stays"),
    ("audit_seal", "audit_seal_is_kept"),
)
_BOTH = Said("Hold two of them", key="secure.both")
_BOUND = (Role.APP, Role.PORTER, Role.SEALER, Role.WORKER)


class Grade(StrEnum):
    """How a question is answered."""

    GOOD = "ok"
    NOTE = "note"
    """Nothing is wrong, but an assessor will want to know."""
    BAD = "FAIL"


@dataclass(frozen=True)
class Answer:
    """A question's answer."""

    grade: Grade
    # Of whom or what: roles, rows, audit, accounts …
    about: str
    said: str


def of_database(
    db: Connection, rules: Rules, heads: Iterable[Head], at: dt.datetime
) -> Iterator[Answer]:
    """Answer all questions whose answer is in the database.

    Parameters
    ----------
    db
        As the owner.
    heads
        The exported heads of the audit, read before the transaction began.
    """
    yield from _roles(db)
    yield from _rows(db)
    yield from _audit(db, rules, tuple(heads), at)
    yield from _accounts(db, rules, at)
    yield from _administrators(db, rules, at)


def judged(about: str, faults: Iterable[str], good: str, *, bad: str = "") -> Answer:
    """Return a bad answer that names the faults, or the good one where there are none."""
    found = list(faults)
    if not found:
        return Answer(Grade.GOOD, about, good)
    return Answer(Grade.BAD, about, _naming(bad or Said("Wrong", key="secure.wrong"), found))


def _roles(db: Connection) -> Iterator[Answer]:
    names = {"roles": [role.value for role in Role]}
    mighty = db.scalars(
        text(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (:roles) AND (rolsuper OR "
            "rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication) ORDER BY 1"
        ),
        names,
    )
    yield judged(
        "roles",
        mighty,
        Said(
            "No role of the program is a superuser or bypasses the row policy.", key="secure.roles"
        ),
        bad=Said(
            "Roles that are superusers, bypass the row policy or make roles or databases",
            key="secure.mighty",
        ),
    )
    bound = {"roles": [role.value for role in _BOUND], "schema": SCHEMA}
    owned = db.scalars(
        text(
            "SELECT r.rolname || ' owns ' || c.relname FROM pg_class c JOIN pg_roles r "
            "ON r.oid = c.relowner JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = :schema AND r.rolname = ANY (:roles) UNION ALL "
            "SELECT m.rolname || ' may become ' || g.rolname FROM pg_auth_members a "
            "JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid "
            "WHERE m.rolname = ANY (:roles)"
        ),
        bound,
    )
    yield judged(
        "roles",
        owned,
        Said(
            f"{', '.join(r.value for r in _BOUND)} own nothing and become nobody else.",
            key="secure.bound",
            roles=tuple(r.value for r in _BOUND),
        ),
    )
    written = db.scalars(
        text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND has_table_privilege("
            ":app, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY 1"
        ),
        {"schema": SCHEMA, "app": Role.APP.value},
    )
    yield judged(
        "roles",
        written,
        Said("The page's server writes to no whole table.", key="secure.writes_none"),
        bad=Said("The page's server may write to", key="secure.writes"),
    )
    secret = [t for t, roles in policy.GRANTS.items() if Role.APP not in roles and t[:5] != "audit"]
    read = [
        table
        for table in secret
        if db.scalar(
            text("SELECT has_any_column_privilege(:app, :t, 'SELECT')"),
            {"app": Role.APP.value, "t": f"{SCHEMA}.{table}"},
        )
    ]
    yield judged(
        "roles",
        read,
        Said(
            "The page's server reads no account, password, session or token.",
            key="secure.reads_none",
        ),
        bad=Said("The page's server may read", key="secure.reads"),
    )


def _rows(db: Connection) -> Iterator[Answer]:
    yield judged(
        "rows",
        [] if policy.is_applied(db) else ["another policy than this program's"],
        Said("The row policy is this program's.", key="secure.policy"),
        bad=Said("The database has", key="secure.other_policy"),
    )
    guarded = [*policy.ROWS, *policy.OWN, "audit", "audit_seal"]
    lacking = db.scalars(
        text(
            "SELECT wanted FROM unnest(CAST(:tables AS text[])) AS wanted LEFT JOIN pg_class c "
            "ON c.oid = to_regclass(:schema || '.' || wanted) WHERE c.oid IS NULL "
            "OR NOT c.relrowsecurity OR NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)"
        ),
        {"tables": guarded, "schema": SCHEMA},
    )
    yield judged(
        "rows",
        lacking,
        Said(
            f"Row security is on in {len(guarded)} tables: {', '.join(guarded)}.",
            key="secure.guarded",
            n=len(guarded),
            tables=tuple(guarded),
        ),
        bad=Said("Row security is off in", key="secure.unguarded"),
    )
    if policy.is_leakproof(db):
        yield Answer(
            Grade.GOOD,
            "rows",
            Said(
                "PostGIS's && is LEAKPROOF: the policy keeps its indexes.", key="secure.leakproof"
            ),
        )
    else:
        yield Answer(
            Grade.NOTE,
            "rows",
            Said(
                "PostGIS's && is not LEAKPROOF here: nothing leaks, and tiles of persons are "
                "slower. A superuser may run `citygrid db upgrade` once.",
                key="secure.not_leakproof",
            ),
        )


def _audit(
    db: Connection, rules: Rules, heads: tuple[Head, ...], at: dt.datetime
) -> Iterator[Answer]:
    armed = {
        (table, trigger)
        for table, trigger in db.execute(
            text(
                "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal"
            )
        )
    }
    yield judged(
        "audit",
        (f"{trigger} of {table}" for table, trigger in _GUARDS if (table, trigger) not in armed),
        Said(
            "Nobody can change, remove or empty the audit: its triggers are armed.",
            key="secure.armed",
        ),
        bad=Said("Triggers that are off or gone", key="secure.unarmed"),
    )
    verdict = verifying.verify(db, heads)
    yield judged(
        "audit",
        (str(fault) for fault in verdict.faults[:1]),
        Said(
            f"The chain of {verdict.sealed:,} rows is whole and fits {verdict.heads:,} exported "
            "heads.",
            key="secure.chain",
            n=verdict.sealed,
            heads=verdict.heads,
        ),
        bad=Said(
            f"{verdict.faulty:,} faults in the chain; see `citygrid audit verify`; the first",
            key="secure.broken",
            n=verdict.faulty,
        ),
    )
    waiting = db.scalar(
        text(
            "SELECT min(at) FROM audit a WHERE NOT EXISTS "
            "(SELECT FROM audit_seal WHERE audit_id = a.id)"
        )
    )
    if waiting and at - waiting > SEALED_WITHIN:
        yield Answer(
            Grade.BAD,
            "audit",
            Said(
                f"{verdict.unsealed:,} rows wait for their seal since {waiting:%F %H:%M %Z}: serve "
                "the page, which seals, or run `citygrid audit seal`.",
                key="secure.waiting",
                n=verdict.unsealed,
                since=f"{waiting:%F %H:%M %Z}",
            ),
        )
    else:
        yield Answer(
            Grade.GOOD,
            "audit",
            Said("Everything is sealed but the last hour at most.", key="secure.sealed"),
        )
    oldest = db.scalar(text("SELECT min(at) FROM audit"))
    kept = f"Rows are kept for {rules.audit_days} days (audit_days)"
    if oldest and at - oldest > rules.audit_days * _DAY + _PRUNING_SLACK:
        yield Answer(
            Grade.NOTE,
            "audit",
            Said(
                f"{kept}; the oldest is of {oldest:%F}: `citygrid audit prune` is due.",
                key="secure.prune",
                days=rules.audit_days,
                oldest=f"{oldest:%F}",
            ),
        )
    else:
        since = f"; the oldest is of {oldest:%F}" if oldest else ""
        yield Answer(
            Grade.GOOD,
            "audit",
            Said(
                f"{kept}{since}.",
                key="secure.kept",
                days=rules.audit_days,
                oldest=f"{oldest:%F}" if oldest else "-",
            ),
        )


def _accounts(db: Connection, rules: Rules, at: dt.datetime) -> Iterator[Answer]:
    known = [account for account in accounts.listed(db) if account.disabled_at is None]
    held = holdings.listed(db, at=at)
    holders = {given.account_id for given in held}
    yield Answer(
        Grade.GOOD,
        "accounts",
        Said(
            f"{len(known):,} accounts are enabled, {len(holders):,} hold posts.",
            key="secure.accounts",
            n=len(known),
            m=len(holders),
        ),
    )
    demo = [account.login for account in known if account.is_demo]
    is_made_up = db.scalar(text("SELECT is_synthetic FROM city"))
    if demo and not is_made_up:
        yield judged(
            "accounts",
            demo,
            "",
            bad=Said("Demo accounts in a real city; disable them", key="secure.demo"),
        )
    unused = [
        account.login
        for account in known
        if at - (account.signed_in_at or account.created_at) > UNUSED and not account.is_demo
    ]
    yield _noted(
        "accounts",
        unused,
        Said(
            f"Every account was used in the last {UNUSED.days} days.",
            key="secure.used",
            days=UNUSED.days,
        ),
        note=Said(
            f"Not used for {UNUSED.days} days; disable those nobody needs",
            key="secure.unused",
            days=UNUSED.days,
        ),
    )
    endless = sorted({given.login for given in held if given.until is None})
    yield _noted(
        "accounts",
        endless,
        Said("Every post ends on a day.", key="secure.terms"),
        note=Said("Hold a post without an end", key="secure.endless"),
    )
    if rules.second_factor:
        without = [a.login for a in known if a.id in holders and a.has_password and not a.has_code]
        yield _noted(
            "accounts",
            without,
            Said("Every holder of a post has a second factor.", key="secure.factors"),
            note=Said(
                "Have no second factor yet, and must set one up when they sign in",
                key="secure.no_factor",
            ),
        )
    else:
        yield Answer(
            Grade.NOTE,
            "accounts",
            Said(
                f"The rules ({rules.preset}) ask for no second factor (second_factor).",
                key="secure.no_factors",
                preset=rules.preset,
            ),
        )


def _administrators(db: Connection, rules: Rules, at: dt.datetime) -> Iterator[Answer]:
    posts: dict[str, set[str]] = {}
    for given in holdings.listed(db, at=at):
        if given.post in APART:
            posts.setdefault(given.login, set()).add(given.post)
    missing = [post.value for post in _ADMINISTRATION if not any(post in p for p in posts.values())]
    if missing:
        yield Answer(
            Grade.NOTE,
            "administrators",
            Said(f"Nobody holds {', '.join(missing)}.", key="secure.missing", posts=tuple(missing)),
        )
    both = [
        f"{login} ({', '.join(sorted(held))})" for login, held in posts.items() if len(held) > 1
    ]
    good = Said("No administrator holds two of system, security and audit.", key="secure.apart")
    if rules.administrators_apart:
        yield judged("administrators", both, good, bad=_BOTH)
    else:
        yield _noted("administrators", both, good, note=_BOTH)


def _noted(about: str, found: Iterable[str], good: str, *, note: str) -> Answer:
    listed = list(found)
    if not listed:
        return Answer(Grade.GOOD, about, good)
    return Answer(Grade.NOTE, about, _naming(note, listed, most=10))


def _naming(what: str, found: list[str], most: int | None = None) -> Said:
    shown = found[:most]
    rest = len(found) - len(shown)
    named = ", ".join(shown) + (f" and {rest:,} more" if rest else "")
    return Said(
        f"{what}: {named}.",
        key="secure.naming_some" if rest else "secure.naming",
        what=what,
        found=tuple(shown),
        n=len(found),
    )
