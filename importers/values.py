"""Understanding single values: whole numbers, codes, dates in the styles that files have."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import opencc
import pandas as pd
from numpy.typing import NDArray

Wrong = dict[int, str]
"""Row position → what is wrong with its value, as a half sentence."""


class Converted(NamedTuple):
    """A column understood: Python values (None = nothing there) and what could not be."""

    values: NDArray[Any]
    wrong: Wrong


def convert(column: pd.Series[Any], read: Callable[[Any], Any]) -> Converted:
    """Apply ``read`` to each distinct value; it raises ValueError with a half sentence."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    found = np.empty(len(distinct) + 1, dtype=object)
    faults: dict[int, str] = {}
    for index, value in enumerate(distinct):
        if isinstance(value, str) and not value.strip():
            continue
        try:
            found[index] = read(value)
        except ValueError as error:
            faults[index] = str(error)
    # Code -1, a missing value, is the last place of `found`, which stays None.
    wrong = {int(i): faults[codes[i]] for i in np.flatnonzero(np.isin(codes, list(faults)))}
    return Converted(found[codes], wrong)


@cache
def _converter() -> Any:  # noqa: ANN401
    return opencc.OpenCC("t2s")


def plain(text: str) -> str:
    """Return a text for comparing: full-width made plain, simplified characters, lower case."""
    return str(_converter().convert(unicodedata.normalize("NFKC", text))).strip().casefold()


def text(value: Any) -> str | None:  # noqa: ANN401
    """Read a free text, as it stands."""
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    # PostgreSQL keeps no zero byte in a text.
    return str(value).replace("\x00", "").strip() or None


_SCIENTIFIC = re.compile(r"[-+]?\d(\.\d+)?e[+]?\d+", re.IGNORECASE)


def code(value: Any) -> str | None:  # noqa: ANN401
    """Read a code: full-width digits made plain; one that a spreadsheet rounded is refused."""
    found = unicodedata.normalize("NFKC", text(value) or "")
    if _SCIENTIFIC.fullmatch(found):
        raise ValueError(
            f"the code {found!r} was rounded by a spreadsheet and its last digits are lost; "
            "format the column as text and export again"
        )
    return found.removesuffix(".0") if re.fullmatch(r"\d+\.0", found) else found or None


def number(value: Any) -> float:  # noqa: ANN401
    """Read a number; thousands separators and full-width digits are fine."""
    if isinstance(value, str):
        try:
            found = float(unicodedata.normalize("NFKC", value).replace(",", ""))
        except ValueError:
            raise ValueError(f"{value!r} is no number") from None
    else:
        found = float(value)
    if not math.isfinite(found):
        raise ValueError(f"{value!r} is no number")
    return found


def integer(value: Any) -> int:  # noqa: ANN401
    """Read a whole number."""
    found = number(value)
    if not found.is_integer():
        raise ValueError(f"{value!r} is no whole number")
    return int(found)


_YES = frozenset(("1", "true", "t", "yes", "y", "是", "有", "√", "✓"))
_NO = frozenset(("0", "false", "f", "no", "n", "否", "无", "×", "-"))


def boolean(value: Any) -> bool:  # noqa: ANN401
    """Read yes or no."""
    found = plain(text(value) or "")
    if found not in _YES | _NO:
        raise ValueError(f"{value!r} is neither yes nor no")
    return found in _YES


@dataclass(frozen=True)
class Words:
    """The agreed words of a column, and the texts of files that mean each."""

    meaning: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, words: Mapping[str, tuple[str, ...]]) -> Words:
        """Index agreed words by everything that is understood as them."""
        return cls({plain(t): word for word, texts in words.items() for t in (word, *texts)})

    def __call__(self, value: Any) -> str:  # noqa: ANN401
        """Return the agreed word for a value of a file."""
        found = self.meaning.get(plain(text(value) or ""))
        if found is None:
            known = ", ".join(dict.fromkeys(self.meaning.values()))
            raise ValueError(f"{value!r} is none of: {known}")
        return found


# --- dates ------------------------------------------------------------------------------------

_PARTS = r"(?P<year>{})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*日?"
_COMPACT = r"(?P<year>(?:19|20)\d\d|[01]\d\d)(?P<month>\d\d)(?P<day>\d\d)"
_TIME = (
    r"(?:[T\s]*(?P<half>上午|下午|[AaPp][Mm])?\s*"
    r"(?:(?P<hour>\d{1,2})[:时時](?P<minute>\d\d)分?(?:[:]?(?P<second>\d\d)(?:\.(?P<us>\d+))?秒?)?"
    r"|(?P<hms>\d{6}|\d{4}))\s*(?P<half2>[AaPp][Mm])?)?"
)
_ROC = r"(?:民国|民國)\s*"
_STYLES = tuple(
    re.compile(style + _TIME)
    for style in (
        # Two digits of a year are only clear when the era is named.
        f"(?:{_ROC})?" + _PARTS.format(r"\d{4}|\d{3}"),
        _ROC + _PARTS.format(r"\d{2}"),
        _COMPACT,
    )
)
_ROC_BEGAN = 1911
_SERIAL_BEGAN = dt.datetime(1899, 12, 30)
# 1927 to 2119: what else a number of five digits may be is no date.
_SERIALS = (10_000, 80_000)


def moment(value: Any, zone: dt.tzinfo) -> dt.datetime:  # noqa: ANN401
    """Read a date, with or without time, in the city's time zone unless it names another.

    Understood: 2024-01-01, 2024/1/1 13:05, 2024年1月1日, 20240101 130500, 45292.5 (days since
    1899-12-30, as spreadsheets count), 113/05/06 and 1130506 (years of the Republic of China),
    1704067200000 (milliseconds since 1970), ISO 8601 with an offset.
    """
    if isinstance(value, dt.datetime):
        found = value if not isinstance(value, pd.Timestamp) else value.to_pydatetime(warn=False)
    elif isinstance(value, np.datetime64):
        found = pd.Timestamp(value).to_pydatetime(warn=False)
    elif isinstance(value, dt.date):
        found = dt.datetime(value.year, value.month, value.day, tzinfo=zone)
    else:
        found = _moment(unicodedata.normalize("NFKC", text(value) or ""))
    return found if found.tzinfo else found.replace(tzinfo=zone)


def date(value: Any, zone: dt.tzinfo) -> dt.date:  # noqa: ANN401
    """Read a day, see `moment`."""
    return moment(value, zone).astimezone(zone).date()


def _moment(found: str) -> dt.datetime:
    if re.fullmatch(r"\d{13}", found):
        return dt.datetime.fromtimestamp(int(found) / 1000, dt.UTC)
    for style in _STYLES:
        if match := style.fullmatch(found):
            return _from_parts(found, match)
    if re.fullmatch(r"\d{5}(\.\d+)?", found) and _SERIALS[0] <= float(found) < _SERIALS[1]:
        seconds = round(float(found) * 86_400)
        return _SERIAL_BEGAN + dt.timedelta(seconds=seconds)
    try:
        return dt.datetime.fromisoformat(found)
    except ValueError:
        pass
    advice = "write it as 2024-01-31"
    if re.match(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", found):
        advice = "it is unclear what is day, month and year; " + advice
    raise ValueError(f"{found!r} is no date that can be read: {advice}")


def _from_parts(found: str, match: re.Match[str]) -> dt.datetime:
    part = match.groupdict()
    year = int(part["year"]) + (_ROC_BEGAN if len(part["year"]) < 4 else 0)
    hms = part["hms"] or ""
    hour = int(part["hour"] or hms[:2] or 0)
    half = (part["half"] or part["half2"] or "").casefold()
    if half in ("下午", "pm") and hour < 12:
        hour += 12
    if half in ("上午", "am") and hour == 12:
        hour = 0
    minute, second = int(part["minute"] or hms[2:4] or 0), int(part["second"] or hms[4:] or 0)
    try:
        return dt.datetime(
            year, int(part["month"]), int(part["day"]), hour, minute, second,
            int((part["us"] or "0")[:6].ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        raise ValueError(f"{found!r} is a day or time that does not exist") from None
