"""Shows how far a long job is: how many of how many, and how long it will take still."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from dashboard.text import Say, catalogue

# A start with nothing to load shows no bars and need not wait for them to be imported.
if TYPE_CHECKING:
    from rich.console import Console

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, how many there are (0: not known)."""


@contextlib.contextmanager
def shown(say: Say) -> Iterator[Report]:
    """Show bars on a terminal; elsewhere print one line when a stage is done."""
    from rich.console import Console

    console = Console(stderr=True)
    with _bars(console, say) if console.is_terminal else _lines(say) as report:
        yield report


@contextlib.contextmanager
def _bars(console: Console, say: Say) -> Iterator[Report]:
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
                stages[stage] = progress.add_task(told(stage, say), total=total or None)
            progress.update(stages[stage], completed=done, total=total or None)

        yield report


@contextlib.contextmanager
def _lines(say: Say) -> Iterator[Report]:
    began: dict[str, float] = {}
    finished: set[str] = set()

    def report(stage: str, done: int, total: int) -> None:
        start = began.setdefault(stage, time.monotonic())
        if total and done >= total and stage not in finished:
            finished.add(stage)
            seconds = time.monotonic() - start
            click.echo(
                say("working.line", stage=told(stage, say), n=done, seconds=seconds), err=True
            )

    yield report


def told(stage: str, say: Say) -> str:
    """Return what is being done in the reader's language; its last word may name a thing."""
    if (key := f"working.{stage}") in catalogue():
        return say(key)
    doing, _, what = stage.rpartition(" ")
    if (key := f"working.{doing} …") not in catalogue():
        return stage
    named = f"thing.{what}"
    return say(key, what=say(named) if named in catalogue() else what)
