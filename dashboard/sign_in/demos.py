"""The accounts of the demo: one for each post, offered where nobody else can reach the page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from dashboard.door import Door, now
from dashboard.text import named, speaker
from gis import places
from gis.access import accounts, holdings, sign_in
from gis.access.answers import Refused, Visit
from gis.access.posts import POSTS, Post
from gis.access.sessions import SignedIn
from gis.errors import NotFoundError


@dataclass(frozen=True)
class Demo:
    """An account to try, as its button shows it."""

    login: str
    post: str
    place: str
    sees: str


def are_offered(db: Connection, door: Door) -> bool:
    """Whether anybody may enter without a password: a made-up city, on this machine only."""
    city = places.city(db)
    return door.serving.is_loopback and city is not None and city.is_synthetic


def offered(db: Connection, door: Door, language: str) -> list[Demo]:
    """Return the accounts to choose from, in the order of the posts."""
    if not are_offered(db, door):
        return []
    say = speaker(language)
    demo = {each.login for each in accounts.listed(db) if each.is_demo and not each.disabled_at}
    order = list(Post)
    held = [each for each in holdings.listed(db, at=now()) if each.login in demo]
    found = []
    for each in sorted(held, key=lambda given: order.index(given.post)):
        duty = POSTS[each.post]
        rights = [say(f"right.{right}") for right in sorted(duty.rights)]
        found.append(
            Demo(
                each.login,
                named(duty.names, language),
                named(each.place, language) if each.place else say("sign_in.demo_all"),
                say("sign_in.demo_sees", rights=say("error.between").join(rights)),
            )
        )
    return found


def enter(db: Connection, door: Door, login: str, visit: Visit) -> SignedIn | Refused | None:
    """Sign in as an account of the demo; None where these are not offered or there is no such."""
    if not are_offered(db, door):
        return None
    try:
        wanted = accounts.by_login(db, login)
    except NotFoundError:
        return None
    return sign_in.as_demo(db, wanted.id, visit, door.rules)
