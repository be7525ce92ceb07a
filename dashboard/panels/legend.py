"""What the colours on the map mean: the classes, and how many units fall in each."""

from __future__ import annotations

import numpy as np
from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.colours import PALETTES
from dashboard.coverage.question import ASKED
from dashboard.coverage.supposed import OF_WAYS
from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.incidents import finding
from dashboard.measured import Values, asked, values
from dashboard.panels.coverage import legend as coverage
from dashboard.panels.incidents import key
from dashboard.scene import Scene
from dashboard.topics import TOPICS, part_names
from layers.disclosure import is_personal

SLOT = Id.LEGEND


def layout() -> Component:
    """Return the empty legend."""
    return html.Section(id=Id.LEGEND, className="cg-legend")


def register(screen: Screen) -> None:
    """Follow what is measured."""

    @screen.shows(
        Output(Id.LEGEND, "children"),
        reads=("mode", "unit", "tried", *OF_WAYS, "corners", "aim", "source", "scenario", "against",
               "level",
               "zoning", "measure", "part", "per", "start", "end", "measure_news", "theme",
               "system", "language", "layers",
               "drawn", "pattern", "of", *ASKED),
    )  # fmt: skip
    def show(scene: Scene) -> list[Component]:
        if scene.view.mode == "coverage":
            return coverage.draw(scene, screen.coverage)
        cases = [key.draw(scene)] if scene.view.mode == "incidents" else []
        # What was found of a pattern says in its panel what its colours are.
        if scene.view.layers["measure"] < 0 or scene.level is None or finding.is_on(scene.view):
            return cases
        return [*cases, *draw(scene, values(scene.db, asked(scene)))]


def heading(scene: Scene) -> tuple[str, str]:
    """Return what is measured, and how: the part or the rate, and its unit of measure."""
    view, say = scene.view, scene.say
    topic = TOPICS[view.measure]
    narrowed = []
    if view.part:
        names = part_names(scene.db, view.measure)
        narrowed.append(scene.named(names[view.part]) if view.part in names else view.part)
    narrowed.append(say(f"per.{view.per}") if view.per else say(topic.measured_in))
    if is_estimated(scene):
        narrowed.append(say("glance.estimated"))
    return say(f"measure.{view.measure}"), " · ".join(narrowed)


def marked(scene: Scene, name: str) -> str:
    """Return the name of what is measured, with a word that it is an estimate, if it is."""
    if TOPICS[scene.view.measure].layer_id not in scene.estimated:
        return name
    return scene.say("glance.estimated_name", name=name)


def is_estimated(scene: Scene) -> bool:
    """Return whether what is measured, or what divides it, is an estimate."""
    view = scene.view
    return not scene.estimated.isdisjoint({TOPICS[view.measure].layer_id, view.per})


def why_withheld(scene: Scene) -> str:
    """Return why a number of what is measured, or of what divides it, is not told."""
    view = scene.view
    names = [TOPICS[view.measure].name(view.part), *([view.per] if view.per else [])]
    name = next((name for name in names if is_personal(name)), names[0])
    level = scene.level.number if scene.level else scene.unit.level
    return scene.why_withheld(name, level)


def draw(scene: Scene, shown: Values) -> list[Component]:
    """Return the legend's lines."""
    say = scene.say
    title, how = heading(scene)
    level = scene.named(scene.level.names) if scene.level else ""
    small = " · ".join(text for text in (how, level) if text)
    head = html.Summary(
        [html.H2([title, html.Small(small)]), icon("down")], title=say("legend.fold")
    )
    if not len(shown.ids):
        return [_folding(head, html.P(say("legend.nothing"), className="cg-quiet"))]
    palette = PALETTES[scene.view.scheme]
    edges = shown.breaks
    colours = palette.classes(len(edges) + 1)
    known = shown.numbers[np.isfinite(shown.numbers)]
    counted = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(colours))
    # As pale as on the map.
    opacity = abs(scene.view.layers["measure"]) / 100
    lines = [
        _line(scene, {"background": colour, "opacity": opacity}, text, int(count))
        for colour, text, count in zip(
            colours, class_texts(edges, known, scene), counted, strict=True
        )
        if len(known)
    ]
    # The most on top, as the eye expects of a scale.
    lines.reverse()
    withheld = int(shown.is_withheld.sum())
    missing = len(shown.ids) - len(known) - withheld
    if missing:
        lines.append(_line(scene, {}, say("legend.missing"), missing, "cg-legend-missing"))
    if withheld:
        lines.append(_line(scene, {}, why_withheld(scene), withheld, "cg-legend-suppressed"))
    return [_folding(head, html.Ul(lines, **attrs(aria_label=say("legend.label"))))]


def _folding(head: Component, body: Component) -> Component:
    return html.Details([head, body], open=True, **attrs(data_fold="measure"))


def class_texts(edges: tuple[float, ...], known: np.ndarray, scene: Scene) -> list[str]:
    """Return how each class reads: "120 – 239", the last one "480 and more".

    A class of one value is that value; one class alone goes from its least to its greatest.
    """
    whole = bool(np.all(known == np.floor(known))) if len(known) else True
    least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    firsts = [min(least, edges[0]) if edges else least, *edges]
    texts = []
    for first, end in zip(firsts, [*edges, None], strict=True):
        if end is None and edges and first != most:
            texts.append(scene.say("legend.and_more", n=numerals.number(first)))
        else:
            last = most if end is None else end - 1 if whole else end
            low, high = numerals.number(first), numerals.number(last)
            texts.append(low if low == high else f"{low} – {high}")
    return texts


def _line(
    scene: Scene, style: dict[str, object], text: str, count: int, sign: str = ""
) -> Component:
    swatch = html.Span(className=f"cg-legend-colour {sign}", style=style)
    units = numerals.number(count)
    return html.Li(
        [swatch, html.Span(text), html.Small(units)], title=scene.say("legend.units", n=units)
    )
