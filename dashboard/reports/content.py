"""What the impact sheet says: the order's facts, its headline numbers, its tables, who signs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from dashboard import numerals
from dashboard.reports import map_pictures
from dashboard.reports.map_pictures import Pictures
from dashboard.reports.tables import Table, Writer
from dashboard.text import Say, called, named, speaker
from gis import places
from gis.access.viewer import Viewer
from gis.city import City
from gis.division.delta import Delta
from gis.orders import chain, orders
from gis.orders.order import Order
from gis.tables import layer_state
from layers import impact_past, impact_sheet
from layers.impact_sheet import NOTHING, ImpactSheet, Numbers, total


@dataclass(frozen=True)
class Signature:
    """A line for somebody to sign, and what he has said already."""

    stage: str
    unit: str
    decided: str = ""


@dataclass(frozen=True)
class Content:
    """An impact sheet in one language, before it is laid out."""

    city: City
    order: Order
    language: str
    sheet: ImpactSheet
    pictures: Pictures | None
    writer: Writer
    tables: tuple[Table, ...]
    facts: tuple[tuple[str, str], ...]
    headlines: tuple[tuple[str, str], ...]
    is_exact: bool
    signatures: tuple[Signature, ...]
    source: str
    # Of the data, not of the printing: the same order on the same day gives the same bytes.
    stamp: dt.datetime

    @property
    def say(self) -> Say:
        """What says things in the sheet's language."""
        return speaker(self.language)


def read(  # noqa: PLR0913 - who asks for what, when and how
    db: Connection,
    viewer: Viewer,
    order_id: int,
    language: str,
    now: dt.datetime,
    *,
    has_maps: bool = True,
) -> Content:
    """Read the impact sheet of an order as a viewer may know it.

    Raises
    ------
    NotFoundError
        There is no such order, or it is another's draft.
    BoundaryError
        Units of it were changed by others.
    """
    city = places.city_of(db)
    order = orders.read(db, order_id)
    sheet, delta = sheet_of(db, viewer, order_id)
    pictures = map_pictures.draw(db, delta, sheet, city.metric_crs) if has_maps else None
    say = speaker(language)
    writer = Writer(sheet, city.main.levels, say, language)
    moved = finest(sheet, delta)
    return Content(
        city, order, language, sheet, pictures, writer, writer.tables(),
        facts=tuple(_facts(db, city, order, say, language)),
        headlines=tuple(_headlines(moved, sheet, say)),
        is_exact=moved.is_exact,
        signatures=tuple(_signatures(db, city, order, say, language)),
        source=_source(city, say, now),
        stamp=order.updated_at.astimezone(dt.UTC).replace(microsecond=0),
    )  # fmt: skip


def sheet_of(db: Connection, viewer: Viewer, order_id: int) -> tuple[ImpactSheet, Delta]:
    """Return the sheet of an order, and the change of today's units that it would make, or made.

    Raises
    ------
    BoundaryError
        Units of it were changed by others.
    """
    made = orders.effect(db, order_id)
    if made is not None:
        return impact_past.sheet(db, viewer, made), made
    delta = orders.delta(db, order_id)
    return impact_sheet.sheet(db, viewer, delta), delta


def finest(sheet: ImpactSheet, delta: Delta) -> Numbers:
    """Return all that changes hands, each thing once: at the level at which most of it does."""
    if not delta:
        return NOTHING
    sums: dict[int, list[Numbers]] = {}
    for pair in sheet.pairs:
        sums.setdefault(pair.step.level, []).append(pair.numbers)
    return max((total(each) for each in sums.values()), key=lambda n: n.area_m2, default=NOTHING)


def _facts(
    db: Connection, city: City, order: Order, say: Say, language: str
) -> Iterable[tuple[str, str]]:
    names = places.names_of(db, order.within)
    within = say("report.between").join(
        named(names[n][1], language) for n in order.within if n in names
    )
    yield say("report.order"), order.number
    yield say("report.status"), say(f"order_status.{order.status}")
    yield say("report.author"), called(order.author, language)
    yield say("report.within"), within or numerals.NO_NUMBER
    at = order.effective_on
    yield say("report.effective"), at.isoformat() if at else say("report.at_once")
    yield say("report.drawn"), order.updated_at.astimezone(city.tz).date().isoformat()
    as_of = db.scalar(
        select(func.max(layer_state.c.as_of)).where(
            layer_state.c.layer.in_(("people", "households", "buildings"))
        )
    )
    yield say("report.data_as_of"), f"{as_of.astimezone(city.tz):%Y-%m-%d}" if as_of else "–"


def _headlines(moved: Numbers, sheet: ImpactSheet, say: Say) -> Iterable[tuple[str, str]]:
    about = "" if moved.is_exact else "≈ "
    for name, n in (("households", moved.households), ("people", moved.people)):
        yield say(f"report.{name}"), f"{about}{numerals.number(n)}" if n else numerals.number(n)
    yield say("report.buildings"), numerals.number(moved.buildings)
    yield say("report.facilities"), numerals.number(moved.facilities)
    yield say("report.open_incidents"), numerals.number(moved.open_incidents)
    yield say("report.moved_area"), numerals.area(moved.area_m2, say)
    yield say("report.units_concerned"), numerals.number(len(sheet.lines))


def _signatures(
    db: Connection, city: City, order: Order, say: Say, language: str
) -> Iterable[Signature]:
    names = places.names_of(db, [w.unit_id for w in order.waiting_for])
    yield Signature(say("stage.draft"), called(order.author, language))
    for asking in chain.way(city):
        title = say(f"stage.{asking.stage}")
        mine = [w for w in order.waiting_for if w.stage == asking.stage]
        for one in mine:
            decided = ""
            if one.answer and one.at:
                day = one.at.astimezone(city.tz).date().isoformat()
                act = say(f"order_act.{one.answer}")
                decided = say("report.decided", name=one.name, act=act, day=day)
                decided += f" {one.note}" if one.note else ""
            unit = named(names[one.unit_id][1], language) if one.unit_id in names else ""
            yield Signature(title, unit, decided)
        if not mine:
            level = next((x for x in city.main.levels if x.key == asking.level), None)
            yield Signature(title, named(level.names, language) if level else "")


def _source(city: City, say: Say, now: dt.datetime) -> str:
    day = now.astimezone(city.tz).date().isoformat()
    source = say("app.synthetic_source") if city.is_synthetic else city.attribution
    return say("report.source", source=source, day=day)
