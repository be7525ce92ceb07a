"""Open pages that hear of incidents and fetch what they show: how soon a report is on all of them.

What a page asks for when it hears is not written down here, where it would grow old: one page in
Chromium hears of one report, and what it asks then is what all the others ask.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import orjson
from playwright.sync_api import Page, Request, sync_playwright

from benchmarks import product
from benchmarks.contest import ContestError
from benchmarks.followers import AGENT, LEAST_BETWEEN_NUMBERS_S, Crowd, Question, Shown
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from benchmarks.web_client import HOST
from gis import locate, places
from gis.access import accounts, holdings, rules, sessions
from gis.access.answers import Actor, Visit
from gis.access.holdings import Term
from gis.access.posts import Post
from gis.database import Role, Server
from layers.handling.drafts import Draft

Report = Callable[[Draft], tuple[int, str, float]]

CALLBACK = "/_dash-update-component"
# What draws the list, in which every report must come.
LIST = "cases-found.children"
# What a page asks for after it heard, it asks for within this time.
SETTLED_S = 3.0
IS_LISTED = "(key) => document.querySelector('#cases-found').innerHTML.includes(key)"
# Pages that are open, how many of them show the place that is reported from, and those in Chromium;
# one report after the other.
PAGES, THERE, BROWSERS, EVERY_S = 100, (20, 100), 3, 2.0
# What is promised; what has not come by then is missed.
AIM_S, LAST_S = 2.0, 60.0
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist", "--disable-background-networking",
)  # fmt: skip


@dataclass(frozen=True)
class Visited:
    """Where pages are served, and the list that they show."""

    port: int
    unit: int

    @property
    def address(self) -> str:
        """The page of those who take reports in a unit."""
        return f"http://{HOST}:{self.port}/?mode=incidents&cases=mine&unit={self.unit}&language=zh"


def visitors(target: Server, port: int, unit: int, count: int) -> list[str]:
    """Return the cookies of so many people who take reports in a unit, each signed in."""
    engine, now = target.engine(Role.PORTER), dt.datetime.now(dt.UTC)
    measurer = Actor(None, "machine:benchmarks", None)
    found = []
    with engine.begin() as db:
        for n in range(count):
            account = accounts.make(db, f"intake-{n}-{now:%s}", "受理员", by=measurer, now=now)
            holdings.grant(
                db, account, Post.INTAKE, Term(now - dt.timedelta(days=1)), unit_id=unit,
                body_id=None, by=measurer, rules=rules.DEFAULT,
            )  # fmt: skip
            visit = Visit(now, HOST, AGENT)
            found.append(sessions.open_session(db, account, visit, is_full=True))
    engine.dispose()
    return [f"citygrid-{port}={token}" for token in found]


@contextmanager
def chromium(visited: Visited, cookies: Sequence[str]) -> Iterator[list[Page]]:
    """Open the page in a real browser for each visitor, drawn and listening."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        pages = []
        for cookie in cookies:
            name, _, value = cookie.partition("=")
            context = browser.new_context(
                user_agent=AGENT, viewport={"width": 1366, "height": 768}, reduced_motion="reduce"
            )
            context.add_cookies(
                [{"name": name, "value": value, "url": f"http://{HOST}:{visited.port}"}]
            )
            page = context.new_page()
            page.goto(visited.address)
            page.wait_for_selector("html[data-live=true]")
            page.wait_for_function("() => document.querySelector('#cases-found')?.children.length")
            page.wait_for_function("() => window.__citygrid_maps?.map?.loaded()")
            pages.append(page)
        yield pages
        browser.close()


def shown_by(page: Page, unit: int, report: Callable[[], str]) -> Shown:
    """Return what a page asks for when it hears of a report.

    Parameters
    ----------
    report
        Reports an incident and returns its key.
    """

    def hear_of_one() -> None:
        page.wait_for_function(IS_LISTED, arg=report())

    def hear_of_another() -> None:
        # As `assets/live.js` says it while numbers are not asked for again.
        page.evaluate("() => window.citygrid.tell('news', ['cases'])")

    page.wait_for_timeout(1_000 * SETTLED_S)
    together, incidents = _asked(page, hear_of_one), _asked(page, hear_of_another)
    numbers = [each for what, each in together.items() if what not in incidents]
    return Shown(unit, list(incidents.values()), numbers)


def _asked(page: Page, after: Callable[[], None]) -> dict[str, Question]:
    """Return what a page asks for after something, by what that is, in the order it does."""
    asked: list[Request] = []

    def hear(request: Request) -> None:
        asked.append(request)

    page.on("request", hear)
    after()
    page.wait_for_timeout(1_000 * SETTLED_S)
    page.remove_listener("request", hear)
    found: dict[str, Question] = {}
    for one in asked:
        parts, body = urlsplit(one.url), one.post_data_buffer or b""
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        what = str(orjson.loads(body)["output"]) if parts.path == CALLBACK else parts.path
        if what in found:
            # It heard of something else meanwhile.
            break
        found[what] = Question(one.method, path, body, LIST in what)
    if sum(one.is_list for one in found.values()) != 1:
        raise ContestError(f"The page asked for something else: {list(found)}")
    return found


def by_unit(target: Server, drafts: Sequence[Draft]) -> dict[int, list[Draft]]:
    """Return some reports by the unit above the grid that they lie in, the most first.

    Its list is short enough to hold every line.
    """
    engine = target.engine(Role.OWNER)
    found: dict[int, list[Draft]] = {}
    with engine.connect() as db:
        city = places.city(db)
        if city is None:
            raise ContestError("The city to look at is empty.")
        zoning = places.zoning_ids(db)[city.main.key]
        for draft in drafts:
            leaf = locate.unit_at(db, zoning, draft.lon, draft.lat)
            if leaf is not None:
                found.setdefault(places.path(db, leaf)[-2].id, []).append(draft)
    engine.dispose()
    return dict(sorted(found.items(), key=lambda one: -len(one[1])))


def measure(
    target: Server, city: Path, drafts: Sequence[Draft], size: Size, report: Report
) -> Iterator[Row]:
    """Open pages of people who take reports, report, and look when each has fetched the line.

    Parameters
    ----------
    city
        The state folder that the page is served from.
    report
        Reports an incident: returns its number, its key, and when that began to be committed.
    """
    units = by_unit(target, drafts[:6_000])
    unit, here = next(iter(units.items()))
    elsewhere = cycle([one for one in units if one != unit])
    port = product.free_port()
    visited, cookies = Visited(port, unit), visitors(target, port, unit, PAGES)
    name = str(target.url.database).removeprefix("citygrid_")
    command = product.command("serve", "--city", name, "--port", str(port))
    left = iter(here)
    count = max(2, round(size.seconds))
    with product.serving(command, product.environment(city), port, "/health"):
        with chromium(visited, cookies[:1]) as (page,):
            shown = shown_by(page, unit, lambda: report(next(left))[1])
        for there in THERE:
            pages = {
                cookie: shown if n < there else replace(shown, unit=next(elsewhere))
                for n, cookie in enumerate(cookies)
            }
            waited = _fetched(Crowd(port, pages), unit, report, islice(left, count))
            amount = f"{size.city}, {there} of {PAGES} pages there, {count} reports"
            note = (
                f"each asks for {len(shown.incidents)} things, every "
                f"{LEAST_BETWEEN_NUMBERS_S:.0f} s for {len(shown.numbers)}, as Chromium did"
            )
            for what, share in (("median", 50), ("95th percentile", 95)):
                yield Row(
                    f"from a report to its line fetched by each page there, {what}", amount,
                    Reading(float(np.percentile(waited, share)), Unit.SECONDS),
                    limit=Reading(AIM_S, Unit.SECONDS), note=note,
                )  # fmt: skip
        with chromium(visited, cookies[:BROWSERS]) as opened:
            drawn = [on_screen(opened, *report(draft)[1:]) for draft in islice(left, count)]
    yield Row(
        "from a report to its line on the screen, in Chromium",
        f"{size.city}, {BROWSERS} pages, {len(drawn)} reports",
        Reading(float(max(drawn)), Unit.SECONDS), limit=Reading(AIM_S, Unit.SECONDS),
        note="the slowest page of the slowest report, maps drawn without a graphics card",
    )  # fmt: skip


def _fetched(crowd: Crowd, unit: int, report: Report, drafts: Iterator[Draft]) -> np.ndarray:
    """Report, and return how long each page of a unit waited for each line.

    Raises
    ------
    ContestError
        Some never came.
    """
    committed: dict[str, float] = {}
    with crowd:
        for draft in drafts:
            _, key, at = report(draft)
            committed[key] = at
            time.sleep(EVERY_S)
        end = time.monotonic() + LAST_S
        while not crowd.have_all(committed, unit) and time.monotonic() < end:
            time.sleep(0.05)
    waited = np.array(
        [[page.get(key, np.nan) - at for key, at in committed.items()] for page in crowd.at(unit)]
    )
    if np.isnan(waited).any():
        raise ContestError(f"{int(np.isnan(waited).sum())} of {waited.size} lines never came.")
    return waited


def on_screen(pages: Sequence[Page], key: str, at: float) -> float:
    """Return how long it took until the line of a report stood on all of some pages."""
    for page in pages:
        page.wait_for_function(IS_LISTED, arg=key, polling=20)
    return time.monotonic() - at
