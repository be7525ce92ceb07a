"""The board in a browser, with the questions that the tests ask of its map."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.dashboard.map.board import Board, create_board, middle, unit_id
from tests.fixtures_browser import Serve

MAP = "window.__citygrid_maps?.map"
WAIT_S = 20.0


@dataclass
class Screen:
    """One page with one map."""

    page: Page
    board: Board

    def js(self, code: str, argument: Any = None) -> Any:
        """Evaluate ``code`` with the map as ``map`` and the argument as ``given``."""
        return self.page.evaluate(f"given => {{ const map = {MAP}; return ({code}); }}", argument)

    def until(self, met: Callable[[], Any], what: str = "it") -> Any:
        """Wait for what happens between browser and server."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            found = met()
            if found:
                return found
            self.page.wait_for_timeout(20)
        return pytest.fail(f"Waited in vain for {what}. Told: {self.board.events}")

    def idle(self) -> None:
        """Wait until everything is loaded and drawn."""
        self.js("new Promise(done => { map.once('idle', done); map.triggerRepaint(); })")

    def set(self, **props: Any) -> None:
        """Give the component new props, as a callback of the page would."""
        self.page.evaluate("props => dash_clientside.set_props('map', props)", props)

    def repaint(self, **props: Any) -> dict[str, Any]:
        """Give new props and wait until the choropleth is coloured again."""
        before = len(self.board.told("painted"))
        self.set(**props)
        self.until(lambda: len(self.board.told("painted")) > before, "colours")
        self.idle()
        return self.board.told("painted")[-1]

    def state(self, column: int, row: int) -> dict[str, Any]:
        target = {"source": "units", "sourceLayer": "units", "id": unit_id(column, row)}
        return without_null(self.js("map.getFeatureState(given)", target))

    def drawn(self, column: int, row: int) -> dict[str, Any]:
        """State that the tile on the screen has for a unit."""
        found = self.js(
            "map.queryRenderedFeatures(map.project(given), {layers: ['units-fill']})[0].state",
            list(middle(column, row)),
        )
        return without_null(found)

    def pixel(self, column: int, row: int) -> tuple[float, float]:
        """Place of a unit on the page, a little off its middle, where its case lies."""
        x, y = self.js("Object.values(map.project(given))", list(middle(column, row)))
        return x - 18, y - 14

    def colour(self, column: int, row: int) -> tuple[int, ...]:
        """Colour on the screen in that place."""
        x, y = self.pixel(column, row)
        found = self.page.evaluate(
            """([x, y]) => new Promise(done => {
                const map = window.__citygrid_maps.map;
                map.once('render', () => {
                    const gl = map.painter.context.gl, pixel = new Uint8Array(4);
                    const scale = gl.drawingBufferWidth / map.getCanvas().clientWidth;
                    gl.readPixels(x * scale, gl.drawingBufferHeight - y * scale, 1, 1, gl.RGBA,
                        gl.UNSIGNED_BYTE, pixel);
                    done(Array.from(pixel));
                });
                map.triggerRepaint();
            })""",
            [x, y],
        )
        return tuple(found[:3])

    def card(self) -> list[str]:
        """Lines of the hover card, none when it is hidden."""
        element = self.page.locator(".citygrid-card")
        if not element.is_visible():
            return []
        return element.inner_text().replace("\u00a0", " ").split("\n")


def without_null(state: dict[str, Any]) -> dict[str, Any]:
    # MapLibre can only take a key out of a state by making it null.
    return {key: value for key, value in state.items() if value is not None}


OpenBoard = Callable[..., Screen]


@pytest.fixture
def open_board(page: Page, serve: Serve) -> OpenBoard:
    """Open a board with props of the test's own, ready and coloured."""

    def go(
        *, ready: bool = True, prepare: Callable[[Page], None] | None = None, **props: Any
    ) -> Screen:
        board = create_board(**props)
        page.set_viewport_size({"width": 520, "height": 420})
        if prepare:
            prepare(page)
        page.goto(serve(board.server))
        screen = Screen(page, board)
        if ready:
            screen.until(lambda: screen.js("map?.isStyleLoaded()"), "the map")
            if props.get("choropleth", True):
                screen.until(lambda: board.told("painted"), "the first colours")
            screen.idle()
        return screen

    return go


@pytest.fixture
def screen(open_board: OpenBoard) -> Screen:
    return open_board()
