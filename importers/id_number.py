"""Numbers of Chinese resident identity cards: 18 characters, the last one a check digit.

Source: GB 11643-1999, the check digit after ISO 7064 MOD 11-2.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from importers.values import code

LENGTH = 18
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = np.frombuffer(b"10X98765432", np.uint8)
_EARLIEST_YEAR = 1890
# What cannot be said of a number without saying part of it is said of the column.
_ADVICE = "format the column as text and export again"


def check_characters(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the ASCII codes of the check characters of numbers of 17 digits."""
    total, rest = np.zeros(len(numbers), np.int64), numbers
    for weight in reversed(_WEIGHTS):
        rest, digit = np.divmod(rest, 10)
        total += weight * digit
    found: NDArray[np.uint8] = _CHECKS[total % 11]
    return found


def read(value: Any) -> str:  # noqa: ANN401 - a cell of a file
    """Read an id number.

    Raises
    ------
    ValueError
        If it is none. What it says has no part of the number in it: it ends up in logs.
    """
    try:
        text = code(value) or ""
    except ValueError:
        raise ValueError(f"it was rounded by a spreadsheet; {_ADVICE}") from None
    text = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
    if len(text) != LENGTH:
        raise ValueError(f"it has {len(text)} characters, not {LENGTH}")
    if not (text.isascii() and text[:-1].isdigit() and text[-1] in "0123456789X"):
        raise ValueError("it has other characters than digits and a last X")
    if _born(text) is None:
        raise ValueError("the day of birth in it does not exist")
    if chr(check_characters(np.array([int(text[:-1])]))[0]) != text[-1]:
        raise ValueError("its check digit is wrong, so a digit was mistyped")
    return text


def is_one(text: str) -> bool:
    """Whether a text is an id number."""
    try:
        read(text)
    except ValueError:
        return False
    return True


def born(number: str) -> dt.date:
    """Return the day of birth that an id number says."""
    found = _born(number)
    if found is None:
        raise ValueError("the day of birth in it does not exist")
    return found


def _born(number: str) -> dt.date | None:
    try:
        day = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return day if day.year >= _EARLIEST_YEAR else None
