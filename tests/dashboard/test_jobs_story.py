"""Jobs under way in a real browser: listed in the coverage mode, and stopped there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from dashboard.app import create_app
from dashboard.coverage import best
from dashboard.door import Door
from gis.database import Role, Server
from tests.dashboard import signing
from tests.dashboard.test_coverage_story import WIDE
from tests.fixtures_browser import Serve


@pytest.fixture(scope="module")
def door(demo: Engine) -> Iterator[Door]:
    with signing.planners_door(demo, "waits") as door:
        yield door


@pytest.fixture(scope="module")
def address(demo: Engine, door: Door, serve_module: Serve) -> str:
    engine = Server(demo.url, is_private=True).engine(Role.APP, pool_size=4)
    # Nobody works here, so that a job waits for as long as it takes to look at it.
    return serve_module(create_app(engine, door).server, engine)


def test_a_job_that_is_under_way_is_listed_and_stopped(
    page: Page, address: str, door: Door
) -> None:
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    signing.enter(page, address, door, "waits")
    page.goto(f"{address}/?mode=coverage&language=en")
    expect(page.locator("#scenarios [data-part=scenarios] > div")).to_be_visible()
    page.evaluate("() => citygrid.post('jobs', {kind: 'indicators'})")
    page.reload()
    job = page.locator("[data-job]")
    expect(job).to_contain_text("Standard indicators")
    expect(job).to_contain_text("Waiting")
    job.get_by_role("button", name="Stop").press("Enter")
    expect(job).to_have_count(0)


def test_the_best_of_all_in_a_large_city_is_begun_found_again_and_stopped(
    page: Page, address: str, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Any city is large then.
    monkeypatch.setattr(best, "QUICK_WAYS", 0)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    signing.enter(page, address, door, "waits")
    page.goto(f"{address}/?mode=coverage&indicator=primary_school&language=en")
    panel = page.locator("#equity")
    panel.get_by_text("Advanced", exact=True).click()
    panel.get_by_role("button", name="Compare with the best of all").press("Enter")
    job = panel.locator("[data-part=job]")
    expect(job).to_contain_text("in the background; go on meanwhile")
    expect(job.get_by_role("progressbar")).to_be_visible()
    page.reload()
    expect(job).to_contain_text("in the background; go on meanwhile")
    # The one that was begun, and no other.
    begun = "async () => (await (await fetch('jobs')).json()).jobs.filter((e) => e.kind === 'best')"
    assert len(page.evaluate(begun)) == 1
    job.get_by_role("button", name="Stop").press("Enter")
    again = job.get_by_role("button", name="Work out the best of all in the background")
    expect(again).to_be_visible()
    page.reload()
    # What was stopped is not begun again by itself.
    expect(again).to_be_visible()
    assert [each["state"] for each in page.evaluate(begun)] == ["cancelled"]
