"""Patterns of incidents: which one is looked for, by what, and how near; then what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.elements import attrs
from dashboard.ids import Act, Id, act
from dashboard.incidents import finding
from dashboard.panels.incidents import classes, pattern_found
from dashboard.scene import Scene
from dashboard.view_fields import Bounds, Dividing
from layers.handling.patterns import denominators
from layers.handling.patterns.questions import PatternKind

SLOT = Id.PATTERNS
READS = (
    "unit", "pattern", "divided", "reach", "least", "bounds", "level", "zoning", "part", "start",
    "end", "language",
)  # fmt: skip


def layout() -> Component:
    """Return the panel with nothing chosen."""
    return html.Section(
        [
            html.Div(id=Id.PATTERNS_HEAD),
            html.Div(classes.select(Id.PATTERN_CLASS), className="cg-pattern-class"),
            html.Div(id=Id.PATTERNS_FOUND, className="cg-pattern-found"),
        ],
        id=Id.PATTERNS,
        className="cg-part cg-patterns",
    )


def register(screen: Screen) -> None:
    """Follow the pattern asked for; news of incidents leave what is read as it is."""

    @screen.shows(
        Output(Id.PATTERNS_HEAD, "children"),
        Output(Id.PATTERN_CLASS, "data"),
        Output(Id.PATTERN_CLASS, "label"),
        Output(Id.PATTERN_CLASS, "placeholder"),
        reads=READS,
        mode="incidents",
    )
    def head_of(scene: Scene) -> tuple[Any, ...]:
        say = scene.say
        found = classes.choices(scene)
        return head(scene), found, say("finding.class"), say("finding.any_class")

    @screen.shows(
        Output(Id.PATTERNS_FOUND, "children"), reads=(*READS, "theme", "system"), mode="incidents"
    )
    def show(scene: Scene) -> list[Component]:
        if not scene.view.pattern:
            return []
        kind = PatternKind(scene.view.pattern)
        if kind in finding.FINER and finding.level(scene) is None:
            return [states.empty(scene.say("finding.no_places"))]
        found = screen.patterns.found(
            scene.db, scene.city, kind, finding.question(scene), scene.view.language
        )
        return pattern_found.draw(scene, kind, found)

    screen.mirrors(Output(Id.PATTERN_CLASS, "value"), classes.CHOSEN, reads=("part",))
    screen.mirrors(
        Output(Id.PATTERNS, "className"),
        "(view) => 'cg-part cg-patterns' + (view.case !== null ? ' cg-times-off' : '')"
        " + (view.pattern ? ' cg-patterns-on' : '')",
        reads=("case", "pattern"),
    )


def head(scene: Scene) -> list[Component]:
    """Return the choice of patterns, of levels, and of what divides."""
    say, view = scene.say, scene.view
    period = finding.span(view, scene.city, scene.now)
    days = " – ".join(numerals.day(day, view.language) for day in (period.first, period.last))
    title: list[Component] = [html.H2(say("finding.title"), className="cg-title")]
    if view.pattern:
        title.append(html.Small(days, className="cg-quiet"))
    kinds = [
        _chip(f"pattern:{kind}", say(f"pattern.{kind}"), is_on=view.pattern == kind)
        for kind in PatternKind
    ]
    parts: list[Component] = [
        html.Div(title, className="cg-title-row"),
        html.Div(kinds, className="cg-asks", role="group",
                 **attrs(aria_label=say("finding.which"))),
    ]  # fmt: skip
    if not view.pattern:
        return [*parts, html.P(say("finding.hint"), className="cg-quiet")]
    kind, asked = PatternKind(view.pattern), finding.question(scene)
    if kind is PatternKind.HOT_SPOTS:
        parts.append(_divided(scene))
    if kind in finding.NEAR:
        # With what somebody wrote into the address, if anybody did.
        reaches = sorted({*finding.REACHES_M, round(asked.reach_m)})
        parts.append(_numbers(scene, "reach", reaches, round(asked.reach_m)))
    if kind in finding.LEAST:
        least = finding.least(asked, kind)
        parts.append(_numbers(scene, "least", sorted({*finding.LEASTS, least}), least))
    if finding.knows_then(scene):
        on = [
            _chip(f"bounds:{each}", say(f"measured.on_{each or 'then'}"),
                  is_on=view.bounds == each, title=say(f"measured.on_{each or 'then'}_why"))
            for each in get_args(Bounds)
        ]  # fmt: skip
        parts.append(_choice(scene, "measured.on", on))
    below = finding.levels(scene)
    if view.pattern in finding.FINER and len(below) > 1:
        at = finding.level(scene)
        named = {each.number: each.names for each in scene.city.main.levels}
        some = [_chip(f"level:{n}", scene.named(named[n]), is_on=n == at) for n in below]
        parts.append(_choice(scene, "finding.level", some))
    return parts


def _divided(scene: Scene) -> Component:
    """Return the choice of what hot spots are divided by; why not by who is there by day."""
    say, knows_day = scene.say, denominators.knows_day(scene.db)
    ways = [
        _chip(f"divided:{way}", say(f"finding.per_{way or 'none'}"),
              is_on=scene.view.divided == way)
        for way in get_args(Dividing)
        if way != "day" or knows_day
    ]  # fmt: skip
    why = [] if knows_day else [html.Small(say("finding.no_day"), className="cg-quiet")]
    return _choice(scene, "finding.per", [*ways, *why])


def _numbers(scene: Scene, name: str, some: Sequence[int], chosen: int) -> Component:
    """Return the choice of a number of the pattern."""
    chips = [
        _chip(f"{name}:{n}", scene.say(f"finding.{name}_of", n=numerals.number(n)),
              is_on=n == chosen)
        for n in some
    ]  # fmt: skip
    return _choice(scene, f"finding.{name}_chosen", chips)


def _choice(scene: Scene, name: str, chips: Sequence[Component]) -> Component:
    label = scene.say(name)
    return html.Div(
        [html.Small(label, className="cg-quiet"), *chips],
        className="cg-asks cg-pattern-choice",
        role="group",
        **attrs(aria_label=label),
    )


def _chip(key: str, text: str, *, is_on: bool, **more: str) -> Component:
    return html.Button(
        text,
        id=act(Act.ASK, key),
        className="cg-ask",
        type="button",
        **attrs(aria_pressed=str(is_on).lower(), **more),
    )
