"""Commands for incidents: report one, list those that are open, do something with one, show it."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection

from dashboard.cli.context import Settings, acting
from gis import places
from gis.access import accounts
from gis.access.audit import machine_login
from gis.access.viewer import Viewer, act_as, viewer_of
from gis.database import Role, Server
from gis.errors import SettingsError

if TYPE_CHECKING:
    from layers.handling.case import Case

# As in `layers.handling.stages`, which takes a while to import.
_STAGES = ("report", "register", "dispatch", "handle", "feed_back", "check", "closed")
_ACTS = (
    "register", "refuse", "dispatch", "return", "accept", "feed_back", "check", "close", "rework",
    "suspend", "resume", "postpone", "defer", "grant", "deny", "duplicate", "force_close",
    "reopen", "evaluate", "supervise", "answer", "accept_answer", "ask_again",
)  # fmt: skip
_LOGIN = click.option("--as", "login", required=True, metavar="LOGIN", help="For this account.")


@click.group()
def incident() -> None:
    """Report incidents and handle them, for an account.

    \b
    Example:
        citygrid incident list --as li.na
    """


@incident.command()
@click.argument("scheme")
@click.argument("small")
@click.argument("at", metavar="LON,LAT")
@_LOGIN
@click.option("--condition", type=click.IntRange(1), help="Which condition of the class is met.")
@click.option("--severity", default="ordinary", show_default=True, help="How grave it is.")
@click.option("--title", default="", help="What is the matter, in one sentence.")
@click.option("--address", default="", help="Where it is, in words.")
@click.option("--source", default="hotline", show_default=True, help="Who brought it in.")
@click.option("--key", default="", help="The same once more is the same incident.")
@click.pass_obj
def report(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    scheme: str,
    small: str,
    at: str,
    login: str,
    condition: int | None,
    severity: str,
    title: str,
    address: str,
    source: str,
    key: str,
) -> None:
    """Report an incident of a class at a place.

    \b
    Example:
        citygrid incident report gbt30428-event 0101 114.05,22.55 --as li.na --title "rubbish"
    """
    from layers.handling import reports
    from layers.handling.drafts import Draft

    lon, lat = _place(at)
    draft = Draft(
        scheme, small, lon, lat, condition, severity, title, address, source=source, key=key
    )
    with settings.loaded_city() as target, acting_as(target, login, Role.ENGINE) as (db, viewer):
        found = reports.report(db, viewer, places.city_of(db), draft, now=dt.datetime.now(dt.UTC))
    click.echo(settings.say("incident_said.reported", key=found.key))
    _tell(settings, found)


@incident.command()
@click.argument("key")
@_LOGIN
@click.option("--name", default="", help="Who reports it; without a name or telephone the account.")
@click.option("--phone", default="", help="His telephone: he hears what becomes of it.")
@click.option("--text", default="", help="What he says of it.")
@click.option("--reopens", default="", help="Why it is taken up again, should it be closed.")
@click.option("--once", default="", help="The same once more is the same report.")
@click.pass_obj
def again(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    key: str,
    login: str,
    name: str,
    phone: str,
    text: str,
    reopens: str,
    once: str,
) -> None:
    """Add somebody who reports the same to an incident that is there.

    \b
    Example:
        citygrid incident again SJ20260302-277001 --as li.na --name "Mr Wang" --phone 13800000001
    """
    from layers.handling import again as repeating
    from layers.handling import case as reading
    from layers.handling.again import Repeat
    from layers.handling.drafts import Reporter

    now = dt.datetime.now(dt.UTC)
    who = Reporter(name, phone, is_subscribed=bool(phone)) if name or phone else None
    repeat = Repeat(who, text, reopens=reopens, key=once)
    with settings.loaded_city() as target:
        with acting_as(target, login, Role.APP) as (db, _viewer):
            number = reading.by_key(db, key, now).id
        with acting_as(target, login, Role.ENGINE) as (db, viewer):
            found = repeating.report_again(db, viewer, places.city_of(db), number, repeat, now=now)
    click.echo(settings.say("incident_said.again", key=found.key))
    _tell(settings, found)


@incident.command("list")
@_LOGIN
@click.option("--stage", type=click.Choice(_STAGES), help="Only those that stand there.")
@click.option("--overdue", is_flag=True, help="Only those that are late.")
@click.option("--unit", "code", metavar="CODE", help="Only those of this unit.")
@click.option(
    "--on",
    default="then",
    show_default=True,
    type=click.Choice(("then", "today")),
    help="Whether closed ones are of the unit in which they were closed, or lie today.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True,
              help="At most so many.")  # fmt: skip
@click.pass_obj
def list_(  # noqa: PLR0913 - one argument for each option
    settings: Settings, login: str, stage: str | None, code: str | None, on: str, *,
    overdue: bool, limit: int,
) -> None:  # fmt: skip
    """List the incidents an account sees, the most pressing first; closed ones if asked for.

    \b
    Example:
        citygrid incident list --as li.na --stage closed --unit 990101001001
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from dashboard.cli.patterns import unit_called
    from gis.access.views import seen_incident
    from layers.handling import case as reading
    from layers.handling import lists
    from layers.handling.boundaries import On

    c, now = seen_incident.c, dt.datetime.now(dt.UTC)
    query = reading.columns().where(c.stage == stage if stage else c.stage != "closed")
    if overdue:
        query = query.where(c.due_at < now, c.stage != "closed")
    query = query.order_by(c.due_at.nulls_last(), c.id).limit(limit)
    with settings.loaded_city() as target, acting_as(target, login, Role.APP) as (db, _viewer):
        if code:
            query = query.where(lists.lying_in(db, unit_called(db, code), On(on)))
        found = reading.cases_of(db, query, now)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("key", "stage", "class", "title", "due"):
        shown.add_column(settings.say(f"incident_said.{title}"), overflow="fold")
    for one in found:
        shown.add_row(
            one.key, settings.word("case_stage", one.stage), f"{one.scheme}/{one.small}",
            one.title or "", _due(one),
        )  # fmt: skip
    Console().print(shown)
    click.echo(settings.say("incident_said.total", n=len(found)))


@incident.command()
@click.argument("key")
@_LOGIN
@click.pass_obj
def show(settings: Settings, key: str, login: str) -> None:
    """Show an incident: how far it is, what was done with it, what the account may do now.

    \b
    Example:
        citygrid incident show SJ20260302-277001 --as li.na
    """
    from layers.handling import case as reading
    from layers.handling import standing

    with settings.loaded_city() as target, acting_as(target, login, Role.APP) as (db, viewer):
        found = reading.by_key(db, key, dt.datetime.now(dt.UTC))
        done = reading.steps(db, found.id)
    _tell(settings, found)
    for step in done:
        click.echo(
            settings.say(
                "incident_said.step", at=step.at.astimezone(), name=step.name,
                act=settings.word("case_act", step.act), note=step.reason or step.note,
            )
        )  # fmt: skip
    able = [settings.word("case_act", act) for act in standing.acts(viewer, found)]
    if able:
        click.echo(settings.say("incident_said.may", acts=settings.say("error.between").join(able)))


@incident.command("act")
@click.argument("key")
@click.argument("what", type=click.Choice(_ACTS))
@_LOGIN
@click.option("--reason", default="", help="Why, where the act needs a reason.")
@click.option("--note", default="", help="What else is to be said.")
@click.option("--body", metavar="BODY", help="The duty body to dispatch to; else the grid's own.")
@click.option("--of", "other", metavar="KEY", help="The incident that this one repeats.")
@click.option("--more", type=float, metavar="AMOUNT", help="How much more time is asked for.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Until when it is to rest, or by when to answer.",
)
@click.option("--grade", type=click.IntRange(1, 5), help="How well it was dealt with.")
@click.pass_obj
def act_(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    key: str,
    what: str,
    login: str,
    reason: str,
    note: str,
    body: str | None,
    other: str | None,
    more: float | None,
    until: dt.datetime | None,
    grade: int | None,
) -> None:
    """Do something with an incident for an account: register, dispatch, feed back, close and so on.

    The account's posts decide whether it may; the audit names the machine's user, too.

    \b
    Example:
        citygrid incident act SJ20260302-277001 dispatch --as li.na --body sanitation
    """
    from gis.access import holdings
    from layers.handling import case as reading
    from layers.handling import cases
    from layers.handling.effects import Said
    from layers.handling.stages import Act

    now = dt.datetime.now(dt.UTC)
    with settings.loaded_city() as target:
        with acting_as(target, login, Role.APP) as (db, _viewer):
            found = reading.by_key(db, key, now)
            other_id = reading.by_key(db, other, now).id if other else None
            body_id = holdings.body_called(db, body) if body else None
        with acting_as(target, login, Role.ENGINE) as (db, viewer):
            city = places.city_of(db)
            rest = until.replace(tzinfo=city.tz) if until else None
            said = Said(note, reason, body_id, other_id, more, rest, grade)
            found = cases.act(
                db, viewer, city, found.id, Act(what), said, seen_version=found.version, now=now
            )
    _tell(settings, found)


@contextlib.contextmanager
def acting_as(target: Server, login: str, role: Role) -> Iterator[tuple[Connection, Viewer]]:
    """Give a connection that acts as a role for an account; it commits at the end."""
    with acting(target, Role.PORTER) as engine, engine.begin() as db:
        number = accounts.by_login(db, login).id
        viewer = viewer_of(db, number, dt.datetime.now(dt.UTC))
    # What it does from here is marked as done on this machine.
    viewer = replace(viewer, login=f"{login} ({machine_login()})")
    with acting(target, role) as engine, engine.begin() as db:
        act_as(db, viewer)
        yield db, viewer


def _place(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise SettingsError(
            f"A place is a longitude and a latitude such as 114.05,22.55; found {text!r}.",
            key="incident_said.bad_place", found=text,
        ) from error  # fmt: skip
    return lon, lat


def _tell(settings: Settings, found: Case) -> None:
    key = "incident_said.is_late" if found.is_overdue else "incident_said.is"
    stage = settings.word("case_stage", found.stage)
    click.echo(settings.say(key, key=found.key, stage=stage, due=_due(found)))


def _due(found: Case) -> str:
    return f"{found.due_at.astimezone():%F %H:%M}" if found.due_at else "—"
