"""Where something is: what was typed, found in a small city and in the demo."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import Connection, insert, text

from benchmarks.slips import slip
from gis import places, tables
from layers import catalog
from layers.locating import index, spelling
from layers.locating.locate import locate
from layers.locating.located import How
from layers.locating.notation import ReadAs
from tests import builders

ROADS = (
    (1, "听潮路", "114.0 22.505, 114.04 22.505"),
    (2, "安晏街", "114.01 22.5, 114.01 22.54"),
    (3, "忠孝东路四段", "114.0 22.525, 114.04 22.525"),
    (4, "汀海路", "114.0 22.535, 114.04 22.535"),
)


@pytest.fixture(autouse=True)
def _town(db: Connection):
    units = builders.load(db)
    builders.add(
        db, catalog.get("estates"), units,
        [
            *builders.rows("estates", (0.5, 0.6), names={"zh": "幸福里", "en": "Lucky Lane"},
                           aliases=["老码头"]),
            *builders.rows("estates", (2.5, 0.6), start=2, names={"zh": "安福里", "en": "Anfuli"},
                           aliases=[]),
        ],
    )  # fmt: skip
    builders.add(
        db, catalog.get("buildings"), units,
        [
            *builders.rows("buildings", (0.2, 0.51), name="幸福里6栋",
                           address="听潮路18号幸福里6栋"),
            *builders.rows("buildings", (0.4, 0.51), start=2, name="幸福里7栋",
                           address="听潮路18号幸福里7栋"),
            *builders.rows("buildings", (1.0, 0.51), start=3, address="听潮路28号"),
            *builders.rows("buildings", (2.5, 0.6), start=4, name="安福里6栋",
                           address="汀海路2号安福里6栋"),
            *builders.rows("buildings", (3.5, 2.55), start=5, address="忠孝東路四段216巷8弄12號"),
        ],
    )  # fmt: skip
    for number, building, name in ((1, 1, "1单元"), (2, 1, "2单元")):
        lon, lat = builders.at(0.2 + number / 100, 0.51)
        door = {"id": number, "key": f"d{number}", "building_id": building, "name": name}
        door |= {"address": f"听潮路18号幸福里6栋{name}", "geom": f"SRID=4326;POINT({lon} {lat})"}
        db.execute(insert(tables.entrance), door)
    builders.add(
        db, catalog.get("facilities"), units,
        builders.rows("facilities", (1.5, 2.5), name="青霞中医诊所", kind="clinic",
                      address="听潮路38号"),
    )  # fmt: skip
    for number, name, line in ROADS:
        db.execute(
            text(
                "INSERT INTO citygrid.road (id, key, name, kind, walk, drive, oneway, length_m, "
                "geom) VALUES (:id, :key, :name, 'primary', true, true, false, 1, "
                "ST_GeomFromText(:line, 4326))"
            ),
            {"id": number, "key": f"r{number}", "name": name, "line": f"LINESTRING({line})"},
        )
    index.rebuild(db)


def found(db, what, **options):
    return locate(db, builders.CITY, what, **options)


def first(db, what, **options):
    return found(db, what, **options)[0]


@pytest.mark.parametrize(
    "what",
    ["幸福里6栋2单元", "幸福里六栋二单元", "幸福里6幢2單元", "听潮路18号幸福里6栋2单元",
     "幸福里6-2-301",
     "xing fu li 6 dong 2 dan yuan", "xfl6dong2danyuan", "幸富里6栋2单元", "福幸里6栋2单元",
     "听朝路18号幸福里6栋2单元", "Lucky Lane Building 6 Unit 2", "老码头6栋2单元"],
)  # fmt: skip
def test_an_entrance_however_it_is_typed(db, what):
    if "Lucky" in what or "老码头" in what:
        # The buildings of an estate are called by its first name.
        assert first(db, what).id == 1
        return
    place = first(db, what)
    assert (place.how, place.kind, place.id, place.building_id) == (How.ENTRANCE, "entrance", 2, 1)
    assert (place.lon, place.lat) == builders.at(0.22, 0.51)
    assert place.unit_id == 3
    assert place.within_m == 10


def test_a_door_that_is_not_there_is_its_building(db):
    place = first(db, "幸福里6栋9单元")
    assert (place.how, place.id, place.score < 1) == (How.BUILDING, 1, True)


def test_a_house_number_of_several_buildings_is_one_place_among_them(db):
    place = first(db, "听潮路18号")
    assert (place.how, place.id, place.titles["zh"]) == (How.ADDRESS, None, "听潮路18号")
    assert place.lon == pytest.approx(builders.at(0.3, 0)[0])
    assert 100 < place.within_m < 150


def test_a_house_that_has_several_numbers_has_each_of_them(db):
    db.execute(text("UPDATE citygrid.building SET address = '听潮路60-66号' WHERE id = 3"))
    index.refresh(db, "buildings", [3])
    assert [first(db, f"听潮路{n}号").id for n in (60, 62, 66)] == [3, 3, 3]
    assert first(db, "听潮路60号至66号").score == 1
    assert first(db, "听潮路68号").id is None
    # More than any house has.
    assert first(db, "听潮路357049号").id is None


def test_a_house_number_that_nobody_has_is_between_those_beside_it(db):
    place = first(db, "听潮路23号")
    assert (place.how, place.titles["zh"]) == (How.BETWEEN, "听潮路23号")
    assert builders.at(0.4, 0)[0] < place.lon < builders.at(1.0, 0)[0]
    assert place.within_m < 600


def test_the_address_of_a_facility_is_one(db):
    place = first(db, "听潮路38号")
    assert (place.how, (place.lon, place.lat)) == (How.ADDRESS, builders.at(1.5, 2.5))


def test_section_lane_and_alley(db):
    assert first(db, "忠孝东路4段216巷8弄12号3楼之1").id == 5
    assert first(db, "忠孝東路四段216巷8弄12號").id == 5
    lane = first(db, "忠孝东路四段")
    assert lane.how is How.ROAD


def _write_as_taipei_does(db):
    db.execute(text("UPDATE citygrid.road SET name = '忠孝東路四段' WHERE id = 3"))
    db.execute(text("UPDATE citygrid.road SET name = '復興南路一段' WHERE id = 2"))
    db.execute(
        text("UPDATE citygrid.building SET address = '忠孝東路四段２１６巷８號' WHERE id = 1")
    )
    db.execute(
        text("UPDATE citygrid.building SET address = '忠孝東路四段２１６巷８號' WHERE id = 2")
    )
    db.execute(text("UPDATE citygrid.building SET address = '汀州路三段十二之1號' WHERE id = 3"))
    db.execute(text("UPDATE citygrid.facility SET address = '和平東路二段106號' WHERE id = 1"))
    index.rebuild(db)


@pytest.mark.parametrize(
    ("what", "how", "title"),
    [
        ("忠孝东路4段", How.ROAD, "忠孝東路四段"),
        ("zhong xiao dong lu 4 duan", How.ROAD, "忠孝東路四段"),
        ("忠孝东路四段与复兴南路一段交叉口", How.CROSSING, "忠孝東路四段 × 復興南路一段"),
        ("忠孝东路四段距复兴南路一段300米", How.ALONG, "忠孝東路四段"),
        ("忠孝东路4段216巷8号", How.ADDRESS, "忠孝東路四段２１６巷８號"),
        ("忠孝东路4段216巷10号", How.BETWEEN, "忠孝東路四段２１６巷10號"),
        ("汀州路三段20号", How.BETWEEN, "汀州路三段20號"),
        ("和平东路2段106号", How.ADDRESS, "和平東路二段106號"),
    ],
)
def test_a_place_is_called_as_the_city_writes_it_however_it_is_typed(db, what, how, title):
    _write_as_taipei_does(db)
    place = first(db, what)
    assert (place.how, place.titles) == (how, {"zh": title, "en": title})


@pytest.mark.parametrize(
    "name", ["忠孝东路", "忠孝东路4段", "忠孝东路4段216巷", "103号", "忠孝东路4段216巷7弄3号"]
)
def test_a_name_is_spelt_by_a_text_it_stands_in(name):
    texts = ["臺北市大安區忠孝東路四段216巷8弄12號", "一百零三號"]
    assert (
        spelling.spelt(name, texts)
        == {
            "忠孝东路": "忠孝東路",
            "忠孝东路4段": "忠孝東路四段",
            "忠孝东路4段216巷": "忠孝東路四段216巷",
            "103号": "一百零三號",
            "忠孝东路4段216巷7弄3号": "忠孝東路四段216巷7弄3號",
        }[name]
    )
    assert spelling.spelt(name, []) == name


@pytest.mark.parametrize(
    "what", ["青霞中医诊所", "青霞诊所", "qingxiazhongyizhensuo", "qxzyzs", "情霞中医诊所"]
)
def test_a_facility_by_its_name(db, what):
    assert (first(db, what).how, first(db, what).id) == (How.FACILITY, 1)


def test_units_and_buildings_by_their_codes(db):
    assert (first(db, "C12").how, first(db, "C12").id) == (How.UNIT, 4)
    key = db.scalar(text("SELECT key FROM citygrid.building WHERE id = 3"))
    assert [(p.how, p.id) for p in found(db, key) if p.kind == "building"] == [(How.CODE, 3)]


@pytest.mark.parametrize(
    "what",
    ["听潮路与安晏街交叉口", "安晏街 / 聽潮路", "听潮路和安晏街路口", "Tingchao Rd & Anyan St"],
)
def test_a_crossing(db, what):
    place = first(db, what)
    assert place.how is How.CROSSING
    assert (place.lon, place.lat) == pytest.approx((114.01, 22.505), abs=1e-6)


def test_roads_that_do_not_meet_have_no_crossing(db):
    assert How.CROSSING not in [place.how for place in found(db, "听潮路与汀海路交叉口")]


def test_so_far_along_a_road_both_ways_or_one(db):
    both = found(db, "听潮路距安晏街300米")
    assert [place.how for place in both] == [How.ALONG, How.ALONG]
    degrees = 300 / (111_320 * 0.9238)
    assert sorted(p.lon for p in both) == pytest.approx(
        [114.01 - degrees, 114.01 + degrees], abs=2e-5
    )
    (east,) = found(db, "听潮路距安晏街以东300米")
    assert east.lon == pytest.approx(114.01 + degrees, abs=2e-5)
    assert east.lat == pytest.approx(22.505, abs=5e-6)


def test_coordinates_say_how_they_were_read_and_whether_they_lie_outside(db):
    inside, *doubtful = found(db, "114.005, 22.505")
    assert (inside.how, inside.unit_id, inside.read_as) == (How.COORDINATES, 3, ReadAs.DEGREES)
    assert [place.read_as for place in doubtful] == [ReadAs.MAYBE_GCJ02, ReadAs.MAYBE_BD09]
    assert first(db, "22.505, 114.005").unit_id == 3
    assert first(db, "118.10, 24.50").is_outside
    abroad = replace(builders.CITY, timezone="Asia/Taipei")
    assert len(locate(db, abroad, "114.005, 22.505")) == 1


def test_of_two_that_fit_alike_the_nearer_comes_first(db):
    # One letter away from both.
    assert {first(db, "平福里6栋", near=builders.at(*at)).id for at in ((0.5, 0.5),)} == {1}
    assert {first(db, "平福里6栋", near=builders.at(*at)).id for at in ((2.5, 0.5),)} == {4}
    assert first(db, "平福里6栋").is_doubtful


def test_a_part_of_the_city_before_an_address(db):
    assert first(db, "C1区听潮路28号").id == 3
    assert first(db, "C1区听潮路28号").score == 1
    assert first(db, "C2区听潮路28号").score < 1


@pytest.mark.parametrize(
    "what", ["", "  ", "%", "'", "\0", "(..)", "𠮷", "zzzzzz", "你好世界", "a" * 500]
)
def test_nothing_is_found_of_what_nobody_is_called(db, what):
    assert found(db, what) == []


def test_an_import_that_changes_a_name_changes_what_is_found(db):
    db.execute(text("UPDATE citygrid.building SET address = '新园路7号' WHERE id = 3"))
    assert first(db, "听潮路28号").id == 3
    index.refresh(db, "buildings", [3])
    assert first(db, "新园路7号").id == 3
    assert first(db, "听潮路28号").how is How.BETWEEN


def test_what_went_is_not_found_though_it_is_still_written_down(db):
    db.execute(text("DELETE FROM citygrid.building WHERE id = 3"))
    assert [place for place in found(db, "听潮路28号") if place.id == 3] == []


def test_an_older_city_is_written_down_once(db):
    assert not index.fill_if_empty(db)
    db.execute(text("DELETE FROM citygrid.place_spot"))
    assert index.fill_if_empty(db)
    assert first(db, "听潮路28号").id == 3


def test_addresses_of_the_demo_typed_with_slips(demo):
    """The same over two thousand of the demo district: `python -m benchmarks locating`."""
    rng = random.Random(6)
    with demo.connect() as db:
        city = places.city(db)
        doors = db.execute(text("SELECT building_id, address FROM citygrid.entrance ORDER BY id"))
        doors = doors.all()
        ranks = []
        for _ in range(150):
            building, address = rng.choice(doors)
            typed, _kind = slip(address, rng)
            answer = [place.building_id or place.id for place in locate(db, city, typed, limit=5)]
            ranks.append(answer.index(building) if building in answer else 5)
    assert sum(rank == 0 for rank in ranks) >= 0.98 * len(ranks)
    assert sum(rank < 5 for rank in ranks) >= 0.995 * len(ranks)


def test_no_text_breaks_it(db):
    """Pieces of addresses in any order, with signs of every grammar between them."""
    rng = random.Random(8)
    pieces = (
        *"听潮路安晏街幸福里号栋单元巷弄段与距米东0123456789-之,./&%'\"\\()°′″#十百千零",
        "听潮路", "幸福里", "tingchao", "rd", "lane", "no.", "from", "along", "300m", "公里",
        "\x00", "\n",
        "99999999999999", "1e999", "nan", "C1区", "gcj02", "https://", "²", "⑤",
        "𠮷", "🏠", "İ", "ß",
    )  # fmt: skip
    for _ in range(400):
        what = "".join(rng.choice(pieces) for _ in range(rng.randint(1, 14)))
        for place in found(db, what):
            assert 0 <= place.score <= 1, what
            assert place.titles["zh"], what
