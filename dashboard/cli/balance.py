"""The command that evens a load out: suggests hand-overs, and draws them as a change order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection, func, select

from dashboard.cli.context import Settings, acting
from gis.access.viewer import act_as, everything
from gis.database import Role
from gis.errors import NotFoundError, SettingsError
from gis.tables import unit_version, zoning

if TYPE_CHECKING:
    from gis.city import City
    from gis.division.balance.problem import Suggestion

# In the language of the page's users.
TITLE = "均衡调整"

LOADS = ("households", "people", "floor_area", "buildings", "open_incidents")
BARRIERS = ("forbidden", "dear", "ignored")


@click.command()
@click.argument("scope")
@click.option(
    "--load",
    default="households",
    show_default=True,
    type=click.Choice(LOADS),
    help="What is evened out.",
)
@click.option(
    "--tolerance",
    default=5.0,
    show_default=True,
    type=click.FloatRange(0.1, 99),
    help="How many percent a unit may be off.",
)
@click.option("--within", type=click.IntRange(1, 20), help="The level that no unit may leave.")
@click.option(
    "--barriers",
    default="forbidden",
    show_default=True,
    type=click.Choice(BARRIERS),
    help="Rivers and main roads.",
)
@click.option("--locked", multiple=True, metavar="CODE", help="A unit that stays as it is.")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same answer.")
@click.option(
    "--seconds",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0.1, 3600),
    help="How long to look.",
)
@click.option("--login", help="Whose draft it becomes; needed without --dry-run.")
@click.option("--dry-run", is_flag=True, help="Only say what would be handed over.")
@click.pass_obj
def balance(  # noqa: PLR0913 - one argument for each option
    settings: Settings,
    scope: str,
    load: str,
    tolerance: float,
    within: int | None,
    barriers: str,
    locked: tuple[str, ...],
    seed: int,
    seconds: float,
    login: str | None,
    *,
    dry_run: bool,
) -> None:
    """Suggest the fewest hand-overs that even a load out in the unit with the code SCOPE.

    Units go whole to a neighbour with the same parent. Without --dry-run they become a draft of a
    change order, for whoever drew it to look at, change and hand in.

    \b
    Example:
        citygrid balance 990102001 --load households --tolerance 5 --dry-run
    """
    from gis import places
    from gis.division.balance.suggest import suggest
    from layers.balance import Asked, Barriers, problem

    if not dry_run and not login:
        raise SettingsError(
            "Say whose draft it becomes (--login NAME), or only look (--dry-run).",
            key="error.balance_login",
        )
    with settings.loaded_city() as target, acting(target, Role.OWNER) as engine:
        with engine.begin() as db:
            act_as(db, everything(db))
            city = places.city_of(db)
            number, *still = _numbers(db, (scope, *locked))
            asked = Asked(
                number,
                {load: 1.0},
                within=within,
                locked=frozenset(still),
                barriers=Barriers(barriers),
                tolerance=tolerance / 100,
                seed=seed,
                seconds=seconds,
            )
            given = problem(db, city, asked)
        found = suggest(given)
        with engine.begin() as db:
            _tell(db, found)
            drawn = (
                "" if dry_run or not found.moves else _draw(db, city, login or "", number, found)
            )
    say = settings.say
    if found.apart > found.tolerance:
        click.echo(say("balanced.apart", share=found.apart))
    moves = say("balanced.moves", n=len(found.moves))
    if found.bound.moves is not None:
        moves += say("balanced.bound", n=found.bound.moves)
    result = say(
        "balanced.cut" if found.is_cut else "balanced.result",
        moves=moves, before=found.deviation_before, after=found.deviation_after,
        share=found.share_moved, load=say(f"balanced.{load}"), seconds=found.seconds,
    )  # fmt: skip
    click.echo(result + (say("balanced.drawn", number=drawn) if drawn else ""))


def _numbers(db: Connection, codes: Sequence[str]) -> list[int]:
    c = unit_version.c
    query = (
        select(c.code, c.unit_id)
        .join(zoning, zoning.c.id == c.zoning_id)
        .where(c.code.in_(codes), zoning.c.is_main, func.upper_inf(c.valid))
    )
    found = dict(db.execute(query).all())
    if missing := set(codes) - found.keys():
        raise NotFoundError(
            f"No unit has the code {min(missing)!r} today.", key="error.no_code", code=min(missing)
        )
    return [found[code] for code in codes]


def _tell(db: Connection, found: Suggestion) -> None:
    from gis import places

    named = places.names_of(db, sorted({n for m in found.moves for n in (m.unit, m.giver, m.to)}))
    for move in found.moves:
        unit, giver, to = (named[n][0] for n in (move.unit, move.giver, move.to))
        click.echo(f"{unit}  {giver} → {to}  {move.load:,.0f}")


def _draw(db: Connection, city: City, login: str, scope: int, found: Suggestion) -> str:
    """Save hand-overs as a draft of somebody's; return its number."""
    from gis.access.tables import account
    from gis.access.viewer import viewer_of
    from gis.division import stored
    from gis.division.surroundings import Stored
    from gis.orders import orders
    from layers.balanced import operations

    number = db.scalar(select(account.c.id).where(account.c.login == login))
    if number is None:
        raise NotFoundError(f"There is no account {login!r}.", key="error.no_login", login=login)
    viewer = viewer_of(db, number, dt.datetime.now(dt.UTC))
    zoning_id = db.scalar(select(zoning.c.id).where(zoning.c.is_main)) or 0
    delta = stored.open_division(db, [scope]).do(*operations(found, Stored(db, city, zoning_id)))
    order = orders.create(db, viewer, title=TITLE, within=[scope])
    orders.save_step(db, viewer, order.id, seen=order.revision, delta=delta, said=TITLE)
    return order.number
