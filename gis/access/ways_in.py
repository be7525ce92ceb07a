"""Ways into somebody's account that an administrator makes: a new password, no second factor, ...

Whoever makes one could come in by it himself. Where the rules keep administrators apart an
administrator's account therefore loses those posts with it, and a security administrator gives
them back once he knows who holds the account.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, delete, func, insert, select

from gis.access import holdings, passwords, sessions
from gis.access.accounts import AccountError, change, locked, note, set_password
from gis.access.answers import Actor
from gis.access.audit import Act
from gis.access.posts import APART, POSTS, Post
from gis.access.rules import Rules
from gis.access.tables import account, identity, post_holding, recovery_code
from gis.errors import ForbiddenError


def reset(
    db: Connection, account_id: int, *, by: Actor, now: dt.datetime, rules: Rules
) -> str:  # fmt: skip
    """Give an account a temporary password and return it: it is shown once and kept nowhere.

    Everything that is signed in with the old one ends; the first thing asked for is a new one.

    Raises
    ------
    AccountError
        It is one's own, or an account of the demo.
    ForbiddenError
        Administrators are kept apart, and nobody could give the account its posts back.
    """
    _refuse_own(by, account_id)
    row = locked(db, account_id)
    if row.is_demo:
        raise AccountError(
            f"{row.login!r} is an account of the demo: it has no password.",
            key="error.demo_password",
            login=row.login,
        )
    _take_posts(db, account_id, by, now, rules)
    password = passwords.temporary()
    set_password(db, account_id, password, now=now, must_change=True, kept=0)
    change(db, account_id, failures=0, locked_until=None)
    sessions.end_all(db, account_id, now=now)
    note(db, Act.PASSWORD_RESET, account_id, row.login, by)
    return password


def remove_code(
    db: Connection, account_id: int, *, by: Actor, now: dt.datetime, rules: Rules
) -> None:  # fmt: skip
    """Take the second factor off an account whose telephone is lost; its sessions end."""
    _refuse_own(by, account_id)
    row = locked(db, account_id)
    _take_posts(db, account_id, by, now, rules)
    change(db, account_id, code_secret=None, code_since=None, code_step=None)
    db.execute(delete(recovery_code).where(recovery_code.c.account_id == account_id))
    sessions.end_all(db, account_id, now=now)
    note(db, Act.CODE_REMOVED, account_id, row.login, by)


def link(  # noqa: PLR0913 - what is linked, by whom, by which rules
    db: Connection,
    account_id: int,
    who: tuple[str, str],
    *,
    by: Actor,
    now: dt.datetime,
    rules: Rules,
) -> None:
    """Let an OpenID provider's issuer and subject sign in to an account."""
    row = locked(db, account_id)
    issuer, subject = who
    taken = db.scalar(
        select(identity.c.account_id).where(
            identity.c.issuer == issuer, identity.c.subject == subject
        )
    )
    if taken == account_id:
        return
    if taken is not None:
        raise AccountError(
            f"{subject!r} of {issuer} signs in to another account already.",
            key="error.linked",
            subject=subject,
            issuer=issuer,
        )
    _take_posts(db, account_id, by, now, rules)
    db.execute(insert(identity).values(issuer=issuer, subject=subject, account_id=account_id))
    note(db, Act.ACCOUNT_CHANGED, account_id, row.login, by, issuer=issuer, subject_there=subject)


def posts_at_stake(
    db: Connection, account_id: int, *, now: dt.datetime, rules: Rules
) -> tuple[Post, ...]:  # fmt: skip
    """Return the posts that another way into an account costs it."""
    if not rules.administrators_apart:
        return ()
    return tuple(dict.fromkeys(given.post for given in _administration(db, account_id, now)))


def require_another(db: Connection, account_id: int, *, now: dt.datetime) -> None:
    """Refuse what would leave nobody to give posts: the only security administrator stays.

    Raises
    ------
    ForbiddenError
        He is the only one who holds the post now, and may come in.
    """
    h = post_holding.c
    able = db.execute(
        select(h.account_id, account.c.login)
        .join(account, account.c.id == h.account_id)
        .where(
            h.post == Post.SECURITY_ADMIN.value,
            # What somebody else ended while we waited for him ended after `now`.
            h.valid.contains(func.greatest(now, func.clock_timestamp())),
            account.c.disabled_at.is_(None),
        )
        .order_by(h.id)
        # Two who remove each other at once: the second sees that the first has.
        .with_for_update()
    ).all()  # fmt: skip
    logins = {row.account_id: row.login for row in able}
    if set(logins) == {account_id}:
        raise ForbiddenError(
            f"{logins[account_id]!r} is the only security administrator: nobody could give the "
            "post back. Have a second one made first, or use `citygrid account` on the machine.",
            key="error.only_security",
            login=logins[account_id],
            post=POSTS[Post.SECURITY_ADMIN].names,
        )


def _administration(db: Connection, account_id: int, now: dt.datetime) -> list[holdings.Given]:
    return [
        given
        for given in holdings.listed(db, account_id=account_id)
        if given.post in APART and (given.until is None or given.until > now)
    ]


def _take_posts(
    db: Connection, account_id: int, by: Actor, now: dt.datetime, rules: Rules
) -> None:  # fmt: skip
    # Who is on the machine itself can do everything anyway, and has no account to gain by it.
    if by.account_id is None or not rules.administrators_apart:
        return
    held = _administration(db, account_id, now)
    if any(given.post is Post.SECURITY_ADMIN for given in held):
        require_another(db, account_id, now=now)
    for given in held:
        holdings.end(db, given.id, by=by, now=now)


def _refuse_own(by: Actor, account_id: int) -> None:
    # Else who finds an administrator's screen open has his account for good.
    if by.account_id == account_id:
        raise AccountError(
            "Change your own password with the old one; only another administrator resets it or "
            "takes your second factor off.",
            key="error.reset_own",
        )
