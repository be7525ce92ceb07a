"""Working on an incident: what is near it, what is put right, split off, linked, and looked up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from playwright.sync_api import Page, expect

from layers.handling import case as reading
from layers.handling import talk
from layers.handling.drafts import Reporter
from tests.dashboard.test_incidents_story import ELSEWHERE, WHERE, Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import NOW, Town

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


def test_what_is_typed_of_a_comment_outlives_what_others_do(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    one = town.report(title="Lamp out")
    intake = sit("intake")
    intake.open()
    intake.take("Lamp out")
    field, case = intake.page.locator("#case-comment"), intake.page.locator("#case")
    field.press_sequentially("Half a sen")
    with town.acting("head") as (db, viewer):
        talk.comment(db, viewer, one.id, "Both are dark", now=NOW)
    expect(case).to_contain_text("Both are dark")
    expect(field).to_have_value("Half a sen")
    expect(field).to_be_focused()
    intake.page.keyboard.type("tence")
    intake.page.keyboard.press("Control+Enter")
    expect(case).to_contain_text("Half a sentence")
    expect(field).to_have_value("")


def test_a_menu_stays_open_when_others_do_something(town: Town, sit: Callable[[str], Desk]) -> None:
    one = town.report(title="Lamp out")
    intake = sit("intake")
    intake.open()
    intake.take("Lamp out")
    case, amend = intake.page.locator("#case"), intake.page.locator("[data-does=case-amend]")
    menu = case.locator(".cg-case-more summary")
    for said, within in (("Both are dark", menu), ("Three are", amend)):
        if within is menu:
            menu.press("Enter")
        within.focus()
        with town.acting("head") as (db, viewer):
            talk.comment(db, viewer, one.id, said, now=NOW)
        expect(case).to_contain_text(said)
        expect(amend).to_be_visible()
        expect(within).to_be_focused()
    # Closed, it is closed, whatever others do.
    intake.page.keyboard.press("Escape")
    expect(amend).to_be_hidden()
    with town.acting("head") as (db, viewer):
        talk.comment(db, viewer, one.id, "And four", now=NOW)
    expect(case).to_contain_text("And four")
    expect(amend).to_be_hidden()


def test_an_incident_is_put_right_split_and_linked_by_keyboard(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    # Of late, or it would be another one.
    town.report(title="Lamp dark", now=dt.datetime.now(dt.UTC))
    town.report(title="Lamp out", reporter=Reporter("王小明", "13800001234"))
    intake = sit("intake")
    intake.open()
    page = intake.page
    intake.take("Lamp out")

    # Put right: the pin is moved by arrow keys.
    page.locator("#case .cg-case-more summary").press("Enter")
    page.locator("[data-does=case-amend]").press("Enter")
    expect(page.locator("#righting-kind")).to_be_focused()
    page.locator("#righting-title").fill("Two lamps out")
    page.locator(".citygrid-site").press("ArrowRight")
    expect(page.locator("#righting-place")).not_to_be_empty()
    page.locator("#righting-title").press("Enter")
    expect(page.locator("#case .cg-title")).to_have_text("Two lamps out")
    expect(page.locator(".cg-case-facts")).to_contain_text("a point on the map")
    assert town.scalar("SELECT count(DISTINCT geom) FROM incident") == 2

    # Who reported it is masked until somebody says why.
    expect(page.locator("#case .cg-case-reporters")).to_contain_text("138****1234")
    page.locator("[data-does=reporters-show]").press("Enter")
    page.locator("#reporters-why").fill("call back")
    page.locator("dialog [type=submit]").press("Enter")
    expect(page.locator("dialog .cg-case-reporters")).to_contain_text("13800001234")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text("13800001234")
    follow = page.locator("[data-does=case-follow]")
    follow.press("Enter")
    expect(follow).to_have_attribute("aria-pressed", "true")
    # What others do is told at once, until it is seen.
    with town.acting("head") as (db, viewer):
        number = reading.by_key(db, follow.get_attribute("data-case"), NOW).id
        talk.comment(db, viewer, number, "Both are dark", now=NOW)
    expect(page.locator(".cg-told-lines")).to_contain_text("You follow it: Head commented")
    page.locator("[data-does=case-told]").press("Enter")
    expect(page.locator(".cg-told-lines")).to_have_count(0)
    follow.press("Enter")
    expect(follow).to_have_attribute("aria-pressed", "false")

    # A part of it becomes a case of its own.
    intake.next("Register")
    intake.stands("Registered")
    page.locator("#case .cg-case-more summary").press("Enter")
    page.locator("[data-does=case-split]").press("Enter")
    expect(page.locator("#intake-kind")).to_be_focused()
    page.locator("#intake-kind").select_option("s/0101")
    page.locator("#intake-title").fill("Cable lies open")
    page.locator("#intake-title").press("Enter")
    expect(page.locator("#case .cg-title")).to_have_text("Cable lies open")
    expect(page.locator(".cg-case-kin")).to_contain_text("Two lamps out")

    # It turns out to be what was known already; and then not.
    page.locator("#case .cg-case-more summary").press("Enter")
    page.locator("[data-does='case-act duplicate']").press("Enter")
    page.locator("dialog .cg-order", has_text="Lamp dark").press("Enter")
    expect(page.locator(".cg-linking-meant")).to_contain_text("Lamp dark")
    page.locator("dialog [name=other_key]").press("Enter")
    intake.stands("Closed")
    expect(page.locator(".cg-case-kin", has_text="Repeats")).to_contain_text("Lamp dark")
    page.locator("#case .cg-case-more summary").press("Enter")
    page.locator("[data-does='case-act reopen']", has_text="Unlink").press("Enter")
    page.locator("dialog [name=reason]").fill("another cable")
    page.locator("dialog [type=submit]").press("Enter")
    intake.stands("Reported")
    expect(page.locator(".cg-case-kin", has_text="Repeats")).to_have_count(0)
    town.assert_counted()
