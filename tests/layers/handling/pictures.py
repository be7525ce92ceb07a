"""Photos and papers to send, made here."""

import io

import pypdf
from PIL import Image
from pypdf.generic import (
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

# Where no photo may say it was taken: 26° 34' N, 119° 18' E.
GPS = {1: "N", 2: (26.0, 34.0, 12.0), 3: "E", 4: (119.0, 18.0, 36.0)}
ORIENTATION, MAKE, GPS_IFD = 0x0112, 0x010F, 0x8825
COMMENT = b"taken at home of somebody"


def jpeg(size=(60, 40), colour="teal", *, gps=True, turned=1, quality=90):
    image = Image.new("RGB", size, colour)
    # A corner by which one sees how it was turned.
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = turned, "SecretCamera"
    if gps:
        exif.get_ifd(GPS_IFD).update(GPS)
    return written(image, "JPEG", exif=exif, comment=COMMENT, quality=quality, dpi=(300, 300))


def written(image, kind, **more):
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


def pdf(*, key=""):
    """Return a page with a photo, and all that a PDF may say or do besides."""
    photo = jpeg()
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200, 100)
    image = StreamObject()
    image._data = photo
    image.update({
        NameObject(name): value
        for name, value in {
            "/Type": NameObject("/XObject"), "/Subtype": NameObject("/Image"),
            "/Width": NumberObject(60), "/Height": NumberObject(40),
            "/ColorSpace": NameObject("/DeviceRGB"), "/BitsPerComponent": NumberObject(8),
            "/Filter": NameObject("/DCTDecode"),
        }.items()
    })  # fmt: skip
    page[NameObject("/Resources")] = DictionaryObject({
        NameObject("/XObject"): DictionaryObject({NameObject("/Photo"): writer._add_object(image)})
    })  # fmt: skip
    shown = StreamObject()
    shown._data = b"q 60 0 0 40 0 0 cm /Photo Do Q"
    page[NameObject("/Contents")] = writer._add_object(shown)
    xmp = StreamObject()
    xmp._data = b"<x:xmpmeta>" + COMMENT + b"</x:xmpmeta>"
    script = DictionaryObject({
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("app.alert(1)"),
    })  # fmt: skip
    root = writer.root_object
    root[NameObject("/Metadata")] = writer._add_object(xmp)
    root[NameObject("/OpenAction")] = writer._add_object(script)
    page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/Secret"): xmp})
    writer.add_attachment("hidden.txt", COMMENT)
    writer.add_metadata({"/Author": "SecretAuthor", "/Title": "Notice"})
    if key:
        writer.encrypt(key)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PDF = pdf()
