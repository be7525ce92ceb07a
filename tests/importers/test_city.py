import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from gis import tables
from gis.errors import SettingsError
from importers.city import init_city
from tests import builders
from tests.importers import small_city
from tests.importers.small_city import TOML, geojson


@pytest.fixture
def folder(tmp_path):
    return small_city.write(tmp_path / "squares")


def count(engine, table):
    with engine.connect() as db:
        return db.scalar(select(func.count()).select_from(table))


def is_empty(engine):
    return all(count(engine, table) == 0 for table in tables.metadata.sorted_tables)


def faults(engine, folder, **options):
    with pytest.raises(SettingsError) as error:
        init_city(engine, folder, **options)
    return str(error.value)


def test_a_city_is_loaded_from_its_files(engine, folder):
    seen = []
    loaded = init_city(engine, folder, report=lambda *stage: seen.append(stage))
    assert loaded.is_new
    assert loaded.rows == {"building": 3, "household": 17, "people": 32, "facility": 2}
    assert ("writing buildings", 3, 3) in seen
    assert "clinics.csv → facilities: 3 rows read, 2 inserted, 1 rejected." in str(loaded)
    with engine.connect() as db:
        city = db.execute(select(tables.city)).one()
        assert (city.id, city.settings["metric_crs"]) == ("squares", "EPSG:4547")
        levels = db.execute(
            text("SELECT level, count(*) FROM citygrid.unit_version GROUP BY 1 ORDER BY 1")
        )
        assert [tuple(row) for row in levels] == [(1, 4), (2, 4), (3, 16)]
        clinics = db.execute(
            text(
                "SELECT f.key, v.code, f.kind FROM citygrid.facility f LEFT JOIN "
                "citygrid.unit_version v ON v.unit_id = f.unit_id ORDER BY 1"
            )
        )
        assert [tuple(row) for row in clinics] == [
            ("clinic:1", "C11", "clinic"), ("clinic:2", None, "clinic"),
        ]  # fmt: skip
        state = db.execute(
            select(tables.layer_state).where(tables.layer_state.c.layer == "people")
        ).one()
        assert (state.rows, state.source) == (32, "census 2020")
        assert state.as_of == dt.datetime(2020, 10, 31, 16, tzinfo=dt.UTC)
        batches = db.execute(select(tables.import_batch).order_by(tables.import_batch.c.id)).all()
        assert [(b.file, b.read, b.inserted, b.rejected) for b in batches] == [
            ("buildings.geojson", 3, 3, 0), ("clinics.csv", 3, 2, 1),
        ]  # fmt: skip
        assert batches[1].reasons == {"a test": 1}


def test_everybody_who_was_counted_is_somewhere_in_their_unit(engine, folder):
    init_city(engine, folder)
    with engine.connect() as db:
        people = db.execute(
            text(
                "SELECT v.code, p.sex, b.key, p.count, p.estimated FROM citygrid.people p "
                "JOIN citygrid.unit_version v ON v.unit_id = p.unit_id "
                "LEFT JOIN citygrid.building b ON b.id = p.building_id ORDER BY 1, 2, 3"
            )
        ).all()
        numbers = dict(
            db.execute(
                text(
                    "SELECT m.name, c.n FROM citygrid.unit_count c JOIN citygrid.measure m "
                    "ON m.id = c.measure_id WHERE c.unit_id = 1"
                )
            ).all()
        )
    assert all(row.estimated for row in people)
    c12 = [(sex, key, n) for code, sex, key, n, _ in people if code == "C12"]
    assert c12 == [("female", "B2", 5), ("female", "B3", 2), ("male", "B2", 2), ("male", "B3", 1)]
    assert not [row for row in people if row.code == "C11"]
    assert numbers["people"] == 150
    assert numbers["people.sex.female"] == 105
    assert numbers["households"] == 64
    assert numbers["facilities"] == 1


def test_a_city_that_is_there_stays_unless_it_is_to_be_replaced(engine, folder):
    init_city(engine, folder)
    again = init_city(engine, folder)
    assert not again.is_new
    assert str(again) == "Squares is loaded already; --replace loads it anew."
    assert init_city(engine, folder, replace=True).is_new
    assert count(engine, tables.city) == 1
    assert count(engine, tables.people) == 32
    (folder / "city.toml").write_text(TOML.replace('"squares"', '"rounds"'), encoding="utf-8")
    assert "This database holds 'squares'" in faults(engine, folder)


def test_a_dry_run_writes_nothing(engine, folder):
    loaded = init_city(engine, folder, dry_run=True)
    assert not loaded.is_new
    assert "nothing was written" in str(loaded)
    assert is_empty(engine)


def test_rejected_rows_are_written_when_asked_for(engine, folder, tmp_path):
    init_city(engine, folder, rejected=tmp_path / "rejected")
    [path] = (tmp_path / "rejected").iterdir()
    assert path.name == "clinics.rejected.csv"
    assert "a test" in path.read_text(encoding="utf-8-sig")


def test_every_fault_is_reported_at_once_and_nothing_is_loaded(engine, folder):
    units = builders.unit_frame()
    squares = units[(units.zoning_id == 1) & (units.level == 3)]
    rows = [
        (row.geom, {"code": row.code, "parent": units.code[row.parent_id], "name": row.code,
                    "h": 1, "m": 1, "f": 1})
        for row in squares.itertuples()
    ]  # fmt: skip
    # Two with one code, one over its neighbour.
    rows[1][1]["code"] = "C11"
    rows[5] = (builders.box(2.5, 0, 4, 1), rows[5][1])
    geojson(folder / "squares.geojson", rows)
    quarters = units[(units.zoning_id == 1) & (units.level == 2)]
    geojson(
        folder / "quarters.geojson",
        [
            (row.geom, {"code": row.code, "name": row.code,
                        "parent": {"C3": "C4", "C4": "C3"}.get(row.code, "C")})
            for row in quarters.itertuples()
        ],
    )  # fmt: skip
    toml = (
        TOML.replace('metric_crs = "EPSG:4547"', 'metric_crs = "EPSG:99999"')
        .replace('file = "buildings.geojson"', 'file = "houses.geojson"\ncrs = "GCJ-03"')
        .replace('key = "编号"', 'key = "号码"')
        .replace('households = "h"', 'households = "hh"')
        + '\n[[layers.pets]]\nfile = "clinics.csv"\n[colour]\n[releases]\nrounded_to = 0\n'
    )
    (folder / "city.toml").write_text(toml, encoding="utf-8")
    found = faults(engine, folder)
    for part in (
        "no coordinate system is called 'EPSG:99999'",
        "houses.geojson'; check the path.",
        "No coordinate system is called 'GCJ-03'",
        "clinics.csv has no column '号码'. There are: 编号, 名称, 经度, 纬度.",
        "squares.geojson has no column 'hh'. There are: code, parent, name, h, m, f.",
        "no layer is called 'pets'. There are: people, households",
        "'colour' is not known",
        "rounded_to must be a whole number, 1 or more, found 0",
        "lies in itself, in a circle of parents",
        "C11: is the code of 2 units",
        "C21, C22: overlap",
    ):
        assert part in found
    assert "nothing was changed" in found
    assert is_empty(engine)


def test_a_failure_while_writing_leaves_nothing(engine, folder):
    def fail(stage, done, total):
        if stage == "counting" and done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        init_city(engine, folder, report=fail)
    assert is_empty(engine)
    assert init_city(engine, folder).is_new


def test_a_city_without_a_toml_or_with_a_broken_one_is_one_sentence(engine, tmp_path):
    assert "a city is a folder with a city.toml" in faults(engine, tmp_path)
    (tmp_path / "city.toml").write_text("id = ", encoding="utf-8")
    assert "is no TOML" in faults(engine, tmp_path)
    (tmp_path / "city.toml").write_text(TOML + '\n[generator]\nname = "x"\n', encoding="utf-8")
    assert "No generator is called 'x'. There is: demo." in faults(engine, tmp_path)


KILLED_WHILE_COUNTING = """
import sys, time
from pathlib import Path
from sqlalchemy import create_engine
from importers.city import init_city

def report(stage, done, total):
    if stage == "counting" and done:
        print("counting", flush=True)
        time.sleep(60)

init_city(create_engine(sys.argv[1]), Path(sys.argv[2]), report=report)
"""


def test_a_kill_in_the_middle_leaves_nothing(engine, folder):
    url = engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED_WHILE_COUNTING, url, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout.readline() == "counting\n"
        process.kill()
    assert is_empty(engine)
    assert init_city(engine, folder).is_new
