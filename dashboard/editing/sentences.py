"""What a step did, in one sentence for the person who drew it."""

from __future__ import annotations

from dashboard.editing.answers import naming
from dashboard.editing.drafts import Draft
from dashboard.text import catalogue, speaker
from gis.division.delta import Delta

MOST_NAMED = 3


def said(kind: str, draft: Draft, delta: Delta, language: str) -> str:
    """Return the sentence for a step of a kind of operation."""
    say = speaker(language)
    if not delta:
        return say("edit.said_nothing")
    units = {**draft.division.units, **delta.old, **delta.new}
    name = naming(units, language)
    faces = [n for n in sorted(delta.units) if units[n].rings is not None] or sorted(delta.units)
    listed = [name(n) for n in faces[:MOST_NAMED]]
    words = say("edit.between").join(listed)
    if len(faces) > MOST_NAMED:
        words = say("edit.and_more", units=words, number=len(faces))
    key = f"edit.said_{kind}"
    return say(key if key in catalogue() else "edit.said_other", units=words)
