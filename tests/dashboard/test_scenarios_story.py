"""A planner's scenario in a real browser on the demo: tried, saved, answered, compared, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from dashboard.app import create_app
from dashboard.door import Door
from dashboard.jobs.working import KeepWorking
from gis.database import Role, Server
from tests.dashboard import signing
from tests.dashboard.test_coverage_story import SETTLED, UNCOVERED, WIDE
from tests.fixtures_browser import Serve

ASKED = "mode=coverage&minutes=15&metres=1000&language=en"
COLOURS = """
() => {
  const map = window.__citygrid_maps.map;
  const ids = map.queryRenderedFeatures({layers: ["units"]}).map((each) => each.id);
  return [...new Set(ids)].map(
    (id) => map.getFeatureState({source: "units", sourceLayer: "units", id}).v);
}
"""


@pytest.fixture(scope="module")
def door(demo: Engine) -> Iterator[Door]:
    with signing.planners_door(demo, "plan", "also") as door:
        yield door


@pytest.fixture(scope="module")
def address(demo: Engine, door: Door, serve_module: Serve) -> str:
    there = Server(demo.url, is_private=True)
    engine = there.engine(Role.APP, pool_size=6)
    app = create_app(engine, door, working=KeepWorking(there, begin_after_s=0))
    return serve_module(app.server, engine)


@pytest.fixture
def planner(page: Page, address: str, door: Door) -> Page:
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    signing.enter(page, address, door, "plan")
    page.goto(f"{address}/?{ASKED}")
    return page


def number(written: str) -> int:
    return int(re.sub(r"[^\d]", "", written)) * (-1 if written.startswith("−") else 1)


def cells(page: Page, group: str) -> list[int]:
    return [number(said) for said in page.locator(f"[data-changed={group}] td").all_inner_texts()]


def put(page: Page, given: dict[str, Any]) -> dict[str, Any]:
    """Keep a scenario from within a page that is open, as its script would."""
    made: dict[str, Any] = page.evaluate("(given) => citygrid.post('scenarios', given)", given)
    return made


def test_what_is_tried_is_saved_answered_compared_and_deleted(planner: Page) -> None:
    page = planner
    page.wait_for_function(SETTLED)
    page.wait_for_function(UNCOVERED)
    _, x, y = page.evaluate(UNCOVERED)
    page.get_by_role("button", name="Try a place").click()
    expect(page.locator(".cg-next").get_by_text("click to set it")).to_be_visible()
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page).to_have_url(re.compile("tried="))

    # The keyboard is enough from here on.
    page.get_by_label("Name of the scenario").fill("A clinic on the other bank")
    page.keyboard.press("Enter")
    listed = page.locator("[data-scenario]").filter(has_text="A clinic on the other bank")
    expect(listed).to_contain_text("Not answered yet")
    expect(page.get_by_label("Name of the scenario")).to_have_value("")

    listed.get_by_role("button", name="Answer").press("Enter")
    expect(listed).to_contain_text("people uncovered, citywide", timeout=60_000)
    expect(listed.get_by_role("button", name="Answer anew")).to_be_visible()

    listed.get_by_role("button", name="Compare").press("Enter")
    expect(page).to_have_url(re.compile(r"scenario=\d+"))
    expect(listed.get_by_role("button", name="Compare")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-changed=people] td")).to_have_count(3)
    before, after, change = cells(page, "people")
    assert before > after
    assert change == after - before
    # What the job found by the same public numbers.
    told = listed.locator("p").inner_text().split("people")[0].split("→")
    assert [number(said) for said in told] == [before, after]
    gains = page.locator(".cg-scenario-units [data-unit] span").all_inner_texts()
    assert gains
    assert all(gain.startswith("+") for gain in gains)
    # Where somebody is won, the map says so; the legend is that of differences.
    expect(page.locator("#legend h2")).to_contain_text("Change in share covered")
    page.wait_for_function(f"() => ({COLOURS})().some((v) => v > 0)")
    shared = page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    assert download.value.suggested_filename.startswith("coverage-scenario-")

    # Asking something else ends the comparison; the address leads back to it.
    page.get_by_role("button", name="Older", exact=True).click()
    expect(page).not_to_have_url(re.compile("scenario="))
    page.goto(shared)
    expect(listed.get_by_role("button", name="Compare")).to_have_attribute("aria-pressed", "true")

    listed.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(listed.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(listed.get_by_role("button", name="Delete", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    listed.get_by_role("button", name="Delete it").press("Enter")
    expect(listed).to_have_count(0)
    expect(page).not_to_have_url(re.compile("scenario="))
    page.goto(shared)
    expect(page.locator("#scenarios")).to_contain_text("This scenario was deleted")


def test_a_facility_is_closed_and_left_open_again(planner: Page) -> None:
    page = planner
    panel = page.locator("#scenarios")
    panel.get_by_text(re.compile("^Close a facility of")).click()
    panel.locator(".cg-scenario-choices button").first.press("Enter")
    expect(page).to_have_url(re.compile(r"closed=\d+"))
    expect(panel.locator(".cg-scenario-closed")).to_contain_text("Closed:")
    # Houses that have nothing else near turn the colour of those that are not covered.
    page.wait_for_function(SETTLED)
    page.wait_for_function(UNCOVERED)
    # Where it stands it is struck through, and the legend says what that is.
    page.wait_for_function(STRUCK)
    legend = page.locator("#legend")
    expect(legend).to_contain_text("Facility supposed closed")
    panel.locator(".cg-scenario-closed button").press("Enter")
    expect(page).not_to_have_url(re.compile("closed="))
    expect(legend).not_to_contain_text("Facility supposed closed")
    page.wait_for_function(f"() => !({STRUCK})()")


def test_a_facility_clicked_on_the_map_may_be_closed(planner: Page) -> None:
    page = planner
    page.wait_for_function(SETTLED)
    where = """
    () => {
      const map = window.__citygrid_maps.map;
      const [hit] = map.queryRenderedFeatures({layers: ["serving"]});
      if (!hit) return null;
      const at = map.project(hit.geometry.coordinates);
      const box = map.getCanvas().getBoundingClientRect();
      return [box.left + at.x, box.top + at.y];
    }
    """
    x, y = page.wait_for_function(where).json_value()
    page.mouse.click(x, y)
    page.get_by_role("button", name="Close this facility").click()
    expect(page).to_have_url(re.compile(r"closed=\d+"))


def test_what_others_share_is_compared_and_not_theirs_to_delete(
    planner: Page, address: str, door: Door
) -> None:
    page = planner
    expect(page.locator("#scenarios [data-part=scenarios] > div")).to_be_visible()
    place = {"do": "open", "kind": "health_centre", "at": [118.0, 21.6]}
    question = {"kinds": ["health_centre"], "minutes": 15, "metres": 1000}
    for name, is_shared in (("Mine alone", False), ("For all", True)):
        put(page, {"name": name, "question": question, "changes": [place], "shared": is_shared})
    signing.enter(page, address, door, "also")
    page.goto(f"{address}/?{ASKED}")
    shown = page.locator("[data-scenario]").filter(has_text="For all")
    expect(shown).to_have_count(1)
    expect(page.locator("[data-scenario]").filter(has_text="Mine alone")).to_have_count(0)
    expect(shown.get_by_role("button")).to_have_text(["Open", "Compare"])
    shown.get_by_role("button", name="Open").click()
    expect(page).to_have_url(re.compile("tried=118.000000,21.600000"))


def test_a_scenario_is_compared_with_another_one(planner: Page) -> None:
    page = planner
    panel = page.locator("#scenarios")
    expect(panel.locator("[data-part=scenarios] > div")).to_be_visible()
    question = {"kinds": ["health_centre"], "minutes": 15, "metres": 1000}
    first = page.evaluate(
        "async (asked) => (await (await fetch(`coverage/facilities?${asked}`)).json())"
        ".features[0].id",
        ASKED,
    )
    closed = {"do": "close", "facility": first}
    grown = {"do": "grow", "unit": 1, "percent": 20}
    one, other = (
        put(page, {"name": name, "question": question, "changes": changes})["id"]
        for name, changes in (("Closed", [closed]), ("Closed and grown", [closed, grown]))
    )
    page.goto(f"{page.url.split('?')[0]}?{ASKED}&scenario={one}")
    expect(page.locator("[data-changed=people] td")).to_have_count(3)
    then = cells(page, "people")[1]
    panel.get_by_text("Compared with: Today").press("Enter")
    panel.get_by_role("button", name="Closed and grown", exact=True).press("Enter")
    expect(page).to_have_url(re.compile(rf"scenario={one}&against={other}\b"))
    expect(panel).to_contain_text("Closed, compared with Closed and grown")
    expect(panel.get_by_role("columnheader", name="Compared with").first).to_be_visible()
    before, after, change = cells(page, "people")
    assert after == then
    assert change == after - before < 0
    # Fewer people are reached everywhere than where more live.
    page.wait_for_function(f"() => ({COLOURS})().every((v) => !(v > 0.001))")
    with page.expect_download() as download:
        panel.get_by_role("link", name="Excel").click()
    assert f"scenario-{one}-against-{other}" in download.value.suggested_filename
    page.get_by_role("button", name="Today", exact=True).press("Enter")
    expect(page).not_to_have_url(re.compile("against="))
    expect(panel).to_contain_text("Closed, compared with today")


# The houses that nothing reaches, and the links that would reach one of them.
LINKS = """
async (asked) => {
  const told = await (await fetch(`coverage/buildings?${asked}`)).json();
  const far = told.ids.filter((_, k) => told.values[k] === 2).reverse();
  const links = [];
  for (const building of far) {
    const way = await (await fetch(`coverage/way?${asked}&building=${building}`)).json();
    const link = way.features.find((each) => each.properties.part === "link");
    if (link) links.push(link.geometry.coordinates);
  }
  return [far, links];
}
"""
OVER_WATER = text(
    "SELECT EXISTS (SELECT FROM citygrid.water WHERE ST_Crosses(ST_SetSRID(ST_MakeLine("
    " ST_MakePoint(:w, :s), ST_MakePoint(:e, :n)), 4326), geom))"
)
ON_SCREEN = """
(at) => {
  const map = window.__citygrid_maps.map;
  const box = map.getCanvas().getBoundingClientRect(), {x, y} = map.project(at);
  return [box.left + x, box.top + y];
}
"""
# Whether a house is in the colour of those that are reached by what is tried.
COVERED = """
(ids) => ids.some((id) => window.__citygrid_maps.map.getFeatureState(
  {source: "buildings", sourceLayer: "buildings", id}).v === 0)
"""
STRUCK = """
() => {
  const map = window.__citygrid_maps.map;
  return map.getLayer("serving-closed")
    && map.queryRenderedFeatures({layers: ["serving-closed"]}).length > 0;
}
"""
DRAWN = """
(part) => {
  const map = window.__citygrid_maps.map;
  return map.getSource("supposed")
    && map.querySourceFeatures("supposed").some((each) => each.properties.part === part);
}
"""


def click(page: Page, at: list[float]) -> None:
    page.mouse.click(*page.evaluate(ON_SCREEN, at))


def test_a_bridge_a_closed_road_and_growth_are_drawn_saved_compared_and_opened(
    planner: Page, demo: Engine
) -> None:
    page = planner
    page.wait_for_function(SETTLED)
    panel = page.locator("#scenarios")
    far, links = page.evaluate(LINKS, ASKED)
    with demo.connect() as db:
        bridges = [
            (start, end)
            for start, end in links
            if db.scalar(OVER_WATER, dict(zip("wsen", (*start, *end), strict=True)))
        ]
    start, end = bridges[0]
    assert not page.evaluate(COVERED, far)

    panel.get_by_role("button", name="Draw a path or bridge").click()
    expect(panel).to_contain_text("both ends must lie at a street")
    click(page, start)
    expect(page).to_have_url(re.compile("corners="))
    ending = panel.get_by_role("button", name="End the path")
    expect(ending).to_be_disabled()
    click(page, end)
    expect(ending).to_be_enabled()
    ending.press("Enter")
    expect(page).to_have_url(re.compile("paths="))
    expect(panel).to_contain_text("on foot")
    expect(page.locator("#legend")).to_contain_text("New path or bridge")
    page.wait_for_function(DRAWN, arg="path")
    # On the other bank houses are covered now.
    page.wait_for_function(COVERED, arg=far)

    panel.get_by_role("button", name="Close a road").click()
    expect(panel).to_contain_text("Click the road on the map")
    click(page, start)
    expect(page).to_have_url(re.compile(r"roads=\d+"))
    expect(panel).to_contain_text("Road closed:")
    page.wait_for_function(DRAWN, arg="road")
    panel.get_by_role("button", name=re.compile("^Take back: Road closed")).press("Enter")
    expect(page).not_to_have_url(re.compile("roads="))
    expect(panel).not_to_contain_text("Road closed:")

    panel.get_by_text(re.compile("^Let the people of .* grow")).click()
    panel.get_by_label("Growth of people").fill("20")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"grown=1:20\b"))
    expect(panel).to_contain_text("people +20%")

    panel.get_by_label("Name of the scenario").fill("A bridge, and more people")
    page.keyboard.press("Enter")
    listed = page.locator("[data-scenario]").filter(has_text="A bridge, and more people")
    listed.get_by_role("button", name="Compare").press("Enter")
    expect(page).to_have_url(re.compile(r"scenario=\d+"))
    expect(panel).to_contain_text("1 new path, 1 place with more or fewer people")
    expect(panel.locator(".cg-scenario-said")).to_contain_text("New path or bridge of")
    # More people, and of the other bank's fewer are left out.
    gains = page.locator(".cg-scenario-units [data-unit] span").all_inner_texts()
    assert gains
    assert all(gain.startswith("+") for gain in gains)

    page.goto(f"{page.url.split('?')[0]}?{ASKED}")
    listed.get_by_role("button", name="Open").press("Enter")
    expect(page).to_have_url(re.compile("paths=.*grown=1:20"))
    page.wait_for_function(COVERED, arg=far)


def test_a_facility_is_moved_on_the_map(planner: Page) -> None:
    page = planner
    page.wait_for_function(SETTLED)
    page.wait_for_function(UNCOVERED)
    _, x, y = page.evaluate(UNCOVERED)
    number = page.evaluate(
        "async (asked) => (await (await fetch(`coverage/facilities?${asked}`)).json())"
        ".features[0].id",
        ASKED,
    )
    page.evaluate("(n) => citygrid.tell('ask', `choosing:${n}`)", number)
    page.get_by_role("button", name="Move this facility").press("Enter")
    expect(page.locator("#scenarios")).to_contain_text("Click where it is to stand")
    page.mouse.click(x, y)
    expect(page).to_have_url(re.compile(rf"moved={number}:"))
    expect(page.locator("#scenarios")).to_contain_text("Moved by")
    page.wait_for_function(DRAWN, arg="place")
    page.get_by_role("button", name=re.compile("^Take back: Moved")).press("Enter")
    expect(page).not_to_have_url(re.compile("moved="))


def test_what_is_unfolded_and_typed_stays_as_the_panel_is_drawn_anew(planner: Page) -> None:
    page = planner
    page.wait_for_function(SETTLED)
    panel, field = page.locator("#scenarios"), page.locator("#scenario-growth")

    def read_in(language: str, said: str) -> None:
        page.evaluate("(to) => citygrid.tell('set', ['language', to])", language)
        expect(panel).to_contain_text(said)

    panel.get_by_text(re.compile("^Let the people of .* grow")).click()
    field.fill("12")
    read_in("zh", "方案")
    expect(field).to_be_focused()
    expect(field).to_have_value("12")
    # Where nobody typed, what is typed next takes its place.
    field.fill("0")
    read_in("en", "Scenarios")
    page.keyboard.type("7")
    expect(field).to_have_value("7")
    # Closed, it stays so.
    panel.get_by_text(re.compile("^Let the people of .* grow")).click()
    expect(field).to_be_hidden()
    read_in("zh", "方案")
    expect(field).to_be_hidden()
