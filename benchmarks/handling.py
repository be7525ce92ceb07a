"""Incidents coming in: reports with all that hangs on them, and what may be known already."""

from __future__ import annotations

import contextlib
import datetime as dt
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from sqlalchemy import Connection, NullPool, create_engine, func, select, text

from benchmarks import prepared
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from gis import places
from gis.access.viewer import Viewer, act_as, everything
from gis.city import City
from gis.database import Role, Server
from gis.errors import NotFoundError
from gis.tables import incident, unit_version
from layers.handling import duplicates, known, lists, measures, settings
from layers.handling.asked import Asked as Measured
from layers.handling.asked import By
from layers.handling.boundaries import On
from layers.handling.case import Case
from layers.handling.chosen import Chosen
from layers.handling.drafts import Draft
from layers.handling.duplicates import Said
from layers.handling.faces import Faces
from layers.handling.formulas import Count
from layers.handling.lists import Asked, Listing
from layers.handling.reports import report_all
from layers.handling.stages import Stage
from layers.series import Span
from layers.verify import check_counts

AIM_A_SECOND = 200.0
DUPLICATES_S, PLACING_S, FIRST_PAGE_S = 0.1, 0.001, 0.2
# As a hotline or a gateway of devices hands them in.
TOGETHER = 20
THREADS = 2
# Two years of rows over the whole ground, like those that are there; one in two hundred is open.
_MORE = text(
    "INSERT INTO citygrid.incident (id, key, scheme, big, small, severity, stage, source, "
    "reported_at, registered_at, due_at, handled_at, closed_at, title, unit_id, unit_then_id, "
    "body_id, geom) "
    "SELECT :first + n, 'more-' || n, i.scheme, i.big, i.small, i.severity, "
    "CASE WHEN n % 200 = 0 THEN 'handle' ELSE 'closed' END, i.source, t.at, t.at + '1 hour', "
    "t.at + '3 days', CASE WHEN n % 200 > 0 THEN t.at + random() * interval '4 days' END, "
    "CASE WHEN n % 200 > 0 THEN t.at + '5 days' END, i.title, i.unit_id, i.unit_id, i.body_id, "
    "ST_Translate(i.geom, (random() - 0.5) / 500, (random() - 0.5) / 500) "
    "FROM generate_series(1, :count) n JOIN citygrid.incident i ON i.id = 1 + n % :have, "
    "LATERAL (SELECT now() - (random() + 0 * n) * interval '730 days' AS at) t"
)


def measure(size: Size) -> Iterator[Row]:
    """Report for some seconds, alone and together; then ask for duplicates among many rows."""
    with prepared.demo(size.city) as demo, copied(demo.server) as target:
        engine = target.engine(Role.OWNER)
        with engine.connect() as db:
            city, viewer, drafts = given(db)
        done, took = _report(target, city, viewer, drafts, size.seconds, TOGETHER)
        yield rate(
            f"incidents reported, {TOGETHER} at a time", f"{size.city}, {THREADS} at once",
            done / took, "with placing, duty, duplicates and counts",
        )  # fmt: skip
        with engine.connect() as db:
            wrong = sum(one.wrong for one in check_counts(db, lambda *_: None))
        if wrong:
            raise AssertionError(f"{wrong} stored numbers are wrong after reports.")
        yield _placing(target, drafts, size)
        yield _known(target, city, viewer, drafts, size)
        with engine.connect() as db:
            yield _lists(db, viewer)
            yield from _measures(db, city, viewer)
        engine.dispose()


def rate(what: str, amount: str, a_second: float, note: str) -> Row:
    """Return a row of incidents a second, beside what is promised."""
    missed = "" if a_second >= AIM_A_SECOND else ", MISSED"
    return Row(
        what, amount, Reading(a_second, Unit.PER_SECOND),
        note=f"{note}; aim {AIM_A_SECOND:g}/s{missed}",
    )  # fmt: skip


def given(db: Connection) -> tuple[City, Viewer, list[Draft]]:
    """Return the city, who reports, and reports like those of the last two years."""
    city = places.city(db)
    if city is None:
        raise NotFoundError("The demo is not loaded.")
    c = incident.c
    rows = db.execute(
        select(c.scheme, c.small, c.title, func.ST_X(c.geom), func.ST_Y(c.geom))
        .where(c.unit_id.is_not(None))
        .order_by(func.md5(c.key))
        .limit(20_000)
    ).all()
    drafts = [Draft(scheme, small, x, y, title=title or "") for scheme, small, title, x, y in rows]
    return city, everything(db), drafts


def _report(  # noqa: PLR0913 - what is reported, and how
    target: Server,
    city: City,
    viewer: Viewer,
    drafts: Sequence[Draft],
    seconds: float,
    together: int,
) -> tuple[int, float]:
    """Return how many incidents some threads report, and in how many seconds."""
    faces = Faces()
    engine = target.engine(Role.ENGINE, pool_size=THREADS)
    done = [0] * THREADS
    begin, end = threading.Barrier(THREADS + 1), [0.0]

    def go(thread: int) -> None:
        mine = iter(np.random.default_rng(thread).permutation(len(drafts)).tolist() * 50)
        _some(engine.connect(), city, viewer, [drafts[next(mine)]], faces)
        begin.wait()
        while time.perf_counter() < end[0]:
            some = [drafts[next(mine)] for _ in range(together)]
            _some(engine.connect(), city, viewer, some, faces)
            done[thread] += together

    threads = [threading.Thread(target=go, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    end[0] = time.perf_counter() + 3600
    begin.wait()
    start = time.perf_counter()
    end[0] = start + seconds
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    engine.dispose()
    return sum(done), took


def _some(
    connection: Connection,
    city: City,
    viewer: Viewer,
    drafts: Sequence[Draft],
    faces: Faces,
) -> None:
    now = dt.datetime.now(dt.UTC)
    with connection as db, db.begin():
        found = report_all(db, viewer, city, drafts, now=now, faces=faces)
        known.compared(db, viewer, city, drafts, found, now=now)


def _placing(target: Server, drafts: Sequence[Draft], size: Size) -> Row:
    faces, took = Faces(), []
    engine = target.engine(Role.ENGINE)
    with engine.connect() as db:
        faces.lying(db, [(one.lon, one.lat) for one in drafts[:1_000]])
        for one in drafts[:300]:
            start = time.perf_counter()
            faces.lying(db, [(one.lon, one.lat)])
            took.append(time.perf_counter() - start)
    engine.dispose()
    return Row(
        "one incident placed in all zonings", size.city,
        Reading(statistics.median(took), Unit.SECONDS), limit=Reading(PLACING_S, Unit.SECONDS),
        note=f"median of {len(took)}, with the lock on the faces",
    )  # fmt: skip


def _known(target: Server, city: City, viewer: Viewer, drafts: Sequence[Draft], size: Size) -> Row:
    """Ask for duplicates among twice the rows of a load."""
    engine = target.engine(Role.OWNER)
    with engine.begin() as db:
        have = db.scalar(text("SELECT count(*) FROM citygrid.incident WHERE id <= 1000")) or 1
        first = db.scalar(select(func.max(incident.c.id))) or 0
        count = 2 * size.rows
        db.execute(_MORE, {"first": first, "count": count, "have": have})
        db.execute(text("ANALYZE citygrid.incident"))
        total = db.scalar(select(func.count()).select_from(incident))
    said, took = settings.read(city.handling), []
    with engine.connect() as db:
        for one in drafts[:300]:
            start = time.perf_counter()
            asked = Said(one.lon, one.lat, one.scheme, one.small, text=one.title)
            duplicates.possible(db, viewer, asked, settings=said, now=dt.datetime.now(dt.UTC))
            took.append(time.perf_counter() - start)
    engine.dispose()
    return Row(
        "what may be known already", f"{total:,} incidents",
        Reading(float(np.percentile(took, 99)), Unit.SECONDS),
        limit=Reading(DUPLICATES_S, Unit.SECONDS),
        note=f"99th percentile of {len(took)}; median {statistics.median(took) * 1e3:.1f} ms",
    )  # fmt: skip


def _lists(db: Connection, viewer: Viewer) -> Row:
    """Ask for the first page of every list, board column and count, by every filter there is."""
    act_as(db, viewer)
    c, total = incident.c, db.scalar(select(func.count()).select_from(incident))
    most = db.execute(
        select(c.scheme, c.big, c.small)
        .group_by(c.scheme, c.big, c.small)
        .order_by(func.count().desc())
        .limit(1)
    ).one()
    root = places.root(db)
    if root is None:
        raise NotFoundError("The demo is not loaded.")
    now = dt.datetime.now(dt.UTC)
    asked = [
        Asked(unit, listing, period, part, stage=stage, on=On.THEN)
        for unit in (root.id, _below(db, root.id))
        for part in ("", f"big:{most.scheme}/{most.big}", f"small:{most.scheme}/{most.small}")
        for period in (None, (now - dt.timedelta(days=30), now))
        for listing, stage in (
            *((each, None) for each in Listing),
            *((Listing.OPEN, each) for each in Stage if each is not Stage.CLOSED),
        )
    ]
    took = {one: _shortest(partial(lists.listed, db, viewer, one, now=now)) for one in asked}
    counted = max(
        _shortest(partial(lists.lengths, db, viewer, one, now=now))
        for one in asked
        if one.listing is Listing.OPEN and one.stage is None
    )
    slowest = max(took, key=lambda each: took[each])
    said = [slowest.listing.value, slowest.part, slowest.stage and slowest.stage.value]
    return Row(
        "the first page of a list of incidents, the slowest", f"{total:,} incidents",
        Reading(max(took[slowest], counted), Unit.SECONDS),
        limit=Reading(FIRST_PAGE_S, Unit.SECONDS),
        note=f"of {len(took)} filters (unit, class, month, list or stage); it is "
        f"{' of '.join(filter(None, said))}; all lengths at once {counted * 1e3:.0f} ms at most",
    )  # fmt: skip


def _shortest(work: Callable[[], object]) -> float:
    """Return the shorter of two times."""
    laps = []
    for _ in range(2):
        start = time.perf_counter()
        work()
        laps.append(time.perf_counter() - start)
    return min(laps)


def _below(db: Connection, unit_id: int) -> int:
    """Return the first unit right below one, today."""
    c = unit_version.c
    below = select(func.min(c.unit_id)).where(c.parent_id == unit_id, func.upper_inf(c.valid))
    return int(db.scalars(below).one())


def _measures(db: Connection, city: City, viewer: Viewer) -> Iterator[Row]:
    """Time all measures together and by unit, on either boundaries; and a number's cases."""
    now = dt.datetime.now(dt.UTC)
    root, last = places.root(db), now.astimezone(city.tz).date()
    if root is None:
        raise NotFoundError("The demo is not loaded.")
    span = Span(last - dt.timedelta(days=29), last)
    asked = Measured(Chosen(root.id), span, now)
    found = measures.measured(db, city, asked)
    of = f"{found.total.figures['in_time_rate'].denominator:,} incidents due in it"
    then = replace(asked, chosen=Chosen(root.id, on=On.THEN), by=By.UNIT)
    for what, question in (
        ("all measures of a month, beside the month before", asked),
        ("the same by unit", replace(asked, by=By.UNIT)),
        ("the same on the boundaries there were when each was closed", then),
    ):
        yield Row(what, of, _quickest(partial(measures.measured, db, city, question)))

    def listed() -> list[Case]:
        among = measures.counts(db, city, asked, Count.DUE)
        return lists.listed(db, viewer, Asked(root.id, Listing.ALL, among=among), now=now)

    yield Row("first page of the cases of one of its numbers", of, _quickest(listed))


def _quickest(does: Callable[[], object]) -> Reading:
    laps = []
    for _ in range(3):
        start = time.perf_counter()
        does()
        laps.append(time.perf_counter() - start)
    return Reading(min(laps), Unit.SECONDS)


@contextlib.contextmanager
def copied(source: Server) -> Iterator[Server]:
    """Reach a copy of a city, so that others find it as it was."""
    target = Server(source.url.set(database="citygrid_reported"), is_private=True)
    admin = create_engine(
        source.url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as db:
        db.execute(text('DROP DATABASE IF EXISTS "citygrid_reported" WITH (FORCE)'))
        db.execute(text(f'CREATE DATABASE "citygrid_reported" TEMPLATE "{source.url.database}"'))
    try:
        yield target
    finally:
        with admin.connect() as db:
            db.execute(text('DROP DATABASE "citygrid_reported" WITH (FORCE)'))
        admin.dispose()
