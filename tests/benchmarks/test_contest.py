"""Contenders run apart and are stopped at the cap."""

import time

import pytest

from benchmarks import contest


def quick(clock, value):
    for pause in (0.02, 0.0):
        with clock.lap("nap"):
            time.sleep(pause)
    return value


def slow(clock):
    with clock.lap("quick"):
        pass
    with clock.lap("nap"):
        time.sleep(60)


def gives_up(clock):
    with clock.lap("nap"):
        raise contest.StoppedError


def broken(clock):
    raise ValueError("no such thing")


def test_the_best_lap_the_value_and_the_peak_of_memory_come_back():
    outcome = contest.run(quick, "answer")
    assert outcome.value == "answer"
    assert outcome.laps["nap"] < 0.02
    assert 5 < outcome.peak_mb < 5_000
    assert outcome.stopped is None


def test_a_contender_is_stopped_at_the_cap():
    start = time.monotonic()
    outcome = contest.run(slow, cap_s=0.2)
    assert time.monotonic() - start < 20
    assert outcome.stopped == "nap"
    assert outcome.laps["nap"] == 0.2
    assert outcome.value is None


def test_a_contender_stopped_by_its_server_counts_as_stopped():
    assert contest.run(gives_up, cap_s=7).laps == {"nap": 7}


def test_a_contender_that_breaks_says_how():
    with pytest.raises(contest.ContestError, match="no such thing"):
        contest.run(broken)
