"""Who answers for incidents in a city from files: bodies, conditions, duties and staff."""

import datetime as dt
import tomllib
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from gis import places
from gis.cases import class_condition, duty_rule
from gis.errors import SettingsError
from gis.tables import duty_body, staff_holding, unit_version
from importers import classes, duties
from importers.city import init_city
from importers.classes import Class, ClassBook
from layers.handling import duty, settings
from layers.handling.clock import Limit, Unit
from layers.handling.duty import Reported
from tests.conftest import BOUNDARIES
from tests.importers import small_city

CLASSES = "scheme,code,parent_code,zh,en\ns,01,,市容,Looks\ns,0101,01,垃圾,Litter\n"
FILES = {
    "incident_classes.csv": CLASSES,
    "duty_bodies.csv": "key,zh,en\nclean,环卫所,Cleaning\nroads,道路所,\n",
    "incident_conditions.csv": (
        "scheme,code,number,opens_zh,opens_en,closes_zh,closes_en,amount,unit\n"
        "s,0101,1,有垃圾,Litter lies there,清走,It is gone,2,work_hours\n"
        "s,0101,2,成堆,A heap,,,1,work_days\n"
    ),
    "duties.csv": (
        "scheme,code,condition,place,body,priority\ns,01,,,clean,\ns,0101,2,C1,roads,5\n,,,C2,,9\n"
    ),
    "staff.csv": "place,post,person,phone,since\nC11,head,王一,10700000001,2026-01-01\n",
}
TOML = "\n".join(f'{name.removesuffix(".csv")} = "{name}"' for name in FILES) + small_city.TOML


@pytest.fixture
def folder(tmp_path):
    made = small_city.write(tmp_path / "city", TOML)
    for name, said in FILES.items():
        (made / name).write_text(said, "utf-8")
    return made


def test_all_four_are_loaded_and_say_whose_duty_it_is(engine, folder):
    init_city(engine, folder)
    with engine.connect() as db:
        bodies = {row.key: row for row in db.execute(select(duty_body))}
        assert bodies["roads"].names == {"zh": "道路所", "en": "道路所"}
        kind = duty.classes(db, [("s", "0101")])["s", "0101"]
        assert [each.limit for each in kind.conditions] == [
            Limit(2, Unit.WORK_HOURS), Limit(1, Unit.WORK_DAYS),
        ]  # fmt: skip
        units = dict(db.execute(select(unit_version.c.code, unit_version.c.unit_id)).all())
        asked = [
            (kind, Reported(condition, units[code], {}, dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)))
            for condition in (1, 2)
            for code in ("C11", "C21")
        ]
        rules = duty.Desk(db, places.city(db)).of(db, asked)
        found = [rule.body_id for rule in rules]
        # Everywhere in the second quarter it is the territory's own.
        assert found == [bodies["clean"].id, None, bodies["roads"].id, None]
        held = db.execute(select(staff_holding)).one()
        city = places.city(db)
        assert (held.unit_id, held.post, held.person) == (units["C11"], "head", "王一")
        assert held.valid.lower == dt.datetime(2026, 1, 1, tzinfo=city.tz)


def test_a_city_without_them_has_none(engine, tmp_path):
    init_city(engine, small_city.write(tmp_path / "city"))
    with engine.connect() as db:
        for table in (duty_body, class_condition, duty_rule, staff_holding):
            assert not db.execute(select(table)).all()


def test_every_row_that_is_wrong_is_named_and_nothing_is_loaded(engine, folder):
    (folder / "duties.csv").write_text(
        "scheme,code,condition,place,body,priority\ns,09,,,clean,\ns,0101,7,,clean,\n"
        "s,01,,nowhere,clean,\n,,,,fire,\n,,,,clean,high\n",
        "utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        init_city(engine, folder)
    said = str(caught.value)
    for line, words in enumerate(
        ("there is no class '09'", "'0101' has no condition 7", "there is no unit 'nowhere'",
         "there is no duty body 'fire'", "priority must be a number from -1000 to 1000"), 2,
    ):  # fmt: skip
        assert f"duties.csv, line {line}: {words}" in said
    with engine.connect() as db:
        assert places.city(db) is None


@pytest.mark.parametrize(
    ("name", "said", "words"),
    [
        ("duty_bodies", "key,zh\na,b\n", "must have the columns key, zh, en"),
        ("duty_bodies", "", "must have the columns"),
        ("duty_bodies", "key,zh,en\na,b,c\na,b,c\n", "line 3: the key 'a' is given twice"),
        ("duty_bodies", "key,zh,en\n,b,c\n", "it has no key"),
        ("duty_bodies", "key,zh,en\na,,\n", "one of them must say something"),
        ("incident_conditions", "s,01,1,x,x,,,1,days", "no small class '01'"),
        ("incident_conditions", "s,0101,1,x,x,,,0,days", "amount must be a number from"),
        ("incident_conditions", "s,0101,1,x,x,,,nan,days", "amount must be a number from"),
        ("incident_conditions", "s,0101,1,x,x,,,1,years", "unit must be one of"),
        ("incident_conditions", "s,0101,0,x,x,,,1,days", "number must be a number from"),
        ("incident_conditions", "s,0101,,x,x,,,1,days\ns,0101,1,x,x,,,1,days", "given twice"),
        ("staff", "C11,boss,A,,2026-01-01", "post must be one of head, worker"),
        ("staff", "C11,head,,,2026-01-01", "it names no person"),
        ("staff", "C11,head,A,,soon", "since must be a day like"),
        ("staff", ",head,A,,2026-01-01", "there is no unit ''"),
    ],
)
def test_what_cannot_be_is_said(tmp_path, name, said, words):
    if name != "duty_bodies":
        said = ",".join(duties.COLUMNS[name]) + f"\n{said}\n"
    path = tmp_path / f"{name}.csv"
    path.write_text(said, "utf-8")
    classes = ClassBook((Class("s", "01", None, {}), Class("s", "0101", "01", {})))
    faults = []
    duties.read({name: path}, classes, {"C11"}, ZoneInfo("Asia/Shanghai"), faults)
    assert len(faults) == 1
    assert words in faults[0]
    assert faults[0].endswith(".")


def test_a_file_that_is_no_table_is_said(tmp_path):
    path = tmp_path / "staff.csv"
    path.write_bytes("处置".encode("gbk"))
    faults = []
    duties.read({"staff": path}, ClassBook(), None, dt.UTC, faults)
    assert "cannot be read as a UTF-8 CSV" in faults[0]


def test_taipei_names_who_answers_and_posts_of_kinds_that_its_files_hold():
    folder, faults = BOUNDARIES / "taipei", []
    with (folder / "city.toml").open("rb") as file:
        city = tomllib.load(file)
    book = classes.read(folder / city["incident_classes"])
    files = {name: folder / city[name] for name in ("duty_bodies", "duties")}
    found = duties.read(files, book, set(), ZoneInfo(city["timezone"]), faults)
    assert faults == []
    handling = settings.read(city["handling"])
    assert {body["key"] for body in found.bodies} == set(handling.posts)
    assert {rule["body_id"] for rule in found.duties} == {body["id"] for body in found.bodies}
    held = {each["columns"]["kind"].get("text") for each in city["layers"]["facilities"]}
    assert {*filter(None, handling.posts.values()), handling.own_post} <= held
