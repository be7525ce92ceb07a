"""Serves the page: a supervising process and the worker that answers."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from dashboard import processes, warming
from dashboard.serving import Serving
from gis.database import Role, Server

if TYPE_CHECKING:
    from fastapi import FastAPI

# How the worker, a process of its own, learns what it serves.
STATE_VARIABLE = "CITYGRID_SERVED_STATE"
SERVING_VARIABLE = "CITYGRID_SERVED_AS"
# Where this machine finds a server that listens at every address.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not listened on here
THREADS = 12
# Who asks is known for a second, so few questions reach the door.
DOOR_THREADS = 4
# Decisions are few, and one that takes effect keeps the others waiting anyway.
OFFICE_THREADS = 3


def serve_until_stopped(
    target: Server, state: Path, serving: Serving, ready: Callable[[str], None]
) -> None:
    """Serve a city's database until SIGINT or SIGTERM, then come back.

    ``ready`` is called with the address once connections are accepted.
    """
    os.environ.update(processes.handed(target))
    os.environ[STATE_VARIABLE] = str(state)
    os.environ[SERVING_VARIABLE] = serving.to_text()
    server = Granian(
        "dashboard.serve:application",
        address=serving.host,
        port=serving.port,
        ssl_cert=serving.certificate,
        ssl_key=serving.key,
        interface=Interfaces.ASGI,
        factory=True,
        log_level=LogLevels.warning,
        workers_kill_timeout=5,
    )
    announcing = threading.Thread(target=_announce, args=(serving, ready), daemon=True)
    announcing.start()
    server.serve()


def application() -> FastAPI:
    """Build the page in a worker."""
    # Here, because the commands that import this module, and serve nothing, do without them.
    from dashboard.app import create_app
    from dashboard.door import NO_CITY, Door
    from dashboard.jobs.working import KeepWorking
    from dashboard.orders.office import Office
    from dashboard.sealing import KeepSealed
    from gis import places
    from gis.access.heads import Heads
    from gis.access.sealing import Sealer

    processes.end_with_parent()
    target = processes.taken(os.environ)
    state = Path(os.environ[STATE_VARIABLE])
    porter = target.engine(Role.PORTER, pool_size=DOOR_THREADS)
    door = Door.of(state, porter, Serving.from_text(os.environ[SERVING_VARIABLE]))
    with porter.connect() as db:
        city = places.city(db)
    sealer = Sealer(
        target.engine(Role.SEALER, pool_size=1), Heads.of(state, city.id if city else NO_CITY)
    )
    engine = target.engine(Role.APP, pool_size=THREADS)
    office = Office(target.engine(Role.ENGINE, pool_size=OFFICE_THREADS))
    server: FastAPI = create_app(
        engine,
        door,
        KeepSealed(sealer),
        office,
        KeepWorking(target, networks=door.webhook_networks, keys=door.keys),
    ).server
    return server


def _announce(serving: Serving, ready: Callable[[str], None]) -> None:
    while not _answers(serving):
        time.sleep(0.05)
    ready(serving.address)
    warming.begin()


def _answers(serving: Serving) -> bool:
    # A whole request: the socket is open before the worker has anything to say.
    host = EVERYWHERE.get(serving.host, serving.host)
    try:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(
                socket.create_connection((host, serving.port), timeout=30)
            )
            if serving.has_tls:
                connection = stack.enter_context(_itself().wrap_socket(connection))
            connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(12).endswith(b"200")
    except OSError:
        return False


def _itself() -> ssl.SSLContext:
    # Nothing is told and nothing believed: only whether the worker of our own answers.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
