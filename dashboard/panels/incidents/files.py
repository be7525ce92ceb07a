"""Photos and files of the incident that is open: small pictures in a row, and how more are added.

The browser opens them, and sends what is added: assets/files.js.
"""

from __future__ import annotations

from urllib.parse import quote

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.panels.boundaries import words
from dashboard.panels.boundaries.tags import moment
from dashboard.scene import Scene
from gis.access.viewer import Viewer
from layers.handling import attached, settings
from layers.handling.attached import CaseFile
from layers.handling.case import Case
from layers.handling.settings import Handling

GROUP = "files"


def draw(scene: Scene, viewer: Viewer, case: Case) -> list[Component]:
    """Return the row; nothing where there are no files and the viewer may add none."""
    found = attached.listed(scene.db, case.id)
    handling = settings.read(scene.city.handling)
    may_add = attached.may_attach(scene.db, viewer, case) and len(found) < handling.files_most
    if not found and not may_add:
        return []
    row = html.Ul(
        [html.Li(_small(scene, viewer, case, each)) for each in found], className="cg-files-row"
    )
    told = attrs(
        data_part="files",
        data_words=words.of(scene, GROUP),
        data_case=case.key,
        data_limits=limits(handling),
    )
    return [
        html.H3(scene.say("files.title"), className="cg-subtitle"),
        html.Div(
            [*([row] if found else []), *(adding(scene, handling) if may_add else [])],
            className="cg-files",
            **told,
        ),
    ]


def limits(handling: Handling) -> str:
    """Return how large files may be and how many a case may have, for the browser."""
    return words.json({"mb": handling.file_most_mb, "files": handling.files_most})


def adding(scene: Scene, handling: Handling) -> list[Component]:
    """Return the buttons that add files, and what may be added."""
    say = scene.say
    return [
        html.Div(
            [
                _button("file-add", "plus", say("files.add")),
                # Only what has a camera shows it.
                _button("file-camera", "camera", say("files.camera")),
            ],
            className="cg-files-add",
        ),
        html.P(say("files.hint", most=f"{handling.file_most_mb:g}"), className="cg-quiet"),
    ]


def _button(does: str, mark: str, text: str) -> Component:
    return html.Button(
        [icon(mark), text], className="cg-button cg-button-icon", type="button",
        **attrs(data_does=does),
    )  # fmt: skip


def _small(scene: Scene, viewer: Viewer, case: Case, file: CaseFile) -> Component:
    at = f"incidents/{quote(case.key, safe='')}/files/{file.id}"
    inside: list[Component] = [
        html.Img(src=f"{at}/thumbnail", alt=file.file)
        if file.is_photo
        else html.Span([icon("sheet", size="20"), html.Span(file.file)], className="cg-file-paper")
    ]
    told = {
        "id": file.id, "at": at, "file": file.file, "is_photo": file.is_photo,
        "by": f"{scene.called(file.name)} · {moment(scene, file.at)}",
        "may_remove": attached.may_detach(viewer, case, file),
    }  # fmt: skip
    return html.Button(
        inside, className="cg-file", type="button", title=file.file,
        **attrs(data_does=f"file-open {file.id}", data_file=words.json(told)),
    )  # fmt: skip
