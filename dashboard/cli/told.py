"""What importing and checking found, in lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashboard.text import explained, named, speaker
from gis.access.verifying import Fault
from gis.errors import CityGridError
from gis.said import Said

# `citygrid up` starts in a blink without them.
if TYPE_CHECKING:
    from gis.comparison import Comparison
    from importers.verdicts import Verdicts


def line(said: object, language: str) -> str:
    """Return a sentence, an error or a fault in a language, as far as it knows a text.

    In English it is told as it was made: for who types commands, not for who reads a page.
    """
    if language == "en" or not isinstance(said, (CityGridError, Fault, Said)):
        return str(said)
    return explained(said, language)


def comparison(found: Comparison, language: str) -> Iterator[str]:
    """Tell what a check compared, and the first things it found different."""
    if language == "en":
        yield str(found)
        return
    say, what = speaker(language), line(found.what, language)
    key = "checked.differ" if found.wrong else "checked.same"
    yield say(key, what=what, n=found.compared, m=found.wrong)
    yield from (f"    {difference}" for difference in found.differences)
    if found.wrong > len(found.differences):
        yield say("checked.more", n=found.wrong - len(found.differences))


def verdicts(found: Verdicts, language: str) -> Iterator[str]:
    """Tell what became of the rows of a file; the last line is the result."""
    if language == "en":
        yield str(found)
        return
    from layers import catalog

    say = speaker(language)
    yield from (f"{ours} ← {theirs}" for ours, theirs in found.fields.items())
    if found.unused:
        yield say("imported.unused", columns=say("error.between").join(found.unused))
    for column, kind in found.dropped.items():
        yield say("imported.dropped", column=column, kind=say(f"never_held.{kind}"))
    yield from (line(note, language) for note in found.notes)
    for reason, n in found.shown_reasons.items():
        yield say("imported.rejected", n=n, reason=line(reason, language))
    if rest := sum(found.reasons.values()) - sum(found.shown_reasons.values()):
        yield say("imported.others", n=rest)
    if found.rejected_file:
        yield say("imported.file", file=found.rejected_file)
    if found.outside:
        yield say("imported.outside", n=found.outside)
    yield say(
        "imported.would" if found.is_dry_run else "imported.done",
        file=found.file, layer=named(catalog.get(found.layer).names, language), read=found.read,
        inserted=found.inserted, updated=found.updated, unchanged=found.unchanged,
        rejected=found.rejected,
    )  # fmt: skip
