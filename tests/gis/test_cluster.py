import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from gis.cluster import STOP_TIMEOUT_S, Cluster
from gis.errors import DatabaseError

FAST = (("fsync", "off"),)


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="citygrid-cl-") as folder:
        yield Path(folder)


def connect(folder):
    return psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True)


def test_the_server_answers_inside_the_block_and_is_gone_after(folder):
    with Cluster(folder, FAST).running(), connect(folder) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        connect(folder)


def test_the_last_user_out_stops_the_server(folder):
    first, second = Cluster(folder, FAST).running(), Cluster(folder, FAST).running()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    connect(folder).close()
    second.__exit__(None, None, None)
    with pytest.raises(psycopg.OperationalError):
        connect(folder)


def test_it_listens_on_no_network_address(folder):
    with Cluster(folder, FAST).running(), connect(folder) as db:
        assert db.execute("SHOW listen_addresses").fetchone() == ("",)


def test_nobody_but_its_owner_reaches_the_socket(folder):
    with Cluster(folder, FAST).running():
        assert folder.stat().st_mode & 0o077 == 0


USE = """
import sys, time
from pathlib import Path
from gis.cluster import STOP_TIMEOUT_S, Cluster
with Cluster(Path(sys.argv[1])).running():
    print("up", flush=True)
    time.sleep(60)
"""


def test_after_kill_9_of_program_and_server_what_was_committed_is_there(folder):
    # Durable settings here: the point is what survives.
    program = subprocess.Popen([sys.executable, "-c", USE, folder], stdout=subprocess.PIPE)
    assert program.stdout.readline() == b"up\n"
    with connect(folder) as db:
        db.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS i")
    postmaster = int((folder / "db/postmaster.pid").read_text().split()[0])
    program.kill()
    program.communicate()
    os.kill(postmaster, signal.SIGKILL)
    while Path(f"/proc/{postmaster}/exe").exists():
        time.sleep(0.01)
    with Cluster(folder).running(), connect(folder) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_after_kill_9_of_the_program_alone_the_next_start_takes_the_server_over(folder):
    program = subprocess.Popen([sys.executable, "-c", USE, folder], stdout=subprocess.PIPE)
    assert program.stdout.readline() == b"up\n"
    program.kill()
    program.communicate()
    with Cluster(folder).running():
        connect(folder).close()
    with pytest.raises(psycopg.OperationalError):
        connect(folder)


def test_who_stops_does_not_wait_for_a_server_that_was_killed(folder):
    with Cluster(folder, FAST).running():
        os.kill(int((folder / "db/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        began = time.monotonic()
    assert time.monotonic() - began < STOP_TIMEOUT_S / 2
    with Cluster(folder, FAST).running():
        connect(folder).close()


def test_a_path_too_long_for_a_socket_is_said(folder):
    with pytest.raises(DatabaseError, match="too long"), Cluster(folder / ("x" * 90)).running():
        pass
