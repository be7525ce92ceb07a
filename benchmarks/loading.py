"""Loading rows: how fast, and in how much memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, create_engine, text

from benchmarks import contest, people, prepared
from benchmarks.contest import Clock, ContestError
from benchmarks.peers import to_postgis
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from gis import bulk

AIM = 5


def measure(size: Size) -> Iterator[Row]:
    """Load the same people into two tables alike, by binary COPY and by geopandas."""
    with tempfile.TemporaryDirectory() as folder, prepared.scratch() as target:
        columns = Path(folder, "people.npz")
        people.write(size.rows, columns)
        url = target.url.render_as_string(hide_password=False)
        engine = target.engine(None)
        for name in ("ours", "theirs"):
            people.table(name).create(engine)
        ours = contest.run(load, url, "ours", columns, size.repeats, apart=size.apart)
        theirs = contest.run(
            to_postgis.load, url, "theirs", columns, cap_s=PEER_CAP_S, apart=size.apart
        )
        if not theirs.stopped:
            _same(engine)
        engine.dispose()
    amount = f"{size.rows:,} people, 13 columns"
    note = "" if theirs.stopped else "same rows"
    seconds = Reading(theirs.laps["load"], Unit.SECONDS, is_more=bool(theirs.stopped))
    yield Row(
        "loading rows into a table",
        amount,
        Reading(ours.laps["load"], Unit.SECONDS),
        seconds,
        "to_postgis",
        aim=AIM,
        note=note,
    )
    yield Row(
        "peak memory of that process",
        amount,
        Reading(ours.peak_mb, Unit.MEGABYTES),
        None if theirs.stopped else Reading(theirs.peak_mb, Unit.MEGABYTES),
        "to_postgis",
        note="the rows themselves included",
    )


def load(clock: Clock, url: str, table: str, columns: Path, repeats: int) -> None:
    """Load the rows by our COPY; the table is emptied before each repetition."""
    file = np.load(columns)
    values = {name: file[name] for name in file.files if name not in "xy"}
    values["geom"] = np.column_stack([file["x"], file["y"]])
    into = people.table(table)
    engine = create_engine(url)
    with engine.begin() as db:
        # Compiled code is kept on disk; reading it once is not what is measured.
        bulk.copy(db, into, {name: column[:1] for name, column in values.items()})
    for _ in range(repeats):
        with engine.begin() as db:
            db.execute(text(f'TRUNCATE "{table}"'))
        with clock.lap("load"), engine.begin() as db:
            bulk.copy(db, into, values)
    engine.dispose()


def _same(engine: Engine) -> None:
    with engine.connect() as db:
        ours, theirs = (
            db.execute(
                text(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {name} t")
            ).one()
            for name in ("ours", "theirs")
        )
    if ours != theirs:
        raise ContestError(f"The loaded tables differ: {ours} and {theirs}.")
