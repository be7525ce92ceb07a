"""Commands that take data out, for whoever works on the machine itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from dashboard.cli.context import Settings, acting, record
from gis.access.audit import Act
from gis.database import Role
from gis.errors import FileError

# As `dashboard.reports.zoning` has them, which takes long to import.
FORMATS = ("gpkg", "geojson")
SYSTEMS = ("4326", "4490", "metric")


@click.group()
def export() -> None:
    """Take data out as files. Each export stands in the audit.

    \b
    Example:
        citygrid export zoning main --at 2026-05-01 grid.gpkg
    """


@export.command()
@click.argument("key", default="main")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The day; today if left out.")
@click.option(
    "--crs", type=click.Choice(SYSTEMS), default="4326", show_default=True,
    help="WGS 84, CGCS2000, or the city's own metric system.",
)  # fmt: skip
@click.option("--why", default="", help="Why it is taken out; stands in the audit.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, write nothing.")
@click.pass_obj
def zoning(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    key: str,
    file: Path,
    at: dt.datetime | None,
    crs: str,
    why: str,
    *,
    dry_run: bool,
) -> None:
    """Write the zoning KEY as it was at the end of a day to FILE, a .gpkg or .geojson.

    A GeoPackage has a table for each level; `citygrid init` reads either back.

    \b
    Example:
        citygrid export zoning main --at 2026-05-01 grid.gpkg
    """
    from dashboard.reports.zoning import Crs, Format, exported

    kind = file.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise FileError(
            f"{file.name!r} is no .gpkg and no .geojson; give the file one of these.",
            key="error.export_format", file=file.name,
        )  # fmt: skip
    day = at.date() if at else None
    now = dt.datetime.now(dt.UTC)
    with (
        settings.loaded_city() as target,
        acting(target, Role.OWNER) as engine,
        engine.begin() as db,
    ):
        made = exported(db, key, day, Format(kind), Crs(crs), now=now)
        if not dry_run:
            file.write_bytes(made)
            details = {"what": "zoning", "day": str(day or "today"), "format": kind, "crs": crs}
            record(db, Act.EXPORT, {**details, "why": why}, subject=f"zoning/{key}")
    said = "exported.would" if dry_run else "exported.done"
    on = day or settings.say("exported.today")
    click.echo(settings.say(said, n=len(made), key=key, day=on, file=file))
