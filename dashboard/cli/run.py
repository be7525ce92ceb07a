"""Commands that serve the page."""

from __future__ import annotations

import contextlib
import socket
import time

import click

from dashboard.cli import progress
from dashboard.cli.context import (
    DEMO,
    SIZES,
    Settings,
    acting,
    database_of,
    folder_of,
    loaded_cities,
    migrated,
)
from dashboard.serve import serve_until_stopped
from gis.database import Role, Server
from gis.errors import CityGridError, NotFoundError

LOOPBACK = "127.0.0.1"
# A worker that lost its supervisor lets go of the port within this time.
PORT_PATIENCE_S = 2.0


class PortTakenError(CityGridError):
    """Another program listens on the port."""


@click.command()
@click.option("--city", help="Which city; the last one loaded, or the demo.")
@click.option(
    "--size",
    default="district",
    show_default=True,
    type=click.Choice(SIZES),
    help="How much of the demo city, where it is not loaded yet.",
)
@click.option(
    "--port",
    default=8050,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where the page is, on this machine.",
)
@click.pass_obj
def up(settings: Settings, city: str | None, size: str, port: int) -> None:
    """Do everything: start the database, load the city the first time, serve the page.

    \b
    Example:
        citygrid up --port 8051
    """
    check_port(port)
    city_id = city or settings.chosen_city()
    with settings.server() as found, contextlib.ExitStack() as stack:
        loaded = loaded_cities(found)
        if city_id not in loaded and (city or not loaded or found.is_private):
            if city_id != DEMO:
                folder_of(city_id)
                raise NotFoundError(
                    f"The city {city_id!r} is not loaded yet; "
                    f"load it with `citygrid init {city_id} --files DIR`."
                )
            target = stack.enter_context(database_of(found, city_id))
            load_demo(target, size)
            settings.remember_city(city_id)
        else:
            target = found.for_city(city_id)
            migrated(target)
        serve_city(target, port)


@click.command()
@click.option("--city", help="Which city; the last one loaded, or the demo.")
@click.option(
    "--port",
    default=8050,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where the page is, on this machine.",
)
@click.pass_obj
def serve(settings: Settings, city: str | None, port: int) -> None:
    """Serve a city that is loaded already.

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

    with acting(target, Role.OWNER) as engine, progress.shown() as report:
        init_city(engine, folder_of(DEMO), None, report, size=size)


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
