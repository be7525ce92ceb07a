"""The door: who is let in, who is not, and what is said to them."""

import base64
import dataclasses
import datetime as dt
import threading

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text, update

from gis.access import accounts, codes, guesses, keys, sessions, sign_in, ways_in
from gis.access.answers import Actor, Refused, Visit, Why
from gis.access.rules import DEFAULT, MLPS3
from gis.access.sessions import Need
from gis.access.tables import account, audit, old_password, session
from gis.database import Role

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
HERE = "10.0.0.7"
BY = Actor(None, "machine:root")
OLD, NEW = "violet-Harbour-93-lantern", "amber-Lighthouse-41-tide"


def visit(minutes=0.0, address=HERE, days=0):
    return Visit(NOW + dt.timedelta(minutes=minutes, days=days), address, "browser")


def member(db, login="zhang", password=OLD, **values):
    """An account whose password is its own."""
    made = accounts.make(db, login, "张伟", by=BY, now=NOW)
    accounts.set_password(db, made, password, now=NOW, must_change=False, kept=0)
    if values:
        db.execute(update(account).where(account.c.id == made).values(**values))
    return made


def why(answer):
    assert isinstance(answer, Refused), answer
    return [fault.why for fault in answer.faults]


def tried(db, password, minutes=0.0, login="zhang", rules=DEFAULT, address=HERE):
    return sign_in.sign_in(db, login, password, visit(minutes, address), rules)


def acts(db):
    return list(db.scalars(select(audit.c.act).order_by(audit.c.id)))


def test_the_right_password_opens_a_session(db):
    made = member(db)
    entered = tried(db, OLD)
    assert (entered.account_id, entered.need) == (made, Need.NONE)
    found = sessions.find(db, entered.token, now=NOW, rules=DEFAULT)
    assert (found.login, found.name, found.address) == ("zhang", "张伟", HERE)
    assert acts(db) == ["account_made", "sign_in"]


def test_nothing_kept_opens_a_session(db):
    member(db)
    entered = tried(db, OLD)
    row = db.execute(select(session)).one()
    assert entered.token not in str(row)
    assert sessions.find(db, bytes(row.id).hex(), now=NOW, rules=DEFAULT) is None
    assert entered.token not in repr(entered)


@pytest.mark.parametrize("login", ["ZHANG", " zhang ", "ｚｈａｎｇ"])
def test_a_login_is_known_however_it_is_typed(db, login):
    member(db)
    assert tried(db, OLD, login=login).need is Need.NONE


def test_unknown_and_wrong_get_the_same_answer_to_the_end(db):
    member(db)
    accounts.make(db, "provider.only", "王芳", by=BY, now=NOW)
    answers = {
        login: [tried(db, "wrong", login=login, address=f"10.0.1.{n}") for _ in range(12)]
        for n, login in enumerate(("zhang", "nobody", "provider.only"))
    }
    assert answers["zhang"] == answers["nobody"] == answers["provider.only"]
    said = [why(answer) for answer in answers["zhang"]]
    assert said == [[Why.WRONG]] * 9 + [[Why.LOCKED]] * 3


def test_a_locked_account_says_for_how_long_and_opens_by_itself(db):
    member(db)
    for _ in range(9):
        assert why(tried(db, "wrong")) == [Why.WRONG]
    assert tried(db, "wrong").faults[0].values == {"minutes": 15}
    # Also with the right password, or guessing would go on.
    assert tried(db, OLD, minutes=10.5).faults[0].values == {"minutes": 5}
    assert tried(db, OLD, minutes=14.9).faults[0].values == {"minutes": 1}
    assert tried(db, OLD, minutes=15).need is Need.NONE
    assert "locked" in acts(db)


def test_an_unknown_login_opens_by_itself_too(db):
    for _ in range(10):
        tried(db, "wrong", login="nobody")
    assert tried(db, "wrong", login="nobody", minutes=14.9).faults[0].values == {"minutes": 1}
    assert why(tried(db, "wrong", login="nobody", minutes=15)) == [Why.WRONG]


def test_a_success_forgets_the_failures_before(db):
    member(db)
    for _ in range(3):
        for _ in range(9):
            tried(db, "wrong")
        assert tried(db, OLD).need is Need.NONE


def test_an_administrator_unlocks(db):
    made = member(db)
    for _ in range(10):
        tried(db, "wrong")
    accounts.unlock(db, made, by=BY)
    assert tried(db, OLD).need is Need.NONE


def test_one_address_may_not_try_everybody(db):
    rules = dataclasses.replace(DEFAULT, address_failures=5)
    member(db)
    for n in range(5):
        assert why(tried(db, "wrong", login=f"nobody{n}", rules=rules)) == [Why.WRONG]
    throttled = tried(db, OLD, minutes=1, rules=rules)
    assert why(throttled) == [Why.THROTTLED]
    assert throttled.faults[0].values == {"minutes": 14}
    # Others go on.
    assert tried(db, OLD, rules=rules, address="10.0.0.8").need is Need.NONE
    assert tried(db, OLD, minutes=15, rules=rules).need is Need.NONE


def test_failures_long_ago_close_no_address(db):
    rules = dataclasses.replace(DEFAULT, address_failures=5)
    for n in range(20):
        answer = tried(db, "wrong", login=f"nobody{n}", rules=rules, minutes=16 * n)
        assert why(answer) == [Why.WRONG]


def test_addresses_of_one_line_count_together(db):
    rules = dataclasses.replace(DEFAULT, address_failures=3)
    for n in range(3):
        tried(db, "wrong", login=f"nobody{n}", rules=rules, address=f"2001:db8:1:2::{n}")
    assert why(tried(db, "wrong", rules=rules, address="2001:db8:1:2:ffff::1")) == [Why.THROTTLED]
    assert why(tried(db, "wrong", rules=rules, address="2001:db8:1:3::1")) == [Why.WRONG]


@pytest.mark.parametrize("address", [None, "testclient", "", "::ffff:10.0.0.1", "fe80::1%eth0"])
def test_any_address_can_be_counted(db, address):
    member(db)
    assert why(tried(db, "wrong", address=address)) == [Why.WRONG]
    assert tried(db, OLD, address=address).need is Need.NONE


def test_a_disabled_account_is_told_so_by_the_right_password_only(db):
    made = member(db)
    open_one = tried(db, OLD)
    accounts.disable(db, made, by=BY, now=NOW)
    assert why(tried(db, OLD)) == [Why.DISABLED]
    assert why(tried(db, "wrong")) == [Why.WRONG]
    assert sessions.find(db, open_one.token, now=NOW, rules=DEFAULT) is None
    accounts.enable(db, made, by=BY)
    assert tried(db, OLD).need is Need.NONE
    # What was open before stays closed.
    assert sessions.find(db, open_one.token, now=NOW, rules=DEFAULT) is None


def test_a_cheaper_hash_is_made_anew_by_the_way(db):
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(OLD)
    made = member(db, password=OLD)
    db.execute(update(account).values(password=cheap))
    assert tried(db, OLD).need is Need.NONE
    row = accounts.locked(db, made)
    assert row.password.startswith("$argon2id$v=19$m=47104")
    assert row.password_set_at == NOW


@pytest.mark.parametrize("typed", ["", "\0", "x" * 100_000, "'; DROP TABLE account; --", "\ud800"])
def test_any_text_may_be_typed(db, typed):
    member(db)
    assert why(tried(db, typed)) == [Why.WRONG]
    assert why(tried(db, OLD, login=typed)) == [Why.WRONG]


def test_what_was_typed_as_an_unknown_login_is_kept_nowhere(db):
    tried(db, "x", login="MyPassword123")
    tables = db.scalars(
        text("SELECT format('citygrid.%s', tablename) FROM pg_tables WHERE schemaname = 'citygrid'")
    ).all()
    for table in tables:
        for row in db.execute(text(f"SELECT t::text FROM {table} t")):
            assert "mypassword123" not in row[0].lower()


def test_parallel_guesses_are_all_counted(engine):
    """Twenty at once, at one account: the lock comes at the tenth, whatever the order."""
    with engine.begin() as db:
        made = member(db)
    answers = []

    def guess():
        with engine.begin() as db:
            answers.append(tried(db, "wrong"))

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = sorted(why(answer)[0] for answer in answers)
    assert said == sorted([Why.WRONG] * 9 + [Why.LOCKED] * 11)
    with engine.begin() as db:
        assert accounts.get(db, made).locked_until == NOW + dt.timedelta(minutes=15)
        failed = db.scalars(select(audit.c.act).where(audit.c.act == "sign_in_failed"))
        assert len(failed.all()) == 20


def test_parallel_guesses_from_one_address_do_not_open_it_again(engine):
    rules = dataclasses.replace(DEFAULT, address_failures=5)

    def guess(n):
        with engine.begin() as db:
            guesses.count(db, "address/10.0.0.7", guesses.of_address(rules), NOW)

    threads = [threading.Thread(target=guess, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as db:
        assert guesses.closed(db, "address/10.0.0.7", NOW) == 15


# --- passwords to change ------------------------------------------------------------------


def test_a_reset_gives_a_password_that_must_be_changed(db):
    made = member(db)
    open_one = tried(db, OLD)
    temporary = ways_in.reset(db, made, by=BY, now=NOW, rules=DEFAULT)
    assert sessions.find(db, open_one.token, now=NOW, rules=DEFAULT) is None
    assert why(tried(db, OLD)) == [Why.WRONG]
    entered = tried(db, temporary)
    assert entered.need is Need.NEW_PASSWORD
    changed = sign_in.change_password(db, entered.token, temporary, NEW, visit(1), DEFAULT)
    assert changed.need is Need.NONE
    assert changed.token != entered.token
    assert sessions.find(db, entered.token, now=NOW, rules=DEFAULT) is None
    assert why(tried(db, temporary, minutes=2)) == [Why.WRONG]
    assert tried(db, NEW, minutes=2).need is Need.NONE
    row = db.execute(select(audit).where(audit.c.act == "password_reset")).one()
    assert temporary not in str(row)


def test_a_temporary_password_does_not_last(db):
    made = member(db)
    temporary = ways_in.reset(db, made, by=BY, now=NOW, rules=DEFAULT)
    answer = sign_in.sign_in(db, "zhang", temporary, visit(days=7), DEFAULT)
    assert why(answer) == [Why.TEMPORARY]


def test_an_old_password_must_be_changed_where_the_rules_say(db):
    member(db)
    rules = dataclasses.replace(MLPS3, second_factor=False)
    assert sign_in.sign_in(db, "zhang", OLD, visit(days=89), rules).need is Need.NONE
    assert sign_in.sign_in(db, "zhang", OLD, visit(days=90), rules).need is Need.NEW_PASSWORD
    assert sign_in.sign_in(db, "zhang", OLD, visit(days=3000), DEFAULT).need is Need.NONE


def test_changing_asks_for_the_old_password_and_counts_wrong_ones(db):
    member(db)
    token = tried(db, OLD).token
    for n in range(10):
        answer = sign_in.change_password(db, token, "wrong", NEW, visit(1), DEFAULT)
        assert why(answer) == [Why.LOCKED if n == 9 else Why.WRONG]
    answer = sign_in.change_password(db, token, OLD, NEW, visit(1), DEFAULT)
    assert why(answer) == [Why.LOCKED]


def test_a_bad_new_password_is_refused_with_every_fault(db):
    member(db)
    token = tried(db, OLD).token
    answer = sign_in.change_password(db, token, OLD, "zhang1", visit(1), MLPS3)
    assert why(answer) == [Why.SHORT, Why.KINDS, Why.NAMED, Why.BREACHED]
    assert sessions.find(db, token, now=NOW, rules=DEFAULT) is not None
    assert why(sign_in.change_password(db, token, OLD, OLD, visit(1), DEFAULT)) == [Why.USED]


def test_kept_passwords_are_not_taken_again_and_no_more_are_kept(db):
    rules = dataclasses.replace(DEFAULT, kept_passwords=2)
    made = member(db)
    token, before = tried(db, OLD).token, OLD
    for n in range(3):
        new = f"{NEW}-{n}"
        token = sign_in.change_password(db, token, before, new, visit(n + 1), rules).token
        before = new
    again = f"{NEW}-0"
    answer = sign_in.change_password(db, token, before, again, visit(9), rules)
    assert why(answer) == [Why.USED]
    assert len(db.execute(select(old_password)).all()) == 2
    # Three changes ago.
    assert sign_in.change_password(db, token, before, OLD, visit(9), rules).account_id == made


def test_changing_ends_every_other_session_and_lasts_no_longer(db):
    made = member(db)
    here, there = tried(db, OLD).token, tried(db, OLD).token
    changed = sign_in.change_password(db, here, OLD, NEW, visit(60), DEFAULT)
    assert sessions.find(db, there, now=NOW, rules=DEFAULT) is None
    [left] = sessions.of(db, made, now=visit(60).now, rules=DEFAULT)
    assert left.created_at == NOW
    assert left.id == sessions.hash_of(changed.token)


# --- the second factor --------------------------------------------------------------------


@pytest.fixture
def secret_keys(tmp_path):
    return keys.open_keys(tmp_path)


def enrolled(db, secret_keys, account_id, token):
    started = codes.start(db, account_id, secret_keys)
    code = code_of(started.secret, NOW)
    return started.secret, sign_in.enrol(db, token, code, visit(), DEFAULT, secret_keys)


def code_of(secret, now):
    return codes._machine(base64.b32decode(secret)).generate(int(now.timestamp())).decode()


def test_with_a_second_factor_a_password_alone_opens_nothing(db, secret_keys):
    made = member(db)
    first = tried(db, OLD)
    secret, done = enrolled(db, secret_keys, made, first.token)
    assert done.signed_in.need is Need.NONE
    assert sessions.find(db, first.token, now=NOW, rules=DEFAULT) is None
    half = tried(db, OLD, minutes=1)
    assert half.need is Need.CODE
    found = sessions.find(db, half.token, now=visit(1).now, rules=DEFAULT)
    assert (found.need, found.is_full) == (Need.CODE, False)
    # Not even to change the password.
    answer = sign_in.change_password(db, half.token, OLD, NEW, visit(1), DEFAULT)
    assert why(answer) == [Why.NO_SESSION]
    code = code_of(secret, visit(1).now)
    full = sign_in.confirm_code(db, half.token, code, visit(1), DEFAULT, secret_keys)
    assert full.need is Need.NONE
    assert full.token != half.token
    assert sessions.find(db, half.token, now=visit(1).now, rules=DEFAULT) is None
    # Seen over the shoulder.
    again = tried(db, OLD, minutes=1).token
    answer = sign_in.confirm_code(db, again, code, visit(1), DEFAULT, secret_keys)
    assert why(answer) == [Why.CODE]


def test_codes_cannot_be_guessed_by_who_knows_the_password(db, secret_keys):
    made = member(db)
    enrolled(db, secret_keys, made, tried(db, OLD).token)
    said = []
    for _ in range(6):
        # A right password in between forgets nothing.
        half = tried(db, OLD, minutes=1)
        for _ in range(2):
            if isinstance(half, Refused):
                said.append(why(half)[0])
                continue
            answer = sign_in.confirm_code(
                db, half.token, "000000", visit(1), DEFAULT, secret_keys
            )  # fmt: skip
            said += why(answer)
    assert said == [Why.CODE] * 9 + [Why.LOCKED] * 3


def test_a_recovery_code_is_good_once(db, secret_keys):
    made = member(db)
    _, done = enrolled(db, secret_keys, made, tried(db, OLD).token)
    assert len(set(done.recovery_codes)) == 10
    typed = done.recovery_codes[3].upper().replace("-", " ")
    half = tried(db, OLD, minutes=1).token
    full = sign_in.confirm_code(db, half, typed, visit(1), DEFAULT, secret_keys)
    assert full.need is Need.NONE
    half = tried(db, OLD, minutes=2).token
    answer = sign_in.confirm_code(db, half, typed, visit(2), DEFAULT, secret_keys)
    assert why(answer) == [Why.CODE]
    assert codes.recovery_codes_left(db, made) == 9


def test_where_a_second_factor_is_asked_for_it_is_set_up_first(db, secret_keys):
    made = member(db)
    entered = tried(db, OLD, rules=MLPS3)
    assert entered.need is Need.ENROL
    started = codes.start(db, made, secret_keys)
    answer = sign_in.enrol(db, entered.token, "000000", visit(), MLPS3, secret_keys)
    assert why(answer) == [Why.CODE]
    code = code_of(started.secret, NOW)
    done = sign_in.enrol(db, entered.token, code, visit(), MLPS3, secret_keys)
    assert done.signed_in.need is Need.NONE
    found = sessions.find(db, done.signed_in.token, now=NOW, rules=MLPS3)
    assert (found.need, found.is_full) == (Need.NONE, True)


def test_the_password_comes_before_the_second_factor(db):
    made = member(db)
    temporary = ways_in.reset(db, made, by=BY, now=NOW, rules=DEFAULT)
    entered = tried(db, temporary, rules=MLPS3)
    assert entered.need is Need.NEW_PASSWORD
    changed = sign_in.change_password(db, entered.token, temporary, NEW, visit(), MLPS3)
    assert changed.need is Need.ENROL


def test_an_administrator_takes_a_second_factor_off(db, secret_keys):
    made = member(db)
    _, done = enrolled(db, secret_keys, made, tried(db, OLD).token)
    ways_in.remove_code(db, made, by=BY, now=NOW, rules=DEFAULT)
    assert sessions.find(db, done.signed_in.token, now=NOW, rules=DEFAULT) is None
    assert tried(db, OLD).need is Need.NONE
    assert codes.recovery_codes_left(db, made) == 0


# --- providers and the demo ---------------------------------------------------------------

ISSUER = ("https://sso.example", "subject-1")


def test_a_provider_signs_in_whom_it_is_linked_to(db):
    made = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    assert why(sign_in.by_identity(db, ISSUER, visit(), DEFAULT)) == [Why.UNLINKED]
    ways_in.link(db, made, ISSUER, by=BY, now=NOW, rules=DEFAULT)
    entered = sign_in.by_identity(db, ISSUER, visit(), MLPS3)
    assert (entered.account_id, entered.need) == (made, Need.NONE)
    found = sessions.find(db, entered.token, now=NOW, rules=MLPS3)
    assert found.need is Need.NONE
    accounts.disable(db, made, by=BY, now=NOW)
    assert why(sign_in.by_identity(db, ISSUER, visit(), DEFAULT)) == [Why.DISABLED]


def test_an_identity_belongs_to_one_account(db):
    made = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    other = accounts.make(db, "wang", "王芳", by=BY, now=NOW)
    ways_in.link(db, made, ISSUER, by=BY, now=NOW, rules=DEFAULT)
    ways_in.link(db, made, ISSUER, by=BY, now=NOW, rules=DEFAULT)
    with pytest.raises(accounts.AccountError, match="signs in to another account already"):
        ways_in.link(db, other, ISSUER, by=BY, now=NOW, rules=DEFAULT)


def test_only_demo_accounts_are_let_in_without_a_password(db, secret_keys):
    made = member(db)
    demo = accounts.make(db, "demo.leader", "领导", by=BY, now=NOW, is_demo=True)
    assert why(sign_in.as_demo(db, made, visit(), DEFAULT)) == [Why.WRONG]
    entered = sign_in.as_demo(db, demo, visit(), MLPS3)
    found = sessions.find(db, entered.token, now=NOW, rules=MLPS3)
    assert (found.is_demo, found.need) == (True, Need.NONE)
    assert why(tried(db, "", login="demo.leader")) == [Why.WRONG]
    with pytest.raises(accounts.AccountError, match="an account of the demo"):
        ways_in.reset(db, demo, by=BY, now=NOW, rules=DEFAULT)
    with pytest.raises(accounts.AccountError, match="an account of the demo"):
        codes.start(db, demo, secret_keys)


# --- out ----------------------------------------------------------------------------------


def test_signing_out_ends_one_session_or_all(db):
    member(db)
    first, second, third = (tried(db, OLD).token for _ in range(3))

    def good(token):
        return sessions.find(db, token, now=NOW, rules=DEFAULT)

    sign_in.sign_out(db, good(first), visit())
    assert good(first) is None
    assert good(second)
    assert sign_in.sign_out_everywhere(db, good(second), visit()) == 2
    assert good(second) is None
    assert good(third) is None
    assert acts(db)[-2:] == ["sign_out", "sign_out_everywhere"]


def test_the_porter_may_do_all_this(fresh, tmp_path):
    """As the role the server acts as at the door; the audit it writes and cannot read."""
    engine = fresh.engine(Role.PORTER)
    secret_keys = keys.open_keys(tmp_path)
    with engine.begin() as db:
        made = member(db)
        assert why(tried(db, "wrong")) == [Why.WRONG]
        assert why(tried(db, "wrong", login="nobody")) == [Why.WRONG]
        _, done = enrolled(db, secret_keys, made, tried(db, OLD).token)
        found = sessions.find(db, done.signed_in.token, now=NOW, rules=DEFAULT)
        sessions.touch(db, found, now=visit(2).now)
        changed = sign_in.change_password(
            db, done.signed_in.token, OLD, NEW, visit(2), DEFAULT
        )  # fmt: skip
        sign_in.sign_out_everywhere(
            db, sessions.find(db, changed.token, now=visit(2).now, rules=DEFAULT), visit(2)
        )
        accounts.listed(db)
    engine.dispose()
