"""The files an answer is taken out in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dashboard.coverage.out import book, gaps_list, gis_file, sheet
from dashboard.coverage.out.content import Content

SHEETS = ("xlsx", "gpkg", "pdf", "png")
LISTS = ("xlsx", "csv")


def maker(content: Content, kind: str, crs: str) -> Callable[[], bytes]:
    """Read what is needed, and return what makes the file of it, which needs no connection.

    Parameters
    ----------
    kind
        One of `SHEETS`.
    crs
        Of a GeoPackage; see `systems.crs_of`.
    """
    if kind in ("pdf", "png"):
        return partial(sheet.made, sheet.read(content), "png" if kind == "png" else "pdf")
    done = book.workbook(content) if kind == "xlsx" else gis_file.geopackage(content, crs)
    return lambda: done


def gaps(content: Content, kind: str) -> bytes:
    """Return the list of what is not reached; ``kind`` is one of `LISTS`."""
    listed = gaps_list.read(content)
    if kind == "csv":
        return gaps_list.as_csv(content, listed)
    return book.gaps_book(content, listed)
