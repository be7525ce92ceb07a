"""Live pages: how soon everybody who looks hears of an incident that was reported."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import orjson
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import handling, intake, open_pages, prepared, product
from benchmarks.contest import ContestError
from benchmarks.open_pages import Report
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from benchmarks.web_client import HOST, Load, Site
from gis.database import Role, Server
from layers.handling.drafts import Draft
from layers.handling.faces import Faces
from layers.handling.reports import report_all

PAGES, REPORTS_A_SECOND = 100, 10
# What is promised: two seconds from the commit to every page.
AIM_S = 2.0
# What has not come by then is missed.
LAST_S = 10.0
OPENING_S = 30.0


@dataclass
class Heard:
    """When each page heard of each incident, by its number, on the clock of `time.monotonic`."""

    pages: list[dict[int, float]] = field(default_factory=list)
    # Of how many each page is to hear.
    count: float = np.inf

    @property
    def is_all(self) -> bool:
        """Whether every page heard of all."""
        return all(len(page) >= self.count for page in self.pages)

    def delays(self, committed: Mapping[int, float]) -> np.ndarray:
        """Return how long each page waited for each incident; NaN where it never heard."""
        return np.array(
            [[page.get(one, np.nan) - at for one, at in committed.items()] for page in self.pages]
        )


def measure(size: Size) -> Iterator[Row]:
    """Open pages at a real server, report for some seconds, and look who heard when."""
    with prepared.demo(size.city) as demo, handling.copied(demo.server) as target:
        engine = target.engine(Role.OWNER)
        with engine.connect() as db:
            drafts = handling.given(db)[2]
        engine.dispose()
        port, tokens = product.free_port(), intake.tokens(target, PAGES)
        name = str(target.url.database).removeprefix("citygrid_")
        command = product.command("serve", "--city", name, "--port", str(port))
        with product.serving(command, product.environment(demo.state), port, "/health"):
            committed, heard = _listened(target, port, tokens, drafts, size.seconds)
            busy = _while_they_listen(port, tokens, drafts, size)
        with _reporter(target) as report:
            fetched = list(open_pages.measure(target, demo.state, drafts[::-1], size, report))
    delays = heard.delays(committed)
    missed = int(np.isnan(delays).sum())
    if missed:
        raise ContestError(f"{missed} of {delays.size} news were never heard.")
    amount = f"{size.city}, {PAGES} pages, {len(committed)} reports, {REPORTS_A_SECOND}/s"
    for what, share in (("median", 50), ("99th percentile", 99)):
        yield Row(
            f"from a report to the news of it at each page, {what}", amount,
            Reading(float(np.percentile(delays, share)), Unit.SECONDS),
            limit=Reading(AIM_S, Unit.SECONDS),
            note=f"{delays.size} of {delays.size} heard, commit included",
        )  # fmt: skip
    yield handling.rate(
        "incidents reported over HTTP, one by one, while pages listen",
        f"{size.city}, {intake.CONNECTIONS} connections, {PAGES} pages", busy.per_second,
        f"every page heard of all {busy.requests:,}",
    )  # fmt: skip
    yield from fetched


def _listened(
    target: Server, port: int, tokens: Sequence[str], drafts: Sequence[Draft], seconds: float
) -> tuple[dict[int, float], Heard]:
    """Return when incidents began to be committed, and when each page heard of them."""
    count = max(1, round(seconds * REPORTS_A_SECOND))
    with _listening(port, tokens) as heard:
        committed = _report(target, drafts[:count])
        heard.count = count
    return committed, heard


def _while_they_listen(
    port: int, tokens: Sequence[str], drafts: Sequence[Draft], size: Size
) -> Load:
    """Send as many reports as are taken while every page hears of each.

    Raises
    ------
    ContestError
        A page did not hear of all within some seconds, or a report was refused.
    """
    site = Site(port, tokens[0])
    intake.warm(site, drafts, size)
    with _listening(port, tokens) as heard:
        load = intake.sent(site, drafts, size.seconds, size)
        heard.count = load.requests
    if not heard.is_all:
        least = min(map(len, heard.pages))
        raise ContestError(f"Of {load.requests} reports a page heard of {least} only.")
    return load


@contextlib.contextmanager
def _listening(port: int, tokens: Sequence[str]) -> Iterator[Heard]:
    """Keep pages open that note what they hear of, at the end for as long as it may take them."""
    heard, is_open, is_over = Heard(), threading.Event(), threading.Event()
    listening = threading.Thread(
        target=lambda: asyncio.run(_listen(port, tokens, heard, is_open, is_over))
    )
    listening.start()
    try:
        if not is_open.wait(OPENING_S):
            raise ContestError(f"{PAGES} pages did not open within {OPENING_S:.0f} s.")
        yield heard
    finally:
        is_over.set()
        listening.join()


def _report(target: Server, drafts: Sequence[Draft]) -> dict[int, float]:
    """Report one after the other, at an even pace."""
    committed = {}
    begun = time.monotonic()
    with _reporter(target) as report:
        for number, draft in enumerate(drafts):
            time.sleep(max(0.0, begun + number / REPORTS_A_SECOND - time.monotonic()))
            made, _, at = report(draft)
            committed[made] = at
    return committed


@contextlib.contextmanager
def _reporter(target: Server) -> Iterator[Report]:
    """Give what reports an incident, as the engine."""
    owner, engine = target.engine(Role.OWNER), target.engine(Role.ENGINE)
    with owner.connect() as db:
        city, viewer, _ = handling.given(db)
    owner.dispose()
    faces = Faces()

    def report(draft: Draft) -> tuple[int, str, float]:
        now = dt.datetime.now(dt.UTC)
        with engine.connect() as db:
            (made,) = report_all(db, viewer, city, [draft], now=now, faces=faces)
            if made.id is None:
                raise ContestError(f"A report was refused: {made.fault}")
            # Before, because who listens may hear before we are told that it is written.
            at = time.monotonic()
            db.commit()
        return made.id, made.key, at

    yield report
    engine.dispose()


async def _listen(
    port: int,
    tokens: Sequence[str],
    heard: Heard,
    is_open: threading.Event,
    is_over: threading.Event,
) -> None:
    # Each its own visitor, as browsers are.
    sockets = [
        await connect(
            f"ws://{HOST}:{port}/live", additional_headers={"Authorization": f"Bearer {token}"}
        )
        for token in tokens
    ]
    heard.pages = [{} for _ in sockets]
    following = [
        asyncio.ensure_future(_follow(socket, page))
        for socket, page in zip(sockets, heard.pages, strict=True)
    ]
    is_open.set()
    last = None
    while not heard.is_all:
        await asyncio.sleep(0.1)
        if is_over.is_set():
            last = last or time.monotonic()
            if time.monotonic() - last > LAST_S:
                break
    for each in following:
        each.cancel()
    for socket in sockets:
        await socket.close()


async def _follow(socket: ClientConnection, page: dict[int, float]) -> None:
    async for message in socket:
        at = time.monotonic()
        for number in orjson.loads(message).get("incidents", ()):
            page.setdefault(number, at)
