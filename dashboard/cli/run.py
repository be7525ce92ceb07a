"""Commands that serve the page."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import functools
import importlib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import click

from dashboard.cli import progress
from dashboard.cli.accounts import make_first
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
from dashboard.serving import LOOPBACK, Serving
from gis import places
from gis.database import Role, Server
from gis.errors import CityGridError, NotFoundError, SettingsError

PAGE = "dashboard.app"
# A worker that lost its supervisor lets go of the port within this time.
PORT_PATIENCE_S = 2.0


OPTIONS = (
    click.option(
        "--host",
        default=LOOPBACK,
        show_default=True,
        help="Which address of this machine to listen on; others than its own need TLS.",
    ),
    click.option(
        "--port",
        default=8050,
        show_default=True,
        type=click.IntRange(1, 65535),
        help="Which port to listen on.",
    ),
    click.option(
        "--certificate", type=click.Path(path_type=Path), help="PEM file: the chain for TLS."
    ),
    click.option("--key", type=click.Path(path_type=Path), help="PEM file: its private key."),
    click.option(
        "--behind-proxy",
        multiple=True,
        metavar="NETWORK",
        help="A proxy that speaks TLS for us, by address or network; may be given again.",
    ),
    click.option("--root-path", default="", help="The path the page lies below, such as /grid."),
)


class PortTakenError(CityGridError):
    """Another program listens on the port."""


def reached(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how the page is reached; the command is given a `Serving`."""

    @functools.wraps(command)
    def run(  # noqa: PLR0913 - one for each option
        *args: object,
        host: str,
        port: int,
        certificate: Path | None,
        key: Path | None,
        behind_proxy: tuple[str, ...],
        root_path: str,
        **others: object,
    ) -> None:
        serving = Serving(host, port, certificate, key, behind_proxy, root_path.rstrip("/"))
        command(*args, serving=serving.checked(), **others)

    for option in reversed(OPTIONS):
        run = option(run)
    return run


@click.command()
@click.option("--city", help="Which city; the last one loaded, or the demo.")
@click.option(
    "--size",
    default="district",
    show_default=True,
    type=click.Choice(SIZES),
    help="How much of the demo city, where it is not loaded yet.",
)
@reached
@click.pass_obj
def up(settings: Settings, city: str | None, size: str, serving: Serving) -> None:
    """Do everything: start the database, load the city the first time, serve the page.

    \b
    Example:
        citygrid up --port 8051
    """
    check_port(serving)
    city_id = city or settings.chosen_city()
    with _meanwhile(settings.server()) as found, contextlib.ExitStack() as stack:
        loaded = loaded_cities(found)
        if city_id not in loaded and (city or not loaded or found.is_private):
            if city_id != DEMO:
                folder_of(city_id)
                raise NotFoundError(
                    f"The city {city_id!r} is not loaded yet; "
                    f"load it with `citygrid init {city_id} --files DIR`.",
                    key="error.not_loaded_yet",
                    city=city_id,
                )
            target = stack.enter_context(database_of(found, city_id, settings.keys))
            load_demo(settings, target, size)
            settings.remember_city(city_id)
        else:
            target = found.for_city(city_id)
            migrated(target, settings.keys)
        serve_city(settings, target, serving)


@click.command()
@click.option("--city", help="Which city; the last one loaded, or the demo.")
@reached
@click.pass_obj
def serve(settings: Settings, city: str | None, serving: Serving) -> None:
    """Serve a city that is loaded already.

    Beyond this machine only with TLS: of its own, or of a proxy before it.

    \b
    Example:
        citygrid serve --city taipei --host 0.0.0.0 --certificate city.pem --key city.key
    """
    check_port(serving)
    with _meanwhile(settings.loaded_city(city)) as target:
        migrated(target, settings.keys)
        serve_city(settings, target, serving)


def load_demo(settings: Settings, target: Server, size: str) -> None:
    """Generate the demo city and load it."""
    from importers.city import init_city

    with acting(target, Role.OWNER) as engine, progress.shown(settings.say) as report:
        init_city(
            engine,
            folder_of(DEMO),
            None,
            report,
            size=size,
            # Its open incidents are due in the days to come, not in those gone by.
            as_of=dt.datetime.now(dt.UTC),
            keys=settings.keys(),
        )


def serve_city(settings: Settings, target: Server, serving: Serving) -> None:
    """Serve the page until Ctrl-C or SIGTERM, then come back."""
    make_first(settings, target)
    say_age(settings, target)
    serve_until_stopped(
        target, settings.state, serving, lambda url: click.echo(settings.say("run.at", url=url))
    )
    click.echo(settings.say("run.stopped"))


def say_age(settings: Settings, target: Server) -> None:
    """Say of an invented city that was left alone for long that its time stands still."""
    from layers.handling.moment import moment

    with acting(target, Role.APP) as engine, engine.connect() as db:
        city, found = places.city(db), moment(db, dt.datetime.now(dt.UTC))
    if city is not None and city.is_synthetic and not found.is_live:
        click.echo(settings.say("run.stands", time=found.at.astimezone(city.tz)))


@contextlib.contextmanager
def _meanwhile(starting: AbstractContextManager[Server]) -> Iterator[Server]:
    """Import the page while the database starts; the worker that answers is forked with it."""
    with contextlib.ExitStack() as stack:
        with ThreadPoolExecutor(1) as thread:
            started = thread.submit(stack.enter_context, starting)
            importlib.import_module(PAGE)
        yield started.result()


def check_port(serving: Serving) -> None:
    """Raise PortTakenError where somebody listens already."""
    host, port = serving.host, serving.port
    deadline = time.monotonic() + PORT_PATIENCE_S
    while True:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                    raise SettingsError(
                        f"--host: this machine has no address {host!r}; 0.0.0.0 stands for all.",
                        key="error.no_address",
                        host=host,
                    ) from error
                if time.monotonic() > deadline:
                    raise PortTakenError(
                        f"Port {port} on {host} is taken by another program; choose another "
                        f"with --port, for example `citygrid up --port {port % 65535 + 1}`.",
                        key="error.port_taken",
                        host=host,
                        port=port,
                        other=port % 65535 + 1,
                    ) from error
            else:
                return
        time.sleep(0.1)
