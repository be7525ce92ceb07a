"""Incidents come in while boundaries change: nothing is lost, all lie and count where they are."""

import datetime as dt
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from gis import tables
from gis.division.joining import HandOver
from gis.division.moves import MoveVertices
from gis.division.reshape import redraw
from gis.division.rings import shape
from gis.division.stored import open_division
from gis.errors import BoundaryError
from gis.locate import change_faces
from importers.load import Options, import_file
from layers.taking_effect import take_effect
from tests import builders
from tests.layers.whole_city import refuse_differences
from tests.proof import IS_PROOF

WRITERS = 4
ROUNDS = 30 if IS_PROOF else 3
# Few are placed by SQL, many by an index of all faces; both must mind the lock.
SIZES = (15, 260)
QUARTERS = (2, 7, 12, 17)
LONGEST_WAIT_S = 120


@pytest.fixture
def city(engine):
    with engine.begin() as db:
        builders.load(db)
        db.execute(
            insert(tables.incident_class),
            [
                {"scheme": "gb", "code": "01", "parent_code": None, "names": {"zh": "市容"}},
                {"scheme": "gb", "code": "0101", "parent_code": "01", "names": {"zh": "垃圾"}},
            ],
        )
    return engine


def places(rng, count):
    """Places all over the city, many of them on its lines and corners."""
    xy = rng.uniform(0, 4, (count, 2))
    on_line = rng.random((count, 2)) < 0.3
    xy[on_line] = np.round(xy[on_line])
    return [builders.at(x, y) for x, y in xy.tolist()]


def report(engine, folder, writer, start):
    """Import file after file, as a hotline's hourly export comes in; return how many came in."""
    rng = np.random.default_rng(writer)
    came = 0
    start.wait()
    for turn, size in zip(range(ROUNDS), itertools.cycle(SIZES), strict=False):
        path = folder / f"{writer}-{turn}.csv"
        lines = [
            f"I{writer}-{turn}-{k},0101,2025/5/7 10:00,{('结案', '处理中')[k % 2]},{lon},{lat}"
            for k, (lon, lat) in enumerate(places(rng, size))
        ]
        header = "事件编号,小类,上报时间,状态,经度,纬度"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        found = import_file(engine, "incidents", path, Options())
        assert found.inserted == size
        assert found.outside == 0
        came += size
    return came


def some_change(division, rng):
    """A vertex moved, an edge bent or a square handed over, wherever chance wants it."""
    faces = sorted(n for n, u in division.units.items() if u.rings is not None)
    number = int(rng.choice(faces))
    ring = division.face(number)[0]
    k = int(rng.integers(len(ring)))
    dx, dy = (round(d) for d in rng.normal(0, 8_000, 2))
    kind = rng.integers(3)
    if kind == 0:
        x, y = ring[k]
        return division.do(MoveVertices({ring[k]: (x + dx, y + dy)}))
    if kind == 1:
        a, b = ring[k], ring[(k + 1) % len(ring)]
        return division.do(*redraw([a, ((a[0] + b[0]) // 2 + dx, (a[1] + b[1]) // 2 + dy), b]))
    # A quarter that all of this one's neighbours went to is far from here.
    near = [n for n in QUARTERS if n in division.units]
    return division.do(HandOver([number], int(rng.choice(near))))


def redraw_quarters(engine, writer, start):
    """Draw change after change and let them take effect; return how many did, and refusals.

    What somebody else changed meanwhile is never overwritten: then the change is drawn again.
    """
    rng = np.random.default_rng(100 + writer)
    done, refused = 0, []
    start.wait()
    while done < ROUNDS:
        with engine.connect() as db:
            division = open_division(db, [int(rng.choice(QUARTERS))])
        try:
            delta = some_change(division, rng)
        except BoundaryError:
            continue
        if not delta:
            continue
        try:
            with engine.begin() as db:
                change_faces(db)
                take_effect(db, delta, at=dt.datetime.now(dt.UTC))
        except BoundaryError as refusal:
            refused.append(str(refusal))
        else:
            done += 1
    return done, refused


@pytest.mark.timeout(1800)
def test_nothing_is_lost_when_incidents_come_in_while_boundaries_change(city, tmp_path):
    start = threading.Barrier(2 * WRITERS)
    with ThreadPoolExecutor(2 * WRITERS) as threads:
        intake = [threads.submit(report, city, tmp_path, n, start) for n in range(WRITERS)]
        changes = [threads.submit(redraw_quarters, city, n, start) for n in range(WRITERS)]
        came = sum(job.result(LONGEST_WAIT_S * ROUNDS) for job in intake)
        done = [job.result(LONGEST_WAIT_S * ROUNDS) for job in changes]
    assert sum(number for number, _ in done) == WRITERS * ROUNDS
    words = [refusal for _, refusals in done for refusal in refusals]
    # A quarter whose last square another hands over meanwhile would have nothing in it.
    assert all("Changed by others" in said or "nothing in it" in said for said in words), words
    with city.connect() as db:
        i = tables.incident.c
        assert db.scalar(text("SELECT count(*) FROM citygrid.incident")) == came
        assert db.scalar(select(text("count(*)")).where(i.unit_id.is_(None))) == 0
        # In the face that has it, by another program than the one that placed it.
        astray = db.scalar(
            text(
                "SELECT count(*) FROM citygrid.incident r JOIN citygrid.unit_version v"
                " ON v.unit_id = r.unit_id AND upper_inf(v.valid)"
                " WHERE NOT ST_DWithin(v.geom, r.geom, 1e-9)"
            )
        )
        assert astray == 0
        refuse_differences(db)
        whole = open_division(db, [1])
        assert sum(shape(u.rings).area for u in whole.units.values() if u.rings) == 16e10
