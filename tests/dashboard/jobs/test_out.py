"""What is taken out of coverage, read back as others will read it."""

import datetime as dt
import io
import json
import re
import struct
from dataclasses import replace

import numpy as np
import pyogrio
import pypdf
import pytest
import shapely
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, insert, text

from dashboard.app import create_app
from dashboard.colours import LIGHT
from dashboard.coverage.desk import Desk
from dashboard.coverage.out import book, content, gis_file, picture, sheet, systems
from dashboard.coverage.standards import standards
from dashboard.scene import Scene
from dashboard.text import speaker
from dashboard.view import View
from gis import places, tables
from gis.database import Role
from layers.coverage import by_day, odd
from layers.coverage.ground import Ground
from layers.coverage.streets import Mode
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


# No code, one of heights, one of the centre of the earth, no number at all.
@pytest.mark.parametrize("crs", ["99999", "5773", "4978", "x;y"])
def test_a_system_that_is_none_is_said(as_, crs):
    asked = f"kinds=clinic&metres=600&crs={crs}&language=en"
    answer = as_("zhou").get(f"/coverage/sheet.gpkg?{asked}")
    assert answer.status_code == 400
    said = f"There is no coordinate system for maps that is EPSG:{crs}; CGCS2000 is 4490."
    assert answer.json() == {"error": said}


def test_the_systems_offered_are_those_of_the_city(city):
    with acting(city, "zhou") as (db, _):
        known = places.city(db)
    shenzhen = replace(known, centre_4326=(114.05, 22.5), metric_crs="EPSG:4547")
    taipei = replace(known, centre_4326=(121.55, 25.05), metric_crs="EPSG:3826")
    say = speaker("en")
    assert [each.code for each in systems.offered(shenzhen, say)] == ["4490", "4547", "4326"]
    assert [each.code for each in systems.offered(taipei, say)] == ["4490", "4550", "4326", "3826"]
    for each in (shenzhen, taipei):
        zone = systems.crs_of(systems.offered(each, say)[1].code, each.metric_crs)
        west, _, east, _ = zone.area_of_use.bounds
        assert west <= each.centre_4326[0] <= east
        assert "3-degree" in zone.name


def test_what_is_tried_is_a_layer_with_what_it_brings(as_, tmp_path):
    tried = [at(2.3, 2.4), at(1.2, 1.4)]
    asked = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in tried)
    file = tmp_path / "tried.gpkg"
    query = f"kinds=hospital&metres=600&tried={asked}"
    file.write_bytes(taken(as_("zhou"), "sheet.gpkg", query, crs="4326").content)
    points = pyogrio.read_dataframe(file, layer="tried_sites")
    assert points["site"].tolist() == ["A", "B"]
    assert points["buildings"].sum() > 0
    np.testing.assert_allclose(
        shapely.get_coordinates(points.geometry.to_numpy()), tried, atol=1e-6
    )


def test_all_standards_are_a_file_as_the_viewer_may_know_them(as_, city):
    query = "unit=1&level=3"
    for who in ("li", "zhou"):
        with acting(city, who) as (db, _):
            asked = f"{query}&language=en"
            scene = Scene(View.from_address(asked, mode="coverage"), db)
            found = standards(scene, Desk(), 100)
        answer = taken(as_(who), "standards.xlsx", query, language="en")
        book_ = sheets(answer)
        head, *rows = next(iter(book_.values()))
        # The place itself, then its units, each with what it lacks.
        assert [row[0] for row in rows[: len(found.rows) + 1]] == [
            found.whole.name, *(row.name for row in found.rows)
        ]  # fmt: skip
        assert head[1:-2] == [each.names["en"] for each in found.indicators.values()]
        for row, written in zip([found.whole, *found.rows], rows, strict=False):
            for share, cell in zip(row.covered.values(), written[1:], strict=False):
                if np.isfinite(share):
                    assert share - 0.001 <= cell <= share
                else:
                    assert isinstance(cell, str)
            assert len([each for each in written[-1].split(", ") if each]) == len(row.missing)
        sources = next(reversed(book_.values()))
        assert len(sources) - 1 == len(found.indicators)
        assert any(each.source and each.source in str(sources) for each in
                   found.indicators.values())  # fmt: skip
    assert any(any("Quota" in str(cell) for cell in rows[0]) for rows in book_.values())
    for language, title in (("en", "All standard indicators"), ("zh", "全部标准指标")):
        made = taken(as_("zhou"), "standards.pdf", query, language=language).content
        pages = pypdf.PdfReader(io.BytesIO(made)).pages
        text_ = "".join(page.extract_text() for page in pages)
        assert title in text_
        assert all(row.name in text_ for row in found.rows) or language == "zh"


def test_what_a_scenario_changes_is_listed_and_drawn(as_, city):
    """Each change in words with its figure, and the lines on the map and in its legend."""
    owner = city.engine(Role.OWNER)
    with owner.connect() as db:
        clinic, elsewhere = db.scalars(
            text("SELECT id FROM citygrid.facility WHERE kind = 'clinic' ORDER BY id LIMIT 2")
        ).all()
        road = db.scalar(text("SELECT min(id) FROM citygrid.road"))
        # From one end of another street to the other.
        ends = db.execute(
            text(
                "SELECT ST_X(p), ST_Y(p) FROM citygrid.road,"
                " LATERAL (VALUES (ST_StartPoint(geom)), (ST_EndPoint(geom))) AS ends (p)"
                " WHERE id = (SELECT max(id) FROM citygrid.road)"
            )
        ).all()
    owner.dispose()
    changes = [
        {"do": "move", "facility": clinic, "at": at(2.3, 2.4)},
        {"do": "resize", "facility": elsewhere, "capacity": 1234},
        {"do": "add_path", "line": [list(end) for end in ends], "drive_kmh": 30},
        {"do": "close_road", "road": road},
        {"do": "grow", "unit": 1, "percent": 12.5},
    ]
    li = as_("li")
    asked = {"name": "All of it", "question": {"kinds": ["clinic"], "metres": 600},
             "changes": changes}  # fmt: skip
    made = li.post("/scenarios", json=asked)
    assert made.status_code == 201, made.text
    scenario = made.json()["id"]
    listed = named(sheets(taken(li, "sheet.xlsx", scenario=scenario, language="en"))
                   ["What changes"])  # fmt: skip
    said = [row["Change"] for row in listed]
    assert len(said) == len(changes)
    for figure, sentence in zip(("m", "1,234", "30", "", "+12.5%"), said, strict=True):
        assert figure in sentence
    written = {
        language: pypdf.PdfReader(
            io.BytesIO(taken(li, "sheet.pdf", scenario=scenario, language=language).content)
        ).pages[0].extract_text()
        for language in ("en", "zh")
    }  # fmt: skip
    for words in ("What changes", "1,234", "+12.5%", "New path or bridge", "Closed road",
                  "Facility moved"):  # fmt: skip
        assert words in written["en"], words
    for words in ("假设的变化", "新建道路或桥", "封闭的道路", "设施迁移"):
        assert words in written["zh"], words
    with acting(city, "li") as (db, viewer):
        scene = Scene(View.from_address("unit=1", mode="coverage"), db)
        drawn = picture.draw(content.read(scene, Desk(), viewer, scenario, NOW))
    assert drawn.parts == {"path", "road", "moved"}
    for colour, width, _ in picture.LINES.values():
        assert f'stroke="{colour}" stroke-width="{width:g}"' in drawn.svg
    # The page draws the same of a scenario that is only named.
    shown = li.get(f"/coverage/supposed?scenario={scenario}").json()["features"]
    assert [each["properties"]["part"] for each in shown] == ["path", "road", "moved", "place"]
    # Nobody else is shown what is not shared with him.
    assert as_("zhou").get(f"/coverage/supposed?scenario={scenario}").json()["features"] == []


def test_what_is_closed_or_moved_is_drawn_as_such(city, as_):
    li, asking = as_("li"), "kinds=clinic,pharmacy&metres=600"

    def states(more=""):
        found = li.get(f"/coverage/facilities?{asking}{more}").json()["features"]
        return {each["id"]: each["properties"]["state"] for each in found}

    one, other = list(states())[:2]
    assert set(states().values()) == {"open"}
    there = ",".join(map(str, at(2.3, 2.4)))
    gone = states() | {one: "closed_then", other: "moved_then"}
    # While it is put together, and once it is kept.
    assert states(f"&closed={one}&moved={other}:{there}") == gone
    changes = [
        {"do": "close", "facility": one},
        {"do": "move", "facility": other, "at": at(2.3, 2.4)},
    ]
    question = {"kinds": ["clinic", "pharmacy"], "metres": 600}
    asked = {"name": "Fewer", "question": question, "changes": changes}
    scenario = li.post("/scenarios", json=asked).json()["id"]
    assert states(f"&scenario={scenario}") == gone
    with acting(city, "li") as (db, viewer):
        scene = Scene(View.from_address(f"unit=1&{asking}", mode="coverage"), db)
        compared = content.read(scene, Desk(), viewer, scenario, NOW)
        drawn = picture.draw(compared)
        told_of = sheet.content_data(compared, drawn)
    assert told_of["has_closed"]
    assert told_of["has_left"]
    assert drawn.svg.count(f'stroke="{LIGHT.facilities}" stroke-width="0.5" opacity') == 2
    assert drawn.svg.count(f'stroke="{LIGHT.overdue}" stroke-width="0.5" fill="none"') == 1
    page = taken(li, "sheet.pdf", scenario=scenario, language="en").content
    written = pypdf.PdfReader(io.BytesIO(page)).pages[0].extract_text()
    assert "Facility closed" in written


def test_a_scenario_is_taken_out_beside_another_one(city, as_):
    li = as_("li")

    def made(name, *changes):
        asked = {"name": name, "question": {"kinds": ["clinic"], "metres": 600},
                 "changes": list(changes)}  # fmt: skip
        return li.post("/scenarios", json=asked).json()["id"]

    opened = {"do": "open", "kind": "clinic", "at": at(2.3, 2.4)}
    one = made("One more", opened)
    other = made("Fewer people", opened, {"do": "grow", "unit": 1, "percent": -50})
    answer = taken(li, "sheet.xlsx", scenario=one, against=other, language="en")
    assert f"scenario-{one}-against-{other}" in answer.headers["content-disposition"]
    found = sheets(answer)
    assert found["Summary"][0][0] == "One more and Fewer people: who is reached, Clinic"
    said = {row[0]: row[1] for row in found["Summary"] if len(row) > 1}
    assert (said["Scenario"], said["Compared with"]) == ("One more", "Fewer people")
    assert len(named(found["What changes"])) == 1
    against = [row["Change"] for row in named(found["What it is compared with change"])]
    assert "−50%" in against[1]
    (city_,) = named(found["City"])
    apart = city_["People reached then"] - city_["People reached by what it is compared with"]
    assert city_["People, change"] == apart != 0
    with acting(city, "li") as (db, viewer):
        scene = Scene(View.from_address("unit=1&language=en", mode="coverage"), db)
        asked = content.read(scene, Desk(), viewer, other, NOW, one)
        told_of = sheet.content_data(asked, picture.draw(asked))
    assert "of 1,278 → 640 not reached" in told_of["numbers"][0]["of"]
    # What both open stands there once; what only the other one opens is hollow.
    assert not told_of["has_against_only"]
    third = made("None more", {"do": "grow", "unit": 1, "percent": 5})
    with acting(city, "li") as (db, viewer):
        scene = Scene(View.from_address("unit=1&language=en", mode="coverage"), db)
        asked = content.read(scene, Desk(), viewer, third, NOW, one)
        drawn = picture.draw(asked)
        assert sheet.content_data(asked, drawn)["has_against_only"]
    assert drawn.svg.count(f'fill="#ffffff" stroke="{LIGHT.incidents}"') == 1
    # Classes and colours are those of the page, which marks the same place.
    assert [colour for colour, _ in drawn.classes] == list(LIGHT.changes)
    shown = li.get(f"/coverage/supposed?scenario={third}&against={one}").json()["features"]
    assert [each["properties"]["part"] for each in shown] == ["against"]
    assert shown[0]["geometry"]["coordinates"] == pytest.approx(at(2.3, 2.4))
    assert li.get(f"/coverage/supposed?scenario={one}&against={other}").json()["features"] == []
    for language, words in (("en", ("Compared with", "Fewer people", "−50%")),
                            ("zh", ("对比对象", "对比方案的变化", "−50%"))):  # fmt: skip
        page = taken(li, "sheet.pdf", scenario=one, against=other, language=language).content
        written = pypdf.PdfReader(io.BytesIO(page)).pages[0].extract_text()
        for word in words:
            assert word in written, word


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


@pytest.fixture
def far(city):
    """A shelter and a door of a building that are a kilometre from any street."""
    lon, lat = at(1.5, 9.0)
    geom = f"SRID=4326;POINT({lon} {lat})"
    shelter = {"id": 900, "key": "S900", "kind": "emergency_shelter", "name": "Far shelter",
               "state": "open", "geom": geom}  # fmt: skip
    door = {"id": 900, "key": "D900", "building_id": 1, "name": "9单元", "address": "路1号",
            "geom": geom}  # fmt: skip
    owner = city.engine(Role.OWNER)
    with owner.begin() as db:
        db.execute(insert(tables.facility), [shelter])
        db.execute(insert(tables.entrance), [door])
    yield owner
    with owner.begin() as db:
        for table in (tables.facility, tables.entrance):
            db.execute(delete(table).where(table.c.id == 900))
    owner.dispose()


def test_what_is_odd_about_the_streets_is_told_alike_to_all(as_, far, tmp_path):
    """On the page and in files: by keys of roads, facilities and buildings, never doors."""
    with far.connect() as db:
        found = odd.odd(db, places.city(db), Mode.WALK)
    off = {"facility": found.facilities_off, "building": found.doors_off}
    assert [[each.key for each in some] for some in off.values()] == [["S900"], ["buildings-1"]]
    query = "kinds=clinic&metres=600"
    for who in ("li", "zhou"):
        client = as_(who)
        (asked,) = (each for each in graph(client) if outputs(each)[0] == ("streets", "children"))
        view = {"mode": "coverage", "kinds": "clinic", "streets": True, "language": "en"}
        told = json.dumps(called(client, asked, view).json(), ensure_ascii=False)
        for kind, some in off.items():
            shown = re.findall(rf'"data-off-{kind}": "(\d+)"', told)
            assert sorted(map(int, shown)) == sorted({each.id for each in some})
        book = sheets(taken(client, "streets.xlsx", query, language="en"))
        assert [len(rows) - 1 for rows in book.values()][1:] == [
            len(found.joined), len(found.facilities_off), len(found.doors_off)
        ]  # fmt: skip
        doors = named(list(book.values())[3])
        assert {(row["key"], row["metres"]) for row in doors} == {
            (each.key, round(each.street_m)) for each in found.doors_off
        }
        written = taken(client, "streets.csv", query, language="en").content.decode("utf-8-sig")
        file = tmp_path / f"{who}.gpkg"
        file.write_bytes(taken(client, "streets.gpkg", query, language="en").content)
        points = pyogrio.read_dataframe(file, layer="odd")
        everything = len(found.joined) + len(found.facilities_off) + len(found.doors_off)
        assert len(points) == len(written.splitlines()) - 1 == everything
        assert points.crs.to_epsg() == 4326
        assert "单元" not in written + told


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


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_city_that_is_made_up_says_so_in_the_language_of_the_sheet(city, language):
    with acting(city, "zhou") as (db, viewer):
        scene = Scene(View.from_address(f"kinds=clinic&language={language}", mode="coverage"), db)
        made_up = "a made-up city"
        # Cached as it was read: the city in the database is no demo.
        vars(scene)["city"] = replace(scene.city, is_synthetic=True, attribution=made_up)
        found = content.read(scene, Desk(), viewer, None, NOW)
        assert speaker(language)("app.synthetic_source") in found.source
        assert made_up not in found.source


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
