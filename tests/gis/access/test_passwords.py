"""What a good password is, and how it is kept."""

import dataclasses
import statistics
import time

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from gis.access import passwords
from gis.access.answers import Why
from gis.access.rules import DEFAULT, MLPS3

GOOD = "violet-Harbour-93-lantern"


def whys(password, rules=DEFAULT, login="zhang.wei", names=("张伟",)):
    return [fault.why for fault in passwords.check(password, rules, login, names)]


@pytest.mark.parametrize("rules", [DEFAULT, MLPS3])
def test_a_long_uncommon_password_will_do(rules):
    assert whys(GOOD, rules) == []


def test_length_counts_characters_not_bytes():
    rules = dataclasses.replace(DEFAULT, password_length=12)
    assert Why.SHORT in whys("琥珀色的旧灯塔在海边", rules)
    assert whys("琥珀色的旧灯塔在海边等风来", rules) == []


def test_a_password_has_an_end():
    assert whys("x" * 129)[-1] is Why.LONG


@pytest.mark.parametrize(
    ("password", "kinds"), [("vioLetharbour", 2), ("violet harbour", 2), ("Violet-harb0ur", 4)]
)
def test_mlps3_counts_kinds_of_characters(password, kinds):
    assert (Why.KINDS in whys(password, MLPS3)) == (kinds < 3)


@pytest.mark.parametrize(
    "password",
    [
        "password12345", "1qaz2wsx3edc", "aaaaaaaaaaaa", "123456789012", "Wangge123456",
        "woaini1314520", "zhang.wei2026", "qwertyuiop123", "iloveyou12345", "Shenzhen123!",
        "citygrid2026",
    ],
)  # fmt: skip
def test_what_leaked_or_is_soon_guessed_is_refused(password):
    assert whys(password) != []


def test_the_list_may_be_left_out_by_setting():
    rules = dataclasses.replace(DEFAULT, refuse_breached=False)
    assert whys("password12345", rules) == []


@pytest.mark.parametrize("password", ["xyZHANG.WEI-lantern-9", "lantern-张伟-harbour-9"])
def test_login_and_name_are_no_part_of_it(password):
    assert Why.NAMED in whys(password)


def test_a_short_login_forbids_nothing():
    assert whys(GOOD, login="li", names=("李",)) == []


def test_full_width_letters_are_the_letters_they_look_like():
    kept = passwords.hashed("Ｖｉｏｌｅｔ９３")
    assert passwords.is_right(kept, "Violet93")


def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own():
    first, second = passwords.hashed(GOOD), passwords.hashed(GOOD)
    assert first != second
    assert first.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert passwords.is_right(first, GOOD)
    assert not passwords.is_right(first, GOOD + "x")
    assert not passwords.is_outdated(first)


def test_nobodys_password_costs_what_everybodys_does():
    assert extract_parameters(passwords._NOBODYS) == extract_parameters(passwords.hashed(GOOD))
    assert not passwords.is_right(None, GOOD)

    def seconds(kept):
        start = time.process_time()
        passwords.is_right(kept, "wrong")
        return time.process_time() - start

    kept = passwords.hashed(GOOD)
    nobody = statistics.median(seconds(None) for _ in range(9))
    somebody = statistics.median(seconds(kept) for _ in range(9))
    # Times never fail a test; a missing hash would be a thousand times less.
    assert 0.1 < nobody / somebody < 10


def test_a_cheaper_hash_is_outdated():
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    assert passwords.is_right(cheap, GOOD)
    assert passwords.is_outdated(cheap)


def test_what_is_no_hash_lets_nobody_in():
    assert not passwords.is_right("plain", "plain")


def test_a_temporary_password_keeps_the_rules_and_is_never_the_same():
    made = {passwords.temporary() for _ in range(200)}
    assert len(made) == 200
    assert all(whys(password, MLPS3) == [] for password in sorted(made)[:20])
    assert not set("lIoO01") & set("".join(made))


@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(password):
    passwords.check(password, MLPS3, "login", ("name",))
