"""Names as the city writes them, given the plain form in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from layers.locating import writing

_LAST_NUMBER = re.compile(r"\d+[段巷弄号]$")


def spelt(plain_title: str, texts: Sequence[str]) -> str:
    """Return a name with its numbers as it stands in one of some texts.

    Numbers that stand in none of them follow in digits: nobody may have the house number that was
    asked for. A name that stands in none stays in plain form.
    """
    name = plain_title
    while name:
        for text in texts:
            if (own := _own(name, text)) is not None:
                rest = plain_title[len(name) :]
                return own + (rest.replace("号", "號") if "號" in text else rest)
        shorter = _LAST_NUMBER.sub("", name)
        if shorter == name:
            break
        name = shorter
    return plain_title


@lru_cache(4096)
def _own(name: str, text: str) -> str | None:
    """Return the stretch of a text whose plain form is a name; None if there is none."""
    if name in text:
        return name
    # Plain forms are as long as what they come from only by chance: 一百零三號 is 103号.
    ends = writing.plain_all([text[:end] for end in range(1, len(text) + 1)])
    for end, before in enumerate(ends, 1):
        if writing.joined(before).endswith(name):
            starts = writing.plain_all([text[start:end] for start in range(end)])
            # The first one: 百零三號 alone is 103号, too.
            for start, after in enumerate(starts):
                if text[start].isalnum() and writing.joined(after) == name:
                    return text[start:end]
    return None
