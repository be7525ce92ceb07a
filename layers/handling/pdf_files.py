"""PDFs of cases, written anew without what says who made them, when and with what. Pure.

Pages, forms and what may be chosen in them stay. What goes: the document's properties and their
XMP, notes of programs (`PieceInfo`), scripts and what happens by itself, files inside the file, and
what cameras add to photos on the pages.
"""

from __future__ import annotations

import io
import struct

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

# In any object, by ISO 32000: what tells of its making, holds files, or starts by itself.
_TELLING = (
    "/Metadata", "/PieceInfo", "/LastModified", "/AF", "/EmbeddedFiles", "/JavaScript",
    "/OpenAction", "/AA",
)  # fmt: skip
# Actions that do more than lead to another page or address.
_DOING = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData"})
_PHOTO: tuple[object, ...] = ("/DCTDecode", ["/DCTDecode"])
# Segments of a JPEG that say how it is seen: its head, colour profile and Adobe's transform.
_SEEN = {0xE0, 0xE2, 0xEE}
_COMMENT, _SCAN = 0xFE, 0xDA
_ALONE = {0x01, *range(0xD0, 0xD9)}


class LockedError(ValueError):
    """A PDF is encrypted."""


def cleaned(content: bytes) -> bytes:
    """Return a PDF as it is kept.

    Raises
    ------
    LockedError
        It is encrypted.
    Exception
        It cannot be read; parsers stumble over broken files in ways that nobody lists.
    """
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise LockedError("The PDF is encrypted.")
    if not reader.pages:
        raise ValueError("The PDF has no page.")
    _clean(reader.root_object)
    # Only what the root still leads to is copied.
    writer = PdfWriter(clone_from=reader)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _clean(root: DictionaryObject) -> None:
    waiting: list[object] = [root]
    seen: set[tuple[int, int]] = set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            if (found.idnum, found.generation) not in seen:
                seen.add((found.idnum, found.generation))
                waiting.append(found.get_object())
        elif isinstance(found, ArrayObject):
            waiting += found
        elif isinstance(found, DictionaryObject):
            for key in _TELLING:
                found.pop(key, None)
            if found.get("/S") in _DOING:
                found.clear()
            if isinstance(found, StreamObject) and found.get("/Filter") in _PHOTO:
                found._data = without_camera(found._data)
            waiting += [found.raw_get(key) for key in found]


def without_camera(jpeg: bytes) -> bytes:
    """Return a JPEG without what a camera or a program notes in it; the picture is the same."""
    kept, at = bytearray(jpeg[:2]), 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker in _ALONE:
            kept += jpeg[at : at + 2]
            at += 2
            continue
        if marker == _SCAN:
            break
        end = at + 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        if not (marker == _COMMENT or (0xE0 <= marker <= 0xEF and marker not in _SEEN)):
            kept += jpeg[at:end]
        at = end
    return bytes(kept + jpeg[at:])
