"""The texts of page and command line, in every language, from files called `text.toml`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Protocol

from gis.city import LANGUAGES
from gis.errors import TextKey
from gis.said import Said

# The page's, and what the commands of the command line print.
FILES = ("text.toml", "cli/text.toml")

Say = Callable[..., str]
"""`say("glance.people")`, or with values `say("head.as_of", time="10:42")`."""
BOTH = " / "
"""Between the languages of a name that is given in all of them."""


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return every text: key ("group.name") → language → text."""
    return {
        f"{group}.{name}": texts
        for file in FILES
        for group, entries in tomllib.loads(
            files("dashboard").joinpath(file).read_text("utf-8")
        ).items()
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


class Explainable(Protocol):
    """What has a text in the catalogue beside its English sentence; errors do."""

    @property
    def key(self) -> str:
        """The key of the text; "" where there is none."""

    @property
    def values(self) -> Mapping[str, object]:
        """What the text names."""


def explained(what: Explainable, language: str) -> str:
    """Return an error's sentence in a language; the English one where it has no other."""
    if not what.key:
        return str(what)
    values = {name: _told(value, language) for name, value in what.values.items()}
    if "author" in values:
        values["author"] = called(str(values["author"]), language)
    return speaker(language)(what.key, **values)


def in_all_languages(what: Explainable) -> dict[str, str]:
    """Return an error's sentence by language, to be kept for readers of any of them."""
    return {language: explained(what, language) for language in LANGUAGES}


def _told(value: object, language: str) -> object:
    if isinstance(value, TextKey):
        return speaker(language)(value)
    if isinstance(value, Said):
        return explained(value, language)
    if isinstance(value, Mapping):
        return named(value, language)
    if isinstance(value, tuple):
        between = speaker(language)("error.between")
        return between.join(str(_told(each, language)) for each in value)
    return value


def called(name: str, language: str) -> str:
    """Return what somebody is called, in one language where his name is given in all of them.

    The accounts of the demo are: "网格长 / Grid head".
    """
    names = name.split(BOTH)
    return names[LANGUAGES.index(language)] if len(names) == len(LANGUAGES) else name


def named(names: Mapping[str, str], language: str) -> str:
    """Return the name of something that carries its own names, in ``language`` if it has one."""
    return names.get(language) or next(iter(names.values()), "")
