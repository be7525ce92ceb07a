"""One-time codes, the second factor: what a telephone shows for thirty seconds (RFC 6238)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import Connection, delete, insert, select, update

from gis.access.accounts import AccountError, locked
from gis.access.keys import Keys
from gis.access.tables import account, recovery_code
from gis.access.typed import folded

STEP_S = 30
_DIGITS = 6
# RFC 4226 recommends 160 bits. SHA-1 is what every telephone's program knows; HMAC does not need
# what was broken of it.
_SECRET_BYTES = 20
# A clock may be half a minute wrong.
_STEPS = (0, -1, 1)
_RECOVERY_CODES = 10
# 80 bits: too many to try, even for who reads the hashes.
_RECOVERY_BYTES = 10
_ISSUER = "CityGrid"


@dataclass(frozen=True)
class Enrolment:
    """What a telephone needs to know; shown once."""

    # In base 32, to type by hand.
    secret: str = field(repr=False)
    # For a picture to scan: otpauth://totp/…
    uri: str = field(repr=False)


def start(db: Connection, account_id: int, keys: Keys) -> Enrolment:
    """Begin to set up a second factor: it counts once a code has shown that it works.

    Raises
    ------
    AccountError
        There is one already, or the account is everybody's.
    """
    row = locked(db, account_id)
    if row.is_demo:
        raise AccountError(
            f"{row.login!r} is an account of the demo: it has no second factor.",
            key="error.demo_code",
            login=row.login,
        )
    if row.code_since is not None:
        raise AccountError(
            f"{row.login!r} has a second factor already; an administrator can take it off.",
            key="error.has_code",
            login=row.login,
        )
    secret = secrets.token_bytes(_SECRET_BYTES)
    _set(db, account_id, code_secret=keys.encrypt(secret, _about(account_id)), code_step=None)
    return Enrolment(
        secret=base64.b32encode(secret).decode(),
        uri=_machine(secret).get_provisioning_uri(row.login, _ISSUER),
    )


def finish(
    db: Connection, account_id: int, code: str, keys: Keys, *, now: dt.datetime
) -> tuple[str, ...] | None:
    """Make the second factor count, if the code is right.

    Returns
    -------
    tuple of str or None
        Recovery codes, each good once, shown once; None if the code is wrong.
    """
    row = locked(db, account_id)
    if row.code_since is not None or row.code_secret is None:
        return None
    step = _step_of(keys.decrypt(bytes(row.code_secret), _about(account_id)), code, now)
    if step is None:
        return None
    _set(db, account_id, code_since=now, code_step=step)
    return new_recovery_codes(db, account_id)


def use(db: Connection, account_id: int, code: str, keys: Keys, *, now: dt.datetime) -> bool:
    """Whether a code is right, be it of the telephone or a recovery code; it is used up by that."""
    row = locked(db, account_id)
    if row.code_since is None or row.code_secret is None:
        return False
    step = _step_of(keys.decrypt(bytes(row.code_secret), _about(account_id)), code, now)
    if step is None:
        return _use_recovery(db, account_id, code)
    # Who looks over a shoulder has the same half minute.
    if row.code_step is not None and step <= row.code_step:
        return False
    _set(db, account_id, code_step=step)
    return True


def new_recovery_codes(db: Connection, account_id: int) -> tuple[str, ...]:
    """Return ten new recovery codes in place of those there were."""
    db.execute(delete(recovery_code).where(recovery_code.c.account_id == account_id))
    codes = []
    for _ in range(_RECOVERY_CODES):
        word = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
        codes.append("-".join(word[i : i + 4] for i in range(0, len(word), 4)))
    db.execute(
        insert(recovery_code),
        [{"account_id": account_id, "hash": _hash(code)} for code in codes],
    )
    return tuple(codes)


def recovery_codes_left(db: Connection, account_id: int) -> int:
    """Return how many recovery codes an account has left."""
    c = recovery_code.c
    return len(db.scalars(select(c.hash).where(c.account_id == account_id)).all())


def renew(db: Connection, keys: Keys) -> int:
    """Encrypt anew the secrets that an older key encrypted; return how many."""
    c = account.c
    done = 0
    kept = select(c.id, c.code_secret).where(c.code_secret.is_not(None)).with_for_update()
    for account_id, secret in db.execute(kept).all():
        if keys.is_outdated(bytes(secret)):
            plain = keys.decrypt(bytes(secret), _about(account_id))
            _set(db, account_id, code_secret=keys.encrypt(plain, _about(account_id)))
            done += 1
    return done


def _step_of(secret: bytes, code: str, now: dt.datetime) -> int | None:
    """Return the step of time a code belongs to; None if it is of none near ``now``."""
    digits = "".join(folded(code).split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    today = int(now.timestamp()) // STEP_S
    for step in (today + away for away in _STEPS):
        try:
            _machine(secret).verify(digits.encode(), step * STEP_S)
        except InvalidToken:
            continue
        return step
    return None


def _use_recovery(db: Connection, account_id: int, code: str) -> bool:
    return bool(
        db.execute(
            delete(recovery_code).where(
                recovery_code.c.account_id == account_id, recovery_code.c.hash == _hash(code)
            )
        ).rowcount
    )


def _hash(code: str) -> bytes:
    plain = "".join(letter for letter in folded(code) if letter.isalnum())
    return hashlib.sha256(plain.encode()).digest()


def _machine(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), STEP_S)  # noqa: S303 - see _SECRET_BYTES


def _about(account_id: int) -> str:
    return f"account.code_secret/{account_id}"


def _set(db: Connection, account_id: int, **values: object) -> None:
    db.execute(update(account).where(account.c.id == account_id).values(**values))
