"""Serves the page: a supervising process and the worker that answers."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from gis.database import Role, Server, read_url

if TYPE_CHECKING:
    from fastapi import FastAPI

# How the worker, a process of its own, learns which database to read. Never in its arguments,
# which everybody on the machine can list: the URL of a foreign server holds a password.
URL_VARIABLE = "CITYGRID_SERVED_URL"
PRIVATE_VARIABLE = "CITYGRID_SERVED_PRIVATE"
THREADS = 12
WATCH_INTERVAL_S = 0.3


def serve_until_stopped(target: Server, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve a city's database until SIGINT or SIGTERM, then come back.

    ``ready`` is called with the address once connections are accepted.
    """
    os.environ[URL_VARIABLE] = target.url.render_as_string(hide_password=False)
    os.environ[PRIVATE_VARIABLE] = str(int(target.is_private))
    server = Granian(
        "dashboard.serve:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
        workers_kill_timeout=5,
    )
    announcing = threading.Thread(target=_announce, args=(host, port, ready), daemon=True)
    announcing.start()
    server.serve()


def application() -> FastAPI:
    """Build the page in a worker."""
    # Here, because the supervising process starts at once without them.
    from dashboard.app import create_app

    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    target = Server(read_url(os.environ[URL_VARIABLE]), os.environ[PRIVATE_VARIABLE] == "1")
    server: FastAPI = create_app(target.engine(Role.APP, pool_size=THREADS)).server
    return server


def _announce(host: str, port: int, ready: Callable[[str], None]) -> None:
    while not _answers(host, port):
        time.sleep(0.05)
    ready(f"http://{host}:{port}/")


def _answers(host: str, port: int) -> bool:
    # A whole request: the socket is open before the worker has anything to say.
    try:
        with socket.create_connection((host, port), timeout=30) as connection:
            connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(12).endswith(b"200")
    except OSError:
        return False


def _end_with_parent(parent: int) -> None:
    # A supervisor killed with -9 cannot stop its worker, which would keep the port.
    while os.getppid() == parent:
        time.sleep(WATCH_INTERVAL_S)
    os._exit(1)
