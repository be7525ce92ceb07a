"""The planner on a real city: clinics, the worst area, this house, three places compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from dashboard.app import create_app
from dashboard.door import Door
from dashboard.jobs.working import KeepWorking
from gis import places
from gis.database import Role, Server
from tests.dashboard import signing
from tests.dashboard.test_coverage_story import DRAWN, UNCOVERED, WIDE, number, settled
from tests.dashboard.test_scenarios_story import cells
from tests.fixtures_browser import Serve

ASKED = "?mode=coverage&kinds=clinic&minutes=15&metres=1000&language=en"
WAIT_MS = 60_000
CLOSER = "(centre) => window.__citygrid_maps.map.jumpTo({center: centre, zoom: 17})"
HOME_IN = text(
    "SELECT ST_X(b.centre), ST_Y(b.centre) FROM citygrid.building b JOIN citygrid.feature_unit f "
    "ON (f.layer, f.feature_id) = ('buildings', b.id) WHERE f.unit_id = :unit "
    "ORDER BY b.floor_area_m2 DESC LIMIT 1"
)


@pytest.fixture(scope="module")
def door(taipei: Engine) -> Iterator[Door]:
    with taipei.connect() as db:
        root = places.root(db)
    assert root is not None
    with signing.planners_door(taipei, "plan", unit_id=root.id) as door:
        yield door


@pytest.fixture(scope="module")
def address(taipei: Engine, door: Door, serve_module: Serve) -> str:
    there = Server(taipei.url, is_private=True)
    engine = there.engine(Role.APP, pool_size=6)
    app = create_app(engine, door, working=KeepWorking(there, begin_after_s=0))
    return serve_module(app.server, engine)


def test_from_the_gap_to_a_map_of_it(
    page: Page, address: str, door: Door, taipei: Engine, tmp_path: Path
) -> None:
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    signing.enter(page, address, door, "plan")
    page.goto(f"{address}/{ASKED}")
    first = page.locator("#table [row-index='0']").first
    expect(first).to_be_visible(timeout=WAIT_MS)
    two = page.locator("[data-answer] strong")
    # A kilometre as the crow flies is more than one along the streets.
    official, walked = (float(each.rstrip("%")) for each in two.all_inner_texts())
    assert 90 < walked < official < 100
    expect(page.locator("#reached")).to_contain_text("0 were wrongly covered and 0 wrongly")

    # The li where most people are left out, which are no part of the tree of duties.
    page.locator("#equity").get_by_role("button", name="Village (li)").click()
    expect(page).to_have_url(re.compile("zoning=li"))
    expect(page.locator("#ranking-head")).to_have_text("456", timeout=WAIT_MS)
    name = first.locator("[col-id=name]").inner_text()
    uncovered = number(first.locator("[col-id=uncovered]").inner_text())
    assert uncovered > 100
    first.dblclick()
    expect(page.locator("#reached h2")).to_have_text(name, timeout=WAIT_MS)
    told = page.locator("#reached [data-group=people] td").nth(1)
    assert number(told.inner_text()) == uncovered
    settled(page)
    # Closer, to where people live in it.
    unit = int((first.get_attribute("row-id") or "").removeprefix("unit:"))
    with taipei.connect() as db:
        page.evaluate(CLOSER, list(db.execute(HOME_IN, {"unit": unit}).one()))
    settled(page)
    page.wait_for_function(UNCOVERED, timeout=WAIT_MS)
    _, x, y = page.evaluate(UNCOVERED)
    page.mouse.click(x, y)
    expect(page.locator("#reached [data-covered]")).to_have_attribute("data-covered", "false")
    page.wait_for_function(DRAWN, arg="beyond", timeout=WAIT_MS)
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")

    page.locator("#next").get_by_role("button", name="Most people").click()
    gap = page.locator("#next [data-part=gap]")
    expect(gap).to_have_text(re.compile("optimum|no better choice"), timeout=WAIT_MS)
    expect(page.locator(".citygrid-site-fixed")).to_have_count(3)
    page.get_by_role("button", name="Try these").click()
    tried = page.locator("#next .cg-next-list li")
    expect(tried).to_have_count(3)
    expect(page.locator(".citygrid-site-tried")).to_have_count(3)
    left = page.locator("#next p").last
    expect(left).to_contain_text("people more covered")
    brought = [number(text.split(" people")[0]) for text in tried.all_inner_texts()]
    assert sum(brought) > 0

    page.get_by_label("Name of the scenario").fill("Three more clinics")
    page.keyboard.press("Enter")
    listed = page.locator("[data-scenario]").filter(has_text="Three more clinics")
    listed.get_by_role("button", name="Answer").press("Enter")
    expect(listed).to_contain_text("people uncovered, citywide", timeout=WAIT_MS)
    listed.get_by_role("button", name="Compare").press("Enter")
    expect(page.locator("[data-changed=people] td")).to_have_count(3, timeout=WAIT_MS)
    before, after, change = cells(page, "people")
    assert change == after - before < 0

    with page.expect_download(timeout=WAIT_MS) as taken:
        page.get_by_role("link", name="Map, PDF").click()
    taken.value.save_as(tmp_path / "map.pdf")
    (sheet,) = pypdf.PdfReader(tmp_path / "map.pdf").pages
    written = sheet.extract_text()
    assert "Clinic" in written
    assert "Taipei" in written
