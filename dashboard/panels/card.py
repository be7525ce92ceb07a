"""The building card 楼栋卡: what it is, who lives there, what is open, what is near."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.scene import Scene
from gis import places
from layers import building_card, statistics
from layers.building_card import BuildingCard
from layers.catalog.buildings import USES
from layers.catalog.facilities import KINDS

# Five-year bands at which the working ages begin and end.
WORKING, OLD = 3, 12


def draw(scene: Scene, building_id: int) -> list[Component]:
    """Return the card of a building."""
    card = building_card.card(scene.db, building_id, scene.now)
    return [
        _head(scene, card),
        _facts(scene, card),
        *_living(scene, card),
        *_incidents(scene, card),
        *_nearest(scene, card),
    ]


def _head(scene: Scene, card: BuildingCard) -> Component:
    say = scene.say
    name = card.name or card.address or say("card.unnamed", key=card.key)
    label = say("head.close")
    close = html.Button(
        icon("close"),
        id=act(Act.DROP, "building"),
        className="cg-icon-button",
        type="button",
        title=label,
        **attrs(aria_label=label),
    )
    small = " · ".join(text for text in (card.address if card.name else "", card.key) if text)
    return html.Div(
        [
            html.P(say("card.title"), className="cg-eyebrow"),
            html.Div([html.H2(name, className="cg-title", title=name), close],
                     className="cg-title-row"),
            html.P(small, className="cg-quiet cg-place-line"),
        ]
    )  # fmt: skip


def _facts(scene: Scene, card: BuildingCard) -> Component:
    say = scene.say
    use = scene.named(USES[card.use]) if card.use in USES else card.use
    facts = {
        "use": use,
        "floors": numerals.number(card.floors),
        "year": str(card.year) if card.year else numerals.NO_NUMBER,
        "area": numerals.area(card.floor_area_m2, say),
    }
    if card.estate_names:
        facts["estate"] = scene.named(card.estate_names)
    return html.Dl(
        [html.Div([html.Dt(say(f"card.{key}")), html.Dd(text)]) for key, text in facts.items()],
        className="cg-facts",
    )


def _living(scene: Scene, card: BuildingCard) -> list[Component]:
    say = scene.say
    if not card.is_seen and card.unit_id is not None:
        return [_title(say("card.living")), _published(scene, card.unit_id)]
    if not card.people and not card.households:
        nobody = "card.none_estimated" if "people" in scene.estimated else "card.no_people"
        return [_title(say("card.living")), html.P(say(nobody), className="cg-quiet")]
    numbers = html.Dl(
        [
            html.Div([html.Dt(say(f"card.{key}")), html.Dd(numerals.number(n))])
            for key, n in (("households", card.households), ("people", card.people))
        ],
        className="cg-facts cg-facts-tight",
    )
    groups = {
        "young": sum(card.ages[:WORKING]),
        "working": sum(card.ages[WORKING:OLD]),
        "old": sum(card.ages[OLD:]),
    }
    most = max([*groups.values(), 1])
    ages = [
        html.Li(
            [
                html.Span(say(f"card.{key}"), className="cg-bars-name"),
                html.Span(numerals.number(n), className="cg-bars-number"),
                html.Span(
                    html.Span(style={"width": f"{n / most:.1%}"}, className="cg-bars-accent"),
                    className="cg-bars-line",
                ),
            ]
        )
        for key, n in groups.items()
    ]
    note = say("glance.estimated") if card.is_estimated else ""
    return [
        _title(say("card.living"), note),
        numbers,
        # Nothing where people are counted but their ages are not known.
        *(
            [html.Ul(ages, className="cg-bars", **attrs(aria_label=say("card.ages")))]
            if any(card.ages)
            else []
        ),
    ]


def _published(scene: Scene, unit_id: int) -> Component:
    """Return what everybody may know: the published numbers of the unit around the building."""
    found = statistics.numbers(scene.db, unit_id, ["people", "households"])
    place = places.path(scene.db, unit_id)[-1]
    text = scene.say(
        "persons.by_release",
        place=scene.named(place.names),
        people=numerals.number(found["people"]),
        households=numerals.number(found["households"]),
    )
    return html.P(text, className="cg-quiet")


def _incidents(scene: Scene, card: BuildingCard) -> list[Component]:
    say = scene.say
    if not card.open_incidents:
        return [_title(say("card.incidents")), html.P(say("card.no_incidents"),
                                                      className="cg-quiet")]  # fmt: skip
    line: list[Component] = [html.Strong(numerals.number(card.open_incidents))]
    if card.overdue_incidents:
        text = say("glance.overdue", n=numerals.number(card.overdue_incidents))
        line.append(html.Span([icon("square", size="10"), text],
                              className="cg-status cg-status-overdue"))  # fmt: skip
    return [_title(say("card.incidents")), html.P(line, className="cg-card-line")]


def _nearest(scene: Scene, card: BuildingCard) -> list[Component]:
    say = scene.say
    if not card.nearest:
        return []
    lines = [
        html.Li(
            html.Button(
                [
                    html.Span(
                        [
                            scene.named(KINDS[near.kind]) if near.kind in KINDS else near.kind,
                            html.Small(near.name),
                        ],
                        className="cg-row-name",
                    ),
                    html.Span(
                        numerals.distance(near.straight_line_m, say), className="cg-row-value"
                    ),
                ],
                id=act(Act.MARK, f"facility:{near.id}"),
                className="cg-row cg-row-two",
                type="button",
            )
        )
        for near in sorted(card.nearest, key=lambda near: near.straight_line_m)
    ]
    return [
        _title(say("card.nearest"), say("card.crow")),
        html.Ul(lines, className="cg-rows"),
    ]


def _title(text: str, note: str = "") -> Component:
    return html.H3([text, *([html.Small(note)] if note else [])], className="cg-card-title")
