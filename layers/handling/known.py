"""New incidents beside those that are there: what a program that reports them may have said again.

A person is shown this while the form is open; a hotline or a device reads it in the answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from gis.access.viewer import Viewer
from gis.city import City
from layers.handling import duplicates, duty, settings
from layers.handling.drafts import Draft, Received
from layers.handling.duplicates import Said
from layers.handling.settings import Alike


def compared(  # noqa: PLR0913 - what was reported, by whom, and when
    db: Connection, viewer: Viewer, city: City, drafts: Sequence[Draft], found: Sequence[Received],
    *, now: dt.datetime,
) -> list[Received]:  # fmt: skip
    """Return what became of reports, the new ones with what they may say again.

    Parameters
    ----------
    db
        As the engine, in the transaction that wrote them: those of one go know each other.
    """
    handling, big = settings.read(city.handling), dict[tuple[str, str], str]()
    if handling.duplicate_class is Alike.BIG:
        kinds = duty.classes(db, {(draft.scheme, draft.small) for draft in drafts})
        big = {key: kind.big for key, kind in kinds.items()}
    new = [at for at, one in enumerate(found) if one.is_new and one.id is not None]
    said = [
        Said(
            drafts[at].lon, drafts[at].lat, drafts[at].scheme, drafts[at].small,
            big.get((drafts[at].scheme, drafts[at].small), ""), drafts[at].title, found[at].id or 0,
        )
        for at in new
    ]  # fmt: skip
    there = duplicates.possible_of_each(db, viewer, said, settings=handling, now=now)
    told = dict(zip(new, map(tuple, there), strict=True))
    return [replace(one, duplicates=told.get(at, ())) for at, one in enumerate(found)]
