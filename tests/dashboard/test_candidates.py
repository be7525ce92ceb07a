"""Lists of candidates by address: every row has a verdict, whatever file is brought."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter
from sqlalchemy import text

from gis.access.posts import Post
from gis.crs_china import Shifted, from_wgs84
from importers.zipped import check_workbook
from layers.locating import index
from tests import builders
from tests.dashboard import signing
from tests.dashboard.town import page_of, town

HARD = Path(__file__).parents[3] / "shared/data/hard"
HERE, THERE = builders.at(2.5, 1.4), builders.at(1.2, 0.7)


@pytest.fixture(scope="module")
def page(server):
    with town(server) as owner:
        with owner.begin() as db:
            index.rebuild(db)
        door = signing.door_of(owner)
        with page_of(owner, door) as app, signing.client_of(app, door, "planner") as client:
            yield client, door, owner
        door.close()


@pytest.fixture
def planner(page):
    return page[0]


def bring(client, body, file="list.csv", **asked):
    body = body.encode() if isinstance(body, str) else body
    return client.post(
        "/coverage/candidates",
        params={"name": "mine", "file": file, "language": "en", **asked},
        content=body,
    )


def kept(page, answer):
    """The rows of a list that was brought, with their verdicts."""
    assert answer.status_code == 201, answer.text
    with page[2].connect() as db:
        return db.scalar(
            text("SELECT entries FROM citygrid.candidate_list WHERE id = :id"), answer.json()
        )


def csv(*rows, head="名称,经度,纬度,造价（万元）,容量"):
    return "\n".join([head, *rows]) + "\n"


def test_each_row_has_a_verdict_and_the_three_add_up(page, planner):
    answer = bring(planner, csv(
        f"甲,{HERE[0]},{HERE[1]},120,300",
        f"乙,{HERE[0]},{HERE[1]},90,200",
        f"丙,{THERE[0]},{THERE[1]},很贵,10",
        f"丁,{THERE[0]},{THERE[1]},1,-5",
        "戊,,,5,5",
        f"己,{HERE[0] + 3},{HERE[1] + 9},5,5",
        f"庚,{HERE[0] + 0.2},{HERE[1]},5,5",
        f"辛,{THERE[0]},{THERE[1]},,",
    ))  # fmt: skip
    rows = kept(page, answer)
    assert [(each["row"], each["verdict"], each["why"]) for each in rows] == [
        (2, "used", ""), (3, "refused", "twice"), (4, "refused", "cost"),
        (5, "refused", "capacity"), (6, "refused", "no_place"), (7, "refused", "bad_place"),
        (8, "doubtful", "outside"), (9, "used", ""),
    ]  # fmt: skip
    assert (rows[0]["cost"], rows[0]["capacity"], rows[0]["name"]) == (120, 300, "甲")
    assert (rows[-1]["cost"], rows[-1]["capacity"]) == (None, None)
    told = answer.json()
    assert told["used"] + told["doubtful"] + told["refused"] == told["rows"] == len(rows)


def test_workbooks_gbk_and_shifted_coordinates_are_read_as_the_importers_read_them(page, planner):
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    for at, row in enumerate((["备选用地一览表"], ["名称", "经度", "纬度"], ["甲", *HERE])):
        sheet.write_row(at, 0, row)
    book.close()
    found = kept(page, bring(planner, file.getvalue(), "清单.xlsx"))
    assert [(each["lon"], each["lat"], each["row"]) for each in found] == [(*HERE, 3)]
    gbk = csv(f"甲,{HERE[0]},{HERE[1]},1,1").encode("gb18030")
    assert kept(page, bring(planner, gbk))[0]["name"] == "甲"
    lon, lat = from_wgs84(np.array([HERE]), Shifted.GCJ02)[0]
    shifted = kept(page, bring(planner, csv(f"甲,{lon},{lat},1,1"), crs="gcj02"))
    assert shifted[0]["lon"] == pytest.approx(HERE[0], abs=1e-6)


def test_a_row_without_coordinates_lies_where_its_address_is(page, planner):
    with page[2].connect() as db:
        name = db.scalar(text("SELECT name FROM citygrid.facility ORDER BY id LIMIT 1"))
        place = db.execute(
            text("SELECT ST_X(geom), ST_Y(geom) FROM citygrid.facility ORDER BY id LIMIT 1")
        ).one()
    body = csv(f"甲,{name}", "乙,没有这样的地方九九九号", head="名称,地址")
    rows = kept(page, bring(planner, body))
    assert rows[0]["verdict"] in ("used", "doubtful")
    assert (rows[0]["lon"], rows[0]["lat"]) == pytest.approx(tuple(place), abs=1e-4)
    assert (rows[1]["verdict"], rows[1]["why"]) == ("refused", "not_found")


@pytest.mark.parametrize(
    ("body", "file", "said"),
    [
        (b"", "x.csv", "empty"),
        (b"a,b\n", "x.csv", "header but no rows"),
        (b"PK\x03\x04 no archive", "x.xlsx", "no readable workbook"),
        (b"x", "x.exe", "CSV, XLSX or GeoJSON"),
        (b"x", "../../etc/passwd", "CSV, XLSX or GeoJSON"),
        (b"name\nx\ny\n", "x.csv", "None of the 2 rows can be used"),
        (b"lon,lat\n" + b"114,22\n" * 2001, "x.csv", "2,?001 rows"),
        (b"x" * 5_000_001, "x.csv", "more than 5 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(planner, body, file, said):
    answer = bring(planner, body, file)
    assert answer.status_code in (400, 404, 409, 413, 422), answer.text
    assert re.search(said, answer.json()["error"]), answer.text


@pytest.mark.parametrize("file", sorted(HARD.glob("*.geojson")), ids=lambda path: path.stem)
def test_files_that_break_importers_end_in_verdicts_or_a_sentence(page, planner, file):
    body = file.read_bytes()
    answer = bring(planner, body, file.name)
    if answer.status_code == 201:
        assert kept(page, answer)
    else:
        assert answer.status_code in (400, 404, 409, 413, 422), answer.text
        assert answer.json()["error"].endswith(".")


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
    with pytest.raises(Exception, match="would unpack to more than 2 MB"):
        check_workbook(path, most=2_000_000)


def test_what_is_anothers_is_his_until_it_is_shared(page, planner):
    _, door, owner = page
    with owner.begin() as db:
        signing.hire(db, "rival", Post.PLANNER, unit_id=1)
    other = signing.client_of_token(planner, door, signing.token_for(door, "rival"))
    body = csv(f"甲,{HERE[0]},{HERE[1]},1,1")
    mine, open_ = (bring(planner, body, shared=shared).json() for shared in (False, True))

    def seen(client):
        return {
            each["id"]: each["own"] for each in client.get("/coverage/candidates").json()["lists"]
        }

    assert seen(planner)[mine["id"]]
    assert mine["id"] not in seen(other)
    assert seen(other)[open_["id"]] is False
    assert other.post(f"/coverage/candidates/{mine['id']}/delete").status_code == 404
    assert other.post(f"/coverage/candidates/{open_['id']}/delete").status_code == 403
    assert planner.post(f"/coverage/candidates/{open_['id']}/delete").status_code == 204
    assert open_["id"] not in seen(planner)
    with owner.connect() as db:
        told = db.execute(
            text("SELECT act, subject FROM citygrid.audit WHERE subject = :s ORDER BY id"),
            {"s": f"candidates/{open_['id']}"},
        ).all()
    assert [act for act, _ in told] == ["import", "change"]


def test_who_may_not_plan_brings_nothing(page, planner):
    _, door, _ = page
    head = signing.client_of_token(planner, door, signing.token_for(door, "auditor"))
    assert bring(head, "x").status_code == 403
    assert head.get("/coverage/candidates").status_code == 403
