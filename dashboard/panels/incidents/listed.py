"""The incidents of the place: what is open, late, or waits for who looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Output, html
from dash.development.base_component import Component

from dashboard import numerals, states
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.incidents import asking
from dashboard.incidents.asking import Choice, Wanted
from dashboard.panels.incidents import (
    board,
    choosing,
    classes,
    clocks,
    counted,
    measured,
    on_map,
    ringing,
    saved,
    tags,
)
from dashboard.scene import Scene
from dashboard.view_fields import Form
from dashboard.view_fields import Listing as Shown
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from layers.handling.case import Case
from layers.handling.lists import MOST_LISTED, Listing
from layers.handling.stages import Act as Does

SLOT = Id.CASES
CHOICES: tuple[Shown, ...] = ("mine", "", "soon", "overdue", "supervised", "closed", "all")
FORMS_SHOWN: tuple[tuple[Form, str], ...] = (
    ("", "list"), ("board", "panel-left"), ("time", "clock"),
)  # fmt: skip
FORMS = ("xlsx", "csv", "geojson")
# What of the view says which incidents are listed, and how.
READS = (
    "unit", "pick", "cases", "form", "part", "start", "end", "zoning", "by", "bounds", "counted",
    "language",
)  # fmt: skip


def layout() -> Component:
    """Return the empty list, with the choice of a class, which stays while it is drawn anew."""
    return html.Section(
        [
            html.Div(states.skeleton(32), id=Id.CASES_HEAD, className="cg-cases-part"),
            html.Div(id=Id.CASES_OWN, className="cg-cases-part"),
            html.Div(classes.select(Id.CASES_CLASS), className="cg-cases-class"),
            html.Div(states.skeleton(48, 48, 48), id=Id.CASES_FOUND, className="cg-cases-part"),
        ],
        id=Id.CASES,
        className="cg-part cg-cases",
    )


def register(screen: Screen) -> None:
    """Follow the place, the filter, and the news of incidents."""

    @screen.shows(
        Output(Id.CASES_HEAD, "children"),
        reads=(*READS, "count_news"),
        mode="incidents",
        is_alike=lambda _: True,
    )
    def choose(scene: Scene) -> list[Component]:
        return head(scene, asking.choice(scene, VIEWER.get()))

    @screen.shows(Output(Id.CASES_OWN, "children"), reads=(*READS, "count_news"), mode="incidents")
    def own(scene: Scene) -> list[Component]:
        viewer = VIEWER.get()
        told = asking.told(scene, viewer)
        is_there = told or scene.view.cases == "told"
        choices = [html.Div(_choice(scene, "told", told), className="cg-asks")] if is_there else []
        return [*choices, *saved.draw(scene, viewer)]

    @screen.shows(
        Output(Id.CASES_FOUND, "children"),
        reads=(*READS, "case", "case_news"),
        mode="incidents",
        # What somebody was told of is his own.
        is_alike=lambda view: view.cases != "told",
    )
    def show(scene: Scene) -> list[Component]:
        viewer = VIEWER.get()
        if scene.view.form == "board":
            return board.draw(scene, viewer, asking.board(scene, viewer))
        # Along time, `times` draws below.
        return [] if scene.view.form == "time" else draw(scene, asking.wanted(scene, viewer))

    @screen.shows(
        Output(Id.CASES_CLASS, "data"),
        Output(Id.CASES_CLASS, "aria-label"),
        Output(Id.CASES_CLASS, "placeholder"),
        reads=("language",),
        mode="incidents",
    )
    def kinds(scene: Scene) -> tuple[Any, ...]:
        say = scene.say
        return classes.choices(scene), say("finding.class"), say("finding.any_class")

    screen.mirrors(Output(Id.CASES_CLASS, "value"), classes.CHOSEN, reads=("part",))


def head(scene: Scene, told: Choice) -> list[Component]:
    """Return what is listed, the choices of lists, and of how they are shown."""
    say = scene.say
    title = html.Div(
        [
            html.H2(say("cases.title"), className="cg-title"),
            html.Small(scene.named(scene.focus.names), className="cg-quiet"),
            ringing.draw(scene),
            *_take_out(scene),
        ],
        className="cg-title-row",
    )
    choices = html.Div(
        [
            _choice(scene, each, told.lengths.get(Listing(each or "open")))
            for each in CHOICES
            # For those whom it concerns.
            if each != "supervised" or Listing.SUPERVISED in told.lengths
        ],
        className="cg-asks",
        role="group",
        **attrs(aria_label=say("cases.which")),
    )
    of_number = counted.draw(scene, VIEWER.get())
    clock = clocks.page(scene, told.turns_at)
    # Of a number the table of measures says it, and what is open lies where it lies.
    is_past = scene.view.cases in ("closed", "all") and not scene.view.counted
    on = measured.bounds(scene) if is_past else []
    return [title, choices, *of_number, *on, _forms(scene), clock]


def draw(scene: Scene, told: Wanted) -> list[Component]:
    """Return the list."""
    say, view = scene.say, scene.view
    if not told.cases:
        which = "all" if view.counted else view.cases or "open"
        return [states.empty(say(f"cases.none_{which}"))]
    able = choosing.able(VIEWER.get(), told.cases)
    several = choosing.bar(scene, able)
    rows = html.Ol(
        [_line(scene, told, case, able[case.id], is_chosen=bool(several)) for case in told.cases]
    )
    more = say("cases.first", n=MOST_LISTED)
    foot = [html.P(more, className="cg-quiet")] if len(told.cases) == MOST_LISTED else []
    return [*several, rows, *foot]


def _take_out(scene: Scene) -> list[Component]:
    """Return the links to the list as a file; none for who may take nothing out."""
    if not VIEWER.get().may(Right.EXPORT):
        return []
    say = scene.say
    links = [
        html.A(
            [icon("download"), html.Span(say(f"cases_out.take_{form}"))],
            href=f"incidents/list.{form}{on_map.listed(scene.view)}",
            className="cg-button cg-button-plain cg-button-icon",
            download="",
        )
        for form in FORMS
    ]
    label = say("cases_out.take")
    return [
        html.Details(
            [
                html.Summary(
                    icon("download", size="20"), className="cg-icon-button", title=label,
                    **attrs(aria_label=label),
                ),
                html.Div([*links, html.Small(say("cases_out.why"), className="cg-quiet")],
                         className="cg-case-menu"),
            ],
            className="cg-case-more cg-cases-out",
        )
    ]  # fmt: skip


def _forms(scene: Scene) -> Component:
    """Return the switch between the list, the board and the time line."""
    buttons = [
        html.Button(
            [icon(mark), scene.say(f"cases.form_{form or 'list'}")],
            id=act(Act.ASK, f"form:{form}"),
            className="cg-form",
            type="button",
            **attrs(aria_pressed=str(scene.view.form == form).lower()),
        )
        for form, mark in FORMS_SHOWN
    ]
    label = scene.say("cases.forms")
    return html.Div(buttons, className="cg-forms", role="group", **attrs(aria_label=label))


def _choice(scene: Scene, each: Shown, count: int | None) -> Component:
    shown = [] if count is None else [html.Small(numerals.number(count), className="cg-count")]
    return html.Button(
        [scene.say(f"cases.{each or 'open'}"), *shown],
        id=act(Act.ASK, f"cases:{each}"),
        className="cg-ask",
        type="button",
        **attrs(aria_pressed=str(scene.view.cases == each and not scene.view.counted).lower()),
    )


def _line(
    scene: Scene, told: Wanted, case: Case, acts: Sequence[Does], *, is_chosen: bool
) -> Component:
    name = told.called(scene, case)
    row = _row(scene, told, case)
    parts = [choosing.pick(scene, name), row] if is_chosen else row
    return html.Li(parts, **choosing.marks(case, name, acts))


def _row(scene: Scene, told: Wanted, case: Case) -> Component:
    clock = clocks.of(scene, case)
    where = case.address or told.places.get(case.id, "")
    return html.Button(
        [
            html.Span(
                [
                    tags.stage(scene, case),
                    *tags.severity(scene, case),
                    *tags.supervised(scene, case),
                    *tags.escalated(scene, case),
                    *([clock] if clock else []),
                ],
                className="cg-case-top",
            ),
            html.Span(told.called(scene, case), className="cg-order-title"),
            html.Small(where, className="cg-quiet"),
        ],
        id=act(Act.CASE, case.id),
        className="cg-order",
        type="button",
        **attrs(aria_current=str(scene.view.case == case.id).lower()),
    )
