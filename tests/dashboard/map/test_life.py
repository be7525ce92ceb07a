"""The map from birth to removal: view, words, labels, and what it needs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.dashboard.map.board import NAMES, SIZE, STEP, WEST, style
from tests.dashboard.map.conftest import OpenBoard, Screen
from tests.fixtures_browser import Watch

WHOLE = [WEST, 22.5, WEST + SIZE * STEP, 22.6]
CORNER = [WEST, 22.5, WEST + STEP, 22.51]


def in_view(screen: Screen) -> list[float]:
    return screen.js("map.getBounds().toArray().flat()")


def test_the_view_is_told_at_the_start_and_after_each_move(screen: Screen) -> None:
    first = screen.until(lambda: screen.board.told("viewport"), "the first view")[-1]
    assert first["centre"] == pytest.approx([114.05, 22.55])
    assert first["zoom"] == 11.5
    screen.js("map.jumpTo({zoom: 13})")
    screen.until(lambda: screen.board.told("viewport")[-1]["zoom"] == 13, "the second view")
    west, south, east, north = screen.board.told("viewport")[-1]["bounds"]
    assert west < 114.05 < east
    assert south < 22.55 < north


def test_fit_keeps_bounds_clear_of_the_panels(open_board: OpenBoard) -> None:
    padding = {"left": 120, "right": 20, "top": 10, "bottom": 60}
    screen = open_board(fit={"bounds": WHOLE, "n": 1}, padding=padding)
    west, south = screen.js("Object.values(map.project(given))", WHOLE[:2])
    east, north = screen.js("Object.values(map.project(given))", WHOLE[2:])
    assert west >= 119.5
    assert east <= 520 - 19.5
    assert north >= 9.5
    assert south <= 420 - 59.5
    zoom_in = screen.page.locator(".maplibregl-ctrl-zoom-in").bounding_box()
    assert zoom_in
    assert zoom_in["x"] + zoom_in["width"] <= 500


def test_fit_repeats_with_its_counter(screen: Screen) -> None:
    screen.set(fit={"bounds": CORNER, "n": 1})
    screen.idle()
    there = in_view(screen)
    assert there[0] < CORNER[0] < CORNER[2] < there[2]
    screen.js("map.jumpTo({center: [114.08, 22.58]})")
    screen.set(fit={"bounds": CORNER, "n": 1})
    screen.idle()
    assert in_view(screen) != pytest.approx(there)
    screen.set(fit={"bounds": CORNER, "n": 2})
    screen.idle()
    assert in_view(screen) == pytest.approx(there)


def test_panels_wider_than_the_map_do_not_break_the_fit(screen: Screen) -> None:
    screen.set(padding={"left": 400, "right": 400}, fit={"bounds": CORNER, "n": 1})
    screen.idle()
    west, _, east, _ = in_view(screen)
    assert west < CORNER[0] < CORNER[2] < east


def test_fit_moves_over_time_unless_motion_is_reduced(open_board: OpenBoard) -> None:
    screen = open_board()
    screen.js("(window.moves = 0, map.on('move', () => { window.moves += 1; }))")
    screen.set(fit={"bounds": CORNER, "n": 1})
    screen.idle()
    assert screen.js("window.moves") <= 2
    screen.page.emulate_media(reduced_motion="no-preference")
    screen.js("window.moves = 0")
    screen.set(fit={"bounds": WHOLE, "n": 2})
    screen.idle()
    assert screen.js("window.moves") > 2


def test_a_hidden_map_fits_when_it_is_shown(open_board: OpenBoard) -> None:
    screen = open_board(style={"display": "none"}, ready=False)
    screen.until(lambda: screen.js("Boolean(map)"), "the map")
    screen.set(fit={"bounds": CORNER, "n": 1})
    screen.page.wait_for_timeout(100)
    screen.set(style={})
    screen.until(lambda: in_view(screen)[0] < CORNER[0] < in_view(screen)[2], "the fit")
    assert screen.js("map.getZoom()") > 13


def test_the_map_follows_the_size_of_its_place(screen: Screen) -> None:
    screen.page.set_viewport_size({"width": 400, "height": 300})
    screen.until(lambda: screen.js("map.getCanvas().clientWidth") == 400, "the new size")


def test_labels_are_drawn_from_local_fonts(screen: Screen) -> None:
    screen.js("map.jumpTo({zoom: 13})")
    screen.idle()
    labels = screen.js(
        "map.queryRenderedFeatures({layers: ['units-label']}).map(each => each.properties.name)"
    )
    assert set(labels) == set(NAMES)
    assert "glyphs" not in screen.js("map.getStyle()")
    fonts = screen.js("map.getLayoutProperty('units-label', 'text-font')")
    assert fonts[:2] == ["Inter", "Noto Sans SC"]


def test_its_words_change_with_the_language(screen: Screen) -> None:
    zoom_in = screen.page.locator(".maplibregl-ctrl-zoom-in")
    assert zoom_in.get_attribute("aria-label") == "Zoom in"
    words = {"NavigationControl.ZoomIn": "放大", "ScaleControl.Kilometers": "公里"}
    screen.set(texts=words, ariaLabel="单元图")
    assert zoom_in.get_attribute("aria-label") == zoom_in.get_attribute("title") == "放大"
    assert "公里" in screen.page.locator(".maplibregl-ctrl-scale").inner_text()
    canvas = screen.page.locator(".maplibregl-canvas")
    assert canvas.get_attribute("aria-label") == "单元图"
    screen.set(texts={})
    assert zoom_in.get_attribute("aria-label") == "Zoom in"
    assert screen.page.locator(".maplibregl-ctrl-attrib").count() == 1


def test_the_attribution_is_always_to_be_read_and_follows_the_style(screen: Screen) -> None:
    line = screen.page.locator(".maplibregl-ctrl-attrib-inner")
    assert line.is_visible()
    assert line.inner_text() == "© units of the board | © cases of the board"
    other = style()
    other["sources"]["units"]["attribution"] = "© the city"
    screen.set(mapStyle=other)
    screen.idle()
    assert line.inner_text() == "© the city | © cases of the board"


def test_a_change_before_the_style_has_loaded_is_not_lost(open_board: OpenBoard) -> None:
    screen = open_board(ready=False)
    screen.until(lambda: screen.js("Boolean(map)"), "the map")
    screen.set(mapStyle=style(dark=True))
    screen.until(lambda: screen.js("map.isStyleLoaded()"), "the style")
    screen.idle()
    assert screen.js("map.getPaintProperty('ground', 'background-color')") == "#0B1220"


def test_without_webgl_2_it_says_so_and_draws_nothing(open_board: OpenBoard) -> None:
    # Set before the page loads, as a browser without WebGL 2 would answer.
    def without(page: Page) -> None:
        page.add_init_script(
            "const get = HTMLCanvasElement.prototype.getContext;"
            "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
            "return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };"
        )

    screen = open_board(ready=False, prepare=without)
    error = screen.until(lambda: screen.board.told("error"), "the error")[-1]
    assert error["kind"] == "no-webgl"
    assert screen.page.locator("#map canvas").count() == 0
    screen.set(mapStyle=style(dark=True), fit={"bounds": CORNER, "n": 1})
    assert screen.js("map") is None


def test_taken_off_the_page_it_leaves_nothing_behind(screen: Screen) -> None:
    screen.page.mouse.move(*screen.pixel(3, 4))
    screen.page.evaluate("dash_clientside.set_props('holder', {children: null})")
    screen.until(
        lambda: screen.page.evaluate("Object.keys(window.__citygrid_maps).length") == 0, "removal"
    )
    screen.page.wait_for_timeout(300)
    assert screen.page.locator("canvas").count() == 0


def test_an_unusable_style_is_told_and_logged(screen: Screen, watch: Watch) -> None:
    watch.expected = "layers"
    broken = style()
    broken["layers"][1]["paint"]["fill-opacity"] = "much"
    screen.set(mapStyle=broken)
    error = screen.until(lambda: screen.board.told("error"), "the error")[-1]
    assert error["kind"] == "map"
    assert "fill-opacity" in error["message"]
