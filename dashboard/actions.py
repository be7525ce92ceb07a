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
from dashboard.coverage import placing, supposed
from dashboard.incidents import counting, heaps
from dashboard.incidents.filters import applied
from dashboard.topics import TOPICS
from dashboard.view import View, number_of
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


def after(view: View, what: str, value: Any, db: Connection) -> View:  # noqa: ANN401
    """Return the view that follows an event; one that means nothing leaves it as it is."""
    act_on = ACTIONS.get(what)
    if act_on is None:
        log.warning("An event called %r means nothing here.", what[:40])
        return view
    then = act_on(view, value, db)
    if what not in ("address", "filter"):
        then = counting.kept(view, then)
    # A page is one of a building; a link names both.
    if then.building != view.building and what != "address":
        then = replace(then, page=0)
    if what != "address" and then.scenario == view.scenario and _asks_another(view, then):
        then = replace(then, scenario=None)
    return _counted(then)


def _counted(view: View) -> View:
    """Let what counts incidents hear of their news, and nothing else ask again for each of them."""
    if view.mode in COUNTING:
        view = replace(view, count_news=view.case_news)
    if view.mode != "coverage" and TOPICS[view.measure].layer_id == INCIDENTS.id:
        view = replace(view, measure_news=view.case_news)
    return view


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
        count_news=view.count_news,
        measure_news=view.measure_news,
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
    if name == "zoning" and after_.zoning != view.zoning:
        return after_.at(None)
    return after_


def _go(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    kind, _, number = str(value).partition(":")
    if not kind:
        return view.at(None)
    id_ = number_of(number)
    if id_ is None:
        return view
    if kind == "unit":
        return _into(view, id_, db)
    if kind not in places.THINGS:
        return view
    unit = places.unit_of(db, kind, id_)
    there = view.at(unit)
    if kind == "building":
        return replace(there, building=id_)
    if kind == "facility":
        there = _layer(there, ["facilities", True], db)
    return replace(there, mark=f"{kind}:{id_}")


def _pointed_out(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    return _layer(view.having(mark=value), ["facilities", True], db)


def _into(view: View, id_: int, db: Connection) -> View:
    place = places.path(db, id_)[-1]
    root = places.root(db)
    if root and place.zoning_id != root.zoning_id:
        return replace(view, pick=id_, building=None)
    return view.at(None if root and id_ == root.id else id_)


def _picked(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    kind, _, number = str(value).partition(":")
    id_ = number_of(number)
    if id_ is None:
        return view
    if kind == "building":
        return replace(view, building=id_)
    if kind != "unit" or id_ in (view.unit, view.pick):
        return view
    path = places.path(db, id_)
    ids = [place.id for place in path]
    if view.unit is None or view.unit in ids or view.zoning != "main":
        return replace(view, pick=id_, building=None, mark="")
    # Beside the unit we are in: go sideways, to the neighbour of the same level.
    here = places.path(db, view.unit)[-1]
    beside = next((place for place in path if place.level == here.level), path[-1])
    pick = None if beside.id == id_ else id_
    return replace(view, unit=beside.id, pick=pick, building=None, mark="")


def _clicked(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    click = value if isinstance(value, Mapping) else {}
    layer, id_ = click.get("layer"), number_of(click.get("id"))
    if view.mode == "incidents" and layer == "cases":
        return replace(view, case=id_, trying=False)
    if view.mode == "incidents" and layer == "case-clusters":
        return view if id_ is None else heaps.into(view, id_, db)
    view = replace(view, facility=id_ if layer == "serving" else None)
    if layer == "serving":
        return view
    if layer == "worst" and id_ is not None:
        return _into(view, id_, db)
    if id_ is None or layer not in ("units", "buildings"):
        return replace(view, pick=None, building=None, mark="")
    if layer == "buildings":
        return replace(view, building=id_)
    if click.get("double") is True or id_ == view.pick:
        return _into(view, id_, db)
    return _picked(view, f"unit:{id_}", db)


def _up(view: View, _value: Any, db: Connection) -> View:  # noqa: ANN401
    if view.building is not None or view.mark:
        return replace(view, building=None, mark="")
    if view.pick is not None:
        return replace(view, pick=None)
    if view.unit is None:
        return view
    path = places.path(db, view.unit)
    return view.at(path[-2].id if len(path) > 2 else None)


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
    let_go = replace(there, sheet=False, listed=None, trying=False, facility=None, pin="")
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
    there = replace(_into(view, id_, db), start=None, end=None, part="", case=None)
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


def _on(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    return view.having(on=value)


def _news(view: View, value: Any, _db: Connection) -> View:  # noqa: ANN401
    told = value if isinstance(value, list) else []
    topics = {topic for topic in told if isinstance(topic, str)}
    return replace(
        view,
        # A change of boundaries is the end of an order, too.
        city_news=view.city_news + (Topic.BOUNDARIES in topics),
        order_news=view.order_news + bool({Topic.BOUNDARIES, Topic.ORDERS} & topics),
        case_news=view.case_news + bool({Topic.BOUNDARIES, Topic.INCIDENTS} & topics),
    )


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
        "on": _on,
        "news": _news,
        "system": _system,
        "set": _set,
        "go": _go,
        "down": _go,
        "pick": _picked,
        "point-out": _pointed_out,
        "map": _clicked,
        "site": asking.site,
        "up": _up,
        "clear": _clear,
        "drop": _drop,
        "page": _page,
        "period": _period,
        "set-period": _set_period,
        "layer-on": _layer,
        "layer-opacity": _layer,
    }
)
