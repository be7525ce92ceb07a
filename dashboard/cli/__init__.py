"""The command line: it reaches everything, so it lives in the top package."""

from __future__ import annotations

from typing import Any

import click

from dashboard.cli import city, database, run
from dashboard.cli.context import Settings
from gis.errors import CityGridError


class Commands(click.Group):
    """A group that prints our own errors as a sentence and exits 1."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command. Anything that is not a CityGridError is a bug and keeps its traceback."""
        try:
            return super().invoke(ctx)
        except CityGridError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citygrid")
@click.pass_context
def cli(ctx: click.Context) -> None:
    r"""Manage a city's grid on one map.

    CityGrid runs a PostgreSQL of its own; set CITYGRID_DATABASE_URL to use another, CITYGRID_STATE
    to keep its data elsewhere, CITYGRID_CITY to choose among several cities.

    \b
    Example:
        citygrid up
    """
    ctx.obj = Settings.from_environment()


for command in (
    run.up,
    run.serve,
    city.init,
    city.import_,
    city.demo,
    city.status,
    city.check,
    database.db,
):
    cli.add_command(command)
