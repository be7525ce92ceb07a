"""How the page is reached: proxies that are believed, a path it lies below, TLS."""

import datetime as dt
import ipaddress
import json
import ssl
import urllib.request
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dashboard.app import create_app
from dashboard.arrival import Arrival
from dashboard.serving import Serving
from gis.errors import SettingsError
from tests import loops
from tests.dashboard import signing
from tests.dashboard.test_serving import started, state  # noqa: F401 - a fixture
from tests.gis.test_database import free_port

PROXY = Serving(host="0.0.0.0", proxies=("10.0.0.0/24", "fd00::/8"))


def arrived(serving, peer="10.0.0.7", path="/", kind="http", **headers):
    """Return the scope as the application behind sees it, or the status that refuses it."""
    seen, sent = [], []

    async def app(scope, _receive, _send):
        seen.append(scope)

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind, "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(),
        "query_string": b"unit=2", "client": (peer, 5000) if peer else None,
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip
    loops.run(Arrival(app, serving)(scope, None, send))
    if not seen:
        return sent[0].get("status", sent[0].get("code"))
    return seen[0]


def test_a_trusted_proxy_says_who_asks_and_how():
    scope = arrived(
        PROXY, x_forwarded_for="203.0.113.9, 10.0.0.8", x_forwarded_proto="https",
        x_forwarded_host="city.example", host="10.0.0.1:8050",
    )  # fmt: skip
    assert scope["client"][0] == "203.0.113.9"
    assert scope["scheme"] == "https"
    assert dict(scope["headers"]) == {b"host": b"city.example"}


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        # What stands before the proxy's own word anybody may have written.
        ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1, 198.51.100.1, 10.0.0.9", "198.51.100.1"),
        ("unknown", "10.0.0.7"), ("", "10.0.0.7"), ("'; DROP TABLE audit", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::1"), ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)  # fmt: skip
def test_only_the_last_word_is_believed(said, believed):
    assert arrived(PROXY, x_forwarded_for=said)["client"][0] == believed


def test_nobody_else_is_believed():
    told = {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https", "host": "localhost"}
    scope = arrived(Serving(), "127.0.0.1", **told)
    assert (scope["client"][0], scope["scheme"]) == ("127.0.0.1", "http")
    assert dict(scope["headers"]) == {b"host": b"localhost"}
    with_tls = Serving(host="0.0.0.0", certificate="a", key="b")
    assert arrived(with_tls, "203.0.113.1", **told)["client"][0] == "203.0.113.1"


def test_the_way_past_the_proxy_is_closed():
    assert arrived(PROXY, "203.0.113.1", host="city.example") == 421
    assert arrived(PROXY, "203.0.113.1", kind="websocket", host="city.example") == 4421
    # This machine itself asks whether the page is well.
    assert arrived(PROXY, "127.0.0.1", host="localhost")["client"][0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8050", "[::1]:8050", "LOCALHOST:1"])
def test_this_machine_goes_by_its_own_names(host):
    assert arrived(Serving(), "127.0.0.1", host=host)["path"] == "/"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_foreign_name_for_this_machine_is_refused(host):
    assert arrived(Serving(), "127.0.0.1", host=host) == 421


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/grid/", "/"), ("/grid/tiles/a/1/2/3", "/tiles/a/1/2/3"), ("/tiles/a/1/2/3",) * 2,
        ("/gridlock", "/gridlock"), ("/grid/grid/x", "/grid/x"), ("/grid", 307),
    ],
)  # fmt: skip
def test_the_path_below_is_taken_off(path, seen):
    found = arrived(Serving(root_path="/grid"), "127.0.0.1", path, host="localhost")
    assert (found if isinstance(found, int) else found["path"]) == seen


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"host": "0.0.0.0"}, "would overhear its passwords"),
        ({"host": "192.168.1.5"}, "give --certificate and --key, or --behind-proxy"),
        ({"certificate": "/nowhere"}, "give --certificate and --key"),
        ({"certificate": "/nowhere", "key": "/nowhere"}, "--certificate: there is no file"),
        ({"proxies": ("everybody",)}, "found 'everybody'"),
        ({"root_path": "grid"}, "--root-path begins with /"),
        ({"root_path": "/../x y"}, "--root-path begins with /"),
    ],
)
def test_what_would_be_unsafe_is_a_sentence(given, said):
    given = {k: Path(v) if k in ("certificate", "key") else v for k, v in given.items()}
    with pytest.raises(SettingsError, match=said):
        Serving(**given).checked()


def test_how_it_is_reached_is_told_to_the_worker(tmp_path):
    serving = Serving("::", 1, tmp_path / "a", tmp_path / "b", ("10.0.0.1",), "/grid")
    assert Serving.from_text(serving.to_text()) == serving


def test_every_address_of_the_page_lies_below_its_path(squares):
    door = signing.door_of(squares, serving=Serving(root_path="/grid"))
    app = create_app(squares, door)
    with signing.client_of(app, door, signing.SEER) as client:
        page = client.get("/grid/", headers={"accept": "text/html"}).text
        config = json.loads(
            page.split('id="_dash-config" type="application/json">')[1].split("<")[0]
        )
        assert config["requests_pathname_prefix"] == "/grid/"
        for address in page.split('src="')[1:] + page.split('href="')[1:]:
            assert not address.startswith("/") or address.startswith("/grid/")
        assert client.get("/grid/_dash-layout").status_code == 200
        assert client.get("/grid/tiles/units/10/1/1").status_code == 204
        account = client.get("/grid/account").text
        assert 'action="/grid/account/sessions/end-all"' in account
    with signing.client_of(app) as stranger:
        stranger.follow_redirects = False
        sent = stranger.get("/grid/?unit=2", headers={"accept": "text/html"})
        assert sent.headers["location"].startswith("/grid/sign-in?next=/")
        cookie = stranger.get("/grid/sign-in").headers["set-cookie"]
        assert "Path=/grid/;" in cookie
    door.close()


def certificate_of(folder):
    """Write a certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "citygrid.test")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "city.pem").write_bytes(made.public_bytes(pem))
    (folder / "city.key").write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return folder / "city.pem", folder / "city.key"


@pytest.mark.postgis
def test_it_speaks_tls_itself(state, tmp_path):  # noqa: F811
    certificate, key = certificate_of(tmp_path)
    port = free_port()
    words = ("serve", "--host", "0.0.0.0", "--port", str(port), "--root-path", "/grid",
             "--certificate", str(certificate), "--key", str(key))  # fmt: skip
    with started(state, *words) as serving:
        assert serving.address() == f"https://0.0.0.0:{port}/grid"
        trusting = ssl.create_default_context(cafile=str(certificate))
        asked = f"https://127.0.0.1:{port}/grid/sign-in"
        with urllib.request.urlopen(asked, timeout=30, context=trusting) as answer:
            assert answer.headers["strict-transport-security"]
            assert "__Secure-citygrid-form=" in answer.headers["set-cookie"]
            assert "Secure" in answer.headers["set-cookie"]
