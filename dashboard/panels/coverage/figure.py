"""The answer as one paragraph for a report: what was asked, both figures, as of when."""

from __future__ import annotations

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage import tried
from dashboard.elements import attrs, icon
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from layers.coverage.seen import Seen
from layers.coverage.sites import Brought
from layers.coverage.streets import Mode


def button(scene: Scene, seen: Seen, at: int, brought: Brought | None) -> list[Component]:
    """Return the button that copies the figure; none where no number of people is told.

    Parameters
    ----------
    brought
        What the places tried bring the unit; None where none is.
    """
    if not np.isfinite(seen.people.all[at]):
        return []
    said = figure(scene, seen, at, brought)
    return [
        html.Button(
            [icon("sheet"), scene.say("cover.copy")],
            className="cg-button cg-button-icon",
            type="button",
            title=said,
            **attrs(data_does="copy-figure", data_text=said, data_done=scene.say("cover.copied")),
        )
    ]


def figure(scene: Scene, seen: Seen, at: int, brought: Brought | None = None) -> str:
    """Return the paragraph for a place of the tree."""
    say, asked, people = scene.say, seen.found.question, seen.people
    everybody = float(people.all[at])
    sentences = [
        say(
            "cover.figure_asked",
            place=scene.named(scene.focus.names),
            facilities=words.facilities(scene, asked),
            within=words.within(scene, asked),
            n=numerals.number(len(seen.found.facilities.ids)),
            people=numerals.number(everybody),
        )
    ]
    if people.official is not None:
        share = numerals.share(float(people.official[at]), everybody)
        radius = f"{asked.radius_m or 0:,.0f}"
        sentences.append(say("cover.figure_official", m=radius, share=numerals.percent(share)))
    by_street = "cover.figure_driving" if asked.mode is Mode.DRIVE else "cover.figure_walking"
    share = numerals.share(float(people.reached[at]), everybody)
    missing = numerals.number(float(people.uncovered[at]))
    sentences.append(say(by_street, share=numerals.percent(share), n=missing))
    older = float(seen.numbers["60"].uncovered[at])
    if np.isfinite(older):
        sentences.append(say("cover.figure_older", n=numerals.number(older)))
    if brought is not None:
        sentences.append(_tried(scene, seen, at, brought))
    sentences.append(words.binds(scene, asked))
    is_exact = bool(people.is_exact[at])
    as_of = scene.now if is_exact else scene.disclosure.as_of or scene.now
    day = numerals.day(as_of.astimezone(scene.city.tz).date(), scene.view.language)
    sentences.append(say(f"cover.figure_{'exact' if is_exact else 'released'}", day=day))
    return words.joined(scene, *sentences)


def _tried(scene: Scene, seen: Seen, at: int, brought: Brought) -> str:
    """Return what the places tried would change, always as estimated from the release."""
    gain, left = tried.in_all(scene, brought, seen.people, at)
    return scene.say(
        "cover.figure_tried",
        k=len(brought.by_place),
        sites=tried.named(scene),
        n=numerals.number(gain),
        buildings=numerals.number(brought.in_all["buildings"]),
        before=numerals.percent(float(seen.people.share_uncovered[at])),
        after=numerals.percent(left),
    )
