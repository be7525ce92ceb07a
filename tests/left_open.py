"""Names the tests that leave a connection open.

Python warns of one when it is thrown away, at a moment of its own, and whatever test runs then is
told to have failed for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Pool, event

CLOSED_ARE_FORGOTTEN_EVERY = 200


@pytest.fixture(scope="session", autouse=True)
def closed_connections() -> Iterator[None]:
    """Fail, when all that was made for the tests is gone, if a connection to a database is not."""
    opened: list[tuple[Any, str]] = []

    def remember(connection: Any, _record: object) -> None:
        opened.append((connection, os.environ.get("PYTEST_CURRENT_TEST", "no test")))
        if len(opened) % CLOSED_ARE_FORGOTTEN_EVERY == 0:
            opened[:] = [each for each in opened if not each[0].closed]

    event.listen(Pool, "connect", remember)
    yield
    event.remove(Pool, "connect", remember)
    left = [f"{each.info.user}, of {test}" for each, test in opened if not each.closed]
    assert left == []
