"""How much is measured: the promised size, or a tiny one that only shows that everything runs."""

from __future__ import annotations

from dataclasses import dataclass

PEER_CAP_S = 60.0


@dataclass(frozen=True)
class Size:
    """The amounts of one run."""

    key: str
    # Points placed in how many made-up faces; None takes those of the demo's boundaries.
    points: int
    faces: int | None
    # Rows loaded.
    rows: int
    # Which demo city is asked for numbers and tiles, and which one shows the peak of memory.
    city: str
    big_city: str | None
    # In which cities changes of boundaries take effect, and how many in each.
    cities: tuple[str, ...]
    changes: int
    # How long a cached server is asked, and for how many tiles an uncached one.
    seconds: float
    tiles: int
    # Made-up addresses, how many of them are typed, and how many of the demo's with slips.
    addresses: int
    typed: int
    slips: int
    repeats: int = 6
    # Each contender in a process of its own: needed to stop it and to measure its memory.
    apart: bool = True


FULL = Size(
    "full",
    1_000_000,
    None,
    1_000_000,
    "district",
    "city",
    ("small", "taipei", "district"),
    30,
    seconds=8.0,
    tiles=1_500,
    addresses=830_000,
    typed=150,
    slips=2_500,
)
TINY = Size(
    "tiny",
    4_000,
    64,
    3_000,
    "small",
    None,
    ("small",),
    2,
    seconds=0.3,
    tiles=24,
    addresses=2_000,
    typed=5,
    slips=40,
    repeats=1,
    apart=False,
)

SIZES = {size.key: size for size in (FULL, TINY)}
