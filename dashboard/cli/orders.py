"""Commands for change orders: look at them, decide on them, let those take effect that are due."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection

from dashboard.cli.context import Settings, acting
from dashboard.text import Say
from gis import places
from gis.access import accounts
from gis.access.audit import machine_login
from gis.access.viewer import Viewer, everything, viewer_of
from gis.database import Role, Server
from gis.orders.status import Act, Status

if TYPE_CHECKING:
    from gis.orders.order import Order

STATUS = click.Choice([status.value for status in Status])
# What the program does by itself, and what takes a map.
_BY_PEOPLE = [a.value for a in Act if a not in (Act.TAKE_EFFECT, Act.FAIL, Act.COMMENT)]


@click.group()
def orders() -> None:
    """Look after change orders: drafts of boundaries on their way to taking effect.

    \b
    Example:
        citygrid orders list --status scheduled
    """


@orders.command("list")
@click.option("--status", type=STATUS, help="Only those that stand there.")
@click.option("--waiting-for", metavar="LOGIN", help="Only those this account may answer now.")
@click.pass_obj
def list_(settings: Settings, status: str | None, waiting_for: str | None) -> None:
    """List orders, the latest changed first.

    \b
    Example:
        citygrid orders list --waiting-for li.na
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    # Here and below, because `citygrid up` starts in a blink without them.
    from gis.orders import orders as kept

    with settings.loaded_city() as target, _reading(target) as db:
        viewer = _viewer(target, waiting_for) if waiting_for else everything(db)
        wanted = Status(status) if status else None
        found = kept.listed(db, viewer, status=wanted, waiting_for_me=waiting_for is not None)
        codes = _codes(db, [w.unit_id for order in found for w in order.open_asks])
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("id", "number", "title", "status", "author", "waits", "force"):
        is_whole = title in ("id", "number", "status")
        shown.add_column(settings.say(f"listed.{title}"), overflow="fold", no_wrap=is_whole)
    for order in found:
        waits = ", ".join(codes.get(w.unit_id, str(w.unit_id)) for w in order.open_asks)
        shown.add_row(
            str(order.id), order.number, order.title, _status(order, settings), order.author,
            waits, _in_force(order, settings.say),
        )  # fmt: skip
    Console().print(shown)
    click.echo(settings.say("listed.total", n=len(found)))


@orders.command()
@click.argument("order", type=int)
@click.pass_obj
def show(settings: Settings, order: int) -> None:
    """Show an order: where it stands, whom it asks, what was done with it and said about it.

    \b
    Example:
        citygrid orders show 12
    """
    from gis.orders import orders as kept
    from gis.orders import talk

    with settings.loaded_city() as target, _reading(target) as db:
        found = kept.read(db, order)
        words = kept.said(db, order)[: found.done]
        events, comments = talk.events(db, order), talk.comments(db, order)
        codes = _codes(db, [*(w.unit_id for w in found.waiting_for), *found.touched])
    say, status = settings.say, _status(found, settings)
    head = {"number": found.number, "title": found.title, "status": status}
    click.echo(say("listed.head", **head, author=found.author))
    if found.reason:
        click.echo(say("listed.reason", reason=found.reason))
    if when := _in_force(found, say):
        click.echo(say("listed.in_force", when=when))
    if found.touched:
        units = say("error.between").join(codes.get(n, str(n)) for n in found.touched)
        click.echo(say("listed.units", units=units))
    if found.failure:
        click.echo(say("listed.failed", why=_why(found, settings)))
    for step, said in enumerate(words, 1):
        click.echo(f"  {step}. {said}")
    for asked in found.waiting_for:
        answer = say("listed.waiting")
        if asked.answer:
            what = settings.word("order_act", asked.answer.value)
            answer = say("listed.answered", answer=what, name=asked.name)
        stage, code = settings.word("stage", asked.stage), codes.get(asked.unit_id, asked.unit_id)
        click.echo(say("listed.ask", stage=stage, code=code, answer=answer))
    for event in events:
        told = say(
            "listed.event", at=event.at.astimezone(), who=event.name or say("listed.program"),
            act=settings.word("order_act", event.act),
            after=settings.word("order_status", event.after),
            note=f" “{event.note}”" if event.note else "",
        )  # fmt: skip
        click.echo(told)
    for comment in comments:
        at = comment.at.astimezone()
        click.echo(say("listed.comment", at=at, name=comment.name, text=comment.text))


@orders.command("act")
@click.argument("order", type=int)
@click.argument("what", type=click.Choice(_BY_PEOPLE))
@click.option("--as", "login", required=True, metavar="LOGIN", help="For this account.")
@click.option("--note", default="", help="Why, in its words.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Takes effect on this day.")
@click.option(
    "--answer", "answers", multiple=True, metavar="KEY=WORDS",
    help="Answers a remark, when submitting; may be given again.",
)  # fmt: skip
@click.pass_obj
def act_(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    order: int,
    what: str,
    login: str,
    note: str,
    on: dt.datetime | None,
    answers: tuple[str, ...],
) -> None:
    """Do something with an order for an account: submit, co-sign, check, approve, file and so on.

    The account's posts decide whether it may; the audit names the machine's user, too.

    \b
    Example:
        citygrid orders act 12 approve --as wang.wei --note "agreed on site"
    """
    from gis.orders.acting import Said
    from layers import orders as way
    from layers.order_checks import RemarksError

    given = dict(answer.partition("=")[::2] for answer in answers)
    said = Said(note, on.date() if on else None, given)
    with settings.loaded_city() as target:
        viewer = _viewer(target, login)
        with acting(target, Role.ENGINE) as engine:
            try:
                with engine.begin() as db:
                    now = dt.datetime.now(dt.UTC)
                    found = way.act(db, viewer, order, Act(what), said, now=now)
            except RemarksError as error:
                for remark in error.remarks:
                    kind = "listed.fault" if remark.is_hard else "listed.remark"
                    click.echo(settings.say(kind, key=remark.key))
                raise
    click.echo(settings.say("listed.is", number=found.number, status=_status(found, settings)))
    if found.failure:
        click.echo(_why(found, settings))


@orders.command("apply-due")
@click.option("--dry-run", is_flag=True, help="Say which are due, change nothing.")
@click.pass_obj
def apply_due(settings: Settings, *, dry_run: bool) -> None:
    """Let the orders take effect whose day has begun; while the page is served it does by itself.

    \b
    Example:
        citygrid orders apply-due --dry-run
    """
    from dashboard.orders.office import Office
    from gis.orders import orders as kept
    from layers import orders as way

    now = dt.datetime.now(dt.UTC)
    with settings.loaded_city() as target, acting(target, Role.ENGINE) as engine:
        if dry_run:
            with engine.begin() as db:
                found = [kept.read(db, number) for number in way.due(db, now)]
        else:
            found = Office(engine).apply_due(now)
    for order in found:
        status = _status(order, settings)
        one = settings.say("listed.one", number=order.number, title=order.title, status=status)
        click.echo(one)
    key = "listed.are_due" if dry_run else "listed.were_due"
    click.echo(settings.say(key, n=len(found)))


@contextlib.contextmanager
def _reading(target: Server) -> Iterator[Connection]:
    with acting(target, Role.OWNER) as engine, engine.begin() as db:
        yield db


def _viewer(target: Server, login: str) -> Viewer:
    """Return who an account is; what it does from here is marked as done on this machine."""
    with acting(target, Role.PORTER) as engine, engine.begin() as db:
        number = accounts.by_login(db, login).id
        viewer = viewer_of(db, number, dt.datetime.now(dt.UTC))
    return replace(viewer, login=f"{login} ({machine_login()})")


def _codes(db: Connection, units: list[int]) -> dict[int, str]:
    return {number: code for number, (code, _) in places.names_of(db, units).items()}


def _status(order: Order, settings: Settings) -> str:
    return settings.word("order_status", order.status.value)


def _why(order: Order, settings: Settings) -> str:
    """Return why an order could not take effect."""
    # Here, because `citygrid up` starts in a blink without it.
    from dashboard.orders.answers import failure

    return str((failure(order.failure, settings.language) or {}).get("sentence", ""))


def _in_force(order: Order, say: Say) -> str:
    if order.effective_at:
        return say("listed.since", at=order.effective_at.astimezone())
    return say("listed.on", on=order.effective_on) if order.effective_on else ""
