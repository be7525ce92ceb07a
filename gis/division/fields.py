"""Reading what a browser or a program sends: every field checked, one sentence for what is wrong.

Coordinates come as [longitude, latitude] in degrees and go on as vertices of the grid.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gis.city import LANGUAGES
from gis.division.cutting import Title
from gis.division.delta import KINDS
from gis.division.rings import Ring, Vertex
from gis.errors import CityGridError

STEPS_A_DEGREE = 10_000_000
# More than a person draws, and less than what keeps a server busy.
MOST_POINTS = 5_000
MOST_NUMBERS = 2_000
MOST_LINES = 50
LONGEST_TEXT = 120
LARGEST = 2**31 - 1


class CommandError(CityGridError):
    """What was sent says nothing that can be done."""


class Fields:
    """The fields of one operation; each is taken once, and what is left over is refused."""

    def __init__(self, what: str, data: Mapping[str, Any]) -> None:
        self._what = what
        self._left = dict(data)

    def wrong(self, name: str, wanted: str, found: object) -> CommandError:
        """Return the sentence for a field that cannot be used."""
        shown = repr(found)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}…"
        return CommandError(
            f"{self._what}: {name!r} must be {wanted}, found {shown}.", key="border.command"
        )

    def end(self) -> None:
        """Raise CommandError for fields that nobody took."""
        if self._left:
            unknown = ", ".join(repr(name) for name in sorted(map(str, self._left)))
            raise CommandError(f"{self._what}: there is no field {unknown}.", key="border.command")

    def has(self, name: str) -> bool:
        """Whether a field is given."""
        return self._left.get(name) is not None

    def number(self, name: str, *, is_unit: bool = True) -> int:
        """Return the number of a unit (those of a draft are negative) or of a thing."""
        return self._number(name, self._left.pop(name, None), is_unit=is_unit)

    def numbers(self, name: str, *, is_unit: bool = True) -> tuple[int, ...]:
        """Return numbers, one at least, each once."""
        value = self._left.pop(name, None)
        if not isinstance(value, list) or not 0 < len(value) <= MOST_NUMBERS:
            raise self.wrong(name, f"a list of 1 to {MOST_NUMBERS:,} numbers", value)
        found = (self._number(name, item, is_unit=is_unit) for item in value)
        return tuple(dict.fromkeys(found))

    def point(self, name: str) -> Vertex:
        """Return a place."""
        return self._vertex(name, self._left.pop(name, None))

    def line(self, name: str, least: int = 2) -> tuple[Vertex, ...]:
        """Return a line of two places at least."""
        return self._line(name, self._left.pop(name, None), least)

    def lines(self, name: str) -> tuple[tuple[Vertex, ...], ...]:
        """Return lines, one at least."""
        value = self._left.pop(name, None)
        if not isinstance(value, list) or not 0 < len(value) <= MOST_LINES:
            raise self.wrong(name, f"a list of 1 to {MOST_LINES} lines", value)
        return tuple(self._line(name, item, 2) for item in value)

    def area(self, name: str) -> Ring:
        """Return the outline of an area that was drawn, closed or not."""
        ring = self.line(name, 3)
        ring = ring[:-1] if ring[0] == ring[-1] else ring
        if len(set(ring)) < 3:
            raise self.wrong(name, "an area of three places at least", [])
        return ring

    def moves(self, name: str) -> dict[Vertex, Vertex]:
        """Return which vertices go where."""
        value = self._left.pop(name, None)
        if not isinstance(value, list) or not 0 < len(value) <= MOST_POINTS:
            raise self.wrong(name, "a list of [from, to]", value)
        found: dict[Vertex, Vertex] = {}
        for item in value:
            if not isinstance(item, list) or len(item) != 2:
                raise self.wrong(name, "a list of [from, to]", item)
            start, end = (self._vertex(name, each) for each in item)
            if start in found:
                raise self.wrong(name, "a list that moves each vertex once", item)
            found[start] = end
        return found

    def level(self, name: str) -> int:
        """Return the number of a level, 1 the widest."""
        value = self._left.pop(name, None)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 20:
            raise self.wrong(name, "a level, a whole number from 1", value)
        return value

    def metres(self, name: str, default: float, most: float) -> float:
        """Return a distance."""
        value = self._left.pop(name, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= most:
            raise self.wrong(name, f"metres from 0 to {most:g}", value)
        return float(value)

    def flag(self, name: str) -> bool:
        """Return whether something is wanted; not, if nothing is said."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false", value)
        return value

    def title(self, name: str) -> Title:
        """Return what a unit is to be called."""
        return self._title(name, self._left.pop(name, None))

    def titles(self, name: str) -> tuple[Title, ...]:
        """Return what new units are to be called; nothing said is nothing."""
        value = self._left.pop(name, None) or []
        if not isinstance(value, list) or len(value) > MOST_NUMBERS:
            raise self.wrong(name, "a list of titles", value)
        return tuple(self._title(name, item) for item in value)

    def one_of(self, names: Collection[str]) -> str:
        """Return which one of several fields is given."""
        given = [name for name in names if self.has(name)]
        if len(given) != 1:
            listed = " or ".join(repr(name) for name in names)
            raise CommandError(f"{self._what}: give {listed}, one of them.", key="border.command")
        return given[0]

    def _number(self, name: str, value: object, *, is_unit: bool) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
            raise self.wrong(name, "a number", value)
        if value == 0 or (value < 0 and not is_unit):
            raise self.wrong(name, "a number from 1", value)
        return value

    def _line(self, name: str, value: object, least: int) -> tuple[Vertex, ...]:
        if not isinstance(value, list) or not least <= len(value) <= MOST_POINTS:
            wanted = f"a list of {least} to {MOST_POINTS:,} places, [longitude, latitude]"
            raise self.wrong(name, wanted, value)
        return tuple(self._vertex(name, item) for item in value)

    def _vertex(self, name: str, value: object) -> Vertex:
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_degrees, value)):
            raise self.wrong(name, "[longitude, latitude] in degrees", value)
        lng, lat = map(float, value)
        if abs(lng) > 180 or abs(lat) > 90:
            raise self.wrong(name, "[longitude, latitude] in degrees, in this order", value)
        return round(lng * STEPS_A_DEGREE), round(lat * STEPS_A_DEGREE)

    def _title(self, name: str, value: object) -> Title:
        if not isinstance(value, Mapping) or not value.keys() <= {"code", "names", "kind"}:
            raise self.wrong(name, "a title of 'code', 'names' and 'kind'", value)
        names = value.get("names") or {}
        if isinstance(names, str):
            names = dict.fromkeys(LANGUAGES, names)
        if not isinstance(names, Mapping) or not names.keys() <= set(LANGUAGES):
            raise self.wrong(name, f"a title with names in {', '.join(LANGUAGES)}", value)
        code, kind = value.get("code") or "", value.get("kind") or "basic"
        texts = (code, kind, *names.values())
        if not all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts):
            raise self.wrong(name, f"a title of texts up to {LONGEST_TEXT} letters", value)
        if kind not in KINDS:
            raise self.wrong(name, f"a title whose kind is {' or '.join(KINDS)}", kind)
        plain = {lang: " ".join(text.split()) for lang, text in names.items()}
        named = {lang: text for lang, text in plain.items() if text}
        return Title(code.strip(), {lang: named[lang] for lang in sorted(named)}, kind)


def _is_degrees(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Whole numbers of JSON may be larger than any float.
    return isinstance(value, int | float) and is_number and abs(value) <= 360
