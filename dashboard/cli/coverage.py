"""The command that says whom facilities reach."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection, func, select

from dashboard.cli.context import Settings
from dashboard.text import named
from gis.errors import CityGridError, NotFoundError
from gis.tables import unit_version, zoning, zoning_level

if TYPE_CHECKING:
    from rich.console import Console

    from gis.city import City
    from layers.coverage.answers import Answer, Answers
    from layers.coverage.reach import Question
    from layers.coverage.room import Room

PEOPLE, OLDER = "people", "60"
# The columns of room, where it is asked for.
_ROOM = ("served", "over")


@dataclass(frozen=True, eq=False)
class _Found:
    # Of a standard; else the kinds'.
    name: str
    asked: Question
    answer: Answer
    # None where a place is nobody's, or room is not asked for.
    room: Room | None


@click.command()
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
@click.option("--minutes", type=click.FloatRange(0.1, 240), help="Within so many minutes.")
@click.option("--metres", type=click.FloatRange(1, 100_000), help="Within so many metres.")
@click.option("--drive", is_flag=True, help="By car; on foot without it.")
@click.option("--band", metavar="KEY", help="By car, in a time band of the city's.")
@click.option("--older", is_flag=True, help="On foot as fast as an older person walks.")
@click.option("--planned", is_flag=True, help="With facilities that are planned.")
@click.option(
    "--operator", "operators", multiple=True, metavar="NAME",
    help="Only facilities that somebody runs; may be given several times.",
)  # fmt: skip
@click.option("--room", is_flag=True, help="Also who finds room, as far as places go.")
@click.option(
    "--optimal", is_flag=True,
    help="With --room: as many as can be served, in the least time; else the nearest come first.",
)  # fmt: skip
@click.option("--level", metavar="KEY", help="List the units of a level, those worst off first.")
@click.option(
    "--network", is_flag=True, help="Tell of the streets instead, and what hangs on none."
)
@click.option(
    "--odd", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="With --network: write what is odd to a .csv.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Which doors the audit looks at.")
@click.pass_obj
def coverage(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    kinds: tuple[str, ...],
    minutes: float | None,
    metres: float | None,
    band: str | None,
    operators: tuple[str, ...],
    level: str | None,
    odd: Path | None,
    seed: int,
    *,
    network: bool,
    drive: bool,
    older: bool,
    planned: bool,
    room: bool,
    optimal: bool,
) -> None:
    """Say how many people facilities of some kinds reach; without a kind, by the standards.

    Along the streets from every door, and as the crow flies, as official figures have it. Of
    minutes and metres the tighter one binds. Two thousand doors are judged by other means.

    With --network the streets are told of: how long they are, whether they hang together, which
    dead ends were joined to a street they had missed, and which doors and facilities hang on none.

    \b
    Example:
        citygrid coverage clinic health_centre --minutes 15 --level community
    """
    from gis import places
    from layers.coverage import indicators
    from layers.coverage.answers import Answers
    from layers.coverage.reach import Question
    from layers.coverage.settings import read
    from layers.coverage.streets import Mode

    if network or odd is not None:
        _tell_network(
            settings,
            odd,
            asks=bool(kinds or minutes or metres or level or room or optimal),
            drive=drive,
        )
        return
    own = None
    if kinds or drive or minutes is not None or metres is not None:
        own = Question(kinds, minutes, metres, Mode.DRIVE if drive else Mode.WALK).checked()
    with settings.reading() as db:
        # Doors and streets of one moment.
        db.execution_options(isolation_level="REPEATABLE READ")
        city = places.city_of(db)
        if band is not None:
            # Said also where nobody drives.
            read(city.coverage).band(band)
        known = indicators.of(city)
        asked = [("", own)] if own else [
            (named(each.names, settings.language), each.question)
            for each in known.indicators.values()
        ]  # fmt: skip
        speed = known.older_walk_ms if older else known.walk_ms
        states = ("open", *(("planned",) * planned))
        shown = level_of(db, city, level) if level else None
        answers = Answers(db, city)
        found = []
        for name, question in asked:
            own_asked = replace(
                question, speed_ms=speed, states=states, band=band, operators=operators
            )
            answer = answers.to(own_asked, seed=seed)
            there = answers.room(own_asked, is_best=optimal) if room or optimal else None
            found.append(_Found(name or _kinds(settings, own_asked), own_asked, answer, there))
        has_room = room or optimal
        if has_room and not any(each.room for each in found):
            raise _nobodys(settings)
        _tell(settings, found, has_room=has_room, is_best=optimal)
        if shown is not None:
            for each in found:
                _tell_units(settings, db, answers, each, shown, has_room=has_room)


def _tell_network(settings: Settings, odd: Path | None, *, asks: bool, drive: bool) -> None:
    from dashboard.cli.network import tell
    from layers.coverage.streets import Mode

    if asks:
        raise CityGridError(
            "--network tells of streets; leave kinds, limits and level out.",
            key="coverage.network_alone",
        )
    with settings.writing() as db:
        tell(settings, db, Mode.DRIVE if drive else Mode.WALK, odd)


def level_of(db: Connection, city: City, key: str) -> int:
    """Return the number of a level of the main zoning, or raise NotFoundError naming them all."""
    c = zoning_level.c
    query = select(c.key, c.level).join(zoning, zoning.c.id == c.zoning_id).where(zoning.c.is_main)
    levels = dict(db.execute(query.order_by(c.level)).all())
    if key not in levels:
        raise NotFoundError(
            f"{city.names['en']} has no level {key!r}. It has: {', '.join(levels)}.",
            key="coverage.no_level", level=key, levels=tuple(levels),
        )  # fmt: skip
    return int(levels[key])


def _nobodys(settings: Settings) -> CityGridError:
    from layers.catalog.facilities import KINDS
    from layers.coverage.users import held

    kinds = settings.say("error.between").join(
        named(KINDS[kind], settings.language) for kind in held()
    )
    return CityGridError(
        "Places at such facilities are used by one after the other, so nobody can be said to find "
        f"none. Told by room are: {kinds}.",
        key="coverage.no_room", kinds=kinds,
    )  # fmt: skip


def _tell(
    settings: Settings, found: list[_Found], *, has_room: bool, is_best: bool = False
) -> None:
    from rich.console import Console
    from rich.table import Table

    say = settings.say
    titles = ("facility", "within", "reached", "share", "official", "older", "audit")
    table = Table(*(say(f"covered.{title}") for title in (*titles, *(_ROOM * has_room))))
    for each in found:
        answer = each.answer
        everybody, reached = answer.all[PEOPLE][0], answer.reached[PEOPLE][0]
        older = answer.all[OLDER][0]
        table.add_row(
            each.name,
            _within(settings, each.asked),
            f"{reached:,}",
            _share(reached, everybody),
            _official(answer, 0),
            _share(older - answer.reached[OLDER][0], older),
            say("covered.audited", n=answer.audit.asked, i=answer.audit.false_in,
                o=answer.audit.false_out, s=f"{answer.audit.largest_s:.1f}"),
            *(_room(each.room, 0) * has_room),
        )  # fmt: skip
    console = Console()
    if found:
        console.print(say("covered.people", n=int(found[0].answer.all[PEOPLE][0])))
    console.print(table)
    for answer in (each.answer for each in found):
        if answer.off or answer.outside:
            console.print(say("covered.unplaced", n=answer.off, w=answer.walled, m=answer.outside))
            break
    for each in found:
        if each.room is not None:
            _tell_room(settings, console, each.name, each.room, is_best=is_best)


def _tell_room(
    settings: Settings, console: Console, name: str, room: Room, *, is_best: bool
) -> None:
    say, users = settings.say, room.users
    console.print(
        say(
            "covered.room",
            facility=name,
            share=users.share,
            group=say(f"covered.group_{users.group}"),
            all=round(room.all[0]),
            served=round(room.served[0]),
            over=round(room.over[0]),
            far=round(room.unreachable[0]),
            off=round(room.unplaced[0]),
            how=say("covered.best" if is_best else "covered.nearest_first"),
        )
    )
    if not math.isnan(room.mean_s):
        console.print(say("covered.room_minutes", n=room.mean_s / 60))
    if room.unknown:
        console.print(say("covered.room_unknown", n=room.unknown))


def _room(room: Room | None, place: int) -> tuple[str, ...]:
    """Return the cells of who finds room and who finds none."""
    if room is None:
        return "—", "—"
    return f"{room.served[place]:,.0f}", f"{room.over[place]:,.0f}"


def _tell_units(  # noqa: PLR0913 - what the table is made of
    settings: Settings,
    db: Connection,
    answers: Answers,
    found: _Found,
    level: int,
    *,
    has_room: bool,
) -> None:
    from rich.console import Console
    from rich.table import Table

    say, tree, answer = settings.say, answers.tree, found.answer
    c = unit_version.c
    rows = db.execute(
        select(c.unit_id, c.code, c.names).where(func.upper_inf(c.valid), c.level == level)
    )
    names = {row.unit_id: (row.code, named(row.names, settings.language)) for row in rows}
    titles = ("code", "name", "of_people", "reached", "share", "official")
    table = Table(
        *(say(f"covered.{title}") for title in (*titles, *(_ROOM * has_room))),
        title=f"{found.name}, {_within(settings, found.asked)}",
    )
    here = [k for k, unit in enumerate(tree.ids.tolist()) if unit in names]
    everybody, reached = answer.all[PEOPLE], answer.reached[PEOPLE]
    here.sort(key=lambda k: (reached[k] / everybody[k] if everybody[k] else 2.0, tree.ids[k]))
    for k in here:
        table.add_row(
            *names[int(tree.ids[k])], f"{everybody[k]:,}", f"{reached[k]:,}",
            _share(reached[k], everybody[k]), _official(answer, k),
            *(_room(found.room, k) * has_room),
        )  # fmt: skip
    Console().print(table)


def _kinds(settings: Settings, asked: Question) -> str:
    from layers.catalog.facilities import KINDS

    some = [named(KINDS[kind], settings.language) for kind in asked.kinds]
    return settings.say("error.between").join(some)


def _within(settings: Settings, asked: Question) -> str:
    say = settings.say
    words = []
    if asked.minutes is not None:
        words.append(say(f"covered.minutes_{asked.mode}", n=f"{asked.minutes:g}"))
    if asked.metres is not None:
        words.append(say("covered.metres", n=f"{asked.metres:,.0f}"))
    if asked.least_area_m2 is not None:
        words.append(say("covered.of_area", n=f"{asked.least_area_m2:,.0f}"))
    return say("error.between").join(words)


def _official(answer: Answer, place: int) -> str:
    if answer.official is None:
        return "—"
    return _share(answer.official[PEOPLE][place], answer.all[PEOPLE][place])


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "—"
