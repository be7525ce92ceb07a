"""Killed in the middle of a change that takes effect: the last good state is there."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import make_url, text

from gis import migrations
from gis.cluster import Cluster
from gis.database import Role, Server, create_database
from layers import counts
from layers.catalog import PEOPLE
from tests import builders
from tests.layers.whole_city import drawn, refuse_differences, view
from tests.proof import IS_PROOF

KILLS = 20 if IS_PROOF else 3
# Moves the corner of four squares to and fro for ever, saying when a change is written and not
# yet committed, and when it is.
CHANGES = """
import datetime as dt
import sys
import time
from sqlalchemy import create_engine
from gis.division.moves import MoveVertices
from gis.division.stored import open_division
from layers.taking_effect import take_effect

engine, pause = create_engine(sys.argv[1]), float(sys.argv[2])
here, there = (1140100000, 225100000), (1140130000, 225120000)
while True:
    with engine.begin() as db:
        division = open_division(db, [1])
        at = here if division.faces_at(here) else there
        delta = division.do(MoveVertices({at: there if at == here else here}))
        take_effect(db, delta, at=dt.datetime.now(dt.UTC))
        print("written", flush=True)
        time.sleep(pause)
    print("committed", flush=True)
"""


@pytest.fixture
def cluster():
    # Durable, as the product runs it: what survives is the point.
    with tempfile.TemporaryDirectory(prefix="citygrid-kill-") as folder:
        yield Cluster(Path(folder))


def server_of(cluster):
    return Server(make_url(cluster.url("postgres")), is_private=True).for_city("squares")


def load(cluster):
    server = server_of(cluster)
    create_database(server)
    engine = server.engine(None)
    with engine.begin() as db:
        migrations.upgrade(db)
        units = builders.load(db)
        rng = np.random.default_rng(1)
        spots = [tuple(spot) for spot in rng.uniform(0, 4, (60, 2)).tolist()]
        builders.add(db, PEOPLE, units, builders.rows("people", *spots))
        db.execute(
            text(
                "INSERT INTO citygrid.layer_state (layer, rows, as_of)"
                " VALUES ('people', 60, '2026-05-15')"
            )
        )
        counts.rebuild(db, PEOPLE)
    engine.dispose()


def seen(cluster):
    """All that a change may touch, and a full check of it."""
    engine = server_of(cluster).engine(Role.OWNER)
    with engine.connect() as db:
        refuse_differences(db)
        found = view(db), drawn(db)
    engine.dispose()
    return found


def begun(cluster, pause):
    url = server_of(cluster).url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-c", CHANGES, url, str(pause)], stdout=subprocess.PIPE, text=True
    )


def test_a_kill_of_program_and_server_leaves_nothing_of_a_change_that_was_not_committed(cluster):
    with cluster.running():
        load(cluster)
        before = seen(cluster)
        program = begun(cluster, 60)
        assert program.stdout.readline() == "written\n"
        postmaster = int((cluster.directory / "db/postmaster.pid").read_text().split()[0])
        program.kill()
        os.kill(postmaster, signal.SIGKILL)
        program.communicate()
    with cluster.running():
        assert seen(cluster) == before


def test_a_kill_of_the_program_at_any_moment_leaves_the_last_good_state(cluster):
    rng = np.random.default_rng(2)
    with cluster.running():
        load(cluster)
        good = [seen(cluster)]
        for _ in range(KILLS):
            program = begun(cluster, 0)
            # At least once there and back, so that both states are known to be good.
            for _ in range(4 if len(good) < 2 else 1):
                assert program.stdout.readline() in ("written\n", "committed\n")
            time.sleep(rng.uniform(0, 0.3))
            program.kill()
            program.communicate()
            state = seen(cluster)
            if state not in good:
                good.append(state)
        # The corner is here or there, and nothing else is ever the case.
        assert len(good) <= 3
