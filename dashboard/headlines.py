"""The four numbers of a place: value, change, what stands beside it, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from dashboard import numerals
from dashboard.scene import Scene
from dashboard.topics import TOPICS
from gis.tables import layer_state
from layers import live, series, statistics
from layers.catalog import LAYERS
from layers.series import Comparison, Step

A_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Headline:
    """One number as it is shown."""

    key: str
    name: str
    value: str
    # Relative change (环比), None when there is nothing to compare with.
    change: float | None
    # What changed, where it is not the number itself: "312 reported this month".
    changed: str
    # What stands beside the number, and whether it is a warning.
    beside: str
    warns: bool
    # The number is an estimate, not a register's.
    is_estimated: bool
    # Term → explanation: definition, numerator, as of, source …
    about: Mapping[str, str]


@dataclass(frozen=True)
class State:
    """When a layer was true, and where it came from."""

    as_of: datetime | None
    source: str


def states_of(scene: Scene) -> dict[str, State]:
    """Return when each layer was true, by layer; a layer never loaded is missing."""
    c = layer_state.c
    rows = scene.db.execute(select(c.layer, c.as_of, c.source))
    return {layer: State(as_of, source) for layer, as_of, source in rows}


def about_measure(scene: Scene) -> dict[str, str]:
    """Return what is measured on the map in terms and explanations."""
    view, say = scene.view, scene.say
    topic = TOPICS[view.measure]
    state = states_of(scene).get(topic.layer_id)
    terms = {say("about.definition"): say(f"about.{view.measure}")}
    if view.per:
        terms[say("about.numerator")] = say(f"measure.{view.measure}")
        terms[say("about.denominator")] = say(f"denominator.{view.per}")
    terms[say("about.as_of")] = _moment(scene, state)
    terms[say("about.source")] = _source(scene, state)
    return terms


def headlines(scene: Scene) -> list[Headline]:
    """Return people, households, open incidents and buildings of the scene's place."""
    say, states = scene.say, states_of(scene)
    names = ["people", "households", "incidents.status.open", "buildings",
             "buildings.floor_area_m2"]  # fmt: skip
    n = statistics.numbers(scene.db, scene.focus.id, names)
    overdue = live.overdue(scene.db, scene.focus.id, scene.now) if "incidents" in states else 0
    floor_area = f"{numerals.number(n['buildings.floor_area_m2'])} {say('unit.m2')}"
    return [
        _line(scene, states, "people", "people", n["people"]),
        _line(scene, states, "households", "households", n["households"]),
        _line(
            scene, states, "open", "incidents", n["incidents.status.open"],
            beside=say("glance.overdue", n=numerals.number(overdue))
            if overdue
            else say("glance.none_overdue"),
            warns=overdue > 0,
        ),
        _line(
            scene, states, "buildings", "buildings", n["buildings"],
            changed=say("glance.floor_area"),
            beside=floor_area,
        ),
    ]  # fmt: skip


def _line(  # noqa: PLR0913 - the parts of a number
    scene: Scene,
    states: Mapping[str, State],
    key: str,
    layer: str,
    value: int | None,
    *,
    changed: str = "",
    beside: str = "",
    warns: bool = False,
) -> Headline:
    say = scene.say
    state = states.get(layer)
    name = say(f"glance.{key}")
    compared = _compared(scene, layer, state)
    against = _against(scene, compared) if compared else ""
    if key == "open" and compared:
        month = numerals.month(compared.span.last, scene.view.language)
        changed = say("glance.reported", n=numerals.number(compared.value))
        told = say("glance.reported_in", month=month)
        against = " · ".join(text for text in (told, against) if text)
    elif against and not beside:
        beside = against
    about = {
        say("about.definition"): say(f"about.{key}"),
        say("about.compared"): against or say("about.nothing"),
        say("about.as_of"): _moment(scene, state),
        say("about.source"): _source(scene, state),
    }
    disclosed = scene.disclosure
    if disclosed.is_bound and LAYERS[layer].is_personal:
        day = disclosed.as_of and numerals.day(_day(scene, disclosed.as_of), scene.view.language)
        about[say("about.release")] = (
            say("about.released", day=day) if day else say("about.no_release")
        )
    change = compared.change if compared else None
    shown = numerals.NO_NUMBER
    if state:
        is_told = value is not None
        shown = numerals.number(value) if is_told else scene.withheld(layer, scene.focus.level)
    return Headline(
        key, name, shown, change, changed, beside if state else "", warns,
        layer in scene.estimated, about,
    )  # fmt: skip


def _compared(scene: Scene, layer: str, state: State | None) -> Comparison | None:
    if state is None or state.as_of is None or layer not in ("people", "households", "incidents"):
        return None
    # Of incidents that are worked on the month goes on without one, too.
    day = _day(scene, scene.now if layer == "incidents" else state.as_of)
    if LAYERS[layer].time is None and not _is_followed(scene, layer, day):
        return None
    return series.compare(scene.db, scene.focus.id, layer, Step.MONTH, day)


def _is_followed(scene: Scene, layer: str, day: date) -> bool:
    """Return whether a stock ever changed; one taken once is the same at every month's end."""
    found = series.series(scene.db, scene.root.id, layer, Step.MONTH, day - A_YEAR, day)
    now = statistics.numbers(scene.db, scene.root.id, [layer])[layer]
    return now is not None and bool((found != now).any())


def _against(scene: Scene, compared: Comparison) -> str:
    """Return what a number was compared with; empty when nothing was counted then."""
    if compared.change is None:
        return ""
    before, language = compared.previous_span, scene.view.language
    today = _day(scene, scene.now)
    last = numerals.day(before.last, language, today=today)
    if before.first == before.last:
        return scene.say("glance.against", day=last)
    first = numerals.day(before.first, language, today=today)
    return scene.say("glance.against_span", first=first, last=last)


def _day(scene: Scene, moment: datetime) -> date:
    return moment.astimezone(scene.city.tz).date()


def _source(scene: Scene, state: State | None) -> str:
    if scene.city.is_synthetic:
        return scene.say("app.synthetic_source")
    return (state and state.source) or scene.say("about.unknown")


def _moment(scene: Scene, state: State | None) -> str:
    if state is None or state.as_of is None:
        return scene.say("about.unknown")
    return numerals.moment(state.as_of.astimezone(scene.city.tz), scene.view.language)
