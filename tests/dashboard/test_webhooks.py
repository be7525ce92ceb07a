"""Webhooks: told once committed, signed, again until taken; to nobody inside, of no person."""

import contextlib
import datetime as dt
import hashlib
import hmac
import http.server
import json
import re
import threading
import time

import pytest
from alembic import command
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.hooks import addresses, courier
from dashboard.hooks.addresses import AddressError
from dashboard.hooks.courier import Courier
from dashboard.jobs.working import KeepWorking
from gis import hooks, migrations
from gis.access import policy
from gis.access.keys import KeyFileError, Keys
from gis.access.posts import Post
from gis.database import Role
from gis.errors import DatabaseError, SettingsError
from layers.handling import reports
from layers.handling.drafts import Draft
from tests.dashboard import signing
from tests.gis.test_migrations import empty as empty
from tests.layers.handling.handling_town import HERE, Town
from tests.town import built

WITHIN_S = 60
KEYS = Keys({1: b"k" * 32})


class Receiver:
    """A program that is told, on this machine."""

    def __init__(self):
        self.told, self.answers = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.told.append((dict(self.headers), body))
                status = outer.answers.pop(0) if outer.answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/told?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def until(self, n):
        deadline = time.monotonic() + WITHIN_S
        while len(self.told) < n:
            assert time.monotonic() < deadline, self.told
            time.sleep(0.05)
        return self.told


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def town(server):
    with built(Town, server) as town:
        with town.engine(Role.OWNER).begin() as db:
            for post in (Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN):
                signing.hire(db, post.value, post)
        yield town


def hook(town, url, *acts):
    with town.engine(Role.PORTER).begin() as db:
        return hooks.make(db, url, acts, None, KEYS)


def log(town):
    with town.engine(Role.PORTER).begin() as db:
        return hooks.log(db, 100)


def waiting(town):
    return [each.id for each in reversed(log(town)) if each.state == "waiting"]


@contextlib.contextmanager
def working(town):
    keeper = KeepWorking(town.server, begin_after_s=0, keys=KEYS)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


def test_what_is_done_is_told_signed_and_logged(town, receiver):
    _, secret = hook(town, receiver.url)
    with working(town):
        one = town.report(title="隐秘", address="某路1号", place_note="三楼")
        town.act("intake", one, "register")
        told = receiver.until(2)
    for (headers, body), act in zip(told, ("report", "register"), strict=True):
        said = json.loads(body)
        assert (said["act"], said["incident"]["key"]) == (act, one.key)
        assert headers["X-CityGrid-Event"] == act
        assert headers["X-CityGrid-Delivery"] == str(said["delivery"])
        stamp = headers["X-CityGrid-Timestamp"]
        assert abs(time.time() - int(stamp)) < 60
        wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        assert headers["X-CityGrid-Signature"] == f"sha256={wanted.hexdigest()}"
        assert said["incident"]["unit"]
        for typed in ("隐秘", "某路", "三楼", "Intake"):
            assert typed not in body.decode()
    assert json.loads(told[1][1])["incident"]["stage"] == "register"
    assert [(each.state, each.attempts, each.status) for each in log(town)] == [
        ("delivered", 1, 204)
    ] * 2  # fmt: skip


def test_of_a_case_about_a_person_neither_class_nor_place_is_told(town, receiver):
    hook(town, receiver.url)
    town.report(is_personal=True)
    payload = town.scalar("SELECT payload FROM citygrid.webhook_delivery")
    assert set(payload["incident"]) == {"key", "version", "stage", "stage_before", "is_personal"}


def undone(town):
    """Report, and let the database forget it."""
    with contextlib.suppress(ZeroDivisionError), town.acting("intake") as (db, viewer):
        draft = Draft("s", "0101", *HERE)
        reports.report(db, viewer, town.city, draft, now=signing.now())
        raise ZeroDivisionError


def test_only_the_acts_that_are_wanted_are_told_and_nothing_that_was_undone(town, receiver):
    hook(town, receiver.url, "register")
    one = town.report()
    assert log(town) == []
    town.act("intake", one, "register")
    assert [each.act for each in log(town)] == ["register"]
    hook(town, receiver.url, "report")
    undone(town)
    assert len(log(town)) == 1


def test_what_is_not_taken_is_tried_again_after_growing_waits(town, receiver):
    hook(town, receiver.url)
    town.report()
    (number,) = waiting(town)
    receiver.answers = [500, 302, 404]
    one = Courier(town.engine(Role.WORKER), KEYS)
    assert [one.deliver(number) for _ in range(4)] == [10.0, 40.0, 160.0, None]
    assert len(receiver.told) == 4
    assert len({headers["X-CityGrid-Delivery"] for headers, _ in receiver.told}) == 1
    (row,) = log(town)
    assert (row.state, row.attempts, row.status) == ("delivered", 4, 204)
    # Taken is taken, also if the queue asks once more.
    assert one.deliver(number) is None
    assert len(receiver.told) == 4
    assert courier.wait_s(30) == 3600.0


def test_the_queue_tries_again_by_itself(town, receiver, monkeypatch):
    monkeypatch.setattr(courier, "FIRST_WAIT_S", 1.0)
    hook(town, receiver.url)
    receiver.answers = [503]
    with working(town):
        town.report()
        receiver.until(2)
    assert [(each.state, each.attempts) for each in log(town)] == [("delivered", 2)]


def test_after_a_day_it_is_given_up_and_shown(town):
    hook(town, "http://127.0.0.1:1/nobody")
    town.report()
    (number,) = waiting(town)
    one = Courier(town.engine(Role.WORKER), KEYS)
    assert one.deliver(number) == 10.0
    (row,) = log(town)
    assert (row.state, row.status) == ("waiting", None)
    assert "Connect" in row.failure
    late = Courier(
        town.engine(Role.WORKER), KEYS, now=lambda: signing.now() + dt.timedelta(days=1, minutes=1)
    )
    assert late.deliver(number) is None
    assert log(town)[0].state == "given_up"


def test_who_is_ended_is_told_nothing_more_nor_what_waits(town, receiver):
    number, _ = hook(town, receiver.url)
    town.report()
    (telling,) = waiting(town)
    with town.engine(Role.PORTER).begin() as db:
        hooks.end(db, number, signing.now())
    assert Courier(town.engine(Role.WORKER), KEYS).deliver(telling) is None
    town.report()
    assert [each.state for each in log(town)] == ["given_up"]
    assert receiver.told == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x", "ftp://example.org", "https://", "https://a:b@example.org/",
        "https://example.org/#x", "https://exa mple.org/", "https://例子.org/", "javascript:x",
        "http://127.0.0.1.example.org/", "https://example.org:99999/", "http://[::ffff:8.8.8.8]/",
        "https://example.org/" + "x" * 500, "//example.org", "https://exam\nple.org/",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(AddressError):
        addresses.target_of(url)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]", "[2002:a00:1::]",
    ],
)  # fmt: skip
def test_addresses_inside_a_network_are_refused(host):
    target = addresses.target_of(f"https://{host}/x")
    for ask in (addresses.check, addresses.reached):
        with pytest.raises(AddressError, match="inside a network"):
            ask(target, ())


def test_a_name_that_leads_inside_is_refused_when_it_is_asked(monkeypatch):
    target = addresses.target_of("https://innocent.example/x")
    for answers in (["127.0.0.1"], ["93.184.216.34", "10.0.0.7"]):
        found = [(2, 1, 6, "", (ip, 443)) for ip in answers]
        monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, found=found, **__: found)
        with pytest.raises(AddressError):
            addresses.reached(target, ())
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("93.184.216.34", 443))]
    )
    assert addresses.reached(target, ()) == "93.184.216.34"


def test_the_operator_may_allow_a_network(tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text('[webhooks]\nnetworks = ["10.1.0.0/16"]\n')
    allowed = addresses.networks(settings)
    addresses.check(addresses.target_of("https://10.1.2.3/"), allowed)
    with pytest.raises(AddressError):
        addresses.check(addresses.target_of("https://10.2.0.1/"), allowed)
    assert addresses.networks(tmp_path / "none.toml") == ()
    settings.write_text('[webhooks]\nnetworks = ["home"]\n')
    with pytest.raises(SettingsError, match="lists networks"):
        addresses.networks(settings)


def test_a_refused_address_says_so_in_the_log(town):
    hook(town, "https://10.0.0.1/x")
    town.report()
    (number,) = waiting(town)
    assert Courier(town.engine(Role.WORKER), KEYS).deliver(number) == 10.0
    assert "inside a network" in log(town)[0].failure


@pytest.mark.parametrize("role", [Role.APP, Role.PORTER, Role.ENGINE])
def test_nobody_but_the_worker_reads_the_secret(town, role):
    hook(town, "https://example.org/")
    with town.engine(role).connect() as db, pytest.raises(Exception, match="permission denied"):
        db.execute(text("SELECT secret FROM citygrid.webhook"))


def test_the_secret_is_kept_encrypted_for_its_address_alone(town, receiver):
    _, secret = hook(town, receiver.url)
    kept = town.scalar("SELECT secret FROM citygrid.webhook")
    assert secret.encode() not in kept
    assert hooks.secret(kept, receiver.url, KEYS) == secret
    with pytest.raises(KeyFileError, match=r"example\.org/ cannot be decrypted"):
        hooks.secret(kept, "https://example.org/", KEYS)


def test_the_secrets_of_an_earlier_release_are_encrypted_when_it_is_brought_up(empty):
    login = empty.engine(None)
    urls = ("https://example.org/a", "https://example.org/b")
    with login.begin() as db:
        migrations.upgrade(db, "0027_proposed_by")
        for url in urls:
            db.execute(
                text(
                    "INSERT INTO citygrid.webhook (url, secret, acts) VALUES (:url, :secret, '{}')"
                ),
                {"url": url, "secret": f"of {url}"},
            )
    with pytest.raises(DatabaseError, match="citygrid db upgrade"), login.begin() as db:
        migrations.upgrade(db)
    with login.begin() as db:
        migrations.upgrade(db, keys=lambda: KEYS)
        rows = db.execute(text("SELECT url, secret FROM citygrid.webhook ORDER BY id")).all()
    assert [hooks.secret(row.secret, row.url, KEYS) for row in rows] == [f"of {u}" for u in urls]
    with login.begin() as db:
        # As on the way up: views would keep a migration from changing the tables behind them.
        policy.remove_views(db)
        command.downgrade(migrations.config(db, lambda: KEYS), "0027_proposed_by")
        kept = db.scalars(text("SELECT secret FROM citygrid.webhook ORDER BY id")).all()
    assert kept == [f"of {url}" for url in urls]
    login.dispose()


@pytest.mark.parametrize(
    ("keys", "said"),
    [(Keys({1: b"x" * 32}), "cannot be decrypted"), (Keys({2: b"x" * 32}), "key 1"), (None, "not")],
)
def test_with_another_key_nothing_is_sent_and_the_log_says_why(town, receiver, keys, said):
    hook(town, receiver.url)
    town.report()
    (number,) = waiting(town)
    assert Courier(town.engine(Role.WORKER), keys).deliver(number) == 10.0
    (row,) = log(town)
    assert (row.state, row.status, receiver.told) == ("waiting", None, [])
    assert said in row.failure
    # Put back, it is signed, and sent.
    assert Courier(town.engine(Role.WORKER), KEYS).deliver(number) is None
    assert len(receiver.told) == 1


def test_the_page_adds_shows_the_secret_once_and_ends(town):
    door = signing.door_of(town.engine(Role.OWNER))
    app = create_app(town.engine(Role.APP), door)
    html = {"accept": "text/html", "accept-language": "en"}
    with signing.client_of(app, door, Post.SYSTEM_ADMIN.value) as client:
        page = client.get("/admin/webhooks", headers=html).text
        token = re.search(r'name="form" value="([0-9a-f]+)"', page)[1]

        def send(path, **fields):
            return client.post(path, data={"form": token, **fields}, headers=html)

        made = send("/admin/webhooks", url="https://example.org/x", **{"act.close": "1"})
        with town.engine(Role.WORKER).connect() as db:
            row = db.execute(text("SELECT id, url, secret, acts FROM citygrid.webhook")).one()
        secret = hooks.secret(row.secret, row.url, door.keys)
        assert secret in made.text
        assert row.acts == ["close"]
        page = client.get("/admin/webhooks", headers=html).text
        assert "https://example.org/x" in page
        assert secret not in page
        # Sent twice, as by two clicks, it is made once.
        again = send("/admin/webhooks", url="https://example.org/x", **{"act.close": "1"})
        assert again.status_code == 400
        assert "is told of these acts already" in again.text
        for url, said in (("https://10.0.0.1/", "inside a network"), ("http://x", "begins with")):
            refused = send("/admin/webhooks", url=url)
            assert refused.status_code == 400
            assert said in refused.text
        assert send("/admin/webhooks/end", webhook=str(row.id)).status_code == 200
        assert send("/admin/webhooks/end", webhook=str(row.id)).status_code == 400
        assert "No address is told yet" in client.get("/admin/webhooks", headers=html).text
    with signing.client_of(app, door, Post.SECURITY_ADMIN.value) as client:
        assert client.get("/admin/webhooks").status_code == 403
        assert "/admin/webhooks" not in client.get("/admin", headers=html).text
    subjects = town.scalar(
        "SELECT string_agg(details::text, ' ' ORDER BY id) FROM citygrid.audit "
        "WHERE subject LIKE 'webhook/%'"
    )
    assert "example.org" in subjects
    assert secret not in subjects
    door.close()
