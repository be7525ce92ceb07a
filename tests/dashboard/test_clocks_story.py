"""Time goes on while a page is open: what is left is told anew, and a limit turns as it passes."""

import datetime as dt
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import text

from gis.database import Role
from layers.handling import keeping
from layers.handling.calendar import calendar_of
from layers.handling.clock import Unit, clock_of
from layers.handling.left import left
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import HERE, THERE, TO_HANDLE, Town

STATES = """() => {
  const map = window.__citygrid_maps?.map;
  return map?.getSource("cases") ? map.querySourceFeatures("cases")
    .filter((each) => !each.properties.cluster)
    .map((each) => `${each.properties.title} ${each.properties.state}`).sort() : [];
}"""
SOON = dt.timedelta(seconds=25)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def due(town: Town, number: int, moment: dt.datetime, unit: Unit | None = None) -> None:
    """Let a case be due at a moment, which the pages that are open hear of."""
    with town.engine(Role.OWNER).begin() as db:
        db.execute(
            text("UPDATE incident SET due_at = :due, limit_unit = COALESCE(:unit, limit_unit) "
                 "WHERE id = :id"), {"due": moment, "unit": unit, "id": number},
        )  # fmt: skip
        keeping.tell(db, [number])


def on_map(page: Page, *expected: str) -> None:
    page.wait_for_function(f"(wanted) => String(({STATES})()) === String(wanted)",
                           arg=list(expected), timeout=60_000)  # fmt: skip


def tag(page: Page, title: str, within: str = ".cg-order") -> str:
    return f"{within}:has-text('{title}') .cg-case-clock"


def hover(page: Page, place: tuple[float, float]) -> None:
    """Point at a place on the map."""
    x, y = page.evaluate(
        """(place) => {
          const map = window.__citygrid_maps.map;
          const { left, top } = map.getCanvas().getBoundingClientRect();
          const { x, y } = map.project(place);
          return [left + x, top + y];
        }""",
        list(place),
    )
    # A move from beside it, since a pointer that rests is not heard.
    page.mouse.move(x + 40, y + 40)
    page.mouse.move(x, y)


def test_what_falls_due_turns_by_itself_in_list_board_and_map(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    first = town.along(town.report(title="Lamp out", now=now()), *TO_HANDLE, now=now())
    other = town.along(
        town.report(title="Pipe burst", place=THERE, now=now()), *TO_HANDLE, now=now()
    )
    for one in (first, other):
        due(town, one.id, now() + dt.timedelta(days=3))
    desk, mayor = sit("dispatcher"), sit("mayor")
    asked: list[tuple[float, str]] = []
    desk.page.on("request", lambda request: asked.append((now().timestamp(), request.url)))
    mayor.open("form=board")
    desk.open()
    page, board = desk.page, mayor.page
    on_map(page, "Lamp out open", "Pipe burst open")
    passes = now() + SOON
    due(town, first.id, passes)
    expect(page.locator(tag(page, "Lamp out"))).to_have_class(re.compile("cg-status-soon"))
    expect(board.locator(".cg-card", has_text="Lamp out")).to_have_class(re.compile("cg-card-soon"))
    on_map(page, "Lamp out soon", "Pipe burst open")
    versions = town.scalar("SELECT string_agg(version::text, ',' ORDER BY id) FROM incident")

    expect(page.locator(tag(page, "Lamp out"))).to_have_text("0 min late")
    assert now() >= passes
    expect(page.locator(tag(page, "Lamp out"))).to_have_class(re.compile("cg-status-overdue"))
    expect(page.locator(tag(page, "Lamp out") + " .cg-icon")).to_have_class(re.compile("square"))
    expect(page.locator(".cg-ask", has_text="Overdue")).to_contain_text("1")
    expect(board.locator(".cg-card", has_text="Lamp out")).to_have_class(
        re.compile("cg-card-overdue")
    )
    on_map(page, "Lamp out overdue", "Pipe burst open")
    expect(page.locator(tag(page, "Pipe burst"))).to_have_class(re.compile("cg-status-ok"))
    # A pin tells it, too.
    for title, place in (("Lamp out", HERE), ("Pipe burst", THERE)):
        hover(page, place)
        card = page.locator(".citygrid-card")
        expect(card).to_contain_text(title)
        expect(card).to_contain_text(page.locator(tag(page, title)).inner_text())
    assert versions == town.scalar(
        "SELECT string_agg(version::text, ',' ORDER BY id) FROM incident"
    )
    # Once it had passed, and only once.
    after = [url for at, url in asked if "/incidents/map" in url and at >= passes.timestamp()]
    assert len(after) == 1


def test_the_page_tells_what_is_left_as_the_server_does(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    """The two count by the same rules, whatever is due when."""
    clock = clock_of(calendar_of(town.city))
    stands = dt.datetime(2026, 9, 21, 9, 30, tzinfo=town.city.tz)
    cases = [
        (unit, stands + dt.timedelta(hours=hours))
        for unit in Unit
        for hours in (0.5, 1, 3, 8.5, 26, 33, 80, 150, 400)
    ]
    for number, (unit, moment) in enumerate(cases):
        one = town.report(title=f"Case {number:02}", now=stands, place=HERE)
        due(town, one.id, moment, unit)
    with town.engine(Role.OWNER).begin() as db:
        # As of files, so that time stands.
        db.execute(text("UPDATE layer_state SET as_of = :at WHERE layer = 'incidents'"),
                   {"at": stands})  # fmt: skip
    desk = sit("dispatcher")
    desk.open()
    page = desk.page
    expect(page.locator(".cg-order")).to_have_count(len(cases))
    # What the server wrote is wiped out.
    page.evaluate("""() => {
      for (const tag of document.querySelectorAll("[data-due]")) tag.lastChild.nodeValue = "…";
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    for number, (unit, moment) in enumerate(cases):
        rest = left(clock, stands, moment, unit)
        word = {"minutes": "min", "hours": "h"}.get(rest.measure, rest.measure)
        word = word.replace("work_", "working ")
        word = word.removesuffix("s") if rest.amount == 1 else word
        shown = page.locator(tag(page, f"Case {number:02}"))
        assert shown.inner_text() == f"{rest.amount} {word} left", (unit, moment)
        assert "Due" in (shown.get_attribute("title") or "")
