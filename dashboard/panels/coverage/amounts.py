"""How much of each facility a unit has, and for how much ground: on the page of indicators."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage.standards import Amount, Charge, Standards
from dashboard.elements import attrs, icon
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from layers.catalog.facilities import KINDS
from layers.coverage.indicators import AREA

MOST_DUTIES = 30
PEOPLE = "people"


def stocks(scene: Scene, found: Standards) -> Component:
    """Return how much of each facility there is, beside what is asked for a thousand people."""
    say = scene.say
    keys = ("facility", "count", "per_1000", "places", "area", "held_per_1000", "quota")
    heads = [
        html.Th(say(f"cover.stock_{key}"), scope="col", className="cg-sheet-number" if at else "")
        for at, key in enumerate(keys)
    ]
    body = [_stock(scene, each) for each in found.amounts]
    return html.Section(
        [
            html.H2(say("cover.stocks", place=found.whole.name)),
            html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)]),
                     className="cg-sheet-table", tabIndex="0"),
            html.P(say("cover.stocks_why"), className="cg-quiet"),
        ],
        className="cg-sheet-part",
    )  # fmt: skip


def _stock(scene: Scene, amount: Amount) -> Component:
    say, quota = scene.say, amount.quota
    names = amount.names or KINDS[amount.kinds[0]]
    is_area = quota is not None and quota.measured == AREA

    def written(number: float) -> str:
        return say("cover.square_metres", n=numerals.number(number)) if is_area else (
            numerals.number(number)
        )  # fmt: skip

    due: Component | str = numerals.NO_NUMBER
    if quota is not None:
        is_met = amount.held_per_1000 >= quota.per_1000
        kind, shape = ("ok", "dot") if is_met else ("overdue", "square")
        asked = written(quota.per_1000)
        if quota.group != PEOPLE:
            asked = say("cover.quota_of", n=asked, group=say(f"cover.group_{quota.group}"))
        due = html.Span(
            [icon(shape, size="10"), asked], className=f"cg-status cg-status-{kind}",
            title=words.source(scene, quota) or None,
        )  # fmt: skip
    has = amount.area_m2 if is_area else amount.places
    cells = [
        numerals.number(amount.count),
        numerals.number(round(amount.per_1000, 3)),
        numerals.number(amount.places) if amount.places else numerals.NO_NUMBER,
        numerals.number(amount.area_m2) if amount.area_m2 else numerals.NO_NUMBER,
        written(round(amount.held_per_1000, 1)) if has else numerals.NO_NUMBER,
        due,
    ]
    return html.Tr(
        [
            html.Th(scene.named(names), scope="row"),
            *(html.Td(each, className="cg-sheet-number") for each in cells),
        ],
        **attrs(data_stock=",".join(amount.kinds)),
    )


def charge(scene: Scene, found: Standards, of: Charge) -> Component:
    """Return how large the ground is that facilities of a kind answer for."""
    say, kind = scene.say, scene.named(KINDS[of.kind])
    heads = [
        html.Th(kind, scope="col"),
        html.Th(say("cover.duty_km2"), scope="col", className="cg-sheet-number"),
    ]
    body = [
        html.Tr(
            [
                html.Th(each.name or kind, scope="row"),
                html.Td(_ground(each.km2, of.duty.most_km2), className="cg-sheet-number"),
            ],
            **attrs(data_duty=each.facility_id),
        )
        for each in of.areas[:MOST_DUTIES]
    ]
    over = sum(each.km2 > of.duty.most_km2 for each in of.areas)
    said = say(
        "cover.duty_why", n=numerals.number(of.duty.most_km2), over=numerals.number(over),
        all=numerals.number(len(of.areas)),
    )  # fmt: skip
    return html.Section(
        [
            html.H2(say("cover.duties", place=found.whole.name, kind=kind)),
            html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)]),
                     className="cg-sheet-table", tabIndex="0"),
            html.P(said, className="cg-quiet"),
        ],
        className="cg-sheet-part",
    )  # fmt: skip


def _ground(km2: float, most_km2: float) -> Component:
    kind, shape = ("ok", "dot") if km2 <= most_km2 else ("overdue", "square")
    return html.Span(
        [icon(shape, size="10"), numerals.number(round(km2, 2))],
        className=f"cg-status cg-status-{kind}",
    )
