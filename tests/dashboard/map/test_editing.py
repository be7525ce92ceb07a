"""Boundaries edited by mouse, finger and key: what is asked of the engine, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.dashboard.map.board import create_board, style, unit_id
from tests.dashboard.map.conftest import Screen
from tests.dashboard.map.drafts import BASE, Draft, corner, steps, wired
from tests.fixtures_browser import Serve, Watch

Place = tuple[float, float]


@dataclass
class Bench:
    """A board with a change order on it. Places are counted in squares from its corner."""

    screen: Screen
    draft: Draft

    def pixel(self, at: Place) -> tuple[float, float]:
        x, y = self.screen.js("Object.values(map.project(given))", corner(*at))
        return x, y

    def tool(self, tool: str, **more: Any) -> None:
        self.screen.page.evaluate("what => citygrid.edit.set(what)", {"tool": tool, **more})
        wanted = "citygrid.edit.now?.tool === given"
        self.screen.until(lambda: self.screen.js(wanted, tool), "the tool")
        self.screen.page.wait_for_timeout(150)

    def click(self, *places: Place) -> None:
        for place in places:
            self.screen.page.mouse.move(*self.pixel(place))
            self.screen.page.wait_for_timeout(60)
            self.screen.page.mouse.click(*self.pixel(place))
            # Twice in one place within this would be a double click.
            self.screen.page.wait_for_timeout(60)

    def take(self, at: Place) -> None:
        """Take the border at a place in hand."""
        self.click(at)
        self.screen.until(lambda: self.handles(), "the handles")

    def drag(self, start: Place, end: Place, *, drop: bool = True) -> None:
        mouse = self.screen.page.mouse
        (ax, ay), (bx, by) = self.pixel(start), self.pixel(end)
        mouse.move(ax, ay)
        mouse.down()
        for part in range(1, 6):
            mouse.move(ax + (bx - ax) * part / 5, ay + (by - ay) * part / 5)
            self.screen.page.wait_for_timeout(30)
        if drop:
            mouse.up()

    def done(self, count: int = 1) -> dict[str, Any]:
        """Return the operation asked for last, once so many were carried out and drawn."""
        told = self.screen.board.told
        self.screen.until(lambda: len(self.draft.said("do")) >= count, "the operation")
        self.screen.until(lambda: told("refused") or self.settled(), "it")
        operation: dict[str, Any] = self.draft.said("do")[-1]["operation"]
        return operation

    def settled(self) -> bool:
        revision = "citygrid.edit.state.waiting === 0 && citygrid.edit.state.revision === given"
        return bool(self.screen.js(revision, self.draft.revision))

    def hand(self, kind: str) -> list[Any]:
        """Return what of a kind is drawn in hand."""
        found = self.screen.js(
            "map.getSource('edit-hand').getData().then(data => data.features"
            ".filter(each => each.properties.kind === given)"
            ".map(each => each.geometry.coordinates))",
            kind,
        )
        return list(found)

    def handles(self) -> list[Any]:
        return [*self.hand("point"), *self.hand("node")]

    def drawn(self) -> list[list[list[float]]]:
        """Return every border that the map has been given."""
        return list(
            self.screen.js(
                "map.getSource('edit-arcs').getData().then(data => data.features"
                ".map(each => each.geometry.coordinates))"
            )
        )

    def has(self, column: int, row: int, at: Place) -> bool:
        return steps(*at) in self.draft.ring(column, row)

    def spoken(self) -> str:
        return " ".join(self.screen.page.locator(".citygrid-spoken").all_text_contents())

    def said(self) -> str:
        element = self.screen.page.locator(".citygrid-edit-said")
        return element.inner_text() if element.is_visible() else ""


OpenBench = Callable[..., Bench]


@pytest.fixture(scope="module")
def shared(browser: Browser, serve_module: Serve) -> Iterator[Bench]:
    """Open one page for the module: software takes long to draw the first picture."""
    draft = Draft()
    board = create_board(
        wire=partial(wired, draft=draft),
        choropleth=None,
        initialView={"centre": corner(5, 5), "zoom": 13.5},
    )
    context = browser.new_context(
        viewport={"width": 520, "height": 420}, locale="en", reduced_motion="reduce", has_touch=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(serve_module(board.server))
    screen = Screen(page, board)
    screen.until(lambda: screen.js("map?.isStyleLoaded()"), "the map")
    yield Bench(screen, draft)
    context.close()


@pytest.fixture
def open_bench(shared: Bench, watch: Watch) -> Iterator[OpenBench]:
    """Begin a test on a board as new, with a tool in use."""
    page, screen = shared.screen.page, shared.screen
    listeners: dict[str, Any] = {
        "console": watch.on_console,
        "pageerror": lambda error: watch.said.append(f"exception: {error}"),
        "request": watch.on_request,
    }

    def go(tool: str = "move", **more: Any) -> Bench:
        page.evaluate("dash_clientside.set_props('edit-base', {data: null})")
        screen.until(lambda: not screen.js("map.getLayer('edit-arcs')"), "the bare map")
        shared.draft.begin()
        screen.board.events.clear()
        for name, listener in listeners.items():
            page.on(name, listener)  # type: ignore[call-overload]
        screen.js("map.jumpTo({center: given, zoom: 13.5})", corner(5, 5))
        page.evaluate("base => dash_clientside.set_props('edit-base', {data: base})", BASE)
        screen.until(lambda: screen.js("Boolean(map.getLayer('edit-arcs'))"), "the editor")
        screen.until(lambda: shared.settled() and shared.drawn(), "the borders")
        shared.tool(tool, **more)
        screen.idle()
        return shared

    yield go
    for name, listener in listeners.items():
        page.remove_listener(name, listener)
    assert watch.faults() == []


@pytest.fixture
def bench(open_bench: OpenBench) -> Bench:
    return open_bench()


def test_a_new_corner_and_then_its_move_bend_the_border_for_both_units(bench: Bench) -> None:
    bench.take((5, 4.5))
    bench.drag((5, 4.5), (5.2, 4.4))
    assert bench.done()["do"] == "insert"
    new = next(v for v in bench.draft.ring(4, 4) if v in bench.draft.ring(5, 4) and v[1] % 100000)
    at = ((new[0] - steps(0, 0)[0]) / 1e5, (new[1] - steps(0, 0)[1]) / 1e5)
    assert at == pytest.approx((5.2, 4.4), abs=0.01)
    bench.drag(at, (4.9, 4.6))
    assert bench.done(2)["do"] == "move"
    assert new not in bench.draft.ring(4, 4)
    # What is drawn is what the engine has, vertex by vertex.
    ring = set(bench.draft.ring(5, 4))

    def is_drawn() -> bool:
        lines = [{tuple(round(c * 1e7) for c in place) for place in line} for line in bench.drawn()]
        return any(len(line) == 3 and line <= ring for line in lines)

    bench.screen.until(is_drawn, "the border")


def test_a_meeting_point_takes_every_border_along(bench: Bench) -> None:
    bench.take((5, 4.5))
    bench.drag((5, 5), (5.15, 5.1), drop=False)
    assert len(bench.hand("line")) == 4
    assert len(bench.hand("ghost")) == 4
    bench.screen.page.mouse.up()
    (old, new), *more = bench.done()["moves"]
    assert (old, more) == (corner(5, 5), [])
    moved = (round(new[0] * 1e7), round(new[1] * 1e7))
    for column, row in ((4, 4), (5, 4), (4, 5), (5, 5)):
        assert moved in bench.draft.ring(column, row)


def test_numbers_follow_while_the_button_is_down_one_question_at_a_time(bench: Bench) -> None:
    bench.take((5, 4.5))
    bench.draft.wait = 0.3
    bench.drag((5, 5), (5.2, 5), drop=False)
    bench.screen.until(lambda: bench.draft.said("try"), "the first")
    rows = bench.screen.page.locator("#edit-numbers [data-unit]")
    bench.screen.until(lambda: rows.count() == 4, "the numbers")
    assert bench.draft.done == 0
    east = pytest.approx(corner(5.2, 5)[0], abs=2e-4)
    last = lambda: bench.draft.said("try")[-1]["operation"]["moves"][0][1]  # noqa: E731
    bench.screen.until(lambda: last()[0] == east, "the latest")
    assert bench.draft.most_open == 1
    difference = rows.first.locator("[data-part=difference]").inner_text()
    assert difference[0] in "+-\u2212"
    bench.screen.page.keyboard.press("Escape")
    bench.screen.until(lambda: rows.count() == 0, "the numbers as they stand")
    bench.screen.page.mouse.up()
    assert bench.draft.said("do") == []


def test_the_delete_key_takes_a_corner_out(bench: Bench) -> None:
    bench.take((5, 4.5))
    bench.drag((5, 4.5), (5.2, 4.5))
    bench.done()
    bench.screen.until(lambda: not bench.hand("ghost"), "rest")
    bench.screen.page.keyboard.press("Delete")
    assert bench.done(2)["do"] == "delete"
    assert len(bench.draft.ring(4, 4)) == 4


def test_a_whole_border_moves_with_both_its_ends(bench: Bench) -> None:
    bench.take((5, 4.5))
    bench.drag((5, 4.25), (5.1, 4.25))
    moves = bench.done()["moves"]
    assert [old for old, _ in moves] == [corner(5, 4), corner(5, 5)]
    shifts = {(round((n[0] - o[0]) * 1e7), round((n[1] - o[1]) * 1e7)) for o, n in moves}
    assert len(shifts) == 1
    assert bench.draft.done == 1


def test_a_refusal_puts_the_line_back_and_says_why(bench: Bench, watch: Watch) -> None:
    watch.expected = "422"
    bench.take((5, 4.5))
    bench.drag((5, 5), (5, 3.2))
    bench.done()
    refused = bench.screen.until(lambda: bench.screen.board.told("refused"), "the refusal")
    assert refused[-1]["sentence"].endswith(".")
    assert bench.said() == refused[-1]["sentence"]
    assert bench.draft.done == 0
    bench.screen.until(lambda: not bench.hand("ghost"), "the line as it was")
    assert bench.hand("line") == [[corner(5, 4), corner(5, 5)]]


def test_the_outer_border_is_locked_and_says_so(open_bench: OpenBench) -> None:
    bench = open_bench()
    bench.screen.js("map.jumpTo({center: given})", corner(0.5, 5))
    bench.screen.idle()
    bench.screen.page.mouse.move(*bench.pixel((0, 4.5)))
    cursor = "map.getCanvas().style.cursor"
    bench.screen.until(lambda: bench.screen.js(cursor) == "not-allowed", "the cursor")
    bench.click((0, 4.5))
    bench.screen.until(lambda: bench.said() == "The outer border is locked.", "the words")
    assert bench.handles() == []
    # Nor can the point where a border meets it.
    bench.take((0.5, 5))
    assert corner(0, 5) in bench.hand("locked")
    bench.drag((0, 5), (0.3, 5))
    bench.screen.until(lambda: bench.said() == "This point is fixed.", "the words")
    assert bench.draft.said("do") == []


def test_undo_and_redo_by_key_and_button(bench: Bench) -> None:
    page = bench.screen.page
    bench.take((5, 4.5))
    bench.drag((5, 5), (5.1, 5.1))
    bench.done()
    page.keyboard.press("Control+z")
    bench.screen.until(lambda: bench.draft.done == 0 and bench.settled(), "undo")
    assert steps(5, 5) in bench.draft.ring(4, 4)
    assert page.locator("[data-does=edit-undo]").is_disabled()
    page.keyboard.press("Control+Shift+z")
    bench.screen.until(lambda: bench.draft.done == 1 and bench.settled(), "redo")
    assert page.locator("[data-does=edit-redo]").is_disabled()
    page.locator("[data-does=edit-undo]").click()
    bench.screen.until(lambda: bench.draft.done == 0 and bench.settled(), "undo")
    bench.screen.until(
        lambda: corner(5, 5) in [line[end] for line in bench.drawn() for end in (0, -1)],
        "the corner",
    )


def test_a_drawn_line_reshapes_a_border_from_exact_end_to_exact_end(open_bench: OpenBench) -> None:
    bench = open_bench("draw_line", purpose="reshape")
    # The ends are drawn beside the border, within the reach of a snap.
    bench.click((5.03, 4.2), (5.3, 4.5), (5.02, 4.8), (5.02, 4.8))
    line = bench.done()["line"]
    assert [place[0] for place in (line[0], line[-1])] == [corner(5, 0)[0]] * 2
    assert len(line) == 3
    assert bench.draft.done == 1
    assert len(bench.draft.ring(4, 4)) == 7


def test_alt_keeps_a_line_from_snapping(open_bench: OpenBench, watch: Watch) -> None:
    watch.expected = "422"
    bench = open_bench("draw_line", purpose="reshape")
    bench.click((5.03, 4.2), (5.3, 4.5))
    page = bench.screen.page
    page.keyboard.down("Alt")
    bench.click((5.05, 4.8), (5.05, 4.8))
    page.keyboard.up("Alt")
    assert bench.done()["line"][-1][0] != corner(5, 0)[0]
    bench.screen.until(lambda: bench.screen.board.told("refused"), "the refusal")


def test_lines_split_the_unit_they_run_through(open_bench: OpenBench) -> None:
    bench = open_bench("draw_line", purpose="split", several=True)
    bench.click((4, 4.3), (5, 4.3), (5, 4.3))
    bench.click((4, 4.7), (5, 4.7), (5, 4.7))
    assert bench.draft.said("do") == []
    bench.screen.page.locator(".maplibregl-canvas").focus()
    bench.screen.page.keyboard.press("Enter")
    operation = bench.done()
    assert (operation["unit"], len(operation["lines"])) == (unit_id(4, 4), 2)
    assert len([n for n in bench.draft.division.units if n < 0]) == 2


def test_a_border_follows_a_road(open_bench: OpenBench) -> None:
    bench = open_bench("draw_line", purpose="follow")
    bench.screen.until(lambda: bench.draft.said("roads"), "the roads")
    bench.screen.page.wait_for_timeout(300)
    bench.click((4.83, 4.3), (5, 4.1), (5, 4.9))
    operation = bench.done()
    assert operation["do"] == "follow"
    assert operation["road"] == 8
    assert bench.draft.done == 1
    assert bench.has(4, 4, (4.85, 4.5))
    assert bench.has(5, 4, (4.85, 4.5))


def test_a_line_drawn_along_a_road_takes_its_bends(open_bench: OpenBench) -> None:
    bench = open_bench("draw_line", purpose="reshape")
    bench.screen.until(lambda: bench.draft.said("roads"), "the roads")
    bench.screen.page.wait_for_timeout(300)
    bench.click((5, 4.1), (4.81, 4.15), (4.81, 4.85), (5, 4.9), (5, 4.9))
    line = bench.done()["line"]
    assert corner(4.85, 4.5) in line


def test_units_are_chosen_by_click_shift_and_drawing_around(open_bench: OpenBench) -> None:
    bench = open_bench("select", picks="units")
    told = bench.screen.board.told
    bench.click((4.3, 4.3))
    bench.screen.until(lambda: told("picked"), "the unit")
    assert told("picked")[-1]["units"] == [unit_id(4, 4)]
    page = bench.screen.page
    page.keyboard.down("Shift")
    bench.click((5.3, 4.3))
    page.keyboard.up("Shift")
    bench.screen.until(lambda: len(told("picked")) == 2, "the second")
    assert told("picked")[-1]["units"] == [unit_id(4, 4), unit_id(5, 4)]
    bench.tool("draw_area", purpose="select", shape="rectangle")
    bench.drag((4.1, 4.1), (5.9, 5.9))
    bench.screen.until(lambda: len(told("picked")) == 3, "those within")
    assert sorted(told("picked")[-1]["units"]) == [
        unit_id(column, row) for row in (4, 5) for column in (4, 5)
    ]
    assert bench.screen.board.told("click") == []


def test_units_are_chosen_by_keys(open_bench: OpenBench) -> None:
    bench = open_bench("select", picks="units")
    told, page = bench.screen.board.told, bench.screen.page
    page.locator(".maplibregl-canvas").focus()
    for key in ("]", "Enter", "]", "Shift+Enter"):
        page.keyboard.press(key)
    bench.screen.until(lambda: told("picked") and len(told("picked")[-1]["units"]) == 2, "both")
    units = told("picked")[-1]["units"]
    assert set(units) <= {unit_id(column, row) for row in (4, 5) for column in (4, 5)}
    page.keyboard.press("Backspace")
    page.keyboard.press("Escape")
    bench.screen.until(lambda: told("picked")[-1]["units"] == [], "none")
    assert told("keyboardSelect") == []


def test_a_drawn_area_is_handed_over(open_bench: OpenBench) -> None:
    bench = open_bench("draw_area", purpose="hand_over_area", to=unit_id(5, 4))
    bench.click((4.6, 4.2), (5.4, 4.2), (5.4, 4.6), (4.6, 4.6), (4.6, 4.2))
    operation = bench.done()
    assert operation["to"] == unit_id(5, 4)
    assert len(operation["area"]) == 4
    assert bench.draft.done == 1
    features = bench.screen.js(
        "map.getSource('edit-moved').getData().then(data => data.features.map(f => f.properties))"
    )
    assert features == [{"from": unit_id(4, 4), "to": unit_id(5, 4), "side": "loss"}]


def test_a_border_is_moved_by_keys_alone(bench: Bench) -> None:
    page = bench.screen.page
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("]")
    bench.screen.until(lambda: "Border of Grid" in bench.spoken(), "the words")
    page.keyboard.press("Enter")
    bench.screen.until(lambda: bench.handles(), "the handles")
    page.keyboard.press("Tab")
    bench.screen.until(lambda: "1 of 3" in bench.spoken(), "the point")
    centre = bench.screen.js("map.getCenter().toArray()")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    bench.screen.until(lambda: "Moved by 11 m" in bench.spoken(), "how far")
    assert bench.draft.said("do") == []
    page.keyboard.press("Enter")
    (old, new), *_ = bench.done()["moves"]
    assert new[0] > old[0]
    assert new[1] > old[1]
    assert bench.draft.done == 1
    # The map stays where it is while a point moves.
    assert bench.screen.js("map.getCenter().toArray()") == centre
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Zoom in"


def test_a_finger_that_rests_on_a_border_moves_it(bench: Bench) -> None:
    session = bench.screen.page.context.new_cdp_session(bench.screen.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    centre = bench.screen.js("map.getCenter().toArray()")
    # A finger is not exact: it lies beside the border's middle.
    (x, y), (end_x, end_y) = bench.pixel((5.05, 4.47)), bench.pixel((5.25, 4.45))
    touch("touchStart", (x, y))
    bench.screen.until(lambda: bench.handles(), "the border in hand")
    for part in range(1, 6):
        touch("touchMove", (x + (end_x - x) * part / 5, y + (end_y - y) * part / 5))
        bench.screen.page.wait_for_timeout(30)
    touch("touchEnd")
    assert bench.done()["do"] == "insert"
    assert bench.draft.done == 1
    assert bench.screen.js("map.getCenter().toArray()") == centre
    # As wide as a fingertip from now on.
    assert bench.screen.js("map.getPaintProperty('edit-points', 'circle-radius')") == 12


def test_both_versions_of_a_conflict_are_drawn(open_bench: OpenBench) -> None:
    def outline(*places: Place) -> dict[str, Any]:
        return {"type": "LineString", "coordinates": [corner(*place) for place in places]}

    clash = {
        "unit": unit_id(4, 4),
        "mine": outline((4, 4), (4.6, 4.5)),
        "theirs": outline((4, 4), (5, 4.5)),
        "edges": None,
    }
    bench = open_bench("look", conflict={"units": [clash]})
    count = "map.queryRenderedFeatures({layers: [given]}).length"
    for version in ("mine", "theirs"):
        layer = f"edit-conflict-{version}"
        bench.screen.until(lambda layer=layer: bench.screen.js(count, layer), version)


def test_a_lost_line_keeps_the_change_until_it_is_back(bench: Bench, watch: Watch) -> None:
    watch.expected = "503"
    bench.take((5, 4.5))
    bench.draft.is_gone = True
    bench.drag((5, 5), (5.1, 5.1))
    root = bench.screen.page.locator("html")
    bench.screen.until(lambda: root.get_attribute("data-edit-line") == "lost", "the word of it")
    assert bench.hand("ghost")
    bench.draft.is_gone = False
    bench.screen.until(lambda: bench.draft.done == 1, "the change")
    bench.screen.until(lambda: root.get_attribute("data-edit-line") == "there", "the line")


def test_an_order_changed_elsewhere_is_fetched_anew(bench: Bench, watch: Watch) -> None:
    watch.expected = "409"
    bench.take((5, 4.5))
    elsewhere = {"do": "move", "moves": [[corner(3, 3), corner(3.2, 3.2)]]}
    bench.draft.change(lambda: bench.draft.operate(elsewhere))
    bench.drag((5, 5), (5.1, 5.1))
    told = bench.screen.board.told
    refused = bench.screen.until(lambda: told("refused"), "the refusal")
    assert "meanwhile" in refused[-1]["sentence"]
    bench.screen.until(lambda: len(bench.draft.said("ground")) == 2 and bench.settled(), "it")
    bench.screen.until(lambda: corner(3.2, 3.2) in [p for at in bench.drawn() for p in at], "it")
    bench.drag((5, 5), (5.1, 5.1))
    bench.screen.until(lambda: bench.draft.done == 2, "the change")


def test_the_editor_outlives_a_change_of_light(bench: Bench) -> None:
    bench.take((5, 4.5))
    before = bench.drawn()
    bench.screen.set(mapStyle=style(dark=True))
    bench.screen.idle()
    assert bench.drawn() == before
    order = bench.screen.js("map.getStyle().layers.map(each => each.id)")
    assert order.index("edit-fill") < order.index("units-fill") < order.index("edit-arcs")
    assert order.index("edit-arcs") < order.index("units-label") < order.index("edit-nodes")
    bench.drag((5, 5), (5.1, 5.1))
    assert bench.done()["do"] == "move"
    bench.screen.set(mapStyle=style())


def test_leaving_the_order_leaves_the_map_as_it_was(bench: Bench) -> None:
    bench.take((5, 4.5))
    bench.screen.page.evaluate("dash_clientside.set_props('edit-base', {data: null})")
    layers = "map.getStyle().layers.filter(each => each.id.startsWith('edit-')).length"
    bench.screen.until(lambda: bench.screen.js(layers) == 0, "the map")
    bench.click((4.5, 4.3))
    bench.screen.until(lambda: bench.screen.board.told("click"), "a click of the page")
