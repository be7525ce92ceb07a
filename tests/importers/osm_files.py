"""OpenStreetMap files written by hand: XML, and PBF (wiki.openstreetmap.org, PBF Format)."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.sax.saxutils import quoteattr

# Number → (lon, lat, tags); number → (nodes, tags).
Nodes = dict[int, tuple[float, float, dict[str, str]]]
Ways = dict[int, tuple[list[int], dict[str, str]]]


def write_xml(path: Path, nodes: Nodes, ways: Ways) -> Path:
    """Write an .osm file."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6">']
    for number, (lon, lat, tags) in nodes.items():
        lines += [f'<node id="{number}" lon="{lon}" lat="{lat}">', *_tags(tags), "</node>"]
    for number, (refs, tags) in ways.items():
        lines += [f'<way id="{number}">', *(f'<nd ref="{ref}"/>' for ref in refs), *_tags(tags)]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def write_pbf(path: Path, nodes: Nodes, ways: Ways) -> Path:
    """Write an .osm.pbf file with one block of plain nodes and one of ways."""
    texts = [b""]
    told = [tags for _, _, tags in nodes.values()] + [tags for _, tags in ways.values()]
    texts += sorted({text.encode() for tags in told for pair in tags.items() for text in pair})
    at = {text.decode(): k for k, text in enumerate(texts)}

    def tagged(tags: dict[str, str]) -> bytes:
        keys, values = (
            b"".join(_whole(at[text]) for text in some) for some in (tags, tags.values())
        )
        return (_bytes(2, keys) + _bytes(3, values)) if tags else b""

    dense = b"".join(
        _bytes(1, _field(1, 0) + _whole(_signed(number)) + tagged(tags)
               + _field(8, 0) + _whole(_signed(round(lat * 1e7)))
               + _field(9, 0) + _whole(_signed(round(lon * 1e7))))
        for number, (lon, lat, tags) in nodes.items()
    )  # fmt: skip
    roads = b""
    for number, (refs, tags) in ways.items():
        steps = [ref - before for ref, before in zip(refs, [0, *refs], strict=False)]
        packed = b"".join(_whole(_signed(step)) for step in steps)
        roads += _bytes(3, _field(1, 0) + _whole(number) + tagged(tags) + _bytes(8, packed))
    table = _bytes(1, b"".join(_bytes(1, text) for text in texts))
    header = _bytes(4, b"OsmSchema-V0.6")
    path.write_bytes(
        _blob(b"OSMHeader", header)
        + _blob(b"OSMData", table + _bytes(2, dense))
        + _blob(b"OSMData", table + _bytes(2, roads))
    )
    return path


def _tags(tags: dict[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


def _blob(kind: bytes, block: bytes) -> bytes:
    blob = _bytes(1, block) + _field(2, 0) + _whole(len(block))
    head = _bytes(1, kind) + _field(3, 0) + _whole(len(blob))
    return struct.pack(">I", len(head)) + head + blob


def _field(number: int, kind: int) -> bytes:
    return _whole(number << 3 | kind)


def _bytes(number: int, content: bytes) -> bytes:
    return _field(number, 2) + _whole(len(content)) + content


def _signed(value: int) -> int:
    return value << 1 if value >= 0 else ((-value) << 1) - 1


def _whole(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
