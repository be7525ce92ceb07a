"""The settings of security: presets, what may be changed of them, and what is refused."""

import dataclasses

import pytest

from gis.access import rules
from gis.access.rules import DEFAULT, MLPS3, Cipher
from gis.errors import SettingsError


def written(tmp_path, text):
    path = tmp_path / rules.SETTINGS_FILE
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_default_holds(tmp_path):
    assert rules.read(tmp_path / rules.SETTINGS_FILE) == DEFAULT


def test_sections_of_others_are_left_to_them(tmp_path):
    assert rules.read(written(tmp_path, "[serve]\nport = 1\n")) == DEFAULT


def test_a_preset_is_taken_and_changed_where_the_file_says(tmp_path):
    path = written(
        tmp_path, '[security]\npreset = "mlps3"\nlock_minutes = 60\ncipher = "sm4"\n'
    )  # fmt: skip
    assert rules.read(path) == dataclasses.replace(MLPS3, lock_minutes=60, cipher=Cipher.SM4)


def test_mlps3_is_what_the_standard_is_assessed_by():
    assert MLPS3.password_kinds >= 3
    assert MLPS3.rotation_days == 90
    assert MLPS3.second_factor
    assert MLPS3.administrators_apart
    assert MLPS3.audit_days >= 180


def test_mlps3_is_nowhere_weaker_than_the_default():
    more = ("password_length", "password_kinds", "kept_passwords", "lock_minutes")
    less = (
        "temporary_days", "failures_before_lock", "address_failures", "idle_s", "absolute_s",
        "token_days", "reveals_per_hour",
    )  # fmt: skip
    assert all(getattr(MLPS3, name) >= getattr(DEFAULT, name) for name in more)
    assert all(getattr(MLPS3, name) <= getattr(DEFAULT, name) for name in less)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[security\n", "is not TOML"),
        ('security = "high"\n', "must be a section"),
        ('[security]\npreset = "mlps4"\n', "There are: default, mlps3"),
        ("[security]\npasword_length = 9\n", "knows no 'pasword_length'. It knows: preset, "),
        ("[security]\npassword_length = 4\n", "between 8 and 64, found 4"),
        ('[security]\npassword_length = "12"\n', "must be a whole number, found '12'"),
        ("[security]\npassword_length = true\n", "must be a whole number, found True"),
        ("[security]\nsecond_factor = 1\n", "must be true or false, found 1"),
        ('[security]\ncipher = "des"\n', "cipher must be one of aes, sm4: 'des'"),
        ("[security]\nidle_s = 7200\nabsolute_s = 3600\n", "cannot be idle for longer"),
        ('[security]\npreset = "mlps3"\naudit_days = 90\n', "between 180 and 36500 under the"),
        ('[security]\npreset = "mlps3"\nrotation_days = 0\n', "between 1 and 90 under the"),
        ('[security]\npreset = "mlps3"\nsecond_factor = false\n', "asks for second_factor"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(tmp_path, text, said):
    with pytest.raises(SettingsError, match=r"settings\.toml") as refused:
        rules.read(written(tmp_path, text))
    assert said in str(refused.value)


def test_all_faults_are_said_at_once(tmp_path):
    path = written(tmp_path, "[security]\nidle_s = 1\ntoken_days = 1000\nfrob = 1\n")
    with pytest.raises(SettingsError) as refused:
        rules.read(path)
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize("preset", rules.PRESETS.values(), ids=rules.PRESETS)
def test_a_preset_may_be_written_out_as_it_is(preset):
    section = dataclasses.asdict(preset)
    assert rules.parse(section, "here") == preset
