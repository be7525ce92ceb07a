"""How much memory loading a whole city takes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from benchmarks import prepared
from benchmarks.prepared import Demo
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from gis.database import Role

# Ten million people in less than this; of more people in as much more.
LIMIT_MB, LIMIT_PEOPLE = 4 * 1024, 10_000_000
BIG_LIMIT_S = 3_600.0


def measure(size: Size) -> Iterator[Row]:
    """Load demo cities by the product's own command, and tell its peak."""
    with prepared.demo(size.city) as demo:
        yield from _rows(demo, size.city)
    if size.big_city:
        # Some ten gigabytes that nothing else is measured on.
        prepared.forget(prepared.cache() / size.big_city)
        with prepared.demo(size.big_city, limit_s=BIG_LIMIT_S) as demo:
            rows = list(_rows(demo, size.big_city))
        prepared.forget(prepared.cache() / size.big_city)
        yield from rows


def _rows(demo: Demo, name: str) -> Iterator[Row]:
    engine = demo.server.engine(Role.OWNER)
    with engine.connect() as db:
        people = db.scalar(text("SELECT sum(count) FROM people"))
        total = sum(db.scalars(text("SELECT rows FROM layer_state")))
    engine.dispose()
    amount = f"demo {name}: {people:,} people, {total:,} rows in all"
    when = f"loaded {demo.loaded_on}"
    yield Row("generating and loading a city", amount, Reading(demo.usage.seconds, Unit.SECONDS),
              note=when)  # fmt: skip
    limit = Reading(LIMIT_MB * max(1.0, people / LIMIT_PEOPLE), Unit.MEGABYTES)
    yield Row("peak memory of the loading program", amount,
              Reading(demo.usage.peak_mb, Unit.MEGABYTES), limit=limit, note=when)  # fmt: skip
    yield Row("peak memory of it and PostgreSQL together", amount,
              Reading(demo.usage.together_mb, Unit.MEGABYTES), limit=limit,
              note=f"{when}; sampled, shared pages once")  # fmt: skip
