"""The gate: who is let through, as a browser, a program, a thief and another site try it."""

import base64
import datetime as dt
import html
import re
import time
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from dashboard.app import create_app
from dashboard.door import Door, now
from dashboard.gate import OPEN
from dashboard.pages.local import local
from dashboard.serving import Serving
from dashboard.sign_in import demos
from dashboard.visitors import REMEMBERED_S, Asked, Visitors
from gis.access import accounts, rules, sessions, tokens, ways_in
from gis.access.posts import Post, Right
from gis.access.rules import DEFAULT
from gis.database import Role, Server
from tests import builders, loops
from tests.conftest import clone, drop
from tests.dashboard import signing

PAGE = {"accept": "text/html"}
PATIENCE = {"connect_timeout": 2}
PASSWORD = "correct-Horse-7-battery"


@pytest.fixture(scope="module")
def town(server):
    """A town whose people come and go; each test has its own logins."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        builders.load(db)
        signing.hire_seer(db)
    yield owner
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def door(town):
    door = signing.door_of(town)
    yield door
    door.close()


@pytest.fixture(scope="module")
def app(town, door):
    engine = Server(town.url, is_private=True).engine(Role.APP, pool_size=3)
    yield create_app(engine, door)
    engine.dispose()


@pytest.fixture
def stranger(app):
    with signing.client_of(app) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def seer(app, door):
    with signing.client_of(app, door, signing.SEER) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def somebody(town):
    """Make somebody who can sign in with PASSWORD; a login of each test's own."""
    made = []

    def make(*posts, **given):
        login = f"guest{len(made)}.{now().timestamp():.6f}"
        with town.begin() as db:
            number = signing.hire(db, login, *posts, **given)
            accounts.set_password(
                db, number, PASSWORD, now=now(), must_change=given.get("must_change", False), kept=0
            )
        made.append(number)
        return login, number

    return make


def form_of(client, path, **fields):
    """Return a page's form filled in: what it carries against other sites is in the page."""
    page = client.get(path, headers=PAGE)
    token = re.search(r'name="form" value="([0-9a-f]+)"', page.text)[1]
    return {"form": token, **fields}


def sign_in(client, login, password=PASSWORD, **more):
    form = form_of(client, "/sign-in", login=login, password=password, **more)
    return client.post("/sign-in", data=form, headers=PAGE)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/_dash-layout", "/_dash-dependencies", "/tiles/units/10/1/1",
        "/values?measure=people", "/search?q=a", "/picture.svg",
        "/labels?level=1&language=zh", "/worst", "/outside",
        "/mark?of=building:1", "/assets/citygrid.js", "/assets/20-page.css", "/account", "/admin",
        "/audit", "/no/such/page", "/_dash-component-suites/dash/deps/react.js",
        "/health/../values?measure=people", "/sign-in/../tiles/units/10/1/1", "//values",
        "/assets/fonts/../citygrid.js", "/assets/../../pyproject.toml",
    ],
)  # fmt: skip
def test_who_is_not_signed_in_reaches_nothing(stranger, path):
    answer = stranger.get(path)
    # The client itself settles "..": what is left of it is asked for as it stands.
    if OPEN.fullmatch(answer.request.url.path):
        pytest.skip("The client asked for an open page.")
    assert answer.status_code == 401
    assert "not signed in" in answer.json()["error"]
    page = stranger.get(path, headers=PAGE)
    assert page.status_code == 303
    assert page.headers["location"].startswith("/sign-in")


def test_callbacks_need_a_session(stranger):
    assert stranger.post("/_dash-update-component", json={}).status_code == 401


def test_health_and_the_look_of_the_sign_in_page_are_open(stranger):
    for path in (
        "/health",
        "/sign-in",
        "/assets/pages.css",
        "/assets/once.js",
        "/assets/fonts/inter-latin.woff2",
    ):
        assert stranger.get(path).status_code == 200


def test_the_page_asked_for_is_come_back_to(stranger, somebody):
    login, _ = somebody(Post.PLANNER, unit_id=1)
    sent = stranger.get("/?unit=2&measure=incidents", headers=PAGE)
    assert sent.headers["location"] == f"/sign-in?next=/{quote('?unit=2&measure=incidents')}"
    done = sign_in(stranger, login, next="/?unit=2&measure=incidents")
    assert (done.status_code, done.headers["location"]) == (303, "/?unit=2&measure=incidents")
    assert stranger.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/%0d%0aSet-Cookie:x=1\r\n", "javascript:alert(1)", "evil.example",
        "http:evil.example", "///evil.example", "/\x00", "data:text/html,x", "/" + "a" * 3000,
        "//evil.example@127.0.0.1/", " //evil.example", "",
    ],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(elsewhere):
    assert local(elsewhere) == "/"


def test_the_sign_in_form_sends_nobody_elsewhere(stranger, somebody):
    login, _ = somebody()
    done = sign_in(stranger, login, next="//evil.example/")
    assert done.headers["location"].startswith("/?language=")


def test_the_cookie_is_kept_from_scripts_and_other_sites(stranger, somebody):
    login, _ = somebody()
    cookie = next(
        each for each in sign_in(stranger, login).headers.get_list("set-cookie")
        if each.startswith("citygrid-8050=")
    )  # fmt: skip
    for word in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Max-Age" not in cookie


def test_under_tls_the_cookie_is_bound_to_the_host_and_never_sent_without(app, door):
    with TestClient(app.server, base_url="https://127.0.0.1") as client:
        answer = client.get("/sign-in")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-citygrid-form=")
        assert "Secure" in cookie
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_session_from_before_is_not_taken_over(stranger, somebody, door):
    """Fixation: a cookie somebody was given does not become his session."""
    login, _ = somebody()
    stranger.cookies.set(signing.cookie_name(door.serving), "chosen-by-somebody-else")
    sign_in(stranger, login)
    values = {cookie.value for cookie in stranger.cookies.jar if cookie.name == "citygrid-8050"}
    assert any(len(value) > 40 for value in values)
    with signing.client_of_token(stranger, door, "chosen-by-somebody-else") as thief:
        assert thief.get("/_dash-layout").status_code == 401


def test_a_session_that_was_ended_ends_at_once(seer, door, app):
    assert seer.get("/_dash-layout").status_code == 200
    token = seer.cookies[signing.cookie_name(door.serving)]
    form = form_of(seer, "/account")
    assert seer.post("/sign-out", data=form).headers["location"] == "/sign-in?told=out"
    with signing.client_of_token(seer, door, token) as thief:
        assert thief.get("/_dash-layout").status_code == 401


def test_whose_session_is_over_is_told_so_by_pages_and_by_forms(app, door, somebody):
    login, _ = somebody()
    with signing.client_of(app, door, login) as one, signing.client_of(app, door, login) as two:
        form = form_of(one, "/account")
        two.post("/account/sessions/end-all", data=form_of(two, "/account"))
        one.follow_redirects = False
        assert one.get("/", headers=PAGE).headers["location"] == "/sign-in?told=over"
        back = "/sign-in?next=/account%3Flanguage%3Dzh&told=over"
        assert one.get("/account?language=zh", headers=PAGE).headers["location"] == back
        sent = one.post("/account/sessions/end-all", data=form, headers=PAGE)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?told=over")
        page = one.get(back, headers={**PAGE, "accept-language": "zh"}).text
        assert "登录已超时或已在别处退出，请重新登录。" in page
        assert 'name="next" value="/account?language=zh"' in page


def test_who_is_in_is_told_when_the_database_is_gone(town, door):
    engine = Server(town.url, is_private=True).engine(Role.APP, pool_size=1)
    gone = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args=PATIENCE)
    lost = Door(gone, signing.KEYS)
    client = TestClient(create_app(engine, lost).server, base_url=signing.HOME)
    client.cookies.set(signing.cookie_name(door.serving), signing.token_for(door, signing.SEER))
    for path in ("/account", "/", "/sign-in"):
        page = client.get(path, headers={**PAGE, "accept-language": "zh"})
        assert page.status_code == 503
        assert "数据库暂时没有应答，请稍后重试。" in page.text
    fetched = client.get("/values?measure=people")
    assert (fetched.status_code, list(fetched.json())) == (503, ["error"])
    assert client.get("/assets/pages.css").status_code == 200
    lost.close()
    engine.dispose()


def test_signing_out_everywhere_ends_all(app, door, somebody):
    login, _ = somebody()
    with signing.client_of(app, door, login) as one, signing.client_of(app, door, login) as two:
        assert two.get("/_dash-layout").status_code == 200
        one.follow_redirects = False
        answer = one.post("/account/sessions/end-all", data=form_of(one, "/account"))
        assert answer.headers["location"] == "/sign-in?told=everywhere"
        assert two.get("/_dash-layout").status_code == 401


def test_another_session_of_ones_own_can_be_ended_and_nobody_elses(app, door, somebody):
    login, _ = somebody()
    with signing.client_of(app, door, login) as one, signing.client_of(app, door, login) as two:
        token = two.cookies[signing.cookie_name(door.serving)]
        form = form_of(one, "/account", session=sessions.hash_of(token).hex())
        assert one.post("/account/sessions/end", data=form).status_code == 200
        assert two.get("/_dash-layout").status_code == 401
    with signing.client_of(app, door, login) as one, signing.client_of(app, door, "seer") as other:
        token = other.cookies[signing.cookie_name(door.serving)]
        form = form_of(one, "/account", session=sessions.hash_of(token).hex())
        one.post("/account/sessions/end", data=form)
        assert other.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize(
    ("column", "ago"),
    [("seen_at", DEFAULT.idle_s + 61), ("created_at", DEFAULT.absolute_s + 1)],
)
def test_a_session_runs_out(app, door, town, somebody, column, ago):
    login, number = somebody()
    with signing.client_of(app, door, login) as client:
        with town.begin() as db:
            db.execute(
                text(f"UPDATE citygrid.session SET {column} = :at WHERE account_id = :id"),
                {"at": now() - dt.timedelta(seconds=ago), "id": number},
            )
        assert client.get("/_dash-layout").status_code == 401


def test_what_the_page_fetches_by_itself_keeps_no_session_alive(app, door, town, somebody):
    login, number = somebody()
    with signing.client_of(app, door, login) as client:
        # A page left open polls until the session has ended.
        for ago in (DEFAULT.idle_s - 60, DEFAULT.idle_s + 61):
            seen(town, number, ago)
            is_over = ago > DEFAULT.idle_s
            time.sleep(REMEMBERED_S + 0.1)
            for ask in (
                lambda: client.get("/values?measure=buildings&level=2"),
                lambda: client.get("/tiles/units/10/1/1"),
                lambda: client.post("/_dash-update-component", json={}),
                lambda: client.get("/account/here"),
                lambda: client.get("/", headers={**PAGE, "sec-fetch-dest": "iframe"}),
            ):
                answer = ask()
                assert (answer.status_code == 401 or answer.is_redirect) is is_over
            assert idle_s(town, number) > ago


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [("GET", "/account", PAGE), ("POST", "/account/here", {}), ("POST", "/sign-out", PAGE)],
)
def test_what_a_person_does_keeps_a_session_alive(app, door, town, somebody, method, path, headers):
    login, number = somebody()
    seen(town, number, DEFAULT.idle_s - 60)
    with signing.client_of(app, door, login) as client:
        seen(town, number, DEFAULT.idle_s - 60)
        left = client.get("/account/here").json()["left_s"]
        assert 100 < left < 130
        client.request(method, path, headers=headers)
        assert idle_s(town, number) < 60


def test_a_page_learns_when_its_session_ends(app, door, somebody):
    login, _ = somebody()
    with signing.client_of(app, door, login) as client:
        left = client.post("/account/here").json()["left_s"]
    assert DEFAULT.idle_s < left <= DEFAULT.idle_s + 60


def seen(town, number, ago):
    """Move an account's sessions into the past, as if nobody had been there since."""
    with town.begin() as db:
        db.execute(
            text("UPDATE citygrid.session SET seen_at = :at WHERE account_id = :id"),
            {"at": now() - dt.timedelta(seconds=ago), "id": number},
        )


def idle_s(town, number):
    with town.connect() as db:
        last = db.scalar(
            text("SELECT max(seen_at) FROM citygrid.session WHERE account_id = :id"),
            {"id": number},
        )
    return (now() - last).total_seconds()


@pytest.mark.parametrize("path", ["/audit", "/admin", "/admin/accounts/1", "/admin/staff"])
def test_whom_his_posts_do_not_let_in_is_on_record(app, door, town, somebody, path):
    login, number = somebody(Post.PLANNER, unit_id=1)
    with signing.client_of(app, door, login) as client:
        for _ in range(3):
            assert client.get(path).status_code == 403
        said = client.get(path, headers={**PAGE, "accept-language": "zh-CN"})
    assert "您的岗位没有“" in said.text
    with town.connect() as db:
        rows = db.execute(
            text(
                "SELECT subject, details, login, address FROM citygrid.audit "
                "WHERE act = 'refused' AND account_id = :id"
            ),
            {"id": number},
        ).all()
    # Once, however often he tries in a minute.
    assert [(row.subject, row.login) for row in rows] == [(f"GET {path}", login)]
    assert "do not let you" in rows[0].details["why"]["en"]
    assert "您的岗位没有" in rows[0].details["why"]["zh"]


def test_a_refusal_is_told_in_the_language_of_the_page_that_asks(app, door, somebody):
    login, _ = somebody(Post.PLANNER, unit_id=1)
    with signing.client_of(app, door, login) as client:
        assert "has no right 'audit'" in client.get("/audit").json()["error"]
        assert "“查阅审计”权限" in client.get("/audit?language=zh").json()["error"]


def test_a_session_in_another_browser_is_logged_once(app, door, town, somebody):
    login, number = somebody()
    with signing.client_of(app, door, login) as client:
        client.headers["user-agent"] = "a thief's"
        for _ in range(3):
            assert client.get("/_dash-layout").status_code == 200
    with town.connect() as db:
        rows = db.execute(
            text(
                "SELECT details FROM citygrid.audit WHERE act = 'session_moved' AND subject = :who"
            ),
            {"who": f"account/{number}"},
        ).all()
    assert [row.details for row in rows] == [{"was": signing.AGENT, "is": "a thief's"}]


def test_wrong_passwords_lock_with_a_sentence(stranger, somebody):
    login, _ = somebody()
    for _ in range(DEFAULT.failures_before_lock):
        answer = sign_in(stranger, login, "wrong")
        assert answer.status_code == 403
    assert "account is locked" in sign_in_english(stranger, login).text


def sign_in_english(client, login):
    client.headers["accept-language"] = "en"
    return sign_in(client, login)


def test_a_temporary_password_leads_to_a_new_one_and_nowhere_else(app, stranger, town):
    with town.begin() as db:
        number = signing.hire(db, f"new.{now().timestamp():.6f}", Post.PLANNER, unit_id=1)
        login = accounts.get(db, number).login
        password = ways_in.reset(db, number, by=signing.MACHINE, now=now(), rules=rules.DEFAULT)
    done = sign_in(stranger, login, password, next="/?unit=2")
    assert done.headers["location"] == "/sign-in/password?next=/%3Funit%3D2"
    for path in ("/", "/account", "/admin"):
        assert stranger.get(path, headers=PAGE).headers["location"] == "/sign-in/password"
    for path in ("/_dash-layout", "/tiles/units/10/1/1", "/values?measure=people"):
        assert stranger.get(path).status_code == 403
    fields = {"old": password, "new": PASSWORD, "again": PASSWORD, "next": "/?unit=2"}
    form = form_of(stranger, "/sign-in/password", **{**fields, "new": "short", "again": "short"})
    refused = stranger.post(
        "/sign-in/password", data=form, headers={**PAGE, "accept-language": "en"}
    )
    assert "at least 12 characters" in refused.text
    form = form_of(stranger, "/sign-in/password", **{**fields, "old": "x"})
    refused = stranger.post("/sign-in/password", data=form, headers=PAGE)
    assert "The current password is wrong." in refused.text or "当前密码不正确。" in refused.text
    form = form_of(stranger, "/sign-in/password", **fields)
    changed = stranger.post("/sign-in/password", data=form, headers=PAGE)
    assert changed.headers["location"] == "/?unit=2"
    assert stranger.get("/_dash-layout").status_code == 200


def code_of(secret, at):
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(at).decode()


def test_a_second_factor_is_set_up_and_asked_for(stranger, somebody):
    login, _ = somebody(Post.PLANNER, unit_id=1)
    sign_in(stranger, login)
    page = stranger.get("/sign-in/enrol?next=/account", headers=PAGE).text
    secret = re.search(r'class="cg-secret">([A-Z2-7]+)<', page)[1]
    assert "<svg" in page
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    hidden["uri"] = html.unescape(hidden["uri"])
    wrong = stranger.post("/sign-in/enrol", data={**hidden, "code": "000000"}, headers=PAGE)
    # The same picture again: the telephone has read it already.
    assert (wrong.status_code, secret in wrong.text) == (403, True)
    form = {**hidden, "code": code_of(secret, time.time())}
    done = stranger.post("/sign-in/enrol", data=form, headers=PAGE).text
    (spare, *others) = re.findall(r"<li><code>([a-z2-7-]+)</code>", done)
    assert len(others) == 9
    assert stranger.get("/_dash-layout").status_code == 200
    stranger.post("/sign-out", data=form_of(stranger, "/account"))
    asked = sign_in(stranger, login, next="/account")
    assert asked.headers["location"] == "/sign-in/code?next=/account"
    assert stranger.get("/_dash-layout").status_code == 403
    before = stranger.cookies.get("citygrid-8050")
    # The code that set it up is used up; a recovery code stands in, once.
    form = form_of(stranger, "/sign-in/code", code=code_of(secret, time.time() - 30))
    assert stranger.post("/sign-in/code", data=form, headers=PAGE).status_code == 403
    form = form_of(stranger, "/sign-in/code", code=spare, next="/account")
    let_in = stranger.post("/sign-in/code", data=form, headers=PAGE)
    assert let_in.headers["location"] == "/account"
    assert stranger.cookies.get("citygrid-8050") != before
    assert stranger.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:81"},
        {"origin": "https://127.0.0.1"}, {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": signing.HOME}, {"origin": ""},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("path", ["/sign-out", "/_dash-update-component", "/sign-in", "/reveal"])
def test_no_other_site_writes(seer, said, path):
    form = form_of(seer, "/account")
    assert seer.post(path, data=form, headers=said).status_code == 403
    assert seer.get("/_dash-layout").status_code == 200


def test_a_browser_that_says_nothing_does_not_write(seer):
    del seer.headers["origin"]
    assert seer.post("/_dash-update-component", json={}).status_code == 403


@pytest.mark.parametrize("path", ["/sign-out", "/account/sessions/end-all", "/sign-in"])
@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_not_drawn_here_does_nothing(seer, path, token):
    answer = seer.post(path, data={"form": token} if token is not None else {"a": "b"})
    assert answer.status_code == 400
    assert "too old, or another page sent it" in answer.json()["error"]
    assert seer.get("/_dash-layout").status_code == 200


def test_a_form_of_another_session_does_nothing(app, door, seer, somebody):
    login, _ = somebody()
    with signing.client_of(app, door, login) as other:
        assert seer.post("/sign-out", data=form_of(other, "/account")).status_code == 400


def test_a_form_has_a_size(seer):
    form = form_of(seer, "/account", note="x" * 70_000)
    assert "at most 64 kB" in seer.post("/sign-out", data=form).json()["error"]
    many = "&".join(f"a{i}=1" for i in range(200))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert seer.post("/sign-out", content=many, headers=headers).status_code == 400


def test_a_link_from_elsewhere_is_asked_again_from_here(stranger):
    """A strict cookie stays behind when another site links here."""
    answer = stranger.get("/?unit=2", headers={**PAGE, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert 'content="0; url=/?unit=2"' in answer.text


def test_a_program_comes_with_a_token(app, stranger, town, somebody):
    _, number = somebody(Post.GRID_HEAD, unit_id=3)
    with town.begin() as db:
        made = tokens.make(
            db, number, "nightly", frozenset({Right.EXPORT}), now() + dt.timedelta(days=1),
            by=signing.MACHINE, now=now(), rules=rules.DEFAULT,
        )  # fmt: skip
    bearer = {"authorization": f"Bearer {made.token}"}
    del stranger.headers["origin"]
    assert stranger.get("/values?measure=incidents&level=2", headers=bearer).status_code == 200
    # It is no browser: no pages of a person, and no form of another site can carry it.
    assert stranger.get("/account", headers=bearer).status_code == 403
    assert stranger.post("/_dash-update-component", json={}, headers=bearer).status_code != 403
    wrong = stranger.get("/values", headers={"authorization": "Bearer citygrid_wrong"})
    assert wrong.status_code == 401
    assert "unknown, has ended or has expired" in wrong.json()["error"]


def test_a_token_sees_no_more_than_its_scopes(town, door, somebody):
    _, number = somebody(Post.GRID_HEAD, unit_id=3)
    with town.begin() as db:
        made = tokens.make(
            db, number, "nightly", frozenset({Right.EXPORT}), now() + dt.timedelta(days=1),
            by=signing.MACHINE, now=now(), rules=rules.DEFAULT,
        )  # fmt: skip
    found = loops.run(Visitors(door).find(Asked(made.token, True, "127.0.0.1", "")))
    assert found
    viewer = found.viewer
    assert viewer.rights == {Right.EXPORT}
    assert (viewer.units, viewer.cases, viewer.care, viewer.reveals) == ((), (), (), ())


def test_pages_carry_the_headers_that_protect_them(seer, stranger):
    for client, path in ((stranger, "/sign-in"), (seer, "/"), (seer, "/account")):
        headers = client.get(path, headers=PAGE).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'self'" in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers


def test_what_is_personal_is_kept_by_nobody(seer):
    assert seer.get("/_dash-layout").headers["cache-control"] == "no-store"
    assert "private" in seer.get("/values?measure=people&level=2").headers["cache-control"]
    assert "private" in seer.get("/tiles/units/10/1/1").headers["cache-control"]


def test_a_page_of_another_name_for_this_machine_is_refused(stranger):
    answer = stranger.get("/sign-in", headers={"host": "evil.example"})
    assert answer.status_code == 421


def test_demo_accounts_are_offered_on_this_machine_only(town, somebody):
    somebody(Post.LEADER, unit_id=1, is_demo=True)
    served = {
        "here": door_at(town, Serving()),
        "everywhere": door_at(town, Serving(host="0.0.0.0", proxies=("10.0.0.1",))),
        "behind": door_at(town, Serving(proxies=("127.0.0.1",))),
    }
    with town.connect() as db:
        offered = {name: len(demos.offered(db, each, "en")) for name, each in served.items()}
        real = "jsonb_set(settings, '{is_synthetic}', 'false')"
        db.execute(text(f"UPDATE citygrid.city SET settings = {real}"))
        nowhere = demos.offered(db, served["here"], "en")
    assert offered == {"here": 1, "everywhere": 0, "behind": 0}
    assert nowhere == []
    for each in served.values():
        each.close()


def door_at(town, serving):
    return signing.door_of(town, serving=serving)
