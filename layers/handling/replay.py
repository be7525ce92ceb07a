"""What other rules would have done with the incidents of a span: whose they would have been, why.

Whole columns at a time, not incident by incident; a test holds it against `routing.decide`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
from sqlalchemy import Connection, func, select

from gis.access.views import seen_incident
from gis.cases import class_condition, duty_rule
from gis.city import City
from gis.tables import city as city_table
from gis.tables import duty_body, feature_unit, incident_class, unit_version
from layers.catalog.incidents import INCIDENTS, SEVERITIES
from layers.handling import duty, routing, rule_versions
from layers.handling.calendar import WorkCalendar, calendar_of
from layers.handling.chosen import moments
from layers.handling.routing import USUAL, Days, Rule
from layers.handling.rule_versions import Draft, Json, Kind
from layers.series import Span

USUAL_DAYS, MOST_DAYS = 30, 366
MOST_EXAMPLES, MOST_OF_A_KIND, MOST_CLASSES = 24, 3, 12
# What was looked at longer ago is looked at again before it is saved.
FRESH_FOR = dt.timedelta(hours=1)
NONE = -1
Bools: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Incidents:
    """Incidents of a span, a row each: what rules ask of them."""

    rows: pd.DataFrame
    # By zoning, None for the main tree: where each stands in preorder, missing -1.
    places: Mapping[int | None, Ints]

    def __len__(self) -> int:
        """How many."""
        return len(self.rows)


def replay(db: Connection, city: City, draft: Draft, span: Span, now: dt.datetime) -> Json:
    """Return what a draft would do other than the rules in force; nothing is written.

    Of the incidents the viewer sees. A rule counts that is not over, also where its first day is
    still to come, for the whole span: what it will do is what is asked.

    Parameters
    ----------
    db
        As the role `app`, acting for the viewer.
    """
    began = time.perf_counter()
    today = now.astimezone(city.tz).date()
    files = duty.of_files(db)
    version = rule_versions.in_force(db, Kind.ROUTING)
    current = [routing.from_json(each) for each in version.rules] if version else []
    drafted = [routing.from_json(each) for each in draft.rules]
    before = duty.placed(db, [*files, *(rule for rule in current if rule.is_valid(today))])
    after = duty.placed(db, [*files, *(rule for rule in drafted if not rule.is_over(today))])
    some = read(db, city, span, [*before, *after])
    calendar = calendar_of(city)
    was, becomes = (route(some, rules, calendar, is_timeless=True) for rules in (before, after))
    told = _told(db, some, (before, was), (after, becomes))
    return {
        "mark": mark(db), "at": now.isoformat(), "start": span.first.isoformat(),
        "end": span.last.isoformat(), "n": len(some), **told,
        "seconds": round(time.perf_counter() - began, 2),
    }  # fmt: skip


def is_fresh(db: Connection, draft: Draft, now: dt.datetime) -> bool:
    """Return whether what is known of a draft's effect was found by the present data."""
    found = draft.replayed
    return (
        found is not None
        and found["mark"] == mark(db)
        and now - dt.datetime.fromisoformat(found["at"]) < FRESH_FOR
    )


def mark(db: Connection) -> str:
    """Return what is another one whenever rules, classes, bodies or boundaries are others."""
    version = rule_versions.in_force(db, Kind.ROUTING)
    conditions = [db.scalar(select(func.count()).select_from(t)) for t in (
        incident_class, class_condition, duty_body
    )]  # fmt: skip
    d = duty_rule.c
    rules = db.execute(select(func.count(), func.max(d.id), func.sum(d.priority))).one()
    newest = db.scalar(select(func.max(unit_version.c.id)))
    loaded = db.scalar(select(city_table.c.loaded_at))
    told = [version.id if version else 0, conditions, tuple(rules), newest, loaded]
    return hashlib.sha256(orjson.dumps(told, default=str)).hexdigest()


def read(db: Connection, city: City, span: Span, rules: Sequence[Rule]) -> Incidents:
    """Return the incidents that were reported in a span, as far as rules ask about them."""
    begin, end = moments(city, span)
    c, v = seen_incident.c, unit_version.c
    # Texts are long: only where a rule looks for words.
    texts = [c.title, c.address] if any(rule.words for rule in rules) else []
    query = (
        select(
            c.id, c.scheme, c.big, c.small, c.condition, c.severity, c.source,
            func.timezone(city.timezone, c.reported_at).label("at"), v.lft, *texts,
        )
        .outerjoin(unit_version, (v.unit_id == c.unit_id) & func.upper_inf(v.valid))
        .where(c.reported_at >= begin, c.reported_at < end)
        .order_by(c.reported_at.desc(), c.id)
    )  # fmt: skip
    result = db.execute(query)
    names, found = list(result.keys()), result.all()
    # As objects: pandas looks at each text otherwise, which takes longer than all that follows.
    columns = zip(*found, strict=True) if found else ((),) * len(names)
    rows = pd.DataFrame(
        {name: pd.Series(each, dtype=object) for name, each in zip(names, columns, strict=True)}
    )
    rows["condition"] = _numbers(rows["condition"], USUAL)
    rows["at"] = pd.to_datetime(rows["at"])
    if texts:
        pairs = zip(rows.pop("title"), rows.pop("address"), strict=True)
        rows["text"] = [routing.text_of(*pair) for pair in pairs]
    places: dict[int | None, Ints] = {None: _numbers(rows.pop("lft"))}
    asked = {rule.place.zoning_id for rule in rules if rule.place} - {None}
    for zoning_id in asked:
        places[zoning_id] = _standing(db, zoning_id, rows["id"], (begin, end))
    return Incidents(rows, places)


def route(
    some: Incidents, rules: Sequence[Rule], calendar: WorkCalendar, *, is_timeless: bool = False
) -> Ints:
    """Return for each incident which of the rules decides; -1 where none does.

    Parameters
    ----------
    is_timeless
        Whether a rule's first and last day say nothing.
    """
    found = np.full(len(some), NONE, np.int64)
    if not len(some):
        return found
    columns = _Columns(some, calendar)
    # A code that is a big class here and a small one there goes before others to a different
    # degree: such a rule is tried twice.
    tries = sorted(
        (
            (rule.rank(is_small=is_small), -at, is_small)
            for at, rule in enumerate(rules)
            for is_small in ((True, False) if rule.code is not None else (False,))
        ),
        reverse=True,
    )
    left = np.arange(len(some))
    for _, negative, is_small in tries:
        rule = rules[-negative]
        fits = columns.fit(rule, left, is_small=is_small, is_timeless=is_timeless)
        found[left[fits]] = -negative
        left = left[~fits]
        if not len(left):
            break
    return found


class _Columns:
    """The columns of incidents, and which rows of them a rule speaks of."""

    def __init__(self, some: Incidents, calendar: WorkCalendar) -> None:
        rows = some.rows
        self._places = some.places
        self._codes: dict[str, tuple[Ints, Mapping[str, int]]] = {}
        for name in ("scheme", "big", "small", "source", "severity"):
            codes, words = pd.factorize(rows[name])
            self._codes[name] = codes, {str(word): at for at, word in enumerate(words)}
        self._condition = rows["condition"].to_numpy()
        at = rows["at"]
        self._minute = (at.dt.hour * 60 + at.dt.minute).to_numpy()
        self._weekday = at.dt.day_of_week.to_numpy() + 1
        self._day = at.to_numpy().astype("datetime64[D]")
        first, last = self._day.min(), self._day.max()
        worked = calendar.worked_days(first.astype(object), last.astype(object))
        self._worked = worked[(self._day - first).astype(np.int64)]
        self._text = rows["text"].to_numpy() if "text" in rows else None

    def fit(self, rule: Rule, left: Ints, *, is_small: bool, is_timeless: bool) -> Bools:
        """Return which of the rows that are left a rule speaks of."""
        if not rule.is_there:
            return np.zeros(len(left), bool)
        fits = np.ones(len(left), bool)
        if rule.scheme is not None:
            fits &= self._is("scheme", (rule.scheme,), left)
        if rule.code is not None:
            small = self._is("small", (rule.code,), left)
            fits &= small if is_small else self._is("big", (rule.code,), left) & ~small
        if rule.condition is not None:
            fits &= self._condition[left] == rule.condition
        if rule.place is not None:
            stands = self._places[rule.place.zoning_id][left]
            fits &= (stands >= rule.place.first) & (stands <= rule.place.last) & (stands != NONE)
        if rule.sources:
            fits &= self._is("source", rule.sources, left)
        if rule.severities:
            fits &= self._is("severity", rule.severities, left)
        fits &= self._in_time(rule, left, is_timeless=is_timeless)
        if rule.words and self._text is not None:
            needles = rule.needles
            candidates = np.flatnonzero(fits)
            fits[candidates] = [
                any(needle in text for needle in needles) for text in self._text[left[candidates]]
            ]
        return fits

    def _in_time(self, rule: Rule, left: Ints, *, is_timeless: bool) -> Bools:
        fits = np.ones(len(left), bool)
        if rule.hours is not None:
            first, last = rule.hours
            minute = self._minute[left]
            after, before = minute >= first, minute < last
            fits &= after & before if first < last else after | before
        if rule.weekdays:
            fits &= np.isin(self._weekday[left], rule.weekdays)
        if rule.days is not None:
            fits &= self._worked[left] == (rule.days is Days.WORKED)
        if not is_timeless:
            if rule.since is not None:
                fits &= self._day[left] >= np.datetime64(rule.since)
            if rule.until is not None:
                fits &= self._day[left] <= np.datetime64(rule.until)
        return fits

    def _is(self, name: str, words: Sequence[str], left: Ints) -> Bools:
        codes, known = self._codes[name]
        found: Bools = np.isin(codes[left], [known[word] for word in words if word in known])
        return found


def _told(
    db: Connection,
    some: Incidents,
    before: tuple[Sequence[Rule], Ints],
    after: tuple[Sequence[Rule], Ints],
) -> Json:
    # 0: the territory's own, where no rule decides, too.
    was, becomes = (
        _looked_up([rule.body_id or 0 for rule in rules], found, 0)
        for rules, found in (before, after)
    )
    rules, found = after
    moved = was != becomes
    bodies = sorted({*was.tolist(), *becomes.tolist(), *db.scalars(select(duty_body.c.id))})
    severity = [list(SEVERITIES).index(each) for each in some.rows["severity"]]
    raised = _looked_up([_rank_of(rule.raises) for rule in rules], found, NONE)
    telling: dict[str, int] = {}
    uses = np.bincount(found[found != NONE], minlength=len(rules))
    for rule, n in zip(rules, uses.tolist(), strict=True):
        for post in rule.tells:
            telling[post] = telling.get(post, 0) + n
    return {
        "moved": int(moved.sum()),
        "raised": int((raised > np.array(severity, np.int64)).sum()),
        "told": {post: n for post, n in telling.items() if n},
        "bodies": [
            {"id": body, "before": int((was == body).sum()), "after": int((becomes == body).sum())}
            for body in bodies
        ],
        "examples": _examples(some, moved, (was, becomes), before, after),
        "unmatched": int((found == NONE).sum()),
        "unmatched_classes": _classes(some.rows[found == NONE]),
        "rules": [
            {"uid": rule.uid, "n": n}
            for rule, n in zip(rules, uses.tolist(), strict=True)
            if rule.uid
        ],
    }


def _examples(
    some: Incidents,
    moved: Bools,
    bodies: tuple[Ints, Ints],
    before: tuple[Sequence[Rule], Ints],
    after: tuple[Sequence[Rule], Ints],
) -> list[Json]:
    """Return some of those that would go elsewhere, the latest of each way."""
    at = np.flatnonzero(moved)
    ways = pd.DataFrame({"at": at, "was": bodies[0][at], "becomes": bodies[1][at]})
    few = ways.groupby(["was", "becomes"], sort=False).head(MOST_OF_A_KIND).head(MOST_EXAMPLES)
    ids = some.rows["id"].to_numpy()

    def name(side: tuple[Sequence[Rule], Ints], row: int) -> Json | None:
        rules, found = side
        if found[row] == NONE:
            return None
        rule = rules[found[row]]
        return {"uid": rule.uid, "name": rule.name}

    # Only its number: what it says is asked for when it is shown, as whoever looks may see it.
    return [
        {
            "id": int(ids[row]), "before": int(was), "after": int(becomes),
            "rule_before": name(before, row), "rule_after": name(after, row),
        }
        for row, was, becomes in few.itertuples(index=False)
    ]  # fmt: skip


def _classes(rows: pd.DataFrame) -> list[Json]:
    counted = (
        rows.groupby(["scheme", "small"]).size().sort_values(ascending=False).head(MOST_CLASSES)
    )
    return [
        {"scheme": scheme, "small": small, "n": n}
        for scheme, small, n in counted.rename("n").reset_index().to_numpy().tolist()
    ]


def _looked_up(values: Sequence[int], at: Ints, missing: int) -> Ints:
    # The last place answers for -1.
    return np.array([*values, missing], np.int64)[at]


def _rank_of(severity: str) -> int:
    return list(SEVERITIES).index(severity) if severity else NONE


def _standing(
    db: Connection, zoning_id: int | None, ids: pd.Series[Any],
    period: tuple[dt.datetime, dt.datetime],
) -> Ints:  # fmt: skip
    """Return where incidents stand in the preorder of a further zoning."""
    f, v, c = feature_unit.c, unit_version.c, seen_incident.c
    query = (
        select(f.feature_id, v.lft)
        .join(unit_version, (v.unit_id == f.unit_id) & func.upper_inf(v.valid))
        .join(seen_incident, c.id == f.feature_id)
        .where(f.layer == INCIDENTS.id, f.zoning_id == zoning_id,
               c.reported_at >= period[0], c.reported_at < period[1])
    )  # fmt: skip
    found = pd.DataFrame(db.execute(query).all(), columns=["id", "lft"]).set_index("id")["lft"]
    return _numbers(found.reindex(ids))


def _numbers(some: pd.Series[Any], missing: int = NONE) -> Ints:
    return some.astype(float).fillna(missing).to_numpy().astype(np.int64)
