"""An incident from report to end by keys alone: no pointer, no focus that a script sets.

Each post sits at a browser of its own and presses keys; where the focus is can be seen each time.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from playwright.sync_api import Locator, expect
from sqlalchemy import insert, update

from gis.database import Role
from gis.tables import building, entrance
from layers.locating import index
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import HERE, ROADS, Town

# What is in focus is on the screen, and shows it.
SEEN = """() => {
  const one = document.activeElement;
  const { width, top, bottom } = one.getBoundingClientRect();
  const { outlineStyle, boxShadow } = getComputedStyle(one);
  return one !== document.body && one.matches(":focus-visible") && width > 0
    && bottom > 0 && top < innerHeight && (outlineStyle !== "none" || boxShadow !== "none");
}"""
# With keys that mean something elsewhere on the page.
TITLE = "Lamp out, nr. 1c, left/right?"
WHERE = "幸福里6栋2单元"
# Between two keys, of somebody who types well.
TYPING_MS = 150


class Hands:
    """Somebody who has a keyboard and no pointer."""

    def __init__(self, desk: Desk, query: str) -> None:
        self.page = desk.page
        self.page.goto(f"{desk.address}/?language=en&{query}")
        self.page.wait_for_function("() => window.citygrid?.view && window.__citygrid_maps?.map")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, wanted: Locator) -> None:
        is_there = "element => element === document.activeElement"
        for _ in range(40):
            if wanted.evaluate(is_there):
                break
            self.press("Tab")
        expect(wanted).to_be_focused()
        self.page.wait_for_function(SEEN)

    def take(self) -> None:
        """Open the incident that waits, from the list."""
        page = self.page
        expect(page.locator("#cases .cg-order")).to_have_count(1)
        self.press("l")
        expect(page.locator("#cases .cg-order")).to_be_focused()
        self.press("Enter")
        expect(page.locator("#case .cg-title")).to_have_text(TITLE)

    def next(self, what: str, stage: str) -> None:
        """Do the next step, and send what is asked for with it."""
        page = self.page
        expect(page.locator(".cg-case-acts > .cg-button-main")).to_have_text(what)
        self.press(".")
        box = page.locator("dialog[open]")
        expect(box.locator("h2")).to_have_text(what)
        if what == "Dispatch":
            # What the rules say is chosen already.
            expect(box.locator("[name=body_id]")).to_be_focused()
            expect(box.locator("[name=body_id]")).to_have_value(str(ROADS))
        else:
            page.keyboard.type("n. l. c.")
            expect(box.locator("[name=note]")).to_have_value("n. l. c.")
        self.press("Control+Enter")
        expect(box).to_have_count(0)
        expect(page.locator("#case .cg-tag").first).to_have_text(stage)
        self.page.wait_for_function(SEEN)


def name(town: Town) -> None:
    """Give the house that is reported a name and a door, by which a lamp is known to be out."""
    with town.engine(Role.OWNER).begin() as db:
        db.execute(update(building).values(name="幸福里6栋", address="听潮路18号幸福里6栋"))
        place = f"SRID=4326;POINT({HERE[0]} {HERE[1]})"
        door = {"id": 1, "key": "door", "building_id": 1, "name": "2单元", "geom": place}
        db.execute(insert(entrance), {**door, "address": f"听潮路18号{WHERE}"})
        index.rebuild(db)
    ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    town.report(title="A lamp is out", place=(HERE[0] + 1e-4, HERE[1]), now=ago)


def test_an_incident_is_reported_and_brought_to_its_end_by_keys_alone(
    town: Town, sit: Callable[[str], Desk], record_property: Callable[[str, object], None]
) -> None:
    name(town)
    intake = Hands(sit("intake"), "")
    page = intake.page
    # From anywhere on the page; which keys there are is listed.
    page.keyboard.press("?")
    expect(page.locator(".cg-keys")).to_contain_text("Report an incident")
    expect(page.locator(".cg-keys")).to_contain_text("Do the next step")
    page.keyboard.press("Escape")
    expect(page.locator(".cg-keys")).to_have_count(0)
    # 30 seconds are to be enough with a telephone in one hand; how many it takes is told.
    began = time.monotonic()
    page.keyboard.press("n")
    expect(page.locator("#intake-where")).to_be_focused()
    page.keyboard.type(WHERE, delay=TYPING_MS)
    expect(page.locator("#intake-found-0")).to_contain_text(WHERE)
    page.keyboard.press("Enter")
    expect(page.locator("#intake-kind")).to_be_focused()
    expect(page.locator(".citygrid-site")).to_have_count(1)
    expect(page.locator(".cg-intake-whose")).to_contain_text("10700000001")
    intake.press("ArrowDown")
    expect(page.locator("#intake-kind")).to_have_value("s/0101")
    expect(page.locator(".cg-intake-known li")).to_contain_text("A lamp is out")
    intake.tab_to(page.locator("#intake-title"))
    page.keyboard.type(TITLE, delay=TYPING_MS)
    expect(page.locator("#intake-title")).to_have_value(TITLE)
    page.keyboard.press("Enter")
    expect(page.locator("#case .cg-title")).to_have_text(TITLE)
    seconds = round(time.monotonic() - began, 1)
    record_property("seconds", seconds)
    print(f"An incident was typed in and saved after {seconds} s.")  # noqa: T201 - told, no test
    expect(page.locator(".cg-case-facts")).to_contain_text("entrance")
    intake.page.wait_for_function(SEEN)
    intake.next("Register", "Registered")

    dispatcher = Hands(sit("dispatcher"), "mode=incidents&cases=mine")
    dispatcher.take()
    dispatcher.next("Dispatch", "Dispatched")

    officer = Hands(sit("roads"), "mode=incidents&cases=mine")
    officer.take()
    officer.next("Accept", "Being handled")
    officer.press("c")
    expect(officer.page.locator("#case-comment")).to_be_focused()
    officer.page.keyboard.type("A new bulb. Nothing else.")
    officer.press("Control+Enter")
    expect(officer.page.locator("#case-comment")).to_have_value("")
    expect(officer.page.locator("#case")).to_contain_text("A new bulb. Nothing else.")
    # Out of the field, then out of the incident, back to its line.
    officer.page.keyboard.press("Escape")
    officer.press("Escape")
    expect(officer.page.locator("#case .cg-title")).to_have_count(0)
    officer.take()
    officer.next("Feed back", "Fed back")

    checker = Hands(sit("checker"), "mode=incidents&cases=mine")
    checker.take()
    checker.next("Begin to check", "Being checked")
    checker.next("Close", "Closed")
    expect(page.locator("#case .cg-tag").first).to_have_text("Closed")
    town.assert_counted()
