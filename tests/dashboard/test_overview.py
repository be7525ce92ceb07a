"""The overview as a person uses it, in a real browser, on the demo city."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, delete, text

from dashboard.app import create_app
from dashboard.door import Door
from dashboard.text import speaker
from gis.access.tables import account
from tests.dashboard import signing
from tests.fixtures_browser import Serve, Watch

WIDE = {"width": 1366, "height": 768}

# Where on the screen a unit that is shown can be clicked: at its name, if nothing lies over it.
CLICKABLE = """
() => {
  const map = window.__citygrid_maps.map;
  const box = map.getCanvas().getBoundingClientRect();
  const shown = [];
  for (const name of map.querySourceFeatures("names")) {
    const at = map.project(name.geometry.coordinates);
    const x = box.left + at.x, y = box.top + at.y;
    const hit = map.queryRenderedFeatures([at.x, at.y], {layers: ["units"]})[0];
    if (hit && hit.id === name.id && document.elementFromPoint(x, y) === map.getCanvas())
      shown.push([name.id, x, y]);
  }
  return shown;
}
"""
BUILDING = """
() => {
  const map = window.__citygrid_maps.map;
  const box = map.getCanvas().getBoundingClientRect();
  for (let y = 100; y < box.height - 100; y += 6)
    for (let x = 100; x < box.width - 220; x += 6) {
      const hit = map.queryRenderedFeatures([x, y], {layers: ["buildings"]})[0];
      const unit = map.queryRenderedFeatures([x, y], {layers: ["units"]})[0];
      const inside = UNIT === null || (unit && unit.id === UNIT);
      if (hit && inside) return [hit.id, box.left + x, box.top + y];
    }
  return null;
}
"""
CUT_OFF = """
() => [...document.querySelectorAll(
    ".cg-number-value, .cg-number-side, .cg-number-name, .cg-trend-number, .cg-legend li")]
  .filter((e) => e.offsetParent !== null && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.innerText)
"""
SETTLED = """
() => {
  const map = (window.__citygrid_maps || {}).map;
  return map && map.loaded() && map.areTilesLoaded() && !map.isMoving();
}
"""


@pytest.fixture(scope="module")
def door(demo: Engine) -> Iterator[Door]:
    with demo.begin() as db:
        number = signing.hire_seer(db)
    door = signing.door_of(demo)
    yield door
    door.close()
    with demo.begin() as db:
        db.execute(delete(account).where(account.c.id == number))


@pytest.fixture(scope="module")
def address(demo: Engine, door: Door, serve_module: Serve) -> str:
    return serve_module(create_app(demo, door).server)


@pytest.fixture
def overview(page: Page, address: str, door: Door) -> Page:
    signing.enter(page, address, door)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.goto(f"{address}/?language=en")
    settle(page)
    return page


def settle(page: Page) -> None:
    page.wait_for_function(SETTLED)
    page.wait_for_function("() => !document.querySelector('[data-dash-is-loading=true]')")


def number(page: Page, key: str) -> int:
    shown = page.locator(f"[data-number={key}] .cg-number-value").inner_text()
    return int(shown.replace(",", ""))


def measure(page: Page, name: str) -> None:
    page.locator("#measure").click()
    page.get_by_role("option", name=name, exact=True).click()


def title(page: Page) -> Locator:
    return page.locator("#glance .cg-title")


def in_unit(demo: Engine, table: str, what: str, unit: int) -> int:
    """Count from the rows, not from what is stored."""
    query = text(
        f"SELECT coalesce({what}, 0) FROM citygrid.{table} AS r "
        "JOIN citygrid.unit_version AS v ON v.unit_id = r.unit_id AND upper_inf(v.valid) "
        "JOIN citygrid.unit_version AS u ON v.lft BETWEEN u.lft AND u.rgt AND upper_inf(u.valid) "
        "WHERE u.unit_id = :unit AND u.zoning_id = v.zoning_id"
    )
    with demo.connect() as db:
        return int(db.scalar(query, {"unit": unit}) or 0)


def check_numbers(page: Page, demo: Engine, unit: int) -> None:
    assert number(page, "people") == in_unit(demo, "people", "sum(r.count)", unit)
    assert number(page, "households") == in_unit(demo, "household", "sum(r.count)", unit)
    assert number(page, "buildings") == in_unit(demo, "building", "count(*)", unit)
    is_open = "count(*) FILTER (WHERE r.stage <> 'closed')"
    assert number(page, "open") == in_unit(demo, "incident", is_open, unit)


def name_of(demo: Engine, unit: int) -> str:
    with demo.connect() as db:
        query = text(
            "SELECT names ->> 'en' FROM citygrid.unit_version "
            "WHERE unit_id = :unit AND upper_inf(valid)"
        )
        return str(db.scalar(query, {"unit": unit}))


def test_from_the_city_to_a_building_by_clicks(overview: Page, demo: Engine) -> None:
    page = overview
    check_numbers(page, demo, 1)
    for _ in range(4):
        # The address is there before the map has begun to move.
        page.wait_for_function(f"() => ({CLICKABLE})().length > 0")
        settle(page)
        unit, x, y = page.evaluate(CLICKABLE)[0]
        page.mouse.click(x, y)
        expect(title(page)).to_have_text(name_of(demo, unit))
        expect(page).to_have_url(re.compile(rf"pick={unit}\b"))
        settle(page)
        check_numbers(page, demo, unit)
        page.mouse.click(x, y)
        expect(page).to_have_url(re.compile(rf"unit={unit}\b"))
        settle(page)
        check_numbers(page, demo, unit)
        expect(page.locator(".cg-path-here")).to_have_text(name_of(demo, unit))
    before = page.url
    where = page.locator("#breadcrumb").inner_text()

    page.reload()
    settle(page)
    assert page.url == before
    assert page.locator("#breadcrumb").inner_text() == where
    check_numbers(page, demo, unit)

    building, x, y = page.evaluate(BUILDING.replace("UNIT", "null"))
    page.mouse.click(x, y)
    expect(page).to_have_url(re.compile(rf"building={building}\b"))
    expect(page.locator("#glance")).to_contain_text("Nearest facilities")

    page.go_back()
    expect(page).to_have_url(before)
    expect(title(page)).to_have_text(name_of(demo, unit))
    page.go_back()
    expect(page).not_to_have_url(before)


def test_the_table_and_the_map_pick_the_same_unit(overview: Page, demo: Engine) -> None:
    page = overview
    row = page.locator(".ag-center-cols-container .ag-row").first
    name = row.locator("[col-id=name]").inner_text()
    row.click()
    expect(title(page)).to_have_text(name)
    settle(page)
    picked = int(re.findall(r"pick=(\d+)", page.url)[0])
    state = page.evaluate(
        "(id) => window.__citygrid_maps.map"
        ".getFeatureState({source: 'units', sourceLayer: 'units', id})",
        picked,
    )
    assert state["selected"] is True
    row.dblclick()
    expect(page).to_have_url(re.compile(rf"unit={picked}\b"))


def test_it_is_found_by_name_and_left_by_keys(overview: Page, demo: Engine) -> None:
    page = overview
    name = name_of(demo, 2)
    page.keyboard.press("/")
    expect(page.get_by_text(speaker("en")("head.search_start"))).to_be_visible()
    page.keyboard.type(name[:5])
    # Its children say its name, too: that they lie in it.
    page.get_by_role("option").filter(has=page.get_by_text(name, exact=True)).first.click()
    expect(title(page)).to_have_text(name)
    expect(page).to_have_url(re.compile(r"unit=2\b"))
    settle(page)
    page.keyboard.press("Backspace")
    expect(title(page)).to_have_text(name_of(demo, 1))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Go up a level")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_enter_takes_the_likeliest_however_soon_it_is_pressed(overview: Page, demo: Engine) -> None:
    page, name = overview, name_of(demo, 2)
    # Before there is any answer, after some for what was typed on the way, and when it is there.
    for between_ms, before_ms in ((0, 0), (150, 0), (0, 1500)):
        page.keyboard.press("/")
        page.keyboard.type(name, delay=between_ms)
        page.wait_for_timeout(before_ms)
        page.keyboard.press("Enter")
        expect(title(page)).to_have_text(name)
        # The next key is the map's.
        expect(page.locator("#search")).not_to_be_focused()
        page.keyboard.press("Backspace")
        expect(title(page)).to_have_text(name_of(demo, 1))
    page.keyboard.press("/")
    page.keyboard.type(name[-11:])
    options = page.locator(".cg-found").locator("visible=true")
    expect(options.nth(1)).to_be_visible()
    chosen = page.locator("[role=option][data-combobox-selected] .cg-found-name")
    first, second = (options.nth(at).inner_text() for at in (0, 1))
    expect(chosen).to_have_text(first.splitlines()[0])
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_text(second.splitlines()[0])
    page.keyboard.press("Enter")
    expect(title(page)).to_have_text(second.splitlines()[0])


def test_a_unit_of_another_zoning_is_looked_at_among_its_own(overview: Page, demo: Engine) -> None:
    page = overview
    with demo.connect() as db:
        id_, beat = db.execute(
            text(
                "SELECT unit_id, v.names->>'en' FROM citygrid.unit_version v "
                "JOIN citygrid.zoning z ON z.id = v.zoning_id "
                "WHERE z.key = 'police' AND upper_inf(valid) ORDER BY 1"
            )
        ).first()  # type: ignore[misc]
    page.keyboard.press("/")
    page.keyboard.type(beat)
    page.keyboard.press("Enter")
    expect(title(page)).to_have_text(beat)
    expect(page).to_have_url(re.compile(rf"pick={id_}&zoning=police"))
    expect(page.locator("#glance .cg-place-line")).to_contain_text("Police beat")
    expect(page.get_by_role("button", name="Open", exact=True)).to_have_count(0)
    settle(page)
    zoom = page.evaluate("window.__citygrid_maps.map.getZoom()")
    # The same from a link that does not say so, and in coverage, which counts there, too.
    page.goto(f"{page.url.split('?')[0]}?language=en&mode=coverage&pick={id_}")
    expect(page.locator("#reached .cg-subtitle")).to_have_text(beat)
    expect(page.locator("#reached .cg-two")).to_have_count(1)
    expect(page.locator("#ranking")).to_contain_text("Police beat")
    settle(page)
    assert page.evaluate("window.__citygrid_maps.map.getZoom()") == pytest.approx(zoom, abs=1)


def test_language_and_light_change_at_once_and_are_kept(overview: Page) -> None:
    page = overview
    page.locator("#language").click()
    expect(page.locator("#glance")).to_contain_text("基本情况")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("#light").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.goto(page.url.split("?")[0])
    expect(page.locator("#glance")).to_contain_text("基本情况")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    settle(page)


def test_the_measure_colours_map_legend_and_table(overview: Page) -> None:
    page = overview
    page.locator("#measure").click()
    page.get_by_role("option", name="Incidents reported").click()
    expect(page.locator("#legend")).to_contain_text("Incidents reported")
    page.locator("#per").click()
    page.get_by_role("option", name="Per 1,000 people").click()
    expect(page.locator("#legend")).to_contain_text("Per 1,000 people")
    expect(page).to_have_url(re.compile("measure=incidents&per=people"))
    settle(page)


def test_a_period_is_picked_and_let_go(overview: Page) -> None:
    page = overview
    page.get_by_role("button", name="30 days").click()
    expect(page.locator("#chips")).to_contain_text(" to ")
    expect(page).to_have_url(re.compile(r"start=\d{4}-\d\d-\d\d&end="))
    first = page.url
    page.get_by_role("button", name="The period before").click()
    # The chip is drawn anew with the period it names.
    expect(page).not_to_have_url(first)
    settle(page)
    page.locator("#chips button").click()
    expect(page.locator("#chips li")).to_have_count(0)
    settle(page)


def test_a_link_to_what_is_gone_says_so_until_it_is_closed(
    page: Page, address: str, door: Door
) -> None:
    signing.enter(page, address, door)
    page.goto(f"{address}/?language=en&unit=99999999")
    told = page.locator("#toast .cg-told")
    expect(told).to_contain_text("This place is not there")
    told.get_by_role("button").click()
    expect(told).to_have_count(0)
    settle(page)


def test_values_that_do_not_arrive_are_told_until_others_do(overview: Page, watch: Watch) -> None:
    page, watch.expected = overview, "503"
    page.route("**/values?*measure=households*", lambda route: route.fulfill(status=503, body=""))
    measure(page, "Households")
    expect(page.locator(".cg-without-values .cg-notice")).to_be_visible()
    measure(page, "Buildings")
    expect(page.locator(".cg-without-values .cg-notice")).to_be_hidden()
    settle(page)


def test_a_server_that_is_gone_is_told_until_it_answers(overview: Page, watch: Watch) -> None:
    # Dash prints its own complaint of a request that was lost.
    page, watch.expected = overview, "ERR_FAILED|Failed to fetch|Callback failed"
    page.route("**/_dash-update-component*", lambda route: route.abort())
    page.locator("#language").click()
    expect(page.locator(".cg-without-server .cg-notice")).to_be_visible()
    page.unroute("**/_dash-update-component*")
    page.locator("#language").click()
    expect(page.locator(".cg-without-server .cg-notice")).to_be_hidden()
    settle(page)


def test_the_worst_are_marked_on_the_map_as_in_the_list(overview: Page) -> None:
    page = overview
    listed = page.locator("#worst .cg-mark").all_inner_texts()
    marked = page.evaluate(
        """() => window.__citygrid_maps.map.queryRenderedFeatures({layers: ["worst"]})
          .map((mark) => String(mark.properties.rank))"""
    )
    assert set(marked) == set(listed)
    assert listed


def test_a_layer_is_switched_and_stays_so_in_the_address(overview: Page) -> None:
    page = overview
    page.get_by_role("button", name="Layers").click()
    page.get_by_label("Facilities", exact=True).check(force=True)
    expect(page).to_have_url(re.compile(r"facilities:100"))
    settle(page)
    visible = "() => window.__citygrid_maps.map.getLayoutProperty('facilities', 'visibility')"
    page.wait_for_function(f"() => ({visible})() !== 'none'")
    page.reload()
    settle(page)
    assert page.evaluate(visible) != "none"


def test_everything_has_a_name_and_a_place(overview: Page) -> None:
    page = overview
    for landmark in ("banner", "navigation", "main", "complementary"):
        assert page.get_by_role(landmark).count() >= 1, landmark  # type: ignore[arg-type]
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, [role=slider], [role=img]')]
          .filter((e) => e.offsetParent !== null && !e.closest('.ag-root, .js-plotly-plot'))
          .filter((e) => !(e.ariaLabel || e.title || e.innerText || e.labels?.length))
          .map((e) => e.outerHTML.slice(0, 160))"""
    )
    assert nameless == []


def test_nothing_is_cut_off_at_any_size(overview: Page) -> None:
    page = overview
    for width, height in ((1920, 1080), (1366, 768), (1024, 700), (420, 800)):
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == [], width
