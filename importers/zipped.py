"""Workbooks are archives: one that would not fit into memory is refused before it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

from gis.errors import FileError

MOST_UNPACKED = 100_000_000


def check_workbook(path: Path, most: int = MOST_UNPACKED) -> None:
    """Raise FileError where an .xlsx unpacks to more than ``most`` bytes, or is no archive."""
    if path.suffix.lower() != ".xlsx":
        return
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except zipfile.BadZipFile as error:
        raise FileError(
            f"{path.name} is no readable workbook ({error}). Save it again as .xlsx.",
            key="error.file_workbook", file=path.name,
        ) from error  # fmt: skip
    if size > most:
        raise FileError(
            f"{path.name} would unpack to more than {most // 1_000_000} MB; leave out what is not "
            "needed.",
            key="candidates.too_big", file=path.name, most=most // 1_000_000,
        )  # fmt: skip
