"""The impact sheet as tables: what a page of it and a sheet of the workbook both show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from dashboard.text import Say, named
from gis.city import Level
from layers.catalog.buildings import USES
from layers.catalog.estates import KINDS as ESTATE_KINDS
from layers.catalog.facilities import KINDS as FACILITY_KINDS
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.catalog.people import AGE_GROUPS, RESIDENCE
from layers.impact_lists import Building
from layers.impact_persons import UNKNOWN, Persons
from layers.impact_sheet import ImpactSheet, Line, Numbers, Party
from layers.layer import Names

# In what is taken out smaller groups of people are not told: three people over sixty are somebody.
LEAST_TOLD = 5


class Kind(StrEnum):
    """How a column is written."""

    TEXT = "text"
    NUMBER = "number"
    AFTER = "after"
    """A number after the change; the column before it is the one before the change."""


@dataclass(frozen=True)
class About:
    """A number rounded to ten."""

    n: int


@dataclass(frozen=True)
class Under:
    """A number that is not told because it is small, or would give away one that is."""

    least: int


Cell: TypeAlias = str | int | float | About | Under | None


@dataclass(frozen=True)
class Column:
    """A column: its heading, and how wide it is beside others of texts (0: as wide as they are)."""

    heading: str
    kind: Kind = Kind.NUMBER
    width: float = 1.0
    # What stands above a number before and one after in one cell.
    short: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the sheet, with whole values; who shows it writes them his way."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Writer:
    """Makes the tables in one language."""

    sheet: ImpactSheet
    levels: Sequence[Level]
    say: Say
    language: str

    def tables(self) -> tuple[Table, ...]:
        """Return all tables that have rows; the pairs and the units always."""
        further = (
            self._people(), self._estates(), self._buildings(), self._facilities(),
            self._incidents(), self._officials(),
        )  # fmt: skip
        return (self._pairs(), self._units(), *(table for table in further if table.rows))

    def called(self, party: Party) -> str:
        """Return what a unit is called, with its code."""
        name = named(party.names, self.language) if party.names else ""
        code = party.code or self.say("report.new_unit", n=-party.id)
        return f"{name} {code}".strip()

    def level(self, number: int) -> str:
        """Return what a level is called."""
        return next((self._named(x.names) for x in self.levels if x.number == number), "")

    def _named(self, names: Names) -> str:
        return named(names, self.language)

    def _unit(self, number: int) -> str:
        return self.called(self.sheet.parties[number])

    def _text(self, name: str, width: float = 1.0) -> Column:
        return Column(self.say(f"report.{name}"), Kind.TEXT, width)

    def _number(self, name: str) -> Column:
        return Column(self.say(f"report.{name}"))

    def _table(
        self, key: str, columns: Iterable[Column], rows: Iterable[tuple[Cell, ...]], note: str = ""
    ) -> Table:
        return Table(key, self.say(f"report.{key}"), tuple(columns), tuple(rows), note)

    def _pairs(self) -> Table:
        numbers = ("households", "people", "buildings", "floor_area", "facilities",
                   "open_incidents", "area")  # fmt: skip
        rows = (
            (
                self.level(pair.step.level), self._unit(pair.step.giver),
                self._unit(pair.step.taker), *_cells(pair.numbers),
            )
            for pair in self.sheet.pairs
            if _is_something(pair.numbers)
        )  # fmt: skip
        is_exact = all(pair.numbers.is_exact for pair in self.sheet.pairs)
        note = self.say("report.exact" if is_exact else "report.rounded")
        columns = (
            self._text("level", 0), self._text("giver", 1.6), self._text("taker", 1.6),
            *map(self._number, numbers),
        )  # fmt: skip
        return self._table("pairs", columns, rows, note)

    def _units(self) -> Table:
        numbers = ("households", "people", "buildings", "open_incidents", "area")
        columns = [self._text("unit", 1.5), self._text("fate", 1.3)]
        for name in numbers:
            what = self.say(f"report.{name}")
            columns.append(Column(self.say("report.was", what=what), short=what))
            columns.append(Column(self.say("report.becomes", what=what), Kind.AFTER))
        rows = ((self._name(line), self._fate(line), *_both(line)) for line in self.sheet.lines)
        return self._table("units", columns, rows)

    def _name(self, line: Line) -> str:
        party = line.was or line.becomes
        return self.called(party) if party else ""

    def _fate(self, line: Line) -> str:
        said = [self.say(f"report.fate_{fate}") for fate in line.fates]
        was, becomes = line.was, line.becomes
        if was and becomes and was.code != becomes.code:
            said.append(self.say("report.now", name=becomes.code or "–"))
        if was and becomes and dict(was.names) != dict(becomes.names):
            said.append(self.say("report.now", name=self._named(becomes.names)))
        if was and becomes and line.parent_becomes and line.parent_was != line.parent_becomes:
            said.append(self.say("report.now_in", name=self.called(line.parent_becomes)))
        return self.say("report.between").join(said) or self.say("report.fate_none")

    def _people(self) -> Table:
        groups = {**AGE_GROUPS, UNKNOWN: _unknown(self.say)}
        known = [(p, p.persons) for p in self.sheet.pairs if p.persons and p.numbers.people]
        columns = [self._text("level", 0), self._text("giver", 1.5), self._text("taker", 1.5)]
        columns += [Column(self._named(names)) for names in (*groups.values(), *RESIDENCE.values())]
        rows = (
            (
                self.level(pair.step.level), self._unit(pair.step.giver),
                self._unit(pair.step.taker), *_parts(persons, groups),
            )
            for pair, persons in known
        )  # fmt: skip
        note = self.say("report.people_note", least=LEAST_TOLD)
        return self._table("people_parts", columns, rows, note)

    def _estates(self) -> Table:
        columns = (
            self._text("estate", 1.4), self._text("kind_of"), self._text("giver", 1.4),
            self._text("taker", 1.4), self._number("buildings"), self._number("of_buildings"),
        )  # fmt: skip
        rows = (
            (
                self._named(e.names), _called(ESTATE_KINDS, e.kind, self._named),
                self._unit(e.step.giver), self._unit(e.step.taker), e.buildings, e.of_buildings,
            )
            for e in self.sheet.estates
        )  # fmt: skip
        return self._table("estates", columns, rows)

    def _buildings(self) -> Table:
        columns = (
            self._text("building", 1.7), self._text("use", 0), self._text("giver", 1.3),
            self._text("taker", 1.3), self._number("floors"), self._number("floor_area"),
            self._number("households"),
        )  # fmt: skip
        rows = (
            (
                _place(b),
                _called(USES, b.use, self._named), self._unit(b.step.giver),
                self._unit(b.step.taker), b.floors, b.floor_area_m2, b.households,
            )
            for b in self.sheet.buildings
        )  # fmt: skip
        return self._table("buildings_list", columns, rows)

    def _facilities(self) -> Table:
        columns = (
            self._text("facility", 1.5), self._text("kind_of", 0.8), self._text("address", 1.5),
            self._text("giver", 1.3), self._text("taker", 1.3),
        )  # fmt: skip
        rows = (
            (
                f.name, _called(FACILITY_KINDS, f.kind, self._named), f.address or "",
                self._unit(f.step.giver), self._unit(f.step.taker),
            )
            for f in self.sheet.facilities
        )  # fmt: skip
        return self._table("facilities_list", columns, rows)

    def _incidents(self) -> Table:
        columns = (
            self._text("incident", 0.9), self._text("class", 1.1), self._text("address", 1.4),
            self._text("severity", 0), self._text("stage", 0.8), self._text("due", 0.9),
            self._text("giver", 1.1), self._text("taker", 1.1),
        )  # fmt: skip
        rows = (
            (
                i.key, self._named(i.class_names), i.address or i.title or "",
                _called(SEVERITIES, i.severity, self._named), _called(STAGES, i.stage, self._named),
                f"{i.due_at:%Y-%m-%d %H:%M}" if i.due_at else "",
                self._unit(i.step.giver), self._unit(i.step.taker),
            )
            for i in self.sheet.incidents
        )  # fmt: skip
        hidden = self.sheet.hidden_incidents
        note = self.say("report.hidden_incidents", n=hidden) if hidden else ""
        return self._table("incidents_list", columns, rows, note)

    def _officials(self) -> Table:
        columns = (
            self._text("unit", 1.6), self._text("post", 0.7), self._text("person"),
            self._text("phone"),
        )  # fmt: skip
        rows = (
            (self._unit(o.unit_id), self.say(f"report.post_{o.post}"), o.person, o.phone or "")
            for o in self.sheet.officials
        )
        return self._table("officials", columns, rows)


def _place(building: Building) -> str:
    """Return what a building is called; many an address ends in its name."""
    name, address = building.name or "", building.address or ""
    if name and not address.endswith(name):
        return f"{name} {address}".strip()
    return address or building.key


def _unknown(say: Say) -> Names:
    return dict.fromkeys(("zh", "en"), say("report.age_unknown"))


def _called(names: Mapping[str, Names], key: str, read: Callable[[Names], str]) -> str:
    return read(names[key]) if key in names else key


def _cells(numbers: Numbers) -> tuple[Cell, ...]:
    return (
        _person(numbers.households, numbers), _person(numbers.people, numbers), numbers.buildings,
        numbers.floor_area_m2, numbers.facilities, numbers.open_incidents, round(numbers.area_m2),
    )  # fmt: skip


def _is_something(numbers: Numbers) -> bool:
    """Return whether more goes than what a line loses when it is laid on the grid."""
    return any(cell not in (0, None, About(0)) for cell in _cells(numbers))


def _both(line: Line) -> Iterable[Cell]:
    for pick in (
        lambda n: _person(n.households, n),
        lambda n: _person(n.people, n),
        lambda n: n.buildings,
        lambda n: n.open_incidents,
        lambda n: round(n.area_m2),
    ):
        yield pick(line.before) if line.before else None
        yield pick(line.after) if line.after else None


def _person(n: int | None, numbers: Numbers) -> Cell:
    return n if n is None or numbers.is_exact else About(n)


def _parts(persons: Persons, groups: Mapping[str, Names]) -> Iterable[Cell]:
    """Yield the parts of people, small ones untold."""
    for parts, keys in ((persons.age_group, groups), (persons.residence, RESIDENCE)):
        yield from told([parts.get(key, 0) for key in keys])


def told(parts: Sequence[int]) -> list[Cell]:
    """Return parts of a known whole without the small ones, and without what would tell them."""
    hidden = {n for n, part in enumerate(parts) if 0 < part < LEAST_TOLD}
    others = [n for n, part in enumerate(parts) if part and n not in hidden]
    if hidden and others and sum(parts[n] for n in hidden) < LEAST_TOLD:
        # What is missing from the whole would be the small one.
        hidden.add(min(others, key=lambda n: parts[n]))
    return [Under(LEAST_TOLD) if n in hidden else part for n, part in enumerate(parts)]
