"""The one map: what it draws, colours, selects and says follows the view."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from dash import Output, html
from dash.development.base_component import Component

from dashboard import map_style
from dashboard.callbacks import Screen
from dashboard.colours import PALETTES, Palette
from dashboard.coverage import gaps
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import ASKED, address
from dashboard.coverage.supposed import OF_WAYS, SUPPOSED
from dashboard.coverage.wishes import WISHED
from dashboard.ids import Id
from dashboard.incidents import finding
from dashboard.map import GridMap
from dashboard.map_style import Drawn
from dashboard.measured import asked, values
from dashboard.panels.boundaries.editor import opened
from dashboard.panels.coverage import on_map as coverage
from dashboard.panels.hover_card import READS, hover_card
from dashboard.panels.incidents import on_map as incidents
from dashboard.panels.legend import why_withheld
from dashboard.scene import Scene, newest, newest_count, newest_measure
from dashboard.view import View
from gis import places

SLOT = Id.MAP

# Room for what floats over the map.
PADDING = {"top": 12, "right": 12, "bottom": 8, "left": 12}
# How much of an order's width and height is seen on each side of it.
AROUND_ORDER = 0.1
POINT_BOX_DEGREES = 0.0015
# Whose source has the news of incidents: the list has its own drawn by itself.
NEWS = (
    "({ mode, case_news: n }) => (!n ? window.dash_clientside.no_update"
    " : mode === 'overview' ? { incidents: n } : mode === 'incidents' ? { cases: n } : {})"
)

Props = dict[str, Any]
Box = tuple[float, float, float, float]

LIGHT = ("language", "theme", "system")
MEASURED = ("unit", "level", "zoning", "measure", "part", "per", "start", "end", "theme", "system")


def layout() -> Component:
    """Return the place of the map; it is drawn where there is a city."""
    return html.Div(id=Id.MAP_SLOT, className="cg-map-slot")


def register(screen: Screen) -> None:
    """Draw the map with the page, then change only what the view changed."""

    def fit(scene: Scene) -> Props | None:
        return _fit(scene, screen.coverage)

    def choropleth(scene: Scene) -> Props:
        return _choropleth(scene, screen.coverage)

    def hovered(scene: Scene) -> Props:
        return hover_card(scene, screen.coverage)

    def sites(scene: Scene) -> Props | None:
        if scene.view.mode == "incidents":
            return incidents.pin(scene)
        return coverage.sites(scene, screen.coverage) if scene.view.mode == "coverage" else None

    def tint(scene: Scene) -> Props | None:
        return coverage.tint(scene) if scene.view.mode == "coverage" else None

    parts = {
        "mapStyle": (
            _style,
            (
                "mode",
                "order",
                "on",
                "unit",
                "pick",
                "building",
                "drawn",
                "aim",
                "source",
                "scenario",
                "against",
                *SUPPOSED,
                "corners",
                "level",
                "zoning",
                "mark",
                "case",
                "cases",
                "by",
                "bounds",
                "counted",
                "pattern",
                "divided",
                "reach",
                "least",
                "part",
                "start",
                "end",
                *LIGHT,
                *ASKED,
            ),
        ),
        "layerGroups": (_groups, ("mode", "layers", "pattern")),
        "choropleth": (
            choropleth,
            ("mode", "scenario", "against", "of", "measure_news", *MEASURED, *ASKED),
        ),
        "tint": (tint, ("mode", "unit", "tried", *OF_WAYS, "theme", "system", *ASKED)),
        "sites": (
            sites,
            (
                "mode",
                "unit",
                "trying",
                "supposing",
                "pin",
                "language",
                *WISHED,
                *ASKED,
            ),
        ),
        "hoverCard": (hovered, READS),
        # Not moved by what others do.
        "fit": (
            fit,
            ("mode", "order", "unit", "pick", "zoning", "building", "mark", "case", *ASKED),
        ),
        "selected": (_selected, ("pick", "building")),
        "interactive": (_interactive, ("mode", "unit", "pick", "zoning")),
        "texts": (_texts, ("language",)),
        "ariaLabel": (_label, ("unit", "pick", "language")),
    }

    @screen.draws(Output(Id.MAP_SLOT, "children"))
    def first(scene: Scene) -> Component:
        start = {"centre": list(scene.city.centre_4326), "zoom": scene.city.zoom}
        opened: dict[str, Any] = {
            "mapStyle": _style(scene),
            "initialView": start,
            "padding": PADDING,
        }
        return GridMap(id=Id.MAP, **opened)

    for name, (of, reads) in parts.items():
        screen.shows(Output(Id.MAP, name), reads=reads, is_still=name == "fit")(of)
    screen.mirrors(Output(Id.MAP, "news"), NEWS, reads=("mode", "case_news"))


def _style(scene: Scene) -> Props:
    view = scene.view
    focus = scene.focus if scene.focus.parent_id or not scene.zoning.is_main else None
    return map_style.style(
        Drawn(
            scheme=scene.view.scheme,
            language=scene.view.language,
            zoning=scene.zoning.key,
            level=scene.level.number if scene.level else None,
            outer_level=scene.unit.level,
            unit=scene.unit.id if scene.unit.parent_id else None,
            focus=focus.id if focus else None,
            mark=scene.view.mark,
            # What is made up was taken from nobody; that it is, is said in either language.
            attribution=scene.say("app.synthetic_source")
            if scene.city.is_synthetic
            else scene.city.attribution,
            worst=worst_address(scene)
            if scene.level and view.mode in ("overview", "boundaries")
            else "",
            worst_are_named=scene.level == scene.zoning.levels[-1],
            then=then_address(scene),
            is_edited=scene.view.mode == "boundaries" and scene.view.order is not None,
            news=scene.view.city_news,
            cases=incidents.address(view) if view.mode == "incidents" else "",
            case=view.case,
            pattern=finding.address(scene) if finding.is_on(view) else "",
            coverage=coverage.drawn(scene) if view.mode == "coverage" else None,
        )
    )


_HIDDEN = {"layers": list(map_style.GROUPS["incidents"]), "visible": False, "opacity": 0.9}


def _groups(scene: Scene) -> Props:
    return {
        group: {
            "layers": list(map_style.GROUPS[group]),
            # Under a pattern the colours of another measure would be read as its own.
            "visible": opacity > 0 and not (group == "measure" and finding.is_on(scene.view)),
            "opacity": abs(opacity) / 100,
        }
        for group, opacity in scene.view.layers.items()
        # The list has its incidents drawn by itself.
        if group != "incidents" or scene.view.mode != "incidents"
    } | ({"incidents": _HIDDEN} if scene.view.mode == "incidents" else {})


def worst_address(scene: Scene) -> str:
    """Return where the marks of the worst units come from."""
    view = scene.view
    shown = View(unit=view.unit, level=view.level, zoning=view.zoning, language=view.language)
    return newest_count(scene, f"worst{shown.to_address()}")


def then_address(scene: Scene) -> str:
    """Return where the boundaries of the day looked at come from; empty for today."""
    if scene.then is None or scene.level is None:
        return ""
    told = {
        "at": scene.then.astimezone(UTC).isoformat(),
        "zoning": scene.zoning.key,
        "level": scene.level.number,
        "language": scene.view.language,
        "within": scene.unit.id if scene.unit.parent_id else None,
    }
    return "then?" + urlencode({k: v for k, v in told.items() if v is not None})


def values_address(scene: Scene) -> str:
    """Return where the values of what is measured come from."""
    what = asked(scene)
    told = {
        "measure": what.measure,
        "part": what.part,
        "per": what.per,
        "zoning": scene.zoning.key,
        "level": what.level,
        "within": what.within,
        "start": what.period and what.period[0],
        "end": what.period and what.period[1],
    }
    query = urlencode({k: v for k, v in told.items() if v not in (None, "")})
    return newest_measure(scene, f"values?{query}")


def _choropleth(scene: Scene, desk: Desk) -> Props:
    palette = PALETTES[scene.view.scheme]
    if (scenario := desk.scenario(scene)) is not None:
        level = scene.level.number if scene.level else scene.unit.level
        against = desk.against(scene)
        beside = f"&against={against.id}" if against else ""
        found = newest(scene, f"scenarios/{scenario.id}/values?level={level}{beside}")
        return _coloured(palette, found, gaps.CHANGES, palette.changes)
    if scene.view.mode == "coverage":
        asked_of = address(scene.view, "unit", "level", "zoning", "of")
        found, edges = newest(scene, f"coverage/values{asked_of}"), gaps.breaks(scene.view.of)
        return _coloured(palette, found, edges, palette.classes(len(edges) + 1))
    # Below the last level there is one unit and nothing to compare it with.
    is_split = scene.level is not None
    breaks = values(scene.db, asked(scene)).breaks if is_split else ()
    colours = palette.classes(len(breaks) + 1) if is_split else ("rgba(0,0,0,0)",)
    return _coloured(palette, values_address(scene), breaks, colours)


def _coloured(
    palette: Palette, url: str, breaks: tuple[float, ...], colours: tuple[str, ...]
) -> Props:
    return {
        "url": url,
        "source": "units",
        "sourceLayer": "units",
        "layer": "units",
        "classes": {
            "breaks": list(breaks),
            "colours": list(colours),
            "missing": palette.missing,
            "suppressed": palette.missing,
        },
    }


def _fit(scene: Scene, desk: Desk) -> Props | None:
    view = scene.view
    if view.mode == "coverage" and view.building is not None:
        way = coverage.fit(scene, desk, POINT_BOX_DEGREES)
        if way is not None:
            return way
    if view.mode == "incidents" and view.case is not None:
        return incidents.fit(scene, POINT_BOX_DEGREES)
    is_elsewhere = view.pick is not None and not scene.zoning.is_main
    if is_elsewhere and not (view.building or view.mark) and scene.focus.bounds_4326:
        # One does not go into a unit of another zoning: it is looked at where it lies.
        return {"bounds": list(scene.focus.bounds_4326)}
    kind, _, number = (f"building:{view.building}" if view.building else view.mark).partition(":")
    if kind == "spot":
        lon, lat = map(float, number.split(","))
        box: Box | None = (lon, lat, lon, lat)
    else:
        box = places.box_of(scene.db, kind, int(number)) if number else _box(scene)
    if box is None:
        return None
    west, south, east, north = box
    if number:
        # One house fills no screen: keep the street around it.
        x, y = (west + east) / 2, (south + north) / 2
        half = max(east - west, north - south, POINT_BOX_DEGREES) * 0.75
        west, south, east, north = x - half, y - half, x + half, y + half
    return {"bounds": [west, south, east, north]}


def _box(scene: Scene) -> Box | None:
    """Return the bounds of where we are; of an order, what it redraws and a little around it."""
    order = opened(scene)
    around = places.around(scene.db, order.within) if order else None
    if order is None or (around.id if around else None) != scene.view.unit:
        return scene.unit.bounds_4326
    ends = [places.path(scene.db, number)[-1:] for number in order.within]
    boxes = [end[0].bounds_4326 for end in ends if end and end[0].bounds_4326]
    if not boxes:
        return scene.unit.bounds_4326
    west, south = (min(box[k] for box in boxes) for k in (0, 1))
    east, north = (max(box[k] for box in boxes) for k in (2, 3))
    x, y = (east - west) * AROUND_ORDER, (north - south) * AROUND_ORDER
    return west - x, south - y, east + x, north + y


def _selected(scene: Scene) -> Props | None:
    if scene.view.building is not None:
        return {"source": "buildings", "sourceLayer": "buildings", "id": scene.view.building}
    if scene.view.pick is not None:
        return {"source": "units", "sourceLayer": "units", "id": scene.view.pick}
    return None


def _interactive(scene: Scene) -> list[str]:
    if scene.view.mode == "coverage":
        # A house that is not reached is clicked wherever it is seen.
        return ["serving", "buildings", "units"]
    if scene.view.mode == "incidents":
        return ["cases", "case-clusters", "facilities", "units"]
    points = ["worst", "incidents", "facilities", "incident-cells", "facility-cells"]
    # Below the last level there is nothing to choose but the buildings in it.
    if scene.focus.is_face and scene.zoning.is_main:
        return [*points, "buildings", "units"]
    return [*points, "units"]


def _texts(scene: Scene) -> dict[str, str]:
    say = scene.say
    return {
        "NavigationControl.ZoomIn": say("map.zoom_in"),
        "NavigationControl.ZoomOut": say("map.zoom_out"),
        "AttributionControl.ToggleAttribution": say("map.attribution"),
        "ScaleControl.Meters": say("unit.m"),
        "ScaleControl.Kilometers": say("unit.km"),
        "missing": say("legend.missing"),
        "suppressed": why_withheld(scene),
    }


def _label(scene: Scene) -> str:
    return scene.say("region.map", place=scene.named(scene.focus.names))
