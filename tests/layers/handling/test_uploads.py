import io
import struct
import zlib

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from gis.errors import SettingsError
from layers.handling import pdf_files, settings
from layers.handling.settings import Handling
from layers.handling.uploads import (
    LONGEST_FILE,
    MOST_PIXELS,
    THUMBNAIL_PX,
    Kind,
    TooLargeError,
    UploadError,
    called,
    prepare,
)
from tests.layers.handling.pictures import COMMENT, GPS_IFD, PDF, jpeg, opened, pdf, written

USUAL = Handling()


def ready(content, file="a.jpg", **more):
    return prepare(file, content, Handling(**more))


def test_a_photo_keeps_nothing_of_what_the_camera_said():
    sent = jpeg()
    # It is there before, or the test would show nothing.
    assert opened(sent).getexif().get_ifd(GPS_IFD)
    assert COMMENT in sent
    assert b"SecretCamera" in sent
    found = ready(sent)
    for kept in (found.body, found.thumbnail):
        image = opened(kept)
        assert image.format == "JPEG"
        assert not image.getexif()
        assert not image.info.keys() & {"exif", "comment", "icc_profile", "xmp", "photoshop"}
        for word in (b"Exif", b"SecretCamera", COMMENT, b"ICC_PROFILE", b"ns.adobe.com"):
            assert word not in kept


def test_what_lies_behind_a_photo_or_in_it_is_gone():
    sent = jpeg() + b"<script>alert(1)</script>PK\x03\x04hidden"
    assert b"hidden" not in ready(sent).body
    text = PngImagePlugin.PngInfo()
    text.add_text("Location", "118.0,21.6")
    text.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>secret</x:xmpmeta>")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sent = written(Image.new("RGB", (20, 20)), "PNG", pnginfo=text, icc_profile=profile)
    assert b"Location" in sent
    body = ready(sent).body
    for word in (b"Location", b"118.0", b"secret", b"ICC_PROFILE"):
        assert word not in body


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_photo_stands_as_the_camera_meant_it(turned):
    found = ready(jpeg(turned=turned))
    image = opened(found.body)
    assert image.size == (found.width, found.height) == ((60, 40) if turned < 5 else (40, 60))
    # Which corner is red, for each of the eight ways to hold a camera.
    at = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
    x, y = at[turned]
    red, green, _ = image.getpixel(
        (int(image.width * (0.25 + 0.5 * x)), int(image.height * (0.25 + 0.5 * y)))
    )
    assert red > 200, turned
    assert green < 60, turned


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_kind_of_photo_becomes_a_jpeg(kind, mode):
    takes = {"JPEG": {"RGB", "L", "1", "CMYK"}, "PNG": {"RGB", "RGBA", "L", "LA", "P", "1"},
             "WEBP": {"RGB", "RGBA"}}  # fmt: skip
    if mode not in takes[kind]:
        # No such file exists.
        assert kind != "PNG" or mode == "CMYK"
        return
    found = ready(written(Image.new(mode, (30, 20)), kind), "x.bin")
    assert found.kind is Kind.PHOTO
    assert opened(found.body).mode == "RGB"
    assert (found.width, found.height) == (30, 20)


def test_what_is_clear_is_white():
    sent = written(Image.new("RGBA", (20, 20), (255, 0, 0, 0)), "PNG")
    assert min(opened(ready(sent).body).getpixel((10, 10))) > 250


def test_a_large_photo_is_kept_smaller_and_a_small_one_as_it_is():
    found = ready(jpeg((3000, 1500)), photo_longest_px=1000)
    assert (found.width, found.height) == (1000, 500)
    assert opened(found.thumbnail).size == (THUMBNAIL_PX, THUMBNAIL_PX // 2)
    assert opened(ready(jpeg((30, 20))).thumbnail).size == (30, 20)


def png_of(width, height):
    """A PNG that says it is large and holds little."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes((width + 7) // 8 + 1) * min(height, 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_001, 10_000, 13_000, 40_000, 2**31 - 1])
def test_what_would_fill_the_memory_is_refused_before_it_is_unpacked(side):
    high = side if side < 2**20 else 1
    bomb = png_of(side, high) if side < 2**20 else png_of(2**20, 2**10)
    assert len(bomb) < 1_000_000
    with pytest.raises(UploadError, match="million pixels") as told:
        ready(bomb)
    assert told.value.key == "error.case_file_pixels"
    assert side * side > MOST_PIXELS


@pytest.mark.parametrize(
    ("content", "key"),
    [(b"", "kind"), (b"hello", "kind"), (b"GIF89a" + b"x" * 50, "kind"),
     (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "kind"), (b"<html><script>", "kind"),
     (b"PK\x03\x04", "kind"), (b"MZ", "kind"), (b"\x00\x00\x00\x18ftypheic" + b"x" * 20, "heic"),
     (b"\x00\x00\x00\x18ftypmif1" + b"x" * 20, "heic"),
     (b"\x00\x00\x00\x18ftypisom" + b"x" * 20, "kind"),
     (b"\xff\xd8\xff\xe0", "damaged"), (jpeg()[:400], "damaged"),
     (b"\x89PNG\r\n\x1a\n", "damaged"), (b"RIFF\x00\x00\x00\x00WEBP", "damaged"),
     (b"%PDF-1.4 cut off", "damaged"), (b" %PDF-1.4\n%%EOF", "kind"),
     (b"%PDF-1.4\n%%EOF", "damaged"), (PDF[:900] + b"%%EOF", "damaged"),
     (pdf(key="secret"), "locked")],
)  # fmt: skip
def test_what_is_none_of_those_kept_is_refused_whatever_it_is_called(content, key):
    for file in ("photo.jpg", "paper.pdf"):
        with pytest.raises(UploadError) as told:
            ready(content, file)
        assert told.value.key == f"error.case_file_{key}"
        assert file in str(told.value)


BEGINNINGS = st.sampled_from([jpeg(), PDF, b"\x89PNG\r\n\x1a\n", b"RIFF1234WEBP"])


@given(st.binary(max_size=300), BEGINNINGS, st.integers(0, 2_000))
def test_whatever_comes_is_kept_or_refused(noise, begin, at):
    content = begin[:at] + noise + begin[at:]
    try:
        found = ready(content)
    except UploadError:
        return
    assert found.body.startswith(b"\xff\xd8\xff" if found.kind is Kind.PHOTO else b"%PDF-")


def test_a_file_has_at_most_what_the_city_says():
    with pytest.raises(TooLargeError, match=r"0\.1 MB"):
        ready(b"\xff\xd8\xff" + b"x" * 100_000, file_most_mb=0.1)


def test_of_a_pdf_its_pages_are_kept_and_nothing_of_its_making():
    found = ready(PDF, "notice.pdf")
    assert found.kind is Kind.PDF
    assert found.thumbnail is None
    for secret in (
        b"SecretAuthor", b"SecretCamera", COMMENT, b"/Author", b"/Metadata", b"/PieceInfo",
        b"/JavaScript", b"/OpenAction", b"/EmbeddedFile", b"/Filespec",
    ):  # fmt: skip
        assert secret in PDF
        assert secret not in found.body
    reader = pypdf.PdfReader(io.BytesIO(found.body))
    (page,) = reader.pages
    assert page.mediabox.upper_right == (200, 100)
    kept = page["/Resources"]["/XObject"]["/Photo"]
    assert kept._data == pdf_files.without_camera(jpeg())
    # The same paper is the same bytes.
    assert ready(PDF).body == found.body


def test_a_jpeg_without_what_the_camera_adds_shows_the_same():
    told = jpeg()
    bare = pdf_files.without_camera(told)
    assert b"SecretCamera" in told
    assert b"SecretCamera" not in bare
    assert COMMENT not in bare
    assert list(opened(bare).get_flattened_data()) == list(opened(told).get_flattened_data())
    # What is no JPEG is left to who reads it.
    assert pdf_files.without_camera(b"\xff\xd8\xff\xe1\x00") == b"\xff\xd8\xff\xe1\x00"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\Users\\x\\灯.jpg", "灯.jpg"), ("", "file"),
     ("..", "file"),
     ("a\r\nSet-Cookie: x\0.jpg", "aSet-Cookie: x.jpg"), ("a\u202egpj.exe", "agpj.exe"),
     ("e\u0301.jpg", "é.jpg"), ("/", "file")],
)  # fmt: skip
def test_a_name_is_for_people_and_no_path(sent, kept):
    assert called(sent) == kept


@given(st.text(max_size=400))
def test_every_name_can_be_shown(sent):
    found = called(sent)
    assert found
    assert found.isprintable()
    assert not set(found) & {"/", "\\", "\0"}
    assert len(found) <= LONGEST_FILE


@pytest.mark.parametrize(
    "given",
    [{"file_most_mb": 0}, {"file_most_mb": 51}, {"files_most": 0}, {"files_most": 2.5},
     {"files_most": "9"}, {"photo_longest_px": 100}],
)  # fmt: skip
def test_settings_that_cannot_be_are_named(given):
    with pytest.raises(SettingsError, match=next(iter(given))):
        settings.read(given)


def test_settings_are_read():
    found = settings.read({"file_most_mb": 2, "files_most": 3, "photo_longest_px": 1280})
    assert (found.file_most_bytes, found.files_most, found.photo_longest_px) == (2_000_000, 3, 1280)
    assert settings.read({}).files_most == USUAL.files_most == 20
