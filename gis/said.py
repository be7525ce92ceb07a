"""Sentences in English that know what says them in other languages."""

from __future__ import annotations

from collections.abc import Mapping


class Said(str):
    """A sentence, the key of its text in the catalogue, and what that names; see `CityGridError`.

    It is a plain string for programs, logs and comparison.
    """

    key: str
    values: Mapping[str, object]

    def __new__(cls, sentence: str, *, key: str = "", **values: object) -> Said:
        """Make a sentence as `CityGridError` is made."""
        said = super().__new__(cls, sentence)
        said.key, said.values = key, values
        return said
