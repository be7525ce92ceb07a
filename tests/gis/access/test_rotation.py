"""A new key: everything is readable with it, and nothing needs the old one."""

import datetime as dt

import pytest
from sqlalchemy import insert, select

from gis import hooks
from gis.access import accounts, codes, keys, rotation
from gis.access.answers import Actor
from gis.access.keys import Keys
from gis.access.private import about_id_number
from gis.access.rules import Cipher
from gis.access.tables import account, person_private
from gis.hooks import webhook
from layers.catalog import LAYERS
from tests import builders

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
URL = "https://example.org/told"
NUMBERS = {1: b"440300199001011234", 2: b"440300195502024321", 3: b""}


@pytest.fixture
def secret_keys(tmp_path):
    return keys.open_keys(tmp_path)


@pytest.fixture
def persons(db, secret_keys):
    units = builders.load(db)
    places = [(0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (3.5, 0.5)]
    builders.add(db, LAYERS["people"], units, builders.rows("people", *places))
    for number, plain in NUMBERS.items():
        kept = secret_keys.encrypt(plain, about_id_number(number))
        db.execute(insert(person_private).values(people_id=number, id_number=kept))
    db.execute(insert(person_private).values(people_id=4))
    made = accounts.make(db, "zhang", "张伟", by=Actor(None, "machine:root"), now=NOW)
    codes.start(db, made, secret_keys)
    hooks.make(db, URL, [], made, secret_keys)
    return db


@pytest.mark.parametrize("cipher", Cipher)
def test_everything_is_encrypted_anew_and_the_old_key_not_needed(persons, tmp_path, cipher):
    held = keys.rotate(tmp_path, cipher)
    told = []
    assert rotation.renew(persons, held, lambda *said: told.append(said)) == (3, 1, 1)
    alone = Keys({held.newest: held.secrets[held.newest]}, cipher)
    p = person_private.c
    for number, kept in persons.execute(select(p.people_id, p.id_number)):
        if number in NUMBERS:
            assert alone.decrypt(bytes(kept), about_id_number(number)) == NUMBERS[number]
        else:
            assert kept is None
    [(number, secret)] = persons.execute(select(account.c.id, account.c.code_secret)).all()
    assert len(alone.decrypt(bytes(secret), f"account.code_secret/{number}")) == 20
    kept = persons.scalars(select(webhook.c.secret)).one()
    assert len(hooks.secret(kept, URL, alone)) == 43
    assert told == [("encrypting id numbers anew", 3, 3)]


def test_what_is_new_already_is_left(persons, secret_keys):
    assert rotation.renew(persons, secret_keys, lambda *_: None) == (0, 0, 0)


def test_a_wrong_key_changes_nothing(persons):
    wrong = Keys({1: b"x" * 32, 2: b"y" * 32})
    before = persons.execute(select(person_private).order_by("people_id")).all()
    with pytest.raises(keys.KeyFileError, match="id_number/1 cannot be decrypted"):
        rotation.renew(persons, wrong, lambda *_: None)
    assert persons.execute(select(person_private).order_by("people_id")).all() == before


def test_many_are_encrypted_in_portions(persons, tmp_path, monkeypatch):
    monkeypatch.setattr(rotation, "_AT_ONCE", 2)
    told = []
    held = keys.rotate(tmp_path)
    assert rotation.renew(persons, held, lambda *said: told.append(said)) == (3, 1, 1)
    assert [done for _, done, _ in told] == [2, 3]
