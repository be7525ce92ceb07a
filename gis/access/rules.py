"""The rules of security: what a password must be, how long a session lasts, who is kept apart."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gis.errors import SettingsError

SETTINGS_FILE = "settings.toml"
_SECTION = "security"


class Cipher(StrEnum):
    """What encrypts the columns nobody may read in the database."""

    AES = "aes"
    SM4 = "sm4"


@dataclass(frozen=True)
class Rules:
    """How the program guards itself. A preset gives them all, `settings.toml` some others."""

    preset: str
    # Passwords. Without a second factor length is what counts (NIST SP 800-63B).
    password_length: int = 12
    # How many of the four: small letters, capitals, digits, others.
    password_kinds: int = 1
    # Those that leaked elsewhere or are soon guessed.
    refuse_breached: bool = True
    # 0: never.
    rotation_days: int = 0
    # Not to be taken again; the one in use never is.
    kept_passwords: int = 0
    # How long a temporary password is good for.
    temporary_days: int = 7
    # Guessing.
    failures_before_lock: int = 10
    lock_minutes: int = 15
    # From one address, whoever was meant; an office may have one address for all.
    address_failures: int = 100
    address_minutes: int = 15
    # Sessions.
    idle_s: int = 3600
    absolute_s: int = 12 * 3600
    second_factor: bool = False
    token_days: int = 365
    # No administrator is two at once, and nobody gives himself a post: 三员分立.
    administrators_apart: bool = False
    audit_days: int = 365
    reveals_per_hour: int = 60
    cipher: Cipher = Cipher.AES


DEFAULT = Rules("default")

MLPS3 = Rules(
    "mlps3",
    password_kinds=3,
    rotation_days=90,
    kept_passwords=5,
    temporary_days=3,
    failures_before_lock=5,
    lock_minutes=30,
    address_failures=30,
    idle_s=900,
    absolute_s=8 * 3600,
    second_factor=True,
    token_days=90,
    administrators_apart=True,
    # Six months at least (网络安全法 article 21), and the change between them.
    audit_days=190,
    reveals_per_hour=20,
)
"""等保三级, GB/T 22239-2019 section 8.1.4. It names few numbers: these are what is assessed."""

PRESETS: Mapping[str, Rules] = MappingProxyType({"default": DEFAULT, "mlps3": MLPS3})

# Least and most that make sense at all.
_RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "password_length": (8, 64),
        "password_kinds": (1, 4),
        "rotation_days": (0, 3650),
        "kept_passwords": (0, 24),
        "temporary_days": (1, 30),
        "failures_before_lock": (3, 100),
        "lock_minutes": (1, 24 * 60),
        "address_failures": (3, 100_000),
        "address_minutes": (1, 24 * 60),
        "idle_s": (60, 24 * 3600),
        "absolute_s": (300, 7 * 24 * 3600),
        "token_days": (1, 366),
        "audit_days": (30, 36_500),
        "reveals_per_hour": (0, 10_000),
    }
)
# What an installation that calls itself mlps3 may not go beyond.
_MLPS3_RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "password_length": (8, 64),
        "password_kinds": (3, 4),
        "rotation_days": (1, 90),
        "failures_before_lock": (3, 10),
        "idle_s": (60, 1800),
        "audit_days": (180, 36_500),
    }
)
_MLPS3_ON = ("second_factor", "administrators_apart", "refuse_breached")


def read(path: Path) -> Rules:
    """Read the rules from the section [security] of a settings file; DEFAULT if there is none.

    Raises
    ------
    SettingsError
        The file says something that cannot be: every fault of it, a sentence each.
    """
    if not path.exists():
        return DEFAULT
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path} is not TOML: {error}.", key="error.not_toml", file=str(path), why=str(error)
        ) from error
    section = data.get(_SECTION, {})
    if not isinstance(section, dict):
        raise SettingsError(
            f"{path}: {_SECTION!r} must be a section, found {section!r}.",
            key="error.section",
            file=str(path),
            section=_SECTION,
            found=str(section),
        )
    return parse(section, str(path))


def parse(section: Mapping[str, Any], where: str) -> Rules:
    """Read what stands in [security]; ``where`` names the file in errors."""
    preset = section.get("preset", DEFAULT.preset)
    if preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise SettingsError(
            f"{where}: no preset is called {preset!r}. There are: {known}.",
            key="error.no_preset",
            file=where,
            preset=str(preset),
            known=known,
        )
    rules = PRESETS[preset]
    given: dict[str, Any] = {}
    faults: list[str] = []
    known_keys = {field.name for field in fields(Rules)} - {"preset"}
    for key, value in section.items():
        if key == "preset":
            continue
        if key not in known_keys:
            listed = ", ".join(sorted(known_keys))
            faults.append(f"[{_SECTION}] knows no {key!r}. It knows: preset, {listed}.")
            continue
        fault = _fault(rules, key, value)
        if fault:
            faults.append(fault)
        else:
            given[key] = Cipher(value) if key == "cipher" else value
    if not faults:
        rules = replace(rules, **given)
        if rules.idle_s > rules.absolute_s:
            faults.append(
                f"a session cannot be idle for longer ({rules.idle_s} s) than it lasts "
                f"({rules.absolute_s} s)."
            )
    if faults:
        raise SettingsError("\n".join(f"{where}: {fault}" for fault in faults))
    return rules


def _fault(rules: Rules, key: str, value: object) -> str:
    """Return what is wrong with one setting; nothing if it will do."""
    if key == "cipher":
        known = [cipher.value for cipher in Cipher]
        return "" if value in known else f"cipher must be one of {', '.join(known)}: {value!r}."
    if isinstance(getattr(rules, key), bool):
        if not isinstance(value, bool):
            return f"{key} must be true or false, found {value!r}."
        if rules.preset == "mlps3" and key in _MLPS3_ON and not value:
            return f"the preset mlps3 asks for {key}; leave it true, or take the preset default."
        return ""
    # In Python a truth value is a number too.
    if isinstance(value, bool) or not isinstance(value, int):
        return f"{key} must be a whole number, found {value!r}."
    least, most = _RANGES[key]
    if rules.preset == "mlps3":
        least, most = _MLPS3_RANGES.get(key, (least, most))
    if not least <= value <= most:
        under = " under the preset mlps3" if rules.preset == "mlps3" else ""
        return f"{key} must be between {least} and {most}{under}, found {value}."
    return ""
