"""What each thing that people do makes of the view."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from dashboard import asking
from dashboard.coverage import best, placing, supposed
from dashboard.coverage.question import begun
from dashboard.incidents import counting
from dashboard.incidents.filters import applied
from dashboard.topics import TOPICS
from dashboard.view import View
from dashboard.view_readers import number_of
from dashboard.whereabouts import (
    by,
    clicked,
    go,
    in_its_zoning,
    into,
    picked,
    pointed_out,
    up,
)
from gis import places
from gis.city import LANGUAGES
from gis.errors import NotFoundError
from gis.news import Topic
from gis.orders import orders
from layers.catalog.incidents import INCIDENTS
from layers.coverage import settings
from layers.handling import filters
from layers.handling.moment import moment

log = logging.getLogger(__name__)
# Longer than any view writes: five paths of twenty corners are two thousand characters.
LONGEST_ADDRESS = 8000
# Fields of the view that a control may set as they are.
SETTABLE = frozenset(
    {
        "measure",
        "part",
        "per",
        "level",
        "zoning",
        "profile",
        "step",
        "language",
        "theme",
        "kinds",
        "operator",
        "minutes",
        "metres",
        "source",
        "every",
        "room",
        "budget",
        "cost",
        "floor",
    }
)

# Modes with numbers of incidents beside the map; in the coverage mode it shows no measure either.
COUNTING = frozenset({"overview", "incidents"})
# News of incidents by themselves, and of what counts them, for which a page asks later: see
# assets/live.js.
CASES, NUMBERS = "cases", "numbers"


def after(view: View, what: str, value: Any, db: Connection) -> View:  # noqa: ANN401
    """Return the view that follows an event; one that means nothing leaves it as it is."""
    act_on = ACTIONS.get(what)
    if act_on is None:
        log.warning("An event called %r means nothing here.", what[:40])
        return view
    then = act_on(view, value, db)
    then = in_its_zoning(then, db)
    if what not in ("address", "filter"):
        then = counting.kept(view, then)
    # A page is one of a building; a link names both.
    if then.building != view.building and what != "address":
        then = replace(then, page=0)
    if what != "address" and then.scenario == view.scenario and _asks_another(view, then):
        then = replace(then, scenario=None, against=None)
    if _asks_nothing(then) and (what == "address" or not _asks_nothing(view)):
        then = begun(then, db)
    return _counted(then)


def hears(view: View) -> dict[str, list[str]]:
    """Return the fields of a view that count news, by the topic; its page counts them by itself."""
    measures = view.mode != "coverage" and TOPICS[view.measure].layer_id == INCIDENTS.id
    numbers = [
        "number_news",
        # Nothing else asks again for each of them.
        *(["count_news"] if view.mode in COUNTING else []),
        *(["measure_news"] if measures else []),
    ]
    return {
        # A change of boundaries is the end of an order, too.
        Topic.BOUNDARIES: ["city_news", "order_news", "case_news", *numbers],
        Topic.ORDERS: ["order_news"],
        Topic.INCIDENTS: ["case_news", *numbers],
        CASES: ["case_news"],
        NUMBERS: numbers,
        # Told by the script that watches the job: others are nothing to a panel.
        best.KIND: ["best_news"],
    }


def _counted(view: View) -> View:
    """Let what counts incidents know of all news that came before it was shown."""
    now = view.number_news
    fields = hears(view)[Topic.INCIDENTS]
    return replace(
        view,
        count_news=now if "count_news" in fields else view.count_news,
        measure_news=now if "measure_news" in fields else view.measure_news,
    )


def _asks_nothing(view: View) -> bool:
    return view.mode == "coverage" and not view.indicator and not view.kinds


def _asks_another(view: View, then: View) -> bool:
    return any(getattr(view, name) != getattr(then, name) for name in supposed.COMPARED)


def _arrived(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    told = value if isinstance(value, Mapping) else {}
    language = told.get("language")
    if language not in LANGUAGES:
        city = places.city(db)
        language = city.language if city else view.language
    arrived = View.from_address(
        str(told.get("search") or "")[:LONGEST_ADDRESS],
        language=language,
        theme=told.get("theme"),
        system=told.get("system"),
        city_news=view.city_news,
        order_news=view.order_news,
        case_news=view.case_news,
        number_news=view.number_news,
        count_news=view.count_news,
        measure_news=view.measure_news,
        best_news=view.best_news,
    )
    if arrived.band:
        # Of a link that is older than the city's hours.
        city = places.city(db)
        if city is None or arrived.band not in settings.read(city.coverage).bands:
            arrived = replace(arrived, band="")
    if arrived.mode == "boundaries" and arrived.unit is None:
        return replace(arrived, unit=_around_order(db, arrived.order))
    return arrived


def _set(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    name, wanted = _pair(value)
    if name not in SETTABLE:
        return view
    after_ = view.having(**{name: wanted})
    if name == "measure" and after_.measure != view.measure:
        per = after_.per if after_.per in TOPICS[after_.measure].per else ""
        return replace(after_, part="", per=per)
    if name == "zoning":
        return by(view, after_.zoning)
    return after_


def _clear(view: View, _value: Any, _db: Connection) -> View:  # noqa: ANN401
    if view.mode == "incidents" and view.case is not None and not view.trying:
        # It lies over the rest, which is let go of next.
        return replace(view, case=None)
    there = replace(view, pick=None, building=None, mark="", facility=None, trying=False)
    return placing.ended(there)


def _drop(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    gone: dict[str, dict[str, Any]] = {
        "period": {"start": None, "end": None},
        "part": {"part": ""},
        "counted": {"counted": ""},
        "zoning": {"zoning": "main", "level": None, "pick": None},
        "pick": {"pick": None},
        "building": {"building": None, "mark": ""},
        "mark": {"mark": ""},
    }
    return replace(view, **gone.get(str(value), {}))


def _page(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    number = number_of(value)
    return view if number is None else replace(view, page=number)


def _period(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    start, end = value if isinstance(value, list) and len(value) == 2 else (None, None)
    return view.having(start=start, end=end)


def _set_period(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    if value == "all":
        return replace(view, start=None, end=None)
    if value in ("earlier", "later"):
        if not view.period:
            return view
        start, end = view.period
        length = (end - start) + timedelta(days=1)
        length = -length if value == "earlier" else length
        return view.having(start=(start + length).isoformat(), end=(end + length).isoformat())
    days = number_of(value)
    if days is None or not 1 <= days <= 3660:
        return view
    end = last_day(db)
    return replace(view, start=end - timedelta(days=days - 1), end=end)


def _layer(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    key, wanted = _pair(value)
    if key not in view.layers:
        return view
    opacity = view.layers[key]
    if isinstance(wanted, bool):
        opacity = abs(opacity) if wanted else -abs(opacity)
    elif isinstance(wanted, int):
        opacity = wanted if opacity > 0 else -wanted
    return view.having(layers={**view.layers, key: opacity})


def _mode(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    # What was picked on the map belongs to looking around in the other mode.
    there = view.having(mode=value)
    let_go = replace(
        there, sheet=False, listed=None, streets=False, trying=False, facility=None, pin=""
    )
    return placing.ended(let_go)


def _case(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    # What is being reported makes room for what is read.
    return replace(view.having(mode="incidents", case=value), pin="", trying=False)


def _filter(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    number = number_of(value)
    if number is None:
        return view
    given = applied(filters.read(db, number).query)
    return replace(_mode(view, "incidents", db), **{**given, "case": None})


def _cases_of(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    number, _, listing = str(value).partition(":")
    id_ = number_of(number)
    if id_ is None:
        return view
    # All there are: whoever counted them asked for no period and no class.
    there = replace(into(view, id_, db), start=None, end=None, part="", case=None)
    return _mode(there, "incidents", db).having(cases=listing)


def _order(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    # What was picked on the map belongs to looking around, not to the order.
    there = replace(view, mode="boundaries", on="", sheet=False, pick=None, building=None, mark="")
    # One order may be listed in several places: "12:…".
    order = number_of(str(value).partition(":")[0])
    # Seen beside its neighbours.
    around = there.at(_around_order(db, order)) if order is not None else there
    return replace(around, order=order)


def _around_order(db: Connection, order: int | None) -> int | None:
    """Return the unit that holds what an order redraws; None for the whole city."""
    if order is None:
        return None
    try:
        within = orders.read(db, order).within
    except NotFoundError:
        return None
    around = places.around(db, within)
    return around.id if around else None


def _sheet(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    return view.having(sheet=value)


def _listed(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    return view.having(listed=value)


def _streets(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    return view.having(streets=value)


def _on(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    return view.having(on=value)


def _system(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    return view.having(system=value)


def _pair(value: object) -> tuple[str, Any]:
    """Return a name and what goes with it; an empty name where that is not what was sent."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        return value[0], value[1]
    return "", None


def last_day(db: Connection) -> date:
    """Return the last day that incidents are known of, in the city's time zone."""
    city = places.city(db)
    return moment(db, datetime.now(UTC)).at.astimezone(city.tz if city else UTC).date()


ACTIONS: Mapping[str, Callable[[View, Any, Connection], View]] = MappingProxyType(
    {
        "address": _arrived,
        "mode": _mode,
        "ask": asking.ask,
        "order": _order,
        "case": _case,
        "cases-of": _cases_of,
        "filter": _filter,
        "sheet": _sheet,
        "listed": _listed,
        "streets": _streets,
        "on": _on,
        "system": _system,
        "set": _set,
        "go": go,
        "down": go,
        "pick": picked,
        "point-out": pointed_out,
        "map": clicked,
        "site": asking.site,
        "up": up,
        "clear": _clear,
        "drop": _drop,
        "page": _page,
        "period": _period,
        "set-period": _set_period,
        "layer-on": _layer,
        "layer-opacity": _layer,
    }
)
