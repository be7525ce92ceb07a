"""Commands for jobs: what was asked for on the page, how far it is, and an end to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from dashboard.cli.context import Settings, acting
from gis.access.tables import account
from gis.database import Role

if TYPE_CHECKING:
    from gis.jobs.jobs import Job


@click.group()
def jobs() -> None:
    """Look after jobs: long work that somebody asked for on the page.

    \b
    Example:
        citygrid jobs list
    """


@jobs.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many.")
@click.pass_obj
def list_(settings: Settings, limit: int) -> None:
    """List jobs, the newest first.

    \b
    Example:
        citygrid jobs list --limit 10
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    # Here and below, because `citygrid up` starts in a blink without them.
    from gis.jobs import jobs as kept

    with settings.reading() as db:
        found = kept.listed(db, limit=limit)
        logins = dict(db.execute(select(account.c.id, account.c.login)).all())
    say = settings.say
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("id", "kind", "for", "state", "progress", "began"):
        shown.add_column(say(f"jobs_listed.{title}"))
    for job in found:
        shown.add_row(
            str(job.id), say(f"job_kind.{job.kind}"), str(logins[job.account_id]),
            say(f"job_state.{job.state}"), _progress(job),
            f"{job.created_at.astimezone():%Y-%m-%d %H:%M}",
        )  # fmt: skip
    Console().print(shown)
    click.echo(say("jobs_listed.total", n=len(found)))


@jobs.command()
@click.argument("job", type=int)
@click.pass_obj
def show(settings: Settings, job: int) -> None:
    """Show a job and what came of it, which is written as JSON.

    \b
    Example:
        citygrid jobs show 12
    """
    from gis.jobs import jobs as kept

    with settings.reading() as db:
        found = kept.read(db, job)
    _tell(settings, found)
    if found.failure:
        click.echo(found.failure[settings.language])
    if found.result is not None:
        click.echo(json.dumps(found.result, ensure_ascii=False, indent=1))


@jobs.command()
@click.argument("job", type=int)
@click.pass_obj
def cancel(settings: Settings, job: int) -> None:
    """Cancel a job, waiting or under way, whoever asked for it.

    \b
    Example:
        citygrid jobs cancel 12
    """
    from gis.access.viewer import Viewer, act_as
    from gis.jobs import jobs as kept

    with settings.writing() as db:
        # As the one who asked, whose job alone it is.
        viewer = Viewer(kept.read(db, job).account_id)
        act_as(db, viewer)
        found = kept.cancel(db, viewer, job)
    if found.is_ended:
        _tell(settings, found)
    else:
        click.echo(settings.say("jobs_listed.ending", n=job))


@jobs.command()
@click.option("--month-end", is_flag=True, help="Of the last month's end, where it is lacking.")
@click.pass_obj
def indicators(settings: Settings, *, month_end: bool) -> None:
    """Keep what the standard indicators come to now, by public numbers, as those of today.

    The page keeps them at each month's end by itself, in the city's time zone; what it missed while
    it was off it makes up for when it starts.

    \b
    Example:
        citygrid jobs indicators
    """
    import datetime as dt

    from dashboard.jobs.month_end import keep_month_end, kept
    from gis import places
    from layers.coverage import indicators as standards

    now = dt.datetime.now(dt.UTC)
    with settings.loaded_city() as target, acting(target, Role.APP) as engine:
        if month_end:
            day, names = keep_month_end(engine, now)
        else:
            with engine.connect() as db:
                city = places.city_of(db)
            day = now.astimezone(city.tz).date()
            names = list(kept(engine, city, day, tuple(standards.of(city).indicators)))
    click.echo(settings.say("jobs_listed.kept", n=len(names), day=day))


def _tell(settings: Settings, job: Job) -> None:
    say = settings.say
    click.echo(
        say(
            "jobs_listed.one", n=job.id, kind=say(f"job_kind.{job.kind}"),
            state=say(f"job_state.{job.state}"), progress=_progress(job),
        )
    )  # fmt: skip


def _progress(job: Job) -> str:
    return f"{job.done}/{job.total}" if job.total else "—"
