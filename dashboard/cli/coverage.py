"""The command that says whom facilities reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection, func, select

from dashboard.cli.context import Settings, acting
from dashboard.text import named
from gis.database import Role
from gis.errors import NotFoundError
from gis.tables import unit_version, zoning, zoning_level

if TYPE_CHECKING:
    from gis.city import City
    from layers.coverage.answers import Answer, Answers
    from layers.coverage.reach import Question

PEOPLE, OLDER = "people", "60"


@click.command()
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
@click.option("--minutes", type=click.FloatRange(0.1, 240), help="Within so many minutes.")
@click.option("--metres", type=click.FloatRange(1, 100_000), help="Within so many metres.")
@click.option("--drive", is_flag=True, help="By car; on foot without it.")
@click.option("--band", metavar="KEY", help="By car, in a time band of the city's.")
@click.option("--older", is_flag=True, help="On foot as fast as an older person walks.")
@click.option("--planned", is_flag=True, help="With facilities that are planned.")
@click.option("--level", metavar="KEY", help="List the units of a level, those worst off first.")
@click.option("--seed", default=0, show_default=True, help="Which doors the audit looks at.")
@click.pass_obj
def coverage(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    kinds: tuple[str, ...],
    minutes: float | None,
    metres: float | None,
    band: str | None,
    level: str | None,
    seed: int,
    *,
    drive: bool,
    older: bool,
    planned: bool,
) -> None:
    """Say how many people facilities of some kinds reach; without a kind, by the standards.

    Along the streets from every door, and as the crow flies, as official figures have it. Of
    minutes and metres the tighter one binds. Two thousand doors are judged by other means.

    \b
    Example:
        citygrid coverage clinic health_centre --minutes 15 --level community
    """
    from gis import places
    from layers.coverage.answers import Answers
    from layers.coverage.indicators import INDICATORS
    from layers.coverage.reach import Question
    from layers.coverage.settings import read
    from layers.coverage.streets import OLDER_WALK_MS, WALK_MS, Mode

    asked = dict(INDICATORS)
    if kinds or drive or minutes is not None or metres is not None:
        mode = Mode.DRIVE if drive else Mode.WALK
        asked = {"": Question(kinds, minutes, metres, mode).checked()}
    speed, states = OLDER_WALK_MS if older else WALK_MS, ("open", *(("planned",) * planned))
    asked = {
        key: replace(each, speed_ms=speed, states=states, band=band) for key, each in asked.items()
    }
    with (
        settings.loaded_city() as target,
        acting(target, Role.OWNER) as engine,
        engine.connect() as db,
    ):
        # Doors and streets of one moment.
        db.execution_options(isolation_level="REPEATABLE READ")
        city = places.city(db)
        if city is None:
            raise NotFoundError("The database holds no city.", key="error.no_city")
        if band is not None:
            # Said also where nobody drives.
            read(city.coverage).band(band)
        shown = level_of(db, city, level) if level else None
        answers = Answers(db, city)
        found = [(each, answers.to(each, seed=seed)) for each in asked.values()]
        _tell(settings, found)
        if shown is not None:
            for each, answer in found:
                _tell_units(settings, db, answers, each, answer, shown)


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


def _tell(settings: Settings, found: list[tuple[Question, Answer]]) -> None:
    from rich.console import Console
    from rich.table import Table

    say = settings.say
    titles = ("facility", "within", "reached", "share", "official", "older", "audit")
    table = Table(*(say(f"covered.{title}") for title in titles))
    for each, answer in found:
        everybody, reached = answer.all[PEOPLE][0], answer.reached[PEOPLE][0]
        older = answer.all[OLDER][0]
        table.add_row(
            _kinds(settings, each),
            _within(settings, each),
            f"{reached:,}",
            _share(reached, everybody),
            _official(answer, 0),
            _share(older - answer.reached[OLDER][0], older),
            say("covered.audited", n=answer.audit.asked, i=answer.audit.false_in,
                o=answer.audit.false_out),
        )  # fmt: skip
    console = Console()
    if found:
        console.print(say("covered.people", n=int(found[0][1].all[PEOPLE][0])))
    console.print(table)
    for _, answer in found:
        if answer.off or answer.outside:
            console.print(say("covered.unplaced", n=answer.off, m=answer.outside))
            break


def _tell_units(  # noqa: PLR0913 - what the table is made of
    settings: Settings,
    db: Connection,
    answers: Answers,
    asked: Question,
    answer: Answer,
    level: int,
) -> None:
    from rich.console import Console
    from rich.table import Table

    say, tree = settings.say, answers.tree
    c = unit_version.c
    rows = db.execute(
        select(c.unit_id, c.code, c.names).where(func.upper_inf(c.valid), c.level == level)
    )
    names = {row.unit_id: (row.code, named(row.names, settings.language)) for row in rows}
    titles = ("code", "name", "of_people", "reached", "share", "official")
    table = Table(
        *(say(f"covered.{title}") for title in titles),
        title=f"{_kinds(settings, asked)}, {_within(settings, asked)}",
    )
    here = [k for k, unit in enumerate(tree.ids.tolist()) if unit in names]
    everybody, reached = answer.all[PEOPLE], answer.reached[PEOPLE]
    here.sort(key=lambda k: (reached[k] / everybody[k] if everybody[k] else 2.0, tree.ids[k]))
    for k in here:
        table.add_row(
            *names[int(tree.ids[k])], f"{everybody[k]:,}", f"{reached[k]:,}",
            _share(reached[k], everybody[k]), _official(answer, k),
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
    return say("error.between").join(words)


def _official(answer: Answer, place: int) -> str:
    if answer.official is None:
        return "—"
    return _share(answer.official[PEOPLE][place], answer.all[PEOPLE][place])


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "—"
