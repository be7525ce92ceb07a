"""A boundary is moved, and the open case follows it to the neighbour; the closed one stays.

Each post sits at a browser of its own and clicks.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy import text

from layers import catalog, counts
from tests.dashboard.editing_town import Town
from tests.dashboard.test_boundaries_story import Desk, begin, building_at
from tests.dashboard.test_boundaries_story import sit as sit
from tests.dashboard.test_boundaries_story import town as town

OURS, THEIRS = 3, 4
OPEN, CLOSED = "Lamp out", "Leak mended"
# The house that goes to the neighbour, in squares.
HOUSE = (0.8, 0.2)


def settle(town: Town) -> dict[str, int]:
    """Let an open and a closed case lie at the house, and none elsewhere in the two squares."""
    _, (lon, lat) = building_at(town, *HOUSE)
    with town.owner.begin() as db:
        db.execute(
            text("DELETE FROM citygrid.incident WHERE unit_id IN (:ours, :theirs)"),
            {"ours": OURS, "theirs": THEIRS},
        )
        found = db.execute(
            text(
                "INSERT INTO citygrid.incident (key, unit_id, unit_then_id, scheme, big, small, "
                "severity, stage, title, source, reported_at, registered_at, dispatched_at, "
                "handled_at, closed_at, outcome, geom) "
                "SELECT key, :ours, CASE stage WHEN 'closed' THEN :ours END, 'gb', '01', '0101', "
                "'ordinary', stage, title, 'hotline', now() - interval '3 hours', "
                "now() - interval '2 hours', now() - interval '2 hours', handled, handled, "
                "outcome, ST_SetSRID(ST_Point(:lon, :lat), 4326) FROM (VALUES "
                "('A-1', 'dispatch', :open, NULL::timestamptz, NULL), "
                "('A-2', 'closed', :closed, now() - interval '1 hour', 'done')) "
                "AS given (key, stage, title, handled, outcome) RETURNING title, id"
            ),
            {"ours": OURS, "lon": lon, "lat": lat, "open": OPEN, "closed": CLOSED},
        )
        numbers = {row.title: row.id for row in found}
        counts.rebuild(db, *catalog.COUNTED)
    return numbers


def list_of(desk: Desk, query: str) -> None:
    desk.open(f"mode=incidents&{query}")
    expect(desk.page.locator("#cases .cg-title")).to_have_text("Incidents")


def test_an_open_case_goes_with_its_ground_and_a_closed_one_stays(
    sit: Callable[[str], Desk], town: Town
) -> None:
    numbers = settle(town)
    ours, theirs = sit("wang"), sit("li")
    # What waits for the one head; the other has nothing to do.
    list_of(ours, "unit=2&cases=mine")
    mine, his = (desk.page.locator("#cases .cg-order") for desk in (ours, theirs))
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text(OPEN)
    list_of(theirs, "unit=2&cases=mine")
    expect(his).to_have_count(0)

    wang = sit("wang")
    wang.open(f"mode=boundaries&unit={OURS}")
    begin(wang, "The eastern house goes to the neighbour")
    wang.tool("hand_over")
    wang.choose(*building_at(town, *HOUSE))
    wang.page.locator(f".cg-taker[data-to='{THEIRS}']").click()
    wang.steps(1)
    # Looked at before: one open case changes hands, and which.
    cell = wang.page.locator(f"[data-unit='{THEIRS}'] [data-key=open_incidents]")
    expect(cell.locator("[data-part=difference]")).to_have_text("+1")
    wang.page.locator("[data-does^='sheet ']").click()
    sheet = wang.page.locator("#sheet")
    expect(sheet).to_contain_text(OPEN)
    expect(sheet).not_to_contain_text(CLOSED)
    wang.page.locator("[data-does=sheet-close]").click()
    for answer in wang.page.locator("#edit-remarks [data-hard=false] [data-answer]").all():
        answer.fill("Agreed with the residents.")
    wang.act("submit", note="The house is reached from there.")
    for login, act in (("li", "cosign"), ("south", "check"), ("mayor", "approve")):
        desk = sit(login)
        desk.decide(act)
        desk.leave()
    expect(mine).to_have_count(1)
    sit("filer").decide("file")

    # Nobody touches either list.
    expect(his).to_have_count(1)
    expect(his).to_contain_text(OPEN)
    expect(mine).to_have_count(0)
    # Who heads the neighbour takes it on.
    his.click()
    facts = theirs.page.locator(".cg-case-facts")
    expect(facts).to_contain_text("C12")
    theirs.page.locator(".cg-case-acts > .cg-button-main").click()
    theirs.page.locator("dialog[open] [type=submit]").click()
    expect(theirs.page.locator("#case .cg-tag").first).to_have_text("Being handled")

    # What was closed tells both where it was then.
    for desk in (ours, theirs):
        list_of(desk, f"unit=2&cases=closed&case={numbers[CLOSED]}")
        expect(desk.page.locator("#case .cg-title")).to_have_text(CLOSED)
        then = desk.page.locator(".cg-case-facts dt", has_text="Grid when closed")
        expect(then.locator("xpath=following-sibling::dd[1]")).to_have_text("Unit C11")
    with town.owner.connect() as db:
        query = text("SELECT unit_id, unit_then_id FROM citygrid.incident WHERE id = :id")
        assert db.execute(query, {"id": numbers[OPEN]}).one() == (THEIRS, None)
        assert db.execute(query, {"id": numbers[CLOSED]}).one() == (THEIRS, OURS)
