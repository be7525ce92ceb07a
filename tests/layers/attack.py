"""An attack on releases, written apart from what makes them.

It knows whatever anybody may: all published numbers of all releases, how units lie in each other,
how divisions add up, that nobody is counted negatively; and more than anybody: which numbers did
not change between two releases, and where nobody hangs on a wider unit or is of unknown age. From
that it bounds every withheld number by linear programming.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from sqlalchemy import Connection, text

CLOSE = 1e-6
BANDS = range(21)
SEXES = ("male", "female")
# Wholes and their parts, by the parts of measures' names; the rest is of unknown age or sex.
GROUPS = {"0_14": range(3), "15_59": range(3, 12), "60": range(12, 21)}
CARE = ("living_alone", "aged_80", "needs_care", "disabled", "low_income", "child_hardship")


@dataclass(frozen=True)
class Published:
    """One release as everybody may read it, and the truth to judge by."""

    parents: dict[int, int | None]
    # Down to which level each table goes, and its threshold.
    tables: dict[str, tuple[int, int]]
    levels: dict[int, int]
    # (measure, unit) → number, None: withheld. What is missing is zero.
    numbers: dict[tuple[str, int], int | None]
    truth: dict[tuple[str, int], int]

    def table(self, name: str) -> tuple[int, int] | None:
        return self.tables.get(".".join(name.split(".")[:2]))

    def tells(self, name: str, unit: int) -> bool:
        table = self.table(name)
        return table is not None and self.levels[unit] <= table[0]


def published(db: Connection, release_id: int | None = None) -> Published:
    """Read a release, the latest if none is named. The truth is that of now."""
    ask = lambda query, **values: db.execute(text(query), values).all()  # noqa: E731
    [(number, settings)] = ask(
        "SELECT id, settings FROM citygrid.release WHERE id = coalesce(:id, (SELECT max(id) FROM "
        "citygrid.release))", id=release_id,
    )  # fmt: skip
    units = ask(
        "SELECT v.unit_id, v.parent_id, v.level FROM citygrid.unit_version v JOIN "
        "citygrid.zoning z ON z.id = v.zoning_id WHERE z.is_main AND upper_inf(v.valid)"
    )
    [(finest,)] = ask(
        "SELECT max(l.level) FROM citygrid.zoning_level l JOIN citygrid.zoning z "
        "ON z.id = l.zoning_id WHERE z.is_main"
    )
    inside = {row[0] for row in units}
    counted = ask(
        "SELECT m.name, c.unit_id, c.n FROM citygrid.release_count c JOIN citygrid.measure m "
        "ON m.id = c.measure_id WHERE c.release_id = :id", id=number,
    )  # fmt: skip
    true = ask(
        "SELECT m.name, c.unit_id, c.n FROM citygrid.unit_count c JOIN citygrid.measure m "
        "ON m.id = c.measure_id WHERE m.layer IN ('people', 'households')"
    )
    return Published(
        {unit: parent for unit, parent, _ in units},
        {t["measure"]: (finest - t["above_finest"], t["threshold"]) for t in settings["tables"]},
        {unit: level for unit, _, level in units},
        {(name, unit): n for name, unit, n in counted if unit in inside},
        {(name, unit): n for name, unit, n in true if unit in inside},
    )


@dataclass
class Attack:
    """Everything known, as linear equations over what is not."""

    releases: list[Published]
    # A number that does not change from one release to the next is one number.
    keys: dict[tuple[int, str, int], tuple] = field(default_factory=dict)
    known: dict[tuple, int] = field(default_factory=dict)
    truth: dict[tuple, int] = field(default_factory=dict)
    least: dict[tuple, int] = field(default_factory=dict)
    equations: list[dict[tuple, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for index, release in enumerate(self.releases):
            names = {name for name, _ in release.numbers} | set(_all_names(release))
            for name in sorted(names):
                for unit in release.levels:
                    if release.tells(name, unit):
                        self._learn(index, release, name, unit)
        for index, release in enumerate(self.releases):
            self._relate(index, release, sorted({n for i, n, _ in self.keys if i == index}))

    def _learn(self, index: int, release: Published, name: str, unit: int) -> None:
        n = release.truth.get((name, unit), 0)
        before = self.keys.get((index - 1, name, unit))
        same = before is not None and self.truth[before] == n
        key = before if same else (index, name, unit)
        self.keys[index, name, unit] = key
        self.truth[key] = n
        said = release.numbers.get((name, unit), 0)
        if said is None:
            threshold = release.table(name)[1]
            self.least[key] = max(threshold, self.least.get(key, 0))
        else:
            assert said == n, f"{name} of {unit} is {n}, published was {said}"
            self.known[key] = n

    def _relate(self, index: int, release: Published, names: list[str]) -> None:
        children = defaultdict(list)
        for unit, parent in release.parents.items():
            children[parent].append(unit)
        for name in names:
            for unit, below in children.items():
                inside = [child for child in below if release.tells(name, child)]
                if unit is not None and inside:
                    self._add(index, [(name, unit)], [(name, child) for child in inside])
        for unit in release.levels:
            for whole, parts, is_bound in _divisions(names):
                asked = [*whole, *parts]
                if asked and all((index, name, unit) in self.keys for name in asked):
                    self._add(
                        index, [(n, unit) for n in whole], [(n, unit) for n in parts], is_bound
                    )

    def _add(self, index, whole, parts, is_bound: bool = False) -> None:
        """Σ whole = Σ parts, and the rest where there is one; a bound has a rest anyway."""
        terms = defaultdict(int)
        for sign, side in ((1, whole), (-1, parts)):
            for name, unit in side:
                terms[self.keys[index, name, unit]] += sign
        rest = sum(sign * self.truth[key] for key, sign in terms.items())
        if rest < 0:
            return
        if rest or is_bound:
            key = ("rest", index, tuple(whole), tuple(parts))
            self.truth[key] = rest
            terms[key] -= 1
        if any(key not in self.known for key in terms):
            self.equations.append(terms)

    def exposed(self) -> list[tuple]:
        """Return each withheld number bounded too closely: key, truth, low, high."""
        unknown = sorted(
            {k for terms in self.equations for k in terms} - self.known.keys(), key=str
        )
        place = {key: i for i, key in enumerate(unknown)}
        rows, columns, signs = [], [], []
        for row, terms in enumerate(self.equations):
            for key, sign in terms.items():
                if key in place and sign:
                    rows.append(row)
                    columns.append(place[key])
                    signs.append(float(sign))
        matrix = sparse.csr_array((signs, (rows, columns)), (len(self.equations), len(unknown)))
        truth = np.array([self.truth[key] for key in unknown], float)
        _, group = sparse.csgraph.connected_components(
            sparse.block_array([[None, matrix], [matrix.T, None]]), directed=False
        )
        group = group[matrix.shape[0] :]
        order = np.argsort(group, kind="stable")
        found = []
        for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            part = matrix[:, members].tocsr()
            part = part[np.diff(part.indptr) > 0]
            keys = [unknown[i] for i in members]
            found += _exposed(keys, truth[members], part, self.least)
        # Published in one release, withheld in another, and not changed between.
        found += [
            (k, self.truth[k], self.known[k], self.known[k])
            for k in self.least.keys() & self.known.keys()
        ]
        return found


def _exposed(keys, truth, matrix, least) -> list[tuple]:
    found = []
    known = matrix @ truth
    for index, key in enumerate(keys):
        if key not in least:
            continue
        ends = [truth[index], truth[index]]
        for side, sign in ((0, 1.0), (1, -1.0)):
            # The truth is possible, so that one end may be enough.
            if ends[1] - ends[0] >= least[key] - CLOSE:
                break
            aim = np.zeros(len(keys))
            aim[index] = sign
            solved = linprog(aim, A_eq=matrix, b_eq=known, bounds=(0, None), method="highs")
            assert solved.status in (0, 3), solved.message
            ends[side] = sign * solved.fun if solved.status == 0 else -sign * np.inf
        if ends[1] - ends[0] < least[key] - CLOSE:
            found.append((key, int(truth[index]), *ends))
    return found


def _all_names(release: Published) -> list[str]:
    """The measures of every table, also those nobody was counted in."""
    names = ["people", "households"]
    names += [f"people.age.{band}" for band in BANDS]
    names += [f"people.age_sex.{sex}/{band}" for sex in SEXES for band in BANDS]
    names += [f"people.age_group.{group}" for group in GROUPS]
    names += [f"people.care.{care}" for care in CARE]
    return [name for name in names if release.table(name)]


def _divisions(names: list[str]):
    """Yield wholes and parts, and whether the parts are only bounded by the whole."""
    of = lambda start: tuple(name for name in names if name.startswith(start))  # noqa: E731
    for whole, start in (
        ("people", "people.age."), ("people", "people.age_group."), ("people", "people.sex."),
        ("people", "people.residence."), ("households", "households.tenure."),
    ):  # fmt: skip
        if of(start):
            yield (whole,), of(start), False
    for group, bands in GROUPS.items():
        yield (f"people.age_group.{group}",), _ages(bands), False
    for band in BANDS:
        pair = tuple(f"people.age_sex.{sex}/{band}" for sex in SEXES)
        yield (f"people.age.{band}",), pair, False
    for sex in SEXES:
        yield (f"people.sex.{sex}",), tuple(f"people.age_sex.{sex}/{b}" for b in BANDS), False
    for care in CARE:
        yield ("people",), (f"people.care.{care}",), True
    # By what the words mean.
    yield _ages(range(16, 21)), ("people.care.aged_80",), False
    yield _ages(range(12, 21)), ("people.care.living_alone",), True
    yield _ages(range(4)), ("people.care.child_hardship",), True


def _ages(bands: range) -> tuple[str, ...]:
    return tuple(f"people.age.{band}" for band in bands)
