"""Open311 asked over HTTP by a client that others wrote, and judged by the standard's own terms.

`georeport` reads services, definitions and requests, in JSON and in XML; it sends no key and no
reports. So what stands before the server here adds the key of an account, as a city's gateway
does, and reports are sent as the specification's example sends one.
"""

import datetime as dt

import jsonschema_rs
import pytest
import requests
import xmltodict
from georeport import GeoReport

from tests.dashboard import open311_schema as schema
from tests.dashboard import signing
from tests.dashboard.handling_page import app as app
from tests.dashboard.handling_page import door as door
from tests.dashboard.test_open311 import FORMS, key_of
from tests.dashboard.test_open311 import town as town
from tests.layers.handling.handling_town import HERE, THERE, TO_CLOSE, TO_HANDLE

V2 = "/open311/v2"


class Gateway:
    """Adds a key to whatever has none."""

    def __init__(self, app, key):
        self.app, self.key = app, key

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and b"authorization" not in dict(scope["headers"]):
            header = (b"authorization", f"Bearer {self.key}".encode())
            scope = {**scope, "headers": [*scope["headers"], header]}
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def address(app, door, serve_module):
    app.server.add_middleware(Gateway, key=key_of(door, "intake"))
    return serve_module(app.server)


@pytest.fixture(scope="module")
def cases(town):
    """One that is closed, one that is handled, and one about a person."""
    closed = town.along(town.handled(now=signing.now(), title="亭 <b> & 灯"), *TO_CLOSE,
                        now=signing.now())  # fmt: skip
    handled = town.along(town.report(now=signing.now(), place=THERE), *TO_HANDLE,
                         now=signing.now())  # fmt: skip
    personal = town.report(now=signing.now(), is_personal=True)
    return closed, handled, personal


def judge(found, terms):
    faults = [
        f"{e.instance_path}: {e.message}"
        for e in jsonschema_rs.validator_for(terms).iter_errors(found)
    ]
    assert not faults, faults


def told(address, path, terms, root, **query):
    """What is told in JSON, in the standard's terms; and in XML the same."""
    found = requests.get(f"{address}{V2}/{path}.json", query, timeout=20)
    assert found.headers["content-type"] == "application/json; charset=utf-8"
    judge(found.json(), terms)
    same = requests.get(f"{address}{V2}/{path}.xml", query, timeout=20)
    assert same.headers["content-type"] == "text/xml; charset=utf-8"
    assert same.content.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    # An empty list is an empty element.
    assert (plain(xmltodict.parse(same.content)[root]) or []) == texts(found.json())
    return found.json()


LISTS = {
    "services": "service", "service_requests": "request", "errors": "error",
    "attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip


def plain(found):
    """XML that was read as the JSON it is by the standard's convention (Spark): lists are lists."""
    if isinstance(found, dict):
        if len(found) == 1 and (one := next(iter(found))) in LISTS.values():
            some = found[one]
            return [plain(each) for each in (some if isinstance(some, list) else [some])]
        return {name: plain(each) for name, each in found.items()}
    return found or ""


def texts(found):
    """JSON with texts alone, as XML has them."""
    if isinstance(found, dict):
        return {name: texts(each) for name, each in found.items()}
    if isinstance(found, list):
        return [texts(each) for each in found]
    if isinstance(found, bool):
        return "true" if found else "false"
    return "" if found is None else str(found)


def client(address, town, form):
    return GeoReport(f"{address}{V2}", jurisdiction=town.city.id, output_format=form)


def many(found):
    """In XML a list of one is the one to this client."""
    return found if isinstance(found, list) else [found]


@FORMS
def test_another_client_reads_services_and_what_may_be_said(address, town, form):
    one = client(address, town, form)
    codes = [each["service_code"] for each in one.get_service_list()]
    assert codes == ["s:0101", "s:0102", "s:0201"]
    found = one.get_service_definition("s:0101")
    assert found["service_code"] == "s:0101"
    with pytest.raises(requests.HTTPError, match="404"):
        one.get_service_definition("s:0999")
    with pytest.raises(requests.HTTPError, match="404"):
        GeoReport(f"{address}{V2}", jurisdiction="elsewhere").get_service_list()


@FORMS
def test_another_client_reads_requests_by_every_filter(address, town, cases, form):
    one = client(address, town, form)
    closed, handled, personal = cases

    def keys(**asked):
        return {each["service_request_id"] for each in many(one.get_service_requests(**asked))}

    assert {closed.key, handled.key} <= keys()
    assert personal.key not in keys()
    assert keys(status="closed") == {closed.key}
    assert handled.key in keys(status="open")
    assert keys(status="open,closed") == keys()
    assert keys(service_request_id=f"{closed.key},{handled.key}") == {closed.key, handled.key}
    assert keys(service_code="s:0101") == keys()
    day = signing.now() - dt.timedelta(days=1)
    begin, end = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (day, day + dt.timedelta(days=2)))
    assert keys(start_date=begin, end_date=end) == keys()
    found = one.get_service_request(closed.key)
    assert (found["status"], found["description"]) == ("closed", "亭 <b> & 灯")
    assert (float(found["lat"]), float(found["long"])) == (
        pytest.approx(HERE[1], abs=1e-6), pytest.approx(HERE[0], abs=1e-6),
    )  # fmt: skip
    with pytest.raises(requests.HTTPError, match="404"):
        one.get_service_request(personal.key)


@FORMS
def test_what_is_sent_as_the_standard_sends_it_is_there_for_another_client(address, town, form):
    """Sent as a form of the standard, with everything it knows; the key is the token."""
    sent = requests.post(
        f"{address}{V2}/requests.{form}",
        {
            "jurisdiction_id": town.city.id, "service_code": "s:0101", "lat": f"{HERE[1]}",
            "long": f"{HERE[0]}", "address_string": "1234 5th street", "email": "li@example.org",
            "device_id": "tt222111", "account_id": "123456", "first_name": "Na",
            "last_name": "Li", "phone": "111111111", "description": "A large\nsinkhole 塌陷",
            "media_url": "https://example.org/a.jpg", "attribute[severity]": "serious",
        },
        headers={"Idempotency-Key": f"client-{form}"}, timeout=20,
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    if form == "json":
        judge(sent.json(), schema.SENT)
        number = sent.json()[0]["service_request_id"]
    else:
        number = xmltodict.parse(sent.content)["service_requests"]["request"]["service_request_id"]
    found = client(address, town, form).get_service_request(number)
    assert (found["status"], found["service_code"]) == ("open", "s:0101")
    assert "塌陷" in found["description"]
    (known,) = told(address, f"tokens/client-{form}", schema.TOKEN, "service_requests")
    assert known == {"service_request_id": number, "token": f"client-{form}"}


def test_every_answer_is_as_the_standard_says_and_xml_says_the_same(address, cases):
    told(address, "discovery", schema.DISCOVERY, "discovery")
    for language in ("zh", "en"):
        services = told(address, "services", schema.SERVICES, "services", language=language)
        for each in services:
            path = f"services/{each['service_code']}"
            assert each["metadata"] is True
            found = told(address, path, schema.DEFINITION, "service_definition", language=language)
            orders = [one["order"] for one in found["attributes"]]
            assert len(set(orders)) == len(orders)
        told(address, "requests", schema.REQUESTS, "service_requests", language=language)
    for case in cases[:2]:
        told(address, f"requests/{case.key}", schema.REQUESTS, "service_requests")
    assert told(address, "requests", schema.REQUESTS, "service_requests",
                start_date="2020-01-01T00:00:00+08:00",
                end_date="2020-02-01T00:00:00Z") == []  # fmt: skip
    for path, status in (("requests/none", 404), ("services/s:09", 404), ("tokens/none", 404)):
        told(address, path, schema.ERRORS, "errors")
        assert requests.get(f"{address}{V2}/{path}.xml", timeout=20).status_code == status
