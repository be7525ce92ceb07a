"""Shows how far a long job is: how many of how many, and how long it will take still."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

# A start with nothing to load shows no bars and need not wait for them to be imported.
if TYPE_CHECKING:
    from rich.console import Console

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are (0: not known)."""


@contextlib.contextmanager
def shown() -> Iterator[Report]:
    """Show bars on a terminal; elsewhere print one line when a stage is done."""
    from rich.console import Console

    console = Console(stderr=True)
    with _bars(console) if console.is_terminal else _lines() as report:
        yield report


@contextlib.contextmanager
def _bars(console: Console) -> Iterator[Report]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console) as progress:
        stages: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = progress.add_task(stage, total=total or None)
            progress.update(stages[stage], completed=done, total=total or None)

        yield report


@contextlib.contextmanager
def _lines() -> Iterator[Report]:
    began: dict[str, float] = {}
    finished: set[str] = set()

    def report(stage: str, done: int, total: int) -> None:
        start = began.setdefault(stage, time.monotonic())
        if total and done >= total and stage not in finished:
            finished.add(stage)
            click.echo(f"{stage}: {done:,} ({time.monotonic() - start:.1f} s)", err=True)

    yield report
