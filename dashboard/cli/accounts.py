"""Commands for accounts, their posts and their tokens, for who administers the machine."""

from __future__ import annotations

import datetime as dt

import click
from sqlalchemy import Connection

from dashboard.cli.context import Settings, acting
from gis import places
from gis.access import accounts, holdings, rules, tokens, ways_in
from gis.access.answers import Actor
from gis.access.audit import machine_login
from gis.access.demo import demo_accounts
from gis.access.first import first_administrator
from gis.access.holdings import Term
from gis.access.posts import Post, Right
from gis.database import Role, Server

POST = click.Choice([post.value for post in Post])
SCOPE = click.Choice([right.value for right in Right if right not in tokens.NEVER])


@click.group("account")
def account() -> None:
    """Look after accounts: who may sign in, which posts they hold, which tokens they have.

    \b
    Example:
        citygrid account list
    """


@account.command()
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--post", type=POST, help="Give this post at once; see `citygrid account grant`.")
@click.option("--unit", metavar="CODE", help="The code of the unit the post is held on.")
@click.option("--body", metavar="KEY", help="The key of the duty body the post is held at.")
@click.pass_obj
def add(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    login: str,
    name: str,
    post: str | None,
    unit: str | None,
    body: str | None,
) -> None:
    """Make an account, and print its temporary password.

    \b
    Example:
        citygrid account add zhang.wei --name 张伟 --post grid_head --unit 990102001001002
    """
    now, by = _now(), _actor()
    if post is None and (unit or body):
        raise click.UsageError("--unit and --body say where a --post is held; name the post too.")
    with settings.writing() as db:
        made = accounts.make(db, login, name, by=by, now=now)
        if post is not None:
            holdings.grant(
                db, made, Post(post), Term(now), **_place(db, unit, body), by=by,
                rules=_rules(settings),
            )  # fmt: skip
        password = ways_in.reset(db, made, by=by, now=now, rules=_rules(settings))
    _hand_over(settings, login, password)


@account.command("list")
@click.option("--demo", is_flag=True, help="Those of the demo, too.")
@click.pass_obj
def list_(settings: Settings, *, demo: bool) -> None:
    """List accounts and the posts they hold today.

    \b
    Example:
        citygrid account list
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    now = _now()
    with settings.writing() as db:
        found = [each for each in accounts.listed(db) if demo or not each.is_demo]
        held = holdings.listed(db, at=now)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("account", "name", "state", "seen", "number", "post", "place"):
        # Whole also in a narrow terminal and in a pipe.
        is_whole = title in ("number", "post")
        shown.add_column(settings.say(f"accounts.{title}"), overflow="fold", no_wrap=is_whole)
    for each in found:
        posts = [given for given in held if given.account_id == each.id]
        first = (
            each.login, each.name, (state := _state(each, now)) and settings.say(state),
            f"{each.signed_in_at:%F}" if each.signed_in_at else settings.say("accounts.never"),
        )  # fmt: skip
        if not posts:
            shown.add_row(*first)
        for number, given in enumerate(posts):
            # Once for an account, whatever it holds.
            left = first if number == 0 else ("",) * len(first)
            shown.add_row(*left, str(given.id), given.post.value, _on(given))
    Console().print(shown)
    click.echo(settings.say("accounts.total", n=len(found)))


@account.command()
@click.argument("login")
@click.option("--code", is_flag=True, help="Take the second factor off too: a lost telephone.")
@click.pass_obj
def reset(settings: Settings, login: str, *, code: bool) -> None:
    """Give an account a temporary password, print it, and unlock the account.

    \b
    Example:
        citygrid account reset zhang.wei --code
    """
    with settings.writing() as db:
        found = accounts.by_login(db, login)
        told = _rules(settings)
        password = ways_in.reset(db, found.id, by=_actor(), now=_now(), rules=told)
        if code:
            ways_in.remove_code(db, found.id, by=_actor(), now=_now(), rules=told)
    _hand_over(settings, found.login, password)


@account.command()
@click.argument("login")
@click.option("--undo", is_flag=True, help="Let it in again.")
@click.pass_obj
def disable(settings: Settings, login: str, *, undo: bool) -> None:
    """Let an account in no longer; its sessions and tokens end, its history stays.

    \b
    Example:
        citygrid account disable zhang.wei
    """
    with settings.writing() as db:
        found = accounts.by_login(db, login)
        if undo:
            accounts.enable(db, found.id, by=_actor())
        else:
            accounts.disable(db, found.id, by=_actor(), now=_now())
    key = "accounts.is_enabled" if undo else "accounts.is_disabled"
    click.echo(settings.say(key, login=found.login))


@account.command()
@click.argument("login")
@click.argument("post", type=POST)
@click.option("--unit", metavar="CODE", help="The code of the unit, all below it included.")
@click.option("--body", metavar="KEY", help="The key of the duty body.")
@click.option("--from", "since", type=click.DateTime(), help="From when; now if left out.")
@click.option("--until", type=click.DateTime(), help="Until when; without end if left out.")
@click.pass_obj
def grant(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    login: str,
    post: str,
    unit: str | None,
    body: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
) -> None:
    """Give an account a post on a unit, at a duty body, or for the whole installation.

    \b
    Example:
        citygrid account grant zhang.wei grid_head --unit 990102001001002 --until 2027-01-01
    """
    with settings.writing() as db:
        found = accounts.by_login(db, login)
        zone = _zone(db)
        term = Term(_at(since, zone) or _now(), _at(until, zone))
        made = holdings.grant(
            db, found.id, Post(post), term, **_place(db, unit, body), by=_actor(),
            rules=_rules(settings),
        )  # fmt: skip
    click.echo(settings.say("accounts.granted", login=found.login, post=post, n=made))


@account.command()
@click.argument("holding", type=int)
@click.pass_obj
def end(settings: Settings, holding: int) -> None:
    """End a post now, by the number of the holding that `citygrid account list` shows.

    \b
    Example:
        citygrid account end 12
    """
    with settings.writing() as db:
        holdings.end(db, holding, by=_actor(), now=_now())
    click.echo(settings.say("accounts.ended", n=holding))


@account.group()
def token() -> None:
    """Look after API tokens: for programs, which have no browser.

    \b
    Example:
        citygrid account token list
    """


@token.command("add")
@click.argument("login")
@click.option("--name", required=True, help="What it is for.")
@click.option(
    "--scope", "scopes", multiple=True, type=SCOPE,
    help="What it may do, of what the account may; without any it reads. May be given again.",
)  # fmt: skip
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 366), help="How long it lasts."
)
@click.pass_obj
def token_add(
    settings: Settings, login: str, name: str, scopes: tuple[str, ...], days: int
) -> None:  # fmt: skip
    """Make a token for an account, and print it.

    \b
    Example:
        citygrid account token add importer --name "nightly import" --scope import --days 30
    """
    now = _now()
    with settings.writing() as db:
        found = accounts.by_login(db, login)
        made = tokens.make(
            db, found.id, name, frozenset(map(Right, scopes)), now + dt.timedelta(days=days),
            by=_actor(), now=now, rules=_rules(settings),
        )  # fmt: skip
    click.echo(made.token)
    click.echo(settings.say("accounts.token_made", n=made.id, login=found.login), err=True)


@token.command("list")
@click.argument("login", required=False)
@click.pass_obj
def token_list(settings: Settings, login: str | None) -> None:
    """List the tokens of an account, or of all.

    \b
    Example:
        citygrid account token list importer
    """
    from rich.console import Console
    from rich.table import Table

    with settings.writing() as db:
        found = tokens.listed(db, None if login is None else accounts.by_login(db, login).id)
    say = settings.say
    titles = ("token", "account", "token_name", "scopes", "until", "used")
    shown = Table(*(say(f"accounts.{title}") for title in titles))
    for each in found:
        until = (
            say("accounts.token_until", day=each.ended_at)
            if each.ended_at
            else f"{each.expires_at:%F}"
        )
        used = f"{each.used_at:%F %H:%M}" if each.used_at else say("accounts.never")
        shown.add_row(
            str(each.id), each.login, each.name, " ".join(sorted(each.scopes)), until, used
        )
    Console().print(shown)
    click.echo(say("accounts.tokens", n=len(found)))


@token.command("end")
@click.argument("number", type=int)
@click.pass_obj
def token_end(settings: Settings, number: int) -> None:
    """End a token, by the number `citygrid account token list` shows.

    \b
    Example:
        citygrid account token end 3
    """
    with settings.writing() as db:
        tokens.end(db, number, by=_actor(), now=_now())
    click.echo(settings.say("accounts.token_ended", n=number))


def make_first(settings: Settings, target: Server) -> None:
    """Make who signs in first: everybody of the demo, or a city's first administrator.

    Says where the password is, never which.
    """
    with acting(target, Role.OWNER) as engine, engine.begin() as db:
        city = places.city(db)
        if city is None:
            return
        if city.is_synthetic:
            demo_accounts(db, now=_now())
            return
        path = first_administrator(db, settings.state, city.id, now=_now(), rules=_rules(settings))
    if path is not None:
        click.echo(settings.say("run.first", path=path))


def _hand_over(settings: Settings, login: str, password: str) -> None:
    click.echo(settings.say("accounts.password", login=login, password=password))
    click.echo(settings.say("accounts.once"))


def _rules(settings: Settings) -> rules.Rules:
    return rules.read(settings.state / rules.SETTINGS_FILE)


def _actor() -> Actor:
    return Actor(None, machine_login())


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _zone(db: Connection) -> dt.tzinfo:
    return places.city_of(db).tz


def _at(said: dt.datetime | None, zone: dt.tzinfo) -> dt.datetime | None:
    """Return a moment as it was typed: by the city's clocks."""
    return None if said is None else said.replace(tzinfo=zone)


def _place(db: Connection, unit: str | None, body: str | None) -> dict[str, int | None]:
    return {
        "unit_id": None if unit is None else holdings.unit_called(db, unit),
        "body_id": None if body is None else holdings.body_called(db, body),
    }


def _state(found: accounts.Account, now: dt.datetime) -> str:
    """Return the key of what is out of the ordinary; "" where nothing is."""
    if found.disabled_at is not None:
        return "accounts.disabled"
    if found.locked_until is not None and found.locked_until > now:
        return "accounts.locked"
    if found.is_demo:
        return "accounts.demo"
    return "accounts.temporary" if found.has_password and found.must_change else ""


def _on(given: holdings.Given) -> str:
    name = given.place.get("zh", "")
    return f"{given.unit_code} {name}" if given.unit_code else name
