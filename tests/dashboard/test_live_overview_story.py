"""The overview follows incidents: a leader looks on while others report."""

import datetime as dt
import json
import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, Request, expect

from gis.database import Role
from layers.handling import keeping
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import HERE, TO_HANDLE, Town

DRAWN = """() => window.__citygrid_maps.map
  .querySourceFeatures("incidents", {sourceLayer: "incidents"}).length > 0"""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def look(desk: Desk, measure: str) -> Page:
    """Open the overview, and wait until it is drawn and hears what others do."""
    desk.page.goto(f"{desk.address}/?language=en&measure={measure}&layers=incidents:90")
    page = desk.page
    expect(page.locator("[data-number=open]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-live", "true")
    expect(page.locator("#worst .cg-subtitle")).to_be_visible()
    page.wait_for_function("() => window.__citygrid_maps?.map?.loaded()")
    return page


def asked_for(page: Page) -> list[str]:
    """Return what the page asks for from now on: addresses, and the panels drawn anew."""
    asked: list[str] = []

    def hear(request: Request) -> None:
        if "_dash-update-component" in request.url:
            asked.append(json.loads(request.post_data or "{}")["output"])
        else:
            asked.append(request.url)

    page.on("request", hear)
    return asked


def test_all_numbers_of_the_overview_follow_a_report(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    page = look(sit("mayor"), "open")
    page.evaluate("(at) => window.__citygrid_maps.map.jumpTo({center: at, zoom: 16})", list(HERE))
    asked = asked_for(page)
    shown = page.locator("[data-number=open] .cg-number-value")
    expect(shown).to_have_text("0")
    expect(page.locator("#worst")).to_contain_text("No open incidents")

    one = town.report(title="Lamp out", now=now())
    expect(shown).to_have_text("1")
    expect(page.locator("#worst .cg-row-value").first).to_have_text("1")
    expect(page.locator("#table .cg-bar-number").first).to_have_text("1")
    expect(page.locator("#trend-head .cg-trend-number")).to_contain_text("1")
    expect(page.locator("#as-of")).to_contain_text(now().astimezone(town.city.tz).strftime("%H:"))
    page.wait_for_function(DRAWN)
    assert any(re.search(r"/tiles/incidents/.*news=", each) for each in asked)
    assert any(re.search(r"/values\?.*news=", each) for each in asked)

    # Overdue as the moment passes, though nobody does anything.
    one = town.along(one, *TO_HANDLE, now=now() - dt.timedelta(days=30))
    expect(page.locator("[data-number=open]")).to_contain_text("1 overdue")
    expect(page.locator("#worst .cg-subtitle")).to_have_text("Most overdue")


def test_a_flood_of_incidents_is_asked_about_once_a_second(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    town.report(now=now())
    page = look(sit("mayor"), "people")
    page.wait_for_timeout(1_000)
    asked = asked_for(page)
    began = time.monotonic()
    for _ in range(400):
        with town.engine(Role.ENGINE).begin() as db:
            keeping.tell(db, [1])
        page.wait_for_timeout(10)
    page.wait_for_timeout(2_000)
    lasted = time.monotonic() - began
    glances = [each for each in asked if "glance.children" in each]
    assert 2 <= len(glances) <= lasted + 1
    # People are measured, of whom the news said nothing.
    assert not [each for each in asked if "table.rowData" in each or "/values" in each]
