"""What a release of persons holds: which numbers, down to which level, from which size on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gis.errors import SettingsError
from layers import catalog, measures
from layers.layer import Layer

_DEFAULTS = Path(__file__).with_name("releases.toml")
LAYERS: tuple[Layer, ...] = (catalog.get("people"), catalog.get("households"))
"""Layers of persons: everybody sees their numbers through releases only."""


@dataclass(frozen=True)
class Released:
    """One table of a release: a layer's total, or its division by one dimension."""

    # "people", "people.age"
    measure: str
    # How many levels above the finest one it ends.
    above_finest: int
    # Smaller numbers are withheld; what is withheld has bounds at least so far apart.
    threshold: int

    @property
    def layer(self) -> Layer:
        """Whose numbers these are."""
        return catalog.get(self.measure.partition(".")[0])

    @property
    def dimension(self) -> str:
        """What they are divided by; `measures.TOTAL` for the total itself."""
        return self.measure.partition(".")[2] or measures.TOTAL


@dataclass(frozen=True)
class Rules:
    """What is released, kept with each release."""

    tables: tuple[Released, ...]
    # What totals of H3 cells and other zonings are rounded to.
    rounded_to: int
    # How many releases before it a new one is checked with.
    side_by_side: int

    def table_of(self, measure: str) -> Released | None:
        """Return the table a measure ("people.age.12") is in; None of one not released."""
        layer, _, rest = measure.partition(".")
        dimension = rest.partition(".")[0]
        name = f"{layer}.{dimension}" if dimension else layer
        return next((table for table in self.tables if table.measure == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return the rules as JSON; `read` reads them back."""
        return asdict(self)


def read(own: Mapping[str, Any]) -> Rules:
    """Return the rules: the defaults, or what a city says instead.

    Raises
    ------
    SettingsError
        The city's `[releases]` cannot be used; every fault is named.
    """
    data = {**tomllib.loads(_DEFAULTS.read_text(encoding="utf-8")), **own}
    faults = [
        f"{key} must be a whole number, 1 or more, found {data[key]!r}"
        for key in ("rounded_to", "side_by_side")
        if not _is_whole(data[key], 1)
    ]
    unknown = data.keys() - {"tables", "rounded_to", "side_by_side"}
    faults += [f"{key!r} is no setting" for key in sorted(unknown)]
    tables = data["tables"] if isinstance(data["tables"], Sequence) else []
    faults += [fault for table in tables for fault in _faults(table)]
    if not tables:
        faults.append("tables must list at least one table")
    if faults:
        raise SettingsError(f"city.toml, [releases]: {'; '.join(faults)}.")
    return Rules(
        tuple(Released(t["measure"], t["above_finest"], t["threshold"]) for t in tables),
        data["rounded_to"],
        data["side_by_side"],
    )


def _faults(table: object) -> list[str]:
    if not isinstance(table, Mapping):
        return [f"a table must be like {{measure = …}}, found {table!r}"]
    known = [
        name
        for layer in LAYERS
        for name in (layer.id, *(f"{layer.id}.{d.key}" for d in layer.dimensions))
    ]
    found = []
    if table.get("measure") not in known:
        found.append(f"measure must be one of {', '.join(known)}, found {table.get('measure')!r}")
    for key, least in (("above_finest", 0), ("threshold", 2)):
        if not _is_whole(table.get(key), least):
            found.append(f"{key} must be a whole number, {least} or more, found {table.get(key)!r}")
    return found


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
