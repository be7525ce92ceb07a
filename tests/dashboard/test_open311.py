"""Open311 GeoReport v2, address by address, as a program meets it: in JSON and in XML."""

import datetime as dt
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import text

from gis.access import accounts, holdings, rules, tokens
from gis.database import Role
from layers.locating import index
from tests.dashboard import signing
from tests.dashboard.handling_page import app as app
from tests.dashboard.handling_page import door as door
from tests.layers.handling.handling_town import HERE, TO_CLOSE, TO_HANDLE, Town
from tests.town import built

FORMS = pytest.mark.parametrize("form", ["json", "xml"])
V2 = "/open311/v2"
OUTSIDE = (HERE[0] + 1, HERE[1])


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        with town.engine(Role.OWNER).begin() as db:
            index.rebuild(db)
        yield town


@pytest.fixture(scope="module")
def client(app):
    with signing.client_of(app) as client:
        # A program, not a page.
        del client.headers["origin"]
        yield client


def key_of(door, login):
    with door._porter.begin() as db:
        number = accounts.by_login(db, login).id
        ends = signing.now() + dt.timedelta(days=1)
        made = tokens.make(
            db, number, name="open311",
            scopes=holdings.rights(db, number, signing.now()) - tokens.NEVER,
            expires_at=ends, by=signing.MACHINE, now=signing.now(), rules=rules.DEFAULT,
        )  # fmt: skip
        return made.token


@pytest.fixture(scope="module")
def key(door):
    return key_of(door, "intake")


def ask(client, path, key, form="json", *, answered=200, **query):
    answer = client.get(f"{V2}/{path}.{form}", params={"api_key": key, "language": "en", **query})
    assert answer.status_code == answered, answer.text
    return read(answer, form)


def read(answer, form):
    if form == "json":
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        return answer.json()
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    return plain(ET.fromstring(answer.content))


LISTS = {"services", "service_requests", "errors", "attributes", "values", "endpoints", "formats"}


def plain(element):
    """XML as the JSON that says the same, in texts."""
    if element.tag in LISTS:
        return [plain(each) for each in element]
    if len(element):
        return {each.tag: plain(each) for each in element}
    return element.text or ""


def report(client, key, form="json", status=200, headers=None, **fields):
    fields = {"service_code": "s:0101", "lat": HERE[1], "long": HERE[0], **fields}
    given = {"api_key": key, **{k: v for k, v in fields.items() if v is not None}}
    answer = client.post(
        f"{V2}/requests.{form}", content=urlencode(given),
        headers={"content-type": "application/x-www-form-urlencoded", **(headers or {})},
    )  # fmt: skip
    assert answer.status_code == status, answer.text
    return read(answer, form)


@FORMS
def test_services_are_the_small_classes(client, key, form):
    found = ask(client, "services", key, form)
    assert [each["service_code"] for each in found] == ["s:0101", "s:0102", "s:0201"]
    assert set(found[0]) == {
        "service_code", "service_name", "description", "metadata", "type", "keywords", "group",
    }  # fmt: skip
    assert found[0]["type"] == "realtime"
    assert found[0]["metadata"] in (True, "true")
    assert found[0]["group"] == "01"


@FORMS
def test_a_definition_says_what_may_be_chosen(client, key, form):
    found = ask(client, "services/s:0101", key, form)
    assert found["service_code"] == "s:0101"
    severity, condition = found["attributes"]
    assert set(severity) == {
        "variable", "code", "datatype", "required", "datatype_description", "order", "description",
        "values",
    }  # fmt: skip
    assert (severity["code"], severity["datatype"]) == ("severity", "singlevaluelist")
    assert severity["values"][0] == {"key": "ordinary", "name": "Ordinary"}
    assert [each["key"] for each in condition["values"]] == ["1", "2"]


@FORMS
def test_a_request_is_reported_and_followed(town, client, key, form):
    made = report(client, key, form, description="Lamp <out> & dark", **{
        "attribute[severity]": "larger", "attribute[condition]": "2",
        "first_name": "Jane", "last_name": "Doe", "phone": "13900000001",
        "email": "jane@example.org", "media_url": "http://127.0.0.1/x.jpg",
    })  # fmt: skip
    assert set(made[0]) == {"service_request_id", "service_notice", "account_id"}
    number = made[0]["service_request_id"]
    (found,) = ask(client, f"requests/{number}", key, form)
    assert set(found) == {
        "service_request_id", "status", "status_notes", "service_name", "service_code",
        "description", "agency_responsible", "service_notice", "requested_datetime",
        "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long",
        "media_url",
    }  # fmt: skip
    assert (found["status"], found["status_notes"]) == ("open", "Reported")
    assert (found["service_code"], found["description"]) == ("s:0101", "Lamp <out> & dark")
    assert (float(found["lat"]), float(found["long"])) == pytest.approx(HERE[::-1])
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert dt.datetime.fromisoformat(found[name]).tzinfo is not None
    with town.engine(Role.OWNER).connect() as db:
        row = db.execute(
            text(
                "SELECT severity, condition, source, id, placed_by, placed_as "
                "FROM citygrid.incident WHERE key = :k"
            ),
            {"k": number},
        ).one()
        who = db.execute(
            text("SELECT name, phone FROM citygrid.incident_reporter WHERE incident_id = :i"),
            {"i": row.id},
        ).one()
    assert tuple(row)[:3] == ("larger", 2, "app")
    assert (row.placed_by, row.placed_as) == ("coordinates", "degrees")
    assert tuple(who) == ("Jane Doe", "13900000001")
    told = client.get(f"{V2}/requests.{form}?api_key={key}").text
    assert not {"Jane", "Doe", "13900000001"} & set(told.split())
    assert "13900000001" not in told
    town.assert_counted()


@FORMS
def test_what_is_closed_is_closed_whoever_did_it(town, client, key, form):
    one = town.along(town.report(now=signing.now()), *TO_HANDLE, *TO_CLOSE, now=signing.now())
    (found,) = ask(client, "requests", key, form, service_request_id=one.key)
    assert (found["status"], found["agency_responsible"]) == ("closed", "roads")
    assert found["status_notes"].startswith("Closed")


def test_requests_are_chosen_by_time_class_status_and_number(town, client, key):
    now = signing.now()
    old = town.report(now=now, reported_at=now - dt.timedelta(days=120), small="0201")
    new = town.report(now=now, small="0102")

    def found(**query):
        return [each["service_request_id"] for each in ask(client, "requests", key, **query)]

    assert new.key in found()
    assert old.key not in found()
    assert found(service_code="s:0102,s:0201") == [new.key]
    stamp = f"{now - dt.timedelta(days=121):%Y-%m-%dT%H:%M:%SZ}"
    assert found(start_date=stamp, service_code="s:0201") == [old.key]
    assert found(end_date=f"{now - dt.timedelta(days=119):%Y-%m-%dT%H:%M:%SZ}") == [old.key]
    assert set(found(service_request_id=f"{old.key},{new.key}", status="closed")) == {
        old.key, new.key,
    }  # fmt: skip
    assert new.key not in found(status="closed")
    assert new.key in found(status="open,closed")
    # Empty is as good as not said.
    assert found(start_date="", end_date="", service_code="", status="") == found()
    assert found(page_size=1) == found()[:1]
    assert found(page_size=1, page=2) == found()[1:2]
    times = [each["requested_datetime"] for each in ask(client, "requests", key)]
    assert times == sorted(times, reverse=True)


def test_what_is_about_a_person_is_told_to_no_program(town, client, key):
    one = town.report(is_personal=True, title="邻里纠纷", now=signing.now())
    assert ask(client, f"requests/{one.key}", key, answered=404)
    assert "邻里纠纷" not in client.get(f"{V2}/requests.json?api_key={key}").text


def test_the_same_sent_twice_is_one_and_its_key_is_its_token(town, client, key, door):
    before = town.count()
    same = {"Idempotency-Key": "app-17"}
    first, again = (report(client, key, headers=same, description="x") for _ in range(2))
    assert first == again
    assert town.count() == before + 1
    (found,) = ask(client, "tokens/app-17", key)
    assert found == {
        "service_request_id": first[0]["service_request_id"], "token": "app-17",
    }  # fmt: skip
    assert ask(client, "tokens/app-18", key, answered=404)
    # Another's is none of one's own.
    assert ask(client, "tokens/app-17", key_of(door, "head"), answered=404)


def test_an_address_stands_for_a_place_where_it_is_sure(town, client, key):
    with town.engine(Role.OWNER).connect() as db:
        name = db.scalar(text("SELECT name FROM citygrid.facility ORDER BY id LIMIT 1"))
    answer = client.post(
        f"{V2}/requests.json?api_key={key}&language=en",
        content=urlencode({"service_code": "s:0101", "address_string": "没有这个地方"}),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 400
    assert "send lat and long" in answer.json()[0]["description"]
    assert name


@FORMS
@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("services/s:9999", 404, "no service"),
        ("requests/nothing", 404, "no request"),
        ("requests.xml?status=lost", 400, "open or closed"),
        ("services?jurisdiction_id=elsewhere", 404, "no jurisdiction"),
        ("requests?start_date=yesterday", 400, "start_date"),
        ("requests?start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", 400, "90 days"),
        ("requests?page_size=5000", 400, "page_size"),
    ],
)
def test_what_cannot_be_answered_is_said_as_the_standard_has_it(
    client, key, form, path, status, said
):
    path, _, query = path.replace(".xml", "").partition("?")
    answer = client.get(f"{V2}/{path}.{form}?{query}&api_key={key}&language=en")
    assert answer.status_code == status
    (found,) = read(answer, form)
    assert str(found["code"]) == str(status)
    assert said in found["description"]


@FORMS
def test_without_a_key_that_is_good_nothing_is_told(client, door, form):
    for query in ({}, {"api_key": "x"}, {"api_key": "cg_" + "0" * 40}, {"api_key": "é\n"}):
        answer = client.get(f"{V2}/services.{form}", params=query)
        assert answer.status_code == 403
        assert str(read(answer, form)[0]["code"]) == "403"
    assert report(client, "x", form, status=403)
    # Who may not report reads, and reports nothing.
    planner = key_of(door, "planner")
    assert ask(client, "services", planner, form)
    assert report(client, planner, form, status=403)


def test_a_key_in_the_header_or_the_address_is_as_good(client, key):
    bearer = {"authorization": f"Bearer {key}"}
    assert client.get(f"{V2}/services.json", headers=bearer).status_code == 200
    assert report(client, None, headers=bearer)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"service_code": None}, 400), ({"service_code": "s:9999"}, 404),
        ({"lat": "north"}, 400), ({"lat": "91"}, 400), ({"lat": "nan"}, 400), ({"long": None}, 400),
        ({"lat": OUTSIDE[1], "long": OUTSIDE[0]}, 400), ({"description": "x" * 5000}, 400),
        ({"attribute[condition]": "9"}, 404), ({"attribute[severity]": "huge"}, 400),
        ({"description": "a\0b"}, 400),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_is_refused_in_one_sentence(town, client, key, fields, status):
    before = town.count()
    (found,) = report(client, key, status=status, **fields)
    assert found["description"]
    assert town.count() == before


def test_a_body_that_is_too_long_is_refused_unread(client, key):
    (found,) = report(client, key, status=413, description="x" * 70_000)
    assert "64 KB" in found["description"]


def test_a_long_description_is_kept_whole_for_who_works_on_it(town, client, key):
    words = "说来话长。" * 100
    number = report(client, key, description=words)[0]["service_request_id"]
    with town.engine(Role.OWNER).connect() as db:
        title, said = db.execute(
            text(
                "SELECT i.title, c.text FROM citygrid.incident i "
                "JOIN citygrid.incident_comment c ON c.incident_id = i.id WHERE key = :k"
            ),
            {"k": number},
        ).one()
    assert title == words[:200]
    assert said == words


@FORMS
def test_discovery_says_where_and_how(client, key, form):
    found = ask(client, "discovery", key, form)
    (place,) = found["endpoints"]
    assert place["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert place["url"].endswith("/open311/v2")
    assert place["formats"] == ["text/xml", "application/json"]
