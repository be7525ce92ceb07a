"""The city's calendar: the year's holidays, the days worked for them, and what the city changes.

A draft shows what it would do with open cases before it is saved as a version.
"""

from __future__ import annotations

import calendar as weeks
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from dashboard.admin import desk, rule_forms
from dashboard.admin.drafts import Form, acted
from dashboard.door import Door, now
from dashboard.orders.office import Office
from dashboard.pages.drawing import draw, language_of
from dashboard.text import Say, speaker
from gis import places
from gis.access.posts import Right
from gis.access.typed import one_line
from gis.access.viewer import Viewer
from gis.city import City
from layers.handling import calendar_days, rule_versions
from layers.handling.calendar import FIRST_DAY, LAST_DAY, Day, calendar_of, days_of
from layers.handling.rule_checks import RuleError
from layers.handling.rule_versions import Draft, Kind

TAB = "/admin/calendar"
ACTS = ("put", "remove", "take", "drop", "save")
KINDS = ("free", "worked")


def add(server: FastAPI, door: Door, office: Office) -> None:
    """Add the page to a server."""

    @server.get(TAB, include_in_schema=False)
    async def show(request: Request) -> Response:
        """Show a year, the draft and what it would do."""
        return await _show(door, office, request)

    @server.post("/admin/calendar/{act}")
    async def do(request: Request, act: str) -> Response:
        """Edit or save the draft."""
        viewer = desk.entitled(request, Right.SETTINGS).viewer

        def to(form: Form) -> str:
            asked = [f"year={year}"] if (year := form.get("year", "")).isdecimal() else []
            return f"{TAB}?{'&'.join([*asked, *(['told=saved'] if act == 'save' else [])])}"

        return await acted(
            door, request, act, among=ACTS,
            do=lambda form: office.ask(lambda db: _edit(db, viewer, act, form)),
            show=partial(_show, door, office, request), then=to,
        )  # fmt: skip


def _edit(db: Connection, viewer: Viewer, act: str, form: Mapping[str, str]) -> None:
    city = places.city_of(db)
    draft = calendar_days.draft(db, viewer, city)
    match act:
        case "put":
            rule_versions.keep_draft(db, viewer, _put(draft, form))
        case "remove":
            day = _day(form.get("day", ""))
            rule_versions.keep_draft(db, viewer, calendar_days.without(draft, day))
        case "take":
            version = rule_forms.number(form.get("version", ""), "version") or 0
            rule_versions.keep_draft(db, viewer, calendar_days.taken(db, draft, version))
        case "drop":
            rule_versions.drop_draft(db, viewer, Kind.CALENDAR)
        case _:
            note = one_line(form.get("note", ""))
            calendar_days.save(db, viewer, draft, note=note, now=now())


def _put(draft: Draft, form: Mapping[str, str]) -> Draft:
    first = _day(form.get("first", ""))
    last = _day(form["last"]) if form.get("last") else first
    kind = form.get("kind", "")
    if kind not in KINDS:
        raise RuleError(f"{kind[:40]!r} is no kind of day.", key="rules.unknown", found=kind[:40])
    name = one_line(form.get("name", ""))
    return calendar_days.put(draft, first, last, is_worked=kind == "worked", name=name)


def _day(typed: str) -> dt.date:
    try:
        return dt.date.fromisoformat(typed)
    except ValueError as error:
        raise RuleError(
            f"A day looks like 2026-10-10, found {typed[:40]!r}.",
            key="calendar.bad_day", found=typed[:40],
        ) from error  # fmt: skip


def _year(request: Request, city: City) -> int:
    asked = request.query_params.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else 0
    if FIRST_DAY.year <= year <= LAST_DAY.year:
        return year
    return now().astimezone(city.tz).year


async def _show(
    door: Door, office: Office, request: Request, *, fault: str = "",
    form: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    viewer = desk.entitled(request, Right.SETTINGS).viewer
    language = language_of(request, door)
    say = speaker(language)

    def ask(db: Connection) -> dict[str, Any]:
        city = places.city_of(db)
        year = _year(request, city)
        draft = calendar_days.draft(db, viewer, city)
        before = {each.day: each for each in calendar_days.days(db, city)}
        own = {each.day: each for each in calendar_days.drafted(draft)}
        country = calendar_of(city).country
        known = {each.day: each for each in days_of(country, year, language)}
        gone = [day for day in before if day not in own and day.year == year]
        return {
            "year": year, "draft": draft, "change": calendar_days.effect(db, city, draft, now()),
            "months": _months(say, year, known, own),
            "rows": [
                {
                    "day": day, "weekday": say(f"rules.day_{day.isoweekday()}"),
                    "own": own.get(day), "known": known.get(day),
                    "is_new": before.get(day) != own.get(day), "is_gone": day in gone,
                }
                for day in sorted({*known, *(d for d in own if d.year == year), *gone})
            ],
            "known_until": calendar_of(city).known_until,
            "elsewhere": sorted({day.year for day in own} - {year}),
            "versions": rule_versions.versions(db, Kind.CALENDAR),
        }  # fmt: skip

    values = await office.ask(ask)
    told = "calendar.saved" if request.query_params.get("told") == "saved" else ""
    return await draw(
        door, request, "calendar.html", here=f"{TAB}?year={values['year']}", told=told,
        tabs=desk.tabs(say, request), tab=TAB, faults=[fault] if fault else [],
        status=400 if fault else 200, typed=defaultdict(str, form or {}),
        kinds=[(kind, say(f"calendar.{kind}")) for kind in KINDS],
        first_year=FIRST_DAY.year, last_year=LAST_DAY.year, **values,
    )  # fmt: skip


def _months(
    say: Say, year: int, known: Mapping[dt.date, Day], own: Mapping[dt.date, Day]
) -> Iterator[tuple[str, Sequence[Sequence[dict[str, Any] | None]]]]:
    """Yield the months: what each is called, and its weeks from Monday on."""
    for month in range(1, 13):
        yield (
            say(f"calendar.month_{month}"),
            [
                [_cell(say, day, known, own) if day.month == month else None for day in week]
                for week in weeks.Calendar().monthdatescalendar(year, month)
            ],
        )


def _cell(
    say: Say, day: dt.date, known: Mapping[dt.date, Day], own: Mapping[dt.date, Day]
) -> dict[str, Any]:
    """Return how a day is drawn: its number, the sign of what it is otherwise, and by whom."""
    said = own.get(day) or known.get(day)
    is_worked = said.is_worked if said else day.isoweekday() <= 5
    sign = say(f"calendar.sign_{'worked' if is_worked else 'free'}") if said else ""
    name = said.name or say("calendar.swapped" if said.is_worked else "calendar.free") if (
        said
    ) else ""  # fmt: skip
    return {
        "day": day.day, "is_free": not is_worked, "is_own": day in own, "sign": sign,
        "why": f"{day} {name}".strip(),
    }  # fmt: skip
