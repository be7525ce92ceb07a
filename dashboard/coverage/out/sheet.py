"""An answer as a map to hang up: A3, as PDF or PNG, set by typst, offline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import orjson
import typst

from dashboard import numerals
from dashboard.colours import LIGHT
from dashboard.coverage import shapes
from dashboard.coverage.out import dots, picture
from dashboard.coverage.out.content import Content
from dashboard.coverage.out.picture import HEIGHT_MM, WIDTH_MM, Picture
from dashboard.panels.coverage import words
from dashboard.reports.pdf import typefaces

# Sharp enough to be printed at A4, and small enough to be sent.
PNG_PPI = 150
# Beside the map there is room for so many; the workbook has all of them.
MOST_CHANGES = 14
_SAID = (
    "changes", "changes_against", "legend", "sites", "new_sites", "against_sites", "closed_sites",
    "left_sites", "tried_sites",
    "suggested_sites", "homes", "homes_partly", "no_data", "withheld_area", "north", "numbers",
)  # fmt: skip


def content_data(content: Content, drawn: Picture) -> dict[str, Any]:
    """Return all that the sheet says."""
    say, language = content.scene.say, content.scene.view.language
    withheld = content.is_withheld[content.at(drawn.level)].any()
    return {
        "language": language,
        "fonts": typefaces()[1],
        "title": content.title,
        "city": content.scene.named(content.scene.city.names),
        "level": content.scene.named(drawn.level.names),
        "measure": say("cover_out.measure_gained")
        if content.after
        else words.measured(content.scene, content.of),
        "changes": _changes(content, content.changes),
        "changes_against": _changes(content, content.changes_against),
        "facts": [{"name": name, "value": value} for name, value in content.facts],
        "note": content.note,
        "numbers": _numbers(content),
        "say": {name: say(f"cover_out.{name}") for name in _SAID},
        "classes": [{"colour": colour, "text": text} for colour, text in drawn.classes],
        "has_withheld": bool(withheld),
        "has_new": bool((content.after or content.seen).found.facilities.ids.min(initial=0) < 0),
        "has_against_only": bool(len(dots.against_only(content))),
        "has_closed": shapes.CLOSED in drawn.gone,
        "has_left": shapes.MOVED in drawn.gone,
        "lines": [
            {"colour": picture.LINES[part][0], "dashed": bool(picture.LINES[part][2]),
             "text": say(f"cover_out.line_{part}")}
            for part in picture.LINES if part in drawn.parts
        ],
        "has_tried": any(not pin.is_suggested for pin in drawn.pins),
        "has_suggested": any(pin.is_suggested for pin in drawn.pins),
        "colours": {
            "site": LIGHT.facilities, "new": LIGHT.incidents, "home": LIGHT.overdue,
            "partly": LIGHT.partly, "tried": LIGHT.accent, "suggested": LIGHT.people,
        },
        "map": {
            "width": WIDTH_MM, "height": HEIGHT_MM,
            "names": [
                {"text": n.text, "share": n.share, "x": n.x_mm, "y": n.y_mm} for n in drawn.names
            ],
            "pins": [
                {"text": p.text, "x": p.x_mm, "y": p.y_mm,
                 "colour": LIGHT.people if p.is_suggested else LIGHT.accent}
                for p in drawn.pins
            ],
            "bar": drawn.bar_mm,
            "bar_text": numerals.distance(drawn.bar_m, say),
        },
    }  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """All that the sheet is set from."""

    data: str
    svg: str
    stamp: dt.datetime


def read(content: Content) -> Sheet:
    """Read what a sheet is set from."""
    drawn = picture.draw(content)
    data = orjson.dumps(content_data(content, drawn)).decode()
    return Sheet(data, drawn.svg, content.now)


def made(read_: Sheet, kind: Literal["pdf", "png"]) -> bytes:
    """Return a sheet as PDF or PNG; the same answer and moment give the same bytes.

    Raises
    ------
    SettingsError
        No Chinese typeface is installed.
    """
    source = (files("dashboard") / "coverage/out/coverage_sheet.typ").read_bytes()
    inputs = {"data": read_.data, "map": read_.svg}
    compiler = typst.Compiler(source, font_paths=typefaces()[0], sys_inputs=inputs)
    if kind == "png":
        found = compiler.compile(format="png", ppi=PNG_PPI)
    else:
        found = compiler.compile(format="pdf", timestamp=read_.stamp)
    if not isinstance(found, bytes):
        raise TypeError(f"typst gave {type(found)} for a {kind}.")
    return found


def _changes(content: Content, changes: Sequence[str]) -> list[str]:
    """Return what a scenario changes; of many, the first and how many more."""
    # Two lists share the room of one.
    most = MOST_CHANGES // 2 if content.against else MOST_CHANGES
    said = list(changes[:most])
    if more := len(changes) - len(said):
        said.append(content.scene.say("cover_out.more_changes", n=more))
    return said


def _numbers(content: Content) -> list[dict[str, str]]:
    """Return the numbers of the place itself: people, those over 60, households, buildings."""
    say, place = content.scene.say, content.seen.place(content.scene.unit.id)
    found = []
    for group in ("people", "60", "households", "buildings"):
        before = content.seen.numbers[group]
        shares = [before.share_uncovered[place]]
        missed, all_ = [before.uncovered[place]], [before.all[place]]
        if content.after is not None:
            after = content.after.numbers[group]
            shares.append(after.share_uncovered[place])
            missed.append(after.uncovered[place])
            all_.append(after.all[place])
        value = " → ".join(numerals.percent(float(each)) for each in shares)
        of = ""
        if not np.isnan([*missed, *all_]).any():
            many = " → ".join(f"{each:,.0f}" for each in missed)
            # Twice where people grow.
            whole = " → ".join(f"{each:,.0f}" for each in dict.fromkeys(all_))
            of = say("cover_out.so_many", n=many, of=whole)
        found.append({"name": say(f"cover_out.{group}"), "value": value, "of": of})
    return found
