"""What the command for coverage says of the streets themselves, and of what hangs on none."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from dashboard.cli.context import Settings, record
from gis import places
from gis.access.audit import Act
from gis.errors import FileError, NotFoundError

# Here and below, because `citygrid up` starts in a blink without them.
if TYPE_CHECKING:
    from layers.coverage.odd import Odd, Off
    from layers.coverage.streets import Mode

COLUMNS = ("what", "key", "name", "why", "to", "metres", "lon", "lat")
# Excel takes a file that begins so for UTF-8.
MARK = b"\xef\xbb\xbf"


def tell(settings: Settings, db: Connection, mode: Mode, file: Path | None) -> None:
    """Print the report of the streets one walks or drives along, and write what is odd to a file.

    Raises
    ------
    FileError
        The file is no .csv.
    NotFoundError
        There is no city.
    """
    from rich.console import Console
    from rich.table import Table

    from layers.coverage.odd import odd

    if file is not None and file.suffix.lower() != ".csv":
        raise FileError(
            f"{file.name!r} is no .csv; give the file that ending.",
            key="coverage.no_csv", file=file.name,
        )  # fmt: skip
    city = places.city(db)
    if city is None:
        raise NotFoundError("The database holds no city.", key="error.no_city")
    say, found = settings.say, odd(db, city, mode)
    told = found.report
    table = Table(show_header=False)
    for name, value in (
        ("length", f"{told.length_m / 1000:,.1f} km"),
        ("size", say("streets.sizes", nodes=told.nodes, edges=told.edges)),
        ("lots", say("streets.lots_of", n=told.lots, km=f"{told.island_m / 1000:,.2f}")),
        ("joined", say("streets.joined_n", n=len(found.joined))),
        ("doors", _off(settings, found.doors, found.doors_off)),
        ("facilities", _off(settings, found.facilities, found.facilities_off)),
    ):
        table.add_row(say(f"streets.{name}"), value)
    console = Console()
    console.print(say(f"streets.title_{mode}"))
    console.print(table)
    lines = list(_lines(settings, found))
    if file is None:
        if lines:
            console.print(say("streets.list", n=len(lines)))
        return
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([say(f"streets.column_{column}") for column in COLUMNS])
    writer.writerows(lines)
    try:
        file.write_bytes(MARK + text.getvalue().encode())
    except OSError as error:
        raise FileError(
            f"{file} cannot be written: {error.strerror}.",
            key="coverage.not_written", file=str(file), why=str(error.strerror),
        ) from error  # fmt: skip
    record(db, Act.EXPORT, {"what": "streets", "format": "csv"})
    console.print(say("streets.written", n=len(lines), file=str(file)))


def _off(settings: Settings, everything: int, off: tuple[Off, ...]) -> str:
    say = settings.say
    by_reason = Counter(each.reason for each in off)
    why = [say(f"streets.why_{reason}_n", n=n) for reason, n in sorted(by_reason.items())]
    said = say("streets.off_n", n=len(off), all=everything)
    return (
        said if not why else say("streets.off_why", said=said, why=say("error.between").join(why))
    )


def _lines(settings: Settings, found: Odd) -> Iterator[tuple[str, ...]]:
    """Return a line for each thing that is odd: roads joined, then facilities, then doors."""
    from dashboard.reports.workbook import safe

    say = settings.say
    for one in found.joined:
        yield (
            say("streets.is_joined"), safe(one.road), "", say("streets.why_joined"), safe(one.to),
            f"{one.gap_m:.2f}", f"{one.lon:.6f}", f"{one.lat:.6f}",
        )  # fmt: skip
    for what, some in (("facility", found.facilities_off), ("door", found.doors_off)):
        for off in some:
            yield (
                say(f"streets.is_{what}"), safe(off.key), safe(off.name or ""),
                say(f"streets.why_{off.reason}"), "",
                f"{off.street_m:.0f}", f"{off.lon:.6f}", f"{off.lat:.6f}",
            )  # fmt: skip
