"""Signing in as a person does, in a real browser, without and with JavaScript."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.door import now
from gis.access import accounts
from gis.access.posts import Post
from gis.access.rules import DEFAULT
from gis.database import Role, Server
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.dashboard.conftest import fill

PASSWORD = "correct-Horse-7-battery"


@pytest.fixture(scope="module")
def town(server):
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
        number = signing.hire(db, "zhang", Post.GRID_HEAD, unit_id=3)
        accounts.set_password(db, number, PASSWORD, now=now(), must_change=False, kept=0)
        signing.hire(db, "demo.leader", Post.LEADER, unit_id=1, is_demo=True)
        signing.hire(db, "demo.auditor", Post.AUDITOR, is_demo=True)
        signing.hire(db, "demo.system", Post.SYSTEM_ADMIN, is_demo=True)
    yield owner
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def page_app(town):
    door = signing.door_of(town)
    engine = Server(town.url, is_private=True).engine(Role.APP, pool_size=4)
    yield create_app(engine, door)
    engine.dispose()
    door.close()


@pytest.fixture(scope="module")
def address(page_app, serve_module):
    return serve_module(page_app.server)


def test_one_signs_in_and_out(page, address):
    page.goto(f"{address}/?unit=2")
    expect(page).to_have_url(f"{address}/sign-in?next=/%3Funit%3D2")
    page.get_by_label("Login").fill("zhang")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    menu = page.locator(".cg-visitor-name")
    expect(menu).to_contain_text("Zhang")
    assert "unit=2" in page.url
    menu.click()
    page.locator(".cg-menu button").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")
    page.goto(f"{address}/")
    expect(page).to_have_url(f"{address}/sign-in")


def test_wrong_passwords_lock_the_account(page, address, town, watch):
    watch.expected = "403"
    page.goto(f"{address}/sign-in")
    for _ in range(DEFAULT.failures_before_lock):
        page.get_by_label("Login").fill("zhang")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("the account is locked")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Try again in")
    with town.begin() as db:
        db.execute(text("UPDATE citygrid.account SET failures = 0, locked_until = NULL"))
        db.execute(text("DELETE FROM citygrid.guess"))


def test_it_works_without_javascript(browser, address):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/account")
    page.locator("button[value='demo.leader']").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    page.get_by_role("link", name="切换到中文").or_(page.get_by_role("link", name="Switch")).click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("status")).to_contain_text("signed out everywhere")
    context.close()


def test_an_administrator_makes_an_account_that_must_change_its_password(browser, address):
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.goto(f"{address}/admin")
    page.locator("button[value='demo.system']").click()
    page.get_by_text("New account").first.click()
    page.get_by_label("Login").fill("newcomer")
    page.get_by_label("Name").fill("新人")
    page.get_by_role("button", name="New account").click()
    expect(page.get_by_role("status")).to_contain_text("The account is made.")
    page.locator("summary", has_text="Reset password").click()
    page.get_by_role("button", name="Reset password").click()
    password = page.locator(".cg-once code").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Login").fill("newcomer")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()
    page.get_by_label("Current password").fill(password)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".cg-visitor-name")).to_contain_text("新人")
    page.goto(f"{address}/")
    context.close()


def test_an_auditor_searches_and_verifies(browser, address):
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.goto(f"{address}/audit")
    page.locator("button[value='demo.auditor']").click()
    page.get_by_label("Act").select_option("sign_in")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr").first).to_contain_text("signed in")
    page.get_by_role("button", name="Verify the seal").click()
    expect(page.get_by_role("status")).to_contain_text("Whole:")
    context.close()
