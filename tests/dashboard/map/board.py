"""A small page with the map alone: a chessboard of units served as tiles, events kept."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import mapbox_vector_tile
import numpy as np
from dash import Dash, Input, html
from dash.development.base_component import Component
from fastapi import FastAPI, Request, Response
from shapely import transform
from shapely.geometry import Point, box

from dashboard.map import GridMap

WEST, SOUTH, STEP, SIZE = 114.0, 22.5, 0.01, 10
EVENTS = ("click", "hover", "viewport", "keyboardSelect", "painted", "error", "edited", "picked",
          "refused", "pinned")  # fmt: skip
NAMES = ("潮生社区", "Renmin Road", "第三网格", "Ünïcode ₂", "𠮷野家")
# A level whose tiles fail.
BROKEN = 99
EXTENT = 4096
FULL = 2 * math.pi * 6378137


@dataclass
class Board:
    """The application and what the map told it."""

    server: FastAPI
    events: list[tuple[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def told(self, name: str) -> list[Any]:
        return [value for event, value in self.events if event == name]


def unit_id(column: int, row: int) -> int:
    return 1 + column + row * SIZE


def middle(column: int, row: int) -> tuple[float, float]:
    return WEST + (column + 0.5) * STEP, SOUTH + (row + 0.5) * STEP


@cache
def tile(layer: str, z: int, x: int, y: int) -> bytes:
    """Encode what of the board lies in a tile."""
    side = FULL / 2**z
    west, north = x * side - FULL / 2, FULL / 2 - y * side
    bounds = (west, north - side, west + side, north)
    seen = box(*bounds).buffer(side / 64)
    # The encoder's own way to the tile's grid warns of a function that shapely gives up.
    corner, scale = np.array([west, north - side]), EXTENT / side

    def inside(points: np.ndarray) -> np.ndarray:
        return (points - corner) * scale

    features = []
    for row in range(SIZE):
        for column in range(SIZE):
            shape = shapes(layer, column, row)
            if shape.intersects(seen):
                name = NAMES[(column + row) % len(NAMES)]
                features.append(
                    {
                        "id": unit_id(column, row),
                        "geometry": transform(shape.intersection(seen), inside),
                        "properties": {"name": name, "people": 1000 * row + column, "note": ""},
                    }
                )
    if not features:
        return b""
    return mapbox_vector_tile.encode([{"name": layer, "features": features}])


def shapes(layer: str, column: int, row: int) -> Any:
    west, south = WEST + column * STEP, SOUTH + row * STEP
    if layer == "units":
        return box(*mercator(west, south), *mercator(west + STEP, south + STEP))
    return Point(mercator(*middle(column, row)))


def mercator(lon: float, lat: float) -> tuple[float, float]:
    radius = 6378137
    return (
        radius * math.radians(lon),
        radius * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)),
    )


def style(*, dark: bool = False, level: int = 1) -> dict[str, Any]:
    """Make the style of the page; every colour differs between light and dark."""

    def source(name: str) -> dict[str, Any]:
        return {
            "type": "vector",
            "tiles": [f"/tiles/{name}/{{z}}/{{x}}/{{y}}?level={level}"],
            "minzoom": 0,
            "maxzoom": 14,
            "attribution": f"© {name} of the board",
        }

    def state(name: str) -> list[Any]:
        return ["boolean", ["feature-state", name], False]

    ground, ink = ("#0B1220", "#E5EAF2") if dark else ("#F3F4F6", "#111827")
    line = "#22304A" if dark else "#FFFFFF"
    accent = "#2DD4BF" if dark else "#0F766E"
    return {
        "version": 8,
        "sources": {name: source(name) for name in ("units", "cases")},
        "layers": [
            {"id": "ground", "type": "background", "paint": {"background-color": ground}},
            {
                "id": "units-fill",
                "type": "fill",
                "source": "units",
                "source-layer": "units",
                "paint": {"fill-color": ground, "fill-opacity": 0.8},
            },
            {
                "id": "units-line",
                "type": "line",
                "source": "units",
                "source-layer": "units",
                "paint": {
                    "line-color": [
                        "case",
                        ["any", state("hover"), state("selected"), state("highlight")],
                        accent,
                        line,
                    ],
                    "line-width": ["case", ["any", state("hover"), state("selected")], 3, 1],
                },
            },
            {
                "id": "cases",
                "type": "circle",
                "source": "cases",
                "source-layer": "cases",
                "paint": {
                    "circle-radius": 6,
                    "circle-color": accent,
                    "circle-opacity": ["interpolate", ["linear"], ["zoom"], 5, 0.2, 15, 1],
                },
            },
            {
                "id": "units-label",
                "type": "symbol",
                "source": "cases",
                "source-layer": "cases",
                "layout": {
                    "text-field": ["get", "name"],
                    "text-size": 14,
                    "text-offset": [0, 1.2],
                },
                "paint": {
                    "text-color": ink,
                    "text-halo-color": ground,
                    "text-halo-width": 1.5,
                },
            },
        ],
    }


CHOROPLETH = {
    "url": "/values?measure=rows",
    "source": "units",
    "sourceLayer": "units",
    "layer": "units-fill",
    "classes": {
        "breaks": [2, 4, 6, 8],
        "colours": ["#E6F4F1", "#B2DDD6", "#7CC4B8", "#3D9C8E", "#0F766E"],
        "missing": "#9CA3AF",
        "suppressed": "#6B7280",
    },
}


def create_board(wire: Callable[[Dash], list[Component]] | None = None, **props: Any) -> Board:
    """Make an application whose page is one map, and whatever ``wire`` puts beside it."""
    board = Board(FastAPI())
    app = Dash(__name__, server=board.server, assets_folder="none", title="Board")
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    given: dict[str, Any] = {
        "mapStyle": style(),
        "initialView": {"centre": [WEST + SIZE * STEP / 2, SOUTH + SIZE * STEP / 2], "zoom": 11.5},
        "interactive": ["cases", "units-fill"],
        "choropleth": CHOROPLETH,
        "ariaLabel": "Board of units",
        "hoverCard": {
            "byLayer": {
                "units-fill": {
                    "title": "{name}",
                    "lines": [["People", "{people}"], ["Note", "{note}"], ["None", "{nothing}"]],
                },
                "cases": {"title": "Case {people}"},
            },
            "valueLabel": "Row",
            "valueFormat": {"locale": "en", "unit": "rows"},
        },
        "texts": {"missing": "no data", "suppressed": "<5"},
    }
    whole = {"position": "fixed", "inset": 0}
    grid_map = GridMap(id="map", **(given | props))
    beside = wire(app) if wire else []
    app.layout = html.Main(
        [
            html.Button("Before", id="before"),
            html.Div(grid_map, id="holder", style=whole),
            *beside,
        ]
    )
    for name in EVENTS:

        @app.callback(Input("map", name), prevent_initial_call=True)
        async def keep(value: Any, name: str = name) -> None:
            board.events.append((name, value))

    @board.server.middleware("http")
    async def protect(request: Request, call_next: Callable[..., Any]) -> Any:
        response = await call_next(request)
        hashes = " ".join(app.csp_hashes())
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline';"
            "img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; base-uri 'self'"
        )
        return response

    answer(board)
    return board


def answer(board: Board) -> None:
    """Answer what the map asks for."""

    @board.server.get("/tiles/{layer}/{z}/{x}/{y}")
    def serve_tile(layer: str, z: int, x: int, y: int, level: int = 1) -> Response:
        board.asked.append(f"{layer}/{z}/{x}/{y}?level={level}")
        if level == BROKEN:
            return Response(status_code=503)
        data = tile(layer, z, x, y)
        if not data:
            return Response(status_code=204)
        return Response(data, media_type="application/vnd.mapbox-vector-tile")

    @board.server.get("/places/{name}")
    async def serve_places(name: str) -> dict[str, Any]:
        board.asked.append(f"places/{name}")
        point = {"type": "Point", "coordinates": [*middle(2, 2)]}
        place = {"type": "Feature", "id": 1, "properties": {"name": name}, "geometry": point}
        return {"type": "FeatureCollection", "features": [place]}

    @board.server.get("/values")
    async def serve_values(measure: str, wait: float = 0) -> Any:
        await asyncio.sleep(wait)
        return Response(status_code=503) if measure == "broken" else values(measure)


def values(measure: str) -> dict[str, Any]:
    """List the number of each unit's row or column; one is missing and one suppressed."""
    ids = list(range(1, SIZE * SIZE + 1))
    numbers: list[int | None] = [divmod(each - 1, SIZE)[measure == "columns"] for each in ids]
    if measure == "half":
        ids, numbers = ids[:50], numbers[:50]
    numbers[0] = None
    return {"ids": ids, "values": numbers, "s": [unit_id(1, 0)]}
