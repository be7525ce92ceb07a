"""The search box: units, codes, estates, addresses, buildings and facilities by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import Input, Output, State, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard.callbacks import Screen
from dashboard.elements import icon
from dashboard.ids import Id
from dashboard.scene import Scene
from dashboard.text import named, speaker
from dashboard.view import View
from gis import places
from layers.search import search

SLOT = Id.SEARCH_BOX
LISTED = 24

Options = list[dict[str, Any]]


def layout() -> Component:
    """Return the box, its words still missing."""
    return html.Div(
        dmc.Select(
            id=Id.SEARCH,
            data=[],
            searchable=True,
            # As it begins: what a component says of itself as it is drawn would be searched for,
            # and a choice that is none only once there are answers empties the box being typed in.
            searchValue="",
            value=None,
            size="xs",
            # The server has chosen; the browser filters nothing out.
            filter={"function": "everyOption"},
            renderOption={"function": "searchOption"},
            leftSection=icon("search"),
            rightSection=html.Span("/", className="cg-search-key"),
            rightSectionPointerEvents="none",
            maxDropdownHeight=420,
            comboboxProps={
                "shadow": "md",
                "width": 360,
                "position": "bottom-end",
                "transitionProps": {"duration": 0},
            },
        ),
        id=Id.SEARCH_BOX,
        className="cg-search",
        role="search",
    )


def register(screen: Screen) -> None:
    """Follow the language, and what is typed."""

    @screen.shows(
        Output(Id.SEARCH, "placeholder"),
        Output(Id.SEARCH, "aria-label"),
        reads=("language",),
    )
    def words(scene: Scene) -> tuple[str, str]:
        return scene.say("head.search_hint"), scene.say("head.search")

    @screen.draws(Output(Id.SEARCH, "nothingFoundMessage"))
    def start(scene: Scene) -> str:
        return scene.say("head.search_start")

    @screen.answers(
        Output(Id.SEARCH, "data"),
        Output(Id.SEARCH, "nothingFoundMessage"),
        Input(Id.SEARCH, "searchValue"),
        State(Id.VIEW, "data"),
        prevent_initial_call=True,
    )
    def find(db: Connection, text: object, data: object) -> tuple[Options, str]:
        language = View.from_store(data).language
        say = speaker(language)
        typed = text.strip() if isinstance(text, str) else ""
        if not typed:
            return [], say("head.search_start")
        return options(db, typed, language), say("head.search_none")


def options(db: Connection, text: str, language: str) -> Options:
    """Return what a text may mean, kind by kind, the kind of the likeliest first."""
    say = speaker(language)
    groups: dict[str, Options] = {}
    everything = search(db, text, LISTED)
    # Many grids are called "Grid 1": what they lie in tells them apart.
    units = [found.id for found in everything if found.kind == "unit"]
    parents = {id_: names for id_, (_, names) in places.parents_of(db, units).items()}
    for id_, names in _zonings(db, units).items():
        parents.setdefault(id_, names)
    for found in everything:
        where = named(found.subtitles, language)
        if found.kind == "unit" and found.id in parents:
            where = f"{named(parents[found.id], language)} · {where}"
        groups.setdefault(found.kind, []).append(
            {
                "value": f"{found.kind}:{found.id}",
                "label": named(found.titles, language),
                "where": where,
                # Answers that come late are told from those to what is typed by now.
                "asked": text,
            }
        )
    return [{"group": say(f"found.{kind}"), "items": items} for kind, items in groups.items()]


def _zonings(db: Connection, units: list[int]) -> dict[int, Mapping[str, str]]:
    """Return the names of the zonings beside the main one that units are of: what they are."""
    city = places.city(db)
    names = {each.key: each.names for each in city.zonings if not each.is_main} if city else {}
    return {id_: names[key] for id_, key in places.zonings_of(db, units).items() if key in names}
