"""Serving as a user starts it: a process of its own, stopped well and stopped badly."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.cli.context import acting
from gis.database import Server, read_url
from tests.dashboard.conftest import state_directory
from tests.dashboard.test_cli import run
from tests.gis.test_database import free_port, tcp_server
from tests.importers import small_city

PATIENCE_S = 120
CITYGRID = Path(sys.executable).with_name("citygrid")

pytestmark = pytest.mark.postgis


@pytest.fixture(scope="module")
def state():
    """A state directory with a small city; its server is not running."""
    with state_directory() as folder:
        small_city.write(folder / "squares")
        done = run("init", str(folder / "squares"), CITYGRID_STATE=str(folder))
        assert done.exit_code == 0, done.output
        assert not postgres_of(folder)
        yield folder


class Program:
    """`citygrid` in a process of its own, its output going to a file."""

    def __init__(self, folder, *words, **environ):
        self.began = time.monotonic()
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the program
        self.process = subprocess.Popen(
            [CITYGRID, *words],
            env={**os.environ, "CITYGRID_STATE": str(folder), **environ},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches the whole group of a terminal, and so do we.
            start_new_session=True,
        )

    @property
    def said(self):
        self.log.seek(0)
        return self.log.read()

    def address(self):
        """Wait until the address is printed."""
        while not (found := re.search(r"CityGrid is at (https?://\S+)/\n", self.said)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() - self.began < PATIENCE_S, self.said
            time.sleep(0.05)
        return found[1]

    def ended(self):
        """Wait until the process has ended; return its exit code."""
        return self.process.wait(PATIENCE_S)

    def workers(self):
        """Return the processes that answer, children of this one."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split() if "postgres" not in command_of(int(pid))]


@contextlib.contextmanager
def started(folder, *words, **environ):
    program = Program(folder, *words, **environ)
    try:
        yield program
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.process.pid, signal.SIGINT)
        try:
            program.process.wait(30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.process.pid, signal.SIGKILL)
            program.log.close()


def command_of(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def postgres_of(folder):
    """Return the processes of the server whose data are in ``folder``."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink() == folder / "postgres" / "db":
                found.append(int(link.parent.name))
    return found


def fetch(url):
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        return answer.status, answer.read().decode()


def wait_until(is_so, what):
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def assert_answers(program, port):
    assert program.address() == f"http://127.0.0.1:{port}"
    assert fetch(f"{program.address()}/health") == (200, '{"status":"ok"}')
    status, page = fetch(f"{program.address()}/sign-in")
    assert status == 200
    assert "<html" in page


def loads_of(folder):
    """Return when the city was loaded and how many rows it has."""
    done = run("status", CITYGRID_STATE=str(folder))
    assert done.exit_code == 0, done.output
    return re.sub(r"Schema .*", "", done.output)


def test_up_serves_and_ctrl_c_stops_everything(state):
    port = free_port()
    with started(state, "up", "--city", "squares", "--port", str(port)) as up:
        assert_answers(up, port)
        assert postgres_of(state)
        os.killpg(up.process.pid, signal.SIGINT)
        assert up.ended() == 0, up.said
        assert up.said.endswith("CityGrid has stopped.\n")
        assert "Traceback" not in up.said
        assert not postgres_of(state)
        assert is_free(port)


def test_a_service_manager_stops_it_as_well(state):
    port = free_port()
    with started(state, "serve", "--port", str(port)) as serving:
        assert_answers(serving, port)
        serving.process.send_signal(signal.SIGTERM)
        assert serving.ended() == 0, serving.said
        assert not postgres_of(state)


def test_after_kill_9_it_starts_again_and_nothing_is_lost(state):
    before = loads_of(state)
    port = free_port()
    words = ("up", "--city", "squares", "--port", str(port))
    with started(state, *words) as up:
        assert_answers(up, port)
        workers = up.workers()
        assert workers
        up.process.kill()
        up.ended()
        wait_until(lambda: not any(map(command_of, workers)), "the worker outlived its parent")
        wait_until(lambda: is_free(port), "the port stayed taken")
        assert postgres_of(state), "the database is killed in the next test"
    with started(state, *words) as up:
        assert_answers(up, port)
        os.killpg(up.process.pid, signal.SIGINT)
        assert up.ended() == 0, up.said
    assert not postgres_of(state), "the one who found it running did not stop it"
    assert loads_of(state) == before


def test_after_the_machine_went_down_it_starts_again(state):
    before = loads_of(state)
    port = free_port()
    words = ("up", "--city", "squares", "--port", str(port))
    with started(state, *words) as up:
        assert_answers(up, port)
        for pid in (up.process.pid, *up.workers(), *postgres_of(state)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        up.ended()
    with started(state, *words) as up:
        assert_answers(up, port)
    assert loads_of(state) == before


def test_stopping_it_while_it_loads_leaves_no_server():
    with state_directory() as folder, started(folder, "up", "--size", "district") as up:
        wait_until(lambda: "drawing" in up.said or postgres_of(folder), "it never began")
        up.process.send_signal(signal.SIGTERM)
        assert up.ended() != 0
        assert "CityGrid is at" not in up.said
        assert "Traceback" not in up.said
        assert not postgres_of(folder)


def test_a_port_that_is_taken_is_one_sentence(state):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("up", "--port", str(port), CITYGRID_STATE=str(state))
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 is taken by another program" in done.output
    assert "choose another with --port" in done.output


def without_size(status):
    """What a status says but for how large the database is: a catalogue has gaps."""
    return re.sub(r"\d+ [kMG]B", "", status)


def test_a_server_over_tcp_takes_its_place(tmp_path):
    with (
        tempfile.TemporaryDirectory(prefix="citygrid-tcp-") as folder,
        tcp_server(folder) as (_, server_port),
    ):
        url = f"postgresql://postgres@127.0.0.1:{server_port}/town"
        admin = Server(read_url(url.replace("/town", "/postgres")), is_private=False)
        with acting(admin, None) as engine, engine.connect() as db:
            db.execution_options(isolation_level="AUTOCOMMIT")
            db.execute(text("CREATE DATABASE town"))
        environ = {"CITYGRID_STATE": str(tmp_path / "state"), "CITYGRID_DATABASE_URL": url}
        city = small_city.write(tmp_path / "squares")

        def command(*words):
            done = run(*words, **environ)
            assert done.exit_code == 0, done.output
            return done.output

        assert "No city is loaded yet" in run("check", **environ).output
        command("init", str(city))
        assert command("check").endswith(" 0 differ.\n")
        dump = tmp_path / "town.dump"
        command("db", "dump", str(dump))
        refused = run("db", "restore", str(dump), **environ)
        assert "'squares' is there already; add --replace" in refused.output
        before = without_size(command("status"))
        command("db", "restore", "--replace", str(dump))
        assert without_size(command("status")) == before
        assert (
            "'taipei' is not loaded; loaded: squares"
            in run("serve", "--city", "taipei", **environ).output
        )
        broken = tmp_path / "broken.dump"
        broken.write_bytes(dump.read_bytes()[:-2000])
        assert run("db", "restore", "--replace", str(broken), **environ).exit_code == 1
        assert without_size(command("status")) == before
        port = free_port()
        with started(tmp_path / "state", "up", "--port", str(port), **environ) as up:
            assert_answers(up, port)
            os.killpg(up.process.pid, signal.SIGINT)
            assert up.ended() == 0, up.said
        assert not (tmp_path / "state" / "postgres").exists()
