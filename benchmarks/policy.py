"""What the row policy costs: the same questions with it and without, in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyproj import Transformer
from sqlalchemy import Connection, Engine, func, select, text

from benchmarks import contest, prepared
from benchmarks.contest import Clock, ContestError
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from gis.access.viewer import Viewer, act_as, everything
from gis.database import Role, Server
from gis.tables import people
from layers import statistics, tiles
from layers.tiles import Address

# No more than so many times slower: said as the least ratio to the same without the policy.
TILES, STATISTICS = 1 / 1.5, 1 / 1.2
TIMES = 40
ZOOMS = (14, 16)
# The head of one subdistrict, one range of units; and somebody with so many ranges.
RANGES = 300
ROUNDED = "tiles of people"
HEADLINE = ("people", "households", "buildings", "incidents")

Question = Callable[[Connection], Any]


@dataclass(frozen=True)
class Place:
    """Where is asked: a subdistrict, and a point in it where many live."""

    unit: int
    last: int
    level: int
    lon: float
    lat: float


def measure(size: Size) -> Iterator[Row]:
    """Ask for tiles and statistics under the policy and past it."""
    with prepared.demo(size.city) as demo:
        outcome = contest.run(ask, demo.server, apart=size.apart)
    for name, aim in outcome.value.items():
        asked = sorted(lap for lap in outcome.laps if lap.startswith(f"{name}:"))
        under = sum(outcome.laps[lap] for lap in asked if lap.endswith("under it"))
        past = sum(outcome.laps[lap] for lap in asked if lap.endswith("past it"))
        yield Row(
            f"{name}, row policy",
            f"demo {size.city}",
            Reading(under, Unit.SECONDS),
            Reading(past, Unit.SECONDS),
            "the same without it",
            aim=aim,
            note=f"{len(asked) // 2} questions, transaction and viewer told included",
        )


def ask(clock: Clock, target: Server) -> Mapping[str, float]:
    """Time each question for each viewer, by turns under the policy and past it."""
    app, owner = target.engine(Role.APP, pool_size=1), target.engine(Role.OWNER, pool_size=1)
    with owner.connect() as db:
        place = _place(db)
        questions = _questions(place)
        viewers, all_seeing = _viewers(db, place), everything(db)
    for name, (_, asked) in questions.items():
        for number, question in enumerate(asked):
            seen = _one(app, all_seeing, question), _one(owner, all_seeing, question)
            # Persons' cells are rounded for everybody.
            if name != ROUNDED and not _same(*seen):
                raise ContestError(f"{name}: under the policy who sees all does not.")
            for who, viewer in viewers.items():
                under = partial(_one, app, viewer, question)
                past = partial(_one, owner, viewer, question)
                for _ in range(TIMES):
                    with clock.lap(f"{name}: {number} {who} under it"):
                        under()
                    with clock.lap(f"{name}: {number} {who} past it"):
                        past()
    app.dispose()
    owner.dispose()
    return {name: aim for name, (aim, _) in questions.items()}


def _one(engine: Engine, viewer: Viewer, question: Question) -> Any:
    with engine.connect() as db, db.begin():
        act_as(db, viewer)
        return question(db)


def _same(one: Any, other: Any) -> bool:
    return bool(one.equals(other)) if hasattr(one, "equals") else bool(one == other)


def _questions(place: Place) -> dict[str, tuple[float, list[Question]]]:
    def tile_at(layer: str, z: int) -> Question:
        at = _tile(layer, place, z)
        return lambda db: tiles.tile(db, at)

    return {
        "tiles of incidents": (TILES, [tile_at("incidents", z) for z in ZOOMS]),
        ROUNDED: (TILES, [tile_at("people", z) for z in ZOOMS]),
        "people of a tile's place": (TILES, [partial(_people_in, _tile("people", place, 16))]),
        "statistics": (
            STATISTICS,
            [
                lambda db: statistics.numbers(db, place.unit, HEADLINE),
                lambda db: statistics.children(db, place.unit, HEADLINE),
                lambda db: statistics.values(db, 1, place.level, "people", place.unit),
                lambda db: statistics.values(db, 1, place.level, "people"),
                lambda db: statistics.pyramid(db, place.unit),
            ],
        ),
    }


def _people_in(at: Address, db: Connection) -> list[Any]:
    """Return how many live where in a tile: what a panel of one's own grid asks."""
    c = people.c
    inside = c.geom.bool_op("&&")(func.ST_MakeEnvelope(*at.bounds_4326, 4326))
    query = select(c.unit_id, func.sum(c.count)).where(inside).group_by(c.unit_id)
    return sorted(tuple(row) for row in db.execute(query))


def _viewers(db: Connection, place: Place) -> dict[str, Viewer]:
    ids = db.scalars(text("SELECT unit_id FROM unit_version WHERE zoning_id = 1 ORDER BY 1")).all()
    step = max(2, len(ids) // RANGES)
    scattered = tuple((number, number) for number in ids[::step])
    own = ((place.unit, place.last),)
    return {
        "head": Viewer(units=own, cases=own),
        "many ranges": Viewer(units=scattered, cases=scattered),
    }


def _place(db: Connection) -> Place:
    """Return the unit of the third level where most people live, and the thick of it."""
    row = db.execute(
        text(
            "SELECT v.unit_id, v.rgt, (SELECT max(level) FROM unit_version WHERE zoning_id = 1), "
            "ST_X(b.centre), ST_Y(b.centre) FROM unit_version v "
            "JOIN unit_count c ON c.unit_id = v.unit_id "
            "JOIN measure m ON m.id = c.measure_id AND m.name = 'people' "
            "JOIN building b ON b.unit_id BETWEEN v.unit_id AND v.rgt "
            "WHERE v.zoning_id = 1 AND v.level = 3 "
            "ORDER BY c.n DESC, b.floor_area_m2 DESC, b.id LIMIT 1"
        )
    ).one()
    return Place(*row)


def _tile(layer: str, place: Place, z: int) -> Address:
    size = 2 * tiles.HALF_WORLD_M / (1 << z)
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(place.lon, place.lat)
    return Address(layer, z, int((x + tiles.HALF_WORLD_M) / size),
                   int((tiles.HALF_WORLD_M - y) / size))  # fmt: skip
