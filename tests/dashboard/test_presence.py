"""An open page says that somebody is at it when somebody is, and not by itself."""

import re
from datetime import datetime

from playwright.sync_api import expect

from dashboard.app import create_app
from tests.dashboard import signing


def test_only_what_a_person_does_is_told(page, squares, door, serve):
    address = serve(create_app(squares, door).server)
    signing.enter(page, address, door)
    asked = []
    page.on(
        "request",
        lambda request: "/account/here" in request.url and asked.append(request.method),
    )
    page.clock.install(time=datetime(2026, 3, 2, 9, 0))
    page.goto(address)
    expect(page.locator(".cg-visitor-name")).to_be_visible()
    page.clock.fast_forward("10:00")
    assert "POST" not in asked
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.wait_for_function("() => true")
    assert asked.count("POST") == 1
    page.clock.fast_forward("01:01")
    with page.expect_request("**/account/here"):
        page.mouse.wheel(0, 10)
    assert asked.count("POST") == 2


def test_a_screen_nobody_is_at_is_left_when_the_session_ends(page, squares, door, serve, watch):
    watch.expected = "401"
    address = serve(create_app(squares, door).server)
    signing.enter(page, address, door)
    page.clock.install(time=datetime(2026, 3, 2, 9, 0))
    with page.expect_response("**/account/here") as told:
        page.goto(address)
    left = told.value.json()["left_s"]
    expect(page.locator(".cg-visitor-name")).to_be_visible()
    # What ended it: an administrator, another tab, or time.
    page.context.clear_cookies()
    page.clock.fast_forward(int(left + 5) * 1000)
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))


def test_a_page_that_is_left_says_nothing_of_what_it_asked_last(page, squares, door, serve, watch):
    """Dash would read the refusal twice, and complain of that, if it came before the page went."""
    watch.expected = "401"
    address = serve(create_app(squares, door).server)
    signing.enter(page, address, door)
    page.goto(address)
    expect(page.locator("#glance [data-number=people]")).to_be_visible()
    left = []

    def hold(route):
        if route.request.is_navigation_request():
            left.append(route)
        else:
            route.continue_()

    page.route("**/*", hold)
    page.context.clear_cookies()
    with page.expect_response(re.compile("_dash-update-component")) as told:
        page.evaluate("() => window.citygrid.tell('set', ['theme', 'dark'])")
    assert told.value.status == 401
    # The page is still there, with all the time to complain.
    page.wait_for_timeout(500)
    assert left
    left[-1].continue_()
    page.unroute_all()
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
