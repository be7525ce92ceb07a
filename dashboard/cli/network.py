"""What the command for coverage says of the streets themselves, and of what hangs on none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from dashboard.cli.context import Settings, record
from gis import places
from gis.access.audit import Act
from gis.errors import FileError

# Here and below, because `citygrid up` starts in a blink without them.
if TYPE_CHECKING:
    from layers.coverage.streets import Mode


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

    from dashboard.coverage.out.odd_list import as_csv, counted, lines
    from layers.coverage.odd import odd

    if file is not None and file.suffix.lower() != ".csv":
        raise FileError(
            f"{file.name!r} is no .csv; give the file that ending.",
            key="coverage.no_csv", file=file.name,
        )  # fmt: skip
    city = places.city_of(db)
    say, found = settings.say, odd(db, city, mode)
    table = Table(show_header=False)
    for name, value in counted(say, found):
        table.add_row(name, value)
    console = Console()
    console.print(say(f"streets.title_{mode}"))
    console.print(table)
    n = sum(1 for _ in lines(say, found))
    if file is None:
        if n:
            console.print(say("streets.list", n=n))
        return
    try:
        file.write_bytes(as_csv(say, found))
    except OSError as error:
        raise FileError(
            f"{file} cannot be written: {error.strerror}.",
            key="coverage.not_written", file=str(file), why=str(error.strerror),
        ) from error  # fmt: skip
    record(db, Act.EXPORT, {"what": "streets", "format": "csv"})
    console.print(say("streets.written", n=n, file=str(file)))
