"""Where to build as mixed-integer programmes; their first columns are the candidates."""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy import sparse

from gis.arrangement import Floats
from gis.network.network import Bools, Ints
from gis.network.pairs import Pairs
from gis.siting import cover
from gis.siting.question import Aim, Siting
from gis.siting.savings import NONE, savings


@dataclass
class Model:
    """A programme that is to be made small, put together from columns and rows."""

    # The value of the question is `sign` times what is made small, and `base`.
    sign: float = 1.0
    base: float = 0.0
    cost: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    # Row, column and value of each entry.
    entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    columns_count: int = 0
    rows_count: int = 0

    def columns(self, cost: Floats, upper: Floats | float) -> Ints:
        """Add columns from 0 to an upper bound; return their numbers."""
        self.cost.append(np.asarray(cost, float))
        self.upper.append(np.broadcast_to(np.asarray(upper, float), (len(cost),)))
        self.columns_count += len(cost)
        return np.arange(self.columns_count - len(cost), self.columns_count)

    def rows(
        self,
        low: Floats | float,
        high: Floats | float,
        count: int,
        *entries: tuple[Ints, Ints, Floats | float],
    ) -> None:
        """Add rows; each entry is rows (counted from the first of these), columns and values."""
        for row, column, value in entries:
            values = np.broadcast_to(np.asarray(value, float), (len(column),))
            self.entries.append((row + self.rows_count, column, values))
        self.low.append(np.broadcast_to(np.asarray(low, float), (count,)))
        self.high.append(np.broadcast_to(np.asarray(high, float), (count,)))
        self.rows_count += count

    def programme(self, whole: int) -> highspy.HighsLp:
        """Return it for HiGHS; the first columns are whole."""
        found = highspy.HighsLp()
        row, column, value = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        matrix = sparse.csr_array(
            (value, (row, column)), shape=(self.rows_count, self.columns_count)
        )
        found.num_col_, found.num_row_ = self.columns_count, self.rows_count
        found.col_cost_ = np.concatenate(self.cost)
        found.col_lower_ = np.zeros(self.columns_count)
        found.col_upper_ = np.concatenate(self.upper)
        found.row_lower_, found.row_upper_ = np.concatenate(self.low), np.concatenate(self.high)
        found.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        found.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        found.a_matrix_.index_ = matrix.indices.astype(np.int32)
        found.a_matrix_.value_ = matrix.data
        kinds = [highspy.HighsVarType.kInteger] * whole
        kinds += [highspy.HighsVarType.kContinuous] * (self.columns_count - whole)
        found.integrality_ = kinds
        return found


def model(siting: Siting) -> Model:
    """Return the programme of a question; not that of the least worst time, which is several."""
    if siting.room is not None:
        return _with_room(siting)
    if siting.aim is Aim.EVERYONE:
        needed = cover.needs(siting, siting.candidates, siting.standing)
        return covering(siting, siting.prices, needed)
    return _most_people(siting) if siting.aim is Aim.MOST_PEOPLE else _least_time(siting)


def covering(siting: Siting, prices: Floats, needed: Floats, limit_s: float = np.inf) -> Model:
    """Return the programme of covering points as often as needed at the least price."""
    made = Model()
    made.columns(prices, 1.0)
    near = siting.candidates.within(limit_s)
    open_ = needed[near.target] > 0
    points, row = np.unique(near.target[open_], return_inverse=True)
    made.rows(needed[points], np.inf, len(points), (row, near.source[open_], 1.0))
    return made


def _limits(made: Model, siting: Siting) -> None:
    every = np.arange(siting.sites)
    row = np.zeros(siting.sites, np.int64)
    made.rows(0.0, float(siting.most), 1, (row, every, 1.0))
    if siting.budget is not None:
        made.rows(0.0, siting.purse, 1, (row, every, siting.prices))


def _floors(made: Model, siting: Siting, covered: Ints, lot: Ints, is_new: Bools) -> None:
    """Demand that enough of each group are reached.

    Parameters
    ----------
    covered
        The columns of the lots of points where nothing stands yet.
    lot, is_new
        The lot of each point, and of each lot whether it is one of those.
    """
    given = savings(siting)
    stands = given.sites[:, 0] != NONE
    for many, need in zip(given.weights[1:], given.needs, strict=True):
        of_lot = np.bincount(lot[lot != NONE], many[lot != NONE], len(is_new))[is_new].astype(float)
        # What rounding leaves of a floor that is met is no floor.
        low = need - many[stands].sum() - 1e-9 * max(1.0, need)
        made.rows(low, np.inf, 1, (np.zeros(len(covered), np.int64), covered, of_lot))


def _most_people(siting: Siting) -> Model:
    near, demand = siting.candidates, np.asarray(siting.demand, float)
    stands = np.bincount(siting.standing.target, minlength=len(demand))
    backup = siting.backup
    made = Model(sign=-1.0)
    made.base = float((demand * ((stands > 0) + backup * (stands > 1))).sum())
    site = made.columns(np.zeros(siting.sites), 1.0)
    full = 2 if backup else 1
    lot, first_of = _lots(near, np.minimum(stands, full), full)
    count = len(first_of)
    people = np.bincount(lot[lot != NONE], demand[lot != NONE], count).astype(float)
    is_new = stands[first_of] == 0
    first = made.columns(-people * np.where(is_new, 1.0, backup), 1.0)
    second = made.columns(-backup * people, is_new.astype(float))
    # The sites around the first point of a lot are around all of it.
    is_first = np.zeros(len(demand), np.bool_)
    is_first[first_of] = True
    pair = is_first[near.target]
    every = np.arange(count)
    made.rows(
        -np.inf, 0.0, count,
        (every, first, 1.0), (every, second, 1.0),
        (lot[near.target[pair]], site[near.source[pair]], -1.0),
    )  # fmt: skip
    _limits(made, siting)
    _floors(made, siting, first[is_new], lot, is_new)
    return made


def _lots(near: Pairs, stands: Ints, full: int) -> tuple[Ints, Ints]:
    """Put points together that have the same sites around; nothing tells them apart.

    Returns the lot of each point, `NONE` where no further site helps, and the first point of each.
    """
    around = near.turned()
    lot = np.full(near.targets, NONE)
    known: dict[tuple[int, bytes], int] = {}
    first_of: list[int] = []
    for point, here in enumerate(stands.tolist()):
        sites = around.target[around.starts[point] : around.starts[point + 1]]
        if not len(sites) or here == full:
            continue
        key = here, sites.tobytes()
        if key not in known:
            known[key] = len(first_of)
            first_of.append(point)
        lot[point] = known[key]
    return lot, np.array(first_of, np.int64)


def _least_time(siting: Siting) -> Model:
    near, demand = siting.candidates, np.asarray(siting.demand, float)
    given = savings(siting)
    now = given.values[:, 0]
    made = Model(base=siting.all_beyond_s - float((demand * now).sum()))
    site = made.columns(np.zeros(siting.sites), 1.0)
    helps = (given.saving > now[near.target]) & (demand[near.target] > 0)
    source, target = near.source[helps], near.target[helps]
    goes = made.columns(-demand[target] * (given.saving[helps] - now[target]), 1.0)
    points, row = np.unique(target, return_inverse=True)
    made.rows(-np.inf, 1.0, len(points), (row, goes, 1.0))
    each = np.arange(len(goes))
    made.rows(-np.inf, 0.0, len(goes), (each, goes, 1.0), (each, site[source], -1.0))
    _limits(made, siting)
    if siting.floor:
        stands = (given.sites[:, 0] != NONE).astype(np.int64)
        new = stands[near.target] == 0
        points, row = np.unique(near.target[new], return_inverse=True)
        lot = np.full(len(demand), NONE)
        lot[points] = np.arange(len(points))
        covered = made.columns(np.zeros(len(points)), 1.0)
        made.rows(
            -np.inf, 0.0, len(points),
            (np.arange(len(points)), covered, 1.0), (row, site[near.source[new]], -1.0),
        )  # fmt: skip
        _floors(made, siting, covered, lot, np.ones(len(points), np.bool_))
    return made


def _with_room(siting: Siting) -> Model:
    """People go to sites, and no site takes more than it has room for."""
    near, standing, demand = siting.candidates, siting.standing, np.asarray(siting.demand, float)
    room = np.asarray(siting.room, float)
    stands_room = (
        np.zeros(0) if siting.existing_room is None else np.asarray(siting.existing_room, float)
    )
    covers_all = siting.aim is Aim.EVERYONE
    made = Model(sign=-1.0 if siting.aim is Aim.MOST_PEOPLE else 1.0)
    made.base = siting.all_beyond_s if siting.aim is Aim.LEAST_TIME else 0.0
    site = made.columns(siting.prices if covers_all else np.zeros(siting.sites), 1.0)

    def worth(seconds: Floats) -> Floats:
        if covers_all:
            return np.zeros(len(seconds))
        if siting.aim is Aim.MOST_PEOPLE:
            return np.ones(len(seconds))
        return siting.longest_s - seconds

    most = np.minimum(demand[near.target], room[near.source])
    new = made.columns(-worth(near.seconds), most)
    old = made.columns(
        -worth(standing.seconds),
        np.minimum(demand[standing.target], stands_room[standing.source]),
    )
    points, row = np.unique(np.concatenate([near.target, standing.target]), return_inverse=True)
    low = demand[points] if covers_all else -np.inf
    made.rows(low, demand[points], len(points), (row, np.concatenate([new, old]), 1.0))
    every = np.arange(siting.sites)
    made.rows(-np.inf, 0.0, siting.sites, (near.source, new, 1.0), (every, site, -room))
    made.rows(-np.inf, stands_room, len(stands_room), (standing.source, old, 1.0))
    # Implied for whole sites; sharper for parts of them.
    each = np.arange(len(new))
    made.rows(-np.inf, 0.0, len(new), (each, new, 1.0), (each, site[near.source], -most))
    if not covers_all:
        _limits(made, siting)
    return made
