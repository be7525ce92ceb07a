"""Two people draw at once: what is disjoint merges, what overlaps is refused, nothing is lost."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from gis.division.delta import Delta
from gis.division.moves import MoveVertices
from gis.division.stored import open_division, units
from gis.errors import BoundaryError
from gis.locate import change_faces
from layers.taking_effect import take_effect
from tests import builders
from tests.gis.division.board import Editor, board, faces, refuse_wrong
from tests.layers.whole_city import refuse_differences
from tests.proof import TIMES

WRITERS = 6
NOBODY = -1000


def drawn(seed, steps):
    """What one person draws on the board, as one change."""
    editor = Editor(board(6), seed)
    total = Delta()
    for _ in range(steps):
        total += editor.step() or Delta()
    return total


def one_after_the_other(first, second):
    """The board after both, or None if the second could not follow; it changed nothing then."""
    division = board(6)
    division.apply(first)
    before = dict(division.units)
    words = ""
    try:
        division.apply(second)
    except BoundaryError as refusal:
        words = str(refusal)
    if not words:
        return division
    assert words.endswith(".")
    assert dict(division.units) == before
    return None


@given(seeds=st.tuples(st.integers(0, 2**32), st.integers(0, 2**32)), steps=st.integers(1, 3))
@settings(max_examples=25 * TIMES)
def test_two_drafts_merge_in_any_order_or_not_at_all(seeds, steps):
    one, other = (drawn(seed, steps) for seed in seeds)
    # Each draft counts its new units from -1; the program gives them numbers of their own.
    other = other.renumbered({n: n + NOBODY for n in other.units if n < 0})
    area = sum(x.area for x in faces(board(6)).values())
    both, back = one_after_the_other(one, other), one_after_the_other(other, one)
    if one.units & other.units:
        assert both is None
        assert back is None
        return
    for division in filter(None, (both, back)):
        refuse_wrong(division, area)
    if both and back:
        assert dict(both.units) == dict(back.units)
        # Together they are one change, and each can be taken back without the other.
        together = board(6)
        together.apply(one + other)
        assert dict(together.units) == dict(both.units)
        both.apply(~one)
        alone = board(6)
        alone.apply(other)
        assert dict(both.units) == dict(alone.units)


@pytest.fixture
def city(engine):
    with engine.begin() as db:
        builders.load(db)
    return engine


def at(x, y):
    lon, lat = builders.at(x, y)
    return round(lon * 1e7), round(lat * 1e7)


def taken(engine, delta, start):
    """Let a change take effect as soon as all are ready; return it, or the refusal's words."""
    start.wait()
    try:
        with engine.begin() as db:
            change_faces(db)
            return take_effect(db, delta, at=dt.datetime.now(dt.UTC))
    except BoundaryError as refusal:
        return str(refusal)


def all_at_once(engine, deltas):
    start = threading.Barrier(len(deltas))
    with ThreadPoolExecutor(len(deltas)) as threads:
        jobs = [threads.submit(taken, engine, delta, start) for delta in deltas]
        return [job.result(120) for job in jobs]


def test_of_changes_that_overlap_one_takes_effect_and_the_others_are_refused(city):
    deltas = []
    for k in range(WRITERS):
        with city.connect() as db:
            division = open_division(db, [1])
        # Everybody moves the corner of four squares, each elsewhere.
        deltas.append(division.do(MoveVertices({at(1, 1): at(1.1 + k / 20, 1.1)})))
    answers = all_at_once(city, deltas)
    took = [answer for answer in answers if isinstance(answer, Delta)]
    assert len(took) == 1
    refusals = [answer for answer in answers if answer not in took]
    assert all("Changed by others meanwhile: C11, C12, C13, C14." in said for said in refusals)
    with city.connect() as db:
        assert units(db, took[0].units) == dict(took[0].new)
        refuse_differences(db)


def test_changes_of_different_units_all_take_effect_at_once(city):
    deltas = []
    for x, y in ((1, 1), (3, 1), (1, 3), (3, 3)):
        with city.connect() as db:
            division = open_division(db, [1])
        deltas.append(division.do(MoveVertices({at(x, y): at(x + 0.2, y + 0.1)})))
    answers = all_at_once(city, deltas)
    assert [type(answer) for answer in answers] == [Delta] * 4, answers
    with city.connect() as db:
        for delta in deltas:
            assert units(db, delta.units) == dict(delta.new)
        refuse_differences(db)
