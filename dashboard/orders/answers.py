"""Orders, comments and events as JSON, with sentences in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dashboard.text import explained
from gis.access.viewer import Viewer
from gis.orders import orders
from gis.orders.notices import Notice
from gis.orders.order import Order
from gis.orders.talk import Comment, Event

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class _Kept:
    """An error as an order keeps it."""

    sentence: str
    key: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.sentence


def order(found: Order, viewer: Viewer, language: str) -> Json:
    """Return an order: where it stands, whom it asks, what the viewer may do."""
    return {
        "id": found.id,
        "number": found.number,
        "title": found.title,
        "status": found.status.value,
        "zoning": found.zoning,
        "within": list(found.within),
        "author": found.author,
        "is_mine": found.author_id is not None and found.author_id == viewer.account_id,
        "revision": found.revision,
        "steps": found.steps,
        "done": found.done,
        "reason": found.reason,
        "answers": dict(found.answers),
        "effective_on": found.effective_on,
        "effective_at": found.effective_at,
        "touched": list(found.touched),
        "undoes": found.undoes,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "failure": failure(found.failure, language),
        "can": [act.value for act in orders.can(viewer, found)],
        "waiting_for": [
            {
                "stage": asked.stage.value,
                "unit": asked.unit_id,
                "answer": asked.answer and asked.answer.value,
                "name": asked.name,
                "note": asked.note,
                "at": asked.at,
            }
            for asked in found.waiting_for
        ],
    }


def failure(kept: Mapping[str, Any] | None, language: str) -> Json | None:
    """Return why an order could not go on: a sentence, and both versions where there are two."""
    if kept is None:
        return None
    said = _Kept(kept["sentence"], kept.get("key", ""), kept.get("values", {}))
    return {
        "sentence": explained(said, language),
        "by": kept.get("by", []),
        "units": kept.get("units", []),
    }


def events(found: Iterable[Event]) -> list[Json]:
    """Return what was done with an order."""
    return [
        {
            "at": event.at,
            "name": event.name,
            "act": event.act,
            "before": event.before.value,
            "after": event.after.value,
            "note": event.note,
            "details": dict(event.details),
        }
        for event in found
    ]


def comments(found: Iterable[Comment]) -> Json:
    """Return comments as GeoJSON, numbered; those that are pinned nowhere have no geometry."""
    features = [comment(each) for each in found]
    for n, feature in enumerate(features, 1):
        feature["properties"]["n"] = n
    return {"type": "FeatureCollection", "features": features}


def comment(said: Comment) -> Json:
    """Return a comment as a feature."""
    return {
        "type": "Feature",
        "id": said.id,
        "geometry": said.place and {"type": "Point", "coordinates": list(said.place)},
        "properties": {
            "id": said.id,
            "at": said.at,
            "name": said.name,
            "text": said.text,
            "unit": said.unit_id,
        },
    }


def notices(found: Iterable[Notice]) -> list[Json]:
    """Return what somebody is told."""
    return [
        {
            "id": told.id,
            "order": told.order_id,
            "number": told.number,
            "title": told.title,
            "about": told.about.value,
            "at": told.at,
            "seen_at": told.seen_at,
        }
        for told in found
    ]
