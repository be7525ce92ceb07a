"""Named filters above the list: each opens with one click; one's own are renamed and deleted."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.incidents import asking
from dashboard.incidents.filters import query_of
from dashboard.panels.boundaries import words
from dashboard.scene import Scene
from gis import places
from gis.access.viewer import Viewer
from layers.handling import filters
from layers.handling.filters import Filter


def draw(scene: Scene, viewer: Viewer) -> list[Component]:
    """Return the filters that the viewer has, and the button that keeps the present one."""
    if viewer.account_id is None:
        return []
    say = scene.say
    here = query_of(scene.view)
    found = filters.listed(scene.db)
    chips = [html.Li(_chip(scene, viewer, one, is_on=one.query == here)) for one in found]
    add = html.Button(
        [icon("plus"), say("saved.keep")],
        className="cg-link cg-saved-add",
        type="button",
        **attrs(data_does="filter-keep"),
    )
    return [
        html.Ul(
            [*chips, html.Li(add)],
            className="cg-saved",
            **attrs(
                aria_label=say("saved.title"),
                data_words=words.of(scene, "saved"),
                data_places=words.json(_places(scene, viewer)),
            ),
        )
    ]


def _chip(scene: Scene, viewer: Viewer, one: Filter, *, is_on: bool) -> list[Component]:
    say = scene.say
    is_own = one.account_id == viewer.account_id
    title = one.name if is_own else say("saved.shared_by", name=one.name)
    opens = html.Button(
        [icon("list" if is_own else "people"), one.name],
        id=act(Act.FILTER, one.id),
        className="cg-saved-open",
        type="button",
        title=title,
        **attrs(aria_pressed=str(is_on).lower()),
    )
    if not is_own:
        return [opens]
    label = say("saved.edit", name=one.name)
    edit = html.Button(
        icon("pen"),
        className="cg-saved-edit",
        type="button",
        title=label,
        **attrs(
            aria_label=label,
            data_does="filter-edit",
            data_filter=str(one.id),
            data_name=one.name,
            data_place=_key(one.shared.unit_id, one.shared.body_id),
        ),
    )
    return [opens, edit]


def _key(unit_id: int | None, body_id: int | None) -> str:
    return f"unit:{unit_id}" if unit_id is not None else f"body:{body_id}" if body_id else ""


def _places(scene: Scene, viewer: Viewer) -> list[list[str]]:
    """Return with whose posts the viewer may share, as a key and in words."""
    held = filters.places_of(viewer)
    units = places.names_of(scene.db, [each.unit_id for each in held if each.unit_id is not None])
    bodies = asking.body_names(scene.db) if any(each.body_id for each in held) else {}
    found = [["", scene.say("saved.private")]]
    for each in held:
        if each.unit_id in units:
            name = scene.named(units[each.unit_id][1])
        elif each.body_id in bodies:
            name = scene.named(bodies[each.body_id])
        else:
            continue
        found.append([_key(each.unit_id, each.body_id), scene.say("saved.with", place=name)])
    return found
