"""What a city says of how incidents are handled: `[handling]` of its `city.toml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gis.errors import SettingsError
from layers.catalog.facilities import KINDS


class Alike(StrEnum):
    """Which classes may be the same incident."""

    SMALL = "small"
    BIG = "big"
    ANY = "any"


@dataclass(frozen=True)
class Handling:
    """What is due soon, may be the same or harm, from where bodies set out, what files may be."""

    # 临期: what is due within so many hours.
    due_soon_h: float = 24.0
    duplicate_within_m: float = 50.0
    duplicate_within_h: float = 24.0
    duplicate_class: Alike = Alike.SMALL
    # One that was closed is looked at for so many days.
    duplicate_closed_days: float = 3.0
    # An alarm that a device raises again within so many hours of the last time is the same one,
    # also if its incident was closed meanwhile.
    alarm_within_h: float = 1.0
    # Duty body → the kind of facility from which it sets out; "": nobody knows from where.
    posts: Mapping[str, str] = field(default_factory=dict)
    # Of the territory's own, and of bodies of which nothing is said.
    own_post: str = "community_service"
    # Kinds of facilities that may harm who comes near: told beside an incident.
    hazard_kinds: tuple[str, ...] = ("fuel",)
    # Photos and files of a case: how large one may be as it is sent, how many a case has, and how
    # long the longer side of a photo is kept.
    file_most_mb: float = 15.0
    files_most: int = 20
    photo_longest_px: int = 2560

    @property
    def file_most_bytes(self) -> int:
        """How large a file may be."""
        return int(self.file_most_mb * 1_000_000)


# Least and most that make sense, and that an index answers at once.
_RANGES = {
    "due_soon_h": (0.1, 24.0 * 31),
    "duplicate_within_m": (1.0, 1_000.0),
    "duplicate_within_h": (0.1, 24.0 * 31),
    "duplicate_closed_days": (0.0, 31.0),
    "file_most_mb": (0.1, 50.0),
    "files_most": (1, 100),
    "photo_longest_px": (640, 8_192),
    "alarm_within_h": (0.0, 24.0 * 31),
}
_WHOLE = ("files_most", "photo_longest_px")


def read(given: Mapping[str, Any]) -> Handling:
    """Return the settings, with what is usual where a city says nothing.

    Raises
    ------
    SettingsError
        One cannot be used; the sentence names it.
    """
    known = (*_RANGES, "duplicate_class", "posts", "own_post", "hazard_kinds")
    if unknown := sorted(given.keys() - set(known)):
        raise _fault(f"has no setting {unknown[0]!r}; there are: {', '.join(known)}")
    values: dict[str, Any] = {}
    for name, (least, most) in _RANGES.items():
        value = given.get(name)
        if value is None:
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:
            raise _fault(f"{name} must be between {least:g} and {most:g}, found {value!r}")
        if name in _WHOLE and value != int(value):
            raise _fault(f"{name} must be a whole number, found {value!r}")
        values[name] = int(value) if name in _WHOLE else float(value)
    if "duplicate_class" in given:
        if given["duplicate_class"] not in list(Alike):
            raise _fault(
                f"duplicate_class must be one of {', '.join(Alike)}, "
                f"found {given['duplicate_class']!r}"
            )
        values["duplicate_class"] = Alike(given["duplicate_class"])
    posts, own = given.get("posts", {}), given.get("own_post", Handling.own_post)
    if not isinstance(posts, Mapping):
        raise _fault(f"posts must be a table of body = kind of facility, found {posts!r}")
    named = [*posts.values(), own]
    if unknown := [kind for kind in named if kind and kind not in KINDS]:
        raise _fault(f"posts and own_post name kinds of facilities; there is no {unknown[0]!r}")
    return Handling(**values, posts=dict(posts), own_post=own, hazard_kinds=_hazards(given))


def _hazards(given: Mapping[str, Any]) -> tuple[str, ...]:
    kinds = given.get("hazard_kinds", Handling.hazard_kinds)
    if isinstance(kinds, str) or not isinstance(kinds, Sequence):
        raise _fault(f"hazard_kinds must be a list of kinds of facilities, found {kinds!r}")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise _fault(f"hazard_kinds names kinds of facilities; there is no {unknown[0]!r}")
    return tuple(kinds)


def _fault(what: str) -> SettingsError:
    return SettingsError(f"city.toml: [handling] {what}.")
