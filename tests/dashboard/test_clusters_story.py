"""Incidents on the map: rings show the mix, and add up to the list however near one looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from dashboard.incidents.heaps import MOST_DRAWN
from gis.database import Role
from tests import builders
from tests.dashboard.test_incidents_story import Desk
from tests.dashboard.test_incidents_story import door as door
from tests.dashboard.test_incidents_story import sit as sit
from tests.dashboard.test_incidents_story import town as town
from tests.layers.handling.handling_town import TO_CLOSE, Town

STATES = ("overdue", "soon", "open", "closed")
# Squares of both quarters, with their lower left corners.
SQUARES = {3: (0, 0), 4: (1, 0), 8: (2, 0), 9: (3, 0)}
SETTLED = """() => {
  const map = window.__citygrid_maps.map;
  return map.loaded() && map.isSourceLoaded("cases") && !map.isMoving();
}"""
# Looks at all of a box, in as many screens as it takes, and counts each feature once.
COUNTED = """async ([zoom, west, south, east, north]) => {
  const map = window.__citygrid_maps.map;
  map.jumpTo({ center: [(west + east) / 2, (south + north) / 2], zoom });
  const box = map.getBounds();
  const columns = Math.ceil((east - west) / (box.getEast() - box.getWest()) * 1.1);
  const rows = Math.ceil((north - south) / (box.getNorth() - box.getSouth()) * 1.1);
  const found = {};
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < rows; j++) {
      const center = [west + (east - west) * (i + 0.5) / columns,
                      south + (north - south) * (j + 0.5) / rows];
      map.jumpTo({ center, zoom });
      await new Promise((done) => { map.once("idle", done); map.triggerRepaint(); });
      for (const one of map.queryRenderedFeatures({ layers: ["cases", "case-clusters"] }))
        found[`${one.properties.cluster ?? ""}${one.id}`] = one.properties;
    }
  return Object.values(found);
}"""
# Where the ring in the middle of the map is seen that is no cluster of rings.
MIDDLE = """() => {
  const map = window.__citygrid_maps.map;
  const box = map.getCanvas().getBoundingClientRect();
  const some = map.queryRenderedFeatures({ layers: ["case-clusters"] })
    .filter(({ properties }) => !properties.cluster)
    .map(({ geometry }) => map.project(geometry.coordinates));
  const far = ({ x, y }) => Math.hypot(x - box.width / 2, y - box.height / 2);
  const { x, y } = some.sort((one, other) => far(one) - far(other))[0];
  return [box.left + x, box.top + y];
}"""


def crowd(town: Town, each: int) -> None:
    """Put copies of some incidents of every state all over some squares."""
    late, soon, due, over = (town.report(title=f"Case {n}") for n in range(4))
    town.along(
        over, ("intake", "register"), ("dispatcher", "dispatch", {"body_id": 1}),
        ("roads", "accept"), *TO_CLOSE,
    )  # fmt: skip
    dues = {late.id: "'2020-01-01'", soon.id: "now() + interval '1 hour'", due.id: "'2100-01-01'"}
    with town.engine(Role.OWNER).begin() as db:
        for number, moment in dues.items():
            db.execute(text(f"UPDATE citygrid.incident SET due_at = {moment} WHERE id = {number}"))
        names = db.scalars(
            text(
                "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns "
                "WHERE table_schema = 'citygrid' AND table_name = 'incident' "
                "AND column_name NOT IN ('id', 'key', 'unit_id', 'unit_then_id', 'geom')"
            )
        ).one()
        for unit, (x, y) in SQUARES.items():
            west, south = builders.at(x + 0.05, y + 0.05)
            east, north = builders.at(x + 0.95, y + 0.95)
            db.execute(
                text(
                    f"INSERT INTO citygrid.incident (key, unit_id, unit_then_id, geom, {names}) "
                    # What is closed was closed where it lies.
                    "SELECT 'copy-' || :unit || '-' || i.id || '-' || n, :unit, "
                    "CASE WHEN unit_then_id IS NOT NULL THEN :unit END, "
                    "ST_SetSRID(ST_Point(:west + random() * (:east - :west), "
                    f":south + random() * (:north - :south)), 4326), {names} "
                    "FROM citygrid.incident i, generate_series(1, :each) n WHERE key NOT LIKE 'c%'"
                ),
                {"unit": unit, "west": west, "south": south, "east": east, "north": north,
                 "each": each},
            )  # fmt: skip


def counted(page: Page, zoom: float, box: tuple[float, ...]) -> dict[str, int]:
    """What the map's features add up to at a zoom, by how the incidents stand."""
    page.wait_for_function(SETTLED)
    found: list[dict[str, Any]] = page.evaluate(COUNTED, [zoom, *box])
    sums = dict.fromkeys(("n", *STATES), 0)
    for one in found:
        sums["n"] += one.get("n", 1)
        for state in STATES:
            sums[state] += one.get(state, int(one.get("state") == state))
    return sums


def number(page: Page, listing: str) -> int:
    said = page.locator(f"#cases-head button[id*='cases:{listing}'] .cg-count")
    return int(said.inner_text().replace(",", ""))


@pytest.mark.parametrize(
    ("query", "where", "box", "zooms"),
    [
        # More than have a pin each, of the whole city.
        ("cases=all", "true", ((0, 0), (4, 2)), (10, 12, 13, 15)),
        ("cases=", "stage <> 'closed'", ((0, 0), (4, 2)), (11, 13)),
        ("unit=3&cases=all", "unit_id = 3", ((0, 0), (1, 1)), (12, 14, 15, 16)),
    ],
)
def test_rings_and_pins_add_up_to_the_list_at_every_zoom(
    town: Town,
    sit: Callable[[str], Desk],
    query: str,
    where: str,
    box: tuple[tuple[float, float], ...],
    zooms: tuple[float, ...],
) -> None:
    crowd(town, 400)
    desk = sit("mayor")
    page = desk.page
    desk.open(query)
    length = town.scalar(f"SELECT count(*) FROM citygrid.incident WHERE {where}")
    closed = f"SELECT count(*) FROM citygrid.incident WHERE {where} AND stage = 'closed'"
    assert (length > MOST_DRAWN) == (query == "cases=all")
    for zoom in zooms:
        sums = counted(page, zoom, (*builders.at(*box[0]), *builders.at(*box[1])))
        # What is not closed is what the page's own list says there is of it.
        stand = {
            "overdue": number(page, "overdue"),
            "soon": number(page, "soon"),
            "closed": town.scalar(closed),
        }
        assert stand["overdue"] > 0
        rest = length - sum(stand.values())
        assert sums == {"n": length, "open": rest, **stand}, zoom


def test_what_no_zoom_parts_is_looked_into_by_unit(town: Town, sit: Callable[[str], Desk]) -> None:
    crowd(town, 400)
    desk = sit("mayor")
    page = desk.page
    desk.open("cases=all")
    page.wait_for_function(SETTLED)
    page.evaluate(
        "center => window.__citygrid_maps.map.jumpTo({center, zoom: 16})", builders.at(0.5, 0.5)
    )
    page.wait_for_function(SETTLED)
    page.mouse.click(*page.evaluate(MIDDLE))
    expect(page).to_have_url(re.compile(r"[?&]unit=\d+"))
    # Of a list that short each incident has a pin.
    page.wait_for_function(SETTLED)
    page.wait_for_function(
        "() => window.__citygrid_maps.map.querySourceFeatures('cases')"
        ".every(({properties}) => properties.cluster || !properties.n)"
    )
