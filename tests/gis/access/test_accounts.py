"""Accounts: made once, renamed, disabled; nothing secret shown or written."""

import datetime as dt
import threading

import pytest
from sqlalchemy import select

from gis.access import accounts, passwords, sessions, tokens, ways_in
from gis.access.accounts import AccountError
from gis.access.answers import Actor, Visit
from gis.access.rules import DEFAULT
from gis.access.tables import account, audit
from gis.errors import NotFoundError

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
BY = Actor(None, "machine:root", "10.0.0.1")


def make(db, login="zhang", name="张伟"):
    return accounts.make(db, login, name, by=BY, now=NOW)


def test_an_account_is_made_without_a_password(db):
    found = accounts.get(db, make(db, " Zhang.Wei ", "  张  伟 "))
    assert (found.login, found.name) == ("zhang.wei", "张 伟")
    assert not found.has_password
    assert not found.has_code
    assert found.must_change
    assert (found.created_at, found.disabled_at, found.signed_in_at) == (NOW, None, None)


@pytest.mark.parametrize(
    "login", ["", "a", "-a", "a b", "a/b", "a'b", "x" * 65, "a\0b", "_ab", "\ud800a"]
)
def test_what_cannot_be_a_login_is_refused(db, login):
    with pytest.raises(AccountError, match="cannot be a login"):
        make(db, login)


@pytest.mark.parametrize("login", ["张伟", "zhang.wei@city", "440301-7", "li_na"])
def test_logins_of_any_script_will_do(db, login):
    made = make(db, login)
    assert accounts.by_login(db, login.upper()).id == made


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_name_has_letters_and_an_end(db, name):
    with pytest.raises(AccountError, match="1 to 80 characters"):
        make(db, name=name)


def test_a_login_is_given_once(db):
    make(db, "zhang")
    with pytest.raises(AccountError, match="The login 'zhang' is taken"):
        make(db, "ZHANG")


def test_two_who_make_one_login_at_once_make_it_once(engine):
    said = []

    def make_it():
        try:
            with engine.begin() as db:
                said.append(make(db))
        except AccountError as error:
            said.append(str(error))

    threads = [threading.Thread(target=make_it) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in said if isinstance(one, int)]) == 1
    assert len(said) == 5


def test_who_is_not_there_is_said(db):
    with pytest.raises(NotFoundError, match="There is no account 4711"):
        accounts.get(db, 4711)
    with pytest.raises(NotFoundError, match="There is no account 4711"):
        ways_in.reset(db, 4711, by=BY, now=NOW, rules=DEFAULT)
    with pytest.raises(NotFoundError, match="No account is called 'nobody'"):
        accounts.by_login(db, "nobody")


def test_accounts_are_listed_by_login(db):
    make(db, "zhang")
    made = make(db, "li")
    sessions.open_session(db, made, Visit(NOW), is_full=True)
    assert [(each.login, each.signed_in_at) for each in accounts.listed(db)] == [
        ("li", NOW),
        ("zhang", None),
    ]


def test_an_account_is_renamed(db):
    made = make(db)
    accounts.rename(db, made, "张伟明", by=BY)
    assert accounts.get(db, made).name == "张伟明"


def test_disabling_ends_what_is_open(db):
    made = make(db)
    token = sessions.open_session(db, made, Visit(NOW), is_full=True)
    program = tokens.make(
        db, made, "import", frozenset(), NOW + dt.timedelta(days=1), by=BY, now=NOW, rules=DEFAULT
    )  # fmt: skip
    accounts.disable(db, made, by=BY, now=NOW)
    accounts.disable(db, made, by=BY, now=NOW)
    assert sessions.find(db, token, now=NOW, rules=DEFAULT) is None
    assert tokens.find(db, program.token, now=NOW) is None
    accounts.enable(db, made, by=BY)
    accounts.enable(db, made, by=BY)
    assert tokens.find(db, program.token, now=NOW) is None
    assert accounts.get(db, made).disabled_at is None


def test_nobody_locks_himself_out(db):
    made = make(db)
    with pytest.raises(AccountError, match="Nobody can disable his own account"):
        accounts.disable(db, made, by=Actor(made, "zhang"), now=NOW)


def test_nobody_resets_himself(db):
    made = make(db)
    himself = Actor(made, "zhang")
    with pytest.raises(AccountError, match="Change your own password with the old one"):
        ways_in.reset(db, made, by=himself, now=NOW, rules=DEFAULT)
    with pytest.raises(AccountError, match="only another administrator"):
        ways_in.remove_code(db, made, by=himself, now=NOW, rules=DEFAULT)


def test_a_temporary_password_is_kept_as_a_hash_only(db):
    made = make(db)
    password = ways_in.reset(db, made, by=BY, now=NOW, rules=DEFAULT)
    kept = db.scalar(select(account.c.password))
    assert passwords.is_right(kept, password)
    assert password not in kept
    assert password not in repr(accounts.get(db, made))


def test_every_act_is_in_the_audit_with_who_and_from_where(db):
    made = make(db)
    accounts.rename(db, made, "张明", by=BY)
    ways_in.reset(db, made, by=BY, now=NOW, rules=DEFAULT)
    accounts.unlock(db, made, by=BY)
    ways_in.remove_code(db, made, by=BY, now=NOW, rules=DEFAULT)
    ways_in.link(db, made, ("https://sso.example", "s"), by=BY, now=NOW, rules=DEFAULT)
    accounts.disable(db, made, by=BY, now=NOW)
    accounts.enable(db, made, by=BY)
    rows = db.execute(select(audit).order_by(audit.c.id)).all()
    assert [row.act for row in rows] == [
        "account_made", "account_changed", "password_reset", "unlocked", "code_removed",
        "account_changed", "account_disabled", "account_enabled",
    ]  # fmt: skip
    for row in rows:
        assert (row.login, str(row.address)) == ("machine:root", "10.0.0.1")
        assert row.subject == f"account/{made}"
