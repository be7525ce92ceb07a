"""The audit takes whatever is typed, gives it back to auditors, and lets nobody change it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gis.access import audit
from gis.access.audit import Act
from gis.access.posts import Right
from gis.access.viewer import NOBODY, Viewer, act_as
from gis.database import Role
from tests.conftest import clone, drop

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
AUDITOR = Viewer(account_id=9, login="auditor", rights=frozenset({Right.AUDIT}))
HEAD = Viewer(account_id=7, login="li.si", rights=frozenset({Right.REVEAL}))


@pytest.fixture(scope="module")
def superuser(server):
    """Connections, as the superuser, to a database whose audit is guarded."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        for statement in audit.STATEMENTS:
            db.execute(text(statement))
    owner.dispose()
    engine = copy.engine(None)
    yield engine
    engine.dispose()
    drop(copy)


@pytest.fixture
def become(superuser):
    """Act as a role, for a viewer if there is one; all is undone at the end."""
    with superuser.connect() as db:

        def become(role, viewer=NOBODY):
            db.execute(text(f"SET LOCAL ROLE {role}"))
            act_as(db, viewer)
            return db

        yield become
        db.rollback()


def test_a_row_says_who_when_from_where_what_and_why(db):
    before = dt.datetime.now(dt.UTC)
    audit.record(
        db, Act.REVEAL, subject="people/123", reason="回访", details={"shown": ["phone"]},
        account_id=7, login="li.si", address="10.1.2.3",
    )  # fmt: skip
    (entry,) = audit.search(db)
    assert before <= entry.at <= dt.datetime.now(dt.UTC)
    assert (entry.account_id, entry.login, entry.address) == (7, "li.si", "10.1.2.3")
    assert (entry.act, entry.subject, entry.reason) == (Act.REVEAL, "people/123", "回访")
    assert entry.details == {"shown": ["phone"]}


@given(typed=st.text(), details=st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8,
))  # fmt: skip
def test_whatever_is_typed_can_be_recorded(superuser, typed, details):
    with superuser.connect() as db:
        audit.record(
            db, Act.SIGN_IN_FAILED, subject=typed, reason=typed, login=typed, address=typed,
            details={typed: details},
        )  # fmt: skip
        assert len(audit.search(db, login=typed) if typed else audit.search(db)) == 1
        db.rollback()


def test_halves_of_letters_zeros_and_endless_text_are_kept_as_far_as_they_can_be(db):
    audit.record(db, Act.SIGN_IN_FAILED, login="a\0b\ud800" + "c" * 9999, details={"\0": "\ud800"})
    (entry,) = audit.search(db)
    assert entry.login.startswith("a\ufffdb?ccc")
    assert entry.login.endswith("…")
    assert len(entry.login) == audit.LONGEST_LOGIN
    assert entry.details == {"\ufffd": "?"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("::1", "::1"), ("fe80::1%eth0", "fe80::1"), ("testclient", None), ("", None), (None, None)],
)
def test_an_address_is_one_of_the_internet_or_none(db, typed, kept):
    audit.record(db, Act.SIGN_IN, address=typed)
    assert audit.search(db)[0].address == kept


def test_searching_finds_by_each_thing_and_pages_downwards(db):
    for number in range(5):
        audit.record(db, Act.EXPORT, subject=f"table/{number}", login="li.si", reason="100%")
    audit.record(db, Act.REVEAL, subject="people/1", login="wang", details={"shown": "door_1"})
    found = {
        "login": audit.search(db, login="wang"),
        "act": audit.search(db, act=Act.REVEAL),
        "subject": audit.search(db, subject="people/"),
        "text": audit.search(db, text="DOOR_"),
        "since": audit.search(db, since=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)),
        "until": audit.search(db, until=LONG_AGO),
    }
    assert {key: len(rows) for key, rows in found.items()} == {
        "login": 1, "act": 1, "subject": 1, "text": 1, "since": 0, "until": 0
    }  # fmt: skip
    # What is typed is no pattern.
    assert len(audit.search(db, text="100%")) == 5
    assert audit.search(db, text="d__r") == []
    first = audit.search(db, limit=4)
    second = audit.search(db, limit=4, after_id=first[-1].id)
    assert [len(first), len(second)] == [4, 2]
    ids = [entry.id for entry in first + second]
    assert ids == sorted(ids, reverse=True)


@pytest.mark.parametrize("role", [Role.APP, Role.PORTER, Role.ENGINE, Role.OWNER])
def test_those_who_do_things_can_add_rows(become, role):
    audit.record(become(role), Act.SIGN_IN, login="li.si")


@pytest.mark.parametrize("role", [Role.MASKER, Role.SEALER])
def test_those_who_do_nothing_cannot(become, role):
    with pytest.raises(DBAPIError, match="permission denied"):
        audit.record(become(role), Act.SIGN_IN, login="li.si")


@pytest.mark.parametrize("role", [Role.APP, Role.PORTER, Role.ENGINE])
@pytest.mark.parametrize("column", ["id", "at"])
def test_nobody_says_himself_when_it_was(become, role, column):
    value = {"id": "7", "at": "'2020-01-01'"}[column]
    with pytest.raises(DBAPIError, match="permission denied"):
        become(role).execute(
            text(
                f"INSERT INTO audit ({column}, login, act) OVERRIDING SYSTEM VALUE "
                f"VALUES ({value}, '', 'sign_in')"
            )
        )


@pytest.mark.parametrize("role", [*Role])
@pytest.mark.parametrize("table", ["audit", "audit_seal"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"],
)
def test_nobody_changes_or_removes_a_row(become, role, table, statement):
    db = become(Role.OWNER)
    audit.record(db, Act.SIGN_IN, login="li.si")
    db.execute(text("INSERT INTO audit_seal VALUES (1, 1, ''::bytea)"))
    column = {"audit": "login", "audit_seal": "link"}[table]
    sql = statement.format(table, column, column)
    with pytest.raises(DBAPIError, match=r"permission denied|never changed or removed"):
        become(role).execute(text(sql))


def test_the_app_writes_under_the_account_it_acts_for_alone(become):
    db = become(Role.APP, HEAD)
    audit.record(db, Act.REVEAL, account_id=7, login="li.si")
    with pytest.raises(DBAPIError, match="row-level security"):
        audit.record(db, Act.REVEAL, account_id=8, login="wang")


def test_only_auditors_read_and_others_count_their_own_reveals(become):
    db = become(Role.OWNER)
    for account in (7, 8):
        audit.record(db, Act.REVEAL, account_id=account, login="x")
        audit.record(db, Act.SIGN_IN, account_id=account, login="x")
    assert len(audit.search(become(Role.APP, AUDITOR))) == 4
    assert audit.search(become(Role.APP)) == []
    head = become(Role.APP, HEAD)
    assert [(row.account_id, row.act) for row in audit.search(head)] == [(7, "reveal")]
    assert audit.reveals_since(head, 7, LONG_AGO) == 1
    assert audit.reveals_since(head, 7, dt.datetime.now(dt.UTC)) == 0
    with pytest.raises(DBAPIError, match="permission denied"):
        audit.search(become(Role.PORTER))


def test_guarding_twice_does_no_harm(become):
    for statement in audit.STATEMENTS:
        become(Role.OWNER).execute(text(statement))
