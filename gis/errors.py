"""Every error this product raises on purpose: a sentence for a person, who can act on it."""

from __future__ import annotations


class CityGridError(Exception):
    """Says what is wrong, what was found, and what to do. Anything else is a bug."""


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
