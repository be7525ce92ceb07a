"""How each field of a layer is read from the texts of a file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, SmallInteger
from sqlalchemy.types import Float, Numeric

from importers import values
from importers.values import Words, plain
from layers.layer import Field, Layer

Read = Callable[[Any], Any]

# Fields that hold the number of another row, and the table it is in; files give its key.
REFERENCES: Mapping[str, str] = {
    "unit_id": "unit",
    "estate_id": "estate",
    "building_id": "building",
    "entrance_id": "entrance",
    "household_id": "household",
}
# Words that are not in the list are kept as they are: cities have kinds of their own.
_OPEN = frozenset((("facilities", "kind"), ("incidents", "source")))
_LARGEST = {SmallInteger: 2**15 - 1, Integer: 2**31 - 1, BigInteger: 2**63 - 1}
_OLDEST_BAND = 20
_MOST_YEARS = 130


def reader(layer: Layer, field: Field, zone: dt.tzinfo, header: str) -> Read:
    """Return the function that reads one value of a field; it raises ValueError when it cannot.

    Parameters
    ----------
    layer, field
        Which.
    zone
        The city's time zone, for dates without one.
    header
        What the file calls the column; some names say how to read it.
    """
    special = _special(layer, field, zone, header)
    if special:
        return special
    if field.words:
        return _words(layer, field)
    kind = layer.table.columns[field.name].type
    if isinstance(kind, Integer):
        most = next(n for t, n in _LARGEST.items() if type(kind) is t)
        return lambda value: _within(values.integer(value), most)
    if isinstance(kind, Boolean):
        return values.boolean
    if isinstance(kind, DateTime):
        return lambda value: values.moment(value, zone)
    if isinstance(kind, Date):
        return lambda value: values.date(value, zone)
    return values.number if isinstance(kind, Numeric | Float) else values.text


def _special(layer: Layer, field: Field, zone: dt.tzinfo, header: str) -> Read | None:
    readers: dict[str, Read] = {
        "key": values.code,
        "names": _names,
        "aliases": _list,
        "room": values.code,
        "day_people": _how_many,
        "age_band": (
            _band if plain(header) == "age_band" else lambda value: _age_band(value, zone)
        ),
    }
    readers |= dict.fromkeys(REFERENCES, values.code)
    if field.name == "care":
        words = _words(layer, field)
        bits = {word: 1 << place for place, word in enumerate(_parts(layer, field.name))}
        return lambda value: _care(value, words, bits)
    if layer.id == "incidents" and field.name in ("scheme", "big", "small"):
        return values.code
    return readers.get(field.name)


def default(layer: Layer, name: str) -> str | None:
    """Return the agreed word for a value that is not there, where the layer has one."""
    field = next((f for f in layer.fields if f.name == name), None)
    if field is None:
        return None
    return next((word for word, texts in field.words.items() if "" in texts), None)


def _parts(layer: Layer, name: str) -> Mapping[str, Mapping[str, str]]:
    return next((d.parts for d in layer.dimensions if d.column == name), {})


def _words(layer: Layer, field: Field) -> Read:
    names = _parts(layer, field.name)
    words = {
        word: (*field.words.get(word, ()), *names.get(word, {}).values())
        for word in dict.fromkeys((*names, *field.words))
    }
    known = Words.of(words)
    if (layer.id, field.name) not in _OPEN:
        return known
    return lambda value: known.meaning.get(plain(values.text(value) or "")) or values.text(value)


def _how_many(value: object) -> int:
    number = values.integer(value)
    if number < 0:
        raise ValueError(f"{number} is less than 0")
    return _within(number, _LARGEST[Integer])


def _within(number: int, most: int) -> int:
    if abs(number) > most:
        raise ValueError(f"{number} is too large")
    return number


def _names(value: Any) -> dict[str, str] | None:  # noqa: ANN401
    name = values.text(value)
    return {"zh": name, "en": name} if name else None


def _list(value: Any) -> list[str] | None:  # noqa: ANN401
    items = [item.strip() for item in re.split(r"[,，、;；/|]", values.text(value) or "")]
    return [item for item in items if item] or None


def _band(value: Any) -> int:  # noqa: ANN401
    band = values.integer(value)
    if not 0 <= band <= _OLDEST_BAND:
        raise ValueError(f"{band} is no five-year band, they are 0 to {_OLDEST_BAND}")
    return band


def _age_band(value: Any, zone: dt.tzinfo) -> int:  # noqa: ANN401
    """Read an age, a range of ages ("30-34", "85岁以上") or a date of birth."""
    text = plain(values.text(value) or "").replace("岁", "").replace("周", "")
    if match := re.fullmatch(
        r"(\d{1,3})(?:\.0)?(?:\s*[-–—~至到]\s*\d{1,3}|\s*(?:\+|及?以上))?", text
    ):
        years = int(match[1])
    else:
        born, today = values.date(value, zone), dt.datetime.now(zone).date()
        years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if not 0 <= years <= _MOST_YEARS:
        raise ValueError(f"{values.text(value)!r} is no age")
    return min(years // 5, _OLDEST_BAND)


def _care(value: Any, words: Read, bits: Mapping[str, int]) -> int:  # noqa: ANN401
    if re.fullmatch(r"\d{1,2}(\.0)?", values.text(value) or ""):
        number = values.integer(value)
        if number > sum(bits.values()):
            raise ValueError(f"{number} is no sum of care groups")
        return number
    return sum({bits[words(item)] for item in _list(value) or ()})
