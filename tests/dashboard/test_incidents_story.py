"""An incident as people handle it: reported by one field, seen live, brought to its end.

Each post sits at a browser of its own and clicks.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pypdf
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.app import create_app
from dashboard.door import Door
from dashboard.orders.office import Office
from gis.crs_china import Shifted, from_wgs84
from gis.database import Role, Server
from layers.catalog import LAYERS
from layers.locating import index
from tests import builders
from tests.dashboard import signing
from tests.fixtures_browser import Serve, Watch
from tests.layers.handling.handling_town import HERE, ROADS, THERE, Town
from tests.layers.handling.pictures import PDF, jpeg
from tests.town import built

WIDE = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
# On the map, and not under the sheet that lies over it.
PIN_SEEN = """() => {
  const [pin] = document.querySelectorAll(".citygrid-site");
  if (!pin) return false;
  const { left, right, top, bottom } = pin.getBoundingClientRect();
  const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const sheet = document.querySelector("#left").getBoundingClientRect();
  return pin.contains(seen) && sheet.top >= bottom;
}"""
WHERE, ELSEWHERE = (f"{lon:.6f}, {lat:.6f}" for lon, lat in (HERE, THERE))


class Desk:
    """Somebody at a browser, in the incidents mode."""

    def __init__(self, browser: Browser, address: str, door: Door, login: str) -> None:
        self.watch = Watch()
        self.context = browser.new_context(viewport=WIDE, locale="en", reduced_motion="reduce")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(90_000)
        expect.set_options(timeout=90_000)
        self.page.on("console", self.watch.on_console)
        self.page.on("pageerror", lambda error: self.watch.said.append(f"exception: {error.stack}"))
        signing.enter(self.page, address, door, login)
        self.address = address

    def open(self, query: str = "") -> None:
        self.page.goto(f"{self.address}/?language=en&mode=incidents&{query}")
        expect(self.page.locator("#cases .cg-title")).to_have_text("Incidents")

    def place(self, text: str) -> None:
        """Type where it is, and take what is found first."""
        before = self.page.url
        self.page.locator("#intake-where").fill(text)
        self.page.locator("#intake-found-0").click()
        expect(self.page).not_to_have_url(before)
        expect(self.page.locator(".cg-intake-whose strong")).to_have_count(1)

    def take(self, title: str) -> None:
        """Open the incident that waits, once it is there."""
        self.page.locator("#cases .cg-order", has_text=title).click()
        expect(self.page.locator("#case .cg-title")).to_have_text(title)

    def next(self, what: str) -> None:
        """Do the next step, which is one button."""
        button = self.page.locator(".cg-case-acts > .cg-button-main")
        expect(button).to_have_text(what)
        button.click()
        box = self.page.locator("dialog[open]")
        if what == "Dispatch":
            box.locator("[name=body_id]").select_option(str(ROADS))
        box.locator("[type=submit]").click()
        expect(box).to_have_count(0)

    def known(self, kind: str, title: str) -> Locator:
        """Say what it is, and return what may be the same."""
        self.page.locator("#intake-kind").select_option(kind)
        self.page.locator("#intake-title").fill(title)
        known = self.page.locator(".cg-intake-known li")
        expect(known.first).to_be_visible()
        return known

    def stands(self, stage: str) -> None:
        expect(self.page.locator("#case .cg-tag").first).to_have_text(stage)

    def leave(self) -> None:
        """Close the browser, which must have had nothing to complain of."""
        self.context.close()
        assert self.watch.faults() == []


@pytest.fixture
def town(server: Server) -> Iterator[Town]:
    with built(Town, server) as town:
        yield town


@pytest.fixture
def door(town: Town) -> Iterator[Door]:
    door = signing.door_of(town.engine(Role.OWNER))
    yield door
    door.close()


@pytest.fixture
def sit(browser: Browser, town: Town, door: Door, serve: Serve) -> Iterator[Callable[..., Desk]]:
    """Let somebody sit down at a browser; all have left before the server goes, then the door."""
    office = Office(town.engine(Role.ENGINE))
    address = serve(create_app(town.engine(Role.APP), door, office=office).server)
    sitting: list[Desk] = []

    def down(login: str) -> Desk:
        desk = Desk(browser, address, door, login)
        sitting.append(desk)
        return desk

    yield down
    for desk in sitting:
        desk.leave()


def test_an_incident_is_reported_and_brought_to_its_end_before_the_eyes_of_all(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    intake, dispatcher = sit("intake"), sit("dispatcher")
    dispatcher.open("cases=mine")
    intake.open()
    intake.place(ELSEWHERE)
    # Said better, it is what was said, not a pin that somebody moved.
    intake.place(WHERE)
    page = intake.page
    expect(page.locator(".cg-intake-whose")).to_contain_text("10700000001")
    page.locator("#intake-kind").select_option("s/0101")
    expect(page.locator(".cg-intake-whose")).to_contain_text("roads")
    page.locator("#intake-title").fill("Lamp out")
    page.locator(".cg-intake-form [type=submit]").click()
    expect(page.locator("#case .cg-title")).to_have_text("Lamp out")
    expect(page.locator(".cg-case-facts")).to_contain_text(
        "coordinates (longitude and latitude · exact)"
    )
    intake.next("Register")
    intake.stands("Registered")

    # Who is to do the next step sees it come without asking.
    dispatcher.take("Lamp out")
    dispatcher.next("Dispatch")
    intake.stands("Dispatched")
    officer = sit("roads")
    officer.open("cases=mine")
    officer.take("Lamp out")
    officer.next("Accept")
    officer.next("Feed back")
    checker = sit("checker")
    checker.open("cases=mine")
    checker.take("Lamp out")
    checker.next("Begin to check")
    checker.next("Close")
    intake.stands("Closed")
    expect(intake.page.locator("#cases .cg-order")).to_have_count(0)

    # It may be back: who may take it up again does, with the caller.
    intake.open()
    intake.place(WHERE)
    known = intake.known("s/0101", "Lamp out again")
    expect(known.locator("small")).to_contain_text("closed a short while ago")
    known.get_by_role("button", name="It is back").click()
    intake.stands("Registered")
    expect(page.locator("#case .cg-case-log").first).to_contain_text("Lamp out again")
    town.assert_counted()


def test_what_is_known_is_told_before_it_is_sent_and_the_caller_is_added_to_it(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    # Twelve metres to the east, two hours ago; beside it another class, and one of long ago.
    now = dt.datetime.now(dt.UTC)
    beside = HERE[0] + 12 / 102_800, HERE[1]
    one = town.report(place=beside, title="Lamp does not burn", now=now - dt.timedelta(hours=2))
    town.report(place=beside, small="0102", title="A leak", now=now)
    town.report(place=HERE, title="Lamp of old", now=now - dt.timedelta(days=40))
    intake, checker = sit("intake"), sit("checker")
    checker.open(f"case={one.id}")
    expect(checker.page.locator("#case .cg-case-log").first).not_to_contain_text("Report again")
    intake.open()
    intake.place(WHERE)
    page = intake.page
    known = intake.known("s/0101", "Lamp doesn't burn")
    expect(known).to_have_count(1)
    # Why: how far, of which class, how long ago, in which words.
    said = known.locator("small")
    for why in (
        r"1[12] m away",
        "of the same class",
        r"reported 2(\.0)? h ago",
        r"in like words \(\d\d%\)",
    ):
        expect(said).to_contain_text(re.compile(why))
    # It is looked at; what was typed is there again afterwards.
    known.get_by_role("button", name="Lamp does not burn").click()
    expect(page.locator("#case .cg-title")).to_have_text("Lamp does not burn")
    page.go_back()
    expect(page.locator("#intake-title")).to_have_value("Lamp doesn't burn")
    page.locator(".cg-intake-form summary").click()
    page.locator("#intake-name").fill("Wang Wu")
    page.locator("#intake-phone").fill("13812345678")
    before = town.count()
    known.get_by_role("button", name="The same: add the reporter").click()
    expect(page.locator("#case .cg-case-reporters")).to_contain_text("138****5678")
    expect(page.locator("#intake-title")).to_have_count(0)
    # No incident more; who looks at it hears of the call at once.
    assert town.count() == before
    log = checker.page.locator("#case .cg-case-log").first
    expect(log).to_contain_text("Report again")
    expect(checker.page.locator("#case")).to_contain_text("Lamp doesn't burn")
    town.assert_counted()


def test_of_two_places_that_fit_alike_the_nearer_is_offered_first(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    south_west, north_east = (0.7, 0.7), (3.3, 3.3)
    with town.engine(Role.OWNER).begin() as db:
        units = builders.unit_frame()
        shops = builders.rows("facilities", south_west, north_east, start=90, name="Corner shop")
        builders.add(db, LAYERS["facilities"], units, shops)
        index.rebuild(db)
    desk = sit("intake")
    page = desk.page

    def first_of(query: str) -> tuple[float, ...]:
        """What comes first for who looks there."""
        desk.open(query)
        looks = "() => window.dash_component_api.getLayout('map')?.props.viewport?.zoom > 12"
        page.wait_for_function(looks)
        return typed()

    def typed() -> tuple[float, ...]:
        page.locator("#intake-where").fill("corner shop")
        expect(page.locator(".cg-intake-found li")).to_have_count(2)
        before = page.url
        page.locator("#intake-found-0").click()
        expect(page).not_to_have_url(before)
        pin = parse_qs(urlsplit(page.url).query)["pin"][0]
        return tuple(float(degrees) for degrees in pin.split(","))

    # Where the map looks: the first square, the last one.
    assert first_of("unit=3") == pytest.approx(builders.at(*south_west))
    assert first_of("unit=21") == pytest.approx(builders.at(*north_east))
    # Where one stands goes before where one looks.
    lon, lat = builders.at(0.9, 0.9)
    desk.context.grant_permissions(["geolocation"])
    desk.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 30})
    page.get_by_role("button", name="Use my position").click()
    expect(page).to_have_url(re.compile(f"pin={lon:.6f}"))
    placed = page.locator("[data-part=intake-placed]")
    expect(placed).to_have_text("Placed by own position · within about 30 m")
    assert typed() == pytest.approx(builders.at(*south_west))
    # The other one is there, too: it is said before it is sent, and the case says how surely.
    expect(placed).to_contain_text("Placed by facility · within about 20 m · others fit as well")
    page.locator("#intake-kind").select_option("s/0101")
    page.locator(".cg-intake-form [type=submit]").click()
    expect(page.locator(".cg-case-facts")).to_contain_text("facility (within about 20 m)")


def test_coordinates_of_a_web_map_are_turned_and_the_case_keeps_how_they_were_read(
    sit: Callable[[str], Desk],
) -> None:
    desk = sit("intake")
    desk.open()
    lon, lat = from_wgs84(np.array([HERE]), Shifted.GCJ02)[0]
    desk.place(f"高德 {lon:.6f},{lat:.6f}")
    page = desk.page
    placed = page.locator("[data-part=intake-placed]")
    expect(placed).to_have_text("Placed by coordinates · converted from GCJ-02 · exact")
    page.locator("#intake-kind").select_option("s/0101")
    page.locator(".cg-intake-form [type=submit]").click()
    told = page.locator(".cg-case-facts")
    expect(told).to_contain_text("coordinates (GCJ-02, turned into WGS 84 · exact)")
    key = page.locator("[data-does=case-print]").get_attribute("data-case")
    sheet = desk.context.request.get(f"{desk.address}/incidents/{key}/sheet.pdf?language=en")
    (sheet_page,) = pypdf.PdfReader(io.BytesIO(sheet.body())).pages
    assert "GCJ-02" in sheet_page.extract_text()


def photo(name: str, colour: str) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": jpeg((400, 300), colour)}


DROP = """async ([selector, name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  const at = document.querySelector(selector);
  for (const type of ["dragover", "drop"]) {
    at.dispatchEvent(new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true }));
  }
}"""
PASTE = DROP.replace(
    'for (const type of ["dragover", "drop"]) {', 'for (const type of ["paste"]) {'
)
PASTE = PASTE.replace(
    "new DragEvent(type, { dataTransfer:", "new ClipboardEvent(type, { clipboardData:"
)


def test_photos_are_reported_added_looked_at_removed_and_printed(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    intake = sit("intake")
    intake.open()
    intake.place(WHERE)
    page = intake.page
    page.locator("#intake-kind").select_option("s/0101")
    page.locator("#intake-title").fill("Lamp out")
    with page.expect_file_chooser() as asked:
        page.locator("[data-part=intake-files] [data-does=file-choose]").click()
    paper = {"name": "notice.pdf", "mimeType": "application/pdf", "buffer": PDF}
    asked.value.set_files([photo("one.jpg", "navy"), paper])
    page.evaluate(DROP, ["#intake", "two.jpg", list(jpeg(colour="olive"))])
    waiting = page.locator("[data-part=intake-files] li")
    expect(waiting).to_have_count(3)
    waiting.nth(1).get_by_role("button").click()
    expect(waiting).to_have_count(2)
    # What was typed is still there.
    expect(page.locator("#intake-title")).to_have_value("Lamp out")
    page.locator(".cg-intake-form [type=submit]").click()
    shown = page.locator("#case .cg-file")
    expect(shown).to_have_count(2)

    with page.expect_file_chooser() as asked:
        page.locator("#case [data-does=file-add]").click()
    # Too large is said before it is sent, and keeps nothing else from coming.
    large = {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": bytes(15_000_001)}
    asked.value.set_files([large, photo("three.jpg", "gold"), photo("one.jpg", "navy")])
    tray = page.locator(".cg-upload")
    expect(tray).to_contain_text("1 file added.")
    expect(tray).to_contain_text("large.jpg is larger than 15 MB")
    expect(tray).to_contain_text("one.jpg is there already")
    tray.get_by_role("button").click()
    expect(shown).to_have_count(3)
    page.evaluate(PASTE, ["body", "four.jpg", list(jpeg(colour="plum"))])
    expect(shown).to_have_count(4)
    expect(page.locator("#case .cg-case-log").first).to_contain_text("four.jpg")

    shown.first.click()
    viewer = page.locator("dialog.cg-viewer")
    expect(viewer).to_contain_text("one.jpg")
    page.keyboard.press("ArrowLeft")
    expect(viewer).to_contain_text("four.jpg")
    page.keyboard.press("ArrowRight")
    image = viewer.locator("img")
    expect(image).to_have_js_property("naturalWidth", 400)
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(page.locator("#case .cg-title")).to_have_text("Lamp out")
    shown.first.click()
    viewer.get_by_role("button", name="Remove").click()
    viewer.locator("input").fill("wrong lamp")
    viewer.locator("[type=submit]").click()
    expect(viewer).to_have_count(0)
    expect(shown).to_have_count(3)
    expect(page.locator("#case .cg-case-log").first).to_contain_text("wrong lamp")

    with intake.context.expect_event("request", lambda one: "sheet.pdf" in one.url) as printed:
        page.locator("[data-does=case-print]").click()
    answer = intake.context.request.get(printed.value.url)
    said = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(answer.body())).pages)
    key = page.locator("[data-does=case-print]").get_attribute("data-case")
    assert key
    assert key in re.sub(r"\s+", "", said)
    # Who only looks adds none.
    planner = sit("planner")
    planner.open(f"case={town.scalar('SELECT max(id) FROM incident')}")
    expect(planner.page.locator("#case .cg-file")).to_have_count(3)
    expect(planner.page.locator("#case [data-does=file-add]")).to_have_count(0)
    planner.page.locator("#case .cg-file").first.click()
    expect(planner.page.locator("dialog.cg-viewer")).to_have_count(1)
    expect(planner.page.get_by_role("button", name="Remove")).to_have_count(0)


def test_with_a_phone_in_one_hand_the_field_comes_first_and_what_is_touched_opens(
    sit: Callable[..., Desk], town: Town
) -> None:
    town.report(title="Lamp out")
    desk = sit("intake")
    page = desk.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    desk.open()
    expect(page.locator("#intake-where")).to_be_in_viewport()
    # Where it is, whose it is, what it is: nothing has to be opened before.
    desk.place(WHERE)
    expect(page.locator(".cg-intake-whose")).to_be_in_viewport()
    page.wait_for_function(PIN_SEEN)
    desk.open()
    desk.take("Lamp out")
    expect(page.locator("#case .cg-title")).to_be_in_viewport()
    expect(page.locator(".cg-case-acts > .cg-button-main")).to_be_in_viewport()
    page.locator("#case").get_by_role("button", name="Close").click()
    expect(page.locator("#cases .cg-title")).to_be_in_viewport()
