"""People of the tests, and their way through the gate."""

from __future__ import annotations

import contextlib
import datetime as dt

from fastapi.testclient import TestClient
from sqlalchemy import delete, text

from dashboard.door import Door, now
from gis.access import accounts, holdings, rules, sessions
from gis.access.answers import Actor, Visit
from gis.access.holdings import Term
from gis.access.keys import Keys
from gis.access.posts import POSTS, Held, Post
from gis.access.tables import account, post_holding
from gis.database import Role, Server
from gis.planning import coverage_scenario

MACHINE = Actor(None, "machine:test")
HOME = "http://127.0.0.1"
AGENT = "testclient"
KEYS = Keys({1: bytes(32)})
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
# Who sees all there is on the map: persons, cases and numbers.
SEER = "seer"


def door_of(engine, **given):
    """Return the door of the database that ``engine`` reaches."""
    server = Server(engine.url, is_private=True)
    return Door(server.engine(Role.PORTER, pool_size=4), KEYS, **given)


def hire(db, login, *posts, unit_id=None, body_id=None, is_demo=False):
    """Make an account that holds posts, and return its number."""
    number = accounts.make(db, login, login.title(), by=MACHINE, now=now(), is_demo=is_demo)
    for post in posts:
        held_on = POSTS[post].held_on
        holdings.grant(
            db,
            number,
            post,
            Term(LONG_AGO),
            unit_id=unit_id if held_on is Held.UNITS else None,
            body_id=body_id if held_on is Held.BODY else None,
            by=MACHINE,
            rules=rules.DEFAULT,
        )
    return number


def hire_seer(db):
    """Make the account that sees everything on the map of a city."""
    top = db.scalar(
        text(
            "SELECT unit_id FROM citygrid.unit_version JOIN citygrid.zoning z ON z.id = zoning_id "
            "WHERE z.is_main AND parent_id IS NULL AND upper_inf(valid)"
        )
    )
    return hire(db, SEER, Post.COMMUNITY_HEAD, unit_id=top)


@contextlib.contextmanager
def planners_door(owner, *logins, unit_id=1):
    """A door for planners of a city that others use too: they leave it, with what they kept."""
    with owner.begin() as db:
        numbers = [hire(db, login, Post.PLANNER, unit_id=unit_id) for login in logins]
    door = door_of(owner)
    yield door
    door.close()
    with owner.begin() as db:
        db.execute(delete(coverage_scenario).where(coverage_scenario.c.account_id.in_(numbers)))
        db.execute(delete(post_holding).where(post_holding.c.account_id.in_(numbers)))
        db.execute(delete(account).where(account.c.id.in_(numbers)))


def token_for(door, login, *, agent=AGENT):
    """Open a session and return what its cookie carries."""
    with door._porter.begin() as db:
        number = accounts.by_login(db, login).id
        visit = Visit(now(), "127.0.0.1", agent)
        return sessions.open_session(db, number, visit, is_full=True)


def client_of(app, door=None, login=None):
    """Return a client that is signed in; without a login one that is not."""
    client = TestClient(app.server, base_url=HOME)
    # What every browser says of a form or a callback.
    client.headers["origin"] = HOME
    if login:
        client.cookies.set(cookie_name(door.serving), token_for(door, login))
    return client


def client_of_token(client, door, token):
    """Return another client of the same server with a cookie of one's choice."""
    other = TestClient(client.app, base_url=HOME)
    other.headers["origin"] = HOME
    other.follow_redirects = False
    other.cookies.set(cookie_name(door.serving), token)
    return other


def cookie_name(serving):
    return f"citygrid-{serving.port}"


def enter(page, address, door, login=SEER):
    """Give a browser's page a session at an address that is served."""
    agent = page.evaluate("navigator.userAgent")
    page.context.add_cookies(
        [
            {
                "name": cookie_name(door.serving),
                "value": token_for(door, login, agent=agent),
                "url": address,
                "httpOnly": True,
                "sameSite": "Strict",
            }
        ]
    )
