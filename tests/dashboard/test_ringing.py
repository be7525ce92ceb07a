"""Who is rung for what: new cases and those that wait for him, not for what he did himself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from playwright.sync_api import expect

from dashboard.incidents.alerts import ringing
from dashboard.scene import Scene
from dashboard.view import View
from gis.database import Role
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import Town

TOMORROW = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)


def test_who_is_rung_for_what(town: Town) -> None:
    def why(login: str, number: int) -> str:
        with town.acting(login, Role.APP) as (db, viewer):
            found = ringing(Scene(View(), db), viewer, [number])
        return found[0]["why"] if found else ""

    one = town.report("head")
    told = {login: why(login, one.id) for login in ("intake", "dispatcher", "head", "planner")}
    assert told == {"intake": "mine", "dispatcher": "new", "head": "", "planner": ""}
    handled = town.handled()
    # He accepted it himself.
    assert why("roads", handled.id) == ""
    town.act("mayor", handled, "supervise", note="?", until=TOMORROW)
    assert [why(login, handled.id) for login in ("roads", "mayor", "water")] == [
        "supervised", "", "",
    ]  # fmt: skip
    personal = town.report(is_personal=True)
    assert why("neighbour", personal.id) == why("mayor", personal.id) == ""
    assert why("dispatcher", personal.id) == "new"


def test_it_rings_by_choice_only(town: Town, sit: Callable[[str], Desk]) -> None:
    desk = sit("dispatcher")
    desk.open()
    page = desk.page
    expect(page.locator("html[data-live]")).to_have_count(1)
    page.locator(".cg-ring summary").click()
    switch = page.locator("[data-ring=sound]")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(page.locator("[data-ring=notice]")).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    one = town.report(title="Lamp out")
    expect(page.locator("html")).to_have_attribute("data-rung", one.key)
    # It is kept in this browser.
    page.reload()
    expect(page.locator("[data-ring=sound]")).to_have_attribute("aria-checked", "true")


def test_the_browser_gives_notice_where_it_may_and_leads_to_the_incident(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    desk = sit("dispatcher")
    page = desk.page
    page.context.grant_permissions(["notifications"])
    # The browser's own, of which nothing is seen without a screen: it is kept what each says.
    page.add_init_script(
        "window.given = []; window.Notification = class extends Notification {"
        " constructor(...all) { super(...all); given.push(this); } };"
    )
    desk.open()
    expect(page.locator("html[data-live]")).to_have_count(1)
    page.locator(".cg-ring summary").click()
    page.locator("[data-ring=notice]").click()
    expect(page.locator("[data-ring=notice]")).to_have_attribute("aria-checked", "true")
    one = town.report(title="Lamp out")
    page.wait_for_function("() => given.length")
    assert page.evaluate("() => given.map(({ body, tag }) => [body, tag])") == [
        [f"Lamp out · {one.key}", one.key]
    ]
    page.evaluate("() => given[0].onclick()")
    expect(page.locator("#case")).to_contain_text("Lamp out")
