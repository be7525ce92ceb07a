"""Accounts, posts and tokens by commands alone."""

import re

import pytest
from sqlalchemy import make_url, text

from dashboard.cli.accounts import make_first
from dashboard.cli.context import Settings, acting
from gis.access import keys
from gis.cluster import Cluster
from gis.database import Role, Server
from tests import builders
from tests.dashboard.conftest import running_state
from tests.dashboard.test_cli import run
from tests.importers import small_city


@pytest.fixture(scope="module")
def state():
    """A state directory with a small city that is real as far as the program knows."""
    with running_state() as state:
        folder = small_city.write(state / "a folder of mine")
        assert run("init", str(folder), CITYGRID_STATE=str(state)).exit_code == 0
        yield state


def said(state, *words):
    done = run("account", *words, CITYGRID_STATE=str(state))
    assert done.exit_code == 0, done.output
    return done.output


def refused(state, *words):
    done = run("account", *words, CITYGRID_STATE=str(state))
    assert done.exit_code == 1, done.output
    assert "Traceback" not in done.output
    return done.output


def asked(state, sql):
    with (
        acting(database(state), Role.OWNER) as engine,
        engine.connect() as db,
    ):
        return db.execute(text(sql)).all()


def database(state):
    found = Server(make_url(Cluster(state / "postgres").url("postgres")), is_private=True)
    return found.for_city("squares")


def test_an_account_is_made_shown_reset_and_disabled(state):
    made = said(state, "add", "zhang.wei", "--name", "张伟")
    password = re.search(r"Temporary password of zhang.wei: (\S{19})\n", made)[1]
    assert "zhang.wei" in said(state, "list")
    again = said(state, "reset", "zhang.wei", "--code")
    assert password not in again
    assert "zhang.wei is disabled" in said(state, "disable", "zhang.wei")
    assert "disabled" in said(state, "list")
    assert "let in again" in said(state, "disable", "zhang.wei", "--undo")
    by = asked(state, "SELECT DISTINCT login FROM audit WHERE act LIKE 'account%'")
    assert [row.login.startswith("machine:") for row in by] == [True]


def test_a_post_is_given_by_code_and_ended_by_number(state):
    code = asked(state, "SELECT code FROM unit_version WHERE level = 2 ORDER BY code LIMIT 1")[0][0]
    said(state, "add", "li.na", "--name", "李娜")
    given = said(
        state, "grant", "li.na", "grid_head", "--unit", code,
        "--from", "2020-01-01", "--until", "2099-01-01",
    )  # fmt: skip
    number = re.search(r"by holding (\d+)", given)[1]
    [term] = asked(
        state, f"SELECT lower(valid), upper(valid) FROM post_holding WHERE id = {number}"
    )  # fmt: skip
    # By the city's clocks.
    assert term[0].timestamp() == 1577808000
    assert "grid_head" in said(state, "list")
    assert f"Holding {number} has ended" in said(state, "end", number)
    assert "grid_head" not in said(state, "list")


def test_an_account_with_a_post_is_made_whole_or_not_at_all(state):
    assert "No unit has the code '4711'" in refused(
        state, "add", "wang", "--name", "王芳", "--post", "leader", "--unit", "4711"
    )
    assert "wang" not in said(state, "list")
    assert "name the post too" in refused(state, "add", "wang", "--name", "王芳", "--unit", "C1")


def test_a_token_is_shown_once_and_ended(state):
    code = asked(state, "SELECT code FROM unit_version WHERE level = 1 ORDER BY code LIMIT 1")[0][0]
    said(
        state, "add", "importer", "--name", "导入", "--post", "clerk", "--unit", code
    )  # fmt: skip
    made = said(
        state, "token", "add", "importer", "--name", "nightly", "--scope", "import", "--days", "30"
    )
    token = re.search(r"citygrid_\S{43}", made)[0]
    shown = said(state, "token", "list", "importer")
    assert "nightly" in shown
    assert token not in shown
    number = asked(state, "SELECT id FROM api_token")[0][0]
    said(state, "token", "end", str(number))
    assert "ended" in said(state, "token", "list")
    assert "the account has no such right" in refused(
        state, "token", "add", "importer", "--name", "more", "--scope", "cases"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("reset nobody", "No account is called 'nobody'"),
        ("disable nobody", "No account is called 'nobody'"),
        ("grant nobody auditor", "No account is called 'nobody'"),
        ("grant nobody king", "'king' is not one of"),
        ("end 4711", "There is no holding 4711"),
        ("token end 4711", "There is no token 4711"),
        ("token add nobody --name x --scope reveal", "'reveal' is not one of"),
        ("add x --name y", "cannot be a login"),
    ],
)
def test_a_mistake_is_one_sentence(state, words, sentence):
    assert sentence in refused(state, *words.split())


def test_a_start_says_where_the_first_password_is_and_not_which(tmp_path, fresh, capsys):
    owner = fresh.engine(Role.OWNER)
    with owner.begin() as db:
        builders.load(db)
        db.execute(text("UPDATE city SET settings = settings || '{\"is_synthetic\": false}'"))
    owner.dispose()
    settings = Settings(tmp_path, None, None)
    make_first(settings, fresh)
    out = capsys.readouterr().out
    path = tmp_path / "first-administrator"
    password = path.read_text().split()[-1]
    assert str(path) in out
    assert password not in out
    make_first(settings, fresh)
    assert capsys.readouterr().out == ""


def test_a_start_of_a_made_up_city_makes_no_administrator(tmp_path, fresh, capsys):
    owner = fresh.engine(Role.OWNER)
    with owner.begin() as db:
        builders.load(db)
    make_first(Settings(tmp_path, None, None), fresh)
    assert not (tmp_path / "first-administrator").exists()
    with owner.begin() as db:
        assert db.scalar(text("SELECT count(*) FROM account WHERE is_demo")) > 10
        assert not db.scalar(text("SELECT count(*) FROM account WHERE NOT is_demo"))
    owner.dispose()


def test_a_new_key_is_taken_for_every_city(state):
    done = run("security", "rotate-key", CITYGRID_STATE=str(state))
    assert done.exit_code == 0, done.output
    said = r"squares: [\d,]+ id numbers, 0 second factors, 0 secrets of webhooks"
    assert re.search(said, done.output)
    newest = keys.open_keys(state).newest
    assert f"Key {newest} encrypts from now on" in done.output
    [row] = asked(state, "SELECT details FROM audit WHERE act = 'key_changed'")
    assert row.details["key"] == newest
