"""What somebody sends of a case, judged by its content: photos without what cameras add, PDFs.

A photo is read and written anew as JPEG, so that nothing of the file itself is kept: no place, no
camera, no comment, nothing hidden behind the picture. A PDF is written anew, too: see `pdf_files`.
Pure.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps

from gis.errors import CityGridError
from layers.handling import pdf_files
from layers.handling.settings import Handling

LONGEST_FILE = 120
MOST_PIXELS = 64_000_000
"""A photo of more could fill the memory, however small the file is."""
THUMBNAIL_PX = 480
_QUALITY, _THUMBNAIL_QUALITY = 88, 80
# By the first bytes, whatever the file is called: those that Pillow may try, and no other.
_READERS = ("JPEG", "PNG", "WEBP")
# Brands of the ISO container that telephones write HEIC photos in.
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_PDF_END_WITHIN = 2_048


class UploadError(CityGridError):
    """A file is none of those that are kept, or cannot be read."""


class TooLargeError(UploadError):
    """A file is larger than the city allows."""


class Kind(StrEnum):
    """What is kept."""

    PHOTO = "image/jpeg"
    PDF = "application/pdf"


@dataclass(frozen=True)
class Prepared:
    """A file as it is kept."""

    # What it was called, for people only.
    file: str
    kind: Kind
    # Of what was sent.
    sha256: str
    body: bytes
    thumbnail: bytes | None = None
    # In pixels, as it is seen; None for what is no photo.
    width: int | None = None
    height: int | None = None


def prepare(file: str, content: bytes, settings: Handling) -> Prepared:
    """Return a file as it is kept.

    Raises
    ------
    UploadError
        It is too large, none of what is kept, damaged, or more than memory should hold.
    """
    name = called(file)
    if len(content) > settings.file_most_bytes:
        raise too_large(name, settings)
    sha256 = hashlib.sha256(content).hexdigest()
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-_PDF_END_WITHIN:]:
            raise _damaged(name)
        return Prepared(name, Kind.PDF, sha256, _pdf(name, content))
    if _is_photo(content):
        return _photo(name, sha256, content, settings.photo_longest_px)
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        raise UploadError(
            f"{name!r} is a HEIC photo, which cannot be read here. Let the telephone take photos "
            "as JPEG (“most compatible”), or save it as JPEG.",
            key="error.case_file_heic", file=name,
        )  # fmt: skip
    raise UploadError(
        f"{name!r} is neither a JPEG, PNG or WebP photo nor a PDF.", key="error.case_file_kind",
        file=name,
    )  # fmt: skip


def called(file: str) -> str:
    """Return what a file is called, without folders and what cannot be printed."""
    last = file.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable())
    # The end says what kind of file it is.
    return kept.strip(" .")[-LONGEST_FILE:] or "file"


def too_large(file: str, settings: Handling) -> TooLargeError:
    """Return the error that says how large a file may be."""
    return TooLargeError(
        f"{file!r} is larger than {settings.file_most_mb:g} MB, the most a file may have.",
        key="error.case_file_large", file=file, most=f"{settings.file_most_mb:g}",
    )  # fmt: skip


def _is_photo(content: bytes) -> bool:
    return (
        content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (content.startswith(b"RIFF") and content[8:12] == b"WEBP")
    )  # fmt: skip


def _pdf(file: str, content: bytes) -> bytes:
    try:
        return pdf_files.cleaned(content)
    except pdf_files.LockedError as error:
        raise UploadError(
            f"{file!r} is locked by a password. Save it without one.", key="error.case_file_locked",
            file=file,
        ) from error  # fmt: skip
    except Exception as error:
        # Parsers stumble over broken files in ways that nobody lists.
        raise _damaged(file) from error


def _photo(file: str, sha256: str, content: bytes, longest_px: int) -> Prepared:
    try:
        with Image.open(io.BytesIO(content), formats=_READERS) as image:
            # Nothing is unpacked yet.
            pixels = image.width * image.height
            seen = _seen(image, longest_px) if pixels <= MOST_PIXELS else None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        seen = None
    except Exception as error:
        # Decoders stumble over broken files in ways that nobody lists.
        raise _damaged(file) from error
    if seen is None:
        most = MOST_PIXELS // 1_000_000
        raise UploadError(
            f"{file!r} has more than {most} million pixels. Save it smaller.",
            key="error.case_file_pixels", file=file, most=most,
        )  # fmt: skip
    small = seen.copy()
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    return Prepared(
        file,
        Kind.PHOTO,
        sha256,
        _jpeg(seen, _QUALITY),
        _jpeg(small, _THUMBNAIL_QUALITY),
        *seen.size,
    )


def _seen(image: Image.Image, longest_px: int) -> Image.Image:
    """Return what a photo shows, upright, on white, and nothing else of it."""
    # A large JPEG is unpacked at a part of its size at once.
    image.draft("RGB", (longest_px, longest_px))
    upright = ImageOps.exif_transpose(image)
    upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    upright.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    # An image of its own: Pillow hands on what a file said beside its pixels.
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright.getchannel("A") if upright.mode == "RGBA" else None)
    return paper


def _jpeg(image: Image.Image, quality: int) -> bytes:
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality, optimize=True, progressive=True)
    return written.getvalue()


def _damaged(file: str) -> UploadError:
    return UploadError(
        f"{file!r} is damaged and cannot be read.", key="error.case_file_damaged", file=file
    )
