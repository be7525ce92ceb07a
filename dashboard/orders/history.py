"""The addresses of boundaries over time: what differs between two days, and numbers on then's."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import orjson
import shapely
from fastapi import FastAPI, Path, Query, Request, Response
from sqlalchemy import Connection

from dashboard.replies import Packer, private
from dashboard.routes import zoning_number
from dashboard.text import named
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import history, lineage, past, places
from gis.errors import NotFoundError
from layers import then

GEOJSON = "application/geo+json"
LARGEST = 2**31 - 1

Language = Annotated[Literal["zh", "en"], Query()]
Unit = Annotated[int, Query(ge=1, le=LARGEST)]


def add(server: FastAPI, workers: Workers) -> None:
    """Add the addresses to a server."""
    packer = Packer(entries=32)

    @server.get("/history")
    async def differences(
        request: Request,
        at: dt.date,
        to: dt.date | None = None,
        zoning: str = "main",
        language: Language = "zh",
    ) -> Response:
        """Return the units that differ between the ends of two days, with both outlines."""

        def ask(db: Connection) -> dict[str, Any]:
            return _differences(db, zoning, (at, to), language)

        return packer.json(request, await workers.ask(ask), GEOJSON)

    @server.get("/history/unit/{number}")
    async def family(
        request: Request,
        number: Annotated[int, Path(ge=1, le=LARGEST)],
        language: Language = "zh",
    ) -> Response:
        """Return all that a unit came from and all that came of it."""
        return packer.json(request, await workers.ask(lambda db: _family(db, number, language)))

    @server.get("/history/numbers")
    async def numbers(at: dt.date, within: Unit, language: Language = "zh") -> Response:
        """Return today's rows on the faces of then, as the viewer may know them."""
        viewer = VIEWER.get()

        def ask(db: Connection) -> bytes:
            now = dt.datetime.now(dt.UTC)
            return _numbers(then.numbers_then(db, viewer, at, within, now), language)

        body = await workers.ask(ask)
        return private(body, GEOJSON)


def _differences(
    db: Connection, key: str, days: tuple[dt.date, dt.date | None], language: str
) -> dict[str, Any]:
    city = places.city_of(db)
    zoning_id = zoning_number(db, key)
    first = past.moment_of(city, days[0])
    last = past.moment_of(city, days[1]) if days[1] else None
    found = history.differences(db, zoning_id, first, last)
    units = [one.unit_id for one in found]
    was = history.outlines(db, units, first)
    is_ = history.outlines(db, units, last or dt.datetime.now(dt.UTC))
    features = [
        {
            "type": "Feature",
            "id": one.unit_id,
            "geometry": is_.get(one.unit_id) or was.get(one.unit_id),
            "properties": {
                "unit": one.unit_id,
                "level": one.level,
                "code": one.code,
                "name": named(one.names, language),
                "kinds": [kind.value for kind in one.kinds],
                "was": was.get(one.unit_id),
                "was_m2": one.was_m2,
                "is_m2": one.is_m2,
            },
        }
        for one in found
    ]
    return {"type": "FeatureCollection", "at": days[0], "to": days[1], "features": features}


def _family(db: Connection, number: int, language: str) -> dict[str, Any]:
    lives, descents = lineage.family(db, number)
    if not lives:
        raise NotFoundError(f"There never was a unit {number}.", key="error.no_number")
    return {
        "units": [
            {
                "unit": life.unit_id,
                "code": life.code,
                "name": named(life.names, language),
                "since": life.since,
                "until": life.until,
            }
            for life in lives
        ],
        "descents": [
            {"from": one.from_id, "into": one.into_id, "at": one.at, "reason": one.reason}
            for one in descents
        ],
    }


def _numbers(found: then.Then, language: str) -> bytes:
    features = [
        {
            "type": "Feature",
            "id": unit_id,
            "geometry": shapely.geometry.mapping(face.geometry),
            "properties": {
                "unit": unit_id,
                "code": face.code,
                "name": getattr(face, f"name_{language}"),
                "is_unchanged": unit_id in found.unchanged,
                **{name: values[place] for name, values in found.numbers.items()},
            },
        }
        for place, (unit_id, face) in enumerate(
            zip(found.faces.index.tolist(), found.faces.itertuples(index=False), strict=True)
        )
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features})
