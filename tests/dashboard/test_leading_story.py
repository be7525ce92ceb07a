"""Leading, and handling many: a leader asks, several are done at once, boards, kept filters."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import NOW, ROADS, TO_HANDLE, Town


def test_a_leader_asks_from_the_worst_unit_and_is_answered(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    # Long before the last thing that is known: it is overdue by then.
    town.handled(title="Lamp out", now=NOW - dt.timedelta(days=9))
    town.report(now=NOW)
    mayor = sit("mayor")
    page = mayor.page
    page.goto(f"{mayor.address}/?language=en")
    # Three clicks from the overview to the question.
    page.locator("#worst .cg-row-list").first.click()
    expect(page).to_have_url(re.compile("mode=incidents.*cases=overdue"))
    mayor.take("Lamp out")
    page.locator("[data-does='case-act supervise']").click()
    page.locator("dialog [name=note]").fill("Why so long?")
    page.locator("dialog [type=submit]").click()
    expect(page.locator(".cg-supervision")).to_contain_text("waits for an answer")
    expect(page.locator("#cases .cg-order .cg-tag", has_text="Supervised")).to_have_count(1)

    officer = sit("roads")
    officer.open("cases=supervised")
    officer.take("Lamp out")
    expect(officer.page.locator(".cg-supervision")).to_contain_text("Why so long?")
    officer.page.locator("[data-does='case-act answer']").click()
    officer.page.locator("dialog [name=note]").fill("The part came today.")
    officer.page.locator("dialog [type=submit]").click()
    # The leader sees it come.
    expect(page.locator(".cg-supervision")).to_contain_text("The part came today.")
    page.locator("[data-does='case-act accept_answer']").click()
    page.locator("dialog [type=submit]").click()
    expect(page.locator(".cg-supervision")).to_contain_text("accepted")
    expect(page.locator("#cases .cg-order .cg-tag", has_text="Supervised")).to_have_count(0)


def test_several_are_done_at_once_and_each_has_its_verdict(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    some = [town.along(town.report(title=f"Case {n}"), TO_HANDLE[0]) for n in range(4)]
    desk = sit("dispatcher")
    desk.open("cases=mine")
    page = desk.page
    picks = page.locator("#cases li[data-key] .cg-pick")
    expect(picks).to_have_count(4)
    picks.nth(0).click()
    picks.nth(2).click(modifiers=["Shift"])
    expect(page.locator(".cg-several-head strong")).to_have_text("3 chosen")
    # By keys, too.
    page.locator("#cases .cg-order").nth(2).focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".cg-several-head strong")).to_have_text("4 chosen")
    # Only what the same words fit: no file is of several.
    names = page.locator("[data-several]").all_inner_texts()
    assert names
    assert not {"Add files", "Remove a file"} & set(names)
    assert all(name[0].isupper() for name in names)
    page.locator("[data-several=dispatch]").click()
    page.locator("dialog [name=body_id]").select_option(str(ROADS))
    # Somebody else is faster with one of them.
    town.act("dispatcher", some[1], "suspend", reason="a court decides")
    page.locator("dialog [type=submit]").click()
    expect(page.locator("dialog[open] h2")).to_have_text("3 done, 1 not done")
    expect(page.locator(".cg-verdict").first).to_contain_text("Case 1")
    expect(page.locator(".cg-verdict").first).to_contain_text("suspend")
    page.locator("dialog button", has_text="Close").click()
    assert [town.read(one.id).body_id for one in some] == [ROADS, None, ROADS, ROADS]
    town.assert_counted()


def test_board_and_time_line_follow_the_filter_which_is_kept(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    for n in range(3):
        town.report(title=f"Case {n}")
    town.along(town.report(title="Registered"), TO_HANDLE[0])
    desk = sit("intake")
    desk.open()
    page = desk.page
    expect(page.locator("#cases .cg-order")).to_have_count(4)
    page.locator(".cg-form", has_text="Board").click()
    counts = page.locator(".cg-board-head .cg-count")
    expect(counts.first).to_have_text("3")
    assert sum(int(text) for text in counts.all_inner_texts()) == 4
    expect(page).to_have_url(re.compile("form=board"))
    # A card moves on by its next step: by keys, then dragged.
    page.locator("[data-stage=report] .cg-card-open").first.focus()
    page.keyboard.press("Alt+ArrowRight")
    page.locator("dialog [type=submit]").click()
    expect(page.locator("[data-stage=register] .cg-card")).to_have_count(2)
    card = page.locator("[data-stage=report] .cg-card").first
    card.drag_to(page.locator("[data-stage=register] .cg-board-head"))
    page.locator("dialog [type=submit]").click()
    expect(page.locator("[data-stage=register] .cg-card")).to_have_count(3)

    page.locator(".cg-form", has_text="Time line").click()
    expect(page.locator(".cg-times-legend strong")).to_have_text("4")
    expect(page.locator("#case-times-chart .bars path")).not_to_have_count(0)
    chart = page.locator("#case-times-chart .nsewdrag").bounding_box()
    assert chart
    page.mouse.move(chart["x"] + 10, chart["y"] + 50)
    page.mouse.down()
    page.mouse.move(chart["x"] + chart["width"] - 10, chart["y"] + 60, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("start=2026-03-0"))

    # Kept under a name, shared, and opened by somebody else.
    page.locator("[data-does=filter-keep]").click()
    page.locator("dialog [name=name]").fill("March")
    page.locator("dialog [name=place]").select_option(index=1)
    page.locator("dialog [type=submit]").click()
    expect(page.locator(".cg-saved-open", has_text="March")).to_have_attribute(
        "aria-pressed", "true"
    )
    checker = sit("checker")
    checker.open()
    checker.page.locator(".cg-saved-open", has_text="March").click()
    expect(checker.page).to_have_url(re.compile("form=time.*start=2026-03-0"))
    expect(checker.page.locator(".cg-saved-edit")).to_have_count(0)
    page.locator(".cg-saved-edit").click()
    page.locator("dialog .cg-saved-delete").click()
    expect(page.locator(".cg-saved-open")).to_have_count(0)


def test_a_class_chosen_narrows_list_board_map_time_line_file_and_kept_filter(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    for small in ("0101", "0101", "0102", "0201"):
        town.report(title=f"Case {small}", small=small)
    desk = sit("mayor")
    desk.open()
    page = desk.page
    orders, field = page.locator("#cases .cg-order"), page.locator("#cases-class")
    expect(orders).to_have_count(4)

    def choose(name: str) -> None:
        field.click()
        page.get_by_role("option", name=name, exact=True).click()

    with page.expect_request(re.compile(r"incidents/map\?.*part=big%3As%2F01|part=big:s%2F01")):
        choose("01 (all of it)")
    expect(orders).to_have_count(3)
    with page.expect_request(re.compile(r"incidents/map\?.*part=small(%3A|:)s%2F0102")):
        choose("0102")
    expect(orders).to_have_count(1)
    expect(page.locator(".cg-chip", has_text="0102")).to_have_count(1)
    page.locator(".cg-form", has_text="Board").click()
    expect(page.locator(".cg-board .cg-card")).to_have_count(1)
    page.locator(".cg-form", has_text="Time line").click()
    expect(page.locator(".cg-times-legend strong")).to_have_text("1")
    taken = page.locator(".cg-cases-out a").first.get_attribute("href")
    assert taken
    assert re.search(r"part=small(%3A|:)s%2F0102", taken)

    # Kept, and opened again: the choice shows it.
    page.locator("[data-does=filter-keep]").click()
    page.locator("dialog [name=name]").fill("Pumps")
    page.locator("dialog [type=submit]").click()
    kept = page.locator(".cg-saved-open", has_text="Pumps")
    expect(kept).to_have_attribute("aria-pressed", "true")
    desk.open()
    expect(field).to_have_value("")
    expect(orders).to_have_count(4)
    kept.click()
    expect(field).to_have_value("0102")
    expect(page.locator(".cg-times-legend strong")).to_have_text("1")
    page.locator(".cg-form", has_text="List").click()
    # Let go where the numbers are narrowed.
    page.locator(".cg-chip", has_text="0102").click()
    expect(field).to_have_value("")
    expect(orders).to_have_count(4)
