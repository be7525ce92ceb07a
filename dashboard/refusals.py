"""Says in the audit that somebody asked for what his posts do not let him do."""

from __future__ import annotations

from cachetools import TTLCache

from dashboard.text import in_all_languages
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access import audit
from gis.access.audit import Act
from gis.errors import ForbiddenError

# Who asks for the same again and again is written down once in this time: nobody fills the audit.
AGAIN_S = 60.0
MOST_REMEMBERED = 10_000


class Refusals:
    """Notes refusals for whoever looks."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._noted: TTLCache[tuple[int, str], bool] = TTLCache(MOST_REMEMBERED, AGAIN_S)

    def note(self, what: str, error: ForbiddenError) -> None:
        """Write down who was refused what and why; after the transaction that refused.

        Parameters
        ----------
        what
            What was asked for, such as ``"GET /audit"``.
        """
        viewer = VIEWER.get()
        # Who is not signed in is nobody the audit could name, and is sent to the sign-in page.
        if viewer.account_id is None:
            return
        key = (viewer.account_id, what)
        if key in self._noted:
            return
        self._noted[key] = True
        with self._workers.connect() as db:
            audit.record(
                db, Act.REFUSED, subject=what, details={"why": in_all_languages(error)},
                account_id=viewer.account_id, login=viewer.login, address=viewer.address,
            )  # fmt: skip
