"""The texts of the page, in every language, from `text.toml` beside this file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files

from gis.city import LANGUAGES

Say = Callable[..., str]
"""`say("glance.people")`, or with values `say("head.as_of", time="10:42")`."""


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return every text: key ("group.name") → language → text."""
    groups = tomllib.loads(files("dashboard").joinpath("text.toml").read_text("utf-8"))
    return {
        f"{group}.{name}": texts
        for group, entries in groups.items()
        for name, texts in entries.items()
    }


@functools.cache
def speaker(language: str) -> Say:
    """Return the function that says things in one language."""
    if language not in LANGUAGES:
        raise ValueError(f"No text is written in {language!r}. There are: {', '.join(LANGUAGES)}.")
    texts = {key: by_language[language] for key, by_language in catalogue().items()}

    def say(key: str, /, **values: object) -> str:
        return texts[key].format(**values) if values else texts[key]

    return say


def named(names: Mapping[str, str], language: str) -> str:
    """Return the name of something that carries its own names, in ``language`` if it has one."""
    return names.get(language) or next(iter(names.values()), "")
