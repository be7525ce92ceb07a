"""How numbers of the measures are written, each a button to the cases that it counts."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.elements import attrs
from dashboard.incidents import counting
from dashboard.scene import Scene
from layers.handling.formulas import Count, Formula, Kind
from layers.handling.grouping import Key
from layers.handling.measures import Figure


def made_of(scene: Scene, formula: Formula) -> str:
    """Return what a formula divides by what, and in which version."""
    numerator, denominator = (scene.say(key) for key in formula.words)
    return scene.say("measured.made_of", numerator=numerator, denominator=denominator,
                     version=formula.version)  # fmt: skip


def draw(scene: Scene, formula: Formula, now: Figure, key: Key | None) -> list[Component]:
    """Return a value, and what it was made from."""
    value = html.Strong(written(formula, now.value))
    if formula.numerator is None or now.numerator is None:
        said = scene.say("measured.of", n=numerals.number(now.denominator))
        return [value, html.Small(_cases(scene, formula, formula.denominator, key,
                                         (now.denominator, said)))]  # fmt: skip
    above, below = (
        _cases(scene, formula, count, key, (number, numerals.number(number)))
        for count, number in (
            (formula.numerator, now.numerator), (formula.denominator, now.denominator),
        )
    )  # fmt: skip
    if formula.kind is Kind.NUMBER:
        return [html.Strong(above), html.Small(["/ ", below])]
    return [value, html.Small([above, " / ", below])]


def written(formula: Formula, value: float | None) -> str:
    """Return a value as one reads it."""
    if value is None:
        return numerals.NO_NUMBER
    return numerals.percent(value) if formula.kind is Kind.SHARE else numerals.number(value)


def change(formula: Formula, now: Figure, before: Figure) -> str:
    """Return by how much a value differs from that of the period before; "" where unknown."""
    if now.value is None or before.value is None:
        return ""
    difference = now.value - before.value
    if not difference:
        return f"±{written(formula, 0.0)}"
    return numerals.signed(difference, written(formula, abs(difference)))


def _cases(
    scene: Scene, formula: Formula, count: Count, key: Key | None, number: tuple[float, str]
) -> Component | str:
    """Return a number as the button that lists its cases; where there are none, as it is."""
    n, said = number
    if not n:
        return said
    words = formula.words[0 if count is formula.numerator else 1]
    return html.Button(
        said,
        className="cg-link cg-counts",
        type="button",
        title=scene.say("measured.cases", which=scene.say(words)),
        **attrs(data_counted=counting.named(formula, count, key)),
    )
