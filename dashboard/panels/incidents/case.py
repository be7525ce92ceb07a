"""The incident that is open: what it is, where it stands, the next step, all that was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Output, html
from dash.development.base_component import Component

from dashboard import states
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act as Does
from dashboard.ids import Id, act
from dashboard.incidents import asking
from dashboard.incidents.facts import done, facts
from dashboard.panels.boundaries import words
from dashboard.panels.boundaries.tags import moment
from dashboard.panels.incidents import clocks, doing, files, intake, supervision, tags
from dashboard.panels.incidents.log import comments, log
from dashboard.scene import Scene
from dashboard.text import catalogue
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from gis.access.viewer import Viewer
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.handling import case as reading
from layers.handling import lists, reported_by, standing, told
from layers.handling.case import Case
from layers.handling.stages import Act, Stage, Who

SLOT = Id.CASE


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.CASE, className="cg-part cg-case")


def register(screen: Screen) -> None:
    """Follow the incident that is open, and the news of incidents."""

    @screen.shows(
        Output(Id.CASE, "children"), reads=("case", "case_news", "language"), mode="incidents",
        opened_by="case",
    )  # fmt: skip
    def show(scene: Scene) -> list[Component]:
        if scene.view.case is None:
            return []
        found = lists.listed_of(scene.db, [scene.view.case], now=scene.now)
        return draw(scene, VIEWER.get(), found[0]) if found else _nothing(scene)

    screen.follows(Id.CASE, "window.citygrid.near.show")


def _nothing(scene: Scene) -> list[Component]:
    """Return what is said of a number, as of an old link, that no incident of the viewer's has."""
    said = scene.say("error.no_case", case=str(scene.view.case))
    return [
        html.Div(html.Div(_close(scene), className="cg-case-tools"), className="cg-title-row"),
        states.empty(said),
    ]


def _close(scene: Scene) -> Component:
    return html.Button(
        icon("close"),
        id=act(Does.CASE, ""),
        className="cg-icon-button",
        type="button",
        title=scene.say("head.close"),
        **attrs(aria_label=scene.say("head.close")),
    )


def draw(scene: Scene, viewer: Viewer, case: Case) -> list[Component]:
    """Return the incident, what can be done with it on top."""
    classes = asking.classes(scene.db)
    kind = asking.class_name(scene, classes, case)
    clock = clocks.of(scene, case)
    works_on_it = standing.is_who(viewer, case, Who.HOLDER)
    reporters = reported_by.reporters(scene.db, case.id) if works_on_it else []
    tools: list[Component] = [_close(scene)]
    if viewer.may(Right.CASES):
        tools.insert(0, _follow(scene, case))
    if works_on_it or viewer.may(Right.EXPORT):
        tools.insert(0, _print(scene, case, has_reporter=bool(reporters)))
    return [
        html.Div(
            [
                html.H2(case.title or kind, className="cg-title"),
                html.Div(tools, className="cg-case-tools"),
            ],
            className="cg-title-row",
        ),
        html.Div(
            [
                tags.stage(scene, case),
                *tags.severity(scene, case),
                *tags.supervised(scene, case),
                *tags.escalated(scene, case),
                *([clock] if clock else []),
            ],
            className="cg-case-top",
        ),
        _chain(scene, case),
        # There even if it is empty, so that the forms below stay where they are.
        html.Div(_told(scene, viewer, case), className="cg-case-told"),
        html.Div(
            [*doing.bar(scene, viewer, case), *supervision.draw(scene, viewer, case)],
            className="cg-case-doing",
            **doing.told(scene, standing.acts(viewer, case), case),
        ),
        _righting(scene, viewer, case),
        _facts(scene, case, kind),
        *_near(scene, viewer, case),
        *files.draw(scene, viewer, case),
        *_kin(scene, case),
        *_reporters(scene, case, reporters),
        *log(scene, reading.steps(scene.db, case.id)),
        *(comments(scene, viewer, case) if works_on_it else []),
    ]


def _told(scene: Scene, viewer: Viewer, case: Case) -> list[Component]:
    """Return what the viewer was told of it, until he says that he has seen it."""
    notices = told.unseen(scene.db, viewer, case.id)
    if not notices:
        return []
    lines = [
        html.P(
            scene.say(
                f"case_told.{one.about}",
                rule=one.rule,
                time=moment(scene, one.at),
                act=done(scene, one.act) if one.act else "",
                name=scene.called(one.name),
            ),
            className="cg-quiet",
        )
        for one in notices
    ]
    seen = html.Button(
        [icon("check"), scene.say("case_told.seen")],
        className="cg-button cg-button-plain cg-button-icon",
        type="button",
        **attrs(data_does="case-told", data_case=case.key),
    )
    return [html.Section([html.Div([icon("bell"), html.Div(lines)], className="cg-told-lines"),
                          seen], className="cg-supervision cg-told")]  # fmt: skip


def _chain(scene: Scene, case: Case) -> Component:
    """Return the stages as one line, up to where the case is."""
    way = list(Stage)
    at = way.index(case.stage)
    return html.Ol(
        [
            html.Li(
                html.Span(scene.named(STAGES[each]), className="cg-hidden"),
                title=scene.named(STAGES[each]),
                className="cg-done" if number <= at else "",
                **attrs(**({"aria_current": "step"} if number == at else {})),
            )
            for number, each in enumerate(way)
        ],
        className="cg-case-chain",
    )


def _facts(scene: Scene, case: Case, kind: str) -> Component:
    rows = [
        row
        for name, value in facts(scene, case, kind)
        for row in (html.Dt(scene.say(f"case_fact.{name}")), html.Dd(value))
    ]
    return html.Dl(rows, className="cg-case-facts")


def _righting(scene: Scene, viewer: Viewer, case: Case) -> Component:
    """Return the place of the form in which the incident is put right, empty yet.

    It is always there, so that the form stays as it is while the rest is drawn anew.
    """
    told = {}
    if standing.may(viewer, case, Act.AMEND):
        told = {
            "data_words": words.of(scene, "righting"),
            "data_classes": words.json(intake.classes(scene)),
            "data_severities": words.json(intake.choices(scene, SEVERITIES)),
        }
    return html.Div(className="cg-righting", **attrs(data_part="righting", **told))


def _near(scene: Scene, viewer: Viewer, case: Case) -> list[Component]:
    """Return the place of what is near, which the browser asks for when it is opened.

    It follows what is always there, so that it stays as it is while the rest is drawn anew.
    """
    if not asking.may_ask(viewer):
        return []
    told = {
        "data_part": "near",
        "data_at": f"{case.lon},{case.lat}",
        "data_body": str(case.body_id or ""),
        "data_kind": f"{case.scheme}/{case.small}",
        "data_number": str(case.id),
        "data_words": words.of(scene, "near"),
    }
    return [html.Div(**attrs(**told))]


def _kin(scene: Scene, case: Case) -> list[Component]:
    """Return the cases it was split into or off, and those that say the same."""
    groups = lists.kin(scene.db, case)
    classes = asking.classes(scene.db)
    parts = [
        html.Div(
            [
                html.H3(scene.say(f"case_kin.{name}"), className="cg-subtitle"),
                html.Ul(
                    [
                        html.Li(_link(scene, other, asking.class_name(scene, classes, other)))
                        for other in some
                    ]
                ),
            ],
            className="cg-case-kin",
        )
        for name, some in groups.items()
        if some
    ]
    return list(parts)


def _link(scene: Scene, other: Case, kind: str) -> Component:
    return html.Button(
        [
            html.Span(
                [
                    other.title or kind,
                    html.Small(f"{other.key} · {scene.named(STAGES[other.stage])}"),
                ],
                className="cg-row-name",
            )
        ],
        id=act(Does.CASE, f"{other.id}"),
        className="cg-row cg-row-two",
        type="button",
    )


def _print(scene: Scene, case: Case, *, has_reporter: bool) -> Component:
    """Return the button that prints the sheet; who reported it is printed in full with a reason."""
    said = {key: scene.say(key) for key in catalogue() if key.startswith("case_print.")}
    return html.Button(
        [icon("print"), scene.say("cases.print")],
        className="cg-button cg-button-plain cg-button-icon",
        type="button",
        **attrs(
            data_does="case-print",
            data_case=case.key,
            data_words=words.json(said),
            data_asks="reporter" if has_reporter else "",
        ),
    )


def _follow(scene: Scene, case: Case) -> Component:
    """Return the button that follows an incident; whether one does the browser asks."""
    say = scene.say
    return html.Button(
        icon("bell", size="20"),
        className="cg-icon-button cg-case-follow",
        type="button",
        title=say("reporters.follow"),
        **attrs(
            data_does="case-follow",
            data_case=case.key,
            data_on=say("reporters.following"),
            data_off=say("reporters.follow"),
            data_began=say("reporters.began"),
            data_ended=say("reporters.ended"),
            aria_label=say("reporters.follow"),
            aria_pressed="false",
        ),
    )


def _reporters(scene: Scene, case: Case, found: Sequence[Mapping[str, Any]]) -> list[Component]:
    """Return who reported it, masked."""
    if not found:
        return []
    said = [" ".join(str(part) for part in (one["name"], one["phone"]) if part) for one in found]
    rows = [html.Li(each) for each in said]
    unmask = html.Button(
        [icon("eye"), scene.say("reporters.show")],
        className="cg-button cg-button-plain cg-button-icon",
        type="button",
        **attrs(
            data_does="reporters-show",
            data_case=case.key,
            data_words=words.of(scene, "reporters", "reveal"),
        ),
    )
    return [
        html.Div(
            [html.H3(scene.say("cases.reporters"), className="cg-subtitle"), unmask],
            className="cg-title-row",
        ),
        html.Ul(rows, className="cg-case-reporters"),
    ]
