"""What the editor answers: arcs, units, ground, numbers and remarks as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import shapely

from dashboard.editing.drafts import Draft, Turn
from dashboard.text import named, speaker
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.arrangement import from_grid
from gis.division.arcs import Arc
from gis.division.checks import Remark
from gis.division.delta import Delta, Unit
from gis.division.rings import shape
from layers.impact import Numbers, Row
from layers.impact_shapes import Sides
from layers.impact_tree import Heights

Json: TypeAlias = dict[str, Any]
STEPS_A_DEGREE = 1e7


def arcs(draft: Draft, some: Iterable[Arc]) -> list[Json]:
    """Return arcs with their lines as [longitude, latitude], exact to the seventh digit."""
    return [
        {
            "id": arc.id,
            "line": np.array(arc.line, np.float64) / STEPS_A_DEGREE,
            "left": arc.left,
            "right": arc.right,
            "locked": arc.is_locked,
            "changed": arc.id not in draft.first,
        }
        for arc in some
    ]


def units(draft: Draft, viewer: Viewer, numbers: Iterable[int]) -> list[Json]:
    """Return units as they are drawn now, those that are no more left out."""
    here = {n: draft.division.units[n] for n in numbers if n in draft.division.units}
    labels = draft.label({n: unit.rings for n, unit in here.items() if unit.rings is not None})
    return [
        {
            "id": number,
            "code": unit.code,
            "names": dict(unit.names),
            "kind": unit.kind,
            "level": unit.level,
            "parent": unit.parent,
            "face": unit.rings is not None,
            "mine": is_own(draft, viewer, number),
            "changed": number in draft.total.new,
            "created": number in draft.total.new and number not in draft.total.old,
            "label": labels.get(number),
        }
        for number, unit in here.items()
    ]


def is_own(draft: Draft, viewer: Viewer, number: int) -> bool:
    """Whether a viewer may redraw a unit; one that the draft makes is as what it lies in."""
    at: int | None = number
    while at is not None and at < 0:
        unit = draft.division.units.get(at) or draft.total.new.get(at)
        at = unit.parent if unit else None
    return at is not None and viewer.may(Right.REDRAW, at)


def conflicts(failure: Mapping[str, Any] | None) -> Json:
    """Return both versions of every unit that two orders want otherwise, as outlines."""
    found = [
        {
            "type": "Feature",
            "geometry": unit[side],
            "properties": {"unit": unit["unit"], "version": version},
        }
        for unit in (failure or {}).get("units", ())
        for side, version in (("mine", "ours"), ("theirs", "theirs"))
        if unit.get(side)
    ]
    return {"type": "FeatureCollection", "features": found}


def turn(draft: Draft, viewer: Viewer, done: Turn) -> Json:
    """Return what a step changes of what is drawn."""
    concerned = sorted(done.delta.units)
    return {
        "arcs": {"gone": list(done.gone), "new": arcs(draft, done.new.values())},
        "units": {
            "gone": [n for n in concerned if n not in draft.division.units],
            "new": units(draft, viewer, concerned),
        },
    }


def moved(draft: Draft, total: Delta, level: int) -> Json:
    """Return the ground that changes hands against today, between units of a level or finer."""
    heights = Heights(draft.division, total)
    pieces = [(p.giver, p.taker, p.area) for p in draft.exchange.pieces(total)]
    pieces += [
        (n, n, shape(rings))
        for n in sorted(heights.faces_moved())
        if (rings := draft.division.face(n))
    ]
    found = []
    for giver, taker, area in pieces:
        sides = heights.sides(giver, taker, level)
        if sides[0] == sides[1]:
            sides = giver, taker
        if sides[0] != sides[1]:
            found.append((sides, area))
    areas: Any = from_grid(_objects([area for _, area in found])) if found else []
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": shapely.geometry.mapping(area),
                "properties": {"from": sides[0], "to": sides[1]},
            }
            for (sides, _), area in zip(found, areas, strict=True)
        ],
    }


def numbers(draft: Draft, found: Numbers, total: Delta) -> Json:
    """Return numbers before and after a change."""
    return {
        "level": found.level,
        "columns": list(found.columns),
        "rows": [_row(draft, row, total) for row in found.rows],
    }


def _row(draft: Draft, row: Row, total: Delta) -> Json:
    unit = draft.division.units.get(row.unit) or total.old.get(row.unit)
    return {
        "unit": row.unit,
        "code": unit.code if unit else "",
        "names": dict(unit.names) if unit else {},
        "side": row.side,
        "values": {
            key: {"before": _plain(v.before), "after": _plain(v.after), "is_exact": v.is_exact}
            for key, v in row.values.items()
        },
        "pieces": row.pieces,
        "compactness": _sides(row.compactness),
        "deviation": _sides(row.deviation),
    }


def _sides(sides: Sides | None) -> Json | None:
    return None if sides is None else {"before": sides.before, "after": sides.after}


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value


def remarks(units: Mapping[int, Unit], found: Iterable[Remark], language: str) -> list[Json]:
    """Return remarks about units as they become, each with its sentence."""
    say = speaker(language)
    name = naming(units, language)
    answered = []
    for remark in found:
        others = [name(n) for n in remark.units[1:]]
        sentence = say(
            f"remark.{remark.rule}",
            unit=name(remark.units[0]),
            other=say("edit.between").join(others),
            size=f"{round(remark.size):,}" if remark.size is not None else "",
        )
        answered.append(
            {
                "key": remark.key,
                "rule": remark.rule.value,
                "units": list(remark.units),
                "is_hard": remark.is_hard,
                "place": remark.place,
                "size": remark.size,
                "sentence": sentence,
                "has_remedy": remark.remedy is not None,
            }
        )
    return answered


def naming(units: Mapping[int, Unit], language: str) -> Callable[[int], str]:
    """Return what sentences call a unit: its name, its code, or its number in the draft."""
    say = speaker(language)

    def name(number: int) -> str:
        unit = units.get(number)
        if unit is not None and (unit.names or unit.code):
            return named(unit.names, language) or unit.code
        return say("edit.new_unit", number=-number) if number < 0 else f"{number}"

    return name


def _objects(values: list[shapely.Geometry]) -> Any:  # noqa: ANN401 - an array of shapes
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result
