"""Commands for the rules that decide whose duty an incident is: list them, and try others."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.cli.context import Settings
from dashboard.cli.table import print_table
from gis.errors import CityGridError

if TYPE_CHECKING:
    from dashboard.incidents.rule_words import RuleWords
    from layers.handling.routing import Rule

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def rules() -> None:
    """Look at the rules that decide whose duty an incident is, and try others.

    They are edited on the page (Routing rules), where each change is a version.

    \b
    Example:
        citygrid rules list
    """


@rules.command("list")
@click.option("--json", "as_json", is_flag=True, help="The city's own as JSON, for `simulate`.")
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """List the rules in force: the city's own, then those of the table that came with it.

    \b
    Example:
        citygrid rules list --json
    """
    from dashboard.incidents.rule_words import words_of
    from layers.handling import duty, rule_versions
    from layers.handling.rule_versions import Kind

    with settings.reading() as db:
        version = rule_versions.in_force(db, Kind.ROUTING)
        found = duty.rules(db)
        words = words_of(db, settings.language, found)
    if as_json:
        click.echo(json.dumps(version.rules if version else [], ensure_ascii=False, indent=1))
        return
    say = settings.say
    ordered = sorted(found, key=lambda rule: (-rule.priority, not rule.uid))
    print_table(
        [say(f"rules.{name}") for name in ("priority", "name", "asks", "decides", "valid")],
        [_row(words, rule) for rule in ordered],
    )
    click.echo(
        say("rules_listed.total", n=sum(1 for r in found if r.uid), files=sum(
            1 for r in found if not r.uid
        ), version=version.id if version else 0)
    )  # fmt: skip


@rules.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--start", type=DAY, help="The first day; 30 days up to the last if left out.")
@click.option("--end", type=DAY, help="The last day; today if left out.")
@click.pass_obj
def simulate(
    settings: Settings, file: Path, start: dt.datetime | None, end: dt.datetime | None
) -> None:
    """Show what the rules in FILE would have done other than those in force; nothing is written.

    FILE is JSON as `citygrid rules list --json` writes it.

    \b
    Example:
        citygrid rules simulate rules.json --start 2026-05-01 --end 2026-05-31
    """
    from dashboard.incidents.rule_words import words_of
    from gis import places
    from layers.handling import replay, routing, rule_checks
    from layers.handling.rule_versions import Draft, Kind
    from layers.series import Span

    kept = _read(file)
    now = dt.datetime.now(dt.UTC)
    with settings.reading() as db:
        city = places.city_of(db)
        drafted = [_rule(file, each) for each in kept]
        for rule in drafted:
            rule_checks.check(db, rule)
        last = end.date() if end else now.astimezone(city.tz).date()
        first = start.date() if start else last - dt.timedelta(days=replay.USUAL_DAYS - 1)
        draft = Draft(Kind.ROUTING, 0, [routing.to_json(rule) for rule in drafted])
        found = replay.replay(db, city, draft, Span(first, last), now)
        words = words_of(db, settings.language, ())
    say = settings.say
    print_table(
        [say(f"rules.{name}") for name in ("body", "before", "after", "difference")],
        [
            [words.body(one["id"]), f"{one['before']:,}", f"{one['after']:,}",
             f"{one['after'] - one['before']:+,}"]
            for one in found["bodies"]
        ],
    )  # fmt: skip
    click.echo(say("rules.found", n=f"{found['n']:,}", moved=f"{found['moved']:,}"))
    click.echo(say("rules.found_unmatched", n=f"{found['unmatched']:,}"))
    click.echo(say("rules_listed.took", first=first, last=last, seconds=found["seconds"]))


def _read(file: Path) -> list[Any]:
    try:
        kept = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise _unreadable(file) from error
    if not isinstance(kept, list):
        raise _unreadable(file)
    return kept


def _rule(file: Path, kept: Any) -> Rule:  # noqa: ANN401 - whatever JSON can hold
    from layers.handling import routing

    try:
        return routing.from_json(kept)
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(file) from error


def _unreadable(file: Path) -> CityGridError:
    return CityGridError(
        f"{file.name} holds no rules as `citygrid rules list --json` writes them.",
        key="rules_listed.unreadable", file=file.name,
    )  # fmt: skip


def _row(words: RuleWords, rule: Rule) -> list[str]:
    days = [f"{day}" if day else "" for day in (rule.since, rule.until)]
    return [
        f"{rule.priority}", rule.name, " · ".join(words.asks(rule)),
        " · ".join(words.decides(rule)),
        "–".join(days) if any(days) else words.say("rules.always"),
    ]  # fmt: skip
