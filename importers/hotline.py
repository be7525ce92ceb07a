"""The hotline's daily table (12345): every row reported, left to somebody's eyes, or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
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
from gis.errors import CityGridError, FileError, NotFoundError
from gis.said import Said
from gis.tables import incident
from importers import classes, values
from importers.candidates import SURE, WITHIN_M
from importers.classes import ClassBook
from importers.coordinates import Area
from importers.headers import Matched, match
from importers.placing import places
from importers.read import TABLES, Rows, read
from importers.sources import Source
from importers.values import plain
from importers.zipped import check_workbook
from layers.handling import hotline
from layers.handling.drafts import LONGEST_NAME, LONGEST_PHONE, LONGEST_PLACE
from layers.handling.faces import Faces
from layers.handling.hotline import Order, Place, State
from layers.layer import Field, Layer
from layers.locating.locate import locate
from layers.locating.writing import LONGEST

MOST_ROWS, MOST_BYTES = 5_000, 10_000_000
# Each so many are reported together; what was, is there, whatever happens then.
AT_ONCE = 100
LONGEST_NUMBER = 60

HOTLINE = Layer(
    id="hotline",
    names={"zh": "热线工单", "en": "Orders of the hotline"},
    table=incident,
    fields=(
        Field(
            "number", {"zh": "工单编号", "en": "Order number"}, required=True,
            synonyms=("工单号", "工单编码", "受理编号", "受理单号", "诉求编号", "诉求单号",
                      "派单编号", "流水号", "案件编号", "编号", "order_id", "id"),
        ),
        Field(
            "reported_at", {"zh": "受理时间", "en": "Received at"},
            synonyms=("来电时间", "诉求时间", "登记时间", "创建时间", "上报时间", "建单时间",
                      "受理日期", "来电日期", "日期", "created_at", "time", "date"),
        ),
        Field(
            "small", {"zh": "问题分类", "en": "Class"},
            synonyms=("诉求分类", "诉求类别", "事项分类", "三级分类", "四级分类", "末级分类",
                      "归口类别", "问题类型", "工单分类", "小类", "类别", "class", "category"),
        ),
        Field(
            "title", {"zh": "诉求标题", "en": "Title"},
            synonyms=("标题", "工单标题", "主题", "诉求主题", "title", "subject"),
        ),
        Field(
            "text", {"zh": "诉求内容", "en": "What is said"},
            synonyms=("内容", "工单内容", "问题描述", "来电内容", "主要内容", "诉求描述", "描述",
                      "description", "text"),
        ),
        Field(
            "address", {"zh": "诉求地址", "en": "Address"},
            synonyms=("地址", "事发地址", "事发地点", "发生地点", "诉求地点", "问题地址", "地点",
                      "详细地址", "位置", "address", "place"),
        ),
        Field(
            "area", {"zh": "所属街道", "en": "Part of the city"},
            synonyms=("街道", "街镇", "所属街镇", "乡镇街道", "镇街", "属地", "subdistrict"),
        ),
        Field(
            "name", {"zh": "诉求人", "en": "Who called"},
            synonyms=("来电人", "来电人姓名", "姓名", "联系人", "市民姓名", "caller", "name"),
        ),
        Field(
            "phone", {"zh": "联系电话", "en": "Telephone"},
            synonyms=("来电号码", "电话", "手机", "手机号", "联系方式", "来电电话", "phone", "tel"),
        ),
        Field(
            "is_personal", {"zh": "是否保密", "en": "Confidential"},
            synonyms=("保密", "是否涉密", "涉及个人", "confidential", "private"),
        ),
    ),
)  # fmt: skip
"""The columns of the hotline's table, by the names they have in its exports."""


class Verdict(StrEnum):
    """What became of a row."""

    REPORTED = "reported"
    WAITING = "waiting"
    KNOWN = "known"
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


def matched(rows: Rows, kept: Mapping[str, str], named: Mapping[str, str]) -> Matched:
    """Find each field's column: as named now, else as kept of the city's hotline, else guessed."""
    headers = list(rows.frame.columns)
    there = {field: header for field, header in kept.items() if header in headers}
    taken = set(named.values())
    there = {f: h for f, h in there.items() if f not in named and h not in taken}
    # "" says that a field has no column.
    chosen = {field: header for field, header in {**there, **named}.items() if header}
    found = match(headers, HOTLINE, chosen)
    none = {field for field, header in named.items() if not header}
    fields = {field: header for field, header in found.fields.items() if field not in none}
    return Matched(fields, tuple(h for h in headers if h not in fields.values()))


def lacking(found: Matched) -> tuple[str, ...]:
    """Return the fields without which no row can be used: number, what, where."""
    missing = [] if "number" in found.fields else ["number"]
    if not {"title", "text", "small"} & found.fields.keys():
        missing.append("title")
    if not {"address", "area"} & found.fields.keys():
        missing.append("address")
    return tuple(missing)


def bring(desk: Desk, path: Path, *, columns: Mapping[str, str] | None = None) -> Brought:
    """Bring in a file: report what is sure, leave what is doubtful to somebody, refuse the rest.

    The same file again, or another with some of the same orders, changes nothing about those.

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
        names = tuple(_field(name).names for name in missing)
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

    def rows(self, file: str) -> Iterator[Row]:
        """Yield every row with what became of it, in the order of the file."""
        with self._desk.reading() as db:
            self._points = self._coordinates(db)
        first: dict[str, int] = {}
        for begin in range(0, len(self._rows), AT_ONCE):
            ends = min(begin + AT_ONCE, len(self._rows))
            read: list[Order | Row] = [self._read(k, first) for k in range(begin, ends)]
            orders = [each for each in read if isinstance(each, Order)]
            with self._desk.writing() as db:
                there = hotline.known(db, [order.number for order in orders])
            new = [order for order in orders if order.number not in there]
            with self._desk.reading() as db:
                placed = [self._placed(db, order) for order in new]
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
                    yield _verdict(order, taken.get(each.number, hotline.Taken(None)))
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
                _said("rounded", "the order number was rounded by a spreadsheet. Format the column "
                      "as text and export it again", row=row, column=column)
            ) from None  # fmt: skip
        if not number or len(number) > LONGEST_NUMBER:
            raise _RefusedError(
                _said("no_number", "it has no order number. Add it and bring the file again",
                      row=row, column=column)
            )  # fmt: skip
        if number in first:
            raise _RefusedError(
                _said("twice", f"the order {number} stands in row {first[number]} already; that "
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
            place=self._own_place(k),
        )  # fmt: skip

    def _address(self, k: int) -> str:
        area, address = self._text(k, "area"), self._text(k, "address")
        return (address if area in address else area + address)[:LONGEST_PLACE]

    def _own_place(self, k: int) -> Place | None:
        point = self._points[k]
        if point is None or point.is_empty:
            return None
        return Place(round(float(point.x), 7), round(float(point.y), 7), "coordinates", 1.0)

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
                _said("bad_time", f"the time {cell!r} cannot be read. Write it as 2026-01-31 14:30",
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
                _said("bad_yes", f"{cell!r} is neither yes nor no. Write 是 or 否", row=row,
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
        place = Place(best.lon, best.lat, best.how.value, best.score)
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


def _parts(words: str) -> list[str]:
    for mark in ("/", ">", "-", "—", "|", "\\"):
        words = words.replace(mark, "\n")
    return [part.strip() for part in words.split("\n") if part.strip()]


def _field(name: str) -> Field:
    return next(field for field in HOTLINE.fields if field.name == name)


def _verdict(order: Order, taken: hotline.Taken) -> Row:
    if taken.is_known:
        return Row(order.row, order.number, Verdict.KNOWN)
    if taken.fault is not None:
        return Row(order.row, order.number, Verdict.REFUSED, _faulty(order, taken.fault))
    if taken.state is State.WAITING:
        return Row(
            order.row, order.number, Verdict.WAITING,
            _said(f"why_{order.why}", _WHY[order.why], row=order.row, number=order.number,
                  address=order.address, words=order.words),
        )  # fmt: skip
    return Row(order.row, order.number, Verdict.REPORTED, key=taken.key)


# Half sentences in English, as the catalogue has them whole.
_WHY = {
    "no_class": "its class is not known here. Choose one in the list of those to look at",
    "no_address": "it has no address. Put the pin where it is",
    "not_found": "its address is not found. Put the pin where it is",
    "ambiguous": "its address fits several places. Confirm one",
    "not_sure": "its address is not found surely. Confirm where it is",
    "outside": "its place lies outside the city. Put the pin where it is, or put it away",
}


def _faulty(order: Order, fault: CityGridError) -> Said:
    why = Said(str(fault), key=fault.key, **fault.values) if fault.key else str(fault)
    return _said("refused", str(fault), row=order.row, number=order.number, why=why)


def _said(name: str, half: str, **named: object) -> Said:
    return Said(f"Row {named['row']}: {half.rstrip('.')}.", key=f"hotline.{name}", **named)
