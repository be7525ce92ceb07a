"""A table on the terminal."""

from __future__ import annotations

from collections.abc import Iterable


def print_table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print rows under titles; what is too long for its column is folded, never cut."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
