"""Processes of our own: which database they are to use, and that none outlives the one above it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping

from gis.database import Server, read_url

# Never in the arguments, which everybody on the machine can list: the URL of a foreign server holds
# a password.
URL_VARIABLE = "CITYGRID_SERVED_URL"
PRIVATE_VARIABLE = "CITYGRID_SERVED_PRIVATE"
# Told, and not asked for at the start: it may be gone by then.
PARENT_VARIABLE = "CITYGRID_SERVED_BY"
WATCH_INTERVAL_S = 0.3


def handed(target: Server) -> dict[str, str]:
    """Return the environment that tells a process of ours its database, and whose it is."""
    return {
        PARENT_VARIABLE: str(os.getpid()),
        URL_VARIABLE: target.url.render_as_string(hide_password=False),
        PRIVATE_VARIABLE: str(int(target.is_private)),
    }


def taken(environ: Mapping[str, str]) -> Server:
    """Return the database that this process was told to use."""
    return Server(read_url(environ[URL_VARIABLE]), environ[PRIVATE_VARIABLE] == "1")


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone.

    One that is killed with -9 cannot stop what it started, which would keep its port, or go on
    with work that is done again elsewhere.
    """
    parent = int(os.environ[PARENT_VARIABLE])
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_INTERVAL_S)
    os._exit(1)
