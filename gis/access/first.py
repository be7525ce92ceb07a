"""The first administrator of a city: made when nobody can sign in yet."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from gis.access import accounts, holdings, ways_in
from gis.access.answers import Actor
from gis.access.holdings import Term
from gis.access.posts import APART, POSTS, Post
from gis.access.rules import Rules
from gis.access.tables import account

FILE = "first-administrator"
# Two servers that start at once make him once.
_LOCK = 7_203_106
_HEAD = (
    "# CityGrid: city, login and temporary password of the first administrators.\n"
    "# Sign in, choose a password, then delete this file.\n"
)
# Kept apart they are three people.
_LOGINS = {
    Post.SYSTEM_ADMIN: "sysadmin",
    Post.SECURITY_ADMIN: "secadmin",
    Post.AUDITOR: "auditor",
}
_ALONE = "admin"


def first_administrator(
    db: Connection, state: Path, city_id: str, *, now: dt.datetime, rules: Rules
) -> Path | None:
    """Make the first administrator, if there is no account yet but those of the demo.

    Where the rules keep administrators apart there are three, with a post each.

    Returns
    -------
    Path or None
        The file with the passwords, which only its owner can read; None if nothing was to be made.
    """
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    there = db.scalar(select(func.count()).select_from(account).where(~account.c.is_demo))
    if there:
        return None
    by = Actor(None, "citygrid")
    logins = _LOGINS if rules.administrators_apart else dict.fromkeys(APART, _ALONE)
    numbers: dict[str, int] = {}
    lines = []
    for post, login in logins.items():
        if login not in numbers:
            zh, en = (POSTS[post].names[language] for language in ("zh", "en"))
            name = f"{zh} {en}" if rules.administrators_apart else "管理员 Administrator"
            numbers[login] = accounts.make(db, login, name, by=by, now=now)
            password = ways_in.reset(db, numbers[login], by=by, now=now, rules=rules)
            lines.append(f"{city_id}\t{login}\t{password}\n")
        holdings.grant(db, numbers[login], post, Term(now), by=by, rules=rules)
    return _write(state / FILE, city_id, lines)


def _write(path: Path, city_id: str, lines: list[str]) -> Path:
    """Write the passwords, beside those of other cities that nobody fetched yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    others = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    kept = [line for line in others if not line.startswith(("#", f"{city_id}\t"))]
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join((_HEAD, *kept, *lines)))
    # Whoever owned a file of that name before does not own this one.
    beside.replace(path)
    return path
