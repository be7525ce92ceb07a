"""The administration's pages fit on whatever they are read on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from gis.access.posts import Post
from gis.database import Role
from tests.dashboard import signing
from tests.dashboard.test_incidents_story import PHONE, Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import Town


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_of_the_administration_stands_beside_a_phone(
    language: str, town: Town, sit: Callable[[str], Desk]
) -> None:
    with town.engine(Role.OWNER).begin() as db:
        signing.hire(db, "admin", Post.SYSTEM_ADMIN)
    desk = sit("admin")
    page = desk.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for tab in ("rules?edit=new", "calendar?", "escalation?edit=new", "webhooks?"):
        page.goto(f"{desk.address}/admin/{tab}&language={language}")
        expect(page.locator(".cg-tabs")).to_be_visible()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), tab


def test_a_form_that_is_clicked_twice_is_sent_once(town: Town, sit: Callable[[str], Desk]) -> None:
    with town.engine(Role.OWNER).begin() as db:
        signing.hire(db, "admin", Post.SYSTEM_ADMIN)
    desk = sit("admin")
    page = desk.page
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    for _ in range(2):
        page.goto(f"{desk.address}/admin/calendar?year=2026&language=en#edit")
        page.locator("#edit summary").click()
        page.locator("input[name=first]").fill("2026-12-28")
        page.locator("input[name=name]").fill("City games")
        sent.clear()
        page.locator("#edit [type=submit]").dblclick()
        expect(page.locator(".cg-days")).to_contain_text("City games")
        assert len(sent) == 1, sent
        # Gone back to, it is sent again if one means to.
        page.go_back()
