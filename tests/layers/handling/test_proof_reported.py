"""Killed while reports come in: every one that was acknowledged is there, once, and counted."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from gis import migrations
from gis.cluster import Cluster
from gis.database import Role, Server, create_database
from layers.verify import check_counts
from tests.layers.handling import handling_town
from tests.proof import IS_PROOF

KILLS = 8 if IS_PROOF else 2
# Reports for ever, one after the other, each with a key, and says which are acknowledged.
REPORTS = """
import datetime as dt
import itertools
import sys
from sqlalchemy import create_engine
from gis import places
from gis.access.viewer import everything
from layers.handling.faces import Faces
from layers.handling.drafts import (Draft)
from layers.handling.reports import (report)

engine, first = create_engine(sys.argv[1]), int(sys.argv[2])
faces = Faces()
with engine.connect() as db:
    city, viewer = places.city(db), everything(db)
for n in itertools.count(first):
    with engine.begin() as db:
        one = report(
            db, viewer, city, Draft("s", "0101", 114.005, 22.505, key=str(n)),
            now=dt.datetime.now(dt.UTC), faces=faces,
        )
    print(n, one.id, flush=True)
"""


@pytest.fixture
def cluster():
    # Durable, as the product runs it: what survives is the point.
    with tempfile.TemporaryDirectory(prefix="citygrid-kill-") as folder:
        yield Cluster(Path(folder))


def server_of(cluster):
    return Server(make_url(cluster.url("postgres")), is_private=True).for_city("squares")


def test_every_acknowledged_incident_is_there_once_after_a_kill(cluster):
    acknowledged = {}
    with cluster.running():
        server = server_of(cluster)
        create_database(server)
        engine = server.engine(None)
        with engine.begin() as db:
            migrations.upgrade(db)
        engine.dispose()
        owner = server.engine(Role.OWNER)
        with owner.begin() as db:
            handling_town.fill(db)
        owner.dispose()
    for turn in range(KILLS):
        with cluster.running():
            url = server_of(cluster).url.render_as_string(hide_password=False)
            # It begins with the last one again: whether it was written is not known to it.
            first = max(0, len(acknowledged) - 1)
            program = subprocess.Popen(
                [sys.executable, "-c", REPORTS, url, str(first)], stdout=subprocess.PIPE, text=True
            )
            told = [program.stdout.readline() for _ in range(5)]
            time.sleep(0.1 * (1 + turn))
            postmaster = int((cluster.directory / "db/postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            program.kill()
            told += program.communicate()[0].splitlines()
            for line in told:
                n, number = map(int, line.split())
                assert acknowledged.setdefault(n, number) == number
    with cluster.running():
        engine = server_of(cluster).engine(Role.OWNER)
        with engine.connect() as db:
            there = dict(
                db.execute(text("SELECT key::integer, incident_id FROM incident_receipt")).all()
            )
            written = db.scalars(text("SELECT id FROM incident")).all()
            found = [str(one) for one in check_counts(db, lambda *_: None) if one.wrong]
        engine.dispose()
    assert acknowledged.items() <= there.items()
    # At most one each time was written and not acknowledged any more.
    assert len(there) <= len(acknowledged) + KILLS
    assert sorted(written) == sorted(there.values())
    assert found == []
