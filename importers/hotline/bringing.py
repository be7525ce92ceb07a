"""The hotline's daily table (12345): every row reported, left to somebody's eyes, or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from shapely import Point
from sqlalchemy import Connection

from gis import places as units
from gis.access import audit
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.city import City
from gis.errors import FileError, NotFoundError
from gis.said import Said
from importers import classes, values
from importers.candidates import SURE, WITHIN_M
from importers.classes import ClassBook
from importers.coordinates import Area
from importers.headers import Matched
from importers.hotline.columns import field, lacking, matched
from importers.hotline.verdicts import Brought, Row, Verdict, said, verdict
from importers.placing import places
from importers.read import TABLES, Rows, read
from importers.sources import Source
from importers.values import plain
from importers.zipped import check_workbook
from layers.handling import hotline
from layers.handling.drafts import LONGEST_NAME, LONGEST_PHONE, LONGEST_PLACE
from layers.handling.faces import Faces
from layers.handling.hotline_orders import Order, Place, Words, differing
from layers.handling.hotline_orders import said as says
from layers.locating.locate import locate
from layers.locating.located import How
from layers.locating.notation import ReadAs
from layers.locating.writing import LONGEST

MOST_ROWS, MOST_BYTES = 5_000, 10_000_000
# Each so many are reported together; what was, is there, whatever happens then.
AT_ONCE = 100
LONGEST_NUMBER = 60
LONGEST_WORD = 60
# Columns that are compared with what the hotline said before, and what of an order they are.
_SAYS = {
    "title": "title", "text": "text", "address": "address", "area": "address", "small": "words",
    "status": "status", "deadline": "deadline", "is_personal": "is_personal",
}  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """Who brings, and the ways to the database: what reads as the viewer, what writes."""

    viewer: Viewer
    city: City
    reading: Callable[[], AbstractContextManager[Connection]]
    writing: Callable[[], AbstractContextManager[Connection]]
    now: dt.datetime
    # How many rows of how many are done.
    report: Callable[[int, int], None] = lambda _done, _total: None


def opened(path: Path) -> Rows:
    """Read the file into rows.

    Raises
    ------
    FileError
        It is no table, or too big a one.
    """
    if path.suffix.lower() not in TABLES:
        raise FileError(
            f"{path.name}: the hotline's table is an XLSX, XLS or CSV file.",
            key="hotline.file_kind", file=path.name,
        )  # fmt: skip
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise too_big(path.name)
    check_workbook(path)
    rows = read(path)
    if len(rows) > MOST_ROWS:
        raise FileError(
            f"{path.name} has {len(rows):,} rows; {MOST_ROWS:,} at most are brought at once. "
            "Cut it by days.",
            key="hotline.too_many_rows", file=path.name, n=len(rows), most=MOST_ROWS,
        )  # fmt: skip
    return rows


def too_big(file: str) -> FileError:
    """Return what is said of a file that is too big."""
    return FileError(
        f"{file} has more than {MOST_BYTES // 1_000_000} MB. Cut it by days.",
        key="hotline.too_big", file=file, most=MOST_BYTES // 1_000_000,
    )  # fmt: skip


def bring(desk: Desk, path: Path, *, columns: Mapping[str, str] | None = None) -> Brought:
    """Bring in a file: report what is sure, leave what is doubtful to somebody, refuse the rest.

    The same file again changes nothing. What another says otherwise of an order is told in its
    incident, which stays as it is: `layers.handling.hotline_changes`.

    Parameters
    ----------
    columns
        Field → column, as somebody says; kept for the city.

    Raises
    ------
    FileError
        The file cannot be read, or it is not known which column holds what.
    """
    desk.viewer.require(Right.REGISTER)
    rows = opened(path)
    with desk.reading() as db:
        kept = hotline.setting(db)
        book = classes.stored(db)
    found = matched(rows, kept.columns, columns or {})
    if missing := lacking(found):
        names = tuple(field(name).names for name in missing)
        listed = ", ".join(name["en"] for name in names)
        raise FileError(
            f"{path.name}: no column is known to hold: {listed}. Say which ones do.",
            key="hotline.columns_missing", file=path.name, fields=names,
        )  # fmt: skip
    work = _Work(desk, rows, found, book, kept.words)
    done = [*work.rows(path.name)]
    with desk.writing() as db:
        if dict(found.fields) != dict(kept.columns):
            hotline.keep(db, desk.viewer, columns=found.fields)
        told = Brought(path.name, tuple(done), found.fields, found.unused, rows.notes)
        details = {
            "file": path.name, "read": len(done), "inserted": told.count(Verdict.REPORTED),
            "waiting": told.count(Verdict.WAITING), "unchanged": told.count(Verdict.KNOWN),
            "updated": told.count(Verdict.CHANGED),
            "rejected": told.count(Verdict.REFUSED),
        }  # fmt: skip
        audit.record(
            db, audit.Act.IMPORT, subject="hotline/12345", details=details,
            account_id=desk.viewer.account_id, login=desk.viewer.login,
            address=desk.viewer.address,
        )  # fmt: skip
    return told


class _RefusedError(Exception):
    """A row cannot be used."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


class _Work:
    """One file on its way to its verdicts."""

    def __init__(
        self, desk: Desk, rows: Rows, found: Matched, book: ClassBook, words: Mapping[str, str]
    ) -> None:
        self._desk, self._rows, self._columns = desk, rows, found.fields
        self._book, self._words = book, words
        self._faces = Faces()
        self._points: Sequence[Point | None] = [None] * len(rows)
        self._read_as: Sequence[ReadAs | None] = [None] * len(rows)
        self._has: frozenset[str] = frozenset()

    def rows(self, file: str) -> Iterator[Row]:
        """Yield every row with what became of it, in the order of the file."""
        with self._desk.reading() as db:
            self._points = self._coordinates(db)
        self._has = frozenset(_SAYS[name] for name in self._columns.keys() & _SAYS.keys())
        if any(point is not None for point in self._points):
            self._has |= {"at"}
        first: dict[str, int] = {}
        for begin in range(0, len(self._rows), AT_ONCE):
            ends = min(begin + AT_ONCE, len(self._rows))
            read: list[Order | Row] = [self._read(k, first) for k in range(begin, ends)]
            orders = [each for each in read if isinstance(each, Order)]
            with self._desk.writing() as db:
                there = hotline.known(db, [order.number for order in orders])
            # What says nothing new needs no place; of what was brought before this was kept,
            # that is noted.
            with self._desk.reading() as db:
                placed = [
                    self._placed(db, order) if is_placed else order
                    for order, is_placed in _taken_up(orders, there)
                ]
            with self._desk.writing() as db:
                taken = hotline.take(
                    db, self._desk.viewer, self._desk.city, file, placed, now=self._desk.now,
                    faces=self._faces,
                )  # fmt: skip
            by_number = {order.number: order for order in placed}
            for each in read:
                if isinstance(each, Row):
                    yield each
                else:
                    order = by_number.get(each.number, each)
                    yield verdict(order, taken.get(each.number, hotline.Taken(None)))
            self._desk.report(ends, len(self._rows))

    def _coordinates(self, db: Connection) -> Sequence[Point | None]:
        """Return where the rows lie by coordinates of their own, in whatever system."""
        root = units.root(db)
        if root is None or root.bounds_4326 is None:
            raise NotFoundError("The database holds no city.", key="error.no_city")
        area = Area(root.bounds_4326, self._desk.city.metric_crs)
        try:
            found = places(self._rows, Source(Path("hotline"), "hotline", {}), area, "POINT")
        except FileError:
            # No reading of them leads here: addresses do.
            return [None] * len(self._rows)
        points = np.array(found.geometry, dtype=object)
        points[list(found.wrong)] = None
        self._read_as = list(found.read_as)
        return list(points)

    def _read(self, k: int, first: dict[str, int]) -> Order | Row:
        row = int(self._rows.numbers[k])
        try:
            return self._order(k, row, first)
        except _RefusedError as refusal:
            return Row(row, self._text(k, "number")[:LONGEST_NUMBER], Verdict.REFUSED, refusal.said)

    def _order(self, k: int, row: int, first: dict[str, int]) -> Order:
        column = self._columns["number"]
        try:
            number = values.code(self._cell(k, "number")) or ""
        except ValueError:
            raise _RefusedError(
                said("rounded", "the order number was rounded by a spreadsheet. Format the column "
                      "as text and export it again", row=row, column=column)
            ) from None  # fmt: skip
        if not number or len(number) > LONGEST_NUMBER:
            raise _RefusedError(
                said("no_number", "it has no order number. Add it and bring the file again",
                      row=row, column=column)
            )  # fmt: skip
        if number in first:
            raise _RefusedError(
                said("twice", f"the order {number} stands in row {first[number]} already; that "
                      "one is taken. Look which is right", row=row, number=number,
                      first=first[number])
            )  # fmt: skip
        first[number] = row
        words = self._text(k, "small")
        scheme, small = self._class(words)
        return Order(
            number, row, title=self._text(k, "title"), text=self._text(k, "text"),
            address=self._address(k), words=plain(words), scheme=scheme, small=small,
            reported_at=self._moment(k, row), is_personal=self._is_personal(k, row),
            name=self._text(k, "name")[:LONGEST_NAME], phone=self._text(k, "phone")[:LONGEST_PHONE],
            place=self._own_place(k), status=self._text(k, "status")[:LONGEST_WORD],
            deadline=self._deadline(k), has=self._has,
        )  # fmt: skip

    def _deadline(self, k: int) -> str:
        """Return by when the hotline wants it done, the same however a cell is formatted."""
        cell = self._cell(k, "deadline")
        try:
            moment = values.moment(cell, self._desk.city.tz) if cell else None
        except ValueError:
            moment = None
        if moment is None:
            return self._text(k, "deadline")[:LONGEST_WORD]
        return f"{moment.astimezone(self._desk.city.tz):%Y-%m-%d %H:%M}"

    def _address(self, k: int) -> str:
        area, address = self._text(k, "area"), self._text(k, "address")
        return (address if area in address else area + address)[:LONGEST_PLACE]

    def _own_place(self, k: int) -> Place | None:
        point = self._points[k]
        if point is None or point.is_empty:
            return None
        lon, lat = round(float(point.x), 7), round(float(point.y), 7)
        return Place(lon, lat, How.COORDINATES.value, 1.0, read_as=self._read_as[k])

    def _class(self, words: str) -> tuple[str, str]:
        """Return the class that the hotline's words mean; two empty texts where none is known."""
        kept = self._words.get(plain(words), "")
        if kept:
            scheme, _, small = kept.partition("/")
            return scheme, small
        # Exports write all levels into one cell: 市容环境/暴露垃圾.
        for part in (words, *reversed(_parts(words))):
            try:
                scheme, _, small = self._book.find(None, None, part)
            except ValueError:
                continue
            return scheme, small
        return "", ""

    def _moment(self, k: int, row: int) -> dt.datetime | None:
        cell = self._cell(k, "reported_at")
        if not cell:
            return None
        try:
            return values.moment(cell, self._desk.city.tz)
        except ValueError:
            raise _RefusedError(
                said("bad_time", f"the time {cell!r} cannot be read. Write it as 2026-01-31 14:30",
                      row=row, found=str(cell), column=self._columns["reported_at"])
            ) from None  # fmt: skip

    def _is_personal(self, k: int, row: int) -> bool:
        cell = self._cell(k, "is_personal")
        if not cell:
            return False
        try:
            return values.boolean(cell)
        except ValueError:
            raise _RefusedError(
                said("bad_yes", f"{cell!r} is neither yes nor no. Write 是 or 否", row=row,
                      found=str(cell), column=self._columns["is_personal"])
            ) from None  # fmt: skip

    def _placed(self, db: Connection, order: Order) -> Order:
        """Return an order with its place, and why somebody has to look at it."""
        why = "" if order.small else "no_class"
        if order.place is not None:
            at = self._faces.lying(db, [(order.place.lon, order.place.lat)])[0]
            return replace(order, why="outside" if at.unit_id is None else why)
        if not order.address:
            return replace(order, why="no_address")
        found = locate(db, self._desk.city, order.address[:LONGEST], limit=2)
        if not found:
            return replace(order, why="not_found")
        best = found[0]
        place = Place(best.lon, best.lat, best.how.value, best.score, best.within_m, best.read_as)
        if best.is_outside:
            why = "outside"
        elif best.is_doubtful:
            why = "ambiguous"
        elif best.score < SURE or (best.within_m or 0.0) > WITHIN_M:
            why = "not_sure"
        return replace(order, place=place, why=why)

    def _cell(self, k: int, field: str) -> Any:  # noqa: ANN401
        column = self._columns.get(field)
        return "" if column is None else self._rows.frame[column].iloc[k]

    def _text(self, k: int, field: str) -> str:
        return values.text(self._cell(k, field)) or ""


def _taken_up(
    orders: Sequence[Order], there: Mapping[str, Words | None]
) -> Iterator[tuple[Order, bool]]:
    """Yield the orders that there is something to write of, and whether they are to be placed."""
    for order in orders:
        now = says(order)
        if order.number not in there:
            yield order, True
        elif (before := there[order.number]) is None or now.keys() - before.keys():
            yield order, bool(differing(before, now))
        elif differing(before, now):
            yield order, True


def _parts(words: str) -> list[str]:
    for mark in ("/", ">", "-", "—", "|", "\\"):
        words = words.replace(mark, "\n")
    return [part.strip() for part in words.split("\n") if part.strip()]
