"""Commands for the city's calendar: show its days, change them, let open cases be due by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from dashboard.cli.context import Settings
from dashboard.cli.table import print_table
from gis.access.audit import machine_login
from gis.access.viewer import Viewer
from gis.database import Role

if TYPE_CHECKING:
    from layers.handling.calendar import Day
    from layers.handling.retiming import Change
    from layers.handling.rule_versions import Draft

DAY = click.DateTime(["%Y-%m-%d"])
_NOTE = click.option("--note", default="", help="Why, for the versions and the audit.")
_DRY = click.option("--dry-run", is_flag=True, help="Say what it would do, write nothing.")


@click.group()
def calendar() -> None:
    """Show which days are worked, and change what the city has otherwise than its country.

    Each change is a version, and open cases are due by it at once.

    \b
    Example:
        citygrid calendar list --year 2026
    """


@calendar.command("list")
@click.option("--year", type=click.IntRange(2000, 2060), help="This year if left out.")
@click.option("--toml", "as_toml", is_flag=True, help="The city's own days, for its city.toml.")
@click.pass_obj
def list_(settings: Settings, year: int | None, *, as_toml: bool) -> None:
    """List the days of a year that are other than their weekday, and who says so.

    \b
    Example:
        citygrid calendar list --year 2026
    """
    from gis import places
    from layers.handling import calendar_days
    from layers.handling.calendar import calendar_of, days_of

    with settings.reading() as db:
        city = places.city_of(db)
        own = {each.day: each for each in calendar_days.days(db, city)}
    say, work = settings.say, calendar_of(city)
    if as_toml:
        click.echo(_toml(list(own.values())))
        return
    year = year or dt.datetime.now(city.tz).year
    known = {each.day: each for each in days_of(work.country, year, settings.language)}
    days = sorted({*known, *(day for day in own if day.year == year)})
    print_table(
        [say(f"calendar.{name}") for name in ("day", "kind", "name", "by")],
        [
            [
                f"{day} {say(f'rules.day_{day.isoweekday()}')}",
                say(
                    "calendar.worked" if (own.get(day) or known[day]).is_worked else "calendar.free"
                ),
                (own.get(day) or known[day]).name or "—",
                say("calendar.by_city" if day in own else "calendar.by_country"),
            ]
            for day in days
        ],
    )
    if year > work.known_until.year:
        click.echo(say("calendar.guessed", day=work.known_until))


@calendar.command()
@click.argument("first", type=DAY)
@click.argument("last", type=DAY, required=False)
@click.option("--free/--worked", "is_free", default=True, show_default=True,
              help="Whether they are days off, or worked.")  # fmt: skip
@click.option("--name", required=True, help="What they are called.")
@_NOTE
@_DRY
@click.pass_obj
def add(  # noqa: PLR0913 - one argument for each option
    settings: Settings, first: dt.datetime, last: dt.datetime | None, *, is_free: bool, name: str,
    note: str, dry_run: bool,
) -> None:  # fmt: skip
    """Have the days from FIRST to LAST be days off, or worked, whatever the country says.

    \b
    Example:
        citygrid calendar add 2026-12-28 2026-12-30 --name "City games" --dry-run
    """
    from layers.handling import calendar_days

    def change(draft: Draft) -> Draft:
        until = (last or first).date()
        return calendar_days.put(draft, first.date(), until, is_worked=not is_free, name=name)

    _save(settings, change, note, dry_run=dry_run)


@calendar.command()
@click.argument("day", type=DAY)
@_NOTE
@_DRY
@click.pass_obj
def remove(settings: Settings, day: dt.datetime, *, note: str, dry_run: bool) -> None:
    """Have a DAY be as the country has it again.

    \b
    Example:
        citygrid calendar remove 2026-12-28 --dry-run
    """
    from layers.handling import calendar_days

    _save(settings, lambda draft: calendar_days.without(draft, day.date()), note, dry_run=dry_run)


@calendar.command()
@_NOTE
@_DRY
@click.pass_obj
def recount(settings: Settings, *, note: str, dry_run: bool) -> None:
    """Let open cases be due by the calendar as it is, after the program knows newer holidays.

    \b
    Example:
        citygrid calendar recount --dry-run
    """
    _save(settings, lambda draft: draft, note, dry_run=dry_run)


def _save(
    settings: Settings, change: Callable[[Draft], Draft], note: str, *, dry_run: bool
) -> None:
    from gis import places
    from gis.access.typed import one_line
    from layers.handling import calendar_days

    now = dt.datetime.now(dt.UTC)
    with settings.writing(Role.ENGINE) as db:
        city = places.city_of(db)
        draft = change(calendar_days.in_force(db, city))
        if dry_run:
            _tell(settings, calendar_days.effect(db, city, draft, now))
            click.echo(settings.say("calendar_said.dry"))
            return
        viewer = Viewer(login=machine_login())
        saved = calendar_days.save(db, viewer, draft, note=one_line(note), now=now)
    _tell(settings, saved.change)
    click.echo(settings.say("calendar_said.saved", version=saved.version))


def _tell(settings: Settings, change: Change) -> None:
    say = settings.say
    told = {name: f"{n:,}" for name, n in change.told().items()}
    click.echo(say("calendar.moves", n=f"{change.n:,}", **told))
    if change.late_before != change.late_after:
        click.echo(say("calendar.late", before=told["late_before"], after=told["late_after"]))
    if change.said:
        click.echo(say("calendar.said", n=told["said"]))


def _toml(own: list[Day]) -> str:
    lines = ["[calendar]"]
    for name, is_worked in (("worked", True), ("free", False)):
        some = [day for day in own if day.is_worked is is_worked]
        listed = "".join(f"\n  {day.day},{f'  # {day.name}' if day.name else ''}" for day in some)
        lines.append(f"{name} = [{listed}{chr(10) if some else ''}]")
    return "\n".join(lines)
