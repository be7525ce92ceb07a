"""Working on an incident: what is near it, what is put right, split off, linked, and looked up."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.dashboard.test_incidents_story import ELSEWHERE, WHERE, Desk
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import Town

# The mark that only shows a place, beside the pin that is dragged.
LOOKED_AT = ".citygrid-site-fixed"


def read_near(page: Page, within: str) -> None:
    near = page.locator(f"{within} .cg-near")
    expect(near.locator("section")).to_have_count(0)
    near.locator("summary").focus()
    page.keyboard.press("Enter")
    station = near.locator("[data-near=facilities] .cg-row").first
    expect(station).to_contain_text("by car")
    expect(near.locator("[data-near=buildings] .cg-row")).to_have_count(1)
    expect(near.locator("[data-near=people]")).to_contain_text("10700000001")
    expect(page.locator(LOOKED_AT)).to_have_count(0)
    station.focus()
    expect(page.locator(LOOKED_AT)).to_have_count(1)
    station.blur()
    expect(page.locator(LOOKED_AT)).to_have_count(0)


def test_what_is_near_is_read_before_a_report_and_beside_a_case(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    town.report(title="Fallen wire", severity="extreme")
    intake = sit("intake")
    intake.open()
    intake.place(WHERE)
    read_near(intake.page, "#intake")
    expect(intake.page.locator("[data-near=hazards]")).to_contain_text("Fallen wire")
    # Another place, seen at once; the section stays open.
    intake.place(ELSEWHERE)
    expect(intake.page.locator("#intake [data-near=buildings] .cg-row")).to_have_count(0)
    intake.take("Fallen wire")
    read_near(intake.page, "#case")
    # It is not near itself.
    expect(intake.page.locator("[data-near=hazards]")).to_have_count(0)
