"""`python -m benchmarks [names…]`: measure, print one table, put it into RESULTS.md."""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from dataclasses import replace

from benchmarks import (
    answering,
    balance,
    changes,
    dragging,
    drill_down,
    editing,
    handling,
    intake,
    live,
    loading,
    locating,
    memory,
    patterns,
    placing,
    policy,
    prepared,
    reach,
    report,
    siting,
    tiles,
    versions,
)
from benchmarks.readings import Row
from benchmarks.sizes import FULL, SIZES, Size

BENCHMARKS = {
    "placing": placing.measure,
    "loading": loading.measure,
    "drill_down": drill_down.measure,
    "tiles": tiles.measure,
    "answering": answering.measure,
    "policy": policy.measure,
    "balance": balance.measure,
    "editing": editing.measure,
    "changes": changes.measure,
    "reach": reach.measure,
    "siting": siting.measure,
    "dragging": dragging.measure,
    "locating": locating.measure,
    "patterns": patterns.measure,
    "handling": handling.measure,
    "intake": intake.measure,
    "live": live.measure,
    "memory": memory.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Run benchmarks; 1 if one of them broke or gave a wrong answer, however slow it was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which ones: {', '.join(BENCHMARKS)} (all)")
    parser.add_argument("--size", choices=SIZES, default=FULL.key)
    parser.add_argument("--fresh", action="store_true", help="prepare the databases anew")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - BENCHMARKS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    size = SIZES[chosen.size]
    # Ended from outside, still end the servers that were started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if chosen.fresh:
        prepared.forget(prepared.cache())
    measured: dict[str, list[Row]] = {}
    broken = []
    for name in chosen.names or BENCHMARKS:
        try:
            measured[name] = run(name, size)
        except Exception:
            traceback.print_exc()
            broken.append(name)
    report.show([row for rows in measured.values() for row in rows])
    if broken:
        print(f"Broken, not measured: {', '.join(broken)}.")
    if size is FULL:
        report.write(measured, versions.found())
        print(f"Written to {report.RESULTS}.")
    else:
        print(f"{report.RESULTS.name} is written at full size only.")
    return 1 if broken else 0


def run(name: str, size: Size) -> list[Row]:
    """Measure one thing, saying so."""
    print(f"{name} …", file=sys.stderr, flush=True)
    start = time.perf_counter()
    rows = list(BENCHMARKS[name](size))
    if size is not FULL:
        # What is promised is promised of the full size.
        rows = [replace(row, aim=None, limit=None) for row in rows]
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
