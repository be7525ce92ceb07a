"""What the map says of what the pointer is on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dashboard.coverage import gaps
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import ASKED
from dashboard.coverage.shapes import CLOSED, MOVED
from dashboard.incidents.drawn import SIGNS
from dashboard.panels.coverage import words as words_of_coverage
from dashboard.panels.legend import marked
from dashboard.scene import Scene
from dashboard.topics import TOPICS
from gis.tables import incident_class
from layers.catalog.buildings import USES
from layers.catalog.facilities import KINDS
from layers.catalog.incidents import SEVERITIES, STAGES

Props = dict[str, Any]
# Of a facility: as it is, and as is supposed.
STATES = ("open", "planned", "closed", CLOSED, MOVED)
READS = ("mode", "scenario", "measure", "part", "per", "of", "language", *ASKED)


def hover_card(scene: Scene, desk: Desk) -> Props:
    """Return the lines for each layer, and how the codes and numbers in them are written."""
    say, view = scene.say, scene.view
    label = marked(scene, say(f"measure.{view.measure}"))
    if view.per:
        label = f"{label} · {say(f'per.{view.per}')}"
        if view.per in scene.estimated:
            label = say("glance.estimated_name", name=label)
    name = f"{{name_{view.language}}}"
    people = say("map.people")
    if "people" in scene.estimated:
        people = say("glance.estimated_name", name=people)
    unit = say(TOPICS[view.measure].measured_in) if not view.per else ""
    is_share = view.mode == "coverage"
    if is_share and view.scenario is None:
        label = words_of_coverage.measured(scene, gaps.named(scene, desk))
    is_change = is_share and view.scenario is not None
    is_minutes = is_share and not is_change and view.of == gaps.MINUTES
    options = {"maximumFractionDigits": 1} if is_minutes else _percent(is_signed=is_change)
    if is_change:
        label = say("scenarios.share_gained")
    return {
        "byLayer": {
            "serving": {
                "title": "{name}",
                "lines": [
                    [say("map.kind"), "{kind}"],
                    [say("cover.state"), "{state}"],
                ],
            },
            "units": {"title": name, "lines": [[say("map.code"), "{code}"]]},
            "buildings": {
                "title": "{name}",
                # Numbers in braces are written as the map's value is: floors are no share.
                "lines": [
                    [say("map.use"), "{use}"],
                    *([] if is_share else [[say("map.floors"), "{floors}"]]),
                ],
            },
            "incidents": {
                "title": "{scheme/small}",
                "lines": [[say("map.stage"), "{stage}"], [say("map.severity"), "{severity}"]],
            },
            "cases": {
                "title": "{title}",
                "lines": [
                    [say("map.clock"), "{timeLeft()}"],
                    [say("map.stage"), "{stage}"], [say("map.severity"), "{severity}"],
                ],
            },
            "case-clusters": {
                "title": say("layer.incidents"),
                "lines": [
                    [say("map.incidents"), "{n}"],
                    *([f"{sign} {say(f'cases.stands_{each}')}", f"{{{each}}}"]
                      for each, sign in SIGNS.items()),
                    [say("supervision.tag"), "{supervised}"],
                ],
            },
            "incident-cells": {
                "title": say("layer.incidents"),
                "lines": [[say("map.open"), "{open}"], [say("map.incidents"), "{n}"]],
            },
            "facility-cells": {
                "title": say("layer.facilities"),
                "lines": [[say("map.facilities"), "{n}"]],
            },
            "worst": {
                "title": "{name}",
                "lines": [[say("map.overdue"), "{overdue}"], [say("map.open"), "{open}"]],
            },
            "facilities": {"title": "{name}", "lines": [[say("map.kind"), "{kind}"]]},
            "people": {"title": say("layer.people"), "lines": [[people, "{n}"]]},
        },
        "words": words(scene),
        "valueLabel": label,
        "valueFormat": {
            "locale": "zh-CN" if view.language == "zh" else "en",
            "unit": say("unit.minutes") if is_minutes else "" if is_share else unit,
            **({"options": options} if is_share else {}),
        },
    }  # fmt: skip


def _percent(*, is_signed: bool) -> dict[str, object]:
    sign = {"signDisplay": "exceptZero"} if is_signed else {}
    return {"style": "percent", "maximumFractionDigits": 1, **sign}


def words(scene: Scene) -> dict[str, dict[str, str]]:
    """Return what the codes in the tiles are called, property by property."""
    c = incident_class.c
    # A code without its scheme is ambiguous.
    classes = {
        f"{scheme}/{code}": scene.named(names)
        for scheme, code, names in scene.db.execute(select(c.scheme, c.code, c.names))
    }
    listed = {"use": USES, "kind": KINDS, "stage": STAGES, "severity": SEVERITIES}
    named = {
        name: {key: scene.named(names) for key, names in parts.items()}
        for name, parts in listed.items()
    }
    states = {key: scene.say(f"cover.state_{key}") for key in STATES}
    return {**named, "scheme/small": classes, "state": states}
