"""The command that says where to build next."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dashboard.cli.context import Settings, acting
from dashboard.cli.coverage import level_of
from gis.database import Role
from gis.errors import CityGridError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gis.city import City
    from layers.coverage.candidates import Source
    from layers.coverage.lists import CandidateList
    from layers.coverage.suggested import Suggested

AIMS = ("most_people", "everyone", "least_time", "least_worst")
COLUMNS = ("number", "name", "lon", "lat", "people", "served", "room", "cost")


@dataclass(frozen=True)
class _Site:
    number: int
    name: str
    lon: float
    lat: float
    people: int
    served: int | None
    room: int | None
    cost: float | None


@click.command()
@click.argument("kinds", nargs=-1, required=True, metavar="KIND...")
@click.option("--minutes", type=click.FloatRange(0.1, 240), help="Within so many minutes.")
@click.option("--metres", type=click.FloatRange(1, 100_000), help="Within so many metres.")
@click.option("--drive", is_flag=True, help="By car; on foot without it.")
@click.option("--aim", type=click.Choice(AIMS), default="most_people", show_default=True,
              help="What makes one choice better than another.")  # fmt: skip
@click.option("--count", type=click.IntRange(1, 200), help="How many at most; 3 without a budget.")
@click.option("--among", default="doors", show_default=True, metavar="doors|land|use:USE",
              help="Where they may stand.")  # fmt: skip
@click.option("--every", type=click.IntRange(1, 1000), help="Of doors, every n-th.")
@click.option("--list", "file", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              metavar="FILE", help="Among the places of a .csv, .xlsx or .geojson.")  # fmt: skip
@click.option("--crs", help="Of the list, where the guess is wrong: EPSG:4547, gcj02, bd09.")
@click.option("--keep", metavar="NAME", help="Keep the list for everybody who plans.")
@click.option("--at", multiple=True, metavar="LON,LAT", help="Among places named here.")
@click.option("--room", type=click.IntRange(1), help="For how many people a new one has room.")
@click.option("--budget", type=click.FloatRange(0, min_open=True), help="What all may cost.")
@click.option("--cost", type=click.FloatRange(0), help="What one costs, where the list says none.")
@click.option("--floor", type=click.FloatRange(0, 100, min_open=True),
              help="Percent of each unit to be covered at least.")  # fmt: skip
@click.option("--level", metavar="KEY", help="Of which level the units of --floor are.")
@click.option("--backup", is_flag=True, help="A second one within reach counts, too.")
@click.option("--close", type=int, multiple=True, metavar="ID", help="As if this one were closed.")
@click.option("--prove", type=click.IntRange(1, 3600), metavar="SECONDS",
              help="Look for better so long.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the places to a .csv or .geojson.")  # fmt: skip
@click.pass_obj
def sites(settings: Settings, /, kinds: tuple[str, ...], **said: Any) -> None:  # noqa: ANN401
    """Say where new facilities of some KINDs would do most, and how far from the best that is.

    By the numbers of people that everybody may know. Those that stand stay, unless they are closed
    by --close. The distance from the optimum is always told.

    \b
    Example:
        citygrid sites clinic --minutes 15 --count 5 --among use:public --prove 60
    """
    from gis import places
    from gis.access.viewer import Viewer, act_as

    out: Path | None = said["out"]
    if out is not None and out.suffix not in (".csv", ".geojson"):
        raise CityGridError(
            f"--out takes a .csv or a .geojson, not {out.name!r}.", key="sited.out", file=out.name
        )
    with settings.loaded_city() as target:
        with acting(target, Role.OWNER) as engine, engine.begin() as db:
            city = places.city_of(db)
            level = level_of(db, city, said["level"]) if said["level"] else None
            brought = _brought(settings, db, city, said) if said["file"] else None
        with acting(target, Role.APP) as engine, engine.connect() as plain:
            db = plain.execution_options(isolation_level="REPEATABLE READ")
            # As anybody may know it: what is found is shown to others.
            act_as(db, Viewer())
            found, chosen = _found(db, city, kinds, said, level, brought)
    _tell(settings, found, chosen)
    if out is not None:
        _write(out, chosen)
        click.echo(settings.say("sited.written", n=len(chosen), file=str(out)))


def _brought(settings: Settings, db: Connection, city: City, said: dict[str, Any]) -> CandidateList:
    import datetime as dt

    from gis.access.viewer import Viewer
    from importers.candidates import brought
    from layers.coverage import lists
    from layers.coverage.lists import CandidateList, Verdict

    file: Path = said["file"]
    found = brought(db, city, file, crs=said["crs"])
    listed = CandidateList(0, file.stem, None, True, file.name, found.entries,
                           dt.datetime.now(dt.UTC))  # fmt: skip
    click.echo(
        settings.say("sited.list", **{each.value: listed.count(each) for each in Verdict})
    )  # fmt: skip
    for each in listed.entries:
        if each.verdict is not Verdict.USED:
            click.echo(
                settings.say(
                    "candidates.row", n=each.row, name=each.name,
                    why=settings.say(f"candidates.why_{each.why}"),
                )
            )  # fmt: skip
    if said["keep"]:
        kept = lists.make(db, Viewer(), said["keep"], file.name, found.entries, is_shared=True)
        click.echo(settings.say("sited.kept", n=kept.id, name=kept.name))
        return kept
    return listed


def _source(said: dict[str, Any], listed: CandidateList | None) -> Source:
    from layers.catalog.buildings import USES
    from layers.coverage.candidates import Kind, Source

    if listed is not None:
        return Source(Kind.LIST, listed=listed)
    if said["at"]:
        return Source(Kind.DRAWN, drawn=tuple(_place(each) for each in said["at"]))
    word, _, use = said["among"].partition(":")
    if word == Kind.USE.value and use in USES:
        return Source(Kind.USE, use=use)
    if said["among"] == Kind.LAND.value:
        return Source(Kind.LAND)
    if said["among"] != Kind.DOORS.value:
        known = (Kind.DOORS.value, Kind.LAND.value, *(f"use:{each}" for each in USES))
        raise NotFoundError(
            f"--among takes one of {', '.join(known)}; found {said['among']!r}.",
            key="sited.among", found=said["among"], known=known,
        )  # fmt: skip
    return Source(every=said["every"])


def _place(said: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in said.split(","))
    except ValueError as error:
        raise CityGridError(
            f"--at takes a longitude and a latitude such as 114.05,22.55; found {said!r}.",
            key="sited.bad_place", found=said,
        ) from error  # fmt: skip
    return lon, lat


def _found(  # noqa: PLR0913 - what is asked
    db: Connection,
    city: City,
    kinds: tuple[str, ...],
    said: dict[str, Any],
    level: int | None,
    listed: CandidateList | None,
) -> tuple[Suggested, list[_Site]]:
    from gis.siting.exact import prove
    from gis.siting.question import Aim
    from gis.siting.suggest import suggest
    from layers.coverage import indicators
    from layers.coverage.asking import asked
    from layers.coverage.changed import Changed
    from layers.coverage.changes import Close
    from layers.coverage.ground import Ground
    from layers.coverage.reach import Question
    from layers.coverage.sites import brought
    from layers.coverage.streets import Mode
    from layers.coverage.suggested import told
    from layers.coverage.wishes import Wish

    mode = Mode.DRIVE if said["drive"] else Mode.WALK
    speed = indicators.of(city).walk_ms
    question = Question(kinds, said["minutes"], said["metres"], mode, speed).checked()
    ground = Ground(city)
    if said["close"]:
        ground = Changed(ground, [Close(facility=number) for number in said["close"]])
    count = said["count"] or (None if said["budget"] else 3)
    wish = Wish(
        Aim(said["aim"]), count, _source(said, listed), said["budget"], said["cost"],
        said["room"], (said["floor"] or 0) / 100, level, said["backup"],
    )  # fmt: skip
    posed = asked(db, ground, question, wish)
    plan = suggest(posed.siting)
    if said["prove"]:
        plan = prove(posed.siting, plan, time_limit_s=said["prove"])
    found = told(posed, plan)
    gains = brought(db, ground, question, found.places).by_place
    # No more exact than they are released.
    to = ground.released(db).rounded_to
    return found, [
        _Site(
            k + 1, found.names[k], round(lon, 6), round(lat, 6),
            round(gains[k]["people"] / to) * to,
            found.served[k] if found.served else None, found.room[k] if found.room else None,
            found.cost[k] if found.cost else None,
        )
        for k, (lon, lat) in enumerate(found.places)
    ]  # fmt: skip


def _tell(settings: Settings, found: Suggested, chosen: list[_Site]) -> None:
    from rich.console import Console
    from rich.table import Table

    from gis.siting.plan import Ended

    say, console = settings.say, Console()
    shown = [
        name for name in COLUMNS
        if name in ("number", "lon", "lat", "people")
        or any(getattr(each, name) not in (None, "") for each in chosen)
    ]  # fmt: skip
    table = Table(*(say(f"sited.{name}") for name in shown))
    for each in chosen:
        table.add_row(*(_written(getattr(each, name)) for name in shown))
    console.print(table)
    plan = found.plan
    console.print(say("sited.among_of", n=found.candidates, of=found.of, off=found.off))
    if found.small:
        console.print(say("sited.small", n=found.small))
    if not math.isfinite(plan.value):
        console.print(say("sited.not_met"))
    if plan.short_of_floor > 0:
        console.print(say("sited.short", n=math.ceil(plan.short_of_floor)))
    if plan.ended is Ended.PROVEN and plan.short_of_floor <= 0:
        console.print(say("sited.proven"))
    elif math.isfinite(found.gap) and plan.short_of_floor <= 0:
        console.print(say("sited.gap", share=found.gap))
    else:
        console.print(say("sited.gap_unknown"))


def _written(value: object) -> str:
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else f"{value}"


def _write(out: Path, chosen: list[_Site]) -> None:
    rows = [{name: getattr(each, name) for name in COLUMNS} for each in chosen]
    if out.suffix == ".csv":
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {name: row[name] for name in COLUMNS if name not in ("lon", "lat")},
        }
        for row in rows
    ]
    told = {"type": "FeatureCollection", "features": features}
    out.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
