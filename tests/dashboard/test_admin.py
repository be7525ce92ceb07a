"""Administration as people use it: what is mistyped is told and kept, and nobody locks all out."""

import datetime as dt
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from dashboard.admin import desk
from dashboard.app import create_app
from dashboard.door import now
from gis.access import holdings, ways_in
from gis.access.posts import Post
from gis.database import Role, Server
from gis.errors import ForbiddenError
from tests import builders
from tests.conftest import clone, drop
from tests.dashboard import signing

ZH = {"accept": "text/html", "accept-language": "zh"}


@pytest.fixture(scope="module")
def town(server):
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        builders.load(db)
        for post in (Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.AUDITOR):
            signing.hire(db, post.value, post)
        signing.hire(db, "guest")
    yield owner
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def served(town):
    door = signing.door_of(town)
    engine = Server(town.url, is_private=True).engine(Role.APP, pool_size=3)
    yield create_app(engine, door), door
    door.close()
    engine.dispose()
    door.close()


@pytest.fixture
def as_(served):
    """Return somebody's client, by his login."""

    @contextmanager
    def client(login) -> Iterator:
        with signing.client_of(*served, login) as one:
            yield one

    return client


def number_of(town, login):
    with town.begin() as db:
        return db.scalar(text("SELECT id FROM citygrid.account WHERE login = :l"), {"l": login})


def send(client, page, path, **fields):
    token = re.search(r'name="form" value="([0-9a-f]+)"', client.get(page, headers=ZH).text)[1]
    return client.post(path, data={"form": token, **fields}, headers=ZH)


def fault(page):
    return re.search(r'role="alert">.*?<p>(.*?)</p>', page.text, re.DOTALL)[1]


def code(town):
    with town.begin() as db:
        return desk.widest(db)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"since": "2026-02-31"}, "日期应为 2026-01-31 这样的格式，年份为 1900 至 2999。"),
        ({"since": "0001-01-01"}, "日期应为 2026-01-31 这样的格式，年份为 1900 至 2999。"),
        ({"since": "2999-02-01", "until": "2999-01-01"}, "任期的结束早于开始，请更正日期。"),
        ({"since": "2020-01-01", "until": "2020-02-01"}, "任期的结束日期已过，请更正日期。"),
        ({"unit": " "}, "请填写单元的编码或名称。"),
        ({"unit": "字" * 900}, f"没有编码或名称为“{'字' * 80}”的单元。"),
        ({"unit": "<script>"}, "没有编码或名称为“&lt;script&gt;”的单元。"),
    ],
)
def test_a_post_that_cannot_be_given_leaves_the_form_as_it_was(town, as_, wrong, said):
    home = f"/admin/accounts/{number_of(town, 'guest')}"
    typed = {"post": "planner", "unit": code(town), "since": "2999-01-01", "until": "", **wrong}
    with as_("security_admin") as client:
        page = send(client, home, f"{home}/grant", **typed)
    assert page.status_code == 400
    assert fault(page) == said
    assert '<details class="cg-ask cg-ask-after" open>' in page.text
    assert '<option value="planner" selected>' in page.text
    for name in {"since", "until", "unit"} - wrong.keys():
        assert re.search(rf'name="{name}"[^>]*value="{typed[name]}"', page.text), name


def test_a_post_is_held_to_the_end_of_its_last_day(town, as_):
    number = number_of(town, "guest")
    home, day = f"/admin/accounts/{number}", "2999-01-31"
    typed = {"post": "planner", "unit": code(town), "since": day, "until": day}
    with as_("security_admin") as client:
        page = send(client, home, f"{home}/grant", **typed).text
    assert "已完成。" in page
    assert f"{day} – {day}" in page
    with town.begin() as db:
        (held,) = holdings.listed(db, account_id=number)
        assert held.until - held.since == dt.timedelta(days=1)
        holdings.end(db, held.id, by=signing.MACHINE, now=now())


def test_a_token_that_cannot_be_made_leaves_the_form_as_it_was(town, as_):
    home = f"/admin/accounts/{number_of(town, 'guest')}"
    with as_("system_admin") as client:
        page = send(client, home, f"{home}/token", name="导出😀", until="2020-01-01")
    assert "365 天" in fault(page)
    assert re.search(r'name="name"[^>]*value="导出😀"', page.text)
    assert 'name="until" required value="2020-01-01"' in page.text


def test_post_holders_are_those_of_the_city_until_a_unit_is_named(town, as_):
    with as_("security_admin") as client:
        page = client.get("/admin/staff", headers=ZH).text
        assert code(town) in page
        below = re.search(r'<nav class="cg-below".*?href="(.*?)"', page)[1]
        assert re.search(r'<h3 class="cg-subhead">', client.get(below, headers=ZH).text)
        fields = {"unit": code(town), "post": "worker", "person": "李四", "phone": "<b>"}
        page = send(client, "/admin/staff", "/admin/staff", **fields)
        assert fault(page) == "电话只能包含数字、空格和 + - ( ) #。"
        assert 'value="李四"' in page.text
        assert 'value="&lt;b&gt;"' in page.text
        assert '<option value="worker" selected>' in page.text
        page = send(client, "/admin/staff", "/admin/staff", **{**fields, "phone": "+86 (10) 1"})
        assert "已完成。" in page.text
        assert "+86 (10) 1" in page.text


def test_who_serves_a_unit_of_another_zoning_is_entered_by_its_code(town, as_):
    beats = (
        "SELECT v.code FROM unit_version v JOIN zoning z ON z.id = v.zoning_id "
        "WHERE NOT z.is_main AND upper_inf(v.valid) ORDER BY v.unit_id LIMIT 1"
    )
    with town.connect() as db:
        beat = db.scalar(text(beats))
    with as_("security_admin") as client:
        fields = {"unit": beat, "post": "head", "person": "赵三", "phone": "10700000003"}
        page = send(client, "/admin/staff", "/admin/staff", **fields)
        assert "已完成。" in page.text
        assert "赵三" in page.text
        page = send(client, "/admin/staff", "/admin/staff", **{**fields, "unit": "nothing"})
        assert fault(page)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("since=2026-12-31&until=2026-01-01", "结束日期早于开始日期，请更正。"),
        ("until=9999-12-31", "日期应为 2026-01-31 这样的格式，年份为 1900 至 2999。"),
        ("since=0001-01-01", "日期应为 2026-01-31 这样的格式，年份为 1900 至 2999。"),
    ],
)
def test_the_audit_is_searched_between_days_there_are(as_, days, said):
    with as_("auditor") as client:
        assert fault(client.get(f"/audit?{days}", headers=ZH)) == said


def test_an_address_that_is_wrong_is_told_in_the_page_s_language(as_):
    with as_("system_admin") as client:
        page = client.get("/admin/accounts/x", headers=ZH)
        assert page.status_code == 422
        assert "地址有误：number = &#x27;x&#x27;。" in page.text
        assert "valid integer" in client.get("/admin/accounts/x").json()["error"]


def test_the_only_security_administrator_stays(town, as_):
    number = number_of(town, "security_admin")
    home = f"/admin/accounts/{number}"
    with town.begin() as db:
        (held,) = holdings.listed(db, account_id=number)
    with as_("security_admin") as client:
        page = send(client, home, f"{home}/end-grant", holding=str(held.id))
        assert fault(page).startswith("“security_admin”是唯一的安全管理员")
    with as_("system_admin") as client:
        page = send(client, home, f"{home}/disable")
        assert fault(page).startswith("“security_admin”是唯一的安全管理员")
        guest = f"/admin/accounts/{number_of(town, 'guest')}"
        assert "已完成。" in send(client, guest, f"{guest}/disable").text
        assert "已完成。" in send(client, guest, f"{guest}/enable").text


def test_of_two_who_remove_each_other_at_once_one_stays(town):
    one = number_of(town, "security_admin")
    with town.begin() as db:
        other = signing.hire(db, "second", Post.SECURITY_ADMIN)
    refused = []

    def remove(whom):
        with town.begin() as db:
            ways_in.require_another(db, whom, now=now())
            end(db, whom)

    def late():
        try:
            remove(one)
        except ForbiddenError as error:
            refused.append(error)

    def end(db, whom):
        (held,) = holdings.listed(db, account_id=whom, at=now())
        holdings.end(db, held.id, by=signing.MACHINE, now=now())

    with town.begin() as db:
        ways_in.require_another(db, other, now=now())
        waiting = threading.Thread(target=late)
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        end(db, other)
    waiting.join(10)
    assert [error.key for error in refused] == ["error.only_security"]


def test_a_name_in_both_languages_is_read_in_one(town, as_):
    with town.begin() as db:
        signing.hire(db, "both")
        db.execute(text("UPDATE citygrid.account SET name = '领导 / Leader' WHERE login = 'both'"))
    with as_("both") as client:
        page = client.get("/account", headers=ZH).text
        assert "<h2>领导</h2>" in page
        assert "Leader" not in page
        assert "<h2>Leader</h2>" in client.get("/account?language=en", headers=ZH).text
