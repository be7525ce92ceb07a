"""What names a row from one import to the next."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.said import Said
from importers.values import Wrong

BY_CONTENT = Said(
    "No column names the rows, so what a row says is its key: a row that changes in the file will "
    "be a new row here.",
    key="noted.by_content",
)


def faults(keys: NDArray[Any], numbers: NDArray[np.int64], faulty: Collection[int]) -> Wrong:
    """Return the rows without a key, and those whose key an earlier good row has.

    Parameters
    ----------
    keys
        As the file has them; None where there is none.
    numbers
        Of the rows, for messages.
    faulty
        Rows that are rejected anyway: a key that could not be read has its reason already.
    """
    wrong: Wrong = {}
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        if index in faulty:
            continue
        if key is None:
            wrong[index] = "it has no key"
        elif key in first:
            wrong[index] = f"its key {key!r} is that of row {numbers[first[key]]} too"
        else:
            first[key] = index
    return wrong


def of_content(frame: pd.DataFrame, geometry: NDArray[Any], prefix: str) -> NDArray[Any]:
    """Return keys made of what each row says and where it lies; equal rows are numbered."""
    texts = [frame[name].astype("string").fillna("").tolist() for name in frame]
    # An empty text more, for files that have places and nothing else.
    texts.append([""] * len(frame))
    said = ["\x1f".join(row) for row in zip(*texts, strict=True)]
    places = shapely.to_wkb(geometry, byte_order=1)
    seen: defaultdict[str, int] = defaultdict(int)
    keys = np.empty(len(said), dtype=object)
    for index, (text, place) in enumerate(zip(said, places, strict=True)):
        digest = hashlib.blake2b(text.encode() + (place or b""), digest_size=8).hexdigest()
        seen[digest] += 1
        again = f"-{seen[digest]}" if seen[digest] > 1 else ""
        keys[index] = f"{prefix}{digest}{again}"
    return keys
