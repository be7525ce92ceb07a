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
from layers.handling import case as reading
from layers.locating import index
from tests.dashboard import signing
from tests.layers.handling.handling_town import HERE, THERE, Town
from tests.town import built

HEAD = ("工单编号", "受理时间", "问题分类", "诉求标题", "诉求内容", "诉求地址", "经度", "纬度",
        "诉求人", "联系电话", "是否保密")  # fmt: skip
TODAY = f"{dt.datetime.now(dt.UTC) - dt.timedelta(hours=20):%Y-%m-%d %H:%M}"
FAR = (HERE[0] + 0.3, HERE[1])


@pytest.fixture
def town(server):
    with built(Town, server) as town:
        with town.engine(Role.OWNER).begin() as db:
            index.rebuild(db)
            signing.hire(db, "elsewhere", Post.INTAKE, unit_id=7)
        yield town


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
    assert told["read"] == sum(
        told[v] for v in ("reported", "waiting", "known", "changed", "refused")
    )
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
    assert (row["placed_by"], row["placed_as"]) == ("coordinates", "degrees")
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
    assert verdicts(again) == [("A3", "reported"), ("A1", "changed")]
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
    assert verdicts(bring(intake, line("D2", at=FAR))) == [("D2", "known")]
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
        "updated": 0,
    }  # fmt: skip


STATED = (*HEAD, "工单状态", "办结时限")


def stated(number, status="处理中", deadline="2026-12-05", **more):
    return (*line(number, **more), status, deadline)


def stated_again(client, *lines, **given):
    return bring(client, *lines, head=STATED, **given)


def history(town, key):
    """The steps of an incident, what was said about it, and where it is."""
    with town.engine(Role.OWNER).connect() as db:
        values = {"key": key}
        steps = db.execute(
            text("SELECT act, details, s.version FROM citygrid.incident_step s JOIN "
                 "citygrid.incident i ON i.id = s.incident_id WHERE key = :key ORDER BY s.id"),
            values,
        ).all()  # fmt: skip
        said = db.scalars(
            text("SELECT c.text FROM citygrid.incident_comment c JOIN citygrid.incident i "
                 "ON i.id = c.incident_id WHERE key = :key ORDER BY c.id"), values,
        ).all()  # fmt: skip
        row = db.execute(
            text("SELECT title, stage, due_at, ST_X(geom) lon, ST_Y(geom) lat, unit_id, version, "
                 "placed_by FROM citygrid.incident WHERE key = :key"), values,
        ).one()  # fmt: skip
    return [tuple(step) for step in steps], list(said), row


def test_what_the_hotline_changes_is_told_in_the_case_and_writes_nothing_over(town, intake):
    key = stated_again(intake, stated("J1"))["rows"][0]["key"]
    with town.acting("intake") as (db, _):
        from_now = reading.by_key(db, key, dt.datetime.now(dt.UTC))
    town.act("intake", from_now, "register", now=dt.datetime.now(dt.UTC))
    _, said, before = history(town, key)
    assert len(said) == 1
    assert verdicts(stated_again(intake, stated("J1"))) == [("J1", "known")]
    later = stated_again(
        intake, stated("J1", status="已办结", deadline="2026-12-09 18:00", title="路灯全灭")
    )
    (row,) = later["rows"]
    assert (row["verdict"], row["key"]) == ("changed", key)
    for word in ("Row 2 (J1)", "title", "what is said", "status", "deadline", key):
        assert word in row["said"], row
    steps, said, after = history(town, key)
    assert [step[0] for step in steps] == ["report", "register", "hotline_changed"]
    fields = ["title", "text", "status", "deadline"]
    assert set(steps[-1][1]["fields"]) == set(fields)
    assert steps[-1][2] == before.version
    assert after == before
    for words in ("标题: 路灯全灭", "状态: 处理中 → 已办结", "2026-12-05 00:00 → 2026-12-09 18:00"):
        assert words in said[-1]
    # The same file twice stays harmless; so does one without these columns.
    body = book(stated("J1", "已办结", "2026-12-09 18:00", title="路灯全灭"), head=STATED)
    assert verdicts(bring(intake, body)) == [("J1", "known")]
    bare = [column for column in HEAD if column != "诉求内容"]
    short = [cell for column, cell in zip(HEAD, line("J1", title="路灯全灭"), strict=True)
             if column != "诉求内容"]  # fmt: skip
    assert verdicts(bring(intake, short, head=bare)) == [("J1", "known")]
    assert history(town, key)[:2] == (steps, said)
    assert waiting(intake) == []
    subject = "SELECT login FROM citygrid.audit WHERE details ->> 'act' = 'hotline_changed'"
    assert town.scalar(subject) == "intake"
    town.assert_counted()


def test_a_place_that_changed_waits_and_is_moved_or_left(town, page, intake):
    keys = [row["key"] for row in bring(intake, *(line(f"K{n}") for n in range(3)))["rows"]]
    # A metre is no other place.
    near = (HERE[0] + 1e-5, HERE[1])
    told = bring(intake, line("K0", at=THERE), line("K1", at=THERE), line("K2", at=near))
    assert [each["verdict"] for each in told["rows"]] == ["changed"] * 3
    assert "Confirm below" in told["rows"][0]["said"]
    found = {each["number"]: each for each in waiting(intake)}
    assert sorted(found) == ["K0", "K1"]
    assert found["K0"]["moves"]
    assert "changed its place" in found["K0"]["why"]
    was = history(town, keys[0])[2]
    assert (round(was.lon, 6), round(was.lat, 6)) == tuple(round(each, 6) for each in HERE)
    # Where it is reported is whose it is to decide.
    sent = {"lon": THERE[0], "lat": THERE[1], "scheme": "s", "small": "0101"}
    path = f"/incidents/hotline/{found['K0']['id']}/confirm?language=en"
    assert other(page, "elsewhere").post(path, json=sent).status_code == 403
    made = intake.post(path, json=sent)
    assert (made.status_code, made.json()["key"]) == (201, keys[0])
    now = history(town, keys[0])[2]
    assert (round(now.lon, 6), now.version, now.placed_by) == (round(THERE[0], 6), 1, "pin")
    assert now.unit_id != was.unit_id
    away = f"/incidents/hotline/{found['K1']['id']}/drop"
    assert intake.post(away, json={"reason": "地址写错"}).status_code == 204
    assert history(town, keys[1])[2].version == 0
    assert waiting(intake) == []
    assert town.count() == 3
    # It stays known, and changes again.
    assert verdicts(bring(intake, line("K1", at=THERE))) == [("K1", "known")]
    assert verdicts(bring(intake, line("K1"))) == [("K1", "changed")]
    assert waiting(intake) == []
    town.assert_counted()


def test_a_closed_case_hears_of_it_and_is_not_moved(town, intake):
    key = bring(intake, line("L1"))["rows"][0]["key"]
    now = dt.datetime.now(dt.UTC)
    with town.acting("intake") as (db, _):
        case = reading.by_key(db, key, now)
    town.act("intake", case, "refuse", now=now, reason="none there")
    assert verdicts(bring(intake, line("L1", at=THERE))) == [("L1", "changed")]
    assert waiting(intake) == []
    assert history(town, key)[0][-1][0] == "hotline_changed"


def test_what_waits_says_what_the_hotline_said_last_and_what_was_put_away_comes_back(town, intake):
    bring(intake, line("M1", at=None, address="没有这个地方"), line("M2", at=FAR))
    first = {each["number"]: each["id"] for each in waiting(intake)}
    away = f"/incidents/hotline/{first['M2']}/drop"
    assert intake.post(away, json={"reason": "外区"}).status_code == 204
    told = bring(intake, line("M1", title="改了"), line("M2", title="也改了"))
    assert verdicts(told) == [("M1", "changed"), ("M2", "changed")]
    found = {each["number"]: each for each in waiting(intake)}
    assert {number: each["title"] for number, each in found.items()} == {
        "M1": "改了", "M2": "也改了",
    }  # fmt: skip
    assert "changed it since" in found["M1"]["why"]
    assert town.count() == 0
    sent = {"lon": HERE[0], "lat": HERE[1], "scheme": "s", "small": "0101"}
    path = f"/incidents/hotline/{found['M1']['id']}/confirm"
    assert intake.post(path, json=sent).status_code == 201
    assert town.scalar("SELECT phone FROM citygrid.incident_reporter") == "13900000001"
    # How far the hotline is with what is none of the city's brings it back to nobody.
    intake.post(f"/incidents/hotline/{found['M2']['id']}/drop", json={"reason": "外区"})
    assert verdicts(stated_again(intake, stated("M2", title="也改了"))) == [("M2", "known")]
    done = stated("M2", "已办结", title="也改了")
    assert verdicts(stated_again(intake, done)) == [("M2", "known")]
    assert waiting(intake) == []


def test_an_order_of_before_changes_from_now_on(town, intake):
    key = bring(intake, line("N1"))["rows"][0]["key"]
    with town.engine(Role.OWNER).begin() as db:
        db.execute(text("UPDATE citygrid.hotline_order SET said = NULL"))
    assert verdicts(bring(intake, line("N1", title="改了"))) == [("N1", "known")]
    assert verdicts(bring(intake, line("N1", title="又改了"))) == [("N1", "changed")]
    assert len(history(town, key)[1]) == 2


def test_two_who_bring_the_same_change_tell_it_once(town, page):
    clients = [page[0], other(page, "elsewhere")]
    bring(clients[0], *(line(f"O{n}") for n in range(30)))
    body = book(*(line(f"O{n}", title="改了") for n in range(30)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        told = [*pool.map(lambda client: bring(client, body), clients)]
    assert sum(each["changed"] for each in told) == 30
    assert sum(each["known"] for each in told) == 30
    steps = "SELECT count(*) FROM citygrid.incident_step WHERE act = 'hotline_changed'"
    assert town.scalar(steps) == 30
