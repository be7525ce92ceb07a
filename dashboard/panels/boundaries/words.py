"""What the scripts of the page are given to say, as attributes of the elements they work on."""

from __future__ import annotations

import orjson

from dashboard.scene import Scene
from dashboard.text import catalogue


def of(scene: Scene, *groups: str) -> str:
    """Return the texts of some groups as JSON, their braces unfilled: {"bench.undo": "撤销"}."""
    wanted = tuple(f"{group}." for group in groups)
    texts = catalogue()
    return json({key: scene.say(key) for key in texts if key.startswith(wanted)})


def read(text: str) -> dict[str, str]:
    """Read texts that were written as JSON."""
    found: dict[str, str] = orjson.loads(text)
    return found


def json(value: object) -> str:
    """Write a value as JSON."""
    return orjson.dumps(value).decode()
