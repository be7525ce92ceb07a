"""Commands for a city and its data: load it, add to it, look at it, check it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from sqlalchemy import Connection, text

from dashboard.cli import progress, told
from dashboard.cli.context import DEMO, SIZES, Settings, acting, database_of, folder_of, record
from gis import migrations
from gis.access.audit import Act
from gis.city import is_city_id
from gis.database import Role
from gis.errors import SettingsError

DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)
FILE = click.Path(path_type=Path, exists=True)


@click.command()
@click.argument("city")
@click.option("--files", type=DIRECTORY, help="Where the files named in city.toml are.")
@click.option("--replace", is_flag=True, help="Load anew a city that is loaded already.")
@click.option("--dry-run", is_flag=True, help="Check everything, load nothing.")
@click.pass_obj
def init(
    settings: Settings, city: str, files: Path | None, *, replace: bool, dry_run: bool
) -> None:
    """Load a whole city from its folder and files, all or nothing.

    CITY is a folder under data/boundaries, or the path of one with a city.toml.

    \b
    Example:
        citygrid init taipei --files ../shared/data/taipei
    """
    load(settings, folder_of(city), files, "", replace=replace, dry_run=dry_run)


@click.command()
@click.option(
    "--size",
    default="district",
    show_default=True,
    type=click.Choice(SIZES),
    help="small: seconds; district: 1.55 million people; city: ten times that.",
)
@click.option("--replace", is_flag=True, help="Load it anew if it is loaded already.")
@click.pass_obj
def demo(settings: Settings, size: str, *, replace: bool) -> None:
    """Generate the demo city and load it. Everything in it is made up.

    \b
    Example:
        citygrid demo --size small
    """
    load(settings, folder_of(DEMO), None, size, replace=replace, dry_run=False)


@click.command("import")
@click.argument("layer")
@click.argument("file", type=FILE)
@click.option("--table", help="Which table of a GeoPackage, sheet of a workbook.")
@click.option("--crs", help="What the coordinates are, e.g. EPSG:4547, gcj02, bd09.")
@click.option("--encoding", help="How the text is written, e.g. gbk.")
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Name a column.")
@click.option("--constant", "constants", multiple=True, metavar="OURS=TEXT", help="For all rows.")
@click.option("--prefix", default="", help="Put before every key, to keep two files apart.")
@click.option("--as-of", type=click.DateTime(), help="When the file was true; today if left out.")
@click.option("--rejected", type=click.Path(path_type=Path), help="Where rejected rows go.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, change nothing.")
@click.pass_obj
def import_(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    layer: str,
    file: Path,
    table: str | None,
    crs: str | None,
    encoding: str | None,
    columns: tuple[str, ...],
    constants: tuple[str, ...],
    prefix: str,
    as_of: dt.datetime | None,
    rejected: Path | None,
    *,
    dry_run: bool,
) -> None:
    """Add the rows of FILE to a layer; rows that are there already are updated by their key.

    Reads CSV, XLSX, GeoJSON, Shapefile and GeoPackage. Every row gets a verdict.

    \b
    Example:
        citygrid import facilities clinics.xlsx --column kind=类别 --dry-run
    """
    from importers.load import Options, import_file

    options = Options(
        table=table,
        crs=crs,
        encoding=encoding,
        columns=_pairs(columns, "--column"),
        constants=_pairs(constants, "--constant"),
        prefix=prefix,
        as_of=as_of.astimezone() if as_of else None,
        rejected=rejected,
        dry_run=dry_run,
        keys=settings.keys() if layer == "people" else None,
    )
    with (
        settings.loaded_city() as target,
        acting(target, Role.ENGINE) as engine,
        progress.shown(settings.say) as report,
    ):
        verdicts = import_file(engine, layer, file, options, report)
    click.echo("\n".join(told.verdicts(verdicts, settings.language)))


@click.command()
@click.pass_obj
def release(settings: Settings) -> None:
    """Release numbers of persons as they are now, small ones withheld, for everybody to see.

    Whoever is not entitled to the persons of a unit sees the latest release of it. Earlier ones
    are kept. What is released, and from which size on: layers/releases.toml.

    \b
    Example:
        citygrid release
    """
    from layers import releases

    with (
        settings.loaded_city() as target,
        acting(target, Role.OWNER) as engine,
        progress.shown(settings.say) as report,
        engine.connect() as db,
    ):
        # One moment for all counts: an import may go on meanwhile.
        db.execution_options(isolation_level="REPEATABLE READ")
        made = releases.make(db, report=report)
        record(db, Act.RELEASE, {"published": str(made)})
        db.commit()
    click.echo(
        settings.say(
            "status.released", id=made.id, time=made.as_of, n=made.published, m=made.withheld
        )
    )


@click.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """Say what is loaded, how much of it, and when it was true.

    \b
    Example:
        citygrid status
    """
    with settings.reading(Role.APP) as db:
        _print_status(db, settings)


@click.command()
@click.pass_obj
def check(settings: Settings) -> None:
    """Recount everything from scratch and compare; exit 1 on any difference.

    \b
    Example:
        citygrid check
    """
    from gis.verify import check_units
    from layers.verify import check_counts

    with (
        settings.loaded_city() as target,
        acting(target, Role.OWNER) as engine,
        engine.connect() as db,
        progress.shown(settings.say) as report,
    ):
        # One moment for rows and counts: an import may go on meanwhile.
        db.execution_options(isolation_level="REPEATABLE READ")
        findings = [*check_units(db, report), *check_counts(db, report)]
    for finding in findings:
        if finding.compared or finding.wrong:
            click.echo("\n".join(told.comparison(finding, settings.language)))
    wrong = sum(finding.wrong for finding in findings)
    values = sum(finding.compared for finding in findings)
    click.echo(settings.say("checked.total", checks=len(findings), n=values, m=wrong))
    if wrong:
        raise click.exceptions.Exit(1)


def load(  # noqa: PLR0913 - the two commands' options
    settings: Settings, folder: Path, files: Path | None, size: str, *, replace: bool, dry_run: bool
) -> None:
    """Load a city from its folder into its own database, and make it the one that is meant."""
    # Here and in other commands, because `citygrid up` starts in a blink without them.
    from importers import plan
    from importers.city import init_city

    city_id = plan.load(folder).get("id")
    if not (isinstance(city_id, str) and is_city_id(city_id)):
        # Loading says so, beside all else that is wrong.
        city_id = None
    with (
        settings.server() as found,
        database_of(found, city_id, settings.keys) as target,
        acting(target, Role.OWNER) as engine,
        progress.shown(settings.say) as report,
    ):
        result = init_city(
            engine,
            folder,
            files,
            report,
            replace=replace,
            size=size,
            dry_run=dry_run,
            # Of a generated city: its open incidents are due in the days to come.
            as_of=dt.datetime.now(dt.UTC),
            keys=settings.keys(),
        )
    if not dry_run:
        settings.remember_city(result.city.id)
    click.echo("\n".join(told.line(line, settings.language) for line in result.lines))


def _pairs(items: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for item in items:
        ours, separator, theirs = item.partition("=")
        if not separator:
            raise SettingsError(
                f"Invalid value for {option}: {item!r} must look like ours=theirs.",
                key="error.pair", option=option, item=item,
            )  # fmt: skip
        pairs[ours] = theirs
    return pairs


def _print_status(db: Connection, settings: Settings) -> None:
    from rich.console import Console
    from rich.table import Table

    from layers import releases

    say = settings.say

    def titled(*titles: str) -> Table:
        return Table(*(say(f"status.{title}") for title in titles))

    console = Console()
    row = db.execute(text("SELECT id, settings->'names', is_synthetic, loaded_at FROM city")).one()
    size = db.scalar(text("SELECT pg_size_pretty(pg_database_size(current_database()))"))
    name = f"{row[1]['zh']} {row[1]['en']}" if settings.language == "en" else row[1]["zh"]
    kind = "status.synthetic" if row[2] else "status.city"
    console.print(say(kind, name=name, id=row[0], time=row[3]))
    console.print(say("status.schema", schema=migrations.current(db), size=size))
    units = titled("zoning", "level", "units")
    for line in db.execute(
        text(
            "SELECT z.key, l.key, count(v.unit_id) FROM zoning z JOIN zoning_level l ON "
            "l.zoning_id = z.id LEFT JOIN unit_version v ON v.zoning_id = z.id AND "
            "v.level = l.level AND upper_inf(v.valid) GROUP BY z.id, z.key, l.level, l.key "
            "ORDER BY z.id, l.level"
        )
    ):
        units.add_row(line[0], line[1], f"{line[2]:,}")
    layers = titled("layer", "rows", "as_of", "source")
    for layer, rows, as_of, source in db.execute(
        text("SELECT layer, rows, as_of, source FROM layer_state ORDER BY layer")
    ):
        layers.add_row(layer, f"{rows:,}", f"{as_of:%F %H:%M}" if as_of else "", source)
    made = titled("release", "as_of", "made", "published", "withheld")
    for one in releases.all_of(db):
        made.add_row(
            str(one.id),
            f"{one.as_of:%F %H:%M}",
            f"{one.made_at:%F %H:%M}",
            f"{one.published:,}",
            f"{one.withheld:,}",
        )
    console.print(units, layers, made)
