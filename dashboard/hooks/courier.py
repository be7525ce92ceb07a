"""Brings each telling to its address: signed, again after growing waits, given up after a day."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2
import orjson
from sqlalchemy import Engine, select, update

from dashboard.hooks import addresses
from dashboard.hooks.addresses import AddressError, Network
from gis import hooks
from gis.access.keys import KeyFileError, Keys
from gis.hooks import webhook, webhook_delivery

TIMEOUT_S = 10.0
FIRST_WAIT_S, LONGEST_WAIT_S = 10.0, 3600.0
# Each wait is so many times the one before.
GROWTH = 4.0
GIVEN_UP_AFTER = dt.timedelta(days=1)
LONGEST_FAILURE = 300
_D, _H = webhook_delivery.c, webhook.c


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a telling: who knows the secret can make it, and nobody else."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def wait_s(attempts: int) -> float:
    """Return how long to wait after so many attempts."""
    return min(FIRST_WAIT_S * GROWTH ** (attempts - 1), LONGEST_WAIT_S)


class Courier:
    """Delivers.

    Parameters
    ----------
    engine
        As the worker.
    keys
        What the secrets are encrypted with; without them nothing is signed, and tellings wait.
    networks
        Whose addresses may be told although they are inside.
    """

    def __init__(
        self,
        engine: Engine,
        keys: Keys | None,
        networks: Sequence[Network] = (),
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._engine, self._keys, self._now = engine, keys, now
        self._networks = tuple(networks)

    def deliver(self, number: int) -> float | None:
        """Try a telling once; return after how many seconds to try again, None for never.

        The same telling may come twice, if the answer was lost: its number says so.
        """
        row = self._read(number)
        if row is None:
            return None
        if row.ended_at is not None or self._now() - row.created_at > GIVEN_UP_AFTER:
            self._note(number, state="given_up")
            return None
        status, failure = self._post(row)
        is_taken = status is not None and 200 <= status < 300
        self._note(
            number, state="delivered" if is_taken else "waiting", attempts=_D.attempts + 1,
            status=status, failure=failure[:LONGEST_FAILURE], tried_at=self._now(),
        )  # fmt: skip
        return None if is_taken else wait_s(row.attempts + 1)

    def _read(self, number: int) -> Any:  # noqa: ANN401 - a row
        query = (
            select(
                _D.id, _D.act, _D.payload, _D.attempts, _D.created_at, _H.url, _H.secret,
                _H.ended_at,
            )
            .join(webhook, _H.id == _D.webhook_id)
            .where(_D.id == number, _D.state == "waiting")
        )  # fmt: skip
        with self._engine.begin() as db:
            return db.execute(query).first()

    def _note(self, number: int, **values: object) -> None:
        with self._engine.begin() as db:
            db.execute(update(webhook_delivery).where(_D.id == number).values(**values))

    def _post(self, row: Any) -> tuple[int | None, str]:  # noqa: ANN401 - a row
        """Send a telling; return the answer's status, or why there is none."""
        if self._keys is None:
            return None, "The keys are not at hand."
        body = orjson.dumps({"delivery": row.id, "act": row.act, **row.payload})
        timestamp = str(int(self._now().timestamp()))
        try:
            secret = hooks.secret(row.secret, row.url, self._keys)
            headers = {
                "Content-Type": "application/json",
                "User-Agent": "CityGrid-Webhook/1",
                "X-CityGrid-Delivery": str(row.id),
                "X-CityGrid-Event": row.act,
                "X-CityGrid-Timestamp": timestamp,
                "X-CityGrid-Signature": signature(secret, timestamp, body),
            }
            return post(row.url, body, headers, self._networks), ""
        except (AddressError, KeyFileError) as error:
            return None, str(error)
        except (httpx2.HTTPError, OSError, UnicodeError) as error:
            return None, f"{type(error).__name__}: {error}"


def post(url: str, body: bytes, headers: Mapping[str, str], networks: Sequence[Network]) -> int:
    """Post to an address and return the status; nothing else of the answer is read.

    The address that was looked at is the one that is asked: its name is not looked up again.
    """
    target = addresses.target_of(url)
    ip = addresses.reached(target, networks)
    literal = f"[{ip}]" if ":" in ip else ip
    name = f"[{target.host}]" if ":" in target.host else target.host
    asked = f"{target.scheme}://{literal}:{target.port}{target.path}"
    with (
        httpx2.Client(
            timeout=TIMEOUT_S, follow_redirects=False, trust_env=False,
            verify=ssl.create_default_context(),
        ) as client,
        client.stream(
            "POST", asked, content=body,
            headers={**headers, "Host": f"{name}:{target.port}"},
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):  # fmt: skip
        return int(answer.status_code)
