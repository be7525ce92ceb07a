"""One-time codes by RFC 6238, each good once; recovery codes; secrets encrypted."""

import base64
import datetime as dt

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select

from gis.access import accounts, codes, keys
from gis.access.accounts import AccountError
from gis.access.answers import Actor
from gis.access.keys import KeyFileError
from gis.access.rules import Cipher
from gis.access.tables import account, recovery_code

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
BY = Actor(None, "machine:root")
STEP = dt.timedelta(seconds=codes.STEP_S)
SECRET = b"12345678901234567890"


@pytest.fixture
def secret_keys(tmp_path):
    return keys.open_keys(tmp_path)


@pytest.fixture
def member(db):
    return accounts.make(db, "zhang", "张伟", by=BY, now=NOW)


def code_of(secret, now):
    raw = base64.b32decode(secret) if isinstance(secret, str) else secret
    return TOTP(raw, 6, SHA1(), 30).generate(int(now.timestamp())).decode()


def enrolled(db, member, secret_keys):
    secret = codes.start(db, member, secret_keys).secret
    recovery = codes.finish(db, member, code_of(secret, NOW), secret_keys, now=NOW)
    return secret, recovery


# RFC 6238 appendix B, SHA-1: time → the last six of the eight digits printed there.
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize("seconds", VECTORS)
def test_codes_are_those_of_the_standard(seconds):
    now = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert codes._step_of(SECRET, VECTORS[seconds], now) == seconds // 30


def test_a_code_is_good_half_a_minute_early_and_late():
    code = code_of(SECRET, NOW)
    assert codes._step_of(SECRET, code, NOW - STEP)
    assert codes._step_of(SECRET, code, NOW + STEP)
    assert codes._step_of(SECRET, code, NOW - 2 * STEP) is None
    assert codes._step_of(SECRET, code, NOW + 2 * STEP) is None


def test_a_code_may_be_typed_with_spaces_and_in_full_width():
    code = code_of(SECRET, NOW)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert codes._step_of(SECRET, f"{code[:3]} {code[3:]}", NOW)
    assert codes._step_of(SECRET, wide, NOW)


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "\0", "\ud800"]
)
def test_what_is_no_code_is_no_code(db, member, secret_keys, code):
    enrolled(db, member, secret_keys)
    assert not codes.use(db, member, code, secret_keys, now=NOW + STEP)


def test_the_second_factor_counts_once_a_code_has_shown_it_works(db, member, secret_keys):
    started = codes.start(db, member, secret_keys)
    assert not accounts.get(db, member).has_code
    assert codes.finish(db, member, "000000", secret_keys, now=NOW) is None
    assert not codes.use(db, member, code_of(started.secret, NOW), secret_keys, now=NOW)
    assert codes.finish(db, member, code_of(started.secret, NOW), secret_keys, now=NOW)
    assert accounts.get(db, member).has_code
    with pytest.raises(AccountError, match="has a second factor already"):
        codes.start(db, member, secret_keys)
    assert codes.finish(db, member, code_of(started.secret, NOW), secret_keys, now=NOW) is None


def test_starting_again_takes_another_secret(db, member, secret_keys):
    first, second = (codes.start(db, member, secret_keys).secret for _ in range(2))
    assert first != second
    assert codes.finish(db, member, code_of(first, NOW), secret_keys, now=NOW) is None
    assert codes.finish(db, member, code_of(second, NOW), secret_keys, now=NOW)


def test_a_telephone_is_told_whose_code_it_is(db, member, secret_keys):
    started = codes.start(db, member, secret_keys)
    assert started.uri.startswith("otpauth://totp/CityGrid:zhang?")
    assert f"secret={started.secret}" in started.uri
    assert started.secret not in repr(started)


def test_a_code_is_good_once_and_none_before_it(db, member, secret_keys):
    secret, _ = enrolled(db, member, secret_keys)
    later = NOW + 5 * STEP
    code = code_of(secret, later)
    assert codes.use(db, member, code, secret_keys, now=later)
    assert not codes.use(db, member, code, secret_keys, now=later)
    assert not codes.use(db, member, code_of(secret, later - STEP), secret_keys, now=later)
    assert codes.use(db, member, code_of(secret, later + STEP), secret_keys, now=later)


def test_the_code_that_enrolled_is_used_up(db, member, secret_keys):
    secret, _ = enrolled(db, member, secret_keys)
    assert not codes.use(db, member, code_of(secret, NOW), secret_keys, now=NOW)


def test_recovery_codes_are_ten_and_kept_as_hashes(db, member, secret_keys):
    _, recovery = enrolled(db, member, secret_keys)
    assert len(set(recovery)) == 10
    assert all(len(code) == 19 for code in recovery)
    kept = db.scalars(select(recovery_code.c.hash)).all()
    assert all(code.encode() not in bytes(one) for code in recovery for one in kept)
    assert codes.use(db, member, recovery[0], secret_keys, now=NOW)
    assert not codes.use(db, member, recovery[0], secret_keys, now=NOW)


def test_a_recovery_code_is_its_owners_only(db, member, secret_keys):
    _, recovery = enrolled(db, member, secret_keys)
    other = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    enrolled(db, other, secret_keys)
    assert not codes.use(db, other, recovery[0], secret_keys, now=NOW)


def test_new_recovery_codes_replace_the_old_ones(db, member, secret_keys):
    _, recovery = enrolled(db, member, secret_keys)
    new = codes.new_recovery_codes(db, member)
    assert not codes.use(db, member, recovery[0], secret_keys, now=NOW)
    assert codes.use(db, member, new[0], secret_keys, now=NOW)


def test_the_secret_is_encrypted_for_its_account_alone(db, member, secret_keys):
    secret, _ = enrolled(db, member, secret_keys)
    kept = bytes(db.scalar(select(account.c.code_secret)))
    assert base64.b32decode(secret) not in kept
    other = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    db.execute(account.update().where(account.c.id == other).values(code_secret=kept))
    with pytest.raises(KeyFileError, match=f"code_secret/{other} cannot be decrypted"):
        codes.finish(db, other, code_of(secret, NOW), secret_keys, now=NOW)


def test_secrets_are_encrypted_anew_with_a_new_key(db, member, secret_keys, tmp_path):
    secret, _ = enrolled(db, member, secret_keys)
    new = keys.rotate(tmp_path, Cipher.SM4)
    assert codes.renew(db, new) == 1
    assert codes.renew(db, new) == 0
    assert codes.use(db, member, code_of(secret, NOW + STEP), new, now=NOW + STEP)
