"""The numbers of coverage as they come with the program, and how those of a city are checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Mapping[str, Any]:
    """Return a table of this package: "streets", "indicators" or "quotas"."""
    return tomllib.loads(files("layers.coverage").joinpath(f"{name}.toml").read_text("utf-8"))


def number(
    value: Any,  # noqa: ANN401
    where: str,
    within: tuple[float, float],
    faults: list[str],
) -> float | None:
    """Return a number, or None with a sentence added to ``faults``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        faults.append(f"{where} must be a number, found {value!r}")
    elif not within[0] <= value <= within[1]:
        faults.append(f"{where} must be {within[0]:g} to {within[1]:g}, found {value!r}")
    else:
        return float(value)
    return None


def by_key(
    value: Any,  # noqa: ANN401
    where: str,
    known: Sequence[str],
    within: tuple[float, float],
    faults: list[str],
) -> Mapping[str, float]:
    """Return a table of numbers, without those that cannot be used."""
    if not isinstance(value, Mapping):
        faults.append(f"{where} must be a table, found {value!r}")
        return {}
    found: dict[str, float] = {}
    for key, given in value.items():
        if key not in known:
            faults.append(f"{where}.{key} is not known; there are {', '.join(known)}")
        elif (read := number(given, f"{where}.{key}", within, faults)) is not None:
            found[key] = read
    return found
