"""What the colours of the coverage mode mean."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.colours import PALETTES
from dashboard.coverage import gaps
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import question
from dashboard.coverage.wishes import kind
from dashboard.elements import attrs, icon
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from gis.errors import CityGridError
from layers.coverage.candidates import Kind
from layers.coverage.released import HOUSEHOLDS, PEOPLE
from layers.coverage.scenarios import Scenario

# What is drawn of what is supposed: what it is called, the field of the view that supposes it, its
# sign and the name of its colour.
SUPPOSED = (
    ("closed", "closed", "cg-legend-dot cg-legend-ring cg-legend-pale cg-legend-closed",
     "facilities"),
    ("paths", "paths", "cg-legend-line cg-legend-path", "accent"),
    ("roads", "roads", "cg-legend-line cg-legend-path", "overdue"),
    ("moved", "moved", "cg-legend-dot cg-legend-ring", "facilities"),
    ("against", "against", "cg-legend-dot cg-legend-ring", "accent"),
    ("left", "moved", "cg-legend-dot cg-legend-ring cg-legend-pale", "facilities"),
)  # fmt: skip


def draw(scene: Scene, desk: Desk) -> list[Component]:
    """Return the legend: shares of units, buildings not reached, facilities."""
    say, palette = scene.say, PALETTES[scene.view.scheme]
    scenario = desk.scenario(scene)
    lines = []
    if scene.view.layers["measure"] > 0:
        lines = _changes(scene, desk, scenario) if scenario else _classes(scene, desk)
    if scene.view.tried or scene.view.moved or scene.view.paths:
        lines.append(_line("cg-legend-colour", palette.accent, say("cover.building_tried")))
    lines += [
        _line("cg-legend-colour", palette.incidents, say("cover.building_uncovered")),
        _line("cg-legend-colour", palette.partly, say("cover.building_partly")),
        _line("cg-legend-dot", palette.facilities,
              words.facilities(scene, question(scene.view, scene.city))),
    ]  # fmt: skip
    if scene.view.drawn == "outline":
        lines.append(
            _line("cg-legend-colour", palette.facilities, say("cover.legend_outline"), opacity=0.4)
        )
    elif scene.view.drawn == "areas":
        lines.append(_line("cg-legend-line", palette.facilities, say("cover.legend_areas")))
    if scene.view.aim and kind(scene.view.source) is Kind.LAND:
        lines.append(_line("cg-legend-dot cg-legend-ring", palette.people, say("cover.from_land")))
    lines += [
        _line(sign, getattr(palette, colour), say(f"scenarios.legend_{name}"))
        for name, field, sign, colour in SUPPOSED
        if getattr(scene.view, field) or (name == "paths" and scene.view.corners)
    ]
    level = scene.named(scene.level.names) if scene.level else ""
    of = gaps.named(scene, desk)
    title = say("scenarios.share_gained") if scenario else words.measured(scene, of)
    head = html.Summary(
        [html.H2([title, html.Small(level)]), icon("down")],
        title=say("legend.fold"),
    )
    body = html.Ul(lines, **attrs(aria_label=say("legend.label")))
    return [html.Details([head, body], open=True, **attrs(data_fold="measure"))]


def _changes(scene: Scene, desk: Desk, scenario: Scenario) -> list[Component]:
    """Return the classes of what a scenario adds to the share covered, what is gained first."""
    palette = PALETTES[scene.view.scheme]
    try:
        both = desk.compared(scene.db, scenario, desk.against(scene))
    except CityGridError:
        # Beside the list it is said why.
        return []
    at = gaps.shown(scene, both.before)
    gained, is_withheld = both.share_gained("people")[at], both.before.people.is_withheld[at]
    known = gained[np.isfinite(gained)]
    counted = np.bincount(np.searchsorted(gaps.CHANGES, known, side="right"),
                          minlength=len(palette.changes))  # fmt: skip
    texts = words.changes(scene)
    opacity = abs(scene.view.layers["measure"]) / 100
    lines = [
        _line("cg-legend-colour", colour, text, int(count), opacity)
        for colour, text, count in zip(palette.changes, texts, counted, strict=True)
    ]
    lines.reverse()
    withheld = int(is_withheld.sum())
    return lines + _untold(scene, len(at) - len(known) - withheld, withheld)


def _classes(scene: Scene, desk: Desk) -> list[Component]:
    say, palette = scene.say, PALETTES[scene.view.scheme]
    shown = gaps.values(scene, desk)
    known = shown.numbers[np.isfinite(shown.numbers)]
    colours = palette.classes(len(shown.breaks) + 1)
    counted = np.bincount(
        np.searchsorted(shown.breaks, known, side="right"), minlength=len(colours)
    )
    opacity = abs(scene.view.layers["measure"]) / 100
    edges = gaps.edges(shown.of)
    texts = [
        words.lowest(scene, shown.of, edges),
        *(f"{low} – {high}" for low, high in pairwise(edges)),
        say("legend.and_more", n=edges[-1]),
    ]
    lines = [
        _line("cg-legend-colour", colour, text, int(count), opacity)
        for colour, text, count in zip(colours, texts, counted, strict=True)
    ]
    lines.reverse()
    withheld = int(shown.is_withheld.sum())
    of = PEOPLE if shown.of == gaps.MINUTES else shown.of
    return lines + _untold(scene, len(shown.ids) - len(known) - withheld, withheld, of)


def _untold(scene: Scene, missing: int, withheld: int, of: str = PEOPLE) -> list[Component]:
    """Return what units without a colour are: nobody lives there, or the number is withheld."""
    say = scene.say
    lines: list[Component] = []
    if missing:
        why = say("cover.nobody" if of == PEOPLE else "cover.none_counted")
        lines.append(_line("cg-legend-colour cg-legend-missing", "", why, missing))
    if withheld:
        level = scene.level.number if scene.level else scene.unit.level
        why = scene.why_withheld(HOUSEHOLDS if of == HOUSEHOLDS else PEOPLE, level)
        lines.append(_line("cg-legend-colour cg-legend-suppressed", "", why, withheld))
    return lines


def _line(
    sign: str, colour: str, text: str, count: int | None = None, opacity: float = 1
) -> Component:
    style = {"background": colour, "opacity": opacity} if colour else {}
    units = [] if count is None else [html.Small(numerals.number(count))]
    return html.Li([html.Span(className=sign, style=style), html.Span(text), *units])
