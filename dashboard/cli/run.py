"""Commands that serve the page."""

from __future__ import annotations

import socket
import time

import click

from dashboard.cli import progress
from dashboard.cli.context import DEMO, Settings, folder_of, holds_city, migrated
from dashboard.serve import serve_until_stopped
from gis.database import Role, Server, create_database
from gis.errors import CityGridError, SettingsError

LOOPBACK = "127.0.0.1"
# A worker that lost its supervisor lets go of the port within this time.
PORT_PATIENCE_S = 2.0


class PortTakenError(CityGridError):
    """Another program listens on the port."""


@click.command()
@click.option("--city", help="Which city; the last one loaded, or the demo.")
@click.option("--size", default="district", show_default=True, help="Size of the demo city.")
@click.option("--port", default=8050, show_default=True, type=click.IntRange(1, 65535))
@click.pass_obj
def up(settings: Settings, city: str | None, size: str, port: int) -> None:
    r"""Do everything: start the database, load the city the first time, serve the page.

    \b
    Example:
        citygrid up --port 8051
    """
    check_port(port)
    with settings.server() as found:
        city_id = city or settings.chosen_city()
        target = found.for_city(city_id)
        create_database(target)
        migrated(target)
        if not holds_city(target):
            if city_id != DEMO:
                folder_of(city_id)
                raise SettingsError(
                    f"The city {city_id!r} is not loaded yet: `citygrid init {city_id} --files DIR`."
                )
            load_demo(target, size)
            settings.remember_city(city_id)
        serve_city(target, port)


@click.command()
@click.option("--city", help="Which city; the last one loaded, or the demo.")
@click.option("--port", default=8050, show_default=True, type=click.IntRange(1, 65535))
@click.pass_obj
def serve(settings: Settings, city: str | None, port: int) -> None:
    r"""Serve a city that is loaded already.

    \b
    Example:
        citygrid serve --city taipei
    """
    check_port(port)
    with settings.loaded_city(city) as target:
        migrated(target)
        serve_city(target, port)


def load_demo(target: Server, size: str) -> None:
    """Generate the demo city and load it."""
    from importers.city import init_city

    engine = target.engine(Role.OWNER)
    with progress.shown() as report:
        init_city(engine, folder_of(DEMO), None, report, size=size)
    engine.dispose()


def serve_city(target: Server, port: int) -> None:
    """Serve the page until Ctrl-C or SIGTERM, then come back."""
    serve_until_stopped(target, LOOPBACK, port, lambda url: click.echo(f"CityGrid is at {url}"))
    click.echo("CityGrid has stopped.")


def check_port(port: int) -> None:
    """Raise PortTakenError where somebody listens already."""
    deadline = time.monotonic() + PORT_PATIENCE_S
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise PortTakenError(
                        f"Port {port} on {LOOPBACK} is taken by another program; choose another "
                        f"with --port, for example `citygrid up --port {port % 65535 + 1}`."
                    ) from error
            else:
                return
        time.sleep(0.1)
