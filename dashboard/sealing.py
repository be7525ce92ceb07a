"""Keeps the audit sealed while the page is served."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import DBAPIError

from gis.access.sealing import Sealer
from gis.errors import CityGridError

log = logging.getLogger(__name__)
EVERY_S = 3.0
# After failures in a row it waits twice as long each time.
AT_MOST_EVERY_S = 60.0
STOP_WITHIN_S = 3.0


class KeepSealed:
    """A thread that seals every few seconds, whatever happens, until it is stopped."""

    def __init__(self, sealer: Sealer, every_s: float = EVERY_S) -> None:
        self._sealer = sealer
        self._every_s = every_s
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="citygrid-sealer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Seal what is left and end; a server that no longer answers is not waited for long."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN_S)
        self._sealer.engine.dispose()

    def _run(self) -> None:
        failures = 0
        while True:
            is_last = self._stopped.is_set()
            try:
                self._sealer.seal()
            except (DBAPIError, CityGridError, OSError) as error:
                failures += 1
                if not is_last:
                    log.warning("The audit could not be sealed and will be later: %s", _said(error))
            except Exception:
                # A bug of ours; even so the audit is not left unsealed for good.
                failures += 1
                log.exception("The audit could not be sealed and will be later.")
            else:
                failures = 0
            if is_last:
                return
            self._stopped.wait(min(self._every_s * 2 ** min(failures, 10), AT_MOST_EVERY_S))


def _said(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
