"""The classes of incidents: which code a file's text means."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, select

from gis.errors import SettingsError
from gis.tables import incident_class
from importers.values import plain
from layers.layer import Names


@dataclass(frozen=True)
class Class:
    """One class; a big one has no parent."""

    scheme: str
    code: str
    parent_code: str | None
    names: Names


@dataclass(frozen=True)
class ClassBook:
    """All classes of a city, found by code or by name in either language."""

    classes: tuple[Class, ...] = ()

    def find(self, scheme: str | None, big: str | None, small: str | None) -> tuple[str, str, str]:
        """Return scheme, big and small code; raise ValueError with a half sentence.

        A code without its scheme is ambiguous (editions swap 04 and 05): it is only taken when
        no other scheme has it.
        """
        if not small and not big:
            raise ValueError("it has no class")
        if small:
            found = [c for c in self._by_text[plain(small)] if c.parent_code is not None]
        else:
            found = [c for c in self._by_text[plain(big or "")] if c.parent_code is None]
        if scheme:
            found = [c for c in found if c.scheme == scheme]
        if small and big:
            parents = {(c.scheme, c.code) for c in self._by_text[plain(big)]}
            found = [c for c in found if (c.scheme, c.parent_code) in parents]
        what = " / ".join(filter(None, (big, small)))
        if not found:
            among = f"the scheme {scheme!r}" if scheme else "the classes of this city"
            raise ValueError(f"the class {what!r} is not in {among}")
        if len(found) > 1:
            schemes = ", ".join(sorted({c.scheme for c in found}))
            raise ValueError(
                f"the class {what!r} has several meanings ({schemes}); name its scheme"
            )
        one = found[0]
        return one.scheme, one.parent_code or one.code, one.code

    @cached_property
    def _by_text(self) -> defaultdict[str, list[Class]]:
        found: defaultdict[str, list[Class]] = defaultdict(list)
        for one in self.classes:
            for text in {plain(one.code), *(plain(name) for name in one.names.values())}:
                found[text].append(one)
        return found


def read(path: Path) -> ClassBook:
    """Read classes from a CSV with the columns scheme, code, parent_code, zh, en."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = {"scheme", "code", "parent_code", "zh", "en"}
    if not rows or not wanted <= rows[0].keys():
        raise SettingsError(f"{path.name} must have the columns {', '.join(sorted(wanted))}.")
    classes = tuple(
        Class(
            row["scheme"],
            row["code"],
            row["parent_code"] or None,
            {"zh": row["zh"], "en": row["en"]},
        )
        for row in rows
    )
    _check(classes, path)
    return ClassBook(classes)


def _check(classes: Iterable[Class], path: Path) -> None:
    keys = [(c.scheme, c.code) for c in classes]
    doubled = sorted({f"{s} {c}" for s, c in keys if keys.count((s, c)) > 1})
    orphans = sorted(
        f"{c.scheme} {c.code}"
        for c in classes
        if c.parent_code and (c.scheme, c.parent_code) not in keys
    )
    if doubled or orphans:
        what = [f"given twice: {', '.join(doubled)}"] if doubled else []
        what += [f"without their parent: {', '.join(orphans)}"] if orphans else []
        raise SettingsError(f"{path.name} has classes {'; '.join(what)}.")


def stored(db: Connection) -> ClassBook:
    """Return the classes of the city in this database."""
    return ClassBook(tuple(Class(**row._mapping) for row in db.execute(select(incident_class))))
