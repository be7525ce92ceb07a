"""What a suggestion says to people: before and after for each unit, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gis.division.balance.hints import Hint
from gis.division.balance.problem import Standing, Suggestion
from gis.division.coding import GiveCodes
from gis.division.division import Operation
from gis.division.joining import HandOver
from gis.division.surroundings import Surroundings

Json: TypeAlias = dict[str, Any]


def operations(suggestion: Suggestion, here: Surroundings) -> list[Operation]:
    """Return the hand-overs as they are drawn, and the codes that follow the new parents."""
    lots: dict[tuple[int, int], list[int]] = {}
    for move in suggestion.moves:
        lots.setdefault((move.step, move.to), []).append(move.unit)
    handed: list[Operation] = [HandOver(units, to) for (_, to), units in lots.items()]
    return [*handed, GiveCodes(here, moved=[move.unit for move in suggestion.moves])]


def told(suggestion: Suggestion, households: Mapping[int, float]) -> Json:
    """Return a suggestion as JSON; shares of the target, not percent.

    Parameters
    ----------
    households
        Of each unit that may be handed over, to say how many change hands; empty where the viewer
        is not told.
    """
    moved = [move.unit for move in suggestion.moves]
    known = all(unit in households for unit in moved) and bool(households)
    return {
        "moves": [
            {"unit": m.unit, "from": m.giver, "to": m.to, "load": m.load, "step": m.step}
            for m in suggestion.moves
        ],
        "groups": [
            {"unit": n, "before": standing(was), "after": standing(suggestion.after[n])}
            for n, was in sorted(suggestion.before.items())
        ],
        "deviation": {"before": suggestion.deviation_before, "after": suggestion.deviation_after},
        "tolerance": suggestion.tolerance,
        "is_within": suggestion.is_within,
        "load_moved": suggestion.load_moved,
        "share_moved": suggestion.share_moved,
        "households_moved": sum(households[unit] for unit in moved) if known else None,
        "bound": {"deviation": suggestion.bound.deviation, "moves": suggestion.bound.moves},
        "is_fewest": suggestion.is_fewest,
        "from_nothing": suggestion.from_nothing,
        "apart": suggestion.apart,
        "is_cut": suggestion.is_cut,
        "seconds": round(suggestion.seconds, 3),
    }


def told_hints(hints: Sequence[Hint]) -> list[Json]:
    """Return hints as JSON, the best first."""
    return [
        {
            "unit": hint.unit,
            "from": hint.giver,
            "to": hint.to,
            "load": hint.load,
            "giver": {"before": standing(hint.before[0]), "after": standing(hint.after[0])},
            "taker": {"before": standing(hint.before[1]), "after": standing(hint.after[1])},
        }
        for hint in hints
    ]


def standing(one: Standing) -> Json:
    """Return a load, its target and how far it is off."""
    return {"load": one.load, "target": one.target, "deviation": round(one.deviation, 6)}
