"""What is odd about the streets, as a list for whoever looks after the files they came from."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import shapely

from dashboard.coverage.out import tables
from dashboard.coverage.out.gis_file import stamp
from dashboard.coverage.out.tables import Part
from dashboard.reports.workbook import safe
from dashboard.text import Say
from gis.tables import STORED_CRS
from layers.coverage.odd import Odd, Off

FORMS = ("xlsx", "csv", "gpkg")
# Excel takes a file that begins so for UTF-8.
MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One thing that is odd, in words."""

    what: str
    key: str
    name: str
    why: str
    to: str
    metres: float
    lon: float
    lat: float


def lines(say: Say, found: Odd) -> Iterator[Line]:
    """Return a line for each thing that is odd: roads joined, then facilities, then doors."""
    for one in found.joined:
        yield Line(
            say("streets.is_joined"), one.road, "", say("streets.why_joined"), one.to,
            round(one.gap_m, 2), round(one.lon, 6), round(one.lat, 6),
        )  # fmt: skip
    for what, some in (("facility", found.facilities_off), ("door", found.doors_off)):
        for off in some:
            yield Line(
                say(f"streets.is_{what}"), off.key, off.name or "",
                say(f"streets.why_{off.reason}"), "",
                round(off.street_m), round(off.lon, 6), round(off.lat, 6),
            )  # fmt: skip


def counted(say: Say, found: Odd) -> tuple[tuple[str, str], ...]:
    """Return the streets in numbers, each with its name."""
    told = found.report
    return (
        (say("streets.length"), f"{told.length_m / 1000:,.1f} km"),
        (say("streets.size"), say("streets.sizes", nodes=told.nodes, edges=told.edges)),
        (
            say("streets.lots"),
            say("streets.lots_of", n=told.lots, km=f"{told.island_m / 1000:,.2f}"),
        ),
        (say("streets.joined"), say("streets.joined_n", n=len(found.joined))),
        (say("streets.doors"), _off(say, found.doors, found.doors_off)),
        (say("streets.facilities"), _off(say, found.facilities, found.facilities_off)),
    )


def made(say: Say, found: Odd, kind: str, author: str, moment: dt.datetime) -> bytes:
    """Return the list as a file; ``kind`` is one of `FORMS`."""
    if kind == "csv":
        return as_csv(say, found)
    listed = list(lines(say, found))
    if kind == "gpkg":
        return _geopackage(listed, moment)
    heads = tuple(say(f"streets.column_{name}") for name in Line._fields)
    parts = [Part(say("streets.title"), ("", ""), counted(say, found))]
    for what in ("joined", "facility", "door"):
        named = say(f"streets.is_{what}")
        parts.append(Part(named, heads, tuple(each for each in listed if each.what == named)))
    return tables.workbook(say("streets.title"), author, parts, moment)


def as_csv(say: Say, found: Odd) -> bytes:
    """Return the list as CSV in UTF-8, which begins so that Excel knows it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([say(f"streets.column_{name}") for name in Line._fields])
    for line in lines(say, found):
        writer.writerow([safe(each) if isinstance(each, str) else str(each) for each in line])
    return MARK + text.getvalue().encode()


def _geopackage(listed: list[Line], moment: dt.datetime) -> bytes:
    columns = {name: [getattr(each, name) for each in listed] for name in Line._fields}
    lon, lat = columns.pop("lon"), columns.pop("lat")
    frame = gpd.GeoDataFrame(columns, geometry=shapely.points(lon, lat), crs=STORED_CRS)
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / "streets.gpkg"
        frame.to_file(path, driver="GPKG", layer="odd", geometry_type="Point")
        stamp(path, moment)
        return path.read_bytes()


def _off(say: Say, everything: int, off: tuple[Off, ...]) -> str:
    by_reason = Counter(each.reason for each in off)
    why = [say(f"streets.why_{reason}_n", n=n) for reason, n in sorted(by_reason.items())]
    said = say("streets.off_n", n=len(off), all=everything)
    return (
        said if not why else say("streets.off_why", said=said, why=say("error.between").join(why))
    )
