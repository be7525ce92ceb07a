"""The page of standard indicators as it is taken out: a table for each of its parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dashboard import numerals
from dashboard.coverage.out.tables import Cell, Part, Share
from dashboard.coverage.standards import Amount, Charge, Row, Standards
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from layers.catalog.facilities import KINDS
from layers.coverage import by_day
from layers.coverage.indicators import AREA, MISSING

PEOPLE = "people"
# Every unit of a city's lowest level, and no more than a sheet holds well.
MOST_ROWS = 20_000
# Ten years of month ends.
MOST_DAYS = 120


def parts(scene: Scene, found: Standards) -> tuple[Part, ...]:
    """Return the tables of the page, in its order."""
    return (
        _units(scene, found),
        *_days(scene, found),
        _stocks(scene, found),
        *(_charge(scene, found, each) for each in found.charges),
        _sources(scene, found),
    )


def _units(scene: Scene, found: Standards) -> Part:
    say = scene.say
    level = scene.named(scene.level.names) if scene.level else say("ranking.name")
    names = {key: scene.named(each.names) for key, each in found.indicators.items()}

    def line(row: Row) -> tuple[Cell, ...]:
        lacks = say("error.between").join(names[key] for key in row.missing)
        is_known = np.isfinite(row.people)
        return (
            row.name,
            *(_share(scene, row, share) for share in row.covered.values()),
            float(len(row.missing)) if is_known else numerals.NO_NUMBER,
            lacks,
        )

    rows = [found.whole, *(row for row in found.rows if row.unit_id != found.whole.unit_id)]
    notes = [say("cover.standards_why"), say("cover.sign_missing", n=f"{MISSING:.0%}")]
    if any(row.is_withheld for row in found.rows):
        number = scene.level.number if scene.level else scene.unit.level
        notes.append(f"* {scene.why_withheld(PEOPLE, number)}")
    notes += [
        say("cover.without_area", name=names[key], n=numerals.number(n))
        for key, n in found.without_area.items()
    ]
    heads = (level, *names.values(), say("cover.missing_n"), say("cover_out.lacks"))
    return Part(say("cover.standards_units"), heads, tuple(map(line, rows)), tuple(notes))


def _share(scene: Scene, row: Row, share: float) -> Cell:
    if np.isfinite(share):
        # Rounded downwards: what is not all is not written as all.
        return Share(float(np.floor(share * 1000) / 1000))
    level = scene.level.number if scene.level else scene.unit.level
    return scene.withheld(PEOPLE, level) if row.is_withheld else numerals.NO_NUMBER


def _days(scene: Scene, found: Standards) -> Iterator[Part]:
    """Yield what the indicators came to at the ends of months; nothing where none is kept."""
    say, kept = scene.say, by_day.shares(scene.db, scene.unit.id, most=MOST_DAYS)
    if not kept:
        return
    rows = tuple(
        (
            day.isoformat(),
            *(
                None if (share := shares.get(key)) is None else Share(float(share))
                for key in found.indicators
            ),
        )
        for day, shares in kept.items()
    )
    heads = (
        say("cover.kept_day"),
        *(scene.named(each.names) for each in found.indicators.values()),
    )
    yield Part(
        say("cover.kept_days", place=found.whole.name), heads, rows, (say("cover.kept_why"),)
    )


def _stocks(scene: Scene, found: Standards) -> Part:
    say = scene.say
    keys = ("facility", "count", "per_1000", "places", "area", "held_per_1000", "quota")
    heads = tuple(say(f"cover.stock_{key}") for key in keys)
    return Part(
        say("cover.stocks", place=found.whole.name),
        (*heads, say("cover_out.quota_of"), say("cover_out.standard")),
        tuple(_stock(scene, each) for each in found.amounts),
        (say("cover.stocks_why"),),
    )


def _stock(scene: Scene, amount: Amount) -> tuple[Cell, ...]:
    quota = amount.quota
    is_area = quota is not None and quota.measured == AREA
    has = amount.area_m2 if is_area else amount.places
    return (
        scene.named(amount.names or KINDS[amount.kinds[0]]),
        amount.count,
        _known(amount.per_1000, 3),
        amount.places or None,
        amount.area_m2 or None,
        _known(amount.held_per_1000, 1) if has else None,
        quota.per_1000 if quota else None,
        scene.say(f"cover.group_{quota.group}") if quota else "",
        words.source(scene, quota) if quota else "",
    )


def _known(number: float, decimals: int) -> float | None:
    return round(float(number), decimals) if np.isfinite(number) else None


def _charge(scene: Scene, found: Standards, charge: Charge) -> Part:
    say, kind = scene.say, scene.named(KINDS[charge.kind])
    most = charge.duty.most_km2
    over = sum(each.km2 > most for each in charge.areas)
    return Part(
        say("cover.duties", place=found.whole.name, kind=kind),
        (kind, say("cover.duty_km2")),
        tuple((each.name or kind, round(each.km2, 2)) for each in charge.areas),
        (
            say("cover.duty_why", n=numerals.number(most), over=numerals.number(over),
                all=numerals.number(len(charge.areas))),
        ),
    )  # fmt: skip


def _sources(scene: Scene, found: Standards) -> Part:
    """Return how far each indicator's facilities may be, and who says so."""
    say = scene.say
    rows = tuple(
        (scene.named(each.names), words.within(scene, each.question), words.source(scene, each))
        for each in found.indicators.values()
    )
    heads = tuple(say(f"cover_out.{key}") for key in ("indicator", "limit", "standard"))
    return Part(say("cover_out.standards_list"), heads, rows)
