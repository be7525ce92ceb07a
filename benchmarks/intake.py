"""Reports that come over HTTP one by one, as hotlines and devices send them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from benchmarks import contest, handling, prepared, product, web_client
from benchmarks.contest import ContestError
from benchmarks.readings import Row
from benchmarks.sizes import Size
from benchmarks.web_client import Load, Site
from gis import places
from gis.access import accounts, holdings, rules
from gis.access import tokens as access
from gis.access.answers import Actor
from gis.access.holdings import Term
from gis.access.posts import Post, Right
from gis.database import Role, Server
from layers.handling.drafts import Draft
from layers.handling.faces import WORTH_AN_INDEX
from layers.verify import check_counts

CONNECTIONS = 50


def measure(size: Size) -> Iterator[Row]:
    """Send reports to a server for some seconds, then recount the city."""
    with prepared.demo(size.city) as demo, handling.copied(demo.server) as target:
        engine = target.engine(Role.OWNER)
        with engine.connect() as db:
            drafts = handling.given(db)[2]
        load = posted(demo.state, target, drafts, size)
        with engine.connect() as db:
            wrong = sum(one.wrong for one in check_counts(db, lambda *_: None))
        engine.dispose()
        if wrong:
            raise ContestError(f"{wrong} stored numbers are wrong after reports.")
        yield handling.rate(
            "incidents reported over HTTP, one by one",
            f"{size.city}, {CONNECTIONS} connections", load.per_second,
            "with signing in, placing, duty, duplicates, counts; who wait share a transaction",
        )  # fmt: skip


def posted(state: Path, target: Server, drafts: Sequence[Draft], size: Size) -> Load:
    """Return how many reports a server of the product takes in some seconds.

    Raises
    ------
    ContestError
        It refused one, or did not start.
    """
    site = Site(product.free_port(), tokens(target, 1)[0])
    name = str(target.url.database).removeprefix("citygrid_")
    command = product.command("serve", "--city", name, "--port", str(site.port))
    with product.serving(command, product.environment(state), site.port, "/health"):
        warm(site, drafts, size)
        return sent(site, drafts, size.seconds, size)


def warm(site: Site, drafts: Sequence[Draft], size: Size) -> None:
    """Send reports until what is made at first use is made.

    That is connections, plans, and the index of where places lie, which is made of a city once it
    was asked so often.
    """
    count = 0
    while count <= WORTH_AN_INDEX:
        count += sent(site, drafts, size.seconds / 4, size).requests


def sent(site: Site, drafts: Sequence[Draft], seconds: float, size: Size) -> Load:
    """Send reports one by one over many connections for so many seconds.

    Raises
    ------
    ContestError
        One was refused.
    """
    bodies = [_body(one) for one in drafts[:2_000]]
    load: Load | None = contest.run(
        web_client.post_again_and_again, site, "/incidents", bodies, CONNECTIONS, seconds,
        apart=size.apart,
    ).value  # fmt: skip
    if load is None:
        raise ContestError("Reports over HTTP were not measured.")
    return load


def _body(draft: Draft) -> bytes:
    told = {"scheme": draft.scheme, "small": draft.small, "lon": draft.lon, "lat": draft.lat}
    return orjson.dumps({**told, "title": draft.title})


def tokens(target: Server, count: int) -> list[str]:
    """Return what lets programs of a hotline in that reports for the whole city."""
    engine, now = target.engine(Role.PORTER), dt.datetime.now(dt.UTC)
    measurer = Actor(None, "machine:benchmarks", None)
    with engine.begin() as db:
        root = places.root(db)
        if root is None:
            raise ContestError("The city to report in is empty.")
        account = accounts.make(db, f"hotline-{now:%s}", "Hotline", by=measurer, now=now)
        holdings.grant(
            db, account, Post.INTAKE, Term(now - dt.timedelta(days=1)), unit_id=root.id,
            body_id=None, by=measurer, rules=rules.DEFAULT,
        )  # fmt: skip
        made = [
            access.make(
                db, account, f"intake {n}", frozenset({Right.REPORT}), now + dt.timedelta(hours=1),
                by=measurer, now=now, rules=rules.DEFAULT,
            )
            for n in range(count)
        ]  # fmt: skip
    engine.dispose()
    return [each.token for each in made]
