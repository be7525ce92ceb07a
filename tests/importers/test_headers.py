import pytest

from gis.errors import FileError
from importers import never_held
from importers.headers import match
from layers import catalog


def test_columns_are_known_by_synonyms_in_either_script_any_width_and_case():
    found = match(
        ["設施名稱", "ＴＥＬ", "類別", "容納人數（人）", "顏色"], catalog.get("facilities"), {}
    )
    assert found.fields == {
        "kind": "類別",
        "name": "設施名稱",
        "phone": "ＴＥＬ",
        "capacity": "容納人數（人）",
    }
    assert found.unused == ("顏色",)


def test_names_cut_at_ten_bytes_are_known():
    found = match(["楼栋编", "所属小"], catalog.get("buildings"), {})
    assert found.fields == {"key": "楼栋编", "estate_id": "所属小"}


def test_a_running_number_is_no_key():
    found = match(["序号", "名称"], catalog.get("facilities"), {})
    assert found.fields == {"name": "名称"}
    told = match(["序号", "名称"], catalog.get("facilities"), {"key": "序号"})
    assert told.fields == {"key": "序号", "name": "名称"}


def test_what_the_user_names_must_exist():
    with pytest.raises(FileError, match=r"no field 'colour'. There are: key, unit_id"):
        match(["a"], catalog.get("facilities"), {"colour": "a"})
    with pytest.raises(FileError, match=r"no column 'b'. There are: a."):
        match(["a"], catalog.get("facilities"), {"name": "b"})


def test_columns_that_are_never_held_are_found():
    headers = [
        "姓名",
        "民族",
        "政治面貌",
        "宗教信仰",
        "前科",
        "Ethnic group",
        "face_id",
        "地址",
        "surface",
    ]
    assert never_held.find(headers, "people") == {
        "民族": "ethnicity",
        "政治面貌": "politics",
        "宗教信仰": "religion",
        "前科": "criminal history",
        "Ethnic group": "ethnicity",
        "face_id": "biometrics",
    }
    assert never_held.find(["religion", "terrace"], "buildings") == {}
