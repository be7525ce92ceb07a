"""The choropleth: colours follow the values whatever else changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboard.map.board import CHOROPLETH, SIZE, style, unit_id
from tests.dashboard.map.conftest import OpenBoard, Screen
from tests.fixtures_browser import Watch

TEAL = CHOROPLETH["classes"]["colours"]
BARE: dict[str, Any] = {}


def coloured(measure: str, **more: Any) -> dict[str, Any]:
    return {**CHOROPLETH, "url": f"/values?measure={measure}", **more}


def test_each_unit_has_the_colour_of_its_class(screen: Screen) -> None:
    for row, colour in ((1, TEAL[0]), (2, TEAL[1]), (9, TEAL[4])):
        assert screen.drawn(4, row) == {"v": row, "colour": colour, "listed": True}
    assert screen.colour(4, 2) != screen.colour(4, 9)
    assert screen.board.told("painted") == [
        {"url": CHOROPLETH["url"], "values": 98, "missing": 1, "suppressed": 1}
    ]


def test_missing_is_hatched_and_suppressed_is_dotted(screen: Screen) -> None:
    assert screen.drawn(0, 0) == {"gap": "missing", "listed": True}
    assert screen.drawn(1, 0) == {"gap": "suppressed", "listed": True}
    patterns = screen.js(
        "['missing', 'suppressed'].map(gap => map.getPaintProperty('units-fill:' + gap, "
        "'fill-pattern')).map(id => [id, map.hasImage(id)])"
    )
    assert patterns == [["citygrid:hatch:#9CA3AF", True], ["citygrid:dots:#6B7280", True]]


def test_another_style_keeps_view_colours_and_patterns(screen: Screen) -> None:
    screen.js("map.jumpTo({center: [114.06, 22.56], zoom: 12.5})")
    before = screen.js("[map.getCenter().toArray(), map.getZoom()]")
    light = screen.colour(4, 5)
    classes = {**CHOROPLETH["classes"], "missing": "#9AA7B8"}
    screen.set(mapStyle=style(dark=True), choropleth={**CHOROPLETH, "classes": classes})
    screen.idle()
    assert screen.js("[map.getCenter().toArray(), map.getZoom()]") == before
    assert screen.drawn(4, 5)["v"] == 5
    assert screen.colour(4, 5) != light
    assert screen.js("map.hasImage('citygrid:hatch:#9AA7B8')")
    assert len(screen.board.told("painted")) == 1


def test_a_rebuilt_source_gets_its_colours_again(screen: Screen) -> None:
    screen.js("window.before = map.getSource('units')")
    screen.set(selected={"source": "units", "sourceLayer": "units", "id": unit_id(3, 3)})
    other = style()
    other["sources"]["units"]["maxzoom"] = 13
    screen.set(mapStyle=other)
    screen.idle()
    assert screen.js("map.getSource('units') !== window.before")
    assert screen.drawn(3, 3) == {"v": 3, "colour": TEAL[1], "listed": True, "selected": True}
    assert screen.drawn(0, 0)["gap"] == "missing"


def test_new_tiles_come_without_taking_the_source_down(screen: Screen) -> None:
    screen.js("window.before = map.getSource('units')")
    screen.js(
        "(window.empty = 0, map.on('render', () => { if (!map.queryRenderedFeatures("
        "{layers: ['units-fill']}).length) window.empty += 1; }))"
    )
    screen.set(mapStyle=style(level=2))
    screen.until(
        lambda: any(
            each.startswith("units/") and each.endswith("level=2") for each in screen.board.asked
        ),
        "new tiles",
    )
    screen.idle()
    assert screen.js("map.getSource('units') === window.before")
    assert screen.js("window.empty") == 0
    assert screen.drawn(6, 6)["colour"] == TEAL[3]


def test_a_document_is_asked_for_anew_only_where_its_address_changed(screen: Screen) -> None:
    def placed(address: str, *, dark: bool) -> dict[str, Any]:
        one = style(dark=dark)
        given = {"stay": "/places/stay", "move": address}
        one["sources"] |= {name: {"type": "geojson", "data": at} for name, at in given.items()}
        one["layers"] += [{"id": name, "type": "circle", "source": name} for name in given]
        return one

    def asked() -> list[str]:
        return [each for each in screen.board.asked if each.startswith("places/")]

    screen.set(mapStyle=placed("/places/here", dark=False))
    screen.until(lambda: len(asked()) == 2, "both documents")
    screen.idle()
    screen.set(mapStyle=placed("/places/there", dark=True))
    screen.until(lambda: "places/there" in asked(), "the one that moved")
    screen.idle()
    assert sorted(asked()) == ["places/here", "places/stay", "places/there"]
    drawn = "map.queryRenderedFeatures({layers: [given]}).map(one => one.properties.name)"
    assert screen.js(drawn, "stay") == ["stay"]
    assert screen.js(drawn, "move") == ["there"]


def test_tiles_that_come_later_are_coloured_too(screen: Screen) -> None:
    screen.js("map.jumpTo({center: [114.005, 22.505], zoom: 15})")
    screen.idle()
    assert screen.drawn(0, 0)["gap"] == "missing"
    screen.js("map.jumpTo({center: [114.095, 22.595], zoom: 15})")
    screen.idle()
    assert screen.drawn(9, 9)["colour"] == TEAL[4]


def test_the_last_address_wins_when_they_change_quickly(screen: Screen) -> None:
    screen.set(choropleth=coloured("rows&wait=0.6"))
    screen.page.wait_for_timeout(50)
    painted = screen.repaint(choropleth=coloured("columns"))
    screen.page.wait_for_timeout(800)
    assert painted["url"] == "/values?measure=columns"
    assert len(screen.board.told("painted")) == 2
    assert screen.drawn(7, 1)["v"] == 7


def test_units_that_leave_the_list_go_bare(screen: Screen) -> None:
    assert screen.repaint(choropleth=coloured("half"))["values"] == 48
    assert screen.drawn(4, 2)["v"] == 2
    assert screen.drawn(4, 8) == BARE
    screen.set(choropleth=None)
    screen.idle()
    assert screen.drawn(4, 2) == BARE


def test_other_classes_recolour_without_asking_again(screen: Screen) -> None:
    classes = {**CHOROPLETH["classes"], "breaks": [5], "colours": ["#111111", "#EEEEEE"]}
    screen.set(choropleth={**CHOROPLETH, "classes": classes})
    screen.idle()
    assert screen.drawn(4, 4)["colour"] == "#111111"
    assert screen.drawn(4, 5)["colour"] == "#EEEEEE"
    assert len(screen.board.told("painted")) == 1


def test_a_failed_list_leaves_no_old_colours(screen: Screen, watch: Watch) -> None:
    watch.expected = "503"
    screen.set(choropleth=coloured("broken"))
    error = screen.until(lambda: screen.board.told("error"), "the error")[-1]
    screen.idle()
    assert (error["kind"], error["status"]) == ("values", 503)
    assert screen.drawn(4, 2) == BARE
    # Only the first list was painted: the page keeps its notice until another one is.
    assert len(screen.board.told("painted")) == 1


def test_failing_tiles_are_told_once(screen: Screen, watch: Watch) -> None:
    watch.expected = "503"
    screen.set(mapStyle=style(level=99))
    error = screen.until(lambda: screen.board.told("error"), "the error")
    screen.page.wait_for_timeout(300)
    assert [(each["kind"], each["status"]) for each in error] == [("map", 503)]


def test_groups_hide_and_fade_their_layers(open_board: OpenBoard) -> None:
    screen = open_board(layerGroups={"cases": {"layers": ["cases"], "visible": False}})
    assert screen.js("map.getLayoutProperty('cases', 'visibility')") == "none"
    screen.set(
        layerGroups={
            "cases": {"layers": ["cases", "units-label"], "visible": True, "opacity": 0.5},
            "units": {"layers": ["units-fill"], "opacity": 0.5},
        }
    )
    screen.idle()
    assert screen.js("map.getLayoutProperty('cases', 'visibility')") in {None, "visible"}
    curve = ["interpolate", ["linear"], ["zoom"], 5, 0.1, 15, 0.5]
    assert screen.js("map.getPaintProperty('cases', 'circle-opacity')") == curve
    assert screen.js("map.getPaintProperty('units-label', 'text-opacity')") == 0.5
    assert screen.js("map.getPaintProperty('units-fill', 'fill-opacity')") == pytest.approx(0.4)
    hatch = ["*", 0.5, ["case", ["==", ["feature-state", "gap"], "missing"], 1, 0]]
    assert screen.js("map.getPaintProperty('units-fill:missing', 'fill-opacity')") == hatch
    screen.set(mapStyle=style(dark=True))
    screen.idle()
    assert screen.js("map.getPaintProperty('cases', 'circle-opacity')") == curve


def test_selected_and_highlighted_units_carry_their_state(screen: Screen) -> None:
    target = {"source": "units", "sourceLayer": "units"}
    screen.set(selected={**target, "id": unit_id(2, 2)})
    screen.set(highlighted={**target, "ids": [unit_id(2, 2), unit_id(5, 5)]})
    assert screen.state(2, 2)["selected"] is screen.state(2, 2)["highlight"] is True
    screen.set(selected={**target, "id": unit_id(3, 2)}, highlighted=None)
    assert set(screen.state(2, 2)) == {"v", "colour", "listed"}
    assert screen.state(3, 2)["selected"] is True
    assert SIZE * SIZE == 100


def test_a_lost_graphics_context_comes_back_with_its_colours(screen: Screen) -> None:
    screen.js("window.lose = map.painter.context.gl.getExtension('WEBGL_lose_context')")
    screen.js("window.lose.loseContext()")
    screen.until(lambda: not screen.js("Boolean(map.style)"), "the loss")
    screen.set(mapStyle=style(dark=True))
    screen.page.mouse.move(300, 200)
    screen.js("window.lose.restoreContext()")
    screen.until(lambda: screen.js("map.style && map.isStyleLoaded()"), "the map again")
    screen.idle()
    assert screen.drawn(4, 5)["colour"] == TEAL[2]
    ground = screen.js("map.getPaintProperty('ground', 'background-color')")
    assert ground == "#0B1220"
