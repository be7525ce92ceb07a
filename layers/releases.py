"""Dated releases: what everybody may see of persons, small numbers withheld."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sqlalchemy import (
    Connection,
    Integer,
    Row,
    func,
    insert,
    select,
    text,
)

from gis import bulk, places
from gis.access.tables import release as table
from gis.access.tables import release_count, release_hidden
from gis.comparison import Report
from gis.errors import CityGridError
from gis.tables import layer_state, measure, unit_count, unit_version, zoning, zoning_level
from layers import measures, release_places, release_rules, suppression
from layers.columns import Array, Ints, fetch
from layers.release_numbers import NONE, Snapshot, lay_out
from layers.release_rules import LAYERS, Rules


class ReleaseError(CityGridError):
    """No release can be made that keeps what it withholds."""


@dataclass(frozen=True)
class Release:
    """A release that was made."""

    id: int
    # When what it says was true.
    as_of: dt.datetime
    made_at: dt.datetime
    rules: Rules
    # How many numbers it says, and how many it withholds.
    published: int
    withheld: int

    def __str__(self) -> str:
        return (
            f"Release {self.id} of persons as of {self.as_of:%F %H:%M}: {self.published:,} numbers "
            f"published, {self.withheld:,} withheld."
        )


def make(db: Connection, rules: Rules | None = None, *, report: Report | None = None) -> Release:
    """Make a release of what is counted now, and keep it beside those before it.

    By the owner of the schema, in a transaction that sees one moment.

    Parameters
    ----------
    rules
        What to release; the city's own rules if left out.

    Raises
    ------
    ReleaseError
        Earlier releases give away what this one would withhold. Nothing was made.
    """
    # Two releases made at once would not know of each other. Locking a table comes before the
    # moment a transaction sees, which any question would fix.
    db.execute(text(f"LOCK TABLE {table.fullname} IN SHARE ROW EXCLUSIVE MODE"))
    city = places.city(db)
    rules = rules or release_rules.read(city.releases if city else {})
    made_at = dt.datetime.now(dt.UTC)
    if report:
        report("releasing", 0, 1)
    new = _snapshot(db, rules, made_at)
    numbers, columns = lay_out(new, earlier(db, rules.side_by_side))
    pattern = suppression.choose(numbers)
    if len(pattern.exposed):
        raise ReleaseError(
            f"No release can be made now: {len(pattern.exposed):,} small numbers could be worked "
            "out with what earlier releases published and has not changed since. The latest "
            "release stays; make one when more has changed."
        )
    is_withheld = (columns != NONE) & pattern.is_withheld[columns]
    # A stricter rule than before withholds what is known already, but protects nothing by it.
    thresholds = np.array([new.threshold(name) for name in new.names])
    is_withheld |= (columns != NONE) & (new.n < thresholds)
    release_id = db.scalar(
        insert(table)
        .values(as_of=_as_of(db) or made_at, made_at=made_at, settings=rules.to_json())
        .returning(table.c.id)
    )
    _write(db, release_id, replace(new, is_withheld=is_withheld))
    if report:
        report("releasing", 1, 1)
    return all_of(db, 1)[0]


def latest(db: Connection) -> Release | None:
    """Return the release everybody sees; None where none was made."""
    return next(iter(all_of(db, 1)), None)


def all_of(db: Connection, limit: int | None = None) -> list[Release]:
    """Return the releases that were made, newest first."""
    c = release_count.c
    found = []
    for row in _rows(db, limit):
        counted = select(func.count(), func.count(c.n)).where(c.release_id == row.id)
        everything, published = db.execute(counted).one()
        rules = release_rules.read(row.settings)
        found.append(
            Release(row.id, row.as_of, row.made_at, rules, published, everything - published)
        )
    return found


def earlier(db: Connection, limit: int) -> list[Snapshot]:
    """Return what releases were made of, newest first. By the owner of the schema."""
    return [_earlier(db, row) for row in _rows(db, limit)]


def _rows(db: Connection, limit: int | None) -> Sequence[Row[tuple[int, dt.datetime]]]:
    return db.execute(select(table).order_by(table.c.id.desc()).limit(limit)).all()


def _as_of(db: Connection) -> dt.datetime | None:
    c = layer_state.c
    true_at = func.coalesce(func.max(c.as_of), func.max(c.changed_at))
    return db.scalar(select(true_at).where(c.layer.in_([layer.id for layer in LAYERS])))


def _names(db: Connection, rules: Rules) -> dict[str, int]:
    """Return the measures rules release, by name; NONE for those never counted."""
    found = {}
    for released in rules.tables:
        layer, dimension = released.layer, released.dimension
        known = next((d.parts for d in layer.dimensions if d.key == dimension), {"": {}})
        for key in known:
            found[measures.name_of(layer, dimension, key, layer.weight)] = NONE
    c = measure.c
    for row in db.execute(select(c.id, c.name).where(c.layer.in_([layer.id for layer in LAYERS]))):
        if rules.table_of(row.name):
            found[row.name] = row.id
    return found


def _tree(db: Connection, at: dt.datetime) -> tuple[int, Ints, Ints, Ints]:
    """Return how many levels the main tree has, and its units at a moment: ids, parents, levels."""
    main = db.scalars(select(zoning.c.id).where(zoning.c.is_main)).one()
    finest = db.scalar(
        select(func.max(zoning_level.c.level)).where(zoning_level.c.zoning_id == main)
    )
    c = unit_version.c
    found = fetch(
        db,
        select(c.unit_id, func.coalesce(c.parent_id, NONE, type_=Integer).label("parent"), c.level)
        .where(c.zoning_id == main, c.valid.contains(at))
        .order_by(c.unit_id),
    )
    ids = found["unit_id"].astype(np.int64)
    parents = np.searchsorted(ids, found["parent"])
    is_top = found["parent"] == NONE
    return finest or 0, ids, np.where(is_top, NONE, parents), found["level"].astype(np.int64)


def _snapshot(db: Connection, rules: Rules, at: dt.datetime) -> Snapshot:
    finest, ids, parents, levels = _tree(db, at)
    names = _names(db, rules)
    c = unit_count.c
    wanted = [number for number in names.values() if number != NONE]
    found = fetch(db, select(c.unit_id, c.measure_id, c.n).where(c.measure_id.in_(wanted)))
    n = _matrix(ids, names, found)
    return Snapshot(rules, finest, ids, parents, levels, tuple(names), n)


def _earlier(db: Connection, row: Row[tuple[int, dt.datetime]]) -> Snapshot:
    rules = release_rules.read(row.settings)
    finest, ids, parents, levels = _tree(db, row.made_at)
    names = _names(db, rules)
    c, hidden = release_count.c, release_hidden.c
    of_this = hidden.release_id == row.id
    known = select(c.unit_id, c.measure_id, c.n).where(c.release_id == row.id, c.n.is_not(None))
    unknown = fetch(db, select(hidden.unit_id, hidden.measure_id, hidden.n).where(of_this))
    n = _matrix(ids, names, fetch(db, known)) + (withheld := _matrix(ids, names, unknown))
    return Snapshot(rules, finest, ids, parents, levels, tuple(names), n, withheld > 0)


def _matrix(ids: Ints, names: dict[str, int], found: dict[str, Array]) -> Ints:
    """Return numbers as a row for each unit and a column for each measure."""
    numbers = np.array(list(names.values()), np.int64)
    order = np.argsort(numbers)
    n = np.zeros((len(ids), len(names)), np.int64)
    row = np.searchsorted(ids, found["unit_id"]).clip(max=max(0, len(ids) - 1))
    column = order[np.searchsorted(numbers[order], found["measure_id"])]
    # The units of other zonings are counted too.
    inside = ids[row] == found["unit_id"] if len(ids) else np.zeros(len(row), bool)
    n[row[inside], column[inside]] = found["n"][inside]
    return n


def _write(db: Connection, release_id: int, made: Snapshot) -> None:
    c = measure.c
    ids = dict(db.execute(select(c.name, c.id).where(c.name.in_(made.names))).all())
    numbers = np.array([ids.get(name, NONE) for name in made.names])
    unit, column = np.nonzero(made.is_released & (made.n > 0))
    order = np.lexsort((unit, numbers[column]))
    unit, column = unit[order], column[order]
    rows = pd.DataFrame(
        {
            "release_id": release_id,
            "measure_id": numbers[column],
            "unit_id": made.unit_ids[unit],
            "n": made.n[unit, column],
        }
    )
    hidden = made.withheld[unit, column]
    silent = rows[hidden]
    bulk.copy(db, release_hidden, {str(name): silent[name] for name in silent})
    told = rows.assign(n=rows["n"].astype("Int64").mask(hidden))
    bulk.copy(db, release_count, {str(name): told[name] for name in told})
    for layer in LAYERS:
        if layer.id in ids:
            release_places.write(db, release_id, layer, ids[layer.id], made)
