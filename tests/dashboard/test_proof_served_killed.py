"""The program is killed while reports come in over HTTP: what was acknowledged is there, once.

Server and database die with -9 in the middle, in either order, and are started again; clients send
what they have no answer to once more, with the key it had.
"""

import contextlib
import functools
import itertools
import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict

import pytest
from sqlalchemy import make_url, text

from gis.cluster import Cluster
from gis.database import Role, Server
from layers.verify import check_counts
from tests.builders import at
from tests.dashboard.conftest import state_directory
from tests.dashboard.test_cli import run
from tests.dashboard.test_serving import PATIENCE_S, postgres_of, started, wait_until
from tests.gis.test_database import free_port
from tests.importers import small_city
from tests.importers.test_duties import FILES
from tests.proof import IS_PROOF

pytestmark = pytest.mark.postgis
KILLS = 8 if IS_PROOF else 2
CLIENTS = 4
# Not answered, or not yet: sent again.
LATER = (429, 500, 502, 503, 504)


class Client(threading.Thread):
    """Reports one incident after the other, each until it is acknowledged."""

    def __init__(self, name, port, token):
        super().__init__(name=name, daemon=True)
        self.address, self.token = f"http://127.0.0.1:{port}/incidents", token
        self.stopped = threading.Event()
        # By key: each number and address that was ever told, and how often it was sent.
        self.told, self.sent = defaultdict(set), defaultdict(int)
        self.fault = None

    def run(self):
        try:
            for n in itertools.count():
                key = f"{self.name}-{n}"
                while not self.send(key, n):
                    time.sleep(0.02)
                if self.stopped.is_set():
                    return
        except Exception as fault:
            self.fault = fault
            raise

    def send(self, key, n):
        """Send a report; return whether it was acknowledged."""
        lon, lat = at(0.5 + n % 3, 0.5)
        body = {"scheme": "s", "small": "0101", "lon": lon, "lat": lat, "title": key}
        headers = {
            "authorization": f"Bearer {self.token}", "content-type": "application/json",
            "idempotency-key": key,
        }  # fmt: skip
        asked = urllib.request.Request(self.address, json.dumps(body).encode(), headers)
        self.sent[key] += 1
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                if refused.code not in LATER:
                    raise
            return False
        except (OSError, ValueError):
            # Killed before it answered, or in the middle of it.
            return False
        self.told[key].add((told["id"], told["key"]))
        return True


def kill(number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def postmaster(folder):
    return int((folder / "postgres/db/postmaster.pid").read_text().split()[0])


@pytest.fixture
def loaded():
    """A city with classes, and the token of somebody who reports."""
    with state_directory() as folder:
        toml = "\n".join(f'{name.removesuffix(".csv")} = "{name}"' for name in FILES)
        made = small_city.write(folder / "files", toml + small_city.TOML)
        for name, said in FILES.items():
            (made / name).write_text(said, "utf-8")

        def do(*words):
            done = run(*words, CITYGRID_STATE=str(folder))
            assert done.exit_code == 0, done.output
            return done.stdout

        do("init", str(made))
        do("account", "add", "li", "--name", "Li", "--post", "intake", "--unit", "C")
        token = do("account", "token", "add", "li", "--name", "x", "--scope", "report").split()[0]
        yield folder, token


def test_what_was_acknowledged_over_http_is_there_once_after_kills(loaded):
    folder, token = loaded
    port = free_port()
    clients = [Client(f"client{n}", port, token) for n in range(CLIENTS)]
    for turn in range(KILLS):
        with started(folder, "serve", "--port", str(port)) as program:
            program.address()
            enough = acknowledged(clients) + 5 * CLIENTS
            for client in clients:
                if not client.is_alive():
                    client.start()
            wait_until(functools.partial(has_told, clients, enough), "nothing comes in")
            time.sleep(0.1 * turn)
            database = postmaster(folder)
            if turn % 2:
                os.killpg(program.process.pid, signal.SIGKILL)
                kill(database)
            else:
                # The server is left for a moment with a database that is no more.
                kill(database)
                time.sleep(0.3)
                os.killpg(program.process.pid, signal.SIGKILL)
            program.ended()
            wait_until(lambda: not postgres_of(folder), "the database goes on")
    with started(folder, "serve", "--port", str(port)) as program:
        program.address()
        for client in clients:
            client.stopped.set()
        for client in clients:
            client.join(PATIENCE_S)
            assert not client.is_alive()
            assert client.fault is None
    told = {key: found for client in clients for key, found in client.told.items()}
    # Each was told of one incident, however often it was sent; and some were sent again.
    assert all(len(found) == 1 for found in told.values())
    assert any(times > 1 for client in clients for times in client.sent.values())
    with Cluster(folder / "postgres").running():
        server = Server(make_url(Cluster(folder / "postgres").url("postgres")), is_private=True)
        engine = server.for_city("squares").engine(Role.OWNER)
        with engine.connect() as db:
            rows = db.execute(
                text(
                    "SELECT i.title, i.id, i.key, r.key FROM incident i "
                    "JOIN incident_receipt r ON r.incident_id = i.id"
                )
            ).all()
            written = db.scalar(text("SELECT count(*) FROM incident"))
            steps = db.scalar(text("SELECT count(*) FROM incident_step WHERE act = 'report'"))
            wrong = [str(one) for one in check_counts(db, lambda *_: None) if one.wrong]
        engine.dispose()
    # Nothing else is there: every key was sent until it was acknowledged.
    assert {title: {(number, key)} for title, number, key, _ in rows} == told
    assert all(title == sent for title, *_, sent in rows)
    assert written == steps == len(rows) == len(told)
    assert wrong == []


def has_told(clients, enough):
    return acknowledged(clients) > enough


def acknowledged(clients):
    return sum(len(client.told) for client in clients)
