"""Who must do what until a change order takes effect, and what may be done now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.numerals import day
from dashboard.panels.boundaries import words
from dashboard.panels.boundaries.editor import opened
from dashboard.panels.boundaries.tags import moment
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis import places
from gis.orders import chain, orders
from gis.orders.order import Order, Waiting
from gis.orders.status import RIGHT_OF, STAGE_OF, Act, Stage, Status

SLOT = Id.CHAIN

# In the order of the buttons; the first that may be done is the one most people come for.
ACTS = (Act.SUBMIT, Act.ADOPT, Act.COSIGN, Act.CHECK, Act.APPROVE, Act.FILE, Act.REBASE, Act.REVISE,
        Act.RETURN, Act.REFUSE, Act.REJECT, Act.WITHDRAW, Act.REVERSE)  # fmt: skip
MAIN = frozenset({Act.SUBMIT, Act.ADOPT, Act.COSIGN, Act.CHECK, Act.APPROVE, Act.FILE, Act.REBASE})
NEEDS_NOTE = frozenset({Act.RETURN, Act.REFUSE, Act.REJECT})
# A stage that is done, the one that goes on, and those to come.
_MARKS: Mapping[str, str] = MappingProxyType({"done": "check", "now": "clock", "bad": "close"})


@dataclass(frozen=True)
class Step:
    """A stage as the stepper draws it."""

    title: str
    # done, now, next, bad or none.
    state: str
    lines: tuple[Component, ...] = ()


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.CHAIN, className="cg-part cg-chain")


def register(screen: Screen) -> None:
    """Follow the order and what is decided."""

    @screen.shows(Output(Id.CHAIN, "children"), reads=("mode", "order", "order_news", "language"))
    def show(scene: Scene) -> list[Component]:
        order = opened(scene)
        return draw(scene, order) if order else []


def draw(scene: Scene, order: Order) -> list[Component]:
    """Return the stepper and the buttons."""
    return [
        html.H3(scene.say("stage.title"), className="cg-subtitle"),
        html.Ol([_drawn(step) for step in steps(scene, order)], className="cg-stepper"),
        *_buttons(scene, order),
    ]


def steps(scene: Scene, order: Order) -> list[Step]:
    """Return the stages of an order, first to last."""
    stage_now = STAGE_OF.get(order.status)
    found = _begun(scene, order)
    way = [asking.stage for asking in chain.way(scene.city)]
    names = places.names_of(scene.db, [waiting.unit_id for waiting in order.waiting_for])
    for stage in way:
        asked = [waiting for waiting in order.waiting_for if waiting.stage is stage]
        found.append(_stage(scene, order, stage, asked, names, is_now=stage is stage_now))
    found.append(_effect(scene, order))
    return found


def _begun(scene: Scene, order: Order) -> list[Step]:
    """Return who proposed an order, where somebody did, and who drew it."""
    say, found = scene.say, []
    is_proposed = order.status is Status.PROPOSED
    if order.proposer:
        state = "now" if is_proposed else "done"
        found.append(Step(say("stage.propose"), state, (html.Span(scene.called(order.proposer)),)))
    if is_proposed:
        return [*found, Step(say("stage.draft"), "next")]
    state = "now" if order.status is Status.DRAFT else "done"
    return [*found, Step(say("stage.draft"), state, (html.Span(scene.called(order.author)),))]


Names = Mapping[int, tuple[str, Mapping[str, str]]]


def _stage(  # noqa: PLR0913 - what is known of a stage
    scene: Scene, order: Order, stage: Stage, asked: list[Waiting], names: Names, *, is_now: bool
) -> Step:
    title = scene.say(f"stage.{stage}")
    if not asked:
        is_past = order.round > 0 and order.status is not Status.DRAFT
        if not is_past:
            return Step(title, "next")
        return Step(title, "none", (html.Span(scene.say("stage.nobody")),))
    lines = tuple(_asked(scene, waiting, names, is_now=is_now) for waiting in asked)
    refusals = {Act.REFUSE, Act.REJECT, Act.RETURN}
    if any(waiting.answer in refusals for waiting in asked):
        return Step(title, "bad", lines)
    if is_now:
        return Step(title, "now", lines)
    return Step(title, "done" if all(waiting.answer for waiting in asked) else "next", lines)


def _asked(scene: Scene, waiting: Waiting, names: Names, *, is_now: bool) -> Component:
    say = scene.say
    place = scene.named(names[waiting.unit_id][1]) if waiting.unit_id in names else ""
    if waiting.answer and waiting.at:
        said = say(f"order_act.{waiting.answer}")
        note = [html.Q(waiting.note)] if waiting.note else []
        who = f"{scene.called(waiting.name)} {said} · {moment(scene, waiting.at)}"
        return html.Span([html.Strong(place), html.Small(who), *note])
    is_mine = is_now and VIEWER.get().may(RIGHT_OF[waiting.stage], waiting.unit_id)
    if not is_now:
        return html.Span(html.Strong(place))
    key, mark = ("stage.you", "cg-stepper-mine") if is_mine else ("stage.waits", "")
    return html.Span([html.Strong(place), html.Small(say(key), className=mark)])


def _effect(scene: Scene, order: Order) -> Step:
    say, title = scene.say, scene.say("stage.effect")
    if order.effective_at:
        return Step(title, "done", (html.Span(moment(scene, order.effective_at)),))
    if order.status in (Status.FAILED, Status.CONFLICTED):
        return Step(title, "bad", (html.Span(say(f"order_status.{order.status}")),))
    when = (
        say("orders.effective_on", day=day(order.effective_on, scene.view.language))
        if order.effective_on
        else say("order_ask.at_once")
    )
    is_now = order.status is Status.SCHEDULED
    return Step(title, "now" if is_now else "next", (html.Span(when),))


def _drawn(step: Step) -> Component:
    mark = _MARKS.get(step.state)
    now = {"aria_current": "step"} if step.state == "now" else {}
    return html.Li(
        [
            html.Span(icon(mark, size="10") if mark else None, className="cg-stepper-mark"),
            html.Div([html.H4(step.title), *step.lines]),
        ],
        className=f"cg-stepper-{step.state}",
        **attrs(**now),
    )


def _buttons(scene: Scene, order: Order) -> list[Component]:
    allowed = set(orders.can(VIEWER.get(), order))
    if order.status is Status.DRAFT:
        # The editor offers it where others have changed the same ground.
        allowed -= {Act.REBASE}
    shown = [each for each in ACTS if each in allowed]
    if not shown:
        return []
    texts = words.of(scene, "order_do", "order_why", "order_ask", "orders")
    buttons = [
        html.Button(
            scene.say(f"order_do.{each}"),
            className="cg-button cg-button-main" if each in MAIN else "cg-button",
            type="button",
            **attrs(
                data_does=f"order-act {order.id} {each}",
                data_needs_note=str(each in NEEDS_NOTE).lower(),
                data_words=texts,
            ),
        )
        for each in shown
    ]
    return [html.Div(buttons, className="cg-acts")]
