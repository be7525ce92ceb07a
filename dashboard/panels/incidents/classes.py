"""The choice of a class of incidents: a big one with all that it holds, or a small one."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash.development.base_component import Component

from dashboard.ids import Id
from dashboard.incidents import asking
from dashboard.panels.measure_bar import WIDGET
from dashboard.scene import Scene
from layers.handling import duty

CHOSEN = "(view) => /^(big|small):/.test(view.part) ? view.part : null"
"""What of a view is chosen, in JavaScript: other parts than classes narrow no incidents."""


def select(id_: Id) -> Component:
    """Return the empty choice."""
    drawn = {key: WIDGET[key] for key in ("size", "comboboxProps", "maxDropdownHeight")}
    made: Component = dmc.Select(id=id_, searchable=True, clearable=True, **drawn)
    return made


def choices(scene: Scene) -> list[dict[str, Any]]:
    """Return the classes to choose from, each big one before the small ones that belong to it."""
    names = asking.classes(scene.db)
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for kind in duty.classes(scene.db, asking.small_classes(scene.db)).values():
        value = f"small:{kind.scheme}/{kind.small}"
        item = {"value": value, "label": scene.named(kind.names)}
        groups.setdefault((kind.scheme, kind.big), []).append(item)
    found = []
    for (scheme, big), items in groups.items():
        group = scene.named(names.get((scheme, big), {})) or big
        whole = {
            "value": f"big:{scheme}/{big}",
            "label": scene.say("cases.whole_class", name=group),
        }
        found.append({"group": group, "items": [whole, *items]})
    return found
