"""Serving vector tiles of the same tables: ours, and tipg."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence

from benchmarks import contest, prepared, product, tile_set, web_client
from benchmarks.contest import ContestError
from benchmarks.peers import tipg
from benchmarks.prepared import Demo
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from benchmarks.web_client import Load, Site
from gis.access import accounts, rules, tokens
from gis.access.answers import Actor
from gis.database import Role, Server

AIM_UNCACHED, AIM_CACHED = 2.5, 50
CONNECTIONS = 8
# Each server is started anew for a round; the better one counts.
ROUNDS = 2
COMPARED = 40
# Nobody asks for these again: they open connections and make plans.
WARMING = 24
# From here on the client, not the server, may be what was measured.
MOST_BUSY = 0.8


def measure(size: Size) -> Iterator[Row]:
    """Ask both servers for the same tiles: each once, and ours over and over."""
    if not tipg.PYTHON.exists():
        raise ContestError("tipg is not installed; `make bench` installs it.")
    with prepared.demo(size.city) as demo:
        engine = demo.server.engine(Role.APP)
        with engine.connect() as db:
            asked = tile_set.pairs(db, size.tiles + WARMING)
        engine.dispose()
        warming, pairs = asked[-WARMING:], asked[:-WARMING]
        uncached, cached, theirs = [], [], []
        for _ in range(ROUNDS if size.apart else 1):
            with _ours(demo) as site:
                _once(site, [pair.ours for pair in warming], size)
                uncached.append(_once(site, [pair.ours for pair in pairs], size))
                cached.append(_over_and_over(site, [pair.ours for pair in pairs], size))
                bodies = [web_client.get(site, pair.ours) for pair in pairs[:COMPARED]]
            with _peer(demo) as site:
                _once(site, [pair.theirs for pair in warming], size)
                theirs.append(_once(site, [pair.theirs for pair in pairs], size))
                others = [web_client.get(site, pair.theirs) for pair in pairs[:COMPARED]]
    for pair, body, other in zip(pairs, bodies, others, strict=False):
        tile_set.compare(body, other, pair)
    amount = f"{len(pairs):,} tiles of {len(tile_set.TABLES)} tables, zooms 14–16"
    peer = _best(theirs)
    for name, load, aim in (
        ("tiles, not remembered", _best(uncached), AIM_UNCACHED),
        ("tiles, remembered", _best(cached), AIM_CACHED),
    ):
        yield Row(
            name,
            amount,
            Reading(load.per_second, Unit.PER_SECOND),
            Reading(peer.per_second, Unit.PER_SECOND),
            "tipg",
            aim=aim,
            note=f"same things in them, {_kb(load)} each (tipg's {_kb(peer)})" + _doubt(load),
        )


@contextlib.contextmanager
def _ours(demo: Demo) -> Iterator[Site]:
    site = Site(product.free_port(), _token(demo.server))
    command = product.command("serve", "--city", "demo", "--port", str(site.port))
    with product.serving(command, product.environment(demo.state), site.port, "/health"):
        yield site


def _token(target: Server) -> str:
    """Return what lets a program in that may do nothing but look."""
    engine, now = target.engine(Role.PORTER), dt.datetime.now(dt.UTC)
    measurer = Actor(None, "machine:benchmarks", None)
    with engine.begin() as db:
        account = accounts.make(db, f"measurer-{now:%s}", "Measurer", by=measurer, now=now)
        made = tokens.make(
            db, account, "tiles", frozenset(), now + dt.timedelta(hours=1),
            by=measurer, now=now, rules=rules.DEFAULT,
        )  # fmt: skip
    engine.dispose()
    return made.token


@contextlib.contextmanager
def _peer(demo: Demo) -> Iterator[Site]:
    port = product.free_port()
    url = demo.server.url
    environ = tipg.environment(
        demo.state / "postgres", int(str(url.query["port"])), str(url.database), tile_set.TABLES
    )
    with product.serving(tipg.command(port), environ, port, tipg.READY):
        yield Site(port)


def _once(site: Site, paths: Sequence[str], size: Size) -> Load:
    return _load(
        contest.run(
            web_client.ask_each, site, paths, CONNECTIONS, PEER_CAP_S, apart=size.apart
        ).value
    )


def _over_and_over(site: Site, paths: Sequence[str], size: Size) -> Load:
    return _load(
        contest.run(
            web_client.ask_again_and_again, site, paths, CONNECTIONS, size.seconds,
            apart=size.apart,
        ).value
    )  # fmt: skip


def _load(value: object) -> Load:
    if not isinstance(value, Load):
        raise ContestError(f"The client did not say how many answers came: {value!r}.")
    return value


def _best(loads: Sequence[Load]) -> Load:
    return max(loads, key=lambda load: load.per_second)


def _doubt(load: Load) -> str:
    if load.busy_share < MOST_BUSY:
        return ""
    return f"; the asking process was busy {load.busy_share:.0%}, so ours may do more"


def _kb(load: Load) -> str:
    return f"{load.body_bytes / load.requests / 1000:.1f} kB"
