import tomllib

import pandas as pd
import pytest

from importers import plan
from importers.sources import Column, Rule
from tests.importers import small_city
from tests.importers.small_city import TOML


@pytest.fixture
def parse(tmp_path):
    folder = small_city.write(tmp_path / "squares")

    def parse(toml):
        faults = []
        _, found = plan.parse(tomllib.loads(toml), folder, folder, faults)
        return found, faults

    return parse


def test_a_plan_says_where_everything_comes_from(parse):
    found, faults = parse(TOML)
    assert faults == []
    assert list(found.levels) == ["city", "quarter", "square"]
    assert found.levels["city"].written == ({"code": "C", "name_zh": "方城", "name_en": "Squares"},)
    assert found.levels["square"].source.columns["name_en"] == Column("Square {code}")
    assert list(found.zonings) == ["beats"]
    [clinics] = found.layers["facilities"]
    assert clinics.columns["kind"] == Column("clinic", is_constant=True)
    assert clinics.prefix == "clinic:"
    assert clinics.reject == (Rule("名称", contains=("测试",), reason="a test"),)
    assert found.census.people == {"male": "people_male", "female": "people_female"}
    assert found.states["people"].as_of == "2020-11-01"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('prefix = "clinic:"', 'prefixes = "x"', "'layers.facilities[1].prefixes' is not known"),
        ('key = "id", floors', 'colour = "id", floors', "buildings have no 'colour'. There are"),
        ('{ text = "clinic" }', "{ txt = 1 }", "columns.kind must be a column's name or"),
        ('code = "code", parent = "parent", name_zh', "name_zh", "must say what 'code' is"),
        ('file = "beats.geojson"', 'file = "none.shp"', "There is no file"),
        ('people = { male = "m"', 'persons = { male = "m"', "census must say"),
        ("[states.people]", "[states.pets]", "states: no layer is called 'pets'"),
        ('column = "名称", contains', 'column = "称呼", contains', "has no column '称呼'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(parse, old, new, fault):
    assert old in TOML
    _, faults = parse(TOML.replace(old, new))
    assert any(fault in found for found in faults), faults


def test_columns_are_filled_from_one_from_several_and_from_none():
    frame = pd.DataFrame({"day": ["20240101", None], "time": [93000.0, None], "k": ["甲", "乙"]})
    assert Column.named("k").fill(frame).tolist() == ["甲", "乙"]
    assert Column("{day} {time}").fill(frame).tolist() == ["20240101 93000", " "]
    assert Column("{x}", is_constant=True).fill(frame).tolist() == ["{x}", "{x}"]
    mapped = Column("{k}", {"甲": "a"})
    assert mapped.fill(frame).tolist() == ["a", "乙"]
    assert Column("{k}", {"甲": "a"}, "other").fill(frame).tolist() == ["a", "other"]
    assert Column("{k}", {}, "other").needs == ("k",)


def test_rules_tell_rows_apart():
    frame = pd.DataFrame({"k": ["甲测试", "乙", None]})
    assert Rule("k", values=("乙",)).holds(frame).tolist() == [False, True, False]
    assert Rule("k", contains=("测试",)).holds(frame).tolist() == [True, False, False]
