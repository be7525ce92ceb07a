"""The sheet of an incident on paper: what it is, where, whose, all that was done, who signs."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson
import shapely
import typst
from sqlalchemy import Connection, func, select

from dashboard.colours import LIGHT
from dashboard.incidents import asking
from dashboard.incidents.facts import done, facts
from dashboard.reports.map_frame import Frame, objects
from dashboard.reports.map_pictures import ground, path
from dashboard.reports.pdf import typefaces
from dashboard.scene import Scene
from dashboard.text import called
from gis.access.viewer import Viewer
from gis.tables import unit_version
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.handling import attached, reported_by, whose
from layers.handling import case as reading
from layers.handling.attached import CaseFile
from layers.handling.case import Case
from layers.handling.stages import Stage, Who
from layers.handling.standing import is_who

MAP_MM = (78.0, 62.0)
# So much ground around the place is shown on each side, in degrees: some 200 m.
AROUND_DEG = 0.002
# So many photos are printed; the page has all of them.
MOST_PHOTOS = 12
MOST_SERVING = 3
_FOLDER = files("dashboard") / "reports"
# What the sheet says, by its names: those of the impact sheet and of the panel where they fit.
_SAID: Mapping[str, str] = {
    **{name: f"report.{name}" for name in ("page", "north", "signed", "dated")},
    "serving": "case_sheet.serving", "history": "cases.log", "reporters": "cases.reporters",
    **{name: f"case_sheet.{name}" for name in ("photos", "papers", "signatures")},
}  # fmt: skip
_SIGN = ("handled_by", "checked_by", "head")


@dataclass(frozen=True)
class CaseSheet:
    """The sheet of an incident in one language, before it is laid out."""

    key: str
    data: Mapping[str, Any]
    map_svg: str
    # Small photos, as JPEG.
    photos: tuple[tuple[bytes, int, int], ...]
    stamp: dt.datetime


def read(
    scene: Scene,
    viewer: Viewer,
    case: Case,
    reporters: Sequence[Mapping[str, Any]] | None,
    now: dt.datetime,
) -> CaseSheet:
    """Read the sheet of an incident as a viewer may know it.

    Parameters
    ----------
    reporters
        Who reported it, unmasked with a reason; None: masked, for who works on the case.
    """
    say, db = scene.say, scene.db
    if reporters is None:
        is_holder = is_who(viewer, case, Who.HOLDER)
        reporters = reported_by.reporters(db, case.id) if is_holder else ()
    kind = asking.class_name(scene, asking.classes(db), case)
    listed = attached.listed(db, case.id)
    small = attached.thumbnails(db, case.id)
    photos = [each for each in listed if each.id in small][:MOST_PHOTOS]
    further = [each for each in listed if each not in photos]
    svg, bar = _map(db, case, scene.city.metric_crs)
    tags = [scene.named(STAGES[case.stage])]
    if case.severity != "ordinary":
        tags.append(scene.named(SEVERITIES[case.severity]))
    by = called(viewer.name or viewer.login, scene.view.language)
    data = {
        "language": scene.view.language,
        "fonts": typefaces()[1],
        "city": scene.named(scene.city.names),
        "kind": say("case_sheet.case" if case.is_registered else "case_sheet.incident"),
        "title": case.title or kind,
        "number": case.key,
        "tags": tags,
        "facts": [[say(f"case_fact.{name}"), value] for name, value in facts(scene, case, kind)],
        "serving": _serving(scene, viewer, case, now),
        "reporters": [
            " ".join(str(one[part]) for part in ("name", "phone") if one[part])
            for one in reporters
        ],
        "history": [
            [scene.moment(step.at), scene.called(step.name), done(scene, step.act),
             _words(step)]
            for step in reading.steps(db, case.id)
        ],
        "columns": [say(f"case_sheet.{name}") for name in ("at", "who", "what", "words")],
        "photos": [_caption(scene, each) for each in photos],
        "papers": [_caption(scene, each) for each in further],
        "map": {"width": MAP_MM[0], "height": MAP_MM[1], "bar": bar[1], "bar_text": bar[0]},
        "source": say("case_sheet.printed", name=by, time=scene.moment(now)),
        "sign": [say(f"case_sheet.{name}") for name in _SIGN],
        "say": {name: say(text, n="{n}", of="{of}") for name, text in _SAID.items()},
    }  # fmt: skip
    pictures = tuple((small[p.id], p.width or 1, p.height or 1) for p in photos)
    return CaseSheet(case.key, data, svg, pictures, now.astimezone(dt.UTC).replace(microsecond=0))


def pdf(sheet: CaseSheet) -> bytes:
    """Return the sheet as a PDF of A4 pages; the same data and moment give the same bytes.

    Raises
    ------
    SettingsError
        No Chinese typeface is installed.
    """
    inputs = {
        "data": orjson.dumps(sheet.data).decode(), "map": sheet.map_svg,
        **{f"photo{n}": _svg_of(*photo) for n, photo in enumerate(sheet.photos)},
    }  # fmt: skip
    source = (_FOLDER / "case_sheet.typ").read_bytes()
    made = typst.Compiler(source, font_paths=typefaces()[0], sys_inputs=inputs).compile(
        format="pdf", timestamp=sheet.stamp
    )
    if not isinstance(made, bytes):
        raise TypeError(f"typst gave {type(made)} for a PDF.")
    return made


def _serving(scene: Scene, viewer: Viewer, case: Case, now: dt.datetime) -> list[str]:
    """Return who serves the place of an open case, the nearest first, as the page tells it."""
    if case.stage is Stage.CLOSED:
        return []
    found = whose.whose(scene.db, viewer, scene.city, (case.lon, case.lat), now=now)
    people = [person for unit in reversed(found.units) for person in unit.people][:MOST_SERVING]
    return [
        " ".join(
            part
            for part in (scene.say(f"on_duty.{each.post}"), each.name, each.phone or "")
            if part
        )
        for each in people
    ]


def _words(step: reading.Step) -> str:
    names = step.details.get("files", ())
    return " · ".join(part for part in (step.reason, step.note, ", ".join(names)) if part)


def _caption(scene: Scene, file: CaseFile) -> list[str]:
    return [file.file, f"{scene.called(file.name)} · {scene.moment(file.at)}"]


def _svg_of(photo: bytes, width: int, height: int) -> str:
    # What the typesetter is given from outside is text; a picture in an SVG is.
    held = base64.b64encode(photo).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}"><image width="{width}" height="{height}" '
        f'href="data:image/jpeg;base64,{held}"/></svg>'
    )


def _map(db: Connection, case: Case, metric_crs: str) -> tuple[str, tuple[str, float]]:
    """Return the map around an incident, and its scale bar: its words and its millimetres."""
    width, height = MAP_MM
    here = shapely.Point(case.lon, case.lat)
    frame = Frame.around(objects([here.buffer(AROUND_DEG)]), metric_crs, size_mm=MAP_MM, margin=0.0)
    parts = [f'<rect width="{width:g}" height="{height:g}" fill="{LIGHT.land}"/>']
    parts += ground(db, frame)
    u = unit_version.c
    outline = db.scalar(
        select(func.ST_AsBinary(u.geom)).where(
            u.unit_id == case.unit_id, func.upper_inf(u.valid), u.geom.is_not(None)
        )
    )
    if outline is not None:
        shape = frame.drawn(objects([shapely.from_wkb(bytes(outline))]))
        parts.append(path(shape, 'fill="none" stroke="#ffffff" stroke-width="1.1"'))
        parts.append(path(shape, f'fill="none" stroke="{LIGHT.text}" stroke-width="0.4"'))
    at = frame.drawn(objects([here]))[0]
    ring = f'cx="{at.x:.2f}" cy="{at.y:.2f}"'
    parts.append(f'<circle {ring} r="2.6" fill="#b91c1c" stroke="#ffffff" stroke-width="0.8"/>')
    parts.append(f'<circle {ring} r="0.8" fill="#ffffff"/>')
    bar_m, bar_mm = frame.bar()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}mm" height="{height:g}mm">{"".join(parts)}</svg>'
    )
    return svg, (f"{bar_m:g} m", bar_mm)
