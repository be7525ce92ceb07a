"""The list of incidents as a file: the same cases as on the page, in words, and never a person."""

import csv
import datetime as dt
import io
import json

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from dashboard.incidents import case_list
from gis.access.posts import Post
from tests.dashboard import signing
from tests.dashboard.test_callbacks import graph
from tests.dashboard.test_matrix_told import called
from tests.dashboard.town import CASE, OTHER, OWN, town
from tests.dashboard.town import app as app
from tests.dashboard.town import door as door

KINDS = ("csv", "xlsx", "geojson")


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as owner:
        with owner.begin() as db:
            # Typed by somebody who means harm, and with what a table might take for a number.
            db.execute(
                text("UPDATE citygrid.incident SET title = '=2+3', address = '007' WHERE id = 3")
            )
        yield owner


def taken(client, kind, query="cases=all"):
    answer = client.get(f"/incidents/list.{kind}?{query}&language=en")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer


def lines(answer, kind):
    """The rows of a file as texts by heading; those of a GeoJSON by key."""
    if kind == "geojson":
        features = json.loads(answer.content)["features"]
        return [
            {**each["properties"], "Number": each["properties"]["number"],
             "point": each["geometry"]}
            for each in features
        ]  # fmt: skip
    if kind == "xlsx":
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        head, *rows = book.get_sheet_by_name(book.sheet_names[0]).to_python()
        return [dict(zip(head, row, strict=True)) for row in rows]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("kind", KINDS)
def test_it_holds_what_the_page_lists_and_is_in_the_audit(owner, app, door, kind):
    with signing.client_of(app, door, Post.GRID_HEAD.value) as client:
        for query in (
            "cases=all",
            "cases=",
            f"unit={OWN}&cases=overdue",
            "cases=closed",
            "cases=all&part=big:gb/01",
            "cases=all&start=2026-01-01&end=2026-01-02",
        ):
            shown = client.get(f"/incidents/map?{query}&language=en").json()["features"]
            answer = taken(client, kind, query)
            assert len(lines(answer, kind)) == len(shown)
            with owner.connect() as db:
                noted = db.execute(
                    text("SELECT act, details FROM citygrid.audit ORDER BY id DESC LIMIT 1")
                ).one()
            assert noted.act == "export"
            assert noted.details == {"what": "incidents", "format": kind, "rows": len(shown)}


def test_some_are_listed_at_all(app, door):
    with signing.client_of(app, door, Post.GRID_HEAD.value) as client:
        assert len(lines(taken(client, "csv"), "csv")) > 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("post", "seen"),
    [(Post.GRID_HEAD, {OWN: 1, OTHER: 0}), (Post.PLANNER, {OWN: 0, OTHER: 0})],
)
def test_cases_about_persons_are_in_it_for_who_works_on_them_without_words(
    app, door, kind, post, seen
):
    with signing.client_of(app, door, post.value) as client:
        for unit, n in seen.items():
            answer = taken(client, kind, f"cases=all&unit={unit}")
            found = lines(answer, kind)
            assert len(found) == n
            assert CASE not in answer.text
            for each in found:
                assert "about a person" in each.get("Title", each.get("head"))
                assert not each.get("Latitude")
                assert each.get("point") is None


def test_it_says_how_each_was_placed_and_in_which_system_it_was_written(owner, app, door):
    said = {"placed_by": "coordinates", "placed_score": 1, "placed_as": "bd09"}
    with owner.begin() as db:
        values = ", ".join(f"{name} = :{name}" for name in said)
        db.execute(text(f"UPDATE citygrid.incident SET {values} WHERE id = 3"), said)
    with signing.client_of(app, door, Post.GRID_HEAD.value) as client:
        found = lines(taken(client, "csv"), "csv")
    told = [each["Placed by"] for each in found]
    assert "coordinates (BD-09, turned into WGS 84 · exact)" in told
    assert all(told)


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_one_has_the_unit_it_was_closed_in_or_today_s(owner, app, door, kind):
    with owner.begin() as db:
        key = db.scalar(
            text(
                "UPDATE citygrid.incident SET unit_then_id = :there WHERE id = (SELECT min(id) FROM"
                " citygrid.incident WHERE stage = 'closed' AND unit_id NOT IN (:own, :there))"
                " RETURNING key"
            ),
            {"there": OTHER, "own": OWN},
        )
        codes = dict(
            db.execute(
                text(
                    "SELECT CASE WHEN u.unit_id = :there THEN 'then' ELSE 'today' END, u.code"
                    " FROM citygrid.unit_version u, citygrid.incident i WHERE i.key = :key"
                    " AND u.unit_id IN (i.unit_id, i.unit_then_id) AND upper_inf(u.valid)"
                ),
                {"there": OTHER, "key": key},
            ).all()
        )
    assert codes["then"] != codes["today"]
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        for bounds in ("then", "today"):
            query = f"cases=closed&bounds={bounds if bounds == 'today' else ''}"
            found = {each["Number"]: each for each in lines(taken(client, kind, query), kind)}
            assert found[key].get("unit_code", found[key].get("Unit code")) == codes[bounds]


def test_texts_stay_texts_and_times_are_the_city_s(app, door):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        book, table, points = (
            lines(taken(client, kind), kind) for kind in KINDS[::-1][1:2] + KINDS[:1] + KINDS[2:]
        )
    of_csv = next(each for each in table if each["Title"].endswith("2+3"))
    of_book = next(each for each in book if each["Number"] == of_csv["Number"])
    assert of_csv["Title"] == of_book["Title"] == "'=2+3"
    assert of_csv["Address"] == of_book["Address"] == "007"
    assert isinstance(of_book["Reported at"], dt.datetime)
    assert of_csv["Reported at"] == f"{of_book['Reported at']:%Y-%m-%d %H:%M}"
    point = next(each for each in points if each["Number"] == of_csv["Number"])
    assert (
        dt.datetime.fromisoformat(point["reported"]).strftime("%Y-%m-%d %H:%M")
        == (of_csv["Reported at"])
    )
    assert point["point"]["coordinates"][1] == float(of_csv["Latitude"])


def test_more_than_a_file_holds_is_refused_in_one_sentence(app, door, monkeypatch):
    monkeypatch.setattr(case_list, "MOST_TAKEN", 2)
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        answer = client.get("/incidents/list.csv?cases=all&language=en")
        assert answer.status_code in (400, 409, 422)
        assert "More than 2 incidents" in answer.json()["error"]


def test_who_may_take_out_is_offered_it(app, door):
    for post, is_offered in ((Post.GRID_HEAD, True), (Post.INTAKE, False)):
        with signing.client_of(app, door, post.value) as client:
            callback = next(c for c in graph(client) if "cases-head.children" in c["output"])
            answer = called(client, callback, {"mode": "incidents", "unit": OWN})
            assert answer.status_code == 200
            assert ("list.xlsx?" in answer.text) is is_offered


def test_a_number_that_no_incident_has_is_one_sentence(app, door):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        callback = next(c for c in graph(client) if c["output"] == "case.children")
        for number in (999_999, 0, 2**31 - 1):
            view = {"mode": "incidents", "case": number, "language": "en"}
            told = called(client, callback, view).text
            assert f"There is no incident {number}, or it is not yours to see." in told
            # It can be closed, and is not asked for again in vain.
            assert ("Close" in told, "retry" in told) == (True, False)
