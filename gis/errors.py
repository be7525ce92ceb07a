"""Every error this product raises on purpose: a sentence for a person, who can act on it."""

from __future__ import annotations

from collections.abc import Mapping


class TextKey(str):
    """A value that is itself a text of the catalogue, such as ``TextKey("right.grant")``."""

    __slots__ = ()


class CityGridError(Exception):
    """Says what is wrong, what was found, and what to do. Anything else is a bug.

    Parameters
    ----------
    sentence
        In English, for the command line, programs and logs: ``str(error)``.
    key
        Where a person may meet the error on a page: the text of the page's catalogue that says
        the same in his language, such as ``"error.login_taken"``.
    values
        What that text names. Names in several languages ({"zh": …, "en": …}) and `TextKey` are
        told in his, several of them (a tuple) one after the other.
    """

    def __init__(self, sentence: str, *, key: str = "", **values: object) -> None:
        super().__init__(sentence)
        self.key = key
        self.values: Mapping[str, object] = values


class NotFoundError(CityGridError):
    """A unit, layer, measure or file does not exist."""


class SettingsError(CityGridError):
    """`city.toml`, an option or an environment variable says something that cannot be."""


class DatabaseError(CityGridError):
    """The database cannot be reached, is too old, or lacks something."""


class BoundaryError(CityGridError):
    """Boundaries break a rule of the grid: gap, overlap, outside the parent, orphan."""


class FileError(CityGridError):
    """A file cannot be read, or what it holds cannot be loaded."""


class ForbiddenError(CityGridError):
    """Who asks may not do this, or not here."""


class BalanceError(CityGridError):
    """What balancing is asked contradicts itself, or leaves it nothing to weigh."""
