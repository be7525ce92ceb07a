"""A change order of the board, edited over HTTP as the page's are, and held in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse

import dashboard
from gis.division.cutting import Split, Take
from gis.division.delta import Delta, Unit
from gis.division.division import Division, Operation
from gis.division.moves import DeleteVertex, InsertVertex, MoveVertices
from gis.division.reshape import along, redraw
from gis.division.rings import Ring, Rings, Vertex, edges, ordered, shape
from gis.errors import CityGridError
from tests.dashboard.map.board import SIZE, SOUTH, STEP, WEST, unit_id

EDITING = Path(dashboard.__file__).parent / "assets/editing.js"
GRID = 1e7
FACE = 3
MINE = 1001
"""The parent of the board's western half, whose head edits; the eastern half is the neighbour's."""

ROADS = {
    7: ("Long Road", ((0.2, 5.3), (4, 5.35), (5, 5.2), (6, 5.35), (9.8, 5.3))),
    8: ("High Road", ((4.8, 4), (4.85, 4.5), (4.8, 5), (4.85, 6))),
}
"""Roads across the board: names, and places in squares from its corner."""


def steps(x: float, y: float) -> Vertex:
    """Return a place of the board, counted in squares from its corner, in grid steps."""
    return round((WEST + x * STEP) * GRID), round((SOUTH + y * STEP) * GRID)


def degrees(vertex: Vertex) -> list[float]:
    return [vertex[0] / GRID, vertex[1] / GRID]


def corner(x: float, y: float) -> list[float]:
    return degrees(steps(x, y))


def square(x: float, y: float) -> Rings:
    return ordered([[steps(x, y), steps(x + 1, y), steps(x + 1, y + 1), steps(x, y + 1)]])


def squares(size: int = SIZE) -> dict[int, Unit]:
    """Return the units of a board: squares in two halves of one whole."""
    units = {
        1000: Unit(1, None, "B"),
        MINE: Unit(2, 1000, "B1", {"en": "West"}),
        MINE + 1: Unit(2, 1000, "B2", {"en": "East"}),
    }
    for y in range(size):
        for x in range(size):
            number = unit_id(x, y) if size == SIZE else 2000 + x + y * size
            parent = MINE + (2 * x >= size)
            code = f"{units[parent].code}{number:05}"
            units[number] = Unit(FACE, parent, code, {"en": f"Grid {x}-{y}"}, rings=square(x, y))
    return units


@dataclass(frozen=True)
class Arc:
    """A border from one meeting point to the next."""

    line: Ring
    left: int | None
    right: int | None

    @property
    def id(self) -> str:
        return f"{hash(self):x}"

    @property
    def is_locked(self) -> bool:
        return self.left is None or self.right is None


def arcs(division: Division) -> dict[str, Arc]:
    """Return the borders of a division, each once."""
    found = [
        arc
        for number, unit in division.units.items()
        for ring in unit.rings or ()
        for arc in _around(division, number, ring)
        # Each is walked from both sides.
        if arc.right is None or number < arc.right
    ]
    return {arc.id: arc for arc in found}


def _around(division: Division, number: int, ring: Ring) -> Iterator[Arc]:
    beside = [division.left_of(end, start) for start, end in edges((ring,))]
    sides = [*beside[-1:], *beside]
    ends = [
        k
        for k, vertex in enumerate(ring)
        if sides[k] != sides[k + 1] or len(division.faces_at(vertex)) != 1 + (sides[k] is not None)
    ]
    if not ends:
        yield Arc((*ring, ring[0]), number, beside[0])
    for first, last in zip(ends, [*ends[1:], *(k + len(ring) for k in ends[:1])], strict=True):
        yield Arc((*ring, *ring)[first : last + 1], number, beside[first])


def vertex(place: Sequence[float]) -> Vertex:
    return round(place[0] * GRID), round(place[1] * GRID)


def line_of(places: Sequence[Sequence[float]]) -> list[Vertex]:
    return [vertex(place) for place in places]


def operations(what: Mapping[str, Any]) -> Sequence[Operation]:
    """Read what the editor asks for, as far as its tools can ask."""
    kind = what["do"]
    if kind == "move":
        return [MoveVertices({vertex(old): vertex(new) for old, new in what["moves"]})]
    if kind == "insert":
        return [InsertVertex(*(vertex(what[name]) for name in ("start", "end", "at")))]
    if kind == "delete":
        return [DeleteVertex(vertex(what["at"]))]
    if kind == "reshape":
        return redraw(line_of(what["line"]))
    if kind == "follow":
        road = shapely.LineString([steps(*place) for place in ROADS[what["road"]][1]])
        return redraw(along(road, vertex(what["start"]), vertex(what["end"])))
    if kind == "split":
        return [Split(what["unit"], [line_of(line) for line in what["lines"]])]
    return [Take(what["to"], ordered([line_of(what["area"])]))]


@dataclass
class Draft:
    """One change order on the board."""

    units: dict[int, Unit] = field(default_factory=squares)
    revision: int = 1
    done: int = 0
    steps: int = 0
    # What was asked for, in order, and how long the next answer is kept waiting.
    asked: list[tuple[str, Any]] = field(default_factory=list)
    wait: float = 0
    # Requests that wait for an answer, and the most that ever did at once.
    open: int = 0
    most_open: int = 0
    is_gone: bool = False

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget all that was done and asked."""
        self.done = self.steps = 0
        # Never back: the browser may still know the one before.
        self.revision += 1
        self.wait, self.most_open, self.is_gone = 0, 0, False
        self.asked.clear()
        self.division = Division(self.units)
        self.before = arcs(self.division)

    def said(self, path: str) -> list[Any]:
        """Return what was asked of one address."""
        return [body for asked, body in self.asked if asked == path]

    def ring(self, column: int, row: int) -> list[Vertex]:
        return list(self.division.face(unit_id(column, row))[0])

    def ground(self) -> dict[str, Any]:
        return {
            **self._standing(),
            "editable": True,
            "arcs": [self._arc(arc) for arc in arcs(self.division).values()],
            "units": [self._unit(n) for n in self.division.units],
        }

    def change(self, act: Callable[[], Delta | None]) -> dict[str, Any]:
        """Carry something out and answer with the difference."""
        known, units = arcs(self.division), dict(self.division.units)
        delta = act() or Delta()
        now = arcs(self.division)
        self.revision += 1
        gone = [n for n in units if n not in self.division.units]
        return {
            **self._standing(),
            "arcs": {
                "gone": [key for key in known if key not in now],
                "new": [self._arc(arc) for key, arc in now.items() if key not in known],
            },
            "units": {
                "gone": gone,
                "new": [self._unit(n) for n in delta.units if n in self.division.units],
            },
            "said": f"Done: {len(delta.units)} units.",
        }

    def operate(self, operation: Any) -> Delta:
        delta = self.division.do(*operations(operation))
        self.done += 1
        self.steps = self.done
        return delta

    def turn(self, by: int) -> Delta | None:
        delta = self.division.undo() if by < 0 else self.division.redo()
        self.done += by if delta else 0
        return delta

    def look(self, operation: Any) -> dict[str, Any]:
        """Say what an operation would do, and leave all as it is."""
        trial = Division(self.division.units)
        try:
            trial.do(*operations(operation))
        except CityGridError as error:
            return {"numbers": None, "refused": str(error)}
        return {"numbers": self._numbers(trial), "refused": None}

    def _standing(self) -> dict[str, Any]:
        return {
            "revision": self.revision,
            "done": self.done,
            "steps": self.steps,
            "moved": {"type": "FeatureCollection", "features": self._moved()},
            "numbers": self._numbers(self.division),
            "remarks": [],
        }

    def _redrawn(self, division: Division) -> list[int]:
        now = division.units
        return [n for n in {**self.units, **now} if _rings(self.units, n) != _rings(now, n)]

    def _numbers(self, division: Division) -> dict[str, Any]:
        rows = [
            {
                "unit": n,
                "code": f"U{n}",
                "names": {"en": f"Unit {n}"},
                "side": "both",
                "values": {
                    "area_m2": {
                        "before": _area(self.units, n),
                        "after": _area(division.units, n),
                        "is_exact": True,
                    }
                },
            }
            for n in sorted(self._redrawn(division))
        ]
        return {"level": FACE, "columns": ["area_m2"], "rows": rows}

    def _moved(self) -> list[dict[str, Any]]:
        redrawn = self._redrawn(self.division)
        now = self.division.units
        found = []
        for to in redrawn:
            for giver in redrawn:
                old, new = _rings(self.units, giver), _rings(now, to)
                if giver == to or not old or not new:
                    continue
                common = shape(old).intersection(shape(new))
                if common.area > 0:
                    ground = shapely.transform(common, lambda xy: xy / GRID)
                    found.append(
                        {
                            "type": "Feature",
                            "properties": {"from": giver, "to": to},
                            "geometry": shapely.geometry.mapping(ground),
                        }
                    )
        return found

    def _arc(self, arc: Arc) -> dict[str, Any]:
        return {
            "id": arc.id,
            "line": [degrees(vertex) for vertex in arc.line],
            "left": arc.left,
            "right": arc.right,
            "locked": arc.is_locked,
            "changed": arc.id not in self.before,
        }

    def _unit(self, number: int) -> dict[str, Any]:
        unit = self.division.units[number]
        label = shape(unit.rings).representative_point() if unit.rings else None
        return {
            "id": number,
            "code": unit.code,
            "names": dict(unit.names),
            "kind": unit.kind,
            "level": unit.level,
            "parent": unit.parent,
            "face": unit.rings is not None,
            "mine": unit.parent == MINE,
            "changed": self.units.get(number) != unit,
            "created": number not in self.units,
            "label": label and degrees((label.x, label.y)),
        }


def _rings(units: Any, number: int) -> Rings | None:
    return units[number].rings if number in units else None


def _area(units: Any, number: int) -> float:
    """Return an area in thousands of square grid steps, which are no square metres."""
    rings = _rings(units, number)
    return shape(rings).area / 1000 if rings else 0.0


COLOURS = {
    "accent": "#0f766e", "surface": "#ffffff", "text": "#111827", "secondary": "#4b5563",
    "edge": "#6b7280", "gain": "#0f766e", "loss": "#c2410c", "theirs": "#6554c0", "pin": "#1d6fb8",
}  # fmt: skip
TEXTS = {
    "border": "Border of {left} and {right}",
    "point": "Corner {n} of {count}",
    "node": "Meeting point {n} of {count}",
    "middle": "New corner {n} of {count}",
    "fixed": "This point is fixed.",
    "moved": "Moved by {metres} m",
    "refused_locked": "The outer border is locked.",
    "unnamed": "nobody",
    "waiting": "Waiting for the server.",
}
BASE = {"order": 1, "url": "boundaries/1", "language": "en", "texts": TEXTS, "colours": COLOURS}


def wired(app: Dash, draft: Draft) -> list[Component]:
    """Put beside the map what the page has: the stores of the editor, its script, its table."""
    answer(app.server, draft)
    app.index_string = app.index_string.replace(
        "</body>", '<script src="/editing.js"></script></body>'
    )
    clientside: Any = app.clientside_callback
    clientside(
        "(...given) => window.citygrid.edit.next(...given)",
        Output("edit", "data"),
        Input("edit-event", "data"),
        Input("map", "picked"),
        Input("map", "edited"),
        Input("edit-base", "data"),
        State("edit", "data"),
    )
    clientside(
        "(...given) => window.citygrid.edit.spec(...given)",
        Output("map", "editor"),
        Input("edit", "data"),
        Input("edit-base", "data"),
    )
    figures = [html.Span(**{"data-part": part}) for part in ("before", "after", "difference")]
    row = [html.B(**{"data-part": "name"}), html.Span(figures, **{"data-key": "area_m2"})]
    table = html.Div([html.Div(row, hidden=True, **{"data-template": ""})], id="edit-numbers")
    stores = [dcc.Store(id=name) for name in ("edit", "edit-event")]
    buttons = [html.Button(name, **{"data-does": f"edit-{name}"}) for name in ("undo", "redo")]
    # Over the map's upper edge, and in nobody's way there.
    table.style = {"pointerEvents": "none"}
    aside = html.Aside([*buttons, table], style={"position": "fixed", "left": 0, "top": 0})
    return [*stores, dcc.Store(id="edit-base", data=BASE), aside]


def answer(server: FastAPI, draft: Draft) -> None:
    """Answer what the editor asks, as the server of the page does."""

    @server.get("/editing.js")
    async def script() -> FileResponse:
        return FileResponse(EDITING)

    @server.exception_handler(CityGridError)
    async def refuse(_: Request, error: CityGridError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 422)

    @server.get("/boundaries/1/ground")
    async def ground() -> Any:
        draft.asked.append(("ground", None))
        return draft.ground()

    @server.get("/boundaries/1/roads")
    async def roads(bounds: str) -> Any:
        draft.asked.append(("roads", bounds))
        features = [
            {
                "type": "Feature",
                "properties": {"kind": "road", "id": number, "name": name},
                "geometry": {"type": "LineString", "coordinates": [corner(*at) for at in places]},
            }
            for number, (name, places) in ROADS.items()
        ]
        return {"type": "FeatureCollection", "features": features}

    @server.post("/boundaries/1/{path}")
    async def post(path: str, request: Request) -> Any:
        body = await request.json()
        draft.asked.append((path, body))
        draft.open += 1
        draft.most_open = max(draft.most_open, draft.open)
        await asyncio.sleep(draft.wait)
        draft.open -= 1
        if draft.is_gone:
            return JSONResponse({}, 503)
        if body["revision"] != draft.revision:
            return JSONResponse({"error": "The order has been changed meanwhile."}, 409)
        if path == "try":
            return {"n": body["n"], **draft.look(body["operation"])}
        acts: dict[str, Callable[[], Delta | None]] = {
            "do": lambda: draft.operate(body["operation"]),
            "undo": lambda: draft.turn(-1),
            "redo": lambda: draft.turn(1),
        }
        return draft.change(acts[path])
