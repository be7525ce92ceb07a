"""Commands that take data out, for whoever works on the machine itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import click

from dashboard.cli.context import Settings, record
from gis.access.audit import Act, machine_login
from gis.access.viewer import everything
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
    with settings.writing() as db:
        made = exported(db, key, day, Format(kind), Crs(crs), now=now)
        if not dry_run:
            file.write_bytes(made)
            details = {"what": "zoning", "day": str(day or "today"), "format": kind, "crs": crs}
            record(db, Act.EXPORT, {**details, "why": why}, subject=f"zoning/{key}")
    said = "exported.would" if dry_run else "exported.done"
    on = day or settings.say("exported.today")
    click.echo(settings.say(said, n=len(made), key=key, day=on, file=file))


@export.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("kinds", nargs=-1, metavar="[KIND]...")
@click.option("--minutes", type=click.IntRange(1, 120), help="Within so many minutes.")
@click.option("--metres", type=click.IntRange(1, 20_000), help="Within so many metres.")
@click.option("--scenario", type=int, metavar="N", help="A scenario, beside the city as it is.")
@click.option("--against", type=int, metavar="N", help="Another scenario beside it, not today.")
@click.option("--level", metavar="KEY", help="Which units the map shows.")
@click.option("--gaps", is_flag=True, help="The list of what is not reached: .xlsx or .csv.")
@click.option("--crs", default="4490", show_default=True, help="EPSG code of a .gpkg, or metric.")
@click.option("--why", default="", help="Why it is taken out; stands in the audit.")
@click.pass_obj
def coverage(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    file: Path,
    kinds: tuple[str, ...],
    minutes: int | None,
    metres: int | None,
    scenario: int | None,
    against: int | None,
    level: str | None,
    crs: str,
    why: str,
    *,
    gaps: bool,
) -> None:
    """Write whom facilities reach to FILE: a table, layers or a map, by its ending.

    .xlsx has a sheet for each level, .gpkg a layer; .pdf and .png are a map of A3.

    \b
    Example:
        citygrid export coverage clinics.pdf clinic --minutes 15
    """
    from dashboard.cli.coverage import level_of
    from dashboard.coverage.desk import Desk
    from dashboard.coverage.out import content, files
    from dashboard.scene import Scene
    from dashboard.view import View

    kind, known = file.suffix.removeprefix(".").lower(), files.LISTS if gaps else files.SHEETS
    if kind not in known:
        raise FileError(
            f"{file.name!r} is none of: {', '.join(known)}; give the file one of these endings.",
            key="error.export_ending", file=file.name, known=known,
        )  # fmt: skip
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with settings.writing() as db:
        view = View(
            mode="coverage", kinds=",".join(kinds), minutes=minutes, metres=metres,
            language=settings.language,
        )  # fmt: skip
        scene = Scene(view, db)
        if level:
            scene = Scene(replace(view, level=level_of(db, scene.city, level)), db)
        who = replace(everything(db), name=machine_login())
        found = content.read(scene, Desk(), who, scenario, now, against)
        made = files.gaps(found, kind) if gaps else files.maker(found, kind, crs)()
        file.write_bytes(made)
        what = "uncovered addresses" if gaps else "coverage"
        details = {"what": what, "format": f"{kind} {crs}", "exact": True, "why": why}
        record(db, Act.EXPORT, details, subject=f"coverage/{','.join(found.asked.kinds)}")
    click.echo(settings.say("exported.coverage", n=len(made), what=found.title, file=file))
