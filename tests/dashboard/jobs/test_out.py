"""What is taken out of coverage, read back as others will read it."""

import datetime as dt
import io
import json
import re
import struct

import numpy as np
import pyogrio
import pypdf
import pytest
import shapely
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.coverage.desk import Desk
from dashboard.coverage.out import book, content, gis_file, sheet
from dashboard.scene import Scene
from dashboard.view import View
from gis import places
from gis.database import Role
from layers.coverage import by_day
from layers.coverage.ground import Ground
from tests.builders import TO_METRES, at
from tests.dashboard import signing
from tests.dashboard.jobs.test_working import acting
from tests.dashboard.test_callbacks import graph, outputs
from tests.dashboard.test_matrix_told import called

A3_PT = (1190.55, 841.89)
NOW = dt.datetime(2026, 11, 29, 4, 5, 6, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def page(city):
    engine = city.engine(Role.APP, pool_size=4)
    door = signing.door_of(engine)
    app = create_app(engine, door)
    yield app, door
    door.close()
    engine.dispose()


@pytest.fixture
def as_(page):
    return lambda login: signing.client_of(*page, login)


def taken(client, path, query="kinds=clinic&metres=600", **given):
    more = "".join(f"&{name}={value}" for name, value in given.items())
    answer = client.get(f"/coverage/{path}?{query}{more}")
    assert answer.status_code == 200, answer.text
    return answer


def sheets(answer):
    found = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return {name: found.get_sheet_by_name(name).to_python() for name in found.sheet_names}


def named(rows):
    head, *rows = rows
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_a_workbook_has_a_sheet_for_each_level_and_says_how_it_was_counted(as_):
    found = sheets(taken(as_("li"), "sheet.xlsx", language="en"))
    assert list(found) == ["Summary", "City", "Quarter", "Square"]
    said = {row[0]: row[1] for row in found["Summary"] if len(row) > 1}
    assert found["Summary"][0][0] == "Who is reached: Clinic"
    assert said["Facilities"] == "Clinic"
    assert said["Within"] == "600 m"
    assert "600" in said["Official radius"]
    assert said["Source"]
    assert said["Made"].endswith(":05") or ":" in said["Made"]
    city, squares = named(found["City"])[0], named(found["Square"])
    assert len(squares) == 16
    assert city["People"] == sum(row["People"] for row in squares) == 1278
    assert city["People reached"] + city["People not reached"] == 1278
    assert city["Buildings"] == 12


def test_numbers_of_persons_are_as_the_viewer_may_know_them(as_, tmp_path):
    exact, told = (sheets(taken(as_(who), "sheet.xlsx", language="en")) for who in ("li", "zhou"))
    assert any("are exact" in str(row[0]) for row in exact["Summary"])
    assert any("released" in str(row[0]) for row in told["Summary"])
    for who, is_exact in (("li", True), ("zhou", False)):
        file = tmp_path / f"{who}.gpkg"
        file.write_bytes(taken(as_(who), "sheet.gpkg").content)
        squares = pyogrio.read_dataframe(file, layer="square")
        assert set(squares["people_exact"]) == {is_exact}


@pytest.mark.parametrize(("crs", "code"), [("4490", 4490), ("4326", 4326), ("metric", 4547)])
def test_a_geopackage_is_read_back_in_the_system_asked_for(as_, tmp_path, crs, code):
    file = tmp_path / "coverage.gpkg"
    file.write_bytes(taken(as_("zhou"), "sheet.gpkg", crs=crs).content)
    layers = [name for name, _ in pyogrio.list_layers(file)]
    assert layers == ["city", "quarter", "square", "facilities", "uncovered_buildings"]
    frames = {name: pyogrio.read_dataframe(file, layer=name) for name in layers}
    assert {frame.crs.to_epsg() for frame in frames.values()} == {code}
    squares = frames["square"]
    assert len(squares) == 16
    assert {"code", "name", "people_all", "people_reached", "buildings_all"} <= set(squares)
    assert {"minutes_people", "minutes_second", "minutes_60"} <= set(squares)
    known = squares[squares["minutes_second"].notna()]
    assert (known["minutes_second"] >= known["minutes_people"]).all()
    assert squares["buildings_all"].sum() == 12
    west, south = at(0, 0)
    corner = TO_METRES(west, south) if crs == "metric" else (west, south)
    np.testing.assert_allclose(
        squares.total_bounds[:2], corner, atol=1e-6 if crs != "metric" else 1
    )
    assert shapely.coverage_is_valid(squares.geometry.to_numpy()) or crs == "metric"
    assert len(frames["facilities"]) == 12


def test_a_system_that_is_none_is_said(as_):
    answer = as_("zhou").get("/coverage/sheet.gpkg?kinds=clinic&metres=600&crs=99999&language=en")
    assert answer.status_code == 400
    assert answer.json() == {"error": "There is no coordinate system EPSG:99999; CGCS2000 is 4490."}


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", ("诊所覆盖情况", "北", "数据来源", "制作时间")),
     ("en", ("Who is reached: Clinic", "Source", "Made", "not reached"))],
)  # fmt: skip
def test_a_map_is_one_sheet_of_a3_with_all_that_belongs_on_a_map(as_, language, said):
    answer = taken(as_("zhou"), "sheet.pdf", language=language)
    (page,) = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx(A3_PT, abs=0.5)
    written = page.extract_text()
    for words in said[:4]:
        assert words in written
    assert " m" in written or "米" in written
    assert answer.headers["content-disposition"].endswith('.pdf"')


def test_a_picture_is_as_large_as_it_is_printed(as_):
    made = taken(as_("zhou"), "sheet.png").content
    assert made[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", made[16:24]) == (2480, 1754)


def test_a_comparison_is_taken_out_like_an_answer(as_, tmp_path):
    li = as_("li")
    scenario = li.post(
        "/scenarios",
        json={
            "name": "=1+1 One more", "question": {"kinds": ["clinic"], "metres": 600},
            "changes": [{"do": "open", "kind": "clinic", "at": at(2.3, 2.4)}],
        },
    ).json()["id"]  # fmt: skip
    found = sheets(taken(li, "sheet.xlsx", scenario=scenario, language="en"))
    assert found["Summary"][0][0] == "'=1+1 One more: who is reached, Clinic"
    city = named(found["City"])[0]
    assert city["People, change"] == city["People reached then"] - city["People reached"] >= 0
    file = tmp_path / "x.gpkg"
    file.write_bytes(taken(li, "sheet.gpkg", scenario=scenario).content)
    assert "supposed" in set(pyogrio.read_dataframe(file, layer="facilities")["state"])
    made = pypdf.PdfReader(io.BytesIO(taken(li, "sheet.pdf", scenario=scenario).content))
    assert "One more" in made.pages[0].extract_text()
    # What is another's and not shared is nobody else's to take out.
    assert as_("zhou").get(f"/coverage/sheet.xlsx?scenario={scenario}").status_code == 404


def test_suggested_places_are_taken_out_with_what_they_bring(as_, tmp_path):
    query = "kinds=hospital&metres=600&aim=most_people&sites=2"
    found = sheets(taken(as_("li"), "sheet.xlsx", query, language="en"))
    first, second = named(found["Where to build next"])
    assert (first["Place"], second["Place"]) == (1, 2)
    assert first["People newly covered"] >= second["People newly covered"] > 0
    city = named(found["City"])[0]
    # Beside the first one: together they win no more than there is to win.
    assert (
        first["People newly covered"] + second["People newly covered"] <= city["People not reached"]
    )
    said = {row[0]: row[1] for row in found["Summary"] if len(row) > 1}
    assert "optimum" in said["Where to build next"] or "Proven" in said["Where to build next"]
    file = tmp_path / "next.gpkg"
    file.write_bytes(taken(as_("li"), "sheet.gpkg", query).content)
    points = pyogrio.read_dataframe(file, layer="suggested_sites")
    np.testing.assert_allclose(
        shapely.get_coordinates(points.geometry.to_numpy()),
        [[row["Longitude"], row["Latitude"]] for row in (first, second)],
        atol=1e-7,
    )


@pytest.mark.parametrize(
    ("language", "tried", "suggested"),
    [("zh", "试选点", "建议选址"), ("en", "Sites tried", "Suggested sites")],
)
def test_what_is_tried_and_suggested_stands_on_the_map_and_in_its_legend(
    as_, language, tried, suggested
):
    lon, lat = at(2.3, 2.4)
    query = f"kinds=hospital&metres=600&tried={lon:.6f},{lat:.6f}"
    plain, one, both = (
        pypdf.PdfReader(
            io.BytesIO(taken(as_("zhou"), "sheet.pdf", some, language=language).content)
        )
        .pages[0]
        .extract_text()
        for some in (
            "kinds=hospital&metres=600", query, f"{query}&aim=most_people&sites=2",
        )
    )  # fmt: skip
    assert (tried in plain, tried in one, tried in both) == (False, True, True)
    assert (suggested in plain, suggested in one, suggested in both) == (False, False, True)
    # What it would bring, and where it is.
    assert f"{lat:.5f}" in one.replace("\n", "")


def test_doors_are_listed_for_who_sees_the_homes_and_persons_for_nobody(as_):
    # There is none in the city.
    query = "kinds=hospital&metres=1"
    mine, others = (
        sheets(taken(as_(who), "gaps.xlsx", query, language="en")) for who in ("li", "zhou")
    )
    addresses = named(mine["Addresses"])
    assert len(addresses) > 0
    assert {row["Door"] for row in addresses} != {""}
    assert {row["Door"] for row in named(others["Addresses"])} == {""}
    assert {row["Building code"] for row in named(others["Addresses"])} == {
        row["Building code"] for row in addresses
    }
    assert {row["Why"] for row in addresses} == {"Out of reach"}
    by_grid = named(mine["By grid"])
    assert sum(row["Buildings"] for row in by_grid) == len({r["Building code"] for r in addresses})
    written = taken(as_("zhou"), "gaps.csv", query).content.decode("utf-8-sig")
    assert len(written.splitlines()) == len(named(others["Addresses"])) + 1


def test_the_page_lists_the_same_by_grid_and_by_address(as_):
    """What the file has, under the same policy: doors for who sees the homes."""

    def listed(client, unit):
        (asked,) = (each for each in graph(client) if outputs(each)[0] == ("gaps", "children"))
        view = {"mode": "coverage", "kinds": "hospital", "metres": 1, "listed": unit}
        return json.dumps(called(client, asked, view).json(), ensure_ascii=False)

    mine, others = as_("li"), as_("zhou")
    file = named(sheets(taken(mine, "gaps.xlsx", "kinds=hospital&metres=1", language="en"))
                 ["Addresses"])  # fmt: skip
    # The city has no level of grids: each lowest unit is listed by address.
    by_grid = [listed(client, 1) for client in (mine, others)]
    grids = [re.findall(r'"data-grid": "?(\d+)', each) for each in by_grid]
    assert grids[0] == grids[1] != []
    assert len(grids[0]) == len({row["Grid code"] for row in file})
    told = [[listed(client, unit) for unit in grids[0]] for client in (mine, others)]
    doors = {row["Door"] for row in file} - {""}
    assert doors
    assert all(any(door in each for each in told[0]) for door in doors)
    assert not any(door in each for each in told[1] for door in doors)
    rows = [sum(each.count('"data-building"') for each in one) for one in told]
    assert rows == [len(file), len({row["Building code"] for row in file})]


def test_what_is_taken_out_is_in_the_audit_with_its_reason(as_, city):
    taken(as_("zhou"), "gaps.csv", why="for%20the%20council", language="en")
    owner = city.engine(Role.OWNER)
    with owner.connect() as db:
        row = db.execute(
            text("SELECT login, act, subject, reason, details FROM audit ORDER BY id DESC LIMIT 1")
        ).one()
    owner.dispose()
    assert row == (
        "zhou", "export", "coverage/clinic", "for the council",
        {"what": "uncovered addresses", "format": "csv", "exact": False},
    )  # fmt: skip


def test_the_same_answer_gives_the_same_bytes(city):
    with acting(city, "zhou") as (db, viewer):
        scene = Scene(View.from_address("kinds=clinic&metres=600", mode="coverage"), db)
        found = content.read(scene, Desk(), viewer, None, NOW)
        for make in (
            lambda: book.workbook(found),
            lambda: gis_file.geopackage(found, "4490"),
            lambda: sheet.made(sheet.read(found), "pdf"),
        ):
            assert make() == make()


def test_an_indicator_is_told_day_after_day_alike_to_all(city, as_):
    days = [dt.date(2026, 9, 30), dt.date(2026, 10, 31)]
    with acting(city, "zhou") as (db, _):
        rows = by_day.answer(db, Ground(places.city(db)), "park_5000")
        for day in days:
            by_day.keep(db, "park_5000", day, rows)
    path = "/coverage/history?indicator=park_5000&unit=1"
    told = [as_(who).get(path).json() for who in ("zhou", "li")]
    assert told[0] == told[1]
    assert [each["day"] for each in told[0]["days"]] == [day.isoformat() for day in days]
    assert told[0]["days"][0]["buildings"] == 12
