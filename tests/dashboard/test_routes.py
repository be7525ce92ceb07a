"""What the page fetches by address, asked as a browser asks it."""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from layers import statistics
from tests.dashboard.conftest import seeing

QUARTER = 2


def test_it_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_values_are_the_stored_ones(client: TestClient, squares: Engine) -> None:
    answer = client.get("/values?measure=people&level=3").json()
    with seeing(squares) as db:
        stored = statistics.values(db, 1, 3, "people").value
    assert dict(zip(answer["ids"], answer["values"], strict=True)) == stored.to_dict()
    assert answer["breaks"] == sorted(answer["breaks"])


def test_values_can_be_narrowed_and_divided(client: TestClient, squares: Engine) -> None:
    answer = client.get(
        f"/values?measure=people&part=sex:female&level=3&within={QUARTER}&per=area_km2"
    ).json()
    assert len(answer["ids"]) == 4
    with seeing(squares) as db:
        female = statistics.values(db, 1, 3, "people.sex.female", QUARTER).value
    # A square is 1.14 km².
    for id_, value in zip(answer["ids"], answer["values"], strict=True):
        assert value == pytest.approx(female[id_] / 1.139, rel=0.01)


def test_a_value_that_is_not_known_is_null(client: TestClient) -> None:
    answer = client.get("/values?measure=incidents&level=3&per=people").json()
    assert None in answer["values"]


def test_a_flow_is_summed_over_its_period(client: TestClient) -> None:
    def total(address: str) -> float:
        return float(
            sum(client.get(f"/values?measure=incidents&level=2{address}").json()["values"])
        )

    assert total("&start=2025-12-01&end=2025-12-31") == total("") == 12
    assert total("&start=2025-11-01&end=2025-11-30") == 0


def test_what_is_overdue_depends_on_the_moment_of_the_data(client: TestClient) -> None:
    answer = client.get("/values?measure=overdue&level=2").json()
    assert all(value == 0 for value in answer["values"])


def test_names_stand_inside_their_units(client: TestClient) -> None:
    answer = client.get(f"/labels?level=3&language=en&within={QUARTER}")
    assert answer.headers["content-type"] == "application/geo+json"
    names = {f["id"]: f["properties"]["name"] for f in answer.json()["features"]}
    assert names == {3: "Unit C11", 4: "Unit C12", 5: "Unit C13", 6: "Unit C14"}


def test_what_lies_outside_a_unit_has_a_hole_where_the_unit_is(client: TestClient) -> None:
    (feature,) = client.get(f"/outside?unit={QUARTER}").json()["features"]
    outline, hole = feature["geometry"]["coordinates"]
    assert [-179.9, -85] in outline
    assert [114.02, 22.52] in hole
    assert client.get("/outside").json()["features"] == []


def test_the_worst_units_are_marked_inside_them(client: TestClient) -> None:
    answer = client.get("/worst?language=en")
    assert answer.headers["content-type"] == "application/geo+json"
    first, *_ = answer.json()["features"]
    assert first["geometry"]["type"] == "Point"
    assert first["properties"] == {"rank": 1, "name": first["properties"]["name"], "open": 1}


def test_one_thing_can_be_pointed_out(client: TestClient) -> None:
    for kind, shape in (("facility", "Point"), ("estate", "MultiPolygon")):
        (feature,) = client.get(f"/mark?of={kind}:1").json()["features"]
        assert feature["geometry"]["type"] == shape


def test_a_place_is_found_by_name(client: TestClient) -> None:
    found = client.get("/search?q=c11").json()
    assert (found[0]["kind"], found[0]["id"]) == ("unit", 3)
    assert client.get("/search?q=nowhere").json() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_drawn_as_a_picture(client: TestClient, scheme: str) -> None:
    answer = client.get(f"/picture.svg?language=en&scheme={scheme}")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    svg = ET.fromstring(answer.text)
    titles = [title.text for title in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["Unit C1", "Unit C2", "Unit C3", "Unit C4"]


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/values?measure=happiness&level=2", 404, "No measure is called 'happiness'"),
        ("/values?measure=people&level=two", 422, "level: Input should be a valid integer"),
        ("/values?measure=people&level=2&zoning=x", 404, "No zoning is called 'x'"),
        ("/values?measure=people&level=2&within=4711", 404, "No unit has the number 4711"),
        ("/labels?level=2&language=fr", 422, "language:"),
        ("/outside?unit=4711", 404, "No unit with an area has the number 4711"),
        ("/mark?of=person:1", 422, "of:"),
        ("/mark?of=facility:4711", 404, "No facility has the number 4711"),
        ("/picture.svg?unit=4711", 404, "No unit has the number 4711"),
        ("/tiles/nothing/3/0/0", 404, "No layer is called 'nothing'"),
        ("/no/such/page", 404, "There is nothing at '/no/such/page'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    client: TestClient, address: str, status: int, told: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert told in answer.json()["error"]


def test_a_person_who_is_lost_gets_a_page_that_leads_back(client: TestClient) -> None:
    answer = client.get("/no/<b>such</b>/page", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert 'href="/"' in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN,en", "没有这个页面"), ("en", "There is no such page")]
)
def test_who_is_lost_is_told_so_in_his_language(
    client: TestClient, language: str, said: str
) -> None:
    headers = {"accept": "text/html", "accept-language": language}
    assert said in client.get("/nowhere", headers=headers).text


def test_what_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    for address in (
        "/values?measure=people&level=3",
        "/labels?level=3&language=zh",
        "/picture.svg",
    ):
        tag = client.get(address).headers["etag"]
        again = client.get(address, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")


def test_answers_are_packed(client: TestClient) -> None:
    for address in ("/_dash-dependencies", "/_dash-layout", "/labels?level=3&language=zh"):
        assert client.get(address).headers["content-encoding"] == "gzip"


def test_the_charts_are_the_small_build(client: TestClient) -> None:
    answer = client.get("/_dash-component-suites/plotly/package_data/plotly.min.js")
    assert answer.status_code == 200
    assert "plotly.js (cartesian - minified)" in answer.text[:200]
    assert int(answer.headers["content-length"]) < 600_000


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/", headers={"accept": "text/html"})
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert client.get(address).status_code == 200, address


def test_every_inline_script_is_allowed_by_its_hash(client: TestClient) -> None:
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    for kind, script in re.findall(
        r"<script(?![^>]*src=)([^>]*)>(.*?)</script>", page.text, re.DOTALL
    ):
        if "json" not in kind:
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy


def test_fonts_and_icons_come_with_the_program(client: TestClient) -> None:
    assert client.get("/assets/fonts/inter-latin.woff2").status_code == 200
    assert client.get("/assets/fonts/OFL.txt").text.startswith("Copyright")
    assert client.get("/assets/favicon.svg").status_code == 200
