"""How long jobs tell how far they are."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are (0: not known)."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""
