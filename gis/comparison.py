"""What a check compared, and what it found different."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are (0: not known)."""

# A broken table differs in every row; the first ones tell enough.
MOST_SHOWN = 20


@dataclass(frozen=True)
class Comparison:
    """One thing recounted from scratch beside what is stored."""

    what: str
    # How many values were compared.
    compared: int
    # How many of them differ, and the first of these in words.
    wrong: int = 0
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.wrong:
            return f"{self.what}: {self.compared:,} compared, all equal"
        lines = [f"{self.what}: {self.compared:,} compared, {self.wrong:,} differ"]
        lines += [f"    {difference}" for difference in self.differences]
        if self.wrong > len(self.differences):
            lines.append(f"    … and {self.wrong - len(self.differences):,} more")
        return "\n".join(lines)


def compared(what: str, count: int, differences: Iterable[str]) -> Comparison:
    """Return a comparison, keeping the first differences and counting all."""
    found: Iterator[str] = iter(differences)
    shown = [difference for _, difference in zip(range(MOST_SHOWN), found, strict=False)]
    return Comparison(what, count, len(shown) + sum(1 for _ in found), tuple(shown))
