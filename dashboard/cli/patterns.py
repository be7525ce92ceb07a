"""The commands that measure how incidents are handled, and look for patterns in them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from dashboard.cli.context import Settings
from dashboard.cli.table import print_table
from dashboard.text import Say, named
from gis.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.city import City
    from layers.handling.measures import Figure, Group, Measured
    from layers.series import Span

GROUPS = ("all", "unit", "body", "big", "small", "day", "week", "month")
ON = ("then", "today")
KINDS = ("hot_spots", "clusters", "rhythm", "control", "repeated")
PER = ("none", "people", "day")
DAY = click.DateTime(["%Y-%m-%d"])
WEEKS = 4


def _when(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--end", type=DAY, help="The last day; today if left out."),
        click.option("--start", type=DAY, help="The first day; the last four weeks if left out."),
        click.option("--class", "of_class", default="", metavar="SCHEME/CODE",
                     help="Only one class, big or small."),
        click.option("--on", default="then", show_default=True, type=click.Choice(ON),
                     help="Whether closed ones are of the unit in which they were closed, or lie "
                     "today."),
        click.option("--level", type=click.IntRange(1, 20),
                     help="The level of the units; the next one down if left out."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@click.argument("code", required=False)
@click.option("--by", default="unit", show_default=True, type=click.Choice(GROUPS),
              help="What they are grouped by.")  # fmt: skip
@click.option("--formulas", is_flag=True, help="Also say what is divided by what.")
@click.option("--formula", "versions", multiple=True, metavar="ID:VERSION",
              help="Take an older version of a formula, mean_hours:1 for one.")  # fmt: skip
@_when
@click.pass_obj
def measures(  # noqa: PLR0913 - one argument for each option
    settings: Settings, code: str | None, by: str, level: int | None, of_class: str,
    start: dt.datetime | None, end: dt.datetime | None, on: str, versions: tuple[str, ...], *,
    formulas: bool,
) -> None:  # fmt: skip
    """Measure how incidents of the unit with a CODE are handled, beside the period before.

    Registered, handled in time, closed, done again, overdue, and the hours of work it took; of the
    whole city without a CODE.

    \b
    Example:
        citygrid measures --by unit --start 2026-05-01 --end 2026-05-31
    """
    from layers.handling.asked import Asked, By
    from layers.handling.boundaries import On
    from layers.handling.chosen import Chosen
    from layers.handling.formulas import wanted
    from layers.handling.measures import measured
    from layers.series import Step

    is_period = by in tuple(Step)
    with _city(settings) as (db, city):
        now = dt.datetime.now(dt.UTC)
        asked = Asked(
            Chosen(unit_called(db, code), of_class, on=On(on)), _span(city, start, end), now,
            By.PERIOD if is_period else By(by), level, step=Step(by) if is_period else Step.DAY,
            formulas=wanted(versions),
        )  # fmt: skip
        found = measured(db, city, asked)
    say = settings.say
    rows = [_row(each, found, say, settings.language) for each in (*found.groups, found.total)]
    print_table([say("patterned.group"), *(say(f"formula.{f.id}") for f in found.formulas)], rows)
    if formulas:
        for formula in found.formulas:
            upper, lower = (say(key) for key in formula.words)
            click.echo(f"{say(f'formula.{formula.id}')} v{formula.version}: {upper} ÷ {lower}")
    click.echo(
        say("patterned.span", first=asked.span.first, last=asked.span.last,
            before_first=found.before.first, before_last=found.before.last)
    )  # fmt: skip


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("code", required=False)
@click.option("--cells", type=click.IntRange(7, 11), help="Take H3 cells of this resolution.")
@click.option("--per", default="none", show_default=True, type=click.Choice(PER),
              help="What hot spots are divided by: residents, or who is there by day.")  # fmt: skip
@click.option("--reach", default=100.0, show_default=True, type=click.FloatRange(1, 2_000),
              help="Of clusters and repeated places: within so many metres.")  # fmt: skip
@click.option("--least", default=10, show_default=True, type=click.IntRange(2, 10_000),
              help="Of clusters and repeated places: at least so many.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="The same seed, the same answer.")
@_when
@click.pass_obj
def patterns(  # noqa: PLR0913 - one argument for each option
    settings: Settings, kind: str, code: str | None, cells: int | None, per: str,
    reach: float, least: int, seed: int, level: int | None, of_class: str,
    start: dt.datetime | None, end: dt.datetime | None, on: str,
) -> None:  # fmt: skip
    """Look for patterns in the incidents of the unit with a CODE: where, when, and what changed.

    Hot spots, clusters, hours and weekdays, control charts, repeated places; of the whole city
    without a CODE. Each says what may be concluded from it, and what may not.

    \b
    Example:
        citygrid patterns hot_spots --per people --level 4 --start 2026-05-01 --end 2026-05-31
    """
    from dashboard.incidents import shapes
    from layers.handling.boundaries import On
    from layers.handling.chosen import Chosen
    from layers.handling.patterns.denominators import Per
    from layers.handling.patterns.questions import PatternKind, Question

    say = settings.say
    with _city(settings) as (db, city):
        asked = Question(
            Chosen(unit_called(db, code), of_class, on=On(on)), _span(city, start, end), level,
            resolution=cells, per=Per(per), seed=seed, reach_m=reach, least=least,
        )  # fmt: skip
        found = shapes.pattern(db, city, PatternKind(kind), asked, say)
        listed = found.get("signals") or [each["properties"] for each in found["features"]]
        ids = [row["place"] for row in listed if isinstance(row.get("place"), int)]
        called = shapes.names(db, ids, settings.language)
    if kind == "rhythm":
        days = say("patterned.days").split(",")
        rows = [[day, *map(str, each)] for day, each in zip(days, found["counts"], strict=True)]
        print_table([say("patterned.weekday"), *(str(hour) for hour in range(24))], rows)
    else:
        columns = [name for name in _COLUMNS if listed and name in listed[0]]
        rows = [[_cell(row[name], say, called) for name in columns] for row in listed]
        print_table([say(f"patterned.{name}") for name in columns], rows)
    click.echo(_summary(kind, found, say))
    click.echo(found["may"])
    click.echo(found["may_not"])


_COLUMNS = (
    "place", "state", "signal", "from", "count", "value", "z", "mean", "low", "high", "lon", "lat",
    "first", "last",
)  # fmt: skip


def _summary(kind: str, found: dict[str, Any], say: Say) -> str:
    parts = found["found"]
    values = {**found, **(parts if isinstance(parts, dict) else {})}
    if kind == "hot_spots":
        values["hot"] = parts["emerging"] + parts["persistent"]
    # A feature has a `type`, and a text no use for it.
    known = {key: value for key, value in values.items() if key != "type"}
    return say(f"patterned.found_{kind}", **known)


def _cell(value: object, say: Say, called: dict[int, str]) -> str:
    if isinstance(value, int) and value in called:
        return called[value]
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, str) and value in _STATES:
        return say(f"patterned.{value}")
    return str(value)


_STATES = ("emerging", "persistent", "fading", "cold", "high", "low", "run_high", "run_low")


def _row(group: Group, found: Measured, say: Say, language: str) -> list[str]:
    name = named(group.names, language) or str(group.key)
    if group is found.total:
        name = say("patterned.all")
    elif group.is_rest:
        name += say("patterned.rest")
    elif group.until is not None:
        name += say("patterned.until", day=group.until.date())
    return [name, *(_told(group.figures[f.id], f.kind, say) for f in found.formulas)]


def _told(figure: Figure, kind: str, say: Say) -> str:
    if figure.value is None:
        return say("patterned.none")
    kind = "hours" if kind in ("mean", "median") else kind
    return say(f"patterned.{kind}", value=figure.value, n=figure.numerator, of=figure.denominator)


@contextlib.contextmanager
def _city(settings: Settings) -> Iterator[tuple[Connection, City]]:
    from gis import places

    with settings.reading() as db:
        yield db, places.city_of(db)


def unit_called(db: Connection, code: str | None) -> int:
    """Return the number of a unit of the main zoning, the whole city without a code."""
    from sqlalchemy import func, select

    from gis.tables import unit_version, zoning

    c = unit_version.c
    query = (
        select(c.unit_id)
        .join(zoning, zoning.c.id == c.zoning_id)
        .where(zoning.c.is_main, func.upper_inf(c.valid))
        .where(c.code == code if code else c.parent_id.is_(None))
    )
    found = db.scalar(query.order_by(c.lft).limit(1))
    if found is None:
        raise NotFoundError(f"No unit has the code {code!r} today.", key="error.no_code", code=code)
    return int(found)


def _span(city: City, start: dt.datetime | None, end: dt.datetime | None) -> Span:
    from layers.series import Span

    last = end.date() if end else dt.datetime.now(city.tz).date()
    first = start.date() if start else last - dt.timedelta(weeks=WEEKS) + dt.timedelta(days=1)
    if first > last:
        raise NotFoundError(
            f"The first day, {first}, is after the last, {last}.",
            key="error.days_swapped", first=str(first), last=str(last),
        )  # fmt: skip
    return Span(first, last)
