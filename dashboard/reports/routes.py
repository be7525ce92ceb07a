"""Addresses of what is taken out, and of the impact sheet as the page shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal

import orjson
import shapely
from fastapi import FastAPI, Path, Query, Response
from sqlalchemy import Connection

from dashboard.editing.permits import require_reader
from dashboard.replies import private
from dashboard.reports import content, pdf, workbook, zoning
from dashboard.reports.content import Content
from dashboard.reports.zoning import MEDIA_TYPES, Crs, Format
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access import audit
from gis.access.audit import Act
from gis.access.posts import Right
from gis.access.viewer import Viewer
from layers.impact_sheet import ImpactSheet

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Language = Literal["zh", "en"]
# Why something is taken out, in the words of who takes it; it stands in the audit.
Why = Annotated[str, Query(max_length=200)]
JSON = "application/json"


@dataclass(frozen=True)
class _Kind:
    """A form in which the sheet is taken out."""

    media_type: str
    has_maps: bool
    make: Callable[[Content], bytes]


_KINDS: Mapping[str, _Kind] = MappingProxyType(
    {
        "pdf": _Kind("application/pdf", True, pdf.pdf),
        "xlsx": _Kind(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            False,
            workbook.workbook,
        ),
    }
)


def add(server: FastAPI, workers: Workers) -> None:
    """Add the addresses to a server."""

    @server.get("/orders/{number}/sheet")
    async def shown(number: Number) -> Response:
        """Return the impact sheet of an order as JSON, as the viewer may know it."""

        def ask(db: Connection) -> bytes:
            require_reader(VIEWER.get())
            sheet, _ = content.sheet_of(db, VIEWER.get(), number)
            return orjson.dumps(as_json(sheet), option=orjson.OPT_NON_STR_KEYS)

        return private(await workers.ask(ask), JSON)

    @server.get("/orders/{number}/sheet.{kind}")
    async def exported(
        number: Number, kind: Literal["pdf", "xlsx"], language: Language = "zh", why: Why = ""
    ) -> Response:
        """Return the impact sheet of an order as PDF or XLSX."""
        form = _KINDS[kind]

        def ask(db: Connection) -> Content:
            viewer = VIEWER.get()
            viewer.require(Right.EXPORT)
            now = dt.datetime.now(dt.UTC)
            found = content.read(db, viewer, number, language, now, has_maps=form.has_maps)
            details = {
                "what": "impact sheet", "order": found.order.number, "format": kind,
                "exact": found.is_exact, "buildings": len(found.sheet.buildings),
                "incidents": len(found.sheet.incidents),
            }  # fmt: skip
            _record(db, viewer, f"order/{number}", why, details)
            return found

        # What is taken out is in the audit before it leaves; setting it needs no connection.
        found = await workers.ask(ask)
        made = await workers.run(form.make, found)
        return private(made, form.media_type, f"{found.order.number}.{kind}")

    @server.get("/zoning/{key}/at/{day}.{kind}")
    async def zoning_at(
        key: str, day: dt.date, kind: Format, crs: Crs = Crs.WGS84, why: Why = ""
    ) -> Response:
        """Return a zoning as it was at the end of a day, as GeoPackage or GeoJSON."""

        def ask(db: Connection) -> bytes:
            viewer = VIEWER.get()
            viewer.require(Right.EXPORT)
            made = zoning.exported(db, key, day, kind, crs, now=dt.datetime.now(dt.UTC))
            details = {"what": "zoning", "day": str(day), "format": kind, "crs": crs}
            _record(db, viewer, f"zoning/{key}", why, details)
            return made

        return private(await workers.ask(ask), MEDIA_TYPES[kind], f"{key}-{day}.{kind}")


def as_json(sheet: ImpactSheet) -> dict[str, Any]:
    """Return a sheet as plain values; ground as GeoJSON, things without their inner numbers."""
    plain = {name: value for name, value in vars(sheet).items() if name != "moved_4326"}
    features = [
        {
            "type": "Feature",
            "properties": {"level": s.level, "from": s.giver, "to": s.taker},
            "geometry": orjson.loads(shapely.to_geojson(ground)),
        }
        for s, ground in sheet.moved_4326
    ]
    return {**plain, "moved": {"type": "FeatureCollection", "features": features}}


def _record(
    db: Connection, viewer: Viewer, subject: str, why: str, details: Mapping[str, object]
) -> None:
    audit.record(
        db, Act.EXPORT, subject=subject, reason=why, details=details,
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
