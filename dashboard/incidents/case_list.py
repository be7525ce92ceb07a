"""The list of incidents as it is taken out: one line for each case that the page lists.

Persons never leave: nobody who reported is in it, and of a case about persons neither its words nor
its place, whoever takes it out.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

import orjson
import xlsxwriter

from dashboard import numerals
from dashboard.colours import LIGHT
from dashboard.incidents import asking, counting, facts
from dashboard.reports.workbook import safe
from dashboard.scene import Scene
from dashboard.text import called
from gis import places
from gis.access.viewer import Viewer
from gis.errors import CityGridError
from layers.catalog.incidents import SEVERITIES, SOURCES, STAGES
from layers.handling import lists
from layers.handling.case import Case
from layers.handling.lists import Asked, Listing
from layers.layer import Names

# More is nothing that somebody reads, and takes a while to write.
MOST_TAKEN = 50_000
Cell: TypeAlias = str | float | dt.datetime | None

# Each column's width in a workbook, in characters.
COLUMNS: Mapping[str, int] = MappingProxyType(
    {
        "number": 22, "stage": 12, "state": 10, "severity": 10, "group": 18, "class": 24,
        "head": 36, "where": 36, "note": 24, "placed": 28, "unit_code": 16, "unit": 26, "body": 20,
        "source": 12, "reported": 17, "registered": 17, "dispatched": 17, "due": 17,
        "handled": 17, "closed": 17, "outcome": 16, "grade": 8, "returned": 8, "lon": 12,
        "lat": 12,
    }
)  # fmt: skip


@dataclass(frozen=True)
class CaseList:
    """The incidents a view lists, all of them, and what they are called in its language."""

    scene: Scene
    viewer: Viewer
    asked: Asked
    cases: Sequence[Case]
    now: dt.datetime

    @cached_property
    def rows(self) -> list[tuple[Cell, ...]]:
        """A cell for each of `COLUMNS`, a row for each case, in the order of the list."""
        scene = self.scene
        on = counting.on(scene)
        lying = {unit for case in self.cases if (unit := case.unit_on(on)) is not None}
        units = places.last_names_of(scene.db, sorted(lying))
        bodies, classes = asking.body_names(scene.db), asking.classes(scene.db)
        return [
            self._row(case, units.get(case.unit_on(on) or 0), bodies, classes)
            for case in self.cases
        ]

    def _row(
        self,
        case: Case,
        unit: tuple[str, Names] | None,
        bodies: Mapping[int, Names],
        classes: Mapping[tuple[str, str], Names],
    ) -> tuple[Cell, ...]:
        scene, say, tz = self.scene, self.scene.say, self.scene.city.tz
        group = classes.get((case.scheme, case.big))
        is_told = not case.is_personal
        body = bodies.get(case.body_id or 0)
        own = say("cases.territory") if case.dispatched_at else ""
        hidden = say("cases_out.about_person")
        moments = (case.reported_at, case.registered_at, case.dispatched_at, case.due_at,
                   case.handled_at, case.closed_at)  # fmt: skip
        return (
            case.key,
            scene.named(STAGES[case.stage]),
            say(f"cases.{lists.pressing(case, self.asked.soon)}"),
            _word(scene, SEVERITIES, case.severity),
            scene.named(group) if group else case.big,
            asking.class_name(scene, classes, case),
            (case.title or "") if is_told else hidden,
            (case.address or "") if is_told else hidden,
            (case.place_note or "") if is_told else hidden,
            facts.placed(scene, case) if is_told else hidden,
            unit[0] if unit else "",
            scene.named(unit[1]) if unit else "",
            scene.named(body) if body else own,
            _word(scene, SOURCES, case.source),
            *(moment and moment.astimezone(tz).replace(microsecond=0) for moment in moments),
            say(f"case_outcome.{case.outcome}") if case.outcome else "",
            case.grade,
            case.returned,
            round(case.lon, 6) if is_told else None,
            round(case.lat, 6) if is_told else None,
        )

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What was asked for, by whom, and when: names and values."""
        scene, say, view = self.scene, self.scene.say, self.scene.view
        language, tz = view.language, self.scene.city.tz
        days = [numerals.day(day, language) for day in view.period or ()]
        dimension, _, key = self.asked.part.partition(":")
        kind = asking.classes(scene.db).get((key.partition("/")[0], key.partition("/")[2]))
        return [
            (say("cases_out.place"), scene.named(scene.focus.names)),
            (say("cases_out.list"), say(f"cases.{self.asked.listing}")),
            (say("cases_out.period"), " – ".join(days) or say("cases_out.all_days")),
            *self._bounds(),
            *self._number(),
            *([(say("cases_out.part"), scene.named(kind) if kind else key)] if dimension else []),
            (say("cases_out.n"), numerals.number(len(self.cases))),
            (say("cases_out.as_of"), numerals.moment(scene.now.astimezone(tz), language)),
            (say("cases_out.made"), numerals.moment(self.now.astimezone(tz), language)),
            (say("cases_out.by"), called(self.viewer.name, language)),
        ]

    def _bounds(self) -> list[tuple[str, str]]:
        asked = self.asked
        if asked.among is not None or asked.listing not in (Listing.CLOSED, Listing.ALL):
            return []
        say = self.scene.say
        return [(say("measured.on"), say(f"measured.on_{asked.on}_why"))]

    def _number(self) -> list[tuple[str, str]]:
        scene, number = self.scene, counting.counted(self.scene)
        if number is None:
            return []
        return [
            (scene.say("cases_out.counted"), counting.title(scene, number)),
            (scene.say("cases_out.formula"), counting.said(scene, number)),
            (scene.say("cases_out.days"), counting.days(scene)),
        ]


def read(scene: Scene, viewer: Viewer, now: dt.datetime) -> CaseList:
    """Return the incidents a view lists.

    Raises
    ------
    CityGridError
        They are more than one file holds.
    """
    asked = asking.asked_of(scene)
    found = lists.listed(scene.db, viewer, asked, now=scene.now, most=MOST_TAKEN + 1)
    if len(found) > MOST_TAKEN:
        raise CityGridError(
            f"More than {MOST_TAKEN:,} incidents are listed, which is more than one file holds. "
            "Choose a smaller unit or a period.",
            key="cases_out.too_many", most=MOST_TAKEN,
        )  # fmt: skip
    return CaseList(scene, viewer, asked, found, now)


def as_csv(told: CaseList) -> bytes:
    """Return the list as CSV in UTF-8, which begins so that Excel knows it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([_heading(told, name) for name in COLUMNS])
    for row in told.rows:
        writer.writerow([_written(cell) for cell in row])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def as_geojson(told: CaseList) -> bytes:
    """Return the list as GeoJSON points (EPSG:4326); what is about persons has no place."""
    names = list(COLUMNS)
    features: list[dict[str, Any]] = []
    for row in told.rows:
        values = dict(zip(names, row, strict=True))
        lon, lat = values.pop("lon"), values.pop("lat")
        point = None if lon is None else {"type": "Point", "coordinates": [lon, lat]}
        features.append({"type": "Feature", "geometry": point, "properties": values})
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def as_workbook(told: CaseList) -> bytes:
    """Return the list as XLSX: what was asked for, then a line for each case."""
    file, say = io.BytesIO(), told.scene.say
    # What people typed is text, whatever it looks like: no formula, no link, no number.
    book = xlsxwriter.Workbook(
        file,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
         "strings_to_numbers": False},
    )  # fmt: skip
    font = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
    text, plain = book.add_format({**font, "num_format": "@"}), book.add_format(font)
    moment = book.add_format({**font, "num_format": "yyyy-mm-dd hh:mm"})
    head = book.add_format(
        {**font, "bold": True, "font_color": "#ffffff", "bg_color": LIGHT.accent}
    )
    book.set_properties(
        {"title": say("cases_out.title"), "author": told.viewer.name, "company": "CityGrid",
         "created": told.now.replace(tzinfo=None)}
    )  # fmt: skip
    sheet = book.add_worksheet(say("cases_out.title")[:31])
    for at, (name, width) in enumerate(COLUMNS.items()):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, _heading(told, name), head)
    for number, row in enumerate(told.rows, 1):
        for at, cell in enumerate(row):
            if isinstance(cell, dt.datetime):
                # A workbook knows no time zones: it is the city's clock.
                sheet.write_datetime(number, at, cell.replace(tzinfo=None), moment)
            elif isinstance(cell, str):
                sheet.write_string(number, at, safe(cell), text)
            elif cell is not None:
                sheet.write_number(number, at, cell, plain)
    sheet.autofilter(0, 0, max(len(told.rows), 1), len(COLUMNS) - 1)
    sheet.freeze_panes(1, 1)
    _summary(book, told, font)
    book.close()
    return file.getvalue()


def _summary(book: xlsxwriter.Workbook, told: CaseList, font: Mapping[str, Any]) -> None:
    say = told.scene.say
    quiet = book.add_format({**font, "font_color": LIGHT.secondary})
    plain = book.add_format(dict(font))
    title = book.add_format({**font, "font_size": 16, "bold": True})
    sheet = book.add_worksheet(say("cases_out.summary"))
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 78)
    sheet.write_string(0, 0, say("cases_out.title"), title)
    for at, (name, value) in enumerate(told.facts, 2):
        sheet.write_string(at, 0, name, quiet)
        sheet.write_string(at, 1, safe(value), plain)
    sheet.write_string(len(told.facts) + 3, 0, say("cases_out.no_persons"), quiet)


MAKERS: Mapping[str, Callable[[CaseList], bytes]] = MappingProxyType(
    {"csv": as_csv, "xlsx": as_workbook, "geojson": as_geojson}
)


def _heading(told: CaseList, name: str) -> str:
    return told.scene.say(f"cases_out.{name}")


def _word(scene: Scene, words: Mapping[str, Names], key: str) -> str:
    return scene.named(words[key]) if key in words else key


def _written(cell: Cell) -> str:
    if isinstance(cell, dt.datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, str):
        return safe(cell)
    return "" if cell is None else f"{cell:.9g}"
