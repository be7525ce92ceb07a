"""Transformations between coordinate systems, looked up once: that takes half a second each time.

PROJ searches its database for the best way from one system to another. The way found is a short
text, from which every thread makes its own transformation in less than a millisecond.
"""

from __future__ import annotations

from functools import cache

from pyproj import Transformer

# What PROJ says where the way depends on the place.
_DEPENDS = "unavailable"


@cache
def between(source: int | str, target: int | str) -> Transformer:
    """Return the transformation from one system to another, x before y on both sides."""
    found = Transformer.from_crs(source, target, always_xy=True)
    if found.definition.startswith(_DEPENDS):
        return found
    return Transformer.from_pipeline(found.definition)
