"""The command line: it reaches everything, so it lives in the top package."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import click

from dashboard.cli import (
    accounts,
    audit,
    balance,
    calendar,
    city,
    coverage,
    database,
    export,
    hotline,
    incident,
    jobs,
    locate,
    orders,
    patterns,
    rules,
    run,
    scenario,
    security,
    sites,
    told,
)
from dashboard.cli.context import Settings
from dashboard.cli.language import click_in_chinese, in_chinese, language_of
from gis.errors import CityGridError


class Commands(click.Group):
    """A group that speaks the terminal's language, and prints errors as sentences with exit 1."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Run what was typed."""
        if language_of(os.environ) == "en":
            return super().main(*args, **extra)
        with click_in_chinese():
            return click.Group.main(in_chinese(self, "citygrid"), *args, **extra)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:  # noqa: ANN401 - click's
        """Read the options that stand before the command."""
        with _sentences():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command. Anything that is not a CityGridError is a bug and keeps its traceback."""
        with _sentences():
            return super().invoke(ctx)


@contextlib.contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except CityGridError as error:
        raise click.ClickException(told.line(error, language_of(os.environ))) from error
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        # Without click's three lines of usage, and with the exit code of our other errors.
        said, stop = error.format_message(), "."
        if language_of(os.environ) == "zh":
            said, stop = said.removesuffix(".").replace("'. ", "'。"), "。"
        is_whole = said.endswith((".", "?", "。", "？"))
        raise click.ClickException(said if is_whole else f"{said}{stop}") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citygrid")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Manage a city's grid on one map.

    CityGrid runs a PostgreSQL of its own; set CITYGRID_DATABASE_URL to use another, CITYGRID_STATE
    to keep its data elsewhere, CITYGRID_CITY to choose among several cities, CITYGRID_LANGUAGE (zh
    or en) to have another language than the terminal's.

    \b
    Example:
        citygrid up
    """
    ctx.obj = Settings.from_environment()
    # A service manager's stop is a Ctrl-C: the database is stopped on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


for command in (
    run.up,
    run.serve,
    city.init,
    city.import_,
    city.demo,
    city.release,
    city.status,
    city.check,
    balance.balance,
    coverage.coverage,
    sites.sites,
    locate.locate,
    patterns.measures,
    patterns.patterns,
    rules.rules,
    calendar.calendar,
    database.db,
    accounts.account,
    orders.orders,
    incident.incident,
    jobs.jobs,
    scenario.scenario,
    audit.audit,
    export.export,
    security.security,
):
    cli.add_command(command)
incident.incident.add_command(hotline.import_)
