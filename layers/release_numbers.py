"""The numbers of releases and how they hang together, laid out for suppression. No database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from scipy import sparse

from layers.catalog.people import AGE_BANDS, AGE_GROUP_BANDS, CARE, CARE_AGES
from layers.columns import Array, Ints
from layers.measures import TOTAL
from layers.release_rules import Rules
from layers.suppression import Numbers, State

NONE = -1


@dataclass(frozen=True)
class Snapshot:
    """What a release is made of, or was: numbers of units in preorder, by measure.

    Attributes
    ----------
    unit_ids, parents, levels
        The main tree as it was; ``parents`` are places in these arrays, NONE at the top.
    names
        The measures' names.
    n
        True numbers: a row for each unit, a column for each measure.
    is_withheld
        The same shape; None of one not chosen yet.
    """

    rules: Rules
    finest: int
    unit_ids: Ints
    parents: Ints
    levels: Ints
    names: tuple[str, ...]
    n: Ints
    is_withheld: Array | None = None

    @property
    def is_released(self) -> Array:
        """Which numbers are released, or withheld where they should be: the same shape as n."""
        last = np.array([self._last_level(name) for name in self.names], np.int64)
        released: Array = self.levels[:, None] <= last[None, :]
        return released

    @property
    def withheld(self) -> Array:
        """Which numbers are withheld; of a release that was made."""
        if self.is_withheld is None:
            raise ValueError("Nothing was chosen yet.")
        return self.is_withheld

    def threshold(self, name: str) -> int:
        """Return below which numbers of a measure are withheld."""
        table = self.rules.table_of(name)
        return table.threshold if table else 0

    def _last_level(self, name: str) -> int:
        table = self.rules.table_of(name)
        return self.finest - table.above_finest if table else 0


class Rest(Enum):
    """What is known of the rest, where one side of a relation is more than the other."""

    COUNTED = "counted"
    """Itself a number of persons, such as those hanging on a unit or of unknown age."""
    OPEN = "open"
    """Anything from zero up."""
    KNOWN = "known"
    """Taken for known, because it is zero wherever the data are sound."""


@dataclass(frozen=True)
class Relation:
    """Σ whole = Σ parts + rest, of one unit's measures."""

    whole: tuple[str, ...]
    parts: tuple[str, ...]
    rest: Rest = Rest.COUNTED


def relations(names: Sequence[str]) -> Iterator[Relation]:
    """Yield how measures of one unit hang together."""
    by_dimension: dict[tuple[str, str], list[str]] = {}
    for name in names:
        layer, _, rest = name.partition(".")
        by_dimension.setdefault((layer, rest.partition(".")[0] or TOTAL), []).append(name)
    for (layer, dimension), parts in by_dimension.items():
        if dimension not in (TOTAL, "care", "age_sex"):
            yield Relation((layer,), tuple(parts))
    bands = range(AGE_BANDS)
    for group, inside in AGE_GROUP_BANDS.items():
        yield Relation((f"people.age_group.{group}",), _ages(inside))
    for band in bands:
        pair = tuple(f"people.age_sex.{sex}/{band}" for sex in ("male", "female"))
        yield Relation((f"people.age.{band}",), pair)
    for sex in ("male", "female"):
        yield Relation((f"people.sex.{sex}",), _of_sex(sex))
    # Those of unknown age and sex.
    both = (*_of_sex("male"), *_of_sex("female"))
    known = (*_ages(bands), "people.sex.male", "people.sex.female")
    yield Relation(("people", *both), known, Rest.OPEN)
    for care in CARE:
        yield Relation(("people",), (f"people.care.{care}",), Rest.OPEN)
    for care, inside in CARE_AGES.items():
        # Whoever is 80 is in the group of those aged 80 and over.
        is_same = care == "aged_80"
        yield Relation(
            _ages(inside), (f"people.care.{care}",), Rest.KNOWN if is_same else Rest.OPEN
        )


def _ages(bands: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"people.age.{band}" for band in bands)


def _of_sex(sex: str) -> tuple[str, ...]:
    return tuple(f"people.age_sex.{sex}/{band}" for band in range(AGE_BANDS))


@dataclass
class _Laid:
    """Numbers, as they are found."""

    n: list[Ints] = field(default_factory=list)
    least: list[Ints] = field(default_factory=list)
    state: list[Ints] = field(default_factory=list)
    entries: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def add(self, n: Ints, least: Ints, state: Ints) -> Ints:
        """Take numbers in; return their columns."""
        self.n.append(n)
        self.least.append(least)
        self.state.append(state)
        self.columns += len(n)
        return np.arange(self.columns - len(n), self.columns)

    def enter(self, rows: Ints, columns: Ints, sign: int) -> None:
        """Say which numbers stand in which equations; NONE stands in none."""
        kept = columns != NONE
        self.entries.append((rows[kept], columns[kept], np.full(int(kept.sum()), sign)))

    def numbers(self) -> Numbers:
        """Return what was laid out."""
        row, column, sign = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        equations = sparse.coo_array((sign.astype(float), (row, column)), (self.rows, self.columns))
        return Numbers(
            np.concatenate(self.n),
            np.concatenate(self.least),
            np.concatenate(self.state),
            equations.tocsr(),
        )


@dataclass
class _Seen:
    """The columns and values of one release's numbers, for the release before it."""

    snapshot: Snapshot
    columns: Ints
    # By relation and unit: value and column of the rest.
    rests: dict[tuple[object, int], tuple[int, int]]


def lay_out(new: Snapshot, earlier: Sequence[Snapshot] = ()) -> tuple[Numbers, Ints]:
    """Lay out a release to be made, with releases made before it, newest first.

    A number that is the same in two releases is one number: whoever knows that it did not change
    must learn nothing from laying them side by side. So it keeps its state, and what was published
    cannot be withheld to protect another.

    Returns
    -------
    Numbers
        Zeros are left out, and so is what earlier releases published and has changed since:
        known parts of equations do not matter.
    array
        For each unit and measure of the new release its number's index, NONE where it has none.
    """
    laid = _Laid()
    is_new = new.is_released & (new.n > 0)
    columns = np.full(new.n.shape, NONE)
    least = np.broadcast_to(_thresholds(new), new.n.shape)
    columns[is_new] = laid.add(new.n[is_new], least[is_new], np.full(int(is_new.sum()), State.FREE))
    seen = _Seen(new, columns, {})
    _relate(laid, seen, None)
    for old in earlier:
        seen = _lay_before(laid, old, seen)
    return laid.numbers(), columns


def _lay_before(laid: _Laid, old: Snapshot, newer: _Seen) -> _Seen:
    """Lay out a release that was made before one that is laid out."""
    columns = np.full(old.n.shape, NONE)
    there = old.is_released & (old.n > 0)
    same = _counterparts(old, newer)
    same[~there] = NONE
    state = np.concatenate(laid.state)
    withheld = there & old.withheld
    known = same[there & ~withheld & (same != NONE)]
    hidden = same[withheld & (same != NONE)]
    state[hidden[state[hidden] == State.FREE]] = State.HIDDEN
    state[known] = State.KNOWN
    laid.state = [state]
    columns[there] = same[there]
    alone = withheld & (same == NONE)
    least = np.broadcast_to(_thresholds(old), old.n.shape)
    columns[alone] = laid.add(old.n[alone], least[alone], np.full(int(alone.sum()), State.HIDDEN))
    seen = _Seen(old, columns, {})
    _relate(laid, seen, newer)
    return seen


def _counterparts(old: Snapshot, newer: _Seen) -> Ints:
    """Return the columns of the newer release's numbers that are the same as the old one's."""
    found = np.full(old.n.shape, NONE)
    new = newer.snapshot
    _, mine, theirs = np.intersect1d(old.unit_ids, new.unit_ids, return_indices=True)
    place = {name: index for index, name in enumerate(new.names)}
    for index, name in enumerate(old.names):
        if name in place:
            at = place[name]
            is_same = old.n[mine, index] == new.n[theirs, at]
            found[mine, index] = np.where(is_same, newer.columns[theirs, at], NONE)
    return found


def _relate(laid: _Laid, seen: _Seen, newer: _Seen | None) -> None:
    """Lay out the equations of one release: along the tree, then between measures."""
    snapshot = seen.snapshot
    index = {name: place for place, name in enumerate(snapshot.names)}
    released = snapshot.is_released
    for name, place in index.items():
        inside = released[:, place] & (snapshot.parents != NONE)
        children = np.flatnonzero(inside)
        parents = snapshot.parents[children]
        units, row = np.unique(parents, return_inverse=True)
        if not len(units):
            continue
        n = snapshot.n[:, place]
        rest = n[units] - np.bincount(row, n[children], len(units)).astype(np.int64)
        pieces = ((units, np.arange(len(units)), -1), (children, row, 1))
        _equate(
            laid, seen, newer, ("below", name), units, rest,
            [(seen.columns[where, place], to, sign) for where, to, sign in pieces],
            Rest.COUNTED, snapshot.threshold(name),
        )  # fmt: skip
    for relation in relations(snapshot.names):
        if not index.keys() >= {*relation.whole, *relation.parts}:
            continue
        whole = [index[name] for name in relation.whole]
        parts = [index[name] for name in relation.parts]
        units = np.flatnonzero(released[:, [*whole, *parts]].all(axis=1))
        rest = snapshot.n[units][:, whole].sum(axis=1) - snapshot.n[units][:, parts].sum(axis=1)
        to = np.arange(len(units))
        _equate(
            laid, seen, newer, relation, units, rest,
            [
                *((seen.columns[units, place], to, -1) for place in whole),
                *((seen.columns[units, place], to, 1) for place in parts),
            ],
            relation.rest, max(snapshot.threshold(name) for name in relation.whole),
        )  # fmt: skip


def _equate(  # noqa: PLR0913 - an equation and what is left over
    laid: _Laid,
    seen: _Seen,
    newer: _Seen | None,
    key: object,
    units: Ints,
    rest: Ints,
    pieces: Sequence[tuple[Ints, Ints, int]],
    kind: Rest,
    threshold: int,
) -> None:
    """Add an equation for each unit; where data contradict themselves there is none."""
    sound = rest >= 0
    rows = np.full(len(units), NONE)
    rows[sound] = np.arange(laid.rows, laid.rows + int(sound.sum()))
    laid.rows += int(sound.sum())
    for columns, to, sign in pieces:
        there = rows[to] != NONE
        laid.enter(rows[to][there], columns[there], sign)
    left = np.flatnonzero(sound & (rest > 0)) if kind is not Rest.KNOWN else np.empty(0, np.int64)
    if kind is Rest.OPEN:
        left = np.flatnonzero(sound)
    if not len(left):
        return
    known = [(key, int(unit)) for unit in seen.snapshot.unit_ids[units[left]]]
    before = newer.rests if newer else {}
    values = rest[left]
    columns = np.array(
        [before[k][1] if k in before and before[k][0] == v else NONE
         for k, v in zip(known, values.tolist(), strict=True)], np.int64,
    )  # fmt: skip
    fresh = columns == NONE
    small = (kind is Rest.COUNTED) & (values < threshold)
    columns[fresh] = laid.add(
        values[fresh],
        np.where(small, threshold, 0)[fresh],
        np.full(int(fresh.sum()), State.HIDDEN),
    )
    laid.enter(rows[left], columns, 1)
    seen.rests |= {
        k: (v, c) for k, v, c in zip(known, values.tolist(), columns.tolist(), strict=True)
    }


def _thresholds(snapshot: Snapshot) -> Ints:
    return np.array([snapshot.threshold(name) for name in snapshot.names], np.int64)
