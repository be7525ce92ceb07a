"""What is written of an incident is not lost: by a broken line, another page, a slip of the hand.

Whatever stands in the way is said in one sentence, where it was done.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from importers.hotline.bringing import MOST_BYTES
from tests.dashboard.test_incidents_story import WHERE, Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import Town

# What the browser itself says of a line that is broken.
BROKEN = r"ERR_INTERNET_DISCONNECTED|Failed to fetch|503"
UNREACHED = (
    "The server was not reached. What was typed is still here: check the network and try again."
)


def write(desk: Desk, title: str = "Lamp out") -> Page:
    """Write a report, all but send it."""
    desk.open()
    desk.place(WHERE)
    desk.page.locator("#intake-kind").select_option("s/0101")
    desk.page.locator("#intake-title").fill(title)
    return desk.page


def test_a_broken_line_loses_nothing_and_is_told_where_something_was_done(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    intake = sit("intake")
    intake.watch.expected = BROKEN
    page = write(intake)
    intake.context.set_offline(True)
    # What is asked while typing says so, too, in its place.
    page.locator("#intake-title").press("End")
    page.keyboard.type(", both")
    expect(page.locator(".cg-intake-whose")).to_have_text(UNREACHED)
    page.locator(".cg-intake-form [type=submit]").click()
    fault = page.locator(".cg-intake-form .cg-reveal-refused").last
    expect(fault).to_have_text("It was not sent. Check the network and try again.")
    intake.context.set_offline(False)
    expect(page.locator("#intake-title")).to_have_value("Lamp out, both")
    page.locator("#intake-title").press("Control+Enter")
    expect(page.locator("#case .cg-title")).to_have_text("Lamp out, both")
    assert town.count() == 1

    page.locator("#case .cg-case-more summary").click()
    page.locator("[data-does='case-act refuse']").click()
    box = page.locator("dialog[open]")
    box.locator("[name=reason]").fill("Not the city's")
    # Something between says that it cannot reach the server: nothing of ours.
    page.route("**/acts/refuse*", lambda route: route.fulfill(status=503, body="<h1>Busy</h1>"))
    box.locator("[type=submit]").click()
    expect(box.locator("[role=alert]")).to_have_text(UNREACHED)
    page.unroute("**/acts/refuse*")
    intake.context.set_offline(True)
    box.locator("[type=submit]").click()
    expect(box.locator("[role=alert]")).to_have_text(UNREACHED)
    expect(box.locator("[name=reason]")).to_have_value("Not the city's")
    intake.context.set_offline(False)
    box.locator("[type=submit]").click()
    expect(box).to_have_count(0)
    intake.stands("Closed")


def test_a_report_that_was_left_or_given_up_is_gone_on_with(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    town.report(title="A leak", small="0102")
    intake = sit("intake")
    page = write(intake)
    unsent = page.locator("[data-part=intake-unsent]")
    # What is read makes room for nothing for good.
    intake.take("A leak")
    expect(unsent).to_contain_text("Not sent: Lamp out")
    unsent.get_by_role("button", name="Go on with it").click()
    expect(page.locator("#intake-title")).to_have_value("Lamp out")
    expect(page.locator("[data-part=intake-placed]")).to_contain_text("coordinates")
    # Given up by mistake, it is there until another one was sent.
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#intake-title")).to_have_count(0)
    expect(unsent).to_contain_text("Lamp out")
    intake.place(WHERE)
    expect(page.locator("#intake-title")).to_have_value("")
    page.get_by_role("button", name="Cancel").click()
    unsent.get_by_role("button", name="Go on with it").click()
    expect(page.locator("#intake-title")).to_have_value("Lamp out")
    page.get_by_role("button", name="Cancel").click()
    unsent.get_by_role("button", name="Put it away").click()
    expect(unsent).to_have_count(0)


def test_a_page_is_not_left_with_something_typed_unless_one_means_to(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    one, other = town.report(title="Lamp out"), town.report(title="A leak", small="0102")
    intake = sit("intake")
    page = intake.page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    intake.open(f"case={one.id}")
    page.reload()
    assert asked == []
    # Of each incident what was typed of it, whichever was looked at meanwhile.
    field = page.locator("#case-comment")
    field.fill("Half a sen")
    intake.take("A leak")
    expect(field).to_have_value("")
    field.fill("Another")
    intake.take("Lamp out")
    expect(field).to_have_value("Half a sen")
    page.reload()
    assert asked == ["beforeunload"]
    write(intake)
    assert asked == ["beforeunload"]
    page.reload()
    assert asked == ["beforeunload"] * 2
    assert other.id


def test_a_table_that_is_too_large_is_not_sent_at_all(
    town: Town, sit: Callable[[str], Desk], tmp_path: Path
) -> None:
    intake = sit("intake")
    intake.open()
    page = intake.page
    large = tmp_path / "12345.csv"
    large.write_bytes(b"x" * (MOST_BYTES + 1))
    page.locator("#hotline-box > summary").click()
    page.locator("#hotline-file").set_input_files(large)
    page.locator("#hotline-bring").click()
    expect(page.locator("#hotline [role=alert]")).to_have_text(
        "12345.csv has more than 10 MB. Cut it by days."
    )


def test_a_menu_closes_as_soon_as_something_else_is_meant(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    one = town.report(title="Lamp out")
    intake = sit("intake")
    page = intake.page
    intake.open(f"case={one.id}")
    alerts, more = page.get_by_label("Alerts"), page.locator("#case .cg-case-more summary")
    opened = page.locator("details.cg-case-more[open]")
    alerts.click()
    expect(opened).to_have_count(1)
    more.click()
    expect(opened).to_have_count(1)
    expect(page.locator("[data-does='case-act refuse']")).to_be_visible()
    # The menu, and nothing under it.
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    expect(more).to_be_focused()
    expect(page.locator("#case .cg-title")).to_have_text("Lamp out")


def test_what_is_no_photo_is_told_at_once_and_a_long_word_is_read_whole(
    town: Town, sit: Callable[[str], Desk]
) -> None:
    intake = sit("intake")
    title = "<b>" + "长" * 150
    page = write(intake, title)
    with page.expect_file_chooser() as asked:
        page.locator("[data-part=intake-files] [data-does=file-choose]").click()
    asked.value.set_files({"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"M"})
    row = page.locator("[data-part=intake-files]")
    expect(row.locator("[role=alert]")).to_contain_text("a.exe is neither a JPEG")
    expect(row.locator("li")).to_have_count(0)
    page.locator(".cg-intake-form [type=submit]").click()
    heading = page.locator("#case .cg-title")
    expect(heading).to_have_text(title)
    # Where its panel is drawn anew, it is the heading there.
    page.wait_for_function(
        "() => { const { scrollWidth, clientWidth, clientHeight } = "
        "document.querySelector('#case .cg-title') ?? {};"
        " return scrollWidth <= clientWidth && clientHeight > 60; }"
    )
