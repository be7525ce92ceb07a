"""Patterns of incidents on the page: asked for, seen on the map, followed to their incidents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy import text

from gis.database import Role
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import HERE, Town

DRAWN = "() => window.__citygrid_maps.map.getStyle().sources.pattern?.data"
PERIOD = "start=2026-02-02&end=2026-03-01"
FIRST = dt.datetime(2026, 2, 2, 4, tzinfo=dt.UTC)


def test_patterns_are_asked_for_drawn_and_lead_to_their_incidents(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    for number in range(24):
        lon, lat = HERE
        # Days apart, so that none is a duplicate; all on one spot.
        town.report(lon=lon, lat=lat, title=f"Lamp {number}", now=FIRST + dt.timedelta(days=number))
    desk = sit("mayor")
    desk.open(PERIOD)
    page = desk.page
    found = page.locator("#patterns-found")
    chip = page.locator("#patterns-head .cg-ask")
    expect(page.locator(".cg-pattern-class")).to_be_hidden()

    chip.filter(has_text="Repeated").focus()
    page.keyboard.press("Enter")
    expect(found.locator(".cg-pattern-said")).to_contain_text("again and again")
    first = found.locator("summary").first
    expect(first).to_contain_text("24")
    page.wait_for_function(DRAWN)
    expect(page.locator(".citygrid-site-fixed")).to_have_count(0)
    first.focus()
    expect(page.locator(".citygrid-site-fixed")).to_have_count(1)
    page.keyboard.press("Enter")
    found.locator("details .cg-row", has_text="Lamp 23").press("Enter")
    expect(page.locator("#case .cg-title")).to_have_text("Lamp 23")
    # The incident makes room again for what it was found by.
    page.go_back()
    expect(found.locator("summary").first).to_contain_text("24")
    # How near and how many at least are chosen, and by which boundaries; a link keeps them.
    for name in ("500 m", "50", "Today's"):
        chosen = chip.get_by_text(name, exact=True)
        chosen.click()
        expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(found).to_contain_text("50 or more within 500 m")
    expect(found.locator("summary")).to_have_count(0)
    link = page.url
    assert all(part in link for part in ("reach=500", "least=50", "bounds=today"))
    page.goto(link)
    expect(found).to_contain_text("50 or more within 500 m")
    chip.get_by_text("20", exact=True).click()
    expect(found.locator("summary").first).to_contain_text("24")

    chip.filter(has_text="Hours").click()
    expect(found.locator(".cg-pattern-hours .heatmaplayer image")).to_have_count(1)
    chip.filter(has_text="Hot spots").click()
    expect(found.locator(".cg-pattern-said")).to_contain_text("more than by chance")
    chip.filter(has_text="By residents").click()
    expect(chip.filter(has_text="By residents")).to_have_attribute("aria-pressed", "true")
    # No building says it yet; once one does, it is offered.
    expect(page.locator("#patterns-head")).to_contain_text("No building says how many")
    expect(chip.filter(has_text="by day")).to_have_count(0)
    with town.engine(Role.OWNER).begin() as db:
        db.execute(text("UPDATE citygrid.building SET day_people = 500 WHERE id = 1"))
        db.execute(
            text("UPDATE citygrid.layer_state SET changed_at = now() WHERE layer = 'buildings'")
        )
    page.reload()
    chip.filter(has_text="by day").click()
    expect(found).to_contain_text("For 1,000 people by day")
    assert "divided=day" in page.url
    chip.filter(has_text="By residents").click()
    expect(found).to_contain_text("For 1,000 residents")
    # A link is the same again.
    link = page.url
    assert "pattern=hot_spots" in link
    assert "divided=people" in link
    page.goto(link)
    expect(chip.filter(has_text="By residents")).to_have_attribute("aria-pressed", "true")
    expect(found.locator(".cg-times-legend li")).to_have_count(4)
    found.get_by_role("button", name="List these incidents").click()
    expect(page.locator("#cases .cg-order")).to_have_count(24)
    # What cannot be told is said, and what to do.
    chip.filter(has_text="Control charts").click()
    expect(found).to_contain_text("What is usual is not known")
    # Once more, it is put away.
    chip.filter(has_text="Control charts").click()
    expect(found).to_be_empty()
