"""A change of boundaries as people make it: drawn, agreed on, in force everywhere, taken back.

Each post sits at a browser of its own and clicks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, text, update

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis.access.posts import Post
from gis.city import Asking
from gis.database import Role, Server
from gis.orders.status import Stage
from gis.tables import city, layer_state
from tests import builders
from tests.conftest import drop, filled
from tests.dashboard import signing
from tests.dashboard.editing_town import Town, at
from tests.fixtures_browser import Serve, Watch

WIDE = {"width": 1366, "height": 768}
# Square 3 and its neighbour 4 in the quarter 2; who heads the quarter, the city, and who files.
STAFF = {
    "wang": (Post.GRID_HEAD, 3),
    "li": (Post.GRID_HEAD, 4),
    "south": (Post.COMMUNITY_HEAD, 2),
    "mayor": (Post.SUBDISTRICT_HEAD, 1),
    "filer": (Post.LEADER, 1),
}
WAY = (
    Asking(Stage.COSIGN, "square"),
    Asking(Stage.CHECK, "quarter"),
    Asking(Stage.APPROVE, "city"),
    Asking(Stage.FILE, "city"),
)
PROJECT = """
([lng, lat]) => {
  const map = window.__citygrid_maps.map;
  const box = map.getCanvas().getBoundingClientRect();
  const {x, y} = map.project([lng, lat]);
  return [box.left + x, box.top + y];
}
"""
# The borders are drawn, and nothing moves that is about to be clicked.
DRAWN = """
() => {
  const map = (window.__citygrid_maps || {}).map;
  return map && map.getLayer("edit-arcs") && !map.isMoving()
    && map.queryRenderedFeatures({layers: ["edit-arcs"]}).length > 0;
}
"""
# A building is drawn where it stands.
STANDS = """
([id, lng, lat]) => {
  const map = window.__citygrid_maps.map;
  const {x, y} = map.project([lng, lat]);
  return map.queryRenderedFeatures([x, y], {layers: ["buildings"]}).some((f) => f.id === id);
}
"""


@pytest.fixture
def town(server: Server) -> Iterator[Town]:
    copy = filled(server, Town.settle)
    town = Town(copy)
    office = copy.engine(Role.ENGINE, pool_size=2)
    settings = builders.CITY.to_json() | {
        "orders": [{"stage": each.stage.value, "level": each.level} for each in WAY]
    }
    with town.owner.begin() as db:
        db.execute(update(city).values(settings=settings))
        for layer in ("buildings", "households", "people", "incidents"):
            db.execute(
                insert(layer_state),
                {"layer": layer, "rows": 80, "as_of": builders.LOADED_AT, "source": "made up"},
            )
        for login, (post, unit) in STAFF.items():
            signing.hire(db, login, post, unit_id=unit)
    town.served = create_app(town.app_engine, town.door, office=Office(office)).server
    yield town
    town.close()
    office.dispose()
    drop(copy)


class Desk:
    """Somebody at a browser."""

    def __init__(self, browser: Browser, address: str, town: Town, login: str) -> None:
        # A forecast that overtakes a step is refused as out of date, and asked for again.
        self.watch = Watch(expected=r"409 \(Conflict\)")
        self.context = browser.new_context(viewport=WIDE, locale="en", reduced_motion="reduce")
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(90_000)
        expect.set_options(timeout=90_000)
        self.page.on("console", self.watch.on_console)
        self.page.on("pageerror", lambda error: self.watch.said.append(f"exception: {error.stack}"))
        signing.enter(self.page, address, town.door, login)
        self.address = address

    def open(self, query: str) -> None:
        self.page.goto(f"{self.address}/?language=en&{query}")

    def decide(self, act: str) -> None:
        """Open the order that waits, and do something with it."""
        self.open("mode=boundaries&unit=2")
        self.page.locator(".cg-order-group-waiting .cg-order").click()
        self.act(act)

    def click(self, place: list[float], **how: object) -> None:
        x, y = self.page.evaluate(PROJECT, place)
        self.page.mouse.click(x, y, **how)  # type: ignore[arg-type]

    def choose(self, number: int, place: list[float]) -> None:
        """Click a building once it is drawn."""
        self.page.wait_for_function(STANDS, arg=[number, *place])
        self.click(place)
        expect(self.page.locator(".cg-chosen li")).to_have_count(1)

    def drag(self, start: list[float], end: list[float]) -> None:
        x, y = self.page.evaluate(PROJECT, start)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        x, y = self.page.evaluate(PROJECT, end)
        self.page.mouse.move(x, y, steps=8)
        self.page.mouse.up()

    def steps(self, count: int) -> None:
        said = self.page.locator("[data-part=steps]")
        expect(said).to_have_text(re.compile(rf"^{count} steps?$"))

    def tool(self, name: str) -> None:
        self.page.locator(f"[data-tool={name}]").click()
        expect(self.page.locator(f"[data-tool={name}]")).to_have_attribute("aria-pressed", "true")

    def act(self, name: str, *, note: str = "") -> None:
        self.page.locator(f"[data-does$=' {name}'][data-does^=order-act]").click()
        box = self.page.locator("dialog[open]")
        if note:
            box.locator("textarea").fill(note)
        box.locator("[type=submit]").click()
        expect(box).to_have_count(0)

    def number(self, key: str) -> int:
        shown = self.page.locator(f"[data-number={key}] .cg-number-value").inner_text()
        return int(shown.replace(",", ""))

    def leave(self) -> None:
        """Close the browser, which must have had nothing to complain of."""
        if self.page.is_closed():
            return
        self.context.close()
        assert self.watch.faults() == []


@pytest.fixture
def sit(browser: Browser, town: Town, serve: Serve) -> Iterator[Callable[[str], Desk]]:
    """Let somebody sit down at a browser; who has not left by then leaves when the test ends."""
    address = serve(town.served)
    sitting: list[Desk] = []

    def down(login: str) -> Desk:
        desk = Desk(browser, address, town, login)
        sitting.append(desk)
        return desk

    yield down
    for desk in sitting:
        desk.leave()


def household_count(town: Town, unit: int) -> int:
    with town.owner.connect() as db:
        query = text("SELECT coalesce(sum(count), 0) FROM citygrid.household WHERE unit_id = :unit")
        return int(db.scalar(query, {"unit": unit}) or 0)


def building_at(town: Town, x: float, y: float) -> tuple[int, list[float]]:
    """The building nearest to a place given in squares, and where it stands."""
    with town.owner.connect() as db:
        row = db.execute(
            text(
                "SELECT id, ST_X(centre), ST_Y(centre) FROM citygrid.building "
                "ORDER BY centre <-> ST_SetSRID(ST_Point(:x, :y), 4326) LIMIT 1"
            ),
            dict(zip("xy", at(x, y), strict=True)),
        ).one()
    return row[0], [row[1], row[2]]


def begin(desk: Desk, title: str) -> None:
    """Begin an order on one's own unit, by the button."""
    desk.page.locator("[data-does=order-new]").click()
    desk.page.locator("#order-title").fill(title)
    desk.page.locator("dialog[open] [type=submit]").click()
    desk.page.wait_for_selector("#edit-numbers[data-rows]")
    desk.page.wait_for_function(DRAWN)


def test_a_building_handed_over_is_agreed_on_counted_everywhere_and_taken_back(
    sit: Callable[[str], Desk], town: Town
) -> None:
    watcher, wang = sit("mayor"), sit("wang")
    before = {unit: household_count(town, unit) for unit in (3, 4)}
    # Somebody else only looks at the neighbour.
    watcher.open("unit=2&pick=4")
    watched = watcher.number("buildings")

    wang.open("mode=boundaries&unit=3")
    begin(wang, "The eastern house goes to the neighbour")
    wang.tool("hand_over")
    number, place = building_at(town, 0.8, 0.2)
    # One click chooses it, one click hands it over.
    wang.choose(number, place)
    taker = wang.page.locator(".cg-taker[data-to='4']")
    cell = wang.page.locator("[data-unit='4'] [data-key=buildings]")
    # What is only looked at is forgotten with the button it was looked at by.
    taker.hover()
    expect(cell.locator("[data-part=difference]")).to_have_text("+1")
    wang.page.evaluate("window.citygrid.edit.set({selection: {units: [], buildings: []}})")
    expect(taker).to_have_count(0)
    expect(cell).to_have_count(0)
    wang.choose(number, place)
    taker.click()
    wang.steps(1)
    # The numbers of both sides, before and after.
    expect(cell.locator("[data-part=difference]")).to_have_text("+1")
    for answer in wang.page.locator("#edit-remarks [data-hard=false] [data-answer]").all():
        answer.fill("Agreed with the residents.")
    wang.act("submit", note="The house is reached from there.")
    expect(wang.page.locator(".cg-order-top .cg-tag")).to_have_text("Co-signing")

    # The neighbour agrees, then the levels above; each hears of it at once.
    for login, act in (("li", "cosign"), ("south", "check"), ("mayor", "approve")):
        desk = sit(login)
        desk.decide(act)
        desk.leave()
    sit("filer").decide("file")

    # The page that was open all the time counts anew without being touched.
    shown = watcher.page.locator("[data-number=buildings] .cg-number-value")
    expect(shown).to_have_text(str(watched + 1))
    with town.owner.connect() as db:
        query = text("SELECT unit_id FROM citygrid.building WHERE id = :id")
        assert db.scalar(query, {"id": number}) == 4
    after = {unit: household_count(town, unit) for unit in (3, 4)}
    assert sum(after.values()) == sum(before.values())
    assert after[4] > before[4]

    # Taken back by an order of its own.
    expect(wang.page.locator(".cg-order-top .cg-tag")).to_have_text("In effect")
    wang.act("reverse")
    expect(wang.page.locator(".cg-order-top .cg-tag")).to_have_text("Draft")
    wang.steps(1)


def test_borders_are_moved_and_units_split_by_dragging_drawing_and_form(
    sit: Callable[[str], Desk], town: Town
) -> None:
    south = sit("south")
    south.open("mode=boundaries&unit=2")
    begin(south, "Straighten, then split")
    south.tool("move")
    # The middle of the border between 3 and 4 gets a point, and both follow it.
    south.click(at(1, 0.5))
    south.drag(at(1, 0.5), at(1.15, 0.5))
    south.steps(1)
    difference = "[data-unit='{}'] [data-key=area_m2] [data-part=difference]"
    expect(south.page.locator(difference.format(3))).to_have_text(re.compile(r"^\+"))
    expect(south.page.locator(difference.format(4))).to_have_text(re.compile(r"^[-−]"))
    # Undone and done again, by button and by key.
    south.page.locator("[data-does=edit-undo]").click()
    expect(south.page.locator("[data-part=steps]")).to_have_text("Step 0 of 1")
    south.page.keyboard.press("Control+y")
    south.steps(1)
    # Split by the form alone.
    south.tool("split")
    south.page.locator("[data-part=bench] select").first.select_option("6")
    south.page.locator("[data-op=split]").focus()
    south.page.keyboard.press("Enter")
    south.steps(2)
    south.tool("hand_over")
    south.page.locator("[data-choice=list]").click()
    south.page.locator("[data-part=bench] select").first.select_option("3")
    number, _ = building_at(town, 0.8, 0.2)
    south.page.locator(f"#bench-building-{number}").check()
    south.page.locator(".cg-taker[data-to='4']").click()
    south.steps(3)


def test_what_is_drawn_around_or_clicked_is_handed_over_on_the_map(
    sit: Callable[[str], Desk], town: Town
) -> None:
    south = sit("south")
    south.open("mode=boundaries&unit=2")
    begin(south, "By drawing and by clicking")
    south.tool("hand_over")
    # A building is chosen, and the neighbour's ground clicked: that hands it over.
    south.choose(*building_at(town, 0.8, 0.8))
    south.click(at(1.35, 0.35))
    south.steps(1)
    difference = "[data-unit='{}'] [data-key=buildings] [data-part=difference]"
    expect(south.page.locator(difference.format(4))).to_have_text("+1")
    # Two houses are drawn around, and given to whoever is on the list.
    south.page.locator("[data-choice=area]").click()
    expect(south.page.locator("[data-choice=area]")).to_have_attribute("aria-pressed", "true")
    for corner in ((0.1, 0.1), (0.35, 0.1), (0.35, 0.9), (0.1, 0.9)):
        south.click(at(*corner))
        south.page.wait_for_timeout(150)
    south.page.keyboard.press("Enter")
    expect(south.page.locator(".cg-chosen li")).to_have_count(2)
    south.page.locator(".cg-taker").first.click()
    south.steps(2)


def test_a_node_where_three_units_meet_is_dragged_and_all_three_follow(
    sit: Callable[[str], Desk], town: Town
) -> None:
    south = sit("south")
    page = south.page
    south.open("mode=boundaries&unit=2")
    begin(south, "A meeting point")
    west, bottom, east, top = page.evaluate("() => window.citygrid.ground.boxOf(6)")
    south.tool("split")
    page.locator("#bench-unit").select_option("6")
    page.locator("[data-op=split]").click()
    south.steps(1)
    # Though the cut meets the border of the quarter above, the halves are what has changed.
    expect(page.locator("#edit-numbers > [data-unit]")).to_have_count(2)
    # It meets the border to the unit below, too: there three units meet.
    node, middle = [(west + east) / 2, bottom], [(west + east) / 2, (bottom + top) / 2]
    south.tool("move")
    south.click(middle)
    south.drag(node, [node[0] + (east - west) / 8, bottom + (top - bottom) / 8])
    south.steps(2)
    ground = (
        "([x, y]) => window.citygrid_map.edit.sessionOf(window.citygrid.edit.now.url)"
        ".arcs.values().filter(({line}) => [line[0], line.at(-1)]"
        ".some(([a, b]) => Math.abs(a - x) < 1e-7 && Math.abs(b - y) < 1e-7)).toArray().length"
    )
    assert page.evaluate(ground, node) == 0
    changed = page.locator("#edit-numbers [data-unit] [data-key=area_m2]:not([data-sign='0'])")
    expect(changed).to_have_count(3)


def test_households_are_evened_out_by_form_and_by_the_best_next_hand_over(
    sit: Callable[[str], Desk], town: Town
) -> None:
    chief = sit("chief")
    page = chief.page
    chief.open("mode=boundaries&unit=1")
    begin(chief, "Even the quarters out")
    # A whole square goes to the next quarter, by two clicks on the page.
    chief.tool("hand_over")
    chief.click(at(1.35, 0.35))
    page.locator(".cg-taker[data-to='7']").click()
    chief.steps(1)
    # Where nothing is chosen it is said what would help most; done by one click more.
    best = page.locator("[data-op=balance-next]")
    unit = best.get_attribute("data-unit-moved")
    best.click()
    chief.steps(2)
    page.wait_for_function(
        "unit => document.querySelector('[data-op=balance-next]')?.dataset.unitMoved !== unit",
        arg=unit,
    )
    page.locator("[data-does=edit-undo]").first.click()
    expect(page.locator("[data-part=steps]")).to_have_text("Step 1 of 2")

    chief.tool("balance")
    page.locator("#bench-tolerance").fill("3")
    page.locator("#bench-balance-more").click()
    page.locator("#bench-barriers").select_option("ignored")
    # One quarter takes no part.
    page.locator("#bench-still-17").check()
    page.locator("[data-op=balance-go]").click()
    found = page.locator("[data-part=balance-found]")
    expect(found.locator("[data-part=deviation-after]")).to_have_text(re.compile(r"^[\d.]+%$"))
    before, after = (
        float(found.locator(f"[data-part=deviation-{when}]").inner_text().rstrip("%"))
        for when in ("before", "after")
    )
    assert after < before
    expect(found.locator("[data-part=balance-moved]")).to_have_text(
        re.compile(r"^\d+ hand-overs: \d+ households change hands")
    )
    expect(found.locator(".cg-balance-groups li")).to_have_count(3)
    chief.steps(2)
    # A hand-over is looked at on the map.
    zoom = "() => window.__citygrid_maps.map.getZoom()"
    far = page.evaluate(zoom)
    found.locator("[data-moved] button").first.click()
    page.wait_for_function(f"far => ({zoom})() > far", arg=far)
    # Taken back in one, and no longer said.
    page.locator("[data-op=balance-undo]").click()
    expect(page.locator("[data-part=steps]")).to_have_text("Step 1 of 2")
    expect(found).to_have_count(0)


def test_who_heads_one_grid_is_told_why_there_is_nothing_to_balance(
    sit: Callable[[str], Desk], town: Town
) -> None:
    wang = sit("wang")
    wang.open("mode=boundaries&unit=3")
    begin(wang, "Mine alone")
    wang.tool("balance")
    expect(wang.page.locator("[data-part=bench]")).to_contain_text("needs two units")


def test_a_draft_is_there_after_a_reload_and_takes_another_title(
    sit: Callable[[str], Desk], town: Town
) -> None:
    wang = sit("wang")
    wang.open("mode=boundaries&unit=3")
    begin(wang, "Kept")
    wang.tool("hand_over")
    wang.choose(*building_at(town, 0.8, 0.2))
    wang.page.locator(".cg-taker[data-to='4']").click()
    wang.steps(1)
    wang.page.reload()
    wang.page.wait_for_selector("#edit-numbers[data-rows]")
    wang.steps(1)
    wang.page.locator("[data-renames]").fill("Another title")
    wang.page.keyboard.press("Enter")
    wang.page.locator(".cg-back").click()
    expect(wang.page.locator(".cg-order-title")).to_have_text("Another title")
