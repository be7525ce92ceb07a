"""Nothing a release withholds is known to within its threshold from all that is published."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update

from gis import tables
from gis.access import tables as access
from layers import catalog, counts, release_rules, releases
from layers.release_places import lay_anew
from layers.release_rules import LAYERS
from tests import builders
from tests.layers.attack import Attack, published
from tests.proof import TIMES

PEOPLE = catalog.get("people")
# All tables, one level nearer to the finest than usual: the tests' city has three levels.
RULES = release_rules.read(
    {
        "tables": [
            vars(table) | {"above_finest": min(table.above_finest, 1)}
            for table in release_rules.read({}).tables
        ]
    }
)

MANY = settings(
    max_examples=8 * TIMES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
groups = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.tuples(st.integers(0, 3), st.integers(0, 3)),
            "count": st.one_of(st.integers(1, 6), st.integers(1, 40)),
            "age_band": st.one_of(st.none(), st.integers(0, 20)),
            "sex": st.sampled_from(["male", "female", "male", "female", "unknown"]),
            "residence": st.sampled_from(["registered", "migrant"]),
            "care": st.sampled_from([0, 0, 0, 4, 8, 12]),
        }
    ),
    min_size=1,
    max_size=40,
)


def settle(db, items: list[dict]) -> None:
    """Put people into the middle of squares, in place of whoever was there."""
    db.execute(delete(tables.feature_unit))
    db.execute(delete(tables.people))
    units = builders.unit_frame()
    placed = [(0.5 + x, 0.5 + y) for x, y in (item["at"] for item in items)]
    where = builders.place(units, np.array([builders.at(*xy) for xy in placed]))
    rows = [
        {
            **item,
            "id": number,
            "key": str(number),
            "unit_id": int(unit_id),
            "care": item["care"] | (2 if (item["age_band"] or 0) >= 16 else 0),
            "geom": "SRID=4326;POINT({} {})".format(*builders.at(*xy)),
        }
        for number, (item, xy, unit_id) in enumerate(zip(items, placed, where, strict=True), 1)
    ]
    db.execute(insert(tables.people), [{k: v for k, v in r.items() if k != "at"} for r in rows])
    recount(db)


def recount(db) -> None:
    for table in counts.TABLES:
        db.execute(delete(table))
    counts.rebuild(db, *LAYERS)


@pytest.fixture
def city(db):
    builders.load(db)
    return db


@MANY
@given(items=groups)
def test_no_number_withheld_is_known_within_its_threshold(city, items):
    with city.begin_nested() as undone:
        settle(city, items)
        releases.make(city, RULES)
        assert Attack([published(city)]).exposed() == []
        undone.rollback()


@MANY
@given(items=groups, moves=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 40)), max_size=5))
def test_releases_side_by_side_tell_no_more(city, items, moves):
    """Also to somebody who knows of each number whether it changed."""
    with city.begin_nested() as undone:
        settle(city, items)
        releases.make(city, RULES)
        seen = [published(city)]
        for place, count in moves:
            if place < len(items):
                items[place] = items[place] | {"count": max(1, count)}
            settle(city, items)
            try:
                releases.make(city, RULES)
            except releases.ReleaseError:
                # Rather none than one that tells.
                continue
            seen.append(published(city))
            assert Attack(seen[-RULES.side_by_side - 1 :]).exposed() == []
        undone.rollback()


@MANY
@given(items=groups, seed=st.integers(0, 2**32 - 1))
def test_cells_and_further_zonings_tell_nothing_of_what_is_withheld(city, items, seed):
    """However the persons of withheld units are spread, every rounded total is the same."""
    with city.begin_nested() as undone:
        settle(city, items)
        releases.make(city, RULES)
        before = rounded_totals(city)
        c = tables.people.c
        silent = city.scalars(
            text(
                "SELECT unit_id FROM citygrid.release_count JOIN citygrid.measure m ON "
                "m.id = measure_id WHERE m.name = 'people' AND n IS NULL"
            )
        ).all()
        random = np.random.default_rng(seed)
        for row in city.execute(select(c.id, c.unit_id).where(c.unit_id.in_(silent))).all():
            x, y = random.uniform(0, 4, 2)
            point = "SRID=4326;POINT({} {})".format(*builders.at(x, y))
            city.execute(update(tables.people).where(c.id == row.id).values(geom=point))
        city.execute(delete(access.release))
        recount(city)
        releases.make(city, RULES)
        assert rounded_totals(city) == before
        # Nor does it matter how many each of them has.
        snapshot = releases.earlier(city, 1)[0]
        column = snapshot.names.index("people")
        expected = lay_anew(snapshot, column)
        snapshot.n[snapshot.withheld[:, column], column] = random.integers(1, 90)
        closed, shares = lay_anew(snapshot, column)
        assert shares == expected[1]
        assert (closed == expected[0]).all()
        undone.rollback()


def rounded_totals(db) -> list:
    cells = db.execute(select(access.release_cell).order_by(*access.release_cell.primary_key))
    hexagons = db.execute(select(access.release_h3).order_by(*access.release_h3.primary_key))
    further = db.execute(
        text(
            "SELECT unit_id, measure_id, n FROM citygrid.release_count "
            "JOIN citygrid.unit u ON u.id = unit_id WHERE u.zoning_id = 2 ORDER BY 1, 2"
        )
    )
    return [[tuple(row[1:]) for row in cells], [tuple(row[1:]) for row in hexagons], further.all()]


def test_the_attack_finds_numbers_whose_neighbours_are_published(city):
    """Else it would prove nothing."""
    plain = {"age_band": None, "sex": "male", "residence": "migrant", "care": 0}
    settle(
        city,
        [
            {"at": (0, 0), "count": 3, **plain},
            {"at": (1, 0), "count": 30, **plain},
            {"at": (0, 1), "count": 20, **plain},
            {"at": (2, 2), "count": 60, **plain},
        ],
    )
    releases.make(city, RULES)
    release = published(city)
    assert Attack([release]).exposed() == []
    for key, n in release.truth.items():
        if release.numbers.get(key, 0) is None and n >= 5:
            release.numbers[key] = n
    found = Attack([release]).exposed()
    assert [(key[1], true, low, high) for key, true, low, high in found] == [("people", 3, 3, 3)]


def test_nothing_of_the_demo_is_known_within_its_threshold(demo):
    with demo.connect() as db:
        release = published(db)
        assert sum(n is None for n in release.numbers.values()) > 100
        assert Attack([release]).exposed() == []
        # Some have moved; the second release is attacked beside the first.
        with db.begin_nested() as undone:
            db.execute(text("DELETE FROM citygrid.person_private WHERE people_id % 97 = 0"))
            db.execute(text("DELETE FROM citygrid.people WHERE id % 97 = 0"))
            recount(db)
            releases.make(db)
            assert Attack([release, published(db)]).exposed() == []
            undone.rollback()


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_nothing_of_taipei_is_known_within_its_threshold(taipei):
    with taipei.connect() as db:
        release = published(db)
        assert sum(n is None for n in release.numbers.values()) > 100
        assert Attack([release]).exposed() == []
