"""The residents of a building, household by household, for those entitled; masked."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.elements import attrs, hidden, icon_button
from dashboard.ids import Act, Id, act
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from gis.errors import NotFoundError
from layers import persons
from layers.catalog.households import TENURE
from layers.catalog.people import AGES, CARE, RESIDENCE, SEXES
from layers.persons import Entrance, Field, Household, Page, Person

SLOT = Id.PERSONS
# For how long an unmasked value stays on the screen.
SHOWN_S = 30


def layout() -> Component:
    """Return the empty panel: most views are of no building."""
    return html.Section(id=Id.PERSONS, className="cg-part cg-persons")


def register(screen: Screen) -> None:
    """Follow the building and the page of its households."""

    @screen.shows(Output(Id.PERSONS, "children"), reads=("building", "page", "language"))
    def show(scene: Scene) -> list[Component]:
        return draw(scene)


def draw(scene: Scene) -> list[Component]:
    """Return the households of the view's building; nothing for those not entitled."""
    if scene.view.building is None:
        return []
    try:
        page = persons.of_building(scene.db, scene.view.building, scene.view.page)
    except NotFoundError:
        # The building card says so.
        return []
    if not page.households:
        return []
    may_reveal = VIEWER.get().may(Right.REVEAL, page.unit_id)
    households = scene.say("persons.households", n=numerals.number(page.households))
    return [
        html.H3(
            [scene.say("persons.title"), html.Small(households)], className="cg-card-title"
        ),
        *(_entrance(scene, entrance, may_reveal=may_reveal) for entrance in page.entrances),
        *_pager(scene, page),
        *([_dialog(scene)] if may_reveal else []),
    ]  # fmt: skip


def _entrance(scene: Scene, entrance: Entrance, *, may_reveal: bool) -> Component:
    name = entrance.name or scene.say("persons.no_entrance")
    homes = [_household(scene, home, may_reveal=may_reveal) for home in entrance.households]
    return html.Div([html.H4(name), html.Ul(homes, className="cg-homes")], className="cg-entrance")


def _household(scene: Scene, home: Household, *, may_reveal: bool) -> Component:
    say = scene.say
    door = say("persons.room", room=home.room) if home.room else say("persons.no_room")
    head: list[Component | str] = [html.Strong(door)]
    if home.tenure in TENURE:
        head.append(html.Small(scene.named(TENURE[home.tenure])))
    people: list[Component] = [
        html.Li(_person(scene, home, person, may_reveal=may_reveal)) for person in home.people
    ]
    if not people:
        people = [html.Li(say("persons.nobody"), className="cg-quiet")]
    return html.Li([html.P(head, className="cg-home"), html.Ul(people, className="cg-people")])


def _person(scene: Scene, home: Household, person: Person, *, may_reveal: bool) -> list[Component]:
    name = person.name or scene.say("persons.unnamed")
    facts = [_of(scene, SEXES, person.sex), _of(scene, AGES, str(person.age_band)),
             _of(scene, RESIDENCE, person.residence)]  # fmt: skip
    if person.count > 1:
        facts.append(scene.say("persons.alike", n=numerals.number(person.count)))
    care = person.care or 0
    groups = [scene.named(names) for bit, names in enumerate(CARE.values()) if care >> bit & 1]
    lines = [
        html.P([html.Strong(name), html.Span(" · ".join(filter(None, facts)))]),
        *(
            html.P([hidden(scene.say(f"persons.{field}")), value], className="cg-masked")
            for field, value in (("phone", person.phone), ("id_number", person.id_number))
            if value
        ),
        *([html.Ul([html.Li(g) for g in groups], className="cg-care")] if groups else []),
    ]
    there = {
        Field.NAME: person.name,
        Field.PHONE: person.phone,
        Field.ROOM: home.room,
        Field.ID_NUMBER: person.id_number,
    }
    known = " ".join(field for field, value in there.items() if value)
    button = icon_button(
        "eye",
        scene.say("persons.reveal", name=name),
        data_does=f"reveal {person.id}",
        data_fields=known,
        data_shown=" · ".join(filter(None, (name, home.room))),
    )
    can = may_reveal and known
    return [html.Div(lines, className="cg-person"), *([button] if can else [])]


def _of(scene: Scene, names: dict[str, dict[str, str]], key: str) -> str:
    return scene.named(names[key]) if key in names else ""


def _pager(scene: Scene, page: Page) -> list[Component]:
    if page.pages == 1:
        return []
    say = scene.say
    first = page.number * persons.PAGE + 1
    last = min(first + persons.PAGE - 1, page.households)
    shown = say(
        "persons.shown",
        first=numerals.number(first),
        last=numerals.number(last),
        n=numerals.number(page.households),
    )
    steps = (("earlier", page.number - 1), ("later", page.number + 1))
    back, on = (
        html.Button(
            say(f"persons.{key}"),
            id=act(Act.PAGE, number),
            className="cg-button",
            type="button",
            disabled=not 0 <= number < page.pages,
        )
        for key, number in steps
    )
    return [html.Div([back, html.Span(shown), on], className="cg-pager")]


def _dialog(scene: Scene) -> Component:
    """Return the dialog that asks what is to be unmasked and why, and shows it for a while.

    The browser fills it (assets/reveal.js): what is unmasked is in no store of the page.
    """
    say = scene.say
    fields = [
        html.Button(
            say(f"persons.{'door' if field is Field.ROOM else field}"),
            type="button",
            className="cg-period",
            **attrs(data_field=field.value, aria_pressed="false"),
        )
        for field in Field
    ]
    asked = html.Div(
        [
            html.P(say("reveal.what"), className="cg-label", id="reveal-what"),
            html.Div(fields, className="cg-periods", role="group",
                     **attrs(aria_labelledby="reveal-what")),
            html.Label(say("reveal.why"), className="cg-label", htmlFor="reveal-reason"),
            html.Textarea(
                id="reveal-reason",
                className="cg-textarea",
                rows=2,
                maxLength=persons.LONGEST_REASON,
                placeholder=say("reveal.why_hint"),
            ),
            html.P(say("reveal.logged"), className="cg-quiet"),
        ],
        className="cg-reveal-asked",
    )  # fmt: skip
    buttons = html.Div(
        [
            html.Button(say("head.close"), className="cg-button", type="button",
                        **attrs(data_does="reveal-close")),
            html.Button(say("reveal.show"), className="cg-button cg-button-main", type="button",
                        **attrs(data_does="reveal-go")),
        ],
        className="cg-dialog-foot",
    )  # fmt: skip
    return html.Dialog(
        [
            html.H2(say("reveal.title"), className="cg-subtitle", id="reveal-title"),
            html.P(className="cg-quiet", **attrs(data_part="shown")),
            asked,
            html.Dl(className="cg-facts cg-reveal-values", **attrs(data_part="values")),
            html.P(className="cg-quiet", role="status", **attrs(data_part="left")),
            html.P(className="cg-reveal-refused", role="alert", **attrs(data_part="refused")),
            buttons,
        ],
        className="cg-dialog",
        **attrs(
            data_part="reveal",
            data_language=scene.view.language,
            data_seconds=str(SHOWN_S),
            # "{n}" stays: the browser counts it down.
            data_left=say("reveal.left", n="{n}"),
            data_unknown=say("reveal.unknown"),
            data_failed=say("reveal.failed"),
            aria_labelledby="reveal-title",
        ),
    )
