"""Who signs in first: a city's administrator by a file, the demo's posts by a button."""

import datetime as dt
import itertools
import threading

import pytest
from sqlalchemy import func, insert, select

from gis.access import accounts, first, holdings, sign_in
from gis.access.answers import Actor, Visit
from gis.access.demo import NEIGHBOUR, PREFIX, demo_accounts
from gis.access.first import first_administrator
from gis.access.posts import APART, POSTS, Post, Right
from gis.access.rules import DEFAULT, MLPS3
from gis.access.sessions import Need
from gis.access.tables import audit
from gis.access.viewer import viewer_of
from gis.tables import duty_body, people
from tests import builders

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
BY = Actor(None, "machine:root")


def written(state):
    lines = (state / first.FILE).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def test_the_first_administrator_signs_in_by_what_the_file_says(db, tmp_path, capfd, caplog):
    path = first_administrator(db, tmp_path / "state", "taipei", now=NOW, rules=DEFAULT)
    assert path == tmp_path / "state" / first.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    [(city, login, password)] = written(tmp_path / "state")
    assert (city, login) == ("taipei", "admin")
    entered = sign_in.sign_in(db, login, password, Visit(NOW), DEFAULT)
    assert entered.need is Need.NEW_PASSWORD
    assert holdings.rights(db, entered.account_id, NOW) == {
        Right.ACCOUNTS, Right.SETTINGS, Right.GRANT, Right.AUDIT
    }  # fmt: skip
    said = capfd.readouterr()
    assert password not in said.out + said.err + caplog.text
    assert all(password not in str(row) for row in db.execute(select(audit)))


def test_kept_apart_there_are_three(db, tmp_path):
    first_administrator(db, tmp_path, "taipei", now=NOW, rules=MLPS3)
    assert [login for _, login, _ in written(tmp_path)] == ["sysadmin", "secadmin", "auditor"]
    for post, (_, login, password) in zip(APART, written(tmp_path), strict=True):
        entered = sign_in.sign_in(db, login, password, Visit(NOW), MLPS3)
        assert holdings.rights(db, entered.account_id, NOW) == POSTS[post].rights


def test_he_is_made_once(db, tmp_path):
    assert first_administrator(db, tmp_path, "taipei", now=NOW, rules=DEFAULT)
    before = (tmp_path / first.FILE).read_text()
    assert first_administrator(db, tmp_path, "taipei", now=NOW, rules=DEFAULT) is None
    assert (tmp_path / first.FILE).read_text() == before


def test_he_is_not_made_where_somebody_is(db, tmp_path):
    accounts.make(db, "zhang", "张伟", by=BY, now=NOW)
    assert first_administrator(db, tmp_path, "taipei", now=NOW, rules=DEFAULT) is None
    assert not (tmp_path / first.FILE).exists()


def test_servers_that_start_at_once_make_one(engine, tmp_path):
    made = []

    def start():
        with engine.begin() as db:
            made.append(first_administrator(db, tmp_path, "taipei", now=NOW, rules=DEFAULT))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made.count(None) == 3
    assert len(written(tmp_path)) == 1


def test_the_file_keeps_other_cities_and_replaces_its_own(db, tmp_path):
    (tmp_path / first.FILE).write_text("# old\nfutian\tadmin\tone\ntaipei\tadmin\ttwo\n")
    (tmp_path / first.FILE).chmod(0o644)
    first_administrator(db, tmp_path, "taipei", now=NOW, rules=DEFAULT)
    (futian, taipei) = written(tmp_path)
    assert futian == ["futian", "admin", "one"]
    assert taipei[2] != "two"
    assert (tmp_path / first.FILE).stat().st_mode & 0o777 == 0o600


def test_a_link_laid_in_the_way_is_not_followed(db, tmp_path):
    aim = tmp_path / "aim"
    aim.write_text("")
    (tmp_path / first.FILE).symlink_to(aim)
    first_administrator(db, tmp_path, "taipei", now=NOW, rules=DEFAULT)
    assert aim.read_text() == ""
    assert not (tmp_path / first.FILE).is_symlink()


# --- the demo -----------------------------------------------------------------------------


@pytest.fixture
def city(db):
    builders.load(db)
    db.execute(insert(duty_body).values(id=1, key="water", names={"zh": "水务局", "en": "Water"}))
    return db


def test_the_demo_has_an_account_of_each_post_and_a_neighbour(city):
    assert demo_accounts(city, now=NOW) == len(Post) + 1
    for post, duty in POSTS.items():
        found = accounts.by_login(city, PREFIX + post)
        assert found.is_demo
        assert not found.has_password
        assert viewer_of(city, found.id, NOW).rights == duty.rights


def test_demo_accounts_are_made_once_and_the_missing_ones_added(city):
    demo_accounts(city, now=NOW)
    assert demo_accounts(city, now=NOW) == 0
    assert len(accounts.listed(city)) == len(Post) + 1


def test_the_demos_grid_heads_share_a_border(city):
    demo_accounts(city, now=NOW)
    held = [
        viewer_of(city, accounts.by_login(city, login).id, NOW).posts[0].unit_id
        for login in (PREFIX + Post.GRID_HEAD, NEIGHBOUR)
    ]
    # Two squares of one quarter, side by side.
    assert held in ([3, 4], [3, 5])


def test_each_head_sees_part_of_what_the_one_above_sees(city):
    demo_accounts(city, now=NOW)
    heads = (Post.SUBDISTRICT_HEAD, Post.COMMUNITY_HEAD, Post.GRID_HEAD, Post.GRID_WORKER)
    seen = []
    for post in heads:
        found = accounts.by_login(city, PREFIX + post)
        [(low, high)] = viewer_of(city, found.id, NOW).units
        seen.append((low, high))
    for (outer_low, outer_high), (low, high) in itertools.pairwise(seen):
        assert outer_low <= low
        assert high <= outer_high


def test_without_bodies_there_is_no_duty_officer(db):
    builders.load(db)
    assert demo_accounts(db, now=NOW) == len(Post)


def test_without_units_there_is_no_demo(db):
    assert demo_accounts(db, now=NOW) == 0


def test_demo_accounts_do_not_stand_for_an_administrator(city, tmp_path):
    demo_accounts(city, now=NOW)
    assert first_administrator(city, tmp_path, "squares", now=NOW, rules=DEFAULT)


def test_the_demos_heads_have_somebody_to_look_after(demo_city):
    for post in (Post.SUBDISTRICT_HEAD, Post.COMMUNITY_HEAD, Post.GRID_HEAD, Post.GRID_WORKER):
        found = accounts.by_login(demo_city, PREFIX + post)
        assert _people(demo_city, viewer_of(demo_city, found.id, NOW).units) > 0, post


@pytest.fixture
def demo_city(demo):
    with demo.connect() as db, db.begin() as transaction:
        demo_accounts(db, now=NOW)
        yield db
        transaction.rollback()


def _people(db, ranges):
    [(low, high)] = ranges
    return db.scalar(select(func.sum(people.c.count)).where(people.c.unit_id.between(low, high)))


def test_mlps3_changes_nothing_for_the_demo(city):
    demo_accounts(city, now=NOW)
    found = accounts.by_login(city, PREFIX + Post.LEADER)
    assert sign_in.as_demo(city, found.id, Visit(NOW), MLPS3).need is Need.NONE
