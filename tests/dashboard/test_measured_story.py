"""Measures on the page: compared by group, and every number followed to exactly its cases."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from gis.database import Role
from gis.division.joining import HandOver
from gis.division.stored import open_division
from layers.taking_effect import take_effect
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import HERE, THERE, TO_CLOSE, TO_HANDLE, Town

PERIOD = "start=2026-02-02&end=2026-03-01"
FIRST = dt.datetime(2026, 2, 2, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
UNITED = text(
    "UPDATE citygrid.unit_version p SET geom = (SELECT ST_Multi(ST_Union(geom))"
    " FROM citygrid.unit_version WHERE parent_id = p.unit_id)"
    " WHERE zoning_id = 1 AND level = :level"
)
QUARTERS = {2: "Unit C1", 7: "Unit C2"}
DRAWN = """async () => {
  const { data } = window.__citygrid_maps.map.getStyle().sources.cases;
  const found = typeof data === "string" ? await (await fetch(data)).json() : data;
  return found.features.length;
}"""


def fill(town: Town) -> None:
    """Report cases on two quarters: two are closed, one is handled, one is about a person."""
    closed = []
    for number in range(8):
        now = FIRST + number * DAY
        more = {"place": HERE if number < 5 else THERE, "title": f"Lamp {number}", "now": now}
        one = town.report(is_personal=number == 3, **more)
        if number < 3:
            one = town.along(one, *TO_HANDLE, now=now)
        if number < 2:
            closed.append(one)
    for one in closed:
        one = town.along(one, *TO_CLOSE[:1], now=FIRST + 20 * DAY)
        town.along(one, *TO_CLOSE[1:], now=FIRST + 21 * DAY)


def handed_over(town: Town) -> None:
    """Hand square 3 over to the other quarter, after all that is closed was."""
    with town.engine(Role.OWNER).begin() as db:
        # As loading makes them: with the vertices that their children meet in.
        for level in (2, 1):
            db.execute(UNITED, {"level": level})
        take_effect(db, open_division(db, [1]).do(HandOver([3], 7)), at=FIRST + 22 * DAY)


def listed(page: Page, number: str) -> None:
    """The list and the map hold as many cases as a number says, and say so."""
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".cg-counted [data-counts]")).to_have_text(number)
    expect(page.locator("#cases .cg-order")).to_have_count(int(number))
    page.wait_for_function(f"async () => await ({DRAWN})() === {number}")


def test_measures_are_compared_and_each_number_lists_its_cases(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    fill(town)
    desk = sit("dispatcher")
    desk.open(PERIOD)
    page = desk.page
    panel, table = page.locator("#measured"), page.locator("[data-part=handled]")
    by = table.locator(".cg-measured-by .cg-ask")
    rows = table.locator("tbody tr")

    panel.get_by_role("button", name="Unit", exact=True).click()
    # All together, and the four quarters.
    expect(rows).to_have_count(5)
    head = table.locator("thead [data-formula=mean_hours]")
    expect(head).to_have_attribute("title", re.compile("without the time .* version 2"))

    for group, formula, side, number in (
        ("2", "registered_rate", "n", "3"),
        ("2", "registered_rate", "d", "5"),
        ("7", "overdue", "d", "3"),
        ("2", "mean_hours", "d", "2"),
        ("", "in_time_rate", "d", "8"),
    ):
        cell = rows.and_(page.locator(f'[data-group="{group}"]')).locator(
            f"td[data-formula={formula}]"
        )
        button = cell.locator(f"[data-counted^='{formula}:{side}:']")
        expect(button).to_contain_text(number)
        button.click()
        listed(page, number)
        page.locator(".cg-counted").get_by_role("button", name="Back to the table").click()
        expect(table).to_have_attribute("open", "")

    for name, groups in (("Duty body", 2), ("Big class", 1), ("Small class", 1), ("Week", 4)):
        by.filter(has_text=name).click()
        expect(by.filter(has_text=name)).to_have_attribute("aria-pressed", "true")
        expect(rows).to_have_count(1 + groups)

    # A week's number, by keys; a link and the way back are the same again.
    cell = table.locator('[data-group="2026-02-09"] [data-counted^="registered_rate:d:"]')
    expect(cell).to_have_text("1")
    cell.press("Enter")
    listed(page, "1")
    link = page.url
    assert "counted=registered_rate:d:2026-02-09" in link
    page.goto(link)
    listed(page, "1")
    expect(page.locator("#chips")).to_contain_text("Week from 9 Feb 2026")
    page.go_back()
    # Another place is another number.
    page.goto(link)
    page.locator("#cases .cg-ask", has_text="Closed").click()
    expect(page.locator(".cg-counted")).to_have_count(0)
    expect(page.locator("#cases .cg-order")).to_have_count(2)


def test_a_number_counts_and_lists_only_what_the_viewer_may_see(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    fill(town)
    for login, number in (("planner", "7"), ("dispatcher", "8")):
        desk = sit(login)
        desk.open(PERIOD)
        page = desk.page
        button = page.locator('#measured [data-counted="registered_rate:d:"]')
        expect(button).to_have_text(number)
        button.click()
        listed(page, number)


def test_closed_cases_are_counted_on_the_boundaries_that_are_chosen(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    fill(town)
    handed_over(town)
    desk = sit("dispatcher")
    desk.open(f"{PERIOD}&sheet=True")
    page = desk.page
    table = page.locator("[data-part=handled]")

    def reported(quarter: int) -> Locator:
        return table.locator(f'[data-counted="registered_rate:d:{quarter}"]')

    # What was closed in square 3 is of the quarter it was closed in.
    expect(reported(7)).to_have_text("6")
    reported(2).click()
    listed(page, "2")
    expect(page.locator(".cg-counted")).to_contain_text("by the boundaries when they were closed")
    page.goto(page.url)
    listed(page, "2")
    page.locator(".cg-counted").get_by_role("button", name="Back to the table").click()
    table.get_by_role("button", name="Today's").click()
    # Everything of square 3 is of the other quarter today.
    expect(reported(7)).to_have_text("8")
    expect(reported(2)).to_have_count(0)


def test_a_unit_lists_what_was_closed_in_it_or_lies_there_today(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    fill(town)
    handed_over(town)
    desk = sit("dispatcher")
    page = desk.page
    rows = page.locator("#cases .cg-order")
    choice = page.locator("#cases .cg-measured-by .cg-ask")
    for quarter, then, today in ((2, 2, 0), (7, 0, 2)):
        desk.open(f"{PERIOD}&unit={quarter}&cases=closed")
        for name, number in (("Then's", then), ("Today's", today)):
            choice.filter(has_text=name).click()
            expect(choice.filter(has_text=name)).to_have_attribute("aria-pressed", "true")
            expect(rows).to_have_count(number)
            # Without an address a line says of which unit it is, and in which that lies or lay.
            for line in rows.all():
                expect(line.locator("> .cg-quiet")).to_have_text(f"Unit C11 · {QUARTERS[quarter]}")
            # The map has as many, and so has a link.
            page.wait_for_function(f"async () => await ({DRAWN})() === {number}")
        assert "bounds=today" in page.url
        page.goto(page.url)
        expect(rows).to_have_count(today)
    # What is open lies where it lies: there is nothing to choose.
    page.locator("#cases .cg-ask", has_text="Open").first.click()
    expect(rows).to_have_count(6)
    expect(choice).to_have_count(0)
