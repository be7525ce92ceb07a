"""The overview follows incidents: a leader looks on while others report."""

import datetime as dt
import json
import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, Request, Response, expect
from sqlalchemy import text

from gis.database import Role
from layers.handling import keeping
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
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


def test_a_report_is_on_the_overview_after_one_notice_and_one_question(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    desk, told = sit("mayor"), dict[str, float]()

    def hear(frame: str | bytes) -> None:
        if json.loads(frame).get("topic") == "incidents":
            told.setdefault("told", time.monotonic())

    desk.page.on("websocket", lambda socket: socket.on("framereceived", hear))
    page = look(desk, "people")
    page.wait_for_timeout(1_000)
    asked = asked_for(page)

    def answered(response: Response) -> None:
        if "glance.children" in (response.request.post_data or ""):
            told.setdefault("answered", time.monotonic())

    page.on("response", answered)
    told["reported"] = time.monotonic()
    town.report(now=now())
    expect(page.locator("[data-number=open] .cg-number-value")).to_have_text("1")
    page.wait_for_timeout(1_500)
    for what in ("told", "answered"):
        print(f"{what} {told[what] - told['reported']:.3f} s after the report was begun")  # noqa: T201 - for who reads the run
    # Each panel that counts incidents once, and nothing of what does not; what the news makes of
    # the view the page knows.
    assert "view.data" not in asked
    assert sorted(set(asked)) == sorted(asked)
    assert [each for each in asked if "glance.children" in each] == ["glance.children"]
    assert not [each for each in asked if "table.rowData" in each or "/values" in each]


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


def test_a_server_that_is_slow_to_answer_is_not_asked_anew_meanwhile(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    page = look(sit("mayor"), "people")
    page.wait_for_timeout(1_000)
    asked = asked_for(page)
    with town.engine(Role.OWNER).begin() as db:
        # Nobody counts incidents until this transaction ends.
        db.execute(text("LOCK TABLE citygrid.incident IN ACCESS EXCLUSIVE MODE"))
        end = time.monotonic() + 2
        while time.monotonic() < end:
            with town.engine(Role.ENGINE).begin() as other:
                keeping.tell(other, [1])
            page.wait_for_timeout(50)
        assert asked.count("glance.children") == 1
    expect(page.locator("html")).not_to_have_attribute("data-server-error", "gone")
    # What was heard meanwhile is asked about once it has answered.
    end = time.monotonic() + 20
    while asked.count("glance.children") < 2 and time.monotonic() < end:
        page.wait_for_timeout(100)
    page.wait_for_timeout(1_000)
    assert 2 <= asked.count("glance.children") <= 3


def test_what_is_closed_is_not_asked_for_when_others_report(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    desk = sit("intake")
    page = desk.page
    page.goto(f"{desk.address}/?language=en&mode=incidents&cases=mine")
    expect(page.locator("html")).to_have_attribute("data-live", "true")
    expect(page.locator("#cases-found")).to_contain_text("No")
    page.wait_for_timeout(1_000)
    asked = asked_for(page)
    one = town.report(title="Lamp out", now=now())
    expect(page.locator("#cases-found")).to_contain_text("Lamp out")
    page.wait_for_timeout(1_500)
    closed = ("case.children", "handled.children", "case-times-head.children")
    assert not [each for each in asked if any(name in each for name in closed)]

    # What is open follows.
    page.locator("#cases-found .cg-order").first.click()
    expect(page.locator("#case")).to_contain_text("Lamp out")
    page.wait_for_timeout(1_000)
    with page.expect_request(lambda request: '"case.children"' in (request.post_data or "")):
        town.act("intake", one, "register", now=now())


def test_who_looks_at_another_place_does_not_ask_when_somebody_reports(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    desk = sit("intake")
    page = desk.page

    def show(unit: int) -> list[str]:
        page.goto(f"{desk.address}/?language=en&mode=incidents&unit={unit}")
        expect(page.locator("html")).to_have_attribute("data-live", "true")
        expect(page.locator("#cases-found")).to_contain_text("No")
        page.wait_for_timeout(1_000)
        page.evaluate(
            "() => { window.heard = 0; addEventListener('citygrid:news', () => { heard += 1; }); }"
        )
        return asked_for(page)

    asked = show(2)
    one = town.report(title="Lamp out", now=now())
    expect(page.locator("#cases-found")).to_contain_text("Lamp out")
    assert "cases-found.children" in asked

    asked = show(7)
    town.act("intake", one, "register", now=now())
    page.wait_for_function("() => heard > 0")
    page.wait_for_timeout(1_500)
    assert asked == []
