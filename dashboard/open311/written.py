"""Answers of Open311, as JSON and as XML: lists of records that have lists in them at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

import orjson
from fastapi import Response

MEDIA_TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
# What XML calls one of a list.
ONE_OF = {
    "services": "service", "service_requests": "request", "errors": "error",
    "attributes": "attribute", "values": "value", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip
Record: TypeAlias = Mapping[str, Any]


def form_of(path: str) -> str:
    """Return in which form an address asks to be answered; JSON where it does not say."""
    return "xml" if path.endswith(".xml") else "json"


def listed(form: str, name: str, records: Sequence[Record], status: int = 200) -> Response:
    """Return a list of records; ``name`` is its root in XML, and in JSON nowhere."""
    return _response(form, name, list(records), status)


def single(form: str, name: str, record: Record) -> Response:
    """Return a record by itself."""
    return _response(form, name, record, 200)


def errors(form: str, status: int, sentence: str) -> bytes:
    """Return an error's body."""
    return _body(form, "errors", [{"code": status, "description": sentence}])


def _response(form: str, name: str, value: Any, status: int) -> Response:  # noqa: ANN401
    return Response(
        _body(form, name, value), status, headers={"Cache-Control": "no-store"},
        media_type=MEDIA_TYPES[form],
    )  # fmt: skip


def _body(form: str, name: str, value: Any) -> bytes:  # noqa: ANN401 - what JSON can hold
    if form == "json":
        return orjson.dumps(value)
    root = ET.Element(name)
    _fill(root, value)
    made: bytes = ET.tostring(root, "UTF-8", xml_declaration=True)
    return made


def _fill(element: ET.Element, value: Any) -> None:  # noqa: ANN401
    if isinstance(value, Mapping):
        for key, each in value.items():
            _fill(ET.SubElement(element, key), each)
    elif isinstance(value, list | tuple):
        for each in value:
            _fill(ET.SubElement(element, ONE_OF[element.tag]), each)
    elif value is not None:
        element.text = str(value).lower() if isinstance(value, bool) else _printable(str(value))


def _printable(text: str) -> str:
    """Return a text without the characters that XML has no way to write."""
    return "".join(
        c for c in text if c in "\t\n\r" or ("\x20" <= c <= "\ud7ff") or "\ue000" <= c <= "\ufffd"
        or c >= "\U00010000"
    )  # fmt: skip
