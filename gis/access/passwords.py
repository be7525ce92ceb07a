"""Passwords: how they are kept, what makes a good one, and temporary ones."""

from __future__ import annotations

import secrets
import string
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gis.access.answers import Fault, Why
from gis.access.rules import Rules
from gis.access.typed import storable

# OWASP's first choice of 2025 for argon2id: 46 MiB, one pass, one lane.
_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1, hash_len=32, salt_len=16)
# Of a password nobody knows, hashed alike: an unknown login costs the same time.
_NOBODYS = (
    "$argon2id$v=19$m=47104,t=1,p=1$3zf1Lr0ZnCYv0c2a0XhQ1Q"
    "$8yE2m0b5k4Jv2xZ1o9t3c7Uq6h1w0PfLs5rNnDgYkXA"
)
MOST_LENGTH = 128
# What the estimator reads. More letters only make it harder, and 72 of them, all signs that stand
# for letters, keep it busy for 14 s; 24 for 0.6 s.
_READ_LENGTH = 24
# What the estimator calls hard to guess: more than 10^8 guesses.
_LEAST_SCORE = 3
# Favourites here that lists made elsewhere lack.
_LOCAL_WORDS = (
    "citygrid", "wangge", "wanggezhang", "shequ", "jiedao", "chengshi", "shenzhen", "zhongguo",
    "woaini", "aini", "wode", "mima", "guanliyuan", "5201314", "1314520", "520520", "1314",
    "网格", "社区", "街道", "城市", "密码", "管理员", "我爱你",
)  # fmt: skip
# Without those that look like another.
_LETTERS = "".join(sorted(set(string.ascii_letters) - set("lIoO")))
_DIGITS = "23456789"
# Bytes: "li" is in too many words, 张伟 in none.
_LEAST_NAME = 3


def hashed(password: str) -> str:
    """Return what is kept of a password: argon2id with its own salt and costs."""
    return _HASHER.hash(_plain(password))


def is_right(kept: str | None, password: str) -> bool:
    """Whether a password is the one kept; takes the same work where none is kept."""
    try:
        right = _HASHER.verify(kept or _NOBODYS, _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a password should be hashed anew, because the costs have risen since."""
    return _HASHER.check_needs_rehash(kept)


def check(password: str, rules: Rules, login: str, names: Iterable[str]) -> tuple[Fault, ...]:
    """Return all that is wrong with a new password; nothing if it will do.

    Parameters
    ----------
    login, names
        Of its owner: not to be part of it.
    """
    plain = _plain(password)
    faults = []
    if len(plain) < rules.password_length:
        faults.append(Fault(Why.SHORT, {"length": rules.password_length}))
    if len(plain) > MOST_LENGTH:
        return (*faults, Fault(Why.LONG, {"length": MOST_LENGTH}))
    if _kinds(plain) < rules.password_kinds:
        faults.append(Fault(Why.KINDS, {"kinds": rules.password_kinds}))
    own = [word.casefold() for word in (login, *names) if len(word.encode()) >= _LEAST_NAME]
    if any(word in plain.casefold() for word in own):
        faults.append(Fault(Why.NAMED))
    if plain and rules.refuse_breached and _is_guessable(plain, own):
        faults.append(Fault(Why.BREACHED))
    return tuple(faults)


def temporary() -> str:
    """Return a password to hand over once: 16 letters and digits in fours, 90 bits."""
    while True:
        letters = [secrets.choice(_LETTERS + _DIGITS) for _ in range(16)]
        word = "".join(letters)
        if _kinds(word) == 3:  # a small letter, a capital and a digit
            return "-".join(word[i : i + 4] for i in range(0, 16, 4))


def _plain(password: str) -> str:
    # Full-width letters of a Chinese keyboard are the letters they look like.
    return unicodedata.normalize("NFKC", storable(password))


def _kinds(plain: str) -> int:
    small = any(c.islower() for c in plain)
    capital = any(c.isupper() for c in plain)
    digit = any(c.isdigit() for c in plain)
    other = any(not (c.islower() or c.isupper() or c.isdigit()) for c in plain)
    return small + capital + digit + other


def _is_guessable(plain: str, own: list[str]) -> bool:
    """Whether it leaked, or is words, names, dates and walks on the keyboard one soon guesses.

    The estimator carries its lists with it (30,000 leaked passwords, words, names): no question
    leaves the machine. zxcvbn, Wheeler, USENIX Security 2016.
    """
    # 90,000 words: not before somebody chooses a password.
    from zxcvbn import zxcvbn

    read = plain[:_READ_LENGTH]
    return int(zxcvbn(read, user_inputs=[*own, *_LOCAL_WORDS])["score"]) < _LEAST_SCORE
