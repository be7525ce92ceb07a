"""Loading whole columns by binary COPY."""

import datetime as dt
import tracemalloc
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geoalchemy2 import Geometry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

from gis import bulk, tables
from gis.errors import FileError
from tests.proof import TIMES

metadata = MetaData()
EVERYTHING = Table(
    "everything",
    metadata,
    Column("small", SmallInteger),
    Column("whole", Integer),
    Column("big", BigInteger),
    Column("single", REAL),
    Column("double", Double),
    Column("yes", Boolean),
    Column("text", Text),
    Column("texts", ARRAY(Text)),
    Column("bytes", LargeBinary),
    Column("day", Date),
    Column("at", DateTime(timezone=True)),
    Column("valid", TSTZRANGE),
    Column("props", JSONB),
    Column("point", Geometry("POINT", srid=4326, spatial_index=False)),
    Column("area", Geometry("MULTIPOLYGON", srid=3857, spatial_index=False)),
    prefixes=["TEMPORARY"],
)
TAIPEI = ZoneInfo("Asia/Taipei")


@pytest.fixture
def everything(db: Connection) -> Table:
    metadata.create_all(db, tables=[EVERYTHING])
    return EVERYTHING


def back(db: Connection, column: str) -> list:
    return list(db.scalars(select(EVERYTHING.c[column])))


def test_every_type_comes_back_as_it_went_in(db: Connection, everything: Table):
    square = shapely.box(0, 0, 1, 1)
    at = pd.Timestamp("2024-02-29 23:59:59.123456", tz=TAIPEI)
    count = bulk.copy(
        db,
        everything,
        {
            "small": np.array([-32768, 32767], dtype=np.int64),
            "whole": pd.Series([1, None], dtype="Int64"),
            "big": pd.Series([2**62 + 1, None], dtype=object),
            "single": np.array([1.5, np.nan]),
            "double": pd.Series([0.1, None]),
            "yes": pd.Series([True, None], dtype="boolean"),
            "text": pd.Series(["網格 \\N\t'", None]),
            "texts": np.array([["花园", "b,{}"], None], dtype=object),
            "bytes": pd.Series([b"\x00\xff\\", None]),
            "day": pd.Series([dt.date(1912, 1, 1), None]),
            "at": pd.Series([at, pd.NaT]),
            "valid": pd.Series([at, pd.NaT]),
            "props": np.array([{"名": [1, None]}, None], dtype=object),
            "point": np.array([[121.5, 25.0], [np.nan, np.nan]]),
            "area": np.array([square, None], dtype=object),
        },
    )
    assert count == 2
    assert back(db, "small") == [-32768, 32767]
    assert back(db, "whole") == [1, None]
    assert back(db, "big") == [2**62 + 1, None]
    assert back(db, "single") == [1.5, None]
    assert back(db, "double") == [0.1, None]
    assert back(db, "yes") == [True, None]
    assert back(db, "text") == ["網格 \\N\t'", None]
    assert back(db, "texts") == [["花园", "b,{}"], None]
    assert back(db, "bytes") == [b"\x00\xff\\", None]
    assert back(db, "day") == [dt.date(1912, 1, 1), None]
    assert back(db, "at") == [at, None]
    valid = back(db, "valid")
    assert (valid[0].lower, valid[0].upper, valid[0].bounds) == (at, None, "[)")
    assert valid[1] is None
    assert back(db, "props") == [{"名": [1, None]}, None]
    points = db.execute(select(func.ST_AsEWKT(everything.c.point))).scalars().all()
    assert points == ["SRID=4326;POINT(121.5 25)", None]
    areas = db.execute(select(func.ST_AsEWKT(everything.c.area))).scalars().all()
    assert areas == ["SRID=3857;MULTIPOLYGON(((1 0,1 1,0 1,0 0,1 0)))", None]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("whole", np.array([1.0, np.nan]), [1, None]),
        ("whole", pd.Series([True, False]), [1, 0]),
        ("double", pd.Series([1, pd.NA], dtype="Int64"), [1.0, None]),
        ("yes", np.array([True, False]), [True, False]),
        ("yes", pd.Series([True, None], dtype=object), [True, None]),
        ("text", pd.Series(["a", None], dtype="category"), ["a", None]),
        ("text", np.array(["a", ""]), ["a", ""]),
        ("text", np.array([None, None], dtype=object), [None, None]),
        ("texts", np.array([[], None], dtype=object), [[], None]),
        ("props", np.array(['{"a": 1}', "[]"], dtype=object), [{"a": 1}, []]),
        ("day", np.array(["2024-01-01", "NaT"], "datetime64[D]"), [dt.date(2024, 1, 1), None]),
        (
            "at",
            np.array(["2024-01-01T08:00"], "datetime64[us]"),
            [dt.datetime(2024, 1, 1, 8, tzinfo=dt.UTC)],
        ),
        ("at", pd.Series([None, None], dtype=object), [None, None]),
    ],
)
def test_values_may_come_in_any_usual_form(db: Connection, everything, column, values, expected):
    bulk.copy(db, everything, {column: values})
    assert back(db, column) == expected


def test_points_may_be_shapely(db: Connection, everything: Table):
    points = gpd.GeoSeries([shapely.Point(1, 2), None, shapely.Point()], crs=4326)
    bulk.copy(db, everything, {"point": points})
    found = db.execute(select(func.ST_AsText(everything.c.point))).scalars().all()
    assert found == ["POINT(1 2)", None, None]


def test_nothing_is_copied_from_empty_columns(db: Connection, everything: Table):
    assert bulk.copy(db, everything, {"text": np.array([], dtype=object)}) == 0
    assert back(db, "text") == []


@settings(
    max_examples=100 * TIMES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            st.none() | st.floats(allow_nan=False),
        ),
        min_size=1,
    )
)
def test_any_rows_come_back(db: Connection, everything: Table, rows):
    db.execute(everything.delete())
    big, texts, doubles = zip(*rows, strict=True)
    bulk.copy(
        db,
        everything,
        {
            "big": pd.Series(big, dtype=object),
            "text": pd.Series(texts, dtype=object),
            "double": pd.Series(doubles, dtype="Float64"),
        },
    )
    found = [
        tuple(r) for r in db.execute(select(*(everything.c[c] for c in ("big", "text", "double"))))
    ]
    assert found == rows


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("small", np.array([1, 40000]), "cannot hold 40000 \\(row 2\\).*-32768 … 32767"),
        ("whole", np.array([1.0, 2.5]), "cannot hold 2.5 \\(row 2\\).*whole number"),
        ("single", np.array([1e300]), "cannot hold 1e\\+300 \\(row 1\\)"),
        ("yes", np.array([0, 1, 2]), "cannot hold 2 \\(row 3\\)"),
        ("double", pd.Series(["x"]), "cannot hold 'x' \\(row 1\\).*number"),
        ("text", np.array(["a", 7], dtype=object), "cannot hold 7 \\(row 2\\).*text"),
        ("text", np.array(["a", "b\0c", "d"]), "cannot hold 'b.x00c' \\(row 2\\).*zero byte"),
        ("props", np.array(["{"], dtype=object), "invalid input syntax for type json"),
        ("area", np.array([shapely.Point(0, 0)]), "Geometry type"),
    ],
)
def test_what_does_not_fit_is_named_with_its_row(db: Connection, everything, column, values, said):
    with pytest.raises(FileError, match=said), db.begin_nested():
        bulk.copy(db, everything, {column: values})
    assert back(db, column) == []


def test_rows_are_numbered_over_all_chunks(db: Connection, everything: Table, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 4)
    with pytest.raises(FileError, match=r"row 11"), db.begin_nested():
        bulk.copy(db, everything, {"small": np.arange(20) // 10 * 99999})
    bulk.copy(db, everything, {"small": pd.Series(range(21), index=range(100, 121))})
    assert back(db, "small") == list(range(21))


def test_a_required_column_wants_a_value(db: Connection):
    with pytest.raises(FileError, match=r"zoning\.key must have a value \(row 2\)"):
        bulk.copy(
            db, tables.zoning, {"id": np.array([1, 2]), "key": np.array(["a", None], dtype=object)}
        )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"small": np.zeros(1), "whole": np.zeros(2)}, "one length"),
        ({"smal": np.zeros(1)}, "no column"),
    ],
)
def test_wrong_calls_are_bugs(db: Connection, everything: Table, columns, said):
    with pytest.raises(ValueError, match=said):
        bulk.copy(db, everything, columns)


def test_a_moment_needs_a_zone_and_a_shape_its_system(db: Connection, everything: Table):
    with pytest.raises(TypeError, match="time zone"), db.begin_nested():
        bulk.copy(db, everything, {"at": pd.Series([pd.Timestamp("2024-01-01")])})
    with pytest.raises(TypeError, match="EPSG:4326"), db.begin_nested():
        bulk.copy(db, everything, {"point": gpd.GeoSeries([shapely.Point(0, 0)], crs=3826)})


def test_a_copy_is_part_of_the_callers_transaction(engine):
    columns = {
        "id": np.array([1]),
        "key": np.array(["main"]),
        "names": np.array(["{}"]),
        "is_main": np.array([True]),
    }
    with engine.connect() as db:
        bulk.copy(db, tables.zoning, columns)
        db.rollback()
        assert db.scalar(select(func.count()).select_from(tables.zoning)) == 0
        db.rollback()
        bulk.copy(db, tables.zoning, columns)
        db.commit()
    with engine.connect() as db:
        assert db.scalar(select(func.count()).select_from(tables.zoning)) == 1
        with pytest.raises(FileError, match=r"already exists"):
            bulk.copy(db, tables.zoning, columns)


def test_memory_does_not_grow_with_the_rows(db: Connection, everything: Table):
    columns = {"big": np.arange(1_000_000), "point": np.zeros((1_000_000, 2))}
    bulk.copy(db, everything, {name: values[:10] for name, values in columns.items()})
    tracemalloc.start()
    bulk.copy(db, everything, columns)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000


HELD = MetaData()
PARENT = Table("bulk_parent", HELD, Column("id", Integer, primary_key=True))
CHILD = Table(
    "bulk_child",
    HELD,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True),
    Column("code", Text),
    Column("parent_id", ForeignKey(PARENT.c.id), index=True),
    Column("valid", TSTZRANGE),
    Column("geom", Geometry("POINT", srid=4326)),
    UniqueConstraint("code", name="uq_code_referred_to"),
    ExcludeConstraint(("key", "="), ("valid", "&&"), using="gist", name="ex_child"),
)
OTHER = Table("bulk_other", HELD, Column("code", ForeignKey(CHILD.c.code)))

DEFINED = text(
    """
    SELECT pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid IN ('bulk_child'::regclass, 'bulk_other'::regclass)
    UNION ALL
    SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid IN ('bulk_child'::regclass, 'bulk_other'::regclass) ORDER BY 1
    """
)


@pytest.fixture
def held(db: Connection) -> Connection:
    HELD.create_all(db)
    db.execute(PARENT.insert(), [{"id": 1}])
    return db


def test_indexes_are_dropped_and_made_again(held: Connection):
    before = held.scalars(DEFINED).all()
    assert len(before) == 12
    with bulk.indexes_dropped(held, CHILD):
        during = held.scalars(DEFINED).all()
        assert len(during) == 5
        bulk.copy(held, CHILD, {"id": np.array([1]), "key": np.array(["a"])})
    assert held.scalars(DEFINED).all() == before


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"key": np.array(["a", "a"])}, "bulk_child cannot be loaded: .*duplicated"),
        ({"parent_id": np.array([1, 2])}, "bulk_child cannot be loaded: .*not present"),
    ],
)
def test_rows_that_break_a_constraint_leave_nothing_behind(held: Connection, columns, said):
    before = held.scalars(DEFINED).all()
    with pytest.raises(FileError, match=said), bulk.indexes_dropped(held, CHILD):
        bulk.copy(held, CHILD, {"id": np.array([1, 2]), **columns})
    assert held.scalars(DEFINED).all() == before
    assert held.scalar(select(func.count()).select_from(CHILD)) == 0


def test_any_failure_leaves_indexes_as_they_were(held: Connection):
    before = held.scalars(DEFINED).all()
    with pytest.raises(KeyError), bulk.indexes_dropped(held, CHILD):
        raise KeyError
    assert held.scalars(DEFINED).all() == before


def test_every_table_of_the_schema_survives_the_drop(db: Connection):
    defined = text(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'citygrid' UNION ALL"
        " SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'citygrid'::regnamespace ORDER BY 1"
    )
    before = db.scalars(defined).all()
    with bulk.indexes_dropped(db, *tables.metadata.sorted_tables):
        assert len(db.scalars(defined).all()) < len(before)
    assert db.scalars(defined).all() == before
