"""The hotline's table at a browser: brought, looked at, confirmed; and the list taken out."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis.access.posts import Post
from gis.database import Role
from layers.locating import index
from tests.dashboard import signing
from tests.dashboard.test_hotline import book, line
from tests.dashboard.test_incidents_story import Desk
from tests.layers.handling.handling_town import HERE, THERE, Town
from tests.town import built


@pytest.fixture
def town(server):
    with built(Town, server) as town:
        with town.engine(Role.OWNER).begin() as db:
            index.rebuild(db)
            # Who registers and may take lists out, too.
            signing.hire(db, "both", Post.INTAKE, Post.CLERK, unit_id=1)
        yield town


@pytest.fixture
def door(town):
    door = signing.door_of(town.engine(Role.OWNER))
    yield door
    door.close()


# After the door, so that the server goes before it.
@pytest.fixture
def desk(browser, door, town, serve, watch):
    office = Office(town.engine(Role.ENGINE))
    address = serve(create_app(town.engine(Role.APP), door, office=office).server)
    desk = Desk(browser, address, door, "both")
    yield desk
    desk.leave()


def test_a_table_is_brought_its_doubts_are_settled_and_the_list_is_taken_out(town, desk, tmp_path):
    file = tmp_path / "12345.xlsx"
    odd = line("S2", kind="稀奇古怪", title="Noise at night")
    lost = line("S3", at=None, address="没有这个地方", title="Rubbish")
    file.write_bytes(book(line("S1", title="Lamp out"), odd, lost))
    page = desk.page
    desk.open("cases=all")
    page.locator("#hotline-box > summary").click()
    expect(page.locator(".cg-hotline-pick")).to_have_text("Choose a file…")
    page.locator("#hotline-file").set_input_files(file)
    expect(page.locator(".cg-hotline-pick")).to_have_text("12345.xlsx")
    page.locator("#hotline-bring").click()
    # For the first time it is asked which column is which.
    expect(page.locator("#hotline-number")).to_have_value("工单编号")
    page.locator(".cg-hotline-columns [type=submit]").click()
    expect(page.locator(".cg-hotline-outcome > p")).to_have_text(
        "3 rows: 1 reported, 2 to look at, 0 known, 0 changed, 0 refused."
    )
    expect(page.locator("#cases .cg-order")).to_have_count(1)
    expect(page.locator("#hotline-box > summary .cg-status")).to_have_text("2 to look at")

    # One whose place is known and whose class is not.
    page.locator("#hotline .cg-order", has_text="Noise at night").click()
    page.locator(".cg-hotline-acts .cg-button-main").click()
    expect(page.locator("#hotline .cg-reveal-refused")).to_have_text("Choose a class first.")
    page.locator("#hotline-kind").select_option("s/0102")
    page.locator(".cg-hotline-acts .cg-button-main").click()
    expect(page.locator("#cases .cg-order")).to_have_count(2)

    # One whose place somebody has to say.
    page.locator("#hotline .cg-order", has_text="Rubbish").click()
    page.locator(".cg-hotline-acts .cg-button-main").click()
    expect(page.locator("#hotline .cg-reveal-refused")).to_have_text(
        "Put the pin on the map first."
    )
    desk.place(f"{HERE[0]:.6f}, {HERE[1]:.6f}")
    # No form of a new report beside it.
    expect(page.locator(".cg-intake-form")).to_be_hidden()
    page.locator(".cg-hotline-acts .cg-button-main").click()
    expect(page.locator("#cases .cg-order")).to_have_count(3)
    expect(page.locator("#hotline ol")).to_have_count(0)

    # The same again: nothing new, and nothing asked.
    page.locator("#hotline-file").set_input_files(file)
    page.locator("#hotline-bring").click()
    expect(page.locator(".cg-hotline-outcome > p")).to_have_text(
        "3 rows: 0 reported, 0 to look at, 3 known, 0 changed, 0 refused."
    )
    assert town.count() == 3

    # What the hotline places elsewhere now is moved there by who confirms it.
    file.write_bytes(book(line("S1", at=THERE, title="Lamp out"), odd, lost))
    page.locator("#hotline-file").set_input_files(file)
    page.locator("#hotline-bring").click()
    expect(page.locator(".cg-hotline-outcome > p")).to_have_text(
        "3 rows: 0 reported, 0 to look at, 2 known, 1 changed, 0 refused."
    )
    page.locator("#hotline .cg-order", has_text="Lamp out").click()
    expect(page.locator("#hotline-kind")).to_have_count(0)
    go = page.locator(".cg-hotline-acts .cg-button-main")
    expect(go).to_have_text("Move it here")
    go.click()
    expect(page.locator("#hotline ol")).to_have_count(0)
    moved = "SELECT round(ST_X(geom)::numeric, 4) FROM citygrid.incident WHERE title = 'Lamp out'"
    assert float(town.scalar(moved)) == pytest.approx(THERE[0], abs=1e-4)

    page.locator(".cg-cases-out:not(.cg-ring) > summary").click()
    with page.expect_download() as taken:
        page.locator(".cg-cases-out a", has_text="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(taken.value.path()).read_text("utf-8-sig"))))
    assert {row["Title"] for row in rows} == {"Lamp out", "Noise at night", "Rubbish"}
    with town.engine(Role.OWNER).connect() as db:
        acts = db.scalars(text("SELECT act FROM citygrid.audit")).all()
    assert {"import", "export"} <= set(acts)
    town.assert_counted()
