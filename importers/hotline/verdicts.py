"""What became of the rows of the hotline's table, each in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gis.errors import CityGridError
from gis.said import Said
from layers.handling import hotline
from layers.handling.hotline_changes import NAMES, Changed
from layers.handling.hotline_orders import Order, State


class Verdict(StrEnum):
    """What became of a row."""

    REPORTED = "reported"
    WAITING = "waiting"
    KNOWN = "known"
    CHANGED = "changed"
    """It was brought before, and the hotline says otherwise now."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Row:
    """A row of the file and what became of it."""

    row: int
    number: str
    verdict: Verdict
    # One sentence: what, where, what to do; "" where nothing is to be done.
    said: Said | str = ""
    # The incident's number.
    key: str = ""


@dataclass(frozen=True)
class Brought:
    """What a file came to."""

    file: str
    rows: tuple[Row, ...]
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    notes: tuple[str, ...]

    def count(self, verdict: Verdict) -> int:
        """Return how many rows have a verdict."""
        return sum(row.verdict is verdict for row in self.rows)


def verdict(order: Order, taken: hotline.Taken) -> Row:
    """Return what became of an order that was read."""
    if taken.is_known:
        return Row(order.row, order.number, Verdict.KNOWN)
    if taken.changed is not None:
        return _changed(order, taken.changed)
    if taken.fault is not None:
        return Row(order.row, order.number, Verdict.REFUSED, _faulty(order, taken.fault))
    if taken.state is State.WAITING:
        return Row(
            order.row, order.number, Verdict.WAITING,
            said(f"why_{order.why}", _WHY[order.why], row=order.row, number=order.number,
                  address=order.address, words=order.words),
        )  # fmt: skip
    return Row(order.row, order.number, Verdict.REPORTED, key=taken.key)


def _changed(order: Order, changed: Changed) -> Row:
    fields = tuple(NAMES[name] for name in changed.fields)
    listed = ", ".join(name["en"] for name in fields)
    name = f"changed_{changed.why}" if changed.why in ("", "moved") else "changed_waits"
    said_ = said(
        name.rstrip("_"), f"the hotline says otherwise: {listed}. {_THEN[name.rstrip('_')]}",
        row=order.row, number=order.number, fields=fields, key_=changed.key,
    )  # fmt: skip
    return Row(order.row, order.number, Verdict.CHANGED, said_, changed.key)


_THEN = {
    "changed": "It stands in the history of the incident; nothing else was changed",
    "changed_moved": "It stands in the history of the incident. Confirm below where it is now",
    "changed_waits": "It waits below",
}
# Half sentences in English, as the catalogue has them whole.
_WHY = {
    "no_class": "its class is not known here. Choose one in the list of those to look at",
    "no_address": "it has no address. Put the pin where it is",
    "not_found": "its address is not found. Put the pin where it is",
    "ambiguous": "its address fits several places. Confirm one",
    "not_sure": "its address is not found surely. Confirm where it is",
    "moved": "its incident is moved where you confirm that it is now, or stays where it is",
    "again": "it was brought before and changed since. Confirm it",
    "outside": "its place lies outside the city. Put the pin where it is, or put it away",
}


def _faulty(order: Order, fault: CityGridError) -> Said:
    why = Said(str(fault), key=fault.key, **fault.values) if fault.key else str(fault)
    return said("refused", str(fault), row=order.row, number=order.number, why=why)


def said(name: str, half: str, **named: object) -> Said:
    """Return a sentence about a row from half of one."""
    return Said(f"Row {named['row']}: {half.rstrip('.')}.", key=f"hotline.{name}", **named)
