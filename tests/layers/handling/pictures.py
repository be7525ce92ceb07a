"""Photos and papers to send, made here."""

import io

from PIL import Image

# Where no photo may say it was taken: 26° 34' N, 119° 18' E.
GPS = {1: "N", 2: (26.0, 34.0, 12.0), 3: "E", 4: (119.0, 18.0, 36.0)}
ORIENTATION, MAKE, GPS_IFD = 0x0112, 0x010F, 0x8825
COMMENT = b"taken at home of somebody"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


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
