"""Addresses taken apart."""

import pytest

from benchmarks.slips import chinese
from layers.locating import writing
from layers.locating.relations import Along, Crossing, Heading, along, crossings


def taken(text):
    place = writing.take_apart(writing.plain(text))
    return ([(run.name, run.branch) for run in place.runs], place.number, place.sub, place.block,
            place.door, place.bare)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "runs", "number", "sub", "block", "door", "bare"),
    [
        ("幸福里6栋2单元", [("幸福里", "")], None, 0, "6", "2", None),
        ("幸福里六幢二單元", [("幸福里", "")], None, 0, "6", "2", None),
        ("幸福里6-2-301", [("幸福里", "")], None, 0, "6", "2", None),
        ("幸福里3栋-2单元501室", [("幸福里", "")], None, 0, "3", "2", None),
        ("幸福里A座", [("幸福里", "")], None, 0, "a", "", None),
        ("6#楼 幸福里", [("幸福里", "")], None, 0, "6", "", None),
        ("听潮路18号", [("听潮路", "")], 18, 0, "", "", None),
        ("听潮路十八号", [("听潮路", "")], 18, 0, "", "", None),
        ("聽潮路１８號", [("听潮路", "")], 18, 0, "", "", None),
        ("听潮路18", [("听潮路", "")], None, 0, "", "", 18),
        ("听潮路18号5号楼", [("听潮路", "")], 18, 0, "5", "", None),
        ("听潮路18号幸福里6栋", [("听潮路", ""), ("幸福里", "")], 18, 0, "6", "", None),
        ("河口路12号", [("河口路", "")], 12, 0, "", "", None),
        ("听潮路18号至22号", [("听潮路", "")], 18, 22, "", "", None),
        ("听潮路18~22号", [("听潮路", "")], 18, 22, "", "", None),
        ("小北街5號及5之1號", [("小北街", "")], 5, 5, "", "", None),
        ("基河路16-8號", [("基河路", "")], 16, 8, "", "", None),
        ("民權東路6段296巷48之3號1樓", [("民权东路", "6段296巷")], 48, 3, "", "", None),
        ("忠孝東路四段216巷8弄12號3樓之1", [("忠孝东路", "4段216巷8弄")], 12, 0, "", "", None),
        ("大同街313號前0.0公尺", [("大同街", "")], 313, 0, "", "", None),
        ("tingchaolu18hao", [("tingchaolu", "")], 18, 0, "", "", None),
        ("xing fu li 6 dong 2 dan yuan", [("xingfuli", "")], None, 0, "6", "2", None),
        ("No. 18 Tingchao Rd", [("tingchaolu", "")], 18, 0, "", "", None),
        ("Building 5, 18 Tingchao Road", [("tingchaolu", "")], None, 0, "5", "", 18),
    ],
)
def test_names_and_numbers_of_an_address(text, runs, number, sub, block, door, bare):
    assert taken(text) == (runs, number, sub, block, door, bare)


@pytest.mark.parametrize("text", ["", "   ", "号", "，。", "\0", "99999999999号", "第", "a" * 500])
def test_no_text_breaks_it(text):
    writing.take_apart(writing.plain(text))


@pytest.mark.parametrize("number", [*range(1, 130), 200, 208, 310, 999, 1001, 1010, 1100, 9999])
def test_numerals_are_read_as_they_are_said(number):
    assert taken(f"听潮路{chinese(number)}号")[1] == number


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("听潮路与安晏街交叉口", "听潮路", "安晏街"),
        ("聽潮路與安晏街口", "听潮路", "安晏街"),
        ("听潮路和安晏街路口", "听潮路", "安晏街"),
        ("听潮路 / 安晏街", "听潮路", "安晏街"),
        ("Tingchao Rd & Anyan St", "tingchao rd", "anyan st"),
        ("corner of Tingchao Rd and Anyan St", "tingchao rd", "anyan st"),
        ("和平路与安晏街", "和平路", "安晏街"),
    ],
)
def test_a_crossing_is_two_roads(text, one, other):
    assert next(iter(crossings(writing.plain(text)))) == Crossing(one, other)


def test_a_name_with_and_in_it_is_no_crossing():
    assert [*crossings("和港街1号")] == []
    assert [*crossings("永和路")] == []


@pytest.mark.parametrize(
    ("text", "road", "place", "metres", "heading"),
    [
        ("听潮路距安晏街300米", "听潮路", "安晏街", 300, None),
        ("听潮路距离安晏街以北约1.5公里", "听潮路", "安晏街", 1500, Heading.NORTH),
        ("从安晏街沿听潮路向东80米", "听潮路", "安晏街", 80, Heading.EAST),
        ("300 m along Tingchao Rd from Anyan St", "tingchao rd", "anyan st", 300, None),
        ("听潮路与安晏街交叉口以南50公尺", "听潮路", "听潮路与安晏街交叉口", 50, Heading.SOUTH),
    ],
)
def test_so_far_along_a_road_from_somewhere(text, road, place, metres, heading):
    assert next(iter(along(writing.plain(text)))) == Along(road, place, metres, heading)
