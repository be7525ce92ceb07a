"""Drawing on boundaries: opening, the numbers while a border moves, and a change taking effect."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, text

from benchmarks import contest, prepared
from benchmarks.contest import Clock
from benchmarks.peers import rewrite
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from dashboard.app import create_app
from dashboard.door import Door
from gis.access import accounts, holdings, rules, sessions
from gis.access.answers import Actor, Visit
from gis.access.holdings import Term
from gis.access.keys import Keys
from gis.access.posts import Post
from gis.access.viewer import act_as, viewer_of
from gis.database import Role, Server
from gis.division.delta import Delta
from gis.division.reshape import redraw
from gis.division.stored import open_division
from gis.orders import orders
from layers import taking_effect

POSITIONS = 40
TIMES = 12
LOGIN = "benchmark-editor"
ADDRESS = "http://127.0.0.1"
TRY_S, OPEN_S, OPEN_ALL_S, COMMIT_S = 0.1, 1.0, 5.0, 0.1


def measure(size: Size) -> Iterator[Row]:
    """Draw on a part of the demo city as its head, and let a change take effect."""
    with prepared.demo(size.city) as demo:
        outcome = contest.run(draw, demo.server, apart=size.apart)
        effect = contest.run(take_effect, demo.server, apart=size.apart)
    told: Mapping[str, Any] = outcome.value
    place = f"demo {size.city}"
    laps = outcome.laps
    yield Row(
        "Open a draft", f"{place}, {told['some']} faces", Reading(laps["open some"], Unit.SECONDS),
        limit=Reading(OPEN_S, Unit.SECONDS), note="first request, nothing in memory",
    )  # fmt: skip
    yield Row(
        "Open a draft", f"{place}, {told['all']} faces", Reading(laps["open all"], Unit.SECONDS),
        limit=Reading(OPEN_ALL_S, Unit.SECONDS), note=f"{told['bytes'] / 1e6:.1f} MB of JSON",
    )  # fmt: skip
    for name in ("some", "all"):
        yield Row(
            "Numbers while a border moves", f"{place}, {told[name]} faces",
            Reading(told[f"try {name}"], Unit.SECONDS), limit=Reading(TRY_S, Unit.SECONDS),
            note=f"median of {POSITIONS} positions, request to answer; "
            f"slowest {told[f'slowest {name}'] * 1e3:.0f} ms",
        )  # fmt: skip
        yield Row(
            "Save a moved border", f"{place}, {told[name]} faces",
            Reading(told[f"do {name}"], Unit.SECONDS),
            note="with arcs, numbers and remarks; median",
        )  # fmt: skip
    yield Row(
        "A moved border takes effect", place, Reading(effect.laps["ours"], Unit.SECONDS),
        Reading(effect.laps["peer"], Unit.SECONDS), "rows of both units placed and counted anew",
        limit=Reading(COMMIT_S, Unit.SECONDS),
        note=f"median {effect.value * 1e3:.0f} ms; the peer keeps no history, series or tiles",
    )  # fmt: skip


@dataclass(frozen=True)
class Border:
    """A straight piece of a border between two faces, and how far it may be bent."""

    start: tuple[int, int]
    end: tuple[int, int]

    def line(self, share: float) -> list[tuple[int, int]]:
        """Return the piece bent by a share of its length."""
        (ax, ay), (bx, by) = self.start, self.end
        middle = (ax + bx) / 2 - share * (by - ay), (ay + by) / 2 + share * (bx - ax)
        return [self.start, (round(middle[0]), round(middle[1])), self.end]


class Pen:
    """Somebody who draws, by HTTP, on one draft."""

    def __init__(self, client: TestClient, order: int) -> None:
        self._client = client
        self._path = f"/boundaries/{order}"
        self.revision = 0

    def open(self) -> bytes:
        answer = self._client.get(f"{self._path}/ground")
        assert answer.status_code == 200, answer.text
        self.revision = answer.json()["revision"]
        return answer.content

    def ask(self, what: str, line: list[tuple[int, int]]) -> dict[str, Any]:
        places = [[x / 1e7, y / 1e7] for x, y in line]
        operation = {"do": "reshape", "line": places}
        sent = {"revision": self.revision, "operation": operation, "n": 1}
        answer = self._client.post(f"{self._path}/{what}", json=sent)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        self.revision = found.get("revision", self.revision)
        return found


def draw(clock: Clock, target: Server) -> Mapping[str, Any]:
    """Open two drafts, a small and a large one, and draw on both."""
    owner, app = target.engine(Role.OWNER), target.engine(Role.APP, pool_size=2)
    porter = target.engine(Role.PORTER, pool_size=2)
    door = Door(porter, Keys({1: bytes(32)}))
    account = _hire(owner)
    told: dict[str, Any] = {}
    with TestClient(create_app(app, door).server, base_url=ADDRESS) as client:
        _enter(client, porter, account)
        with owner.connect() as db:
            parts = {"some": _some(db), "all": [_top(db)]}
        for name, within in parts.items():
            with owner.connect() as db:
                border, told[name] = _border(db, within)
            order = _begin(app, porter, account, within)
            pen = Pen(client, order)
            with clock.lap(f"open {name}"):
                told["bytes"] = len(pen.open())
            told |= {f"{key} {name}": value for key, value in _drawn(pen, border).items()}
    for engine in (owner, app, porter):
        engine.dispose()
    return told


def _drawn(pen: Pen, border: Border) -> dict[str, float]:
    # The first reads what lies in the two faces, as the first touch of a mouse does.
    first = _seconds(partial(pen.ask, "try", border.line(0.01)))
    lines = [border.line(0.3 * k / POSITIONS) for k in range(1, POSITIONS)]
    tries = [_seconds(partial(pen.ask, "try", line)) for line in lines]
    saved = [border.line(0.02 * (k + 1)) for k in range(TIMES)]
    dos = [_seconds(partial(pen.ask, "do", line)) for line in saved]
    return {
        "try": statistics.median(tries),
        "slowest": max(first, *tries),
        "do": statistics.median(dos),
    }


def take_effect(clock: Clock, target: Server) -> float:
    """Let a moved border take effect, by turns as we do and as rewriting does; return a median."""
    owner = target.engine(Role.OWNER, pool_size=1)
    with owner.connect() as db:
        within = _some(db)
        border, _ = _border(db, within)
        division = open_division(db, within)
    delta = division.do(*redraw(border.line(0.2)))
    times = []
    for _ in range(TIMES):
        for name, work in (("ours", _ours), ("peer", rewrite.both)):
            with owner.connect() as db, db.begin() as transaction:
                with clock.lap(name):
                    work(db, delta)
                if name == "ours":
                    times.append(clock.last_s)
                transaction.rollback()
    owner.dispose()
    return statistics.median(times)


def _ours(db: Connection, delta: Delta) -> None:
    taking_effect.take_effect(db, delta, at=dt.datetime.now(dt.UTC))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _top(db: Connection) -> int:
    query = "SELECT unit_id FROM unit_version WHERE zoning_id = 1 AND parent_id IS NULL"
    return int(db.scalar(text(f"{query} AND upper_inf(valid)")) or 0)


def _some(db: Connection) -> list[int]:
    """Return units of the level above the faces that lie together and have a hundred of them."""
    rows = db.execute(
        text(
            "WITH above AS (SELECT v.unit_id, v.geom, count(*) AS faces FROM unit_version v "
            "JOIN unit_version f ON f.parent_id = v.unit_id AND f.is_face AND upper_inf(f.valid) "
            "WHERE v.zoning_id = 1 AND upper_inf(v.valid) GROUP BY v.id), "
            "middle AS (SELECT ST_Centroid(geom) AS at FROM unit_version "
            "WHERE zoning_id = 1 AND parent_id IS NULL AND upper_inf(valid)) "
            "SELECT unit_id, faces FROM above, middle ORDER BY geom <-> middle.at"
        )
    )
    found, faces = [], 0
    for unit, count in rows:
        found.append(unit)
        faces += count
        if faces >= 100:
            break
    return found


def _border(db: Connection, within: list[int]) -> tuple[Border, int]:
    """Return the longest edge between two faces where most people live, and how many faces."""
    division = open_division(db, within)
    faces = [n for n, unit in division.units.items() if unit.rings is not None]
    query = (
        "SELECT unit_id, n FROM unit_count c JOIN measure m ON m.id = c.measure_id "
        "WHERE m.name = 'people' AND unit_id = ANY(:faces)"
    )
    people: dict[int, int] = dict(db.execute(text(query), {"faces": faces}).all())
    for face in sorted(faces, key=lambda n: -people.get(n, 0)):
        edges = [
            (a, b)
            for ring in division.face(face)
            for a, b in zip(ring, (*ring[1:], ring[0]), strict=True)
            if not division.is_rim((a, b))
        ]
        edges.sort(key=lambda e: -((e[0][0] - e[1][0]) ** 2 + (e[0][1] - e[1][1]) ** 2))
        for start, end in edges:
            border = Border(start, end)
            try:
                for share in (0.3, 0.2, 0.02):
                    with division.tried(*redraw(border.line(share))):
                        pass
            except Exception:  # another edge will do
                continue
            return border, len(faces)
    raise contest.ContestError("No border can be bent.")


def _hire(owner: Engine) -> int:
    machine = Actor(None, "machine:benchmark")
    now = dt.datetime.now(dt.UTC)
    with owner.begin() as db:
        known = db.scalar(text("SELECT id FROM account WHERE login = :l"), {"l": LOGIN})
        if known is not None:
            return int(known)
        number = accounts.make(db, LOGIN, "Editor", by=machine, now=now)
        term = Term(now - dt.timedelta(days=1))
        holdings.grant(
            db, number, Post.COMMUNITY_HEAD, term, unit_id=_top(db), by=machine,
            rules=rules.DEFAULT,
        )  # fmt: skip
    return number


def _enter(client: TestClient, porter: Engine, account: int) -> None:
    with porter.begin() as db:
        visit = Visit(dt.datetime.now(dt.UTC), "127.0.0.1", "testclient")
        token = sessions.open_session(db, account, visit, is_full=True)
    client.headers["origin"] = ADDRESS
    client.cookies.set("citygrid-8050", token)


def _begin(app: Engine, porter: Engine, account: int, within: list[int]) -> int:
    with porter.connect() as db:
        viewer = viewer_of(db, account, dt.datetime.now(dt.UTC))
    with app.begin() as db:
        act_as(db, viewer)
        return orders.create(db, viewer, title="benchmark", within=within).id
