"""Lists of one's own: brought, chosen, and what became of each row."""

from __future__ import annotations

import orjson
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from gis.errors import NotFoundError
from layers.coverage import lists
from layers.coverage.lists import LONGEST_NAME, CandidateList, Entry, Verdict

# Rows that are looked at; the table that is taken out has them all.
LISTED = 12
MARKS = {Verdict.USED: "●", Verdict.DOUBTFUL: "▲", Verdict.REFUSED: "■"}
# What the script says.
WORDS = ("file", "called", "shared", "bring", "bringing", "crs", "crs_guess",
         "brought")  # fmt: skip


def draw(scene: Scene) -> list[Component]:
    """Return the lists there are, how to bring one, and the verdicts of the one chosen."""
    say = scene.say
    may_plan = VIEWER.get().may(Right.PLAN)
    found = lists.listed(scene.db)
    parts: list[Component] = []
    if found:
        parts.append(
            html.Ul([_item(scene, each) for each in found], className="cg-candidate-lists",
                    **attrs(aria_label=say("candidates.lists")))
        )  # fmt: skip
    if may_plan:
        texts = {word: say(f"candidates.{word}") for word in WORDS}
        parts.append(
            html.Details(
                [
                    html.Summary(say("candidates.new"), className="cg-quiet"),
                    html.P(say("candidates.how"), className="cg-quiet"),
                    html.Div(**attrs(data_part="candidates", data_longest=str(LONGEST_NAME),
                                     data_words=orjson.dumps(texts).decode())),
                ],
                open=not found,
            )
        )  # fmt: skip
    if (chosen := _chosen(scene)) is not None:
        parts += verdicts(scene, chosen)
    return parts


def _chosen(scene: Scene) -> CandidateList | None:
    try:
        return lists.read(scene.db, int(scene.view.source.partition(":")[2]))
    except NotFoundError:
        # The suggestion below says so.
        return None


def _item(scene: Scene, each: CandidateList) -> Component:
    say = scene.say
    name, many = f"list:{each.id}", say("candidates.so_many", n=len(each.candidates))
    button = html.Button(
        [html.Strong(each.name), " ", html.Small(many)],
        id=act(Act.ASK, f"source:{name}"), className="cg-ask", type="button", title=each.file,
        **attrs(aria_pressed=str(scene.view.source == name).lower()),
    )  # fmt: skip
    if each.account_id is None or each.account_id != VIEWER.get().account_id:
        return html.Li([button, html.Span(say("candidates.of_others"), className="cg-badge")])
    label = say("candidates.delete", name=each.name)
    gone = html.Button(
        icon("close"), className="cg-icon-button", type="button", title=label,
        **attrs(aria_label=label, data_does="candidates-delete", data_number=str(each.id),
                data_sure=say("candidates.delete_sure")),
    )  # fmt: skip
    return html.Li([button, gone])


def verdicts(scene: Scene, chosen: CandidateList) -> list[Component]:
    """Return how many rows are used, doubtful and refused, and why."""
    say = scene.say
    counts = [
        html.Span(
            f"{MARKS[verdict]} "
            + say(f"candidates.{verdict}_n", n=numerals.number(chosen.count(verdict))),
            className=f"cg-verdict-{verdict}",
        )
        for verdict in Verdict
    ]
    parts: list[Component] = [
        html.P(counts, className="cg-verdicts", **attrs(data_part="verdicts"))
    ]
    told = [each for each in chosen.entries if each.verdict is not Verdict.USED]
    if not told:
        return parts
    rows = [_row(scene, each) for each in told[:LISTED]]
    if len(told) > LISTED:
        rows.append(
            html.Li(say("candidates.more_rows", n=len(told) - LISTED), className="cg-quiet")
        )
    return [
        *parts,
        html.Details(
            [
                html.Summary(say("candidates.look"), className="cg-quiet"),
                html.Ul(rows, className="cg-candidate-rows"),
            ]
        ),
    ]


def _row(scene: Scene, each: Entry) -> Component:
    say = scene.say
    return html.Li(
        [
            html.Span(f"{MARKS[each.verdict]} ", className=f"cg-verdict-{each.verdict}",
                      title=say(f"candidates.{each.verdict}")),
            say("candidates.row", n=each.row, name=each.name, why=why(scene, each)),
        ]
    )  # fmt: skip


def why(scene: Scene, each: Entry) -> str:
    """Return why a row is doubtful or refused, in words."""
    return scene.say(f"candidates.why_{each.why}") if each.why else ""
