"""Compiles the kernels of the analyses once the page is served: ``python -m dashboard.warming``.

After an installation the first question would wait for that; what is compiled is kept on disk, so
the page and the processes of jobs find it there.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time

from dashboard import processes

log = logging.getLogger(__name__)

# The first page is answered before, and whoever asks anything comes before it all the while.
BEGIN_AFTER_S = 3.0
LOWEST_PRIORITY = 19


def begin() -> None:
    """Begin in a process of its own, which ends by itself, or with this one."""
    try:
        subprocess.Popen(
            [sys.executable, "-m", "dashboard.warming"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=dict(os.environ),
            start_new_session=True,
        )
    except OSError as error:
        # Questions are answered without it, the first one later.
        log.warning("The analyses are compiled when they are first asked: %s", error)


def main() -> None:
    """Compile."""
    processes.end_with_parent()
    os.nice(LOWEST_PRIORITY)
    time.sleep(BEGIN_AFTER_S)
    from gis.siting.warm import warm

    warm()


if __name__ == "__main__":
    main()
