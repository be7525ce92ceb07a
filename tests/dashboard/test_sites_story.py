"""A planner brings a list of candidates in a real browser: verdicts, a choice, how good it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from dashboard.app import create_app
from dashboard.door import Door
from gis.database import Role, Server
from tests.dashboard import signing
from tests.dashboard.test_coverage_story import WIDE
from tests.fixtures_browser import Serve

# The search may have to be compiled first.
PATIENT_MS = 180_000


@pytest.fixture(scope="module")
def door(demo: Engine) -> Iterator[Door]:
    with signing.planners_door(demo, "brings") as door:
        yield door


@pytest.fixture(scope="module")
def address(demo: Engine, door: Door, serve_module: Serve) -> str:
    engine = Server(demo.url, is_private=True).engine(Role.APP, pool_size=4)
    return serve_module(create_app(engine, door).server, engine)


def test_a_list_is_brought_its_rows_are_judged_and_the_gap_of_the_choice_is_shown(
    page: Page, address: str, door: Door, demo: Engine, tmp_path: Path
) -> None:
    with demo.connect() as db:
        spots = db.execute(
            text(
                "SELECT ST_X(centre), ST_Y(centre) FROM citygrid.building "
                "WHERE use = 'residential' ORDER BY id LIMIT 400"
            )
        ).all()[::80]
    lines = [f"Plot {k},{lon},{lat},{10 * k},{100 * k}" for k, (lon, lat) in enumerate(spots, 1)]
    file = tmp_path / "plots.csv"
    file.write_text("\n".join(["名称,经度,纬度,造价,容量", *lines, "Nowhere,,,5,5"]), "utf-8")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    signing.enter(page, address, door, "brings")
    page.goto(f"{address}/?mode=coverage&language=en&aim=most_people&minutes=3&sites=2")
    panel = page.locator("#next")
    expect(panel.locator("[data-part=gap]")).to_be_visible(timeout=PATIENT_MS)
    panel.get_by_role("button", name="Own list").press("Enter")
    # None yet: the form is open, and the panel says that a list is missing.
    panel.locator("#candidates-file").set_input_files(file)
    expect(panel.locator("#candidates-name")).to_have_value("plots")
    panel.locator("#candidates-bring").press("Enter")
    verdicts = panel.locator("[data-part=verdicts]")
    expect(verdicts).to_contain_text("5 used")
    expect(verdicts).to_contain_text("1 refused")
    expect(panel.locator("[data-part=gap]")).to_contain_text(
        re.compile("from the optimum|Proven"), timeout=PATIENT_MS
    )
    expect(panel.locator("[data-part=among]")).to_contain_text("places of the list")
    # A link names the list, and limits are typed in.
    assert re.search(r"source=list:\d+", page.url)
    budget = panel.locator("#wish-budget")
    panel.get_by_text("Advanced").first.click()
    budget.fill("30")
    budget.press("Tab")
    expect(panel).to_contain_text("Together they cost")
    page.wait_for_url("**budget=30**")
    # On the map they stand where the list has them.
    page.wait_for_function(
        "(spots) => { const { marks } = dash_component_api.getLayout('map').props.sites;"
        " return marks.length && marks.every(({ lngLat }) => spots.some((spot) =>"
        " Math.hypot(spot[0] - lngLat[0], spot[1] - lngLat[1]) < 1e-5)); }",
        arg=[list(spot) for spot in spots],
    )
