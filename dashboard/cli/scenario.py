"""Commands for scenarios: what if a facility closed, moved, opened, if there were a bridge."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from sqlalchemy import Connection, func, select

from dashboard.cli.context import Settings, acting
from dashboard.cli.coverage import level_of
from dashboard.text import named
from gis.access.viewer import Viewer, act_as
from gis.database import Role, Server
from gis.errors import CityGridError, NotFoundError
from gis.tables import unit_version, zoning

# Here and below, because `citygrid up` starts in a blink without them.
if TYPE_CHECKING:
    from layers.coverage.changes import Change
    from layers.coverage.ground import Ground
    from layers.coverage.scenarios import Scenario

PEOPLE = "people"


@click.group()
def scenario() -> None:
    """Suppose changes of facilities, streets and people, and compare with the city as it is.

    \b
    Example:
        citygrid scenario list
    """


@scenario.command("list")
@click.pass_obj
def list_(settings: Settings) -> None:
    """List scenarios, the one changed last first.

    \b
    Example:
        citygrid scenario list
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from layers.coverage import scenarios

    with settings.loaded_city() as target, _open(target) as db:
        found = scenarios.listed(db)
        stale = {each.id for each in found if scenarios.is_stale(db, each)}
    say = settings.say
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("id", "name", "changes", "answered", "reached"):
        shown.add_column(say(f"supposed.{title}"))
    for each in found:
        shown.add_row(
            str(each.id), each.name, str(len(each.changes)), _answered(settings, each, stale),
            _result(each),
        )  # fmt: skip
    Console().print(shown)
    click.echo(say("supposed.total", n=len(found)))


@scenario.command()
@click.argument("name")
@click.argument("kinds", nargs=-1, required=True, metavar="KIND...")
@click.option("--minutes", type=click.FloatRange(0.1, 240), help="Within so many minutes.")
@click.option("--metres", type=click.FloatRange(1, 100_000), help="Within so many metres.")
@click.option("--drive", is_flag=True, help="By car; on foot without it.")
@click.option("--close", type=int, multiple=True, metavar="ID", help="A facility closes.")
@click.option("--open", "open_", multiple=True, metavar="KIND:LON,LAT", help="One opens.")
@click.option("--move", multiple=True, metavar="ID:LON,LAT", help="One moves.")
@click.option("--resize", multiple=True, metavar="ID:N", help="One has room for so many.")
@click.option("--path", multiple=True, metavar="'LON,LAT LON,LAT…'", help="A new path or bridge.")
@click.option("--close-road", type=int, multiple=True, metavar="ID", help="A road is closed.")
@click.option("--grow", multiple=True, metavar="UNIT:PERCENT", help="People of a unit grow.")
@click.option("--order", type=int, metavar="ID", help="A change order is in force.")
@click.pass_obj
def make(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    /,
    name: str,
    kinds: tuple[str, ...],
    minutes: float | None,
    metres: float | None,
    *,
    drive: bool,
    order: int | None,
    **supposed: tuple[Any, ...],
) -> None:
    """Keep a scenario called NAME about whom facilities of some KINDs reach; everybody sees it.

    Ids of facilities and roads are those the map shows; a unit is named by its code.

    \b
    Example:
        citygrid scenario make "Clinic 12 closes" clinic --minutes 15 --close 12
    """
    from layers.coverage import indicators, scenarios
    from layers.coverage.reach import Question
    from layers.coverage.scenarios import Draft
    from layers.coverage.streets import Mode

    question = Question(kinds, minutes, metres, Mode.DRIVE if drive else Mode.WALK).checked()
    with settings.loaded_city() as target, _open(target) as db:
        question = replace(question, speed_ms=indicators.of(_ground(db).city).walk_ms)
        draft = Draft(name, question, _changes(db, supposed, order), is_shared=True)
        made = scenarios.make(db, Viewer(), draft)
    click.echo(settings.say("supposed.made", n=made.id, name=made.name, m=len(made.changes)))


@scenario.command()
@click.argument("number", type=int, required=False)
@click.option(
    "--stale", is_flag=True, help="All whose data changed since, and those never answered."
)
@click.pass_obj
def answer(settings: Settings, number: int | None, *, stale: bool) -> None:
    """Answer a scenario by public numbers and keep the answer with it.

    \b
    Example:
        citygrid scenario answer --stale
    """
    from layers.coverage import scenarios

    if (number is None) is not stale:
        raise CityGridError("Name a scenario by its number, or give --stale.", key="supposed.which")
    with settings.loaded_city() as target:
        with _open(target) as db:
            some = scenarios.listed(db) if number is None else [scenarios.read(db, number)]
            asked = [
                each
                for each in some
                if not stale or each.version is None or scenarios.is_stale(db, each)
            ]
        with acting(target, Role.APP) as engine, engine.begin() as public:
            # As anybody may know it: what is kept is shown to others.
            act_as(public, Viewer())
            ground = _ground(public)
            found = [(each, scenarios.answer(public, ground, each)) for each in asked]
        with _open(target) as db:
            for each, came in found:
                kept = scenarios.keep(db, each, came)
                click.echo(
                    settings.say("supposed.one", n=kept.id, name=kept.name, of=_result(kept))
                )
    if stale:
        click.echo(settings.say("supposed.answered_all", n=len(asked)))


@scenario.command()
@click.argument("number", type=int)
@click.option(
    "--level", metavar="KEY", help="List the units of a level, those that lose most first."
)
@click.option("--against", type=int, metavar="N", help="Another scenario, in place of today.")
@click.pass_obj
def compare(settings: Settings, number: int, level: str | None, against: int | None) -> None:
    """Compare a scenario with today or another: exact numbers, for who sits at this machine.

    \b
    Example:
        citygrid scenario compare 3 --against 2 --level community
    """
    from layers.coverage import compared, scenarios
    from layers.coverage.changed import Changed

    with settings.loaded_city() as target, _open(target) as db:
        asked = scenarios.read(db, number)
        ground = _ground(db)
        shown = level_of(db, ground.city, level) if level else None
        other = None if against is None else scenarios.read(db, against)
        both = compared.compare(
            db, Changed(ground, other.changes) if other else ground,
            Changed(ground, asked.changes), asked.question, Viewer(),
        )  # fmt: skip
        if scenarios.is_stale(db, asked):
            click.echo(settings.say("supposed.stale"))
        before = "before" if other is None else "against"
        _tell_groups(settings, both, before)
        _tell_room(settings, both)
        if shown is not None:
            _tell_units(settings, db, both, shown, before)


@scenario.command()
@click.argument("number", type=int)
@click.pass_obj
def delete(settings: Settings, number: int) -> None:
    """Put a scenario away.

    \b
    Example:
        citygrid scenario delete 3
    """
    from layers.coverage import scenarios

    with settings.loaded_city() as target, _open(target) as db:
        gone = scenarios.delete(db, number)
    click.echo(settings.say("supposed.deleted", n=gone.id, name=gone.name))


@contextlib.contextmanager
def _open(target: Server) -> Iterator[Connection]:
    with acting(target, Role.OWNER) as engine, engine.connect() as plain:
        # Doors and streets of one moment.
        db = plain.execution_options(isolation_level="REPEATABLE READ")
        with db.begin():
            yield db


def _ground(db: Connection) -> Ground:
    from gis import places
    from layers.coverage.ground import Ground

    return Ground(places.city_of(db))


def _changes(
    db: Connection, supposed: dict[str, tuple[Any, ...]], order: int | None
) -> tuple[Change, ...]:
    from layers.coverage import changes

    found: list[dict[str, object]] = []
    found += [{"do": "close", "facility": n} for n in supposed["close"]]
    for said in supposed["open_"]:
        kind, place = _split(said)
        found.append({"do": "open", "kind": kind, "at": _place(place)})
    for said in supposed["move"]:
        number, place = _split(said)
        found.append({"do": "move", "facility": number, "at": _place(place)})
    for said in supposed["resize"]:
        number, many = _split(said)
        found.append({"do": "resize", "facility": number, "capacity": many})
    for said in supposed["path"]:
        found.append({"do": "add_path", "line": [_place(each) for each in said.split()]})
    found += [{"do": "close_road", "road": n} for n in supposed["close_road"]]
    for said in supposed["grow"]:
        code, percent = _split(said)
        found.append({"do": "grow", "unit": _unit(db, code), "percent": percent})
    if order is not None:
        found.append({"do": "redraw", "order": order})
    return changes.read(found)


def _split(said: str) -> tuple[str, str]:
    one, colon, other = said.rpartition(":")
    if not colon:
        raise CityGridError(f"A colon is missing in {said!r}.", key="supposed.colon", said=said)
    return one, other


def _place(said: str) -> list[str]:
    return said.split(",")


def _unit(db: Connection, code: str) -> int:
    c = unit_version.c
    query = (
        select(c.unit_id)
        .join(zoning, zoning.c.id == c.zoning_id)
        .where(zoning.c.is_main, c.code == code, func.upper_inf(c.valid))
    )
    unit = db.scalar(query)
    if unit is None:
        raise NotFoundError(f"No unit has the code {code!r}.", key="supposed.no_code", code=code)
    return int(unit)


def _answered(settings: Settings, each: Scenario, stale: set[int]) -> str:
    if each.answered_at is None:
        return settings.say("supposed.never")
    when = f"{each.answered_at.astimezone():%Y-%m-%d %H:%M}"
    return settings.say("supposed.old", when=when) if each.id in stale else when


def _result(each: Scenario) -> str:
    if each.result is None:
        return "—"
    numbers = (each.result[name][PEOPLE] for name in ("before", "after"))
    return " → ".join(_share(one["reached"], one["all"]) for one in numbers)


def _share(part: int | None, whole: int | None) -> str:
    return f"{part / whole:.1%}" if part is not None and whole else "—"


def _tell_groups(
    settings: Settings,
    both: Any,  # noqa: ANN401 - a Comparison, imported late
    before: str,
) -> None:
    from rich.console import Console
    from rich.table import Table

    from layers.catalog.people import CARE
    from layers.coverage.released import CARE_GROUPS

    say = settings.say
    table = Table(*(say(f"supposed.{title}") for title in ("who", before, "after", "change")))
    for group, numbers in both.before.numbers.items():
        after = both.after.numbers[group]
        table.add_row(
            named(CARE[CARE_GROUPS[group]], settings.language)
            if group in CARE_GROUPS
            else say(f"supposed.{group}"),
            _of(numbers),
            _of(after),
            _signed(both.gained(group)[0]),
        )
    Console().print(table)


def _tell_room(settings: Settings, both: Any) -> None:  # noqa: ANN401 - as above
    from layers.coverage.charges import handed_over

    one, other = both.room_before, both.room_after
    if one is not None and other is not None and one.users.is_held:
        n, m = (f"{each.over[0]:,.0f}" for each in (one, other))
        click.echo(settings.say("supposed.no_room", before=n, after=m))
    handed = handed_over(both.charges_before, both.charges_after)
    if handed > 0:
        click.echo(settings.say("supposed.handed_over", n=f"{handed:,.0f}"))


def _tell_units(
    settings: Settings,
    db: Connection,
    both: Any,  # noqa: ANN401 - as above
    level: int,
    before: str,
) -> None:
    from rich.console import Console
    from rich.table import Table

    c = unit_version.c
    rows = db.execute(
        select(c.unit_id, c.code, c.names).where(func.upper_inf(c.valid), c.level == level)
    )
    names = {row.unit_id: (row.code, named(row.names, settings.language)) for row in rows}
    tree, gained = both.before.tree, both.gained(PEOPLE)
    here = [k for k, unit in enumerate(tree.ids.tolist()) if unit in names]
    here.sort(key=lambda k: (gained[k], tree.ids[k]))
    table = Table(
        *(settings.say(f"supposed.{t}") for t in ("code", "unit", before, "after", "change"))
    )
    for k in here:
        table.add_row(
            *names[int(tree.ids[k])], _of(both.before.people, k), _of(both.after.people, k),
            _signed(gained[k]),
        )  # fmt: skip
    Console().print(table)


def _of(numbers: Any, place: int = 0) -> str:  # noqa: ANN401 - Numbers, imported late
    all_, reached = numbers.all[place], numbers.reached[place]
    return "—" if np.isnan(all_ + reached) else f"{reached:,.0f} ({_share(reached, all_)})"


def _signed(n: float) -> str:
    return "—" if np.isnan(n) else f"{n:+,.0f}"
