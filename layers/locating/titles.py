"""What the places are called that were found: by the tables as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from gis import places
from gis.city import LANGUAGES
from gis.tables import building, entrance, estate, facility, road
from layers.layer import Names
from layers.locating import spelling
from layers.locating.addresses import CROSSED, Found
from layers.locating.located import Located


def titled(db: Connection, found: Sequence[Found]) -> list[Located]:
    """Return places with what they are called; what went since it was written down is left out."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for place in found:
        if place.id is not None:
            wanted[place.kind].add(place.id)
    titles = {
        (kind, id_): title
        for kind, ids in wanted.items()
        for id_, title in _titles(db, kind, sorted(ids)).items()
    }
    texts = _texts(db, [of for place in found if place.id is None for of in place.spelt_by])
    located = []
    for place in found:
        title: Names
        if place.id is None:
            title = dict.fromkeys(LANGUAGES, _spelt(place, texts))
        else:
            if (place.kind, place.id) not in titles:
                continue
            title = titles[place.kind, place.id]
        located.append(
            Located(
                place.how, title, place.lon, place.lat, round(place.score, 4),
                None if place.within_m is None else round(place.within_m, 1),
                place.kind, place.id, place.building_id,
            )
        )  # fmt: skip
    return located


def _spelt(place: Found, texts: dict[tuple[str, int], list[str]]) -> str:
    """Return the title of a place without a thing, as the city writes it."""
    said = [text for of in place.spelt_by for text in texts.get(of, ())]
    return CROSSED.join(spelling.spelt(one, said) for one in place.title.split(CROSSED))


def _texts(db: Connection, things: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[str]]:
    """Return what is written of things: their addresses and names."""
    e, b, f = entrance.c, building.c, facility.c
    written: dict[str, Any] = {
        "building": select(b.id, b.address, b.name),
        "facility": select(f.id, f.address, f.name),
        "entrance": select(e.id, e.address, e.name),
        "road": select(road.c.id, road.c.name),
    }
    found = {}
    for kind, query in written.items():
        if ids := sorted({id_ for of, id_ in things if of == kind}):
            for id_, *texts in db.execute(query.where(query.selected_columns[0].in_(ids))):
                found[kind, id_] = [text for text in texts if text]
    return found


def _titles(db: Connection, kind: str, ids: list[int]) -> dict[int, Names]:
    """Return what things are called, by number."""
    if kind == "unit":
        return {id_: names_ for id_, (_, names_) in places.names_of(db, ids).items()}
    e, b = entrance.c, building.c
    said: dict[str, Any] = {
        "building": select(b.id, func.coalesce(b.address, b.name)),
        "facility": select(facility.c.id, facility.c.name),
        "entrance": select(e.id, e.address, e.name),
        "estate": select(estate.c.id, estate.c.names),
    }
    query = said[kind]
    rows = [tuple(row) for row in db.execute(query.where(query.selected_columns[0].in_(ids)))]
    if kind == "estate":
        return dict(rows)
    if kind == "entrance":
        rows = [
            (id_, address if address.endswith(name) else address + name)
            for id_, address, name in rows
        ]
    return {id_: dict.fromkeys(LANGUAGES, title or "") for id_, title in rows}
