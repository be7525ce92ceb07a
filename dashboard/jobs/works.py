"""The work of each kind of job. Imported by the process that does it, and by nothing else."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from dashboard.coverage import best, supposed, tried, wishes
from dashboard.coverage.question import question
from dashboard.jobs.desk import Desk
from dashboard.scene import Scene
from dashboard.view import View
from gis import places
from gis.errors import CityGridError
from gis.jobs.jobs import Json
from gis.siting.exact import prove
from gis.siting.plan import Ended
from gis.siting.suggest import suggest
from gis.siting.worth import rank
from layers.coverage import by_day, scenarios
from layers.coverage import indicators as standards
from layers.coverage.asking import asked
from layers.coverage.changed import Changed
from layers.coverage.changes import Close
from layers.coverage.ground import Ground
from layers.coverage.laid_room import posed
from layers.coverage.zoned import Zoned

# How long better places are looked for.
SITES_S = 60

Work = Callable[[Desk], Json]
"""Does it and returns what came of it, to be kept with the job."""


def indicators(desk: Desk) -> Json:
    """Answer every standard indicator for all units by public numbers, and keep it by day."""
    found = {}
    with desk.open() as db:
        city = places.city_of(db)
        names = standards.of(city).indicators
        total = len(names)
        desk.report(0, total)
        ground, day = Ground(city), dt.datetime.now(city.tz).date()
        for done, name in enumerate(names, 1):
            rows = by_day.answer(db, ground, name)
            with desk.write() as writing:
                by_day.keep(writing, name, day, rows)
            found[name] = {key: n for key, n in rows[0].items() if key != "unit_id"}
            desk.report(done, total)
    return {"day": day.isoformat(), "indicators": found}


def scenario(desk: Desk) -> Json:
    """Answer a scenario by public numbers, and keep what came of it with the scenario."""
    desk.report(0, 1)
    with desk.open() as db:
        asked = scenarios.read(db, desk.arguments["scenario"])
        found = scenarios.answer(db, Ground(places.city_of(db)), asked)
    if asked.account_id == desk.viewer.account_id:
        with desk.write() as writing:
            scenarios.keep(writing, asked, found)
    desk.report(1, 1)
    return found


def stale_scenarios(desk: Desk) -> Json:
    """Answer one's own scenarios whose data changed since, each as soon as it is there.

    One that cannot be answered any more keeps nobody else from it; why is said at the end.
    """
    answered, faults = [], []
    with desk.open() as db:
        some = [
            each
            for each in scenarios.listed(db)
            if each.account_id == desk.viewer.account_id and scenarios.is_stale(db, each)
        ]
        desk.report(0, len(some))
        # What they have in common is worked out once.
        ground = Ground(places.city_of(db))
        for done, each in enumerate(some, 1):
            try:
                found = scenarios.answer(db, ground, each)
            except CityGridError as error:
                faults.append(error)
            else:
                with desk.write() as writing:
                    scenarios.keep(writing, each, found)
                answered.append(each.id)
            desk.report(done, len(some))
    if faults:
        raise faults[0]
    return {"answered": answered}


def sites(desk: Desk) -> Json:
    """Look for better places than those suggested at once, and for how good they can be at best."""
    desk.report(0, SITES_S)
    view = View.from_address(desk.arguments["asked"], mode="coverage")
    with desk.open() as db:
        scene = Scene(view, db)
        there = wishes.standing(scene)
        ground = Ground(places.city_of(db))
        if view.without_closed:
            ground = Changed(ground, [Close(facility=n) for n in supposed.closed(view)])
        posed = asked(db, ground, question(view, scene.city), wishes.wish(scene), there, view.unit)
    start = suggest(posed.siting)
    found = prove(
        posed.siting, start, time_limit_s=SITES_S,
        progress=lambda how: desk.report(min(int(how.seconds), SITES_S - 1), SITES_S),
    )  # fmt: skip
    desk.report(SITES_S, SITES_S)
    return {
        "places": tried.text([*there, *posed.places_of(found)]),
        "count": len(found.chosen),
        "is_better": rank(found) < rank(start),
        "is_proven": found.ended is Ended.PROVEN,
        "gap": gap if math.isfinite(gap := posed.gap(found)) else None,
    }


def places_for_all(desk: Desk) -> Json:
    """Share places out for the best of all; how many rounds that takes nobody knows before."""
    view = View.from_address(desk.arguments["asked"], mode="coverage")
    with desk.open() as db:
        scene = Scene(view, db)
        ground = Ground(scene.city)
        on = ground if scene.zoning.is_main else Zoned(ground, scene.zoning_id)
        share = posed(db, on, question(view, scene.city))
        if share is None:
            raise CityGridError(
                "No facility of that kind says how many places it has.", key="coverage.no_places"
            )
        tree, to, state = on.tree(db), tried.rounded_to(scene), best.state(scene)
    found = share(is_best=True, progress=lambda rounds: desk.report(rounds, 0))
    return best.result(tree, found, rounded_to=to, state=state)


WORKS: Mapping[str, Work] = MappingProxyType(
    {
        "indicators": indicators,
        "scenario": scenario,
        "stale_scenarios": stale_scenarios,
        "sites": sites,
        best.KIND: places_for_all,
    }
)
