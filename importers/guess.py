"""What a file does not say about itself: its encoding, and where its table begins."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence

# How much of a file is looked at.
SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 20

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Two-byte encodings overlap almost wholly, so what tells them apart is whether the characters
# are frequent ones: both standards put those into a first block of lead bytes.
_FREQUENT = {"gb18030": ("gb2312", 0xB0, 0xD7), "big5": ("big5", 0xA4, 0xC6)}

_NUMBER = re.compile(r"[-+]?[\d.,]+%?")
_NOTE = re.compile(
    r"\s*[(\[（【*※]*\s*(注|註|备注|備註|说明|說明|合计|合計|总计|總計|小计|小計|资料来源|資料來源|"
    r"数据来源|填表|制表|製表|统计时间|note|total|source|remark)",
    re.IGNORECASE,
)


def encoding(data: bytes) -> str:
    """Return the encoding of the beginning of a text: UTF-8, UTF-16, GB 18030 or Big5.

    GBK and GB 2312 are parts of GB 18030.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if _is_utf8(data):
        return "utf-8"
    return max(_FREQUENT, key=lambda name: _likeness(data, name))


def _is_utf8(data: bytes) -> bool:
    # Not `final`: a sample may end inside a character. Fixed-width fields (.dbf) cut characters
    # too, so a few broken ones do not count against it.
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)
    return text.count("\ufffd") * 100 <= len(text) - sum(map(str.isascii, text))


def _likeness(data: bytes, name: str) -> float:
    standard, first, last = _FREQUENT[name]
    text = codecs.getincrementaldecoder(name)("replace").decode(data)
    foreign = [character for character in text[:50_000] if not character.isascii()]
    if not foreign:
        return 0.0
    frequent = 0
    for character in foreign:
        code = character.encode(standard, "ignore")
        frequent += len(code) == 2 and first <= code[0] <= last
    return frequent / len(foreign)


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """Return which of the first rows names the columns; title rows above it fill few cells."""
    filled = [[cell for cell in row if cell] for row in rows[:SAMPLE_ROWS]]
    widest = max((len(cells) for cells in filled), default=0)
    for index, cells in enumerate(filled):
        texts = [cell for cell in cells if not _NUMBER.fullmatch(cell)]
        if len(cells) >= 0.6 * widest and len(set(texts)) >= 0.6 * len(cells) > 0:
            return index
    return 0


def is_note(cells: Sequence[str]) -> bool:
    """Whether a row below a table is a remark or a sum rather than data."""
    filled = [cell for cell in cells if cell]
    if not filled or not _NOTE.match(filled[0]):
        return False
    # A merged cell stands for itself in every column.
    words = {cell for cell in filled if not _NUMBER.fullmatch(cell)}
    return len(cells) > 2 and len(words) == 1


def clean_header(text: str) -> str:
    """Return a header in one line, full-width letters made plain."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
