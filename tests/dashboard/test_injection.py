"""What attackers type, in everything that takes something: no 500, no log of a fault, no leak.

Every address by its OpenAPI document (schemathesis), and by hypothesis what no document describes:
forms, query strings, callbacks and what the page tells of events.
"""

import json
import logging
import re
from dataclasses import replace
from urllib.parse import quote

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from dashboard.actions import ACTIONS
from dashboard.admin.acts import ACTS
from dashboard.admin.calendar import ACTS as CALENDAR
from dashboard.admin.escalation import ACTS as ESCALATION
from dashboard.admin.rules import ACTS as RULES
from dashboard.tile_server import PREFIX
from dashboard.view import View
from gis.access import accounts
from gis.access.posts import Post, Right
from gis.access.rules import DEFAULT
from tests.dashboard import signing
from tests.dashboard.test_callbacks import graph, outputs
from tests.dashboard.town import NAME, PHONE, page_of, town

NASTY = (
    "' OR 1=1 --", '"; DROP TABLE citygrid_x; --', "1); SELECT pg_sleep(9); --", "%' ESCAPE '",
    "\\", "%", "_", "$1", ":id", "%(id)s", "%s%n", "{0}", "{login.__class__}", "{{7*7}}", "${7*7}",
    "\0", "a\0b", "\x1b[31m", "\u202eabc", "\ufeff", "ﬁ", "Ⅷ", "\U0001f600", "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd", "C:\\x", "file:///etc/passwd", "//evil.example", "javascript:x",
    "<cg-evil>", "\"><cg-evil>", "'-alert(1)-'", "\r\nSet-Cookie: evil=1", "1e309", "NaN", "-1",
    "99999999999999999999", "2147483648", "0x10", "١٢٣", "2026-13-40", "0000-00-00", "a" * 5000,
    "null", "[]", "{}", "true",
)  # fmt: skip
# What only a mistake of ours tells: our own typing it back says none of it.
TOLD = re.compile(
    r"Traceback \(most|psycopg|sqlalchemy|SQLSTATE|invalid input syntax|syntax error at|"
    r"relation \"|\.py\", line|statement_timeout|<cg-evil>"
)
FEW = settings(
    max_examples=6, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
MORE = settings(FEW, max_examples=60)
LONGEST_ADDRESS = 60_000

typed = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), typed)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(typed, inner, max_size=3)
)
fields_of_view = st.dictionaries(st.sampled_from(sorted(View().to_store())), anything)
view = st.one_of(anything, fields_of_view.map(lambda told: {**View().to_store(), **told}))
event = st.fixed_dictionaries(
    {"n": st.one_of(st.integers(1, 9), plain), "what": st.sampled_from(sorted(ACTIONS)) | typed,
     "value": anything}
)  # fmt: skip

NOBODY = None
VIEWERS = (NOBODY, Post.GRID_HEAD, Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.AUDITOR)
# Forms: who sends them, where their token is drawn, and their fields.
ACT_FIELDS = (
    "name", "issuer", "subject", "post", "unit", "body", "since", "until", "holding", "token",
    f"scope.{Right.PERSONS}",
)  # fmt: skip
RULE_FIELDS = (
    "uid", "name", "priority", "class", "condition", "place", "words", "from", "to", "days",
    "weekday.1", "since", "until", "body", "raises", "tell.leader", "start", "end", "version",
    "note", "unreplayed",
)  # fmt: skip
ESCALATION_FIELDS = (
    "uid", "name", "class", "share", "after_h", "severity.serious", "tell.leader", "supervises",
    "answer_h", "note",
)  # fmt: skip
CALENDAR_FIELDS = ("year", "first", "last", "kind", "name", "day", "version", "note")
FORMS = {
    "/sign-in": (NOBODY, "/sign-in", ("login", "password", "next")),
    "/sign-in/demo": (NOBODY, "/sign-in", ("login", "next")),
    "/sign-in/code": (Post.GRID_HEAD, "/account", ("code", "next")),
    "/sign-in/enrol": (Post.GRID_HEAD, "/account", ("code", "secret", "uri", "next")),
    "/sign-in/password": (Post.GRID_HEAD, "/account", ("old", "new", "again", "next")),
    "/account/sessions/end": (Post.GRID_HEAD, "/account", ("session",)),
    "/admin/accounts": (Post.SYSTEM_ADMIN, "/admin", ("login", "name")),
    "/admin/staff": (Post.SECURITY_ADMIN, "/admin/staff", ("unit", "person", "phone", "post")),
    "/admin/staff/end": (Post.SECURITY_ADMIN, "/admin/staff", ("holding", "unit")),
    "/admin/accounts/{number}/{act}": (None, "/admin", ACT_FIELDS),
    "/admin/webhooks": (Post.SYSTEM_ADMIN, "/admin/webhooks", ("url", "act.report")),
    "/admin/webhooks/end": (Post.SYSTEM_ADMIN, "/admin/webhooks", ("webhook",)),
    "/admin/escalation/{act}": (Post.SYSTEM_ADMIN, "/admin/escalation", ESCALATION_FIELDS),
    "/admin/calendar/{act}": (Post.SYSTEM_ADMIN, "/admin/calendar", CALENDAR_FIELDS),
    "/admin/rules/{act}": (Post.SYSTEM_ADMIN, "/admin/rules", RULE_FIELDS),
    "/audit/verify": (Post.AUDITOR, "/audit", ("since",)),
}
# Sent by a page's own script, or with nothing but the form's token.
BARE = {
    "/sign-out",
    "/account/sessions/end-all",
    "/account/here",
    "/boundaries/{number}/balance/stop",
    "/jobs/{number}/cancel",
    "/coverage/areas/draft",
    "/coverage/areas/proposal",
    "/scenarios/{number}/answer",
    "/scenarios/{number}/delete",
    # Its body is a file: tests/dashboard/test_candidates.py brings bad ones.
    "/coverage/candidates",
    "/coverage/candidates/{number}/delete",
    # The same: tests/dashboard/test_hotline.py.
    "/incidents/hotline",
    "/incidents/hotline/columns",
    "/incidents/filters/{number}/delete",
    "/incidents/{key}/notices/seen",
    # A form of another's standard: tests/dashboard/test_open311.py sends bad ones.
    "/open311/v2/requests.{form}",
    # A photo: tests/dashboard/test_case_files.py brings bad ones.
    "/incidents/{key}/files",
}
QUERIES = {
    "/": (Post.GRID_HEAD, ("unit", "pick", "building", "measure", "layers", "language", "x")),
    "/sign-in": (NOBODY, ("next", "told", "language")),
    "/sign-in/password": (Post.GRID_HEAD, ("next", "language")),
    "/account": (Post.GRID_HEAD, ("told", "language")),
    "/admin": (Post.SYSTEM_ADMIN, ("told", "language")),
    "/admin/staff": (Post.SECURITY_ADMIN, ("unit", "language")),
    "/audit": (Post.AUDITOR, ("text", "login", "act", "since", "until", "after", "language")),
    "/audit?act=reveal": (Post.AUDITOR, ("text",)),
}


class Faults(logging.Handler):
    """Keeps what is logged of a fault, whoever logs it."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.said = []

    def emit(self, record):
        self.said.append(self.format(record))


@pytest.fixture(scope="module")
def faults():
    handler = Faults()
    logging.getLogger().addHandler(handler)
    yield handler.said
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as engine:
        with engine.begin() as db:
            signing.hire(db, "target", Post.PLANNER, unit_id=1)
        yield engine


@pytest.fixture(scope="module")
def app(owner):
    # Whoever tries this much is shut out long before: here nobody is.
    never = replace(DEFAULT, address_failures=100_000, failures_before_lock=100)
    door = signing.door_of(owner, rules=never)
    with page_of(owner, door) as app:
        app.its_door = door
        yield app
    door.close()


@pytest.fixture(scope="module")
def clients(app):
    """A browser of each viewer."""
    made = {}
    for who in VIEWERS:
        made[who] = signing.client_of(app, app.its_door, who and who.value)
        made[who].follow_redirects = False
        made[who].__enter__()
    yield made
    for client in made.values():
        client.__exit__(None, None, None)


@pytest.fixture
def check(faults):
    """Judge an answer."""

    def judge(answer, asked):
        text = answer.text
        assert answer.status_code < 500, (asked, text[:500])
        assert not TOLD.search(text), (asked, TOLD.search(text), text[:500])
        assert NAME not in text, asked
        assert not re.search(PHONE + r"\d{4}", text), asked
        onward = answer.headers.get("location", "/")
        assert onward.startswith("/"), (asked, onward)
        assert not onward.startswith("//"), (asked, onward)
        assert "evil" not in answer.headers.get("set-cookie", ""), asked
        assert faults == [], asked

    return judge


def test_every_address_as_its_document_says_and_as_it_does_not(app, clients, check):
    schema = schemathesis.openapi.from_dict(app.server.openapi())
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in {*FORMS, *BARE}:
            continue
        takes = [*operation.query, *operation.path_parameters, *operation.body]
        # Nothing can be wrong about what takes nothing.
        for mode in GenerationMode if takes else [GenerationMode.POSITIVE]:

            @FEW
            @given(operation.as_strategy(generation_mode=mode))
            def ask(case):
                # The client sends no longer address.
                assume(len(quote(str(case.query))) < LONGEST_ADDRESS)
                body = None if isinstance(case.body, NotSet) else case.body
                is_raw = body is None or isinstance(body, bytes)
                content = body if is_raw else json.dumps(body).encode()
                headers = {"content-type": case.media_type} if case.media_type else {}
                # Making a case takes longer than asking: each is for all.
                for who, client in clients.items():
                    answer = client.request(
                        case.method, case.formatted_path, params=dict(case.query or {}),
                        content=content, headers=headers,
                    )  # fmt: skip
                    check(answer, (who, case.method, case.formatted_path, case.query, case.body))

            ask()


@settings(FEW, max_examples=20)
@given(st.lists(typed, min_size=1, max_size=5))
def test_addresses_of_nothing(clients, words):
    for client in clients.values():
        # Every part is one of a path: the page itself is asked for in `QUERIES`.
        for prefix in ("/x", PREFIX, f"{PREFIX}people/", "/assets/", "/admin/accounts/"):
            path = prefix + "/".join(quote(word, safe="") for word in words)
            answer = client.get(path[:2000])
            assert answer.status_code in {303, 307, 400, 401, 403, 404, 405, 422}, path
            assert "root:" not in answer.text


def test_every_form_is_tried(app):
    app._setup_server()
    document = app.server.openapi()["paths"]
    forms = {
        route.path for route in app.server.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
        and "requestBody" not in document.get(route.path, {}).get("post", {})
        and not route.path.startswith("/_dash")
    }  # fmt: skip
    assert forms == {*FORMS, *BARE}


def token_of(client, page):
    text = client.get(page, headers={"accept": "text/html"}).text
    return re.search(r'name="form" value="([0-9a-f]+)"', text)[1]


@pytest.mark.parametrize("path", [path for path in FORMS if "{" not in path])
def test_forms(clients, check, path):
    who, page, names = FORMS[path]
    send(clients[who], check, path, page, names)


@pytest.mark.parametrize("act", sorted(ACTS))
def test_forms_about_an_account(clients, check, app, act):
    who = Post.SECURITY_ADMIN if ACTS[act].right is Right.GRANT else Post.SYSTEM_ADMIN
    target = number_of(app, "target")
    path = f"/admin/accounts/{target}/{act}"
    send(clients[who], check, path, "/admin", ACT_FIELDS)


@pytest.mark.parametrize("act", ESCALATION)
def test_forms_about_escalation(clients, check, act):
    path = "/admin/escalation"
    send(clients[Post.SYSTEM_ADMIN], check, f"{path}/{act}", path, ESCALATION_FIELDS)


@pytest.mark.parametrize("act", CALENDAR)
def test_forms_about_the_calendar(clients, check, act):
    path = "/admin/calendar"
    send(clients[Post.SYSTEM_ADMIN], check, f"{path}/{act}", path, CALENDAR_FIELDS)


@pytest.mark.parametrize("act", RULES)
def test_forms_about_rules(clients, check, act):
    send(clients[Post.SYSTEM_ADMIN], check, f"/admin/rules/{act}", "/admin/rules", RULE_FIELDS)


def number_of(app, login):
    with app.its_door._porter.connect() as db:
        return accounts.by_login(db, login).id


def send(client, check, path, page, names):
    token = token_of(client, page)

    @FEW
    @given(st.fixed_dictionaries(dict.fromkeys(names, typed)), st.sampled_from(["zh", "en"]))
    def fill_in(given_, language):
        headers = {"accept": "text/html", "accept-language": language}
        answer = client.post(path, data={**given_, "form": token}, headers=headers)
        check(answer, (path, given_))
        assert "another page sent it" not in answer.text

    fill_in()


@pytest.mark.parametrize("path", QUERIES)
def test_query_strings(clients, check, path):
    who, names = QUERIES[path]

    @settings(FEW, max_examples=20)
    @given(st.dictionaries(st.sampled_from(names), typed, min_size=1))
    def ask(query):
        asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        answer = clients[who].get(
            f"{path}{'&' if '?' in path else '?'}{asked}", headers={"accept": "text/html"}
        )
        check(answer, (path, query))

    ask()


def called_back(client, callback, values, states):
    parts = [{"id": id_, "property": name} for id_, name in outputs(callback)]
    return client.post(
        "/_dash-update-component",
        content=json.dumps(
            {
                "output": callback["output"],
                "outputs": parts if callback["output"].startswith("..") else parts[0],
                "inputs": [
                    {**each, "value": value}
                    for each, value in zip(callback["inputs"], values, strict=True)
                ],
                "state": [
                    {**each, "value": value}
                    for each, value in zip(callback["state"], states, strict=True)
                ],
                "changedPropIds": [f"{i['id']}.{i['property']}" for i in callback["inputs"]],
            }
        ),
        headers={"content-type": "application/json"},
    )


@pytest.mark.parametrize("who", [Post.GRID_HEAD, Post.AUDITOR], ids=str)
def test_callbacks(clients, check, who):
    client = clients[who]
    for callback in graph(client):
        if not callback["clientside_function"] and "ALL" not in callback["output"]:
            call_with_anything(client, check, callback)


def call_with_anything(client, check, callback):
    value = st.lists(event, max_size=3) if callback["output"] == "view.data" else view

    @FEW
    @given(
        st.tuples(*[value | anything for _ in callback["inputs"]]),
        st.tuples(*[view for _ in callback["state"]]),
    )
    def call(values, states):
        answer = called_back(client, callback, values, states)
        check(answer, (callback["output"], values, states))

    call()


def test_events(clients, check):
    client = clients[Post.GRID_HEAD]
    callback = next(each for each in graph(client) if each["output"] == "view.data")

    @MORE
    @given(st.lists(event, min_size=1, max_size=3), view)
    def tell(events, now):
        check(called_back(client, callback, [events], [now]), (events, now))

    tell()


def test_payloads_that_are_no_callback(clients, check):
    client = clients[Post.GRID_HEAD]
    good = {
        "output": "glance.children", "outputs": {"id": "glance", "property": "children"},
        "inputs": [{"id": "view", "property": "data", "value": {}}], "state": [],
        "changedPropIds": ["view.data"],
    }  # fmt: skip

    @MORE
    @given(st.dictionaries(st.sampled_from(sorted(good)), anything, min_size=1) | anything)
    def call(wrong):
        body = {**good, **wrong} if isinstance(wrong, dict) else wrong
        answer = client.post(
            "/_dash-update-component", content=json.dumps(body),
            headers={"content-type": "application/json"},
        )  # fmt: skip
        check(answer, body)

    call()
    for raw in (b"", b"{", b"\xff", b"[" * 5000, b"1" * (1 << 20) + b"2"):
        answer = client.post("/_dash-update-component", content=raw)
        check(answer, raw)
        assert answer.status_code in (400, 413)


@settings(FEW, max_examples=25)
@given(typed)
def test_search(clients, text):
    for who in (Post.GRID_HEAD, Post.AUDITOR):
        answer = clients[who].get("/search", params={"q": text[:200] or "x"})
        assert answer.status_code in (200, 422), text
        assert NAME not in answer.text
