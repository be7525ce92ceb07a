"""What a search looks in, and the index that finds any part of it."""

from __future__ import annotations

import functools

from sqlalchemy import Index, text


def _joined(*sql: str) -> str:
    """Return SQL for texts joined one by one, in the brackets PostgreSQL gives it back with.

    Else the comparison of a migrated database with this module would see a difference.
    """
    first, *middle, last = sql
    return (
        f"{functools.reduce(lambda left, right: f'({left} || {right})', middle, first)} || {last}"
    )


def bigrams(sql: str) -> str:
    """Return SQL for the pairs of letters next to each other in a text, as an array.

    Cut twice: from the first letter on, and from the second. Indexed, the pairs find any part of
    a name of two letters or more; trigrams, the usual way, need three, and most Chinese words
    have two.
    """
    plain = f"replace(lower({sql}), ' ', '')"
    pairs = r"regexp_replace({}, '(..)', '\1 ', 'g')"
    both = _joined(pairs.format(plain), "' '", pairs.format(f"substr({plain}, 2)"))
    return f"string_to_array({both}, ' ')"


# What a search looks in, by table; the queries must say it in the same words to meet the index.
SEARCHED = {
    "unit_version": _joined("code", "' '", "(names ->> 'zh')", "' '", "(names ->> 'en')"),
    "building": _joined("coalesce(name, '')", "' '", "coalesce(address, '')"),
    "entrance": _joined("name", "' '", "address"),
    "facility": _joined("name", "' '", "coalesce(address, '')"),
}


def search_index(name: str) -> Index:
    """Return the index a search of one table of `SEARCHED` meets."""
    return Index(f"ix_{name}_search", text(bigrams(SEARCHED[name])), postgresql_using="gin")
