"""What stands between a request and the city: accounts, rules, keys, and how we are reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from dashboard import providers as openid
from dashboard.hooks import addresses
from dashboard.providers import Provider
from dashboard.serving import Serving
from dashboard.workers import Workers
from gis import places
from gis.access import rules as security
from gis.access.heads import Head, Heads
from gis.access.keys import Keys, open_keys
from gis.access.rules import Rules

Result = TypeVar("Result")

ALONE = Serving()
# Whose audit it is while no city is loaded.
NO_CITY = "none"


class Door:
    """What the gate, the sign-in page and the administration need.

    Parameters
    ----------
    porter
        Connections as the role `porter`.
    state
        Where the heads of the audit are exported to; None keeps none.
    """

    def __init__(  # noqa: PLR0913 - what an installation is made of
        self,
        porter: Engine,
        keys: Keys,
        rules: Rules = security.DEFAULT,
        serving: Serving = ALONE,
        providers: Sequence[Provider] = (),
        state: Path | None = None,
    ) -> None:
        self.keys = keys
        self.rules = rules
        self.serving = serving
        self.providers = tuple(providers)
        # Whose addresses webhooks may tell although they are inside.
        self.webhook_networks = addresses.networks(state and state / security.SETTINGS_FILE)
        self._state = state
        self._porter = porter
        self._workers = Workers(porter)

    @classmethod
    def of(cls, state: Path, porter: Engine, serving: Serving) -> Door:
        """Read the settings and keys of an installation."""
        settings = state / security.SETTINGS_FILE
        rules = security.read(settings)
        known = openid.read(settings)
        return cls(porter, open_keys(state, rules.cipher), rules, serving, known, state)

    @property
    def form_key(self) -> bytes:
        """What tokens of forms are made with."""
        return self.keys.digest("forms")

    async def heads(self) -> tuple[Head, ...]:
        """Return the heads of the audit's chain that were exported; none where nothing is kept."""
        state = self._state
        if state is None:
            return ()
        city = await self.ask(places.city)
        return Heads.of(state, city.id if city else NO_CITY).read()

    async def ask(self, question: Callable[[Connection], Result]) -> Result:
        """Run ``question`` off the event loop in a transaction as the porter, and commit."""

        def asked() -> Result:
            with self._porter.begin() as db:
                return question(db)

        return await self._workers.run(asked)

    def rest(self) -> None:
        """Wait until nothing is asked of the database any more, so that it may be let go."""
        self._workers.rest()

    def close(self) -> None:
        """Let go of the connections, once nothing is asked any more."""
        self.rest()
        self._porter.dispose()


def now() -> dt.datetime:
    """Return this moment."""
    return dt.datetime.now(dt.UTC)
