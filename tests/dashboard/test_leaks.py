"""Twenty viewers take turns on four connections, and none ever sees a row of another."""

import asyncio
import random
from collections import Counter

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from dashboard.app import create_app
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.viewer import NOBODY, Viewer
from gis.access.views import person_masked, seen_incident
from gis.database import Role
from gis.errors import DatabaseError
from gis.tables import PERSON_MEASURES, household, incident, people, unit_count
from layers import counts, tiles
from layers.catalog import LAYERS
from tests import builders, loops
from tests.conftest import clone, drop
from tests.dashboard import signing

CONNECTIONS, THREADS = 4, 12
SHORT, WHOLE = 1_000, 10_000


@pytest.fixture(scope="module")
def squares(server):
    """Three people, a household and two incidents about persons in each of sixteen squares."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        units = builders.load(db)
        spots = [(0.2 + i % 4 + d, 0.3 + i // 4 + d) for i in range(16) for d in (0, 0.2, 0.4)]
        builders.add(db, LAYERS["people"], units, builders.rows("people", *spots))
        builders.add(db, LAYERS["households"], units, builders.rows("households", *spots[::3]))
        cases = builders.rows("incidents", *spots, is_personal=True)
        builders.add(db, LAYERS["incidents"], units, cases)
        counts.rebuild(db, LAYERS["people"], LAYERS["households"])
    owner.dispose()
    engine = copy.engine(Role.APP, pool_size=CONNECTIONS)
    yield engine
    engine.dispose()
    drop(copy)


def viewers():
    """Sixteen who hold a square each, two a quarter, one both of these, and nobody."""
    squares = [number for number in range(3, 22) if number not in (7, 12, 17)]
    held = [((number, number),) for number in squares]
    held += [((2, 6),), ((17, 21),), ((2, 6), (17, 21))]
    found = [
        Viewer(number, f"viewer{number}", units=units, cases=units)
        for number, units in enumerate(held, 1)
    ]
    return [*found, NOBODY]


def is_mine(viewer, unit_id):
    return any(low <= unit_id <= high for low, high in viewer.units)


TILE = tiles.Address("incidents", 14, 13380, 7140)


def units_of(db, kind):
    """The units of the rows one kind of request brings; every request asks for all there is."""
    if kind == "tile":
        tiles.tile(db, TILE)
    if kind == "broken":
        with pytest.raises(Exception, match="division by zero"):
            db.execute(text("SELECT 1 / (count(*) - count(*)) FROM citygrid.people"))
        return []
    query = {
        "people": select(people.c.unit_id),
        "household": select(household.c.unit_id),
        "masked": select(person_masked.c.unit_id),
        "incident": select(incident.c.unit_id),
        "tile": select(seen_incident.c.unit_id),
        "counts": select(unit_count.c.unit_id).where(unit_count.c.measure_id >= PERSON_MEASURES),
    }[kind]
    return db.scalars(query).all()


EXPECTED = {"people": 3, "household": 1, "masked": 3, "incident": 3, "tile": 3}


def take_turns(engine, requests, seed):
    """Ask in random order from many threads; return what each request saw that it should not."""
    draw = random.Random(seed)
    kinds = [*EXPECTED, "counts", "broken"]
    asked = [(viewer, draw.choice(kinds)) for viewer in viewers() for _ in range(requests // 20)]
    draw.shuffle(asked)
    workers = Workers(engine, THREADS)

    async def request(viewer, kind):
        VIEWER.set(viewer)
        # Others come in between being known and being answered.
        await asyncio.sleep(0)
        return viewer, kind, await workers.ask(lambda db: units_of(db, kind))

    async def all_of_them():
        return await asyncio.gather(*(asyncio.create_task(request(*one)) for one in asked))

    return loops.run(all_of_them())


def check(engine, requests, seed):
    answers = take_turns(engine, requests, seed)
    assert len(answers) == requests
    foreign = Counter()
    seen = Counter()
    for viewer, kind, units in answers:
        foreign[kind] += sum(1 for unit in units if not is_mine(viewer, unit))
        seen[kind] += len(units)
        if kind in EXPECTED:
            squares = sum(1 for u in range(3, 22) if u not in (7, 12, 17) and is_mine(viewer, u))
            assert len(units) == EXPECTED[kind] * squares, (viewer.login, kind)
    assert sum(foreign.values()) == 0, foreign
    # Everything was there to be seen.
    assert all(seen[kind] for kind in (*EXPECTED, "counts"))


def test_no_viewer_ever_sees_a_row_of_another(squares):
    check(squares, SHORT, seed=1)


@pytest.mark.proof
def test_no_viewer_ever_sees_a_row_of_another_in_ten_thousand_requests(squares):
    check(squares, WHOLE, seed=2)


def test_a_page_does_not_start_on_a_database_that_decides_otherwise(server):
    copy = clone(server, "citygrid_template")
    admin = copy.engine(None)
    with admin.begin() as db:
        db.execute(text("COMMENT ON SCHEMA citygrid IS 'another'"))
    admin.dispose()
    engine = copy.engine(Role.APP, pool_size=1)
    door = signing.door_of(engine)
    with (
        pytest.raises(DatabaseError, match="citygrid db upgrade"),
        TestClient(create_app(engine, door).server),
    ):
        pass
    door.close()
    engine.dispose()
    drop(copy)
