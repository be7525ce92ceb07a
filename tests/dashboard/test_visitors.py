"""Visitors are remembered for a moment, and found whenever that moment ends."""

from cachetools import TTLCache

from dashboard.visitors import Asked, Visitors
from tests import loops
from tests.dashboard import signing


def test_who_is_forgotten_while_being_looked_up_is_asked_about_anew(squares, door):
    ticks = iter(range(1000))
    visitors = Visitors(door)
    # A clock that runs on at each look: what was remembered is too old a moment later.
    visitors._known = TTLCache(10, 2.0, timer=lambda: float(next(ticks)))
    asked = Asked(signing.token_for(door, signing.SEER), False, None, signing.AGENT)

    async def look():
        return [await visitors.find(asked) for _ in range(5)]

    assert [found.viewer.login for found in loops.run(look())] == [signing.SEER] * 5
