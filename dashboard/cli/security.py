"""Commands for the security of the installation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import click

from dashboard.cli import progress, told
from dashboard.cli.context import Settings, acting, loaded_cities, loaded_city_id
from gis.access import audit, keys, place_check, rotation, rules, self_check
from gis.access.audit import Act
from gis.access.heads import Heads
from gis.access.rules import Rules
from gis.access.self_check import Answer, Grade
from gis.database import Role, Server
from gis.errors import TextKey
from gis.said import Said


@click.group()
def security() -> None:
    """Look after the security of the installation.

    \b
    Example:
        citygrid security check
    """


@security.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Answer what an assessor would ask; exit 1 if something is wrong.

    \b
    Example:
        citygrid security check
    """
    rule = rules.read(settings.state / rules.SETTINGS_FILE)
    with settings.loaded_city() as target:
        answers = [*_about_rules(rule), *place_check.of_files(settings.state)]
        answers += _about_database(settings, target, rule)
    answers += _about_ways_out()
    _show(answers, settings)
    wrong = sum(answer.grade is Grade.BAD for answer in answers)
    notes = sum(answer.grade is Grade.NOTE for answer in answers)
    click.echo(settings.say("secure.total", n=len(answers), notes=notes, wrong=wrong))
    if wrong:
        raise click.exceptions.Exit(1)


@security.command("rotate-key")
@click.pass_obj
def rotate_key(settings: Settings) -> None:
    """Take a new key, and encrypt everything in every city anew with it and the cipher set.

    The older keys stay in the key file: older dumps need them. Restart what serves afterwards.

    
    Example:
        citygrid security rotate-key
    """
    rule = rules.read(settings.state / rules.SETTINGS_FILE)
    with settings.server() as found, progress.shown(settings.say) as report:
        held = keys.rotate(settings.state, rule.cipher)
        for city_id in loaded_cities(found):
            with acting(found.for_city(city_id), Role.OWNER) as engine, engine.begin() as db:
                numbers, codes, webhooks = rotation.renew(db, held, report)
                audit.record(
                    db,
                    Act.KEY_CHANGED,
                    login=audit.machine_login(),
                    details={
                        "key": held.newest,
                        "cipher": rule.cipher.value,
                        "id_numbers": numbers,
                        "second_factors": codes,
                        "webhooks": webhooks,
                    },
                )
            click.echo(settings.say("secure.rotated", city=city_id, n=numbers, m=codes, k=webhooks))
    click.echo(settings.say("secure.key", n=held.newest))


def _about_database(settings: Settings, target: Server, rule: Rules) -> Iterator[Answer]:
    heads = Heads.of(settings.state, loaded_city_id(target)).read()
    with acting(target, Role.OWNER) as engine, engine.connect() as db:
        # One moment for the audit and its links: the sealer may go on meanwhile.
        db.execution_options(isolation_level="REPEATABLE READ")
        yield from place_check.of_server(db, is_private=target.is_private)
        yield from self_check.of_database(db, rule, heads, dt.datetime.now(dt.UTC))


def _about_rules(rule: Rules) -> Iterator[Answer]:
    factor = "a second factor" if rule.second_factor else "no second factor"
    apart = "apart" if rule.administrators_apart else "not kept apart"
    often = (
        Said(
            f"changed every {rule.rotation_days} days",
            key="secure.rotated_passwords",
            days=rule.rotation_days,
        )
        if rule.rotation_days
        else Said("never too old", key="secure.no_rotation")
    )
    yield Answer(
        Grade.GOOD,
        "rules",
        Said(
            f"Preset {rule.preset}: passwords of {rule.password_length} characters, "
            f"{rule.password_kinds} kinds, {often}; locked for {rule.lock_minutes} minutes after "
            f"{rule.failures_before_lock} failures; sessions end after {rule.idle_s // 60} minutes "
            f"of rest, {rule.absolute_s // 3600} hours at most; {factor}; administrators {apart}; "
            f"{rule.reveals_per_hour} reveals an hour; columns encrypted with "
            f"{rule.cipher.upper()}.",
            key="secure.rules",
            preset=rule.preset,
            length=rule.password_length,
            kinds=rule.password_kinds,
            changed=often,
            minutes=rule.lock_minutes,
            failures=rule.failures_before_lock,
            idle=rule.idle_s // 60,
            most=rule.absolute_s // 3600,
            factor=TextKey(f"secure.{'factor' if rule.second_factor else 'without_factor'}"),
            apart=TextKey(f"secure.{'kept_apart' if rule.administrators_apart else 'not_apart'}"),
            reveals=rule.reveals_per_hour,
            cipher=rule.cipher.upper(),
        ),
    )


def _about_ways_out() -> Iterator[Answer]:
    yield Answer(
        Grade.GOOD,
        "network",
        Said(
            "`citygrid serve` listens on this machine alone, or refuses to start without TLS or a "
            "proxy that speaks it.",
            key="secure.network",
        ),
    )
    yield Answer(
        Grade.NOTE,
        "dump",
        Said(
            "A dump holds everything, names and telephones in clear, and not the keys: id numbers, "
            "second factors and secrets of webhooks in it cannot be read without them. Keep dumps "
            "and keys apart and locked.",
            key="secure.dump",
        ),
    )


def _show(answers: Iterable[Answer], settings: Settings) -> None:
    if settings.language == "en":
        for answer in answers:
            click.echo(f"{answer.grade:<5} {answer.about:<15} {answer.said}")
        return
    # Here, because `citygrid up` starts in a blink without it.
    from rich.cells import set_cell_size

    for answer in answers:
        grade = set_cell_size(settings.say(f"grade.{answer.grade}"), 5)
        about = set_cell_size(settings.say(f"asked_of.{answer.about}"), 8)
        click.echo(f"{grade} {about} {told.line(answer.said, settings.language)}")
