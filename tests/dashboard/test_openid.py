"""Signing in with another provider's account: a real one, in a process of its own."""

import contextlib
import re
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import text

from dashboard import providers
from dashboard.app import create_app
from dashboard.door import now
from dashboard.providers import Provider
from gis.access import accounts, ways_in
from gis.access.posts import Post
from gis.access.rules import DEFAULT
from gis.database import Role, Server
from gis.errors import SettingsError
from tests import builders
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.gis.test_database import free_port

PATIENCE_S = 30
PAGE = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture(scope="module")
def issuer():
    """The address of a provider on this machine, who vouches for whomever it is asked about."""
    port = free_port()
    words = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address, began = f"http://localhost:{port}", time.monotonic()
    while True:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(f"{address}/.well-known/openid-configuration").status_code == 200:
                break
        assert time.monotonic() - began < PATIENCE_S, "The provider did not come up."
        time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def town(server):
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        builders.load(db)
    yield owner
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def app(town, issuer):
    known = (Provider("city", "City SSO", issuer, "citygrid", "s3cret"),)
    door = signing.door_of(town, providers=known)
    engine = Server(town.url, is_private=True).engine(Role.APP, pool_size=2)
    yield create_app(engine, door)
    engine.dispose()
    door.close()


@pytest.fixture
def browser(app):
    with signing.client_of(app) as client:
        client.follow_redirects = False
        client.headers.update(PAGE)
        yield client


def vouched(out, subject):
    """Let the provider say who it is; return where it sends the browser."""
    answer = httpx2.post(out, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def test_somebody_who_is_linked_is_let_in(browser, town, issuer):
    with town.begin() as db:
        number = signing.hire(db, "zhang", Post.PLANNER, unit_id=1)
        ways_in.link(
            db, number, (issuer, "zhang@city.example"), by=signing.MACHINE, now=now(), rules=DEFAULT
        )
    assert "Sign in with City SSO" in browser.get("/sign-in").text
    out = browser.get("/sign-in/openid/city?next=/%3Funit%3D2").headers["location"]
    asked = parse_qs(urlsplit(out).query)
    assert out.startswith(f"{issuer}/")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://127.0.0.1/sign-in/openid/city/back"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    back = browser.get(vouched(out, "zhang@city.example"))
    assert (back.status_code, back.headers["location"]) == (303, "/?unit=2")
    assert browser.get("/_dash-layout").status_code == 200
    with town.connect() as db:
        said = db.scalar(
            text("SELECT details ->> 'by' FROM citygrid.audit WHERE act = 'sign_in'")
        )  # fmt: skip
    assert said == issuer


def test_somebody_nobody_linked_is_not(browser, town):
    out = browser.get("/sign-in/openid/city").headers["location"]
    back = browser.get(vouched(out, "stranger@city.example"))
    assert back.status_code == 403
    assert "no account here is linked to you" in back.text
    assert browser.get("/_dash-layout").status_code == 303
    with town.connect() as db:
        assert not db.scalar(text("SELECT count(*) FROM citygrid.account WHERE login ~ 'stranger'"))


def test_a_disabled_account_is_not_let_in_by_its_provider(browser, town, issuer):
    with town.begin() as db:
        number = signing.hire(db, "li", Post.PLANNER, unit_id=1)
        ways_in.link(db, number, (issuer, "li"), by=signing.MACHINE, now=now(), rules=DEFAULT)
        accounts.disable(db, number, by=signing.MACHINE, now=now())
    out = browser.get("/sign-in/openid/city").headers["location"]
    assert "disabled" in browser.get(vouched(out, "li")).text


@pytest.mark.parametrize(
    "forge",
    [
        lambda back: re.sub(r"state=[^&]+", "state=other", back),
        lambda back: re.sub(r"[?&]state=[^&]+", "?", back),
        lambda back: re.sub(r"code=[^&]+", "code=guessed", back),
        lambda back: back.split("?")[0],
        lambda back: back.split("?")[0] + "?error=access_denied",
    ],
    ids=["state", "no state", "code", "nothing", "refused there"],
)
def test_an_answer_that_was_not_asked_for_lets_nobody_in(browser, forge):
    out = browser.get("/sign-in/openid/city").headers["location"]
    back = browser.get(forge(vouched(out, "zhang@city.example")))
    assert back.status_code == 403
    assert "did not confirm who you are" in back.text


def test_an_answer_is_good_in_the_browser_that_asked_only(app, browser):
    out = browser.get("/sign-in/openid/city").headers["location"]
    back = vouched(out, "zhang@city.example")
    with signing.client_of(app) as thief:
        thief.headers.update(PAGE)
        assert thief.get(back).status_code == 403


def test_an_answer_is_good_once(browser):
    out = browser.get("/sign-in/openid/city").headers["location"]
    back = vouched(out, "zhang@city.example")
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403


def test_a_provider_nobody_named_is_refused(browser):
    assert browser.get("/sign-in/openid/other").status_code == 403


def test_a_provider_that_does_not_answer_is_a_sentence(town):
    known = (Provider("away", "Away", f"http://localhost:{free_port()}", "citygrid"),)
    door = signing.door_of(town, providers=known)
    engine = Server(town.url, is_private=True).engine(Role.APP, pool_size=1)
    with signing.client_of(create_app(engine, door)) as client:
        client.headers.update(PAGE)
        answer = client.get("/sign-in/openid/away")
    engine.dispose()
    door.close()
    assert answer.status_code == 403
    assert "did not confirm who you are" in answer.text


def test_providers_are_read_from_the_settings_file(tmp_path):
    path = tmp_path / "settings.toml"
    assert providers.read(path) == ()
    (tmp_path / "secret").write_text("s3cret\n")
    path.write_text(
        '[security]\npreset = "default"\n[openid.city]\nname = "City SSO"\n'
        'issuer = "https://sso.city.example"\nclient_id = "citygrid"\n'
        'client_secret_file = "secret"\n'
    )
    (found,) = providers.read(path)
    assert (found.key, found.name, found.client_secret) == ("city", "City SSO", "s3cret")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('[openid.city]\nissuer = "https://a.example"', "needs issuer, client_id and name"),
        ('[openid.city]\nissuer = "http://a.example"\nclient_id = "a"', "begin with https://"),
        ('[openid.city]\nissuer = "http://localhost.a.example"\nclient_id = "a"', "begin with"),
        ('[openid."../x"]\nissuer = "https://a.example"\nclient_id = "a"', "small letters"),
        ('[openid.city]\nissuer = "https://a"\nclient_id = "a"\nclient_secret_file = "no"',
         "there is no file"),
        ("openid = 3", "write a section"),
    ],
)  # fmt: skip
def test_a_provider_that_cannot_be_is_a_sentence(tmp_path, section, said):
    path = tmp_path / "settings.toml"
    path.write_text(section)
    with pytest.raises(SettingsError, match=said):
        providers.read(path)
