"""How long the ways are: of one's own people exactly, of others by the release."""

from __future__ import annotations

import numpy as np
import pytest

from gis.access.viewer import NOBODY, act_as
from layers.coverage.indicators import INDICATORS
from layers.coverage.lasting import GROUPS, lasting
from layers.coverage.seen import seen

CLINICS = INDICATORS["health_centre"]


def told(engine, ground, viewer, question=CLINICS):
    with engine.connect() as db:
        act_as(db, viewer)
        return lasting(db, ground, question, viewer.units), seen(db, ground, question, viewer.units)


def test_who_is_reached_within_the_limit_is_who_is_not_longer_on_the_way(engine, ground, holder):
    found, answer = told(engine, ground, holder)
    for group in GROUPS:
        ways, numbers = found[group], answer.numbers[group]
        for at in range(0, len(ways.tree), 7):
            behind = ways.own
            here = (behind.place >= at) & (behind.place < ways.tree.ends[at])
            near = behind.seconds[here, 0] <= CLINICS.limit_s
            assert behind.many[here][near].sum() == numbers.reached[at]
    # Older people and children are people: the mean of all lies between those of its parts.
    ages = np.array([found[group].mean_s[0] for group in GROUPS[1:]])
    assert ages.min() <= found["people"].mean_s[0] <= ages.max()


def test_a_mean_is_that_of_the_people_behind_the_doors(engine, ground, holder):
    ways = told(engine, ground, holder)[0]["people"]
    behind = ways.own
    for at in (0, 1, len(ways.tree) - 1):
        here = (behind.place >= at) & (behind.place < ways.tree.ends[at])
        seconds, many = behind.seconds[here, 0], behind.many[here]
        counts = np.isfinite(seconds) & (many > 0)
        if not counts.any():
            assert np.isnan(ways.mean_s[at])
            continue
        assert ways.mean_s[at] == pytest.approx(np.average(seconds[counts], weights=many[counts]))
        assert ways.second_s[at] >= ways.mean_s[at] or np.isnan(ways.second_s[at])
        # Half of them are there within the median, and not sooner.
        half = ways.within_s(at, 0.5)
        assert many[seconds <= half].sum() >= many.sum() / 2 > many[seconds < half].sum()


def test_others_are_told_what_the_release_comes_to(engine, ground, holder):
    exact = told(engine, ground, holder)[0]["people"]
    found, answer = told(engine, ground, NOBODY)
    ways = found["people"]
    assert ways.own is None
    known = np.isfinite(ways.mean_s) & np.isfinite(exact.mean_s)
    assert np.median(np.abs(ways.mean_s - exact.mean_s)[known] / exact.mean_s[known]) < 0.05
    # Whose number is not told, of them nothing is told: ages end one level above the finest.
    ways, is_untold = found["60"], np.isnan(answer.numbers["60"].all)
    assert is_untold.any()
    assert np.isnan(ways.mean_s[is_untold]).all()
    assert np.isnan(ways.within_s(int(np.flatnonzero(is_untold)[0]), 0.5))
    assert not (np.isfinite(ways.mean_s) & ways.is_withheld).any()


def test_the_limit_changes_no_way(engine, ground, holder):
    other = INDICATORS["health_centre"].__class__(CLINICS.kinds, minutes=1)
    one, two = (told(engine, ground, holder, asked)[0]["people"] for asked in (CLINICS, other))
    assert np.array_equal(one.mean_s, two.mean_s, equal_nan=True)
