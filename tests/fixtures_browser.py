"""A real Chromium and a real server for the tests that look at pages.

``serve(app)`` gives an address, ``page`` a page that must stay clean: a console error or warning,
an uncaught exception or a request to another address fails the test at its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pytest
from fastapi import FastAPI
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from sqlalchemy import Engine

WHOLE_CITIES = {"taipei", "demo"}
FLAGS = (
    "--no-sandbox",
    # WebGL 2 without a graphics card.
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
# What the software renderer says of itself.
NOISE = re.compile(r"GPU stall due to ReadPixels|GL Driver Message|software WebGL")


class Serve(Protocol):
    """Serves an application; its engines' connections are closed when nobody answers any more."""

    def __call__(self, app: FastAPI, *engines: Engine) -> str: ...


# Before xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "browser" in fixtures:
            item.add_marker(pytest.mark.browser)
            # Two browsers that draw in software at once wait for each other. A test on a whole
            # city goes where that is loaded.
            if not WHOLE_CITIES & fixtures:
                item.add_marker(pytest.mark.xdist_group("browser"))


def chromium_path() -> str:
    """Find Chromium; without it skip on a developer's machine, fail where all must be there."""
    found = os.environ.get("CITYGRID_TEST_CHROMIUM") or shutil.which("chromium")
    if not found:
        what = "Chromium is not installed: install the package chromium."
        (pytest.fail if "CI" in os.environ else pytest.skip)(what)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page said and asked for. A fault that matches ``expected`` is meant."""

    expected: str | None = None
    said: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    # What closes the page before its server goes, which it would miss.
    ends: list[Callable[[], None]] = field(default_factory=list)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not NOISE.search(message.text):
            self.said.append(f"{message.type}: {message.text}")

    def on_request(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.outside.append(request.url)

    def faults(self) -> list[str]:
        meant = re.compile(self.expected) if self.expected else None
        return [each for each in self.said if not (meant and meant.search(each))] + self.outside


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def page(browser: Browser, watch: Watch) -> Iterator[Page]:
    # Without motion a page comes to rest sooner, and software draws each frame slowly.
    context = browser.new_context(
        viewport={"width": 1000, "height": 700}, locale="en", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    # A busy machine is slow, not wrong; what is wrong stays wrong.
    expect.set_options(timeout=30_000)
    page.on("console", watch.on_console)
    page.on("pageerror", lambda error: watch.said.append(f"exception: {error}"))
    page.on("request", watch.on_request)
    watch.ends.append(context.close)
    yield page
    context.close()
    assert watch.faults() == []


@pytest.fixture
def serve(watch: Watch) -> Iterator[Serve]:
    """Serve an application on a free port of this machine until the test ends."""
    with contextlib.ExitStack() as running:
        yield _starting(running)
        for end in watch.ends:
            end()


@pytest.fixture(scope="module")
def serve_module() -> Iterator[Serve]:
    """Serve as ``serve`` does, until the module's last test has ended."""
    with contextlib.ExitStack() as running:
        yield _starting(running)


def _starting(running: contextlib.ExitStack) -> Serve:
    def start(app: FastAPI, *engines: Engine) -> str:
        for engine in engines:
            running.callback(engine.dispose)
        return running.enter_context(_serving(app))

    return start


@contextlib.contextmanager
def _serving(app: FastAPI) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    loop = asyncio.new_event_loop()
    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_level=LogLevels.warning,
    )

    def run() -> None:
        loop.run_until_complete(server.serve())
        # A request that came in while it stopped is still on its way to the loop.
        loop.run_until_complete(asyncio.sleep(0.1))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.05)
    else:
        pytest.fail(f"The test server did not come up on port {port}.")
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(server.stop)
    thread.join(10)
