"""Measures and patterns as plain values and GeoJSON, with the sentences that go with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely
import shapely.geometry
from sqlalchemy import Connection

from dashboard.text import Say, named
from gis import places
from gis.city import City
from layers.columns import Array
from layers.handling.measures import Figure, Measured
from layers.handling.patterns import questions
from layers.handling.patterns.ground import Ground, areas_of
from layers.handling.patterns.happened import Happened
from layers.handling.patterns.questions import PatternKind, Question

# No more than this is drawn or listed; `found` says how many there are.
MOST = 300
# Of degrees: a decimetre; of values: finer is noise, and long to send.
DECIMALS, DIGITS = 6, 3


def measures(found: Measured, say: Say, language: str) -> dict[str, Any]:
    """Return measures with the formulas they follow, in words."""

    def figures(some: Mapping[str, Figure]) -> dict[str, Any]:
        return {key: asdict(figure) for key, figure in some.items()}

    rows = [
        {
            "key": group.key, "code": group.code, "name": named(group.names, language),
            "is_rest": group.is_rest, "until": group.until, "now": figures(group.figures),
            "before": figures(group.before),
        }
        for group in (found.total, *found.groups)
    ]  # fmt: skip
    formulas = [
        {
            "id": each.id, "version": each.version, "kind": each.kind,
            "name": say(f"formula.{each.id}"),
            "numerator": {"count": each.numerator, "words": say(each.words[0])},
            "denominator": {"count": each.denominator, "words": say(each.words[1])},
        }
        for each in found.formulas
    ]  # fmt: skip
    return {
        "span": asdict(found.asked.span), "before": asdict(found.before),
        "as_of": found.asked.now, "on": found.asked.chosen.on, "personal": say("pattern.personal"),
        "formulas": formulas, "total": rows[0], "groups": rows[1:],
    }  # fmt: skip


def pattern(
    db: Connection, city: City, kind: PatternKind, asked: Question, say: Say
) -> dict[str, Any]:
    """Look for a pattern; GeoJSON with what was found as features, and what may be said of it."""
    found = _ANSWERS[kind](db, city, asked, say)
    return {
        "type": "FeatureCollection",
        "kind": kind,
        "on": asked.chosen.on,
        "span": asdict(asked.span),
        "seed": asked.seed,
        "may": say(f"pattern.{kind}_may"),
        "may_not": say(f"pattern.{kind}_not"),
        "personal": say("pattern.personal"),
        **found,
    }


def _hot_spots(db: Connection, city: City, asked: Question, say: Say) -> dict[str, Any]:
    found = questions.hot_spots(db, city, asked)
    ground, now = found.ground, found.now
    state = np.where(now.is_cold & (found.courses == ""), "cold", found.courses)
    told = np.flatnonzero(state != "")
    order = told[np.argsort(-np.abs(np.nan_to_num(now.z[told])), kind="stable")]
    shapes = _areas(db, ground, order[:MOST])
    # Why a place stands out in which little happened itself.
    around = ground.neighbours @ found.counts
    features = [
        _feature(shape, {
            "place": _name(ground, at), "state": str(state[at]), "count": int(found.counts[at]),
            "around": int(around[at]), "value": _number(now.values[at]), "z": _number(now.z[at]),
        })
        for at, shape in zip(order[:MOST].tolist(), shapes, strict=True)
    ]  # fmt: skip
    return {
        "denominator": say(f"pattern.per_{asked.per}"),
        "rules": asdict(asked.rules), "before": asdict(found.span_before),
        "incidents": int(found.counts.sum()), "outside": found.outside,
        "places": len(ground), "compared": now.compared, "by_chance": found.by_chance,
        "found": {
            name: int((state == name).sum())
            for name in ("emerging", "persistent", "fading", "cold")
        },
        "ids": [_name(ground, at) for at in range(len(ground))],
        "values": np.round(now.values, DIGITS), "z": np.round(now.z, DIGITS), "features": features,
    }  # fmt: skip


def _clusters(db: Connection, city: City, asked: Question, _say: Say) -> dict[str, Any]:
    answer = questions.clusters(db, city, asked)
    some, label = answer.happened, answer.found.label
    sizes = answer.found.sizes
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(len(sizes) + 1))
    features = [
        _of_incidents(city, some, np.sort(order[starts[n] : starts[n + 1]]), {"cluster": n})
        for n in range(min(len(sizes), MOST))
    ]
    return {
        "reach_m": asked.reach_m, "least": asked.least, "incidents": len(some),
        "found": len(sizes), "alone": int((label < 0).sum()), "features": features,
    }  # fmt: skip


def _repeated(db: Connection, city: City, asked: Question, _say: Say) -> dict[str, Any]:
    answer = questions.again(db, city, asked)
    features = [
        _of_incidents(city, answer.happened, place.points, {"rank": rank})
        for rank, place in enumerate(answer.found[:MOST], 1)
    ]
    return {
        "reach_m": asked.reach_m, "least": asked.least, "incidents": len(answer.happened),
        "found": len(answer.found), "features": features,
    }  # fmt: skip


def _rhythm(db: Connection, city: City, asked: Question, _say: Say) -> dict[str, Any]:
    found = questions.hours(db, city, asked)
    return {
        "incidents": int(found.counts.sum()), "counts": found.counts, "mean": found.mean,
        "days": found.days, "at_midnight": found.at_midnight, "features": [],
    }  # fmt: skip


def _control(db: Connection, city: City, asked: Question, _say: Say) -> dict[str, Any]:
    found = questions.charted(db, city, asked)
    charts, ground = found.charts, found.ground
    rows, periods = np.nonzero(charts.signals != "")
    # The most unlikely first: how far beyond what is usual there.
    excess = (charts.counts[rows, periods] - charts.mean[rows]) / np.sqrt(charts.mean[rows] + 1)
    order = np.argsort(-np.abs(excess), kind="stable")[:MOST]
    signals = [
        {
            "place": _name(ground, row), "from": found.firsts[period],
            "signal": str(charts.signals[row, period]), "count": int(charts.counts[row, period]),
            "mean": float(charts.mean[row]), "low": int(charts.low[row]),
            "high": int(charts.high[row]),
        }
        for row, period in zip(rows[order].tolist(), periods[order].tolist(), strict=True)
    ]  # fmt: skip
    at = sorted(set(rows[order].tolist()))
    features = [
        _feature(shape, {
            "place": _name(ground, row), "counts": charts.counts[row],
            "mean": float(charts.mean[row]), "low": int(charts.low[row]),
            "high": int(charts.high[row]), "dispersion": _number(charts.dispersion[row]),
            "signals": charts.signals[row].tolist(),
        })
        for row, shape in zip(at, _areas(db, ground, np.array(at, np.int64)), strict=True)
    ]  # fmt: skip
    return {
        "firsts": found.firsts, "baseline": found.baseline, "places": len(ground),
        "by_chance": found.by_chance, "found": len(rows), "signals": signals,
        "features": features,
    }  # fmt: skip


_Answer = Callable[[Connection, City, Question, Say], dict[str, Any]]
_ANSWERS: Mapping[PatternKind, _Answer] = MappingProxyType(
    {
        PatternKind.HOT_SPOTS: _hot_spots,
        PatternKind.CLUSTERS: _clusters,
        PatternKind.RHYTHM: _rhythm,
        PatternKind.CONTROL: _control,
        PatternKind.REPEATED: _repeated,
    }
)


def _of_incidents(
    city: City, some: Happened, at: Array, properties: dict[str, Any]
) -> dict[str, Any]:
    hull = shapely.convex_hull(shapely.multipoints(some.at_4326[at]))
    lon, lat = some.at_4326[at].mean(axis=0).tolist()
    first, last = (
        dt.datetime.fromtimestamp(int(second), city.tz).date()
        for second in (some.seconds[at].min(), some.seconds[at].max())
    )
    told = {"count": len(at), "lon": lon, "lat": lat, "first": first, "last": last}
    return _feature(hull, {**properties, **told, "incidents": some.ids[at[:MOST]]})


def _areas(db: Connection, ground: Ground, at: Array) -> Iterator[Any]:
    if ground.shown is None:
        for cell in ground.ids[at].tolist():
            ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
            yield shapely.Polygon(ring)
        return
    yield from areas_of(db, ground.ids[at])


def names(db: Connection, ids: list[int], language: str) -> dict[int, str]:
    """Return what units are called, with their codes, for lists."""
    return {
        unit: f"{named(called, language)} ({code})"
        for unit, (code, called) in places.last_names_of(db, ids).items()
    }


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - of shapely
    drawn = None
    if shape is not None:
        rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
        drawn = shapely.geometry.mapping(rounded)
    return {"type": "Feature", "geometry": drawn, "properties": properties}


def _name(ground: Ground, at: int) -> int | str:
    """Return a unit's number, or the usual text of a cell: a number of it is too long for pages."""
    number = int(ground.ids[at])
    return number if ground.shown is not None else h3.int_to_str(number)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), DIGITS)
