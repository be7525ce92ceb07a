"""Commands for the audit: search it, seal it, prove it whole, prune it."""

from __future__ import annotations

import datetime as dt
import json

import click

from dashboard.cli import told
from dashboard.cli.context import Settings, acting, loaded_city_id, record
from gis.access import audit as trail
from gis.access import rules, verifying
from gis.access.audit import Act, Entry
from gis.access.heads import Heads
from gis.access.sealing import Sealer
from gis.database import Role
from gis.errors import SettingsError


@click.group()
def audit() -> None:
    """Look into the audit, and prove that nobody changed it.

    \b
    Example:
        citygrid audit verify
    """


@audit.command()
@click.pass_obj
def verify(settings: Settings) -> None:
    """Recompute the seal of every row and compare; exit 1 if anything was changed or removed.

    \b
    Example:
        citygrid audit verify
    """
    with settings.loaded_city() as target, acting(target, Role.OWNER) as engine:
        heads = Heads.of(settings.state, loaded_city_id(target))
        known = heads.read()
        with engine.connect() as db:
            # One moment for links and rows: the sealer may go on meanwhile.
            db.execution_options(isolation_level="REPEATABLE READ")
            verdict = verifying.verify(db, known)
        with engine.begin() as db:
            record(
                db, Act.AUDIT_VERIFIED, {"links": verdict.sealed, "faults": verdict.faulty}
            )  # fmt: skip
    for fault in verdict.faults:
        click.echo(told.line(fault, settings.language))
    if verdict.faulty > len(verdict.faults):
        click.echo(settings.say("trail.more", n=verdict.faulty - len(verdict.faults)))
    click.echo(
        settings.say(
            "trail.verified", n=verdict.sealed, heads=verdict.heads, waiting=verdict.unsealed,
            faults=verdict.faulty,
        )
    )  # fmt: skip
    if not verdict.is_whole:
        raise click.exceptions.Exit(1)


@audit.command()
@click.pass_obj
def seal(settings: Settings) -> None:
    """Seal what waits for it; while the page is served this happens by itself.

    \b
    Example:
        citygrid audit seal
    """
    with settings.loaded_city() as target, acting(target, Role.SEALER) as engine:
        heads = Heads.of(settings.state, loaded_city_id(target))
        sealed = Sealer(engine, heads).seal()
    click.echo(settings.say("trail.sealed", n=sealed, path=heads.path))


@audit.command()
@click.option(
    "--before",
    type=click.DateTime(),
    help="Rows older than this; if left out, those older than the rules say.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.pass_obj
def prune(settings: Settings, before: dt.datetime | None, *, dry_run: bool) -> None:
    """Remove rows that are older than `audit_days` in settings.toml says.

    \b
    Example:
        citygrid audit prune --dry-run
    """
    days = rules.read(settings.state / rules.SETTINGS_FILE).audit_days
    kept_from = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    wanted = before.astimezone() if before else kept_from
    if wanted > kept_from:
        raise SettingsError(
            f"Rows of the last {days} days stay (`audit_days` in settings.toml): "
            f"--before may be {kept_from:%F} at the latest, found {wanted:%F}.",
            key="error.prune_too_new", days=days, latest=f"{kept_from:%F}", found=f"{wanted:%F}",
        )  # fmt: skip
    with settings.loaded_city() as target, acting(target, Role.OWNER) as engine:
        heads = Heads.of(settings.state, loaded_city_id(target))
        with engine.begin() as db:
            pruned = verifying.prune(db, heads, wanted, is_trial=dry_run)
        if pruned.anchor and not dry_run:
            heads.forget(pruned.anchor)
    if pruned.since is None or pruned.until is None:
        click.echo(settings.say("trail.nothing", day=wanted))
        return
    key = "trail.would_prune" if dry_run else "trail.pruned"
    click.echo(settings.say(key, n=pruned.rows, since=pruned.since, until=pruned.until))


@audit.command()
@click.argument("text", default="")
@click.option("--since", type=click.DateTime(), help="From this day or moment on.")
@click.option("--until", type=click.DateTime(), help="Before this day or moment.")
@click.option("--login", help="Who did it.")
@click.option("--act", type=click.Choice([act.value for act in Act]), help="What was done.")
@click.option("--subject", help="How what it was done to begins, e.g. people/ or account/7.")
@click.option("--before-row", type=int, help="Go on below this row.")
@click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(1, trail.MOST_FOUND),
    help="How many rows at most.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, for programs.")
@click.pass_obj
def search(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    text: str,
    since: dt.datetime | None,
    until: dt.datetime | None,
    login: str | None,
    act: str | None,
    subject: str | None,
    before_row: int | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """Show rows of the audit, newest first; TEXT is looked for in all they say.

    \b
    Example:
        citygrid audit search --act reveal --since 2026-01-31
    """
    with settings.writing() as db:
        entries = trail.search(
            db,
            since=since.astimezone() if since else None,
            until=until.astimezone() if until else None,
            login=login,
            act=Act(act) if act else None,
            subject=subject,
            text=text,
            after_id=before_row,
            limit=limit,
        )
        looked_for = {
            "text": text, "since": since and str(since), "until": until and str(until),
            "login": login, "act": act, "subject": subject,
        }  # fmt: skip
        given = {key: value for key, value in looked_for.items() if value}
        record(db, Act.AUDIT_SEARCHED, {**given, "found": len(entries)})
    for entry in entries:
        click.echo(_json(entry) if as_json else _line(entry, settings))
    if not as_json:
        click.echo(settings.say("trail.found", n=len(entries)))


def _line(entry: Entry, settings: Settings) -> str:
    who = f"{entry.login or '-'}{f' ({entry.address})' if entry.address else ''}"
    words = [f"{entry.id}", f"{entry.at.astimezone():%F %T}", who]
    words += [settings.word("act", entry.act), entry.subject]
    if entry.reason:
        words.append(f"“{entry.reason}”")
    if entry.details:
        words.append(json.dumps(entry.details, ensure_ascii=False))
    # One row is one line, whatever somebody typed; and no escapes for the terminal.
    return "".join(c if c.isprintable() else "\ufffd" for c in "  ".join(filter(None, words)))


def _json(entry: Entry) -> str:
    return json.dumps(
        {
            "id": entry.id,
            "at": entry.at.astimezone(dt.UTC).isoformat(),
            "account_id": entry.account_id,
            "login": entry.login,
            "address": entry.address,
            "act": entry.act,
            "subject": entry.subject,
            "reason": entry.reason,
            "details": dict(entry.details),
        },
        ensure_ascii=False,
    )
