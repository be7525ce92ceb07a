"""Persons at doors as far as everybody may know them: released numbers, laid on the buildings.

Nothing goes in but what is published and what everybody sees (units, buildings). So whatever is
worked out of it, for any limit and any facilities, tells no more of a person than the release does:
there is no difference of two answers that would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from sqlalchemy import Connection, Integer, SmallInteger, and_, func, select
from sqlalchemy import cast as sql_cast

from gis.access.tables import release, release_count
from gis.arrangement import Floats
from gis.network.network import Bools
from gis.tables import measure, unit_version
from layers import disclosure, measures
from layers.catalog import get
from layers.catalog.people import CARE
from layers.columns import Array, Ints, fetch
from layers.coverage.homes import Homes
from layers.release_numbers import NONE, Snapshot
from layers.release_places import lay_anew
from layers.release_rules import Rules
from layers.tree import Tree

# Columns of released numbers, by what they are called in coverage.
PEOPLE, HOUSEHOLDS = "people", "households"
AGE_GROUPS = ("0_14", "15_59", "60")
GROUPS = (PEOPLE, *AGE_GROUPS, HOUSEHOLDS)
# People in care by care group: who is in several is counted in each.
CARE_GROUPS: Mapping[str, str] = MappingProxyType({f"care_{key}": key for key in CARE})
_ALL = (*GROUPS, *CARE_GROUPS)


@dataclass(frozen=True, eq=False)
class Laid:
    """Released numbers of one group."""

    # At each door of `Homes`: not whole.
    doors: Floats
    # Of each place of the tree: what is published.
    published: Ints
    # Whether that is told; where it is not, ``published`` says nothing.
    is_told: Bools
    # Whether the number is of a level that is released, and withheld because it is small or would
    # give another one away.
    is_withheld: Bools


@dataclass(frozen=True, eq=False)
class Released:
    """The latest release on today's units and buildings; ``by_group`` is empty without one."""

    by_group: Mapping[str, Laid]
    # What totals are rounded to that are not of the units a release is made of.
    rounded_to: int


def measure_of(group: str) -> str:
    """Return the name of the measure that counts a group."""
    if group in (PEOPLE, HOUSEHOLDS):
        return group
    layer = get(PEOPLE)
    if group in CARE_GROUPS:
        return measures.name_of(layer, "care", CARE_GROUPS[group], layer.weight)
    return measures.name_of(layer, "age_group", group, layer.weight)


def read(db: Connection, tree: Tree, homes: Homes) -> Released:
    """Lay the latest release on the buildings, as anybody may."""
    rules = disclosure.of(db).rules
    if rules is None:
        return Released({}, 1)
    made = _snapshot(db, tree, rules)
    place = tree.places(homes.unit_ids)
    return Released(
        {group: _laid(made, column, tree, homes, place) for column, group in enumerate(_ALL)},
        rules.rounded_to,
    )


def parents(tree: Tree) -> Ints:
    """Return the place of the unit that each unit of a tree lies in; NONE at the top."""
    found = np.full(len(tree), NONE)
    above: list[int] = []
    for place in range(len(tree)):
        while above and tree.ends[above[-1]] <= place:
            above.pop()
        if above:
            found[place] = above[-1]
        above.append(place)
    return found


def _snapshot(db: Connection, tree: Tree, rules: Rules) -> Snapshot:
    latest = select(func.max(release.c.id)).scalar_subquery()
    names = tuple(measure_of(group) for group in _ALL)
    c, m = release_count.c, measure.c
    ids = dict(db.execute(select(m.name, m.id).where(m.name.in_(names))).all())
    n = np.zeros((len(tree), len(names)), np.int64)
    is_silent = np.zeros(n.shape, np.bool_)
    found = fetch(
        db,
        select(
            sql_cast(c.unit_id, Integer).label("unit_id"),
            sql_cast(c.measure_id, SmallInteger).label("measure_id"),
            func.coalesce(c.n, NONE).label("n"),
        ).where(c.release_id == latest, c.measure_id.in_(list(ids.values()))),
    )
    place = tree.places(found["unit_id"])
    for column, name in enumerate(names):
        here = (place >= 0) & (found["measure_id"] == ids.get(name, NONE))
        n[place[here], column] = np.maximum(found["n"][here], 0)
        is_silent[place[here], column] = found["n"][here] == NONE
    # A unit that is younger than the release is in none of its numbers: nothing is said of it.
    is_silent |= ~_was_there(db, tree)[:, None]
    return Snapshot(
        rules, tree.depth, tree.ids.astype(np.int64), parents(tree),
        tree.levels.astype(np.int64), names, n, is_silent,
    )  # fmt: skip


def _was_there(db: Connection, tree: Tree) -> Bools:
    """Return which of today's units were there when the latest release was made."""
    u, r = unit_version.c, release.c
    latest = select(func.max(r.id)).scalar_subquery()
    old = fetch(
        db,
        select(sql_cast(u.unit_id, Integer).label("id"))
        .join(release, and_(r.id == latest, u.valid.contains(r.made_at)))
        .where(u.zoning_id == tree.zoning_id),
    )
    found: Bools = np.isin(tree.ids, old["id"])
    return found


def _laid(made: Snapshot, column: int, tree: Tree, homes: Homes, place: Ints) -> Laid:
    released, withheld = made.is_released[:, column], made.withheld[:, column]
    _, shares = lay_anew(made, column)
    to_lay = np.zeros(len(tree))
    to_lay[list(shares)] = list(shares.values())
    # Where a unit tells its number, it is laid on its own buildings.
    child = np.flatnonzero(released & (made.parents != NONE))
    is_above = np.bincount(made.parents[child], minlength=len(tree)) > 0
    tells = released & ~withheld & ~is_above
    to_lay[tells] = made.n[tells, column]
    return Laid(
        _on_doors(to_lay, tree, homes, place),
        made.n[:, column],
        released & ~withheld,
        released & withheld,
    )


def _on_doors(to_lay: Floats, tree: Tree, homes: Homes, place: Ints) -> Floats:
    """Lay what is to be laid on each unit on all buildings in it, by floor area, homes first."""
    inside = place >= 0
    area = homes.floor_area_m2 + 1.0
    home = area * homes.is_home

    def summed(weight: Array) -> Floats:
        own = np.bincount(place[inside], weight[inside], len(tree))
        found: Floats = tree.rolled_up(own)
        return found

    homes_m2, all_m2 = summed(home), summed(area)
    is_lived_in = homes_m2 > 0
    by_home = np.divide(to_lay, homes_m2, out=np.zeros(len(tree)), where=is_lived_in)
    by_area = np.divide(to_lay, all_m2, out=np.zeros(len(tree)), where=~is_lived_in & (all_m2 > 0))
    laid = np.zeros(len(homes.ids))
    laid[inside] = (
        home[inside] * _all_above(by_home, tree)[place[inside]]
        + area[inside] * _all_above(by_area, tree)[place[inside]]
    )
    count = np.bincount(homes.building, minlength=len(homes.ids))
    found: Floats = (laid / np.maximum(count, 1))[homes.building]
    return found


def _all_above(rate: Floats, tree: Tree) -> Floats:
    """Return for each place the sum over itself and all it lies in."""
    steps = np.zeros(len(tree) + 1)
    steps[:-1] += rate
    np.subtract.at(steps, tree.ends, rate)
    found: Floats = np.cumsum(steps)[:-1]
    return found
