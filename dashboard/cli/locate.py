"""The command that says where something is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dashboard.cli.context import Settings
from dashboard.text import named
from gis.errors import NotFoundError, SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from layers.locating.located import Located


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--near", metavar="LON,LAT", help="Where who asks is: the nearer comes first.")
@click.option("--limit", type=click.IntRange(1, 50), default=8, show_default=True,
              help="At most so many places.")  # fmt: skip
@click.pass_obj
def locate(settings: Settings, words: tuple[str, ...], near: str | None, limit: int) -> None:
    """Say where something is, how that was found, and how surely.

    Coordinates in any notation (of Amap or Baidu, too, with their name before them), the code of a
    unit or a building, a facility or an estate, a crossing of two roads, so many metres along a
    road from somewhere, or an address: in any characters, in pinyin, and with slips.

    \b
    Example:
        citygrid locate 幸福里6栋2单元 --near 114.05,22.55
    """
    from gis import places
    from layers.locating.locate import locate as find

    here = _near(near)
    with settings.reading() as db:
        city = places.city_of(db)
        text = " ".join(words)
        found = find(db, city, text, near=here, limit=limit)
        if not found:
            raise NotFoundError(
                f"No place is found for {text!r}. Type less of it, or a road and a number.",
                key="located.none",
                text=text,
            )
        _tell(settings, db, found)


def _near(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise SettingsError(
            f"--near takes a longitude and a latitude such as 114.05,22.55; found {text!r}.",
            key="located.bad_near",
            found=text,
        ) from error
    return lon, lat


def _tell(settings: Settings, db: Connection, found: list[Located]) -> None:
    from rich.console import Console
    from rich.table import Table

    from gis import places

    say = settings.say
    titles = ("place", "how", "lon", "lat", "within", "score", "unit")
    table = Table()
    for title in titles:
        # The end of an address says most.
        table.add_column(say(f"located.{title}"), overflow="fold")
    names = places.names_of(db, [place.unit_id for place in found if place.unit_id is not None])
    for place in found:
        unit = say("located.outside")
        if place.unit_id is not None:
            code, called = names[place.unit_id]
            unit = f"{named(called, settings.language)} ({code})"
        how = say(f"located_how.{place.how}")
        if place.read_as is not None:
            how = say(f"located_as.{place.read_as}")
        table.add_row(
            named(place.titles, settings.language), how, f"{place.lon:.6f}", f"{place.lat:.6f}",
            "—" if place.within_m is None else say("located.metres", n=place.within_m),
            f"{place.score:.2f}", unit,
        )  # fmt: skip
    console = Console()
    console.print(table)
    if found[0].is_doubtful:
        console.print(say("located.doubtful"))
