"""Files of people: what is private in them is kept apart, encrypted, and shown to nobody."""

from __future__ import annotations

import csv
import datetime as dt

import pytest
from sqlalchemy import create_engine, select, text

from gis.access.private import about_id_number
from gis.access.tables import person_private
from gis.database import Role
from gis.errors import FileError
from importers import private
from importers.city import init_city
from importers.load import Options, add_file, import_file
from importers.verdicts import write_rejected
from tests import builders
from tests.builders import at
from tests.conftest import KEYS
from tests.importers import small_city

# Region 99 is nobody's.
GOOD = ("990102199406159619", "990102199608243261", "990102201208121222")
HEADER = "人员编号,姓名,身份证号,联系电话,门牌,性别,年龄,民族,经度,纬度"


@pytest.fixture
def city(db):
    builders.load(db)
    return db


def write(path, *lines, header=HEADER):
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def line(key, name, number, phone="10512345678", room="1203", age="30"):
    lon, lat = at(0.5, 0.5)
    return f"{key},{name},{number},{phone},{room},女,{age},汉,{lon},{lat}"


def add(db, path, **options):
    return add_file(db, "people", path, Options(keys=KEYS, **options))


def kept(db):
    p = person_private.c
    rows = db.execute(select(person_private).order_by(p.people_id)).all()
    return [
        (
            row.name, row.phone, row.room, row.born,
            row.id_number
            and KEYS.decrypt(bytes(row.id_number), about_id_number(row.people_id)).decode(),
        )
        for row in rows
    ]  # fmt: skip


def test_private_columns_are_kept_apart_and_id_numbers_encrypted(city, tmp_path):
    path = write(
        tmp_path / "people.csv",
        line("1", "张沐宁", GOOD[0]),
        line("2", "李知遥", GOOD[1].lower(), phone="105 8765 4321", room=""),
        line("3", "王念安", "", phone=""),
    )
    found, rejected = add(city, path)
    assert (found.inserted, found.rejected, rejected) == (3, 0, None)
    assert found.fields["id_number"] == "身份证号"
    assert found.dropped == {"民族": "ethnicity"}
    assert kept(city) == [
        ("张沐宁", "10512345678", "1203", dt.date(1994, 6, 15), GOOD[0]),
        ("李知遥", "10587654321", None, dt.date(1996, 8, 24), GOOD[1]),
        ("王念安", None, "1203", None, None),
    ]
    raw = city.scalars(select(person_private.c.id_number)).all()
    assert all(GOOD[0].encode() not in bytes(each) for each in raw if each)
    units = (
        "SELECT count(*) FROM citygrid.people p JOIN citygrid.person_private v "
        "ON v.people_id = p.id WHERE v.unit_id = p.unit_id"
    )
    assert city.scalar(text(units)) == 3


def test_what_differs_is_updated_and_the_rest_is_unchanged(city, tmp_path):
    path = write(
        tmp_path / "people.csv", line("1", "张沐宁", GOOD[0]), line("2", "李知遥", GOOD[1])
    )
    add(city, path)
    again = add(city, path)[0]
    assert (again.updated, again.unchanged) == (0, 2)
    write(path, line("1", "张沐宁", GOOD[2]), line("2", "李知遥", GOOD[1], phone="10500000000"))
    third = add(city, path)[0]
    assert (third.updated, third.unchanged) == (2, 0)
    assert [row[4] for row in kept(city)] == [GOOD[2], GOOD[1]]
    moved = write(tmp_path / "moved.csv", f"1,{at(2.5, 2.5)[0]},{at(2.5, 2.5)[1]}",
                  header="人员编号,经度,纬度")  # fmt: skip
    add(city, moved)
    assert kept(city)[0][0] == "张沐宁"
    units = (
        "SELECT count(DISTINCT v.unit_id) FROM citygrid.people p "
        "JOIN citygrid.person_private v ON v.people_id = p.id AND v.unit_id = p.unit_id"
    )
    assert city.scalar(text(units)) == 2


def test_no_private_value_is_in_what_is_said_or_left_behind(city, tmp_path, caplog):
    path = write(
        tmp_path / "people.csv",
        line("1", "张沐宁", "990102199406159618"),
        line("2", "李知遥", "9.90102E+17"),
        line("3", "王念安", GOOD[0], phone="1.0512E+10", age="很老"),
        line(GOOD[1], "赵清辰", GOOD[1]),
        line("5", "周" * 70, GOOD[2]),
        line("6", "吴若川", GOOD[2], phone="无"),
    )
    found, rejected = add(city, path)
    assert found.rejected == 6
    assert rejected is not None
    target = tmp_path / "rejected.csv"
    write_rejected(target, *rejected)
    batch = city.scalar(text("SELECT reasons::text FROM citygrid.import_batch"))
    said = "\n".join((str(found), target.read_text("utf-8-sig"), batch, caplog.text))
    for secret in ("990102199406159618", "9.90102E+17", *GOOD, "1.0512E+10", "张沐宁", "王念安",
                   "10512345678", "199406"):  # fmt: skip
        assert secret not in said
    with target.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["姓名"] == "张*"
    assert rows[0]["联系电话"] == "105****5678"
    assert rows[0]["身份证号"] == private.HIDDEN
    assert "check digit" in rows[0]["reason"]
    assert "rounded" in rows[1]["reason"]
    assert "key is an id number" in rows[3]["reason"]
    assert kept(city) == []


def test_nobody_is_named_by_what_is_private(city, tmp_path):
    path = write(tmp_path / "people.csv", line("1", "张沐宁", GOOD[0]))
    for header in ("身份证号", "姓名"):
        with pytest.raises(FileError, match="cannot be the key"):
            add(city, path, columns={"key": header})


def test_without_a_key_column_the_key_tells_nothing_private(city, tmp_path):
    header = HEADER.partition(",")[2]
    path = write(tmp_path / "people.csv", line("1", "张沐宁", GOOD[0]).partition(",")[2],
                 line("2", "张沐宁", GOOD[1]).partition(",")[2], header=header)  # fmt: skip
    assert add(city, path)[0].inserted == 2
    assert add(city, path)[0].unchanged == 2
    one = set(city.scalars(text("SELECT key FROM citygrid.people")))
    # Another number gives the same key: none of it is in there.
    write(path, line("1", "张沐宁", GOOD[2]).partition(",")[2], header=header)
    add(city, path)
    assert set(city.scalars(text("SELECT key FROM citygrid.people"))) == one


def test_without_keys_id_numbers_are_left_out_and_it_is_said(city, tmp_path):
    path = write(tmp_path / "people.csv", line("1", "张沐宁", GOOD[0]))
    found, _ = add_file(city, "people", path, Options())
    assert any("left out" in note for note in found.notes)
    assert kept(city) == [("张沐宁", "10512345678", "1203", dt.date(1994, 6, 15), None)]


def test_id_numbers_in_remarks_are_hidden_and_other_numbers_are_not(city, tmp_path):
    remark = f",户主{GOOD[0]}，编号{'1' * 18}"
    path = write(
        tmp_path / "people.csv", line("1", "张沐宁", "1") + remark, header=HEADER + ",备注"
    )
    _, rejected = add(city, path)
    assert rejected is not None
    remark = rejected[0].frame["备注"][0]
    assert GOOD[0] not in remark
    assert "1" * 18 in remark


def test_a_citys_own_files_bring_in_nothing_private(engine, tmp_path):
    folder = small_city.write(
        tmp_path / "squares",
        small_city.TOML.partition("[census]")[0]
        + '[[layers.people]]\nfile = "people.csv"\ncolumns = { key = "人员编号" }\n',
    )
    write(folder / "people.csv", line("1", "张沐宁", GOOD[0]), line("", "李知遥", GOOD[1]))
    loaded = init_city(engine, folder, rejected=tmp_path / "rejected", keys=KEYS)
    assert "were left out" in str(loaded)
    with engine.connect() as db:
        assert kept(db) == []
    left = (tmp_path / "rejected" / "people.rejected.csv").read_text("utf-8-sig")
    assert "李*" in left
    assert GOOD[1] not in left


def test_columns_can_be_named_and_other_layers_are_left_alone(city, tmp_path):
    path = write(tmp_path / "people.csv", line("1", "张沐宁", GOOD[0]),
                 header=HEADER.replace("姓名", "甲").replace("身份证号", "乙"))  # fmt: skip
    found, _ = add(city, path, columns={"name": "甲", "id_number": "乙", "key": "人员编号"})
    assert found.inserted == 1
    assert kept(city)[0][4] == GOOD[0]
    with pytest.raises(FileError, match="no field 'nickname'"):
        add(city, path, columns={"nickname": "甲"})


def test_the_engine_may_import_people(fresh, tmp_path):
    owner = fresh.engine(Role.OWNER)
    with owner.begin() as db:
        builders.load(db)
    owner.dispose()
    path = write(tmp_path / "people.csv", line("1", "张沐宁", GOOD[0]))
    engine = fresh.engine(Role.ENGINE)
    assert import_file(engine, "people", path, Options(keys=KEYS)).inserted == 1
    engine.dispose()
    admin = create_engine(fresh.url)
    with admin.connect() as db:
        assert kept(db)[0][4] == GOOD[0]
    admin.dispose()
