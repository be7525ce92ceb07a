import datetime as dt
import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from gis import tables
from gis.database import Role
from gis.errors import CityGridError, FileError, NotFoundError
from importers.load import Options, add_file, import_file
from layers import catalog, counts
from layers.locating.locate import locate
from tests import builders
from tests.builders import at
from tests.proof import TIMES

HEADER = "设施编号,设施名称,类别,容纳人数,经度,纬度"


@pytest.fixture
def city(db):
    builders.load(db)
    return db


def write(path, *lines, header=HEADER):
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def line(key, x, y, name="福民诊所", kind="诊所", capacity="5"):
    lon, lat = at(x, y)
    return f"{key},{name},{kind},{capacity},{lon},{lat}"


def verdict(db, path, layer="facilities", **options):
    return add_file(db, layer, path, Options(**options))[0]


def four(found):
    assert found.inserted + found.updated + found.unchanged + found.rejected == found.read
    return found.inserted, found.updated, found.unchanged, found.rejected


def facilities(db):
    f = tables.facility.c
    query = select(f.key, f.name, f.kind, f.capacity, f.unit_id).order_by(f.key)
    return [tuple(row) for row in db.execute(query)]


def counted(db):
    """Everything stored that is counted, by measure name."""
    found = {}
    for table in counts.TABLES:
        frame = pd.read_sql(
            text(f"SELECT m.name AS measure, t.* FROM {table} t JOIN citygrid.measure m "
                 "ON m.id = t.measure_id"), db
        )  # fmt: skip
        frame = frame.drop(columns="measure_id").sort_values(list(frame.columns.drop("measure_id")))
        found[table.name] = frame.reset_index(drop=True)
    return found


def assert_counts_are_those_of_the_rows(db, layer_id):
    stored = counted(db)
    counts.rebuild(db, catalog.get(layer_id))
    for name, frame in counted(db).items():
        pd.testing.assert_frame_equal(stored[name], frame)


def test_the_same_file_twice_changes_nothing(city, tmp_path):
    path = write(tmp_path / "a.csv", line("F1", 0.5, 0.5), line("F2", 1.5, 0.5, kind="公厕"))
    assert four(verdict(city, path)) == (2, 0, 0, 0)
    before = facilities(city)
    assert before == [("F1", "福民诊所", "clinic", 5, 3), ("F2", "福民诊所", "toilet", 5, 4)]
    assert four(verdict(city, path)) == (0, 0, 2, 0)
    assert facilities(city) == before
    assert_counts_are_those_of_the_rows(city, "facilities")


def test_changed_rows_are_updated_and_counted_where_they_are_now(city, tmp_path):
    path = write(tmp_path / "a.csv", line("F1", 0.5, 0.5), line("F2", 1.5, 0.5))
    verdict(city, path)
    write(path, line("F1", 3.5, 3.5), line("F2", 1.5, 0.5), line("F3", 0.5, 0.5, capacity=""))
    assert four(verdict(city, path)) == (1, 1, 1, 0)
    units = {key: unit for key, _, _, _, unit in facilities(city)}
    assert units == {"F1": 21, "F2": 4, "F3": 3}
    beats = city.execute(select(tables.feature_unit.c.feature_id, tables.feature_unit.c.unit_id))
    assert sorted(unit for _, unit in beats) == [22, 22]
    assert_counts_are_those_of_the_rows(city, "facilities")


def test_what_a_file_does_not_say_stays_as_it_was(city, tmp_path):
    verdict(city, write(tmp_path / "a.csv", line("F1", 0.5, 0.5)))
    lon, lat = at(0.5, 0.5)
    other = write(tmp_path / "b.csv", f"F1,石厦诊所,{lon},{lat}", header="设施编号,名称,经度,纬度")
    assert four(verdict(city, other)) == (0, 1, 0, 0)
    assert facilities(city) == [("F1", "石厦诊所", "clinic", 5, 3)]


def test_a_row_without_a_place_stays_where_it_is(city, tmp_path):
    verdict(city, write(tmp_path / "a.csv", line("F1", 0.5, 0.5)))
    other = write(tmp_path / "b.csv", "F1,6", "F2,7", header="设施编号,容纳人数")
    found, (_, rejected) = add_file(city, "facilities", other, Options())
    assert four(found) == (0, 1, 0, 1)
    assert "1 rows without a place stay where they are." in found.notes
    assert rejected == {1: "there is no geometry and no coordinates"}
    assert facilities(city) == [("F1", "福民诊所", "clinic", 6, 3)]
    assert four(verdict(city, other)) == (0, 0, 1, 1)
    assert_counts_are_those_of_the_rows(city, "facilities")


def test_each_rejected_row_has_its_reasons(city, tmp_path):
    _, lat = at(0.5, 0.5)
    path = write(
        tmp_path / "a.csv",
        line("F1", 0.5, 0.5),
        line("F1", 0.6, 0.5),
        line("4.40304E+11", 0.5, 0.5),
        line("", 0.5, 0.5),
        line("F5", 0.5, 0.5, capacity="viele"),
        f"F6,x,诊所,5,18.05,{lat}",
        "F7,x,诊所,x,,",
        line("F8", 5.5, 0.5),
    )
    found, (rows, rejected) = add_file(city, "facilities", path, Options())
    assert four(found) == (2, 0, 0, 6)
    assert found.outside == 1
    assert {int(rows.numbers[i]): reason for i, reason in rejected.items()} == {
        3: "its key 'F1' is that of row 2 too",
        4: "Facility number: the code '4.40304E+11' was rounded by a spreadsheet and its last "
        "digits are lost; format the column as text and export again",
        5: "it has no key",
        6: "Capacity: 'viele' is no number",
        7: "the place (18.05, 22.505) is 9,638 km away from the city",
        8: "Capacity: 'x' is no number; there is no geometry and no coordinates",
    }
    assert [row[0] for row in facilities(city)] == ["F1", "F8"]
    assert facilities(city)[1][4] is None
    batch = city.execute(select(tables.import_batch)).one()
    assert (batch.read, batch.inserted, batch.rejected) == (8, 2, 6)
    assert batch.reasons["it has no key"] == 1
    assert_counts_are_those_of_the_rows(city, "facilities")


def test_rejected_rows_are_written_back_and_good_ones_kept(engine, tmp_path):
    with engine.begin() as db:
        builders.load(db)
    path = write(tmp_path / "a.csv", line("F1", 0.5, 0.5), line("", 0.5, 0.5))
    found = import_file(engine, "facilities", path)
    assert found.rejected_file == tmp_path / "a.rejected.csv"
    back = pd.read_csv(found.rejected_file, dtype=str, encoding="utf-8-sig")
    assert back[["row", "reason", "设施名称"]].to_numpy().tolist() == [
        ["3", "it has no key", "福民诊所"]
    ]
    with engine.connect() as db:
        assert len(facilities(db)) == 1
    target = tmp_path / "bad.csv"
    dry = import_file(engine, "facilities", path, Options(dry_run=True, rejected=target))
    assert four(dry) == (0, 0, 1, 1)
    assert target.exists()


def test_a_dry_run_changes_nothing(engine, tmp_path):
    with engine.begin() as db:
        builders.load(db)
    path = write(tmp_path / "a.csv", line("F1", 0.5, 0.5))
    seen = []
    found = import_file(
        engine, "facilities", path, Options(dry_run=True), lambda *stage: seen.append(stage)
    )
    assert four(found) == (1, 0, 0, 0)
    assert "would be 1 inserted" in str(found)
    assert "place ← 经度 and 纬度" in str(found)
    assert found.unused == ()
    assert ("checking", 1, 1) in seen
    with engine.connect() as db:
        assert facilities(db) == []
        assert db.execute(select(tables.import_batch)).all() == []


def test_a_file_that_cannot_be_used_changes_nothing(engine, tmp_path):
    with engine.begin() as db:
        builders.load(db)
    path = write(tmp_path / "a.csv", "F1,x,诊所,5,9e9,9e9")
    with pytest.raises(FileError, match="nowhere near the city"):
        import_file(engine, "facilities", path)
    with pytest.raises(NotFoundError, match="No layer is called 'pets'"):
        import_file(engine, "pets", path)
    with engine.connect() as db:
        assert db.execute(select(tables.import_batch)).all() == []


def test_importing_needs_a_city(db, tmp_path):
    with pytest.raises(NotFoundError, match="No city is loaded"):
        verdict(db, write(tmp_path / "a.csv", line("F1", 0.5, 0.5)))


def test_columns_never_held_are_dropped_and_said_so(city, tmp_path):
    lon, lat = at(0.5, 0.5)
    path = write(
        tmp_path / "a.csv",
        f"P1,女,33,汉,{lon},{lat}",
        f"P2,机器,33,汉,{lon},{lat}",
        header="人员编号,性别,年龄,民族,经度,纬度",
    )
    found, (rows, _) = add_file(city, "people", path, Options())
    assert found.dropped == {"民族": "ethnicity"}
    assert "民族" not in rows.frame
    assert "CityGrid never holds that" in str(found)
    row = city.execute(select(tables.people)).one()
    assert (row.sex, row.age_band, row.residence) == ("female", 6, "unknown")


def test_a_row_known_only_to_a_unit_hangs_there(city, tmp_path):
    path = write(
        tmp_path / "a.csv", "P1,C2,3", "P2,C41区,2", "P3,nowhere,1",
        header="人员编号,社区编码,人数",
    )  # fmt: skip
    found, (_, rejected) = add_file(city, "people", path, Options())
    assert four(found) == (2, 0, 0, 1)
    assert "Unit code: 'nowhere' is not known" in rejected[2]
    units = dict(city.execute(select(tables.people.c.key, tables.people.c.unit_id)).all())
    assert units == {"P1": 7, "P2": 18}
    assert_counts_are_those_of_the_rows(city, "people")


def test_buildings_say_how_many_are_there_by_day(city, tmp_path):
    features = [
        {
            "type": "Feature",
            "properties": {"楼栋编码": f"B{n}", "昼间人口": there},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[at(x, 0.4), at(x + 0.1, 0.4), at(x + 0.1, 0.5), at(x, 0.4)]],
            },
        }
        for n, (x, there) in enumerate([(0.2, "120"), (0.4, ""), (0.6, "-3")], 1)
    ]
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found, (_, rejected) = add_file(city, "buildings", path, Options())
    assert four(found) == (2, 0, 0, 1)
    assert found.fields["day_people"] == "昼间人口"
    assert "People by day" in rejected[2]
    told = dict(city.execute(select(tables.building.c.key, tables.building.c.day_people)).all())
    assert told == {"B1": 120, "B2": None}


def test_people_stand_in_their_building(city, tmp_path):
    path = tmp_path / "b.geojson"
    ring = [at(0.4, 0.4), at(0.6, 0.4), at(0.6, 0.6), at(0.4, 0.6), at(0.4, 0.4)]
    feature = {
        "type": "Feature",
        "properties": {"楼栋编码": "B1", "层数": "12", "用途": "居住"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert four(verdict(city, path, "buildings")) == (1, 0, 0, 0)
    building = city.execute(select(tables.building)).one()
    assert (building.use, building.floors, building.unit_id) == ("residential", 12, 3)
    assert building.floor_area_m2 == pytest.approx(12 * 205.7 * 221.5, rel=0.01)
    people = write(
        tmp_path / "p.csv", "P1,B1,1990-05-06,独居、残疾", "P2,B9,2000-01-01,",
        header="人员编号,楼栋编码,出生日期,关爱类型",
    )  # fmt: skip
    found, (_, rejected) = add_file(city, "people", people, Options())
    assert four(found) == (1, 0, 0, 1)
    assert "Building code: 'B9' is not known" in rejected[1]
    person = city.execute(select(tables.people)).one()
    assert (person.building_id, person.unit_id, person.care) == (building.id, 3, 9)
    assert four(verdict(city, path, "buildings")) == (0, 0, 1, 0)


def test_incidents_are_known_by_the_classes_of_the_city(city, tmp_path):
    city.execute(
        insert(tables.incident_class),
        [
            {"scheme": "gb", "code": "01", "parent_code": None, "names": {"zh": "市容", "en": "A"}},
            {"scheme": "gb", "code": "0101", "parent_code": "01",
             "names": {"zh": "暴露垃圾", "en": "Rubbish"}},
        ],
    )  # fmt: skip
    lon, lat = at(0.5, 0.5)
    path = write(
        tmp_path / "a.csv",
        f"I1,暴露垃圾,113/05/06,结案,{lon},{lat}",
        f"I2,0101,2024/5/7 10:00,处理中,{lon},{lat}",
        f"I3,飞碟,2024/5/7,结案,{lon},{lat}",
        f"I4,0101,,结案,{lon},{lat}",
        header="事件编号,小类,上报时间,状态,经度,纬度",
    )
    found, (_, rejected) = add_file(city, "incidents", path, Options())
    assert four(found) == (2, 0, 0, 2)
    assert rejected == {
        2: "the class '飞碟' is not in the classes of this city",
        3: "it has no reported at",
    }
    i = tables.incident.c
    rows = city.execute(select(i.key, i.big, i.small, i.stage, i.unit_then_id).order_by(i.key))
    assert [tuple(row) for row in rows] == [
        ("I1", "01", "0101", "closed", 3), ("I2", "01", "0101", "handle", None),
    ]  # fmt: skip
    state = city.execute(select(tables.layer_state)).one()
    assert state.as_of == dt.datetime(2024, 5, 7, 2, tzinfo=dt.UTC)
    assert_counts_are_those_of_the_rows(city, "incidents")


def test_constants_columns_and_prefixes_are_taken_from_the_user(city, tmp_path):
    lon, lat = at(0.5, 0.5)
    path = write(tmp_path / "a.csv", f"1,甲,{lon},{lat}", header="序号,团体,经度,纬度")
    found = verdict(
        city,
        path,
        columns={"key": "序号", "name": "团体"},
        constants={"kind": "culture"},
        prefix="a:",
    )
    assert four(found) == (1, 0, 0, 0)
    assert facilities(city) == [("a:1", "甲", "culture", None, 3)]
    for options in ({"columns": {"colour": "团体"}}, {"constants": {"colour": "x"}}):
        with pytest.raises(CityGridError, match="Facilities have no field 'colour'"):
            verdict(city, path, **options)


def test_without_a_key_the_content_names_the_row(city, tmp_path):
    lon, lat = at(0.5, 0.5)
    header = "名称,经度,纬度"
    path = write(tmp_path / "a.csv", *[f"甲,{lon},{lat}"] * 2, f"乙,{lon},{lat}", header=header)
    assert four(verdict(city, path)) == (3, 0, 0, 0)
    found = verdict(city, path)
    assert four(found) == (0, 0, 3, 0)
    assert any("what a row says is its key" in note for note in found.notes)


def test_roads_are_drawn_not_counted(city, tmp_path):
    path = tmp_path / "r.geojson"
    feature = {
        "type": "Feature",
        "properties": {"edge_id": 7, "highway": "footway"},
        "geometry": {"type": "LineString", "coordinates": [at(0, 0), at(1, 0)]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert four(verdict(city, path, "roads")) == (1, 0, 0, 0)
    road = city.execute(select(tables.road)).one()
    assert (road.kind, road.walk, road.drive) == ("path", True, False)
    assert road.length_m == pytest.approx(1028, rel=0.01)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", "D", "", "4.4E+11"]),
        st.one_of(st.none(), st.tuples(st.floats(-0.5, 4.5), st.floats(-0.5, 4.5))),
        st.sampled_from(["诊所", "公厕"]),
        st.sampled_from(["", "7", "x"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=15 * TIMES * TIMES,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(files=st.lists(ROWS, min_size=1, max_size=3))
def test_verdicts_add_up_and_the_table_holds_what_the_files_said(city, tmp_path, files):
    with city.begin_nested() as point:
        expected = {}
        for items in files:
            path = write(
                tmp_path / "a.csv",
                *[line(key, *place, kind=kind, capacity=capacity) if place
                  else f"{key},福民诊所,{kind},{capacity},,"
                  for key, place, kind, capacity in items],
            )  # fmt: skip
            said = {}
            for key, place, kind, capacity in items:
                if key in ("", "4.4E+11") or capacity == "x" or key in said:
                    continue
                if place is None and key not in expected:
                    continue
                number = int(capacity) if capacity else None
                where = at(*place) if place else expected[key][:2]
                said[key] = (*where, "clinic" if kind == "诊所" else "toilet", number)
            fresh = said.keys() - expected.keys()
            same = {key for key in said.keys() - fresh if expected[key] == said[key]}
            found = verdict(city, path)
            assert four(found) == (
                len(fresh), len(said) - len(fresh) - len(same), len(same), len(items) - len(said),
            )  # fmt: skip
            expected |= said
        held = city.execute(
            text("SELECT key, ST_X(geom), ST_Y(geom), kind, capacity FROM citygrid.facility")
        )
        assert {row[0]: tuple(row[1:]) for row in held} == expected
        assert_counts_are_those_of_the_rows(city, "facilities")
        point.rollback()


def test_the_engine_role_may_import(fresh, tmp_path):
    owner = fresh.engine(Role.OWNER)
    with owner.begin() as db:
        builders.load(db)
    owner.dispose()
    engine = fresh.engine(Role.ENGINE)
    path = write(tmp_path / "a.csv", line("F1", 0.5, 0.5))
    assert four(import_file(engine, "facilities", path)) == (1, 0, 0, 0)
    assert four(import_file(engine, "facilities", path)) == (0, 0, 1, 0)
    engine.dispose()


def test_what_a_file_brings_or_renames_is_found_by_its_name(city, tmp_path):
    def found(name):
        return [place.titles["zh"] for place in locate(city, builders.CITY, name)]

    path = write(tmp_path / "f.csv", line("a", 0.5, 0.5), line("b", 1.5, 0.5, "听潮药房"))
    verdict(city, path)
    assert found("听朝药房") == ["听潮药房"]
    verdict(city, write(path, line("b", 1.5, 0.5, "安晏书店")))
    assert found("听潮药房") == []
    assert found("anyanshudian") == ["安晏书店"]
