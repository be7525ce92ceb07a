"""Keys outside the database, and what they encrypt."""

import dataclasses
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.access import keys
from gis.access.keys import KeyFileError, Keys
from gis.access.rules import Cipher

BOTH = pytest.mark.parametrize("cipher", Cipher)
ABOUT = "person_private.id_number/7"


def path_of(state):
    return state / keys.FOLDER / keys.FILE


def test_the_first_key_is_made_for_its_owner_alone(tmp_path):
    made = keys.open_keys(tmp_path)
    assert path_of(tmp_path).stat().st_mode & 0o777 == 0o600
    assert path_of(tmp_path).parent.stat().st_mode & 0o777 == 0o700
    assert keys.open_keys(tmp_path) == made
    assert [one.name for one in path_of(tmp_path).parent.iterdir()] == [keys.FILE]


def test_many_who_start_at_once_get_the_same_key(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(keys.open_keys(tmp_path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one == found[0] for one in found)


@BOTH
def test_what_is_encrypted_comes_back_and_is_never_the_same(tmp_path, cipher):
    made = keys.open_keys(tmp_path, cipher)
    first, second = made.encrypt(b"440300", ABOUT), made.encrypt(b"440300", ABOUT)
    assert first != second
    assert b"440300" not in first
    assert made.decrypt(first, ABOUT) == made.decrypt(second, ABOUT) == b"440300"


@BOTH
def test_many_at_once_are_as_one_by_one(tmp_path, cipher):
    made = keys.open_keys(tmp_path, cipher)
    abouts = [f"person_private.id_number/{number}" for number in range(50)]
    plains = [about.encode() for about in abouts]
    found = made.encrypt_all(plains, abouts)
    assert len(set(found)) == len({kept[2:14] for kept in found}) == 50
    opened = [made.decrypt(*each) for each in zip(found, abouts, strict=True)]
    assert opened == plains
    assert made.encrypt_all([], []) == []
    with pytest.raises(ValueError, match="argument"):
        made.encrypt_all(plains, abouts[1:])


@given(st.binary(max_size=300), st.text(max_size=50), st.sampled_from(Cipher))
def test_any_value_comes_back(plain, about, cipher):
    made = Keys({1: b"k" * 32}, cipher)
    assert made.decrypt(made.encrypt(plain, about), about) == plain


@BOTH
def test_one_rows_value_is_not_anothers(tmp_path, cipher):
    made = keys.open_keys(tmp_path, cipher)
    with pytest.raises(KeyFileError, match="id_number/8 cannot be decrypted"):
        made.decrypt(made.encrypt(b"440300", ABOUT), "person_private.id_number/8")


@BOTH
def test_every_altered_bit_is_found(tmp_path, cipher):
    made = keys.open_keys(tmp_path, cipher)
    kept = made.encrypt(b"440300", ABOUT)
    for place in range(len(kept)):
        altered = bytearray(kept)
        altered[place] ^= 1
        with pytest.raises(KeyFileError):
            made.decrypt(bytes(altered), ABOUT)
    for length in range(len(kept)):
        with pytest.raises(KeyFileError):
            made.decrypt(kept[:length], ABOUT)


def test_the_cipher_may_change_while_older_values_stay_readable(tmp_path):
    aes, sm4 = keys.open_keys(tmp_path), keys.open_keys(tmp_path, Cipher.SM4)
    kept = aes.encrypt(b"440300", ABOUT)
    assert sm4.decrypt(kept, ABOUT) == b"440300"
    assert sm4.is_outdated(kept)
    assert not sm4.is_outdated(sm4.encrypt(b"440300", ABOUT))


def test_a_new_key_encrypts_and_the_old_one_still_decrypts(tmp_path):
    old = keys.open_keys(tmp_path)
    kept = old.encrypt(b"440300", ABOUT)
    new = keys.rotate(tmp_path)
    assert new.newest == 2
    assert new.decrypt(kept, ABOUT) == b"440300"
    assert new.is_outdated(kept)
    assert path_of(tmp_path).stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyFileError, match="encrypted with key 2, which is not in the key file"):
        old.decrypt(new.encrypt(b"440300", ABOUT), ABOUT)


def test_a_key_file_others_may_read_is_refused(tmp_path):
    keys.open_keys(tmp_path)
    path_of(tmp_path).chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        keys.open_keys(tmp_path)


@pytest.mark.parametrize("text", ["", "1 abc\n", "x " + "0" * 64 + "\n", "1 " + "0" * 62 + "\n"])
def test_a_damaged_key_file_is_refused_and_not_shown(tmp_path, text):
    keys.open_keys(tmp_path)
    path_of(tmp_path).write_text(text)
    with pytest.raises(KeyFileError, match="put back a copy") as refused:
        keys.open_keys(tmp_path)
    assert "000" not in str(refused.value)


def test_keys_are_shown_nowhere(tmp_path):
    made = keys.open_keys(tmp_path)
    assert made.secrets[1].hex() not in repr(made)
    assert repr(made.secrets[1]) not in repr(dataclasses.replace(made))
    assert keys.fingerprint(made) not in made.secrets[1].hex()


def test_a_purpose_has_a_key_of_its_own(tmp_path):
    made = keys.open_keys(tmp_path)
    assert made.digest("csrf") == made.digest("csrf")
    assert len({made.digest("csrf"), made.digest("other"), made.secrets[1]}) == 3


@BOTH
def test_many_values_at_once_are_as_one_by_one(cipher):
    made = Keys({1: b"k" * 32}, cipher)
    plains, abouts = [b"1", b"22", b""], ["a/1", "a/2", "a/3"]
    kept = made.encrypt_all(plains, abouts)
    assert [made.decrypt(*each) for each in zip(kept, abouts, strict=True)] == plains
