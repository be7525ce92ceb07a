"""The hotline's daily table: every row has its verdict, and none is reported twice."""

import concurrent.futures
import datetime as dt
import io
import json

import pytest
import xlsxwriter
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis.access.posts import Post
from gis.database import Role
from layers.locating import index
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.layers.handling.handling_town import HERE, THERE, Town

HEAD = ("工单编号", "受理时间", "问题分类", "诉求标题", "诉求内容", "诉求地址", "经度", "纬度",
        "诉求人", "联系电话", "是否保密")  # fmt: skip
TODAY = f"{dt.datetime.now(dt.UTC) - dt.timedelta(hours=20):%Y-%m-%d %H:%M}"
FAR = (HERE[0] + 0.3, HERE[1])


@pytest.fixture
def town(server):
    copy = clone(server, "citygrid_template")
    town = Town(copy)
    with town.engine(Role.OWNER).begin() as db:
        index.rebuild(db)
        signing.hire(db, "elsewhere", Post.INTAKE, unit_id=7)
    yield town
    town.close()
    drop(copy)


@pytest.fixture
def page(town):
    door = signing.door_of(town.engine(Role.OWNER))
    app = create_app(town.engine(Role.APP), door, office=Office(town.engine(Role.ENGINE)))
    with signing.client_of(app, door, "intake") as client:
        yield client, door
    door.close()


@pytest.fixture
def intake(page):
    return page[0]


def other(page, login):
    client, door = page
    return signing.client_of_token(client, door, signing.token_for(door, login))


def line(number, at=HERE, *, when=TODAY, kind="0101", title="路灯不亮", address="", secret="否"):
    lon, lat = at or ("", "")
    return (number, when, kind, title, f"{title}，请处理", address, lon, lat, "郑重其",
            "13900000001", secret)  # fmt: skip


def book(*lines, head=HEAD, above=()):
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file)
    sheet = made.add_worksheet()
    for n, row in enumerate([*above, head, *lines]):
        sheet.write_row(n, 0, row)
    made.close()
    return file.getvalue()


def bring(client, *lines, file="12345.xlsx", **given):
    body = lines[0] if lines and isinstance(lines[0], bytes) else book(*lines, **given)
    answer = client.post(f"/incidents/hotline?file={file}&language=en", content=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["read"] == sum(told[v] for v in ("reported", "waiting", "known", "refused"))
    return told


def verdicts(told):
    return [(each["number"], each["verdict"]) for each in told["rows"]]


def waiting(client):
    return client.get("/incidents/hotline?language=en").json()["waiting"]


def test_what_is_sure_is_reported_with_class_time_caller_and_words(town, intake):
    told = bring(intake, line("A1"), above=[("二〇二六年热线日报",)])
    assert verdicts(told) == [("A1", "reported")]
    with town.engine(Role.OWNER).connect() as db:
        row = db.execute(text("SELECT * FROM citygrid.incident")).mappings().one()
        who = db.execute(text("SELECT name, phone FROM citygrid.incident_reporter")).one()
        said = db.scalar(text("SELECT text FROM citygrid.incident_comment"))
        left = db.scalar(text("SELECT count(*) FROM citygrid.hotline_caller"))
    assert (row["scheme"], row["small"], row["source"]) == ("s", "0101", "hotline")
    assert (row["title"], row["key"]) == ("路灯不亮", told["rows"][0]["key"])
    assert row["placed_by"] == "coordinates"
    assert row["unit_id"] == 3
    assert f"{row['reported_at'].astimezone(town.city.tz):%Y-%m-%d %H:%M}" == TODAY
    assert tuple(who) == ("郑重其", "13900000001")
    assert said == "路灯不亮，请处理"
    assert left == 0
    town.assert_counted()


def test_the_same_file_again_and_one_that_overlaps_change_nothing(town, page, intake):
    body = book(line("A1"), line("A2", at=None, address="没有这个地方"))
    assert verdicts(bring(intake, body)) == [("A1", "reported"), ("A2", "waiting")]
    assert verdicts(bring(intake, body)) == [("A1", "known"), ("A2", "known")]
    # Whoever brings it, whatever it is called, with whatever else.
    again = bring(other(page, "elsewhere"), line("A3"), line("A1", title="改了"), file="b.csv.xlsx")
    assert verdicts(again) == [("A3", "reported"), ("A1", "known")]
    assert town.count() == 2
    assert town.scalar("SELECT count(*) FROM citygrid.hotline_order") == 3


def test_two_who_bring_the_same_at_once_report_it_once(town, page):
    body = book(*(line(f"B{n}") for n in range(40)))
    clients = [page[0], other(page, "elsewhere")]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        told = [*pool.map(lambda client: bring(client, body), clients)]
    assert sum(each["reported"] for each in told) == 40
    assert sum(each["known"] for each in told) == 40
    assert town.count() == 40
    town.assert_counted()


def test_every_bad_row_is_one_sentence_and_the_others_go_on(intake):
    told = bring(
        intake, line(""), line("C1"), line("C1", title="again"), line("C2", when="昨天下午"),
        line("C3", when="2019-01-01 10:00"), line("C4", secret="也许"), line("C5", at=THERE),
    )  # fmt: skip
    assert [each["verdict"] for each in told["rows"]] == [
        "refused", "reported", "refused", "refused", "refused", "refused", "reported",
    ]  # fmt: skip
    said = [each["said"] for each in told["rows"] if each["verdict"] == "refused"]
    for each, wanted in zip(
        said,
        ("Row 2: it has no order number (column 工单编号)", "Row 4: the order C1 stands in row 3",
         "Row 5: the time '昨天下午' (column 受理时间)", "Row 6 (C3): The time of the report",
         "Row 7: '也许' (column 是否保密)"),
        strict=True,
    ):  # fmt: skip
        assert each.startswith(wanted), each
        assert each.endswith(".")
    # Put right, it comes again.
    assert verdicts(bring(intake, line("C3"), line("C4"))) == [
        ("C3", "reported"), ("C4", "reported"),
    ]  # fmt: skip


def test_what_is_doubtful_waits_and_is_confirmed_moved_or_put_away(town, intake):
    told = bring(
        intake, line("D1", at=None, address="没有这个地方"), line("D2", at=FAR),
        line("D3", kind="稀奇古怪"), line("D4", at=None),
    )  # fmt: skip
    assert {each["verdict"] for each in told["rows"]} == {"waiting"}
    found = {each["number"]: each for each in waiting(intake)}
    why = [found[n]["why"].partition("): ")[2].split(".")[0] for n in sorted(found)]
    assert why == [
        "“没有这个地方” is not found", "“” lies outside the city",
        "the class “稀奇古怪” is not known here", "it has no address",
    ]  # fmt: skip
    assert town.count() == 0
    assert "13900000001" not in intake.get("/incidents/hotline").text

    def confirm(number, place=HERE, kind="0102"):
        sent = {"lon": place[0], "lat": place[1], "scheme": "s", "small": kind}
        path = f"/incidents/hotline/{found[number]['id']}/confirm?language=en"
        return intake.post(path, json=sent)

    made = confirm("D3")
    assert made.status_code == 201
    assert town.read(made.json()["id"]).small == "0102"
    assert "meanwhile" in confirm("D3").json()["error"]
    assert "outside" in confirm("D1", FAR).json()["error"]
    assert confirm("D1", THERE).status_code == 201
    away = f"/incidents/hotline/{found['D2']['id']}/drop"
    assert intake.post(away, json={"reason": "外区"}).status_code == 204
    assert [each["number"] for each in waiting(intake)] == ["D4"]
    assert town.scalar("SELECT count(*) FROM citygrid.incident_reporter") == 2
    assert town.scalar("SELECT count(*) FROM citygrid.hotline_caller") == 1
    # What the hotline's word for the class means is known from now on.
    assert verdicts(bring(intake, line("D5", kind="稀奇古怪"))) == [("D5", "reported")]
    # And what was decided on does not come back.
    assert verdicts(bring(intake, line("D2"))) == [("D2", "known")]
    town.assert_counted()


def test_columns_are_asked_for_once_and_kept(town, intake):
    odd = ("甲", "乙", "丙", "丁", "戊", "己", "经度", "纬度", "庚", "辛", "壬")
    body = book(line("E1"), head=odd)
    answer = intake.post("/incidents/hotline?file=x.xlsx&language=en", content=body)
    assert "no column is known to hold: Order number, Title, Address" in answer.json()["error"]
    asked = intake.post("/incidents/hotline/columns?file=x.xlsx&language=en", content=body).json()
    assert set(asked["missing"]) == {"number", "title", "address"}
    assert asked["columns"] == list(odd)
    named = dict(zip([each["name"] for each in asked["fields"]], [""] * 20, strict=False))
    named |= {"number": "甲", "reported_at": "乙", "small": "丙", "title": "丁", "address": "己"}
    told = intake.post(
        "/incidents/hotline", params={"file": "x.xlsx", "columns": json.dumps(named)}, content=body
    ).json()
    assert verdicts(told) == [("E1", "reported")]
    assert verdicts(bring(intake, line("E2"), head=odd)) == [("E2", "reported")]
    asked = intake.post("/incidents/hotline/columns?file=x.xlsx", content=body).json()
    assert (asked["kept"], asked["missing"]) == (True, [])


def test_classes_are_known_by_code_name_or_the_end_of_a_path(town, intake):
    with town.engine(Role.OWNER).begin() as db:
        db.execute(
            text("""UPDATE citygrid.incident_class SET names = '{"zh": "暴露垃圾", "en": "Waste"}'
                    WHERE code = '0102'""")
        )
    bring(intake, line("F1", kind="市容环境/暴露垃圾"), line("F2", kind="waste"), line("F3"))
    kinds = town.scalar("SELECT string_agg(small, ' ' ORDER BY id) FROM citygrid.incident")
    assert kinds == "0102 0102 0101"


def test_what_waits_is_seen_and_decided_by_who_registers_there(town, page, intake):
    bring(intake, line("G1", kind="稀奇古怪"), line("G2", at=None))
    here = {each["number"]: each["id"] for each in waiting(intake)}
    stranger = other(page, "elsewhere")
    # Where it lies in nobody's units as far as is known, whoever registers may look.
    assert [each["number"] for each in waiting(stranger)] == ["G2"]
    sent = {"lon": HERE[0], "lat": HERE[1], "scheme": "s", "small": "0101"}
    assert stranger.post(f"/incidents/hotline/{here['G1']}/confirm", json=sent).status_code == 403
    assert (
        stranger.post(f"/incidents/hotline/{here['G1']}/drop", json={"reason": "x"}).status_code
        == 403
    )
    for login in ("dispatcher", "head", "planner"):
        client = other(page, login)
        assert client.get("/incidents/hotline").status_code == 403
        assert client.post("/incidents/hotline?file=x.csv", content=b"x").status_code == 403
    with town.acting("planner", Role.APP) as (db, _):
        assert db.scalar(text("SELECT count(*) FROM citygrid.hotline_order")) == 0


def test_a_secret_case_is_one_about_a_person(town, intake):
    bring(intake, line("H1", secret="是"))
    with town.acting("planner", Role.APP) as (db, _):
        assert db.scalar(text("SELECT count(*) FROM citygrid.seen_incident")) == 0


@pytest.mark.parametrize(
    ("body", "file", "said"),
    [
        (b"", "x.csv", "empty"),
        (b"PK\x03\x04 no archive", "x.xlsx", "no readable workbook"),
        (b"x", "x.exe", "XLSX, XLS or CSV"),
        (b"x", "../../etc/passwd", "XLSX, XLS or CSV"),
        ("工单编号,标题,地址\n".encode(), "x.csv", "header but no rows"),
        (b"a,b\n1,2\n", "x.csv", "no column is known"),
        (b"x" * 10_000_001, "x.csv", "more than 10 MB"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(intake, body, file, said):
    answer = intake.post(
        "/incidents/hotline", params={"file": file, "language": "en"}, content=body
    )
    assert answer.status_code in (400, 422), answer.text
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    "columns", ["{", "[]", '{"x": "y"}', '{"number": 3}', '{"number": "\\u0000"}']
)
def test_columns_that_are_none_are_refused(intake, columns):
    answer = intake.post(
        "/incidents/hotline", params={"file": "x.csv", "columns": columns}, content=b"a\n1\n"
    )
    assert answer.status_code in (400, 422)


def test_what_was_brought_is_in_the_audit(town, intake):
    bring(intake, line("I1"), line(""), line("I2", at=None))
    details = town.scalar("SELECT details FROM citygrid.audit WHERE act = 'import'")
    assert details == {
        "file": "12345.xlsx", "read": 3, "inserted": 1, "waiting": 1, "unchanged": 0, "rejected": 1,
    }  # fmt: skip
