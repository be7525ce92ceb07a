"""The command that brings in the hotline's daily table."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
from sqlalchemy import Connection

from dashboard.cli.context import Settings
from dashboard.cli.incident import acting_as
from dashboard.cli.progress import shown
from dashboard.text import explained
from gis.database import Role, Server
from gis.errors import SettingsError
from gis.said import Said


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "login", required=True, metavar="LOGIN", help="For this account.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN",
              help="Which column holds a field; kept for the next files.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would become of each row; write nothing.")
@click.pass_obj
def import_(
    settings: Settings, file: Path, login: str, columns: tuple[str, ...], *, dry_run: bool
) -> None:
    """Report what the hotline's daily table 12345 holds, an XLSX or CSV file, row by row.

    An order that was brought before is not reported again; what the hotline says otherwise of it is
    told in its incident, which stays as it is. What cannot be placed surely waits on
    the page for somebody who looks; every row that is not reported is told in one sentence.

    Fields: number, reported_at, small, title, text, address, area, status, deadline, name, phone,
    is_personal.

    \b
    Example:
        citygrid incident import 12345.xlsx --as li.na --column number=工单编号
    """
    from gis import places
    from importers.hotline import bringing
    from importers.hotline.verdicts import Verdict

    with settings.loaded_city() as target, shown(settings.say) as report:
        reading = partial(acting_as, target, login, Role.APP)
        with reading() as (db, viewer):
            city = places.city_of(db)
        desk = bringing.Desk(
            viewer, city, partial(_open, target, login, Role.APP),
            partial(_open, target, login, Role.ENGINE, is_dry=dry_run),
            dt.datetime.now(dt.UTC), lambda done, total: report("hotline", done, total),
        )  # fmt: skip
        found = bringing.bring(desk, file, columns=_columns(columns) or None)
    for row in found.rows:
        if row.said:
            said = row.said
            click.echo(explained(said, settings.language) if isinstance(said, Said) else said)
    counts = {verdict.value: found.count(verdict) for verdict in Verdict}
    click.echo(settings.say("hotline.done", read=len(found.rows), **counts))
    if dry_run:
        click.echo(settings.say("incident_said.dry"))


@contextlib.contextmanager
def _open(target: Server, login: str, role: Role, *, is_dry: bool = False) -> Iterator[Connection]:
    with acting_as(target, login, role) as (db, _viewer):
        yield db
        if is_dry:
            db.rollback()


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in given:
        field, equals, column = each.partition("=")
        if not equals:
            raise SettingsError(
                f"--column takes field=column such as number=工单编号; found {each!r}.",
                key="incident_said.bad_column", found=each,
            )  # fmt: skip
        found[field.strip()] = column.strip()
    return found
