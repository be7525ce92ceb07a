"""Mouse and keyboard: what reaches Dash, and what the card says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboard.map.board import CHOROPLETH, middle, unit_id
from tests.dashboard.map.conftest import OpenBoard, Screen


def clicks(screen: Screen, least: int) -> list[dict[str, Any]]:
    screen.until(lambda: len(screen.board.told("click")) >= least, "clicks")
    return screen.board.told("click")


def hovered(screen: Screen) -> list[int | None]:
    return [each and each["id"] for each in screen.board.told("hover")]


def keys(screen: Screen, least: int) -> list[dict[str, Any]]:
    screen.until(lambda: len(screen.board.told("keyboardSelect")) >= least, "keys")
    return screen.board.told("keyboardSelect")


def focus(screen: Screen) -> None:
    screen.page.locator(".maplibregl-canvas").focus()


def test_a_click_tells_what_was_hit(screen: Screen) -> None:
    screen.page.mouse.click(*screen.pixel(3, 4))
    (click,) = clicks(screen, 1)
    assert click.pop("lngLat") == pytest.approx(middle(3, 4), abs=0.01)
    assert click == {
        "layer": "units-fill",
        "source": "units",
        "sourceLayer": "units",
        "id": unit_id(3, 4),
        "properties": {"name": "第三网格", "people": 4003, "note": ""},
        "double": False,
        "n": 1,
    }


def test_a_double_click_selects_at_once_and_then_goes_down(screen: Screen) -> None:
    zoom = screen.js("map.getZoom()")
    x, y = screen.pixel(3, 4)
    screen.page.mouse.click(x, y)
    clicks(screen, 1)
    screen.page.mouse.click(x, y, click_count=2)
    told = clicks(screen, 2)
    assert [(each["id"], each["double"]) for each in told] == [
        (unit_id(3, 4), False),
        (unit_id(3, 4), True),
    ]
    assert screen.js("map.getZoom()") == zoom


def test_the_first_interactive_layer_wins_and_beside_all_is_nothing(screen: Screen) -> None:
    x, y = screen.pixel(3, 4)
    screen.page.mouse.click(x + 18, y + 14)
    clicks(screen, 1)
    screen.page.wait_for_timeout(600)
    screen.page.mouse.click(8, 200)
    on_case, beside = clicks(screen, 2)
    assert (on_case["layer"], on_case["id"]) == ("cases", unit_id(3, 4))
    assert (beside["layer"], beside["id"], beside["properties"]) == (None, None, {})


def test_hovering_lights_up_the_unit_and_tells_it(screen: Screen) -> None:
    screen.page.mouse.move(*screen.pixel(3, 4))
    screen.until(lambda: hovered(screen) == [unit_id(3, 4)], "the first")
    assert screen.state(3, 4)["hover"] is True
    screen.page.mouse.move(*screen.pixel(4, 4))
    screen.until(lambda: hovered(screen)[-1] == unit_id(4, 4), "the next")
    assert "hover" not in screen.state(3, 4)
    screen.page.mouse.move(8, 200)
    screen.until(lambda: hovered(screen)[-1] is None, "nothing")
    assert screen.board.told("hover")[0] == {
        "layer": "units-fill",
        "source": "units",
        "id": unit_id(3, 4),
    }


def test_hovering_is_told_at_most_eight_times_a_second(screen: Screen) -> None:
    screen.page.evaluate(
        """async places => {
            const canvas = document.querySelector('.maplibregl-canvas');
            for (let i = 0; i < 40; i += 1) {
                const [clientX, clientY] = places[i % places.length];
                canvas.dispatchEvent(
                    new MouseEvent('mousemove', {clientX, clientY, bubbles: true}));
                await new Promise(done => setTimeout(done, 25));
            }
        }""",
        [screen.pixel(column, 4) for column in range(8)],
    )
    screen.page.wait_for_timeout(400)
    last = unit_id(39 % 8, 4)
    assert hovered(screen)[-1] == last
    # A loaded machine stretches the second that the moves take.
    took = screen.page.evaluate("performance.now()")
    assert 3 <= len(hovered(screen)) <= took / 125


def test_the_card_names_the_unit_and_its_value(screen: Screen) -> None:
    screen.page.mouse.move(*screen.pixel(3, 4))
    screen.until(lambda: screen.card(), "the card")
    assert screen.card() == ["第三网格", "Row", "4 rows", "People", "4,003"]
    screen.page.mouse.move(*screen.pixel(0, 0))
    screen.until(lambda: "no data" in screen.card(), "missing")
    screen.page.mouse.move(*screen.pixel(1, 0))
    screen.until(lambda: "<5" in screen.card(), "suppressed")
    screen.repaint(choropleth={**CHOROPLETH, "url": "/values?measure=columns&wait=0.1"})
    screen.page.mouse.move(*screen.pixel(6, 4))
    screen.until(lambda: "6 rows" in screen.card(), "the new value")
    screen.page.mouse.move(8, 200)
    screen.until(lambda: not screen.card(), "no card")


def test_the_card_is_rewritten_when_values_come_under_a_resting_mouse(screen: Screen) -> None:
    screen.page.mouse.move(*screen.pixel(3, 4))
    screen.until(lambda: "4 rows" in screen.card(), "the card")
    screen.repaint(choropleth={**CHOROPLETH, "url": "/values?measure=columns"})
    screen.until(lambda: "3 rows" in screen.card(), "the new value")


def test_the_card_stays_on_the_map_and_off_the_pointer(open_board: OpenBoard) -> None:
    screen = open_board(initialView={"centre": [114.05, 22.55], "zoom": 13.5})
    size = screen.page.viewport_size
    assert size
    corners = [(6, 6), (size["width"] - 60, 6), (6, size["height"] - 40)]
    for x, y in [*corners, (size["width"] - 80, size["height"] - 40)]:
        screen.page.mouse.move(x, y)
        screen.until(lambda: screen.card(), "the card")
        screen.page.wait_for_timeout(150)
        box = screen.page.locator(".citygrid-card").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert box["y"] + box["height"] <= size["height"]
        is_beside = not box["x"] <= x <= box["x"] + box["width"]
        assert is_beside or not box["y"] <= y <= box["y"] + box["height"]


def test_brackets_walk_the_units_from_the_middle_outwards(screen: Screen) -> None:
    focus(screen)
    seen = []
    for key in ("]", "]", "]", "["):
        screen.page.keyboard.press(key)
        screen.page.wait_for_timeout(150)
        seen.append(hovered(screen)[-1])
    nearest = {unit_id(column, row) for column in (4, 5) for row in (4, 5)}
    assert set(seen) <= nearest
    assert len(set(seen[:3])) == 3
    assert seen[3] == seen[1]
    spoken = screen.page.locator(".citygrid-spoken").text_content()
    assert spoken
    assert "Row" in spoken


def test_a_resting_mouse_does_not_take_the_place_of_the_keys(screen: Screen) -> None:
    screen.page.mouse.move(*screen.pixel(1, 8))
    screen.until(lambda: hovered(screen) == [unit_id(1, 8)], "the mouse")
    focus(screen)
    screen.page.keyboard.press("]")
    screen.idle()
    screen.page.wait_for_timeout(300)
    assert hovered(screen)[-1] in {45, 46, 55, 56}
    x, y = screen.pixel(2, 8)
    screen.page.mouse.move(x, y)
    screen.until(lambda: hovered(screen)[-1] == unit_id(2, 8), "the mouse again")
    screen.page.keyboard.press("Enter")
    assert keys(screen, 1)[0]["id"] == unit_id(2, 8)


def test_enter_chooses_and_shift_enter_goes_down(screen: Screen) -> None:
    focus(screen)
    screen.page.keyboard.press("]")
    screen.page.keyboard.press("Enter")
    keys(screen, 1)
    screen.page.keyboard.press("Shift+Enter")
    chosen, down = keys(screen, 2)
    assert chosen["id"] == down["id"] in {45, 46, 55, 56}
    assert (chosen["double"], down["double"]) == (False, True)
    assert chosen["layer"] == "units-fill"
    assert chosen["properties"]["people"] > 0
    assert down["n"] == chosen["n"] + 1
    assert chosen["lngLat"] == pytest.approx([114.05, 22.55], abs=0.01)


def test_backspace_goes_up_and_escape_clears(screen: Screen) -> None:
    focus(screen)
    screen.page.keyboard.press("]")
    screen.until(lambda: screen.card(), "the card")
    screen.page.keyboard.press("Backspace")
    keys(screen, 1)
    screen.page.keyboard.press("Escape")
    up, clear = keys(screen, 2)
    assert (up, clear) == ({"ups": 1, "n": 1}, {"clear": True, "ups": 1, "n": 2})
    assert screen.card() == []


def test_arrows_pan_plus_zooms_and_nothing_turns(screen: Screen) -> None:
    focus(screen)
    before = screen.js("[map.getCenter().lng, map.getZoom()]")
    screen.page.keyboard.press("ArrowRight")
    screen.idle()
    assert screen.js("map.getCenter().lng") > before[0]
    screen.page.keyboard.press("+")
    screen.idle()
    assert screen.js("map.getZoom()") > before[1]
    screen.page.keyboard.press("Shift+ArrowRight")
    screen.page.keyboard.press("Shift+ArrowUp")
    screen.idle()
    assert screen.js("[map.getBearing(), map.getPitch()]") == [0, 0]


def test_tab_comes_into_the_map_and_leaves_it(screen: Screen) -> None:
    screen.page.locator("#before").focus()
    passed = []
    for _ in range(4):
        screen.page.keyboard.press("Tab")
        passed.append(screen.page.evaluate("document.activeElement.ariaLabel"))
    assert passed[:3] == ["Board of units", "Zoom in", "Zoom out"]
    assert passed[3] not in passed[:3]
