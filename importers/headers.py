"""Which column of a file is which field: by the names people give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gis.errors import FileError
from importers.sources import Column
from importers.values import plain
from layers.layer import Field, Layer

# They number the rows of one file, so two files have the same ones: nobody's key.
_COUNTERS = frozenset(("序号", "项次", "no", "no.", "fid", "objectid", "gid", "field1"))
# A field name of a Shapefile has no more bytes than this.
_DBF_BYTES = 10


@dataclass(frozen=True)
class Matched:
    """A file's columns as fields of a layer."""

    # Field → column, in the order of the layer.
    fields: Mapping[str, str]
    unused: tuple[str, ...]

    @property
    def columns(self) -> dict[str, Column]:
        """The fields as a source wants them."""
        return {name: Column.named(header) for name, header in self.fields.items()}


def match(headers: Sequence[str], layer: Layer, named: Mapping[str, str]) -> Matched:
    """Find each field's column by the field's names and synonyms.

    Parameters
    ----------
    headers
        The file's columns.
    layer
        Whose fields are looked for.
    named
        Field → column, as the user said; these are not guessed.

    Raises
    ------
    FileError
        If the user named a field or a column that does not exist.
    """
    require_fields(layer, named)
    if missing := [header for header in named.values() if header not in headers]:
        raise FileError(
            f"The file has no column {', '.join(map(repr, missing))}. "
            f"There are: {', '.join(headers)}.",
            key="error.no_column",
            columns=tuple(missing),
            known=tuple(headers),
        )
    free = {bare(header): header for header in headers if header not in named.values()}
    found = dict(named)
    for field in layer.fields:
        if field.name in found:
            continue
        header = next((h for text in _texts(field) if (h := _pick(text, free, field))), None)
        if header is not None:
            found[field.name] = header
            del free[bare(header)]
    fields = {field.name: found[field.name] for field in layer.fields if field.name in found}
    return Matched(fields, tuple(h for h in headers if h not in fields.values()))


def require_fields(layer: Layer, named: Iterable[str]) -> None:
    """Raise FileError where a layer has no field of some name."""
    known = tuple(field.name for field in layer.fields)
    if unknown := tuple(name for name in named if name not in known):
        raise FileError(
            f"{layer.names['en']} have no field {', '.join(map(repr, unknown))}. "
            f"There are: {', '.join(known)}.",
            key="error.no_field", layer=layer.names, fields=unknown, known=known,
        )  # fmt: skip


def _texts(field: Field) -> list[str]:
    texts = (field.name, *field.names.values(), *field.synonyms)
    return list(dict.fromkeys(bare(text) for text in texts))


def _pick(text: str, free: Mapping[str, str], field: Field) -> str | None:
    if field.name == "key" and text in _COUNTERS:
        return None
    if text in free:
        return free[text]
    # A name cut at 10 bytes: of "所属街道名称" is left "所属街" in UTF-8, "所属街道名" in GBK.
    for encoding in ("utf-8", "gbk"):
        cut = text.encode(encoding, "ignore")[:_DBF_BYTES].decode(encoding, "ignore")
        if len(text.encode(encoding, "ignore")) > _DBF_BYTES and cut in free:
            return free[cut]
    return None


def bare(header: str) -> str:
    """Return a header for comparing, without spaces and without the unit in brackets."""
    return re.sub(r"\s+|\([^)]*\)|\[[^\]]*\]", "", plain(header)) or plain(header)
