"""Cases, what may be the same and whose it is, as the page and programs read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from dashboard.text import Say, explained, named, speaker
from gis.access.viewer import Viewer
from layers.catalog.buildings import USES
from layers.catalog.facilities import KINDS
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.handling import standing
from layers.handling.again import Offer
from layers.handling.case import Case, Step
from layers.handling.clock import Limit
from layers.handling.drafts import Received
from layers.handling.duplicates import Duplicate, Why
from layers.handling.near import Near, Reached
from layers.handling.several import Verdict
from layers.handling.whose import Holder, OnDuty, Whose
from layers.layer import Names

Json: TypeAlias = dict[str, Any]
# Of the units a place lies in, those that are named: the finest ones.
MOST_NAMED = 3


def case(one: Case, viewer: Viewer) -> Json:
    """Return a case, and what the viewer may do with it."""
    following = standing.next_act(viewer, one)
    return {
        "id": one.id,
        "key": one.key,
        "version": one.version,
        "stage": one.stage,
        "scheme": one.scheme,
        "small": one.small,
        "condition": one.condition,
        "severity": one.severity,
        "title": one.title,
        "address": one.address,
        "place_note": one.place_note,
        "placed_by": one.placed_by,
        "placed_score": one.placed_score,
        "placed_within_m": one.placed_within_m,
        "placed_as": one.placed_as,
        "lon": one.lon,
        "lat": one.lat,
        "unit_id": one.unit_id,
        "body_id": one.body_id,
        "source": one.source,
        "reported_at": one.reported_at,
        "due_at": one.due_at,
        "closed_at": one.closed_at,
        "is_paused": one.is_paused,
        "is_overdue": one.is_overdue,
        "asked": one.asked,
        "supervision": one.supervision,
        "outcome": one.outcome,
        "grade": one.grade,
        "parent_id": one.parent_id,
        "duplicate_of": one.duplicate_of,
        "open_children": one.open_children,
        "next": following,
        "acts": standing.acts(viewer, one),
    }


def verdict(one: Verdict, viewer: Viewer, language: str) -> Json:
    """Return what became of one of several cases."""
    if one.case is None:
        said = explained(one.fault, language) if one.fault else ""
        return {"key": one.key, "is_done": False, "error": said}
    return {"key": one.key, "is_done": True, **case(one.case, viewer)}


def step(one: Step) -> Json:
    """Return something that was done with a case."""
    return {
        "at": one.at, "name": one.name, "act": one.act, "before": one.before, "after": one.after,
        "note": one.note, "reason": one.reason, "version": one.version,
    }  # fmt: skip


def received(one: Received, language: str) -> Json:
    """Return what became of a report."""
    if one.fault is not None:
        return {"error": explained(one.fault, language)}
    return {
        "id": one.id, "key": one.key, "is_new": one.is_new, "unit_id": one.unit_id,
        "body_id": one.body_id, "due_at": one.due_at,
        "duplicates": [
            {
                "key": each.key, "stage": each.stage, "distance_m": round(each.distance_m, 1),
                "score": each.score, "why": each.why,
            }
            for each in one.duplicates
        ],
    }  # fmt: skip


def whose(one: Whose, language: str) -> Json:
    """Return whose an incident would be."""
    say = speaker(language)
    leaf = one.leaf
    serving = [person for unit in reversed(one.units) for person in unit.people]
    return {
        "unit": None
        if leaf is None
        else {
            "id": leaf.id,
            "code": leaf.code,
            "path": [named(unit.names, language) for unit in one.units[-MOST_NAMED:]],
        },
        "people": [_serving(person, say, "on_duty") for person in serving],
        "body": None
        if one.body is None
        else {"id": one.body.id, "key": one.body.key, "name": named(one.body.names, language)},
        "limit": limit(one.limit, say),
        "due_at": one.due_at,
        "zonings": [
            {
                "zoning": named(each.level_names, language),
                "name": _called(each, language),
                "people": [_serving(person, say, "on_duty_beside") for person in each.people],
            }
            for each in one.others.values()
        ],
    }


def _serving(one: OnDuty, say: Say, group: str) -> Json:
    return {"post": say(f"{group}.{one.post}"), "name": one.name, "phone": one.phone}


def _called(unit: Holder, language: str) -> str:
    return named(unit.names, language) or unit.code


def limit(one: Limit | None, say: Say) -> str | None:
    """Return a time limit in words."""
    return None if one is None else say(f"on_duty.{one.unit}", n=f"{one.amount:g}")


def duplicate(
    one: Duplicate, names: dict[tuple[str, str], Names], offer: Offer | None, language: str
) -> Json:
    """Return what may be the same, with why, and what is done for who reports it again."""
    say = speaker(language)
    kind = names.get((one.scheme, one.small))
    values: dict[Why, Json] = {
        Why.NEAR: {"metres": round(one.distance_m)},
        Why.SOON: {"ago": _ago(one.apart_h, say)},
        Why.ALIKE: {"share": f"{one.likeness or 0:.0%}"},
    }
    return {
        "id": one.id,
        "key": one.key,
        "title": one.title,
        "class": named(kind, language) if kind else one.small,
        "stage": one.stage,
        "address": one.address,
        "reported_at": one.reported_at,
        "duplicate_of": one.duplicate_of,
        "lon": one.lon,
        "lat": one.lat,
        "distance_m": round(one.distance_m, 1),
        "score": one.score,
        "why": one.why,
        "reasons": [say(f"duplicate_why.{why}", **values.get(why, {})) for why in one.why],
        "offer": offer,
    }


def _ago(hours: float, say: Say) -> str:
    """Return how long ago something was, in the measure one would say it in."""
    minutes = int(hours * 60)
    if minutes < 2:
        return say("orders.just_now")
    if minutes < 60:
        return say("orders.minutes", n=minutes)
    return (
        say("orders.hours", n=int(hours)) if hours < 48 else say("orders.days", n=int(hours / 24))
    )


def near(one: Near, names: dict[tuple[str, str], Names], language: str) -> Json:
    """Return what is near a place; ``names`` are those of the classes of incidents."""

    def word(names: Mapping[str, Names], key: str) -> str:
        return named(names[key], language) if key in names else key

    return {
        "facilities": [_reached(each, language) for each in one.facilities],
        "buildings": [{**vars(each), "use_name": word(USES, each.use)} for each in one.buildings],
        "incidents": [
            {
                **vars(each),
                "is_hazard": each.is_hazard,
                "class": named(names.get((each.scheme, each.small), {}), language) or each.small,
                "stage_name": word(STAGES, each.stage),
                "severity_name": word(SEVERITIES, each.severity),
            }
            for each in one.incidents
        ],
        "hazards": [{**vars(each), "kind_name": word(KINDS, each.kind)} for each in one.hazards],
        "posts": [_reached(each, language) for each in one.posts],
    }


def _reached(one: Reached, language: str) -> Json:
    kind = KINDS.get(one.kind)
    return {
        **vars(one),
        "kind_name": named(kind, language) if kind else one.kind,
        "seconds": round(one.seconds),
        "distance_m": round(one.distance_m),
    }
