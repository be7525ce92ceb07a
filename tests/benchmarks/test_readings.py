"""The arithmetic of the table, and the page it is written to."""

import pytest

from benchmarks import report
from benchmarks.readings import Reading, Row, Unit


def row(ours, peer=None, **kwargs):
    return Row("m", "s", ours, peer, "peer", **kwargs)


def test_a_ratio_says_how_many_times_better_ours_is():
    assert row(Reading(2, Unit.SECONDS), Reading(6, Unit.SECONDS)).ratio == 3
    assert row(Reading(600, Unit.PER_SECOND), Reading(200, Unit.PER_SECOND)).ratio == 3
    assert row(Reading(2, Unit.MEGABYTES)).ratio is None


@pytest.mark.parametrize(("aim", "misses"), [(2.9, False), (3, False), (3.1, True), (None, False)])
def test_a_row_below_its_aim_misses_it(aim, misses):
    found = row(Reading(2, Unit.SECONDS), Reading(6, Unit.SECONDS), aim=aim)
    assert found.misses is misses
    assert ("MISSED" in found.cells()[5]) is misses


def test_a_row_without_a_peer_misses_an_aim_but_not_a_limit_it_keeps():
    assert row(Reading(1, Unit.SECONDS), aim=2).misses
    limit = Reading(0.05, Unit.SECONDS)
    assert not row(Reading(0.04, Unit.SECONDS), limit=limit).misses
    assert row(Reading(0.06, Unit.SECONDS), limit=limit).misses


def test_a_peer_that_was_stopped_gives_a_lower_bound():
    found = row(Reading(2, Unit.SECONDS), Reading(60, Unit.SECONDS, is_more=True), aim=10)
    assert found.cells()[3] == "> 60 s peer"
    assert found.cells()[4] == "at least 30×"


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (Reading(0.00123456, Unit.SECONDS), "1.23 ms"),
        (Reading(12.34, Unit.SECONDS), "12.3 s"),
        (Reading(21345.6, Unit.PER_SECOND), "21,346 req/s"),
    ],
)
def test_readings_are_said_with_three_digits(reading, said):
    assert str(reading) == said


def test_the_page_has_a_line_for_each_row_and_counts_the_misses(tmp_path):
    rows = [
        row(Reading(2, Unit.SECONDS), Reading(6, Unit.SECONDS), aim=2),
        row(Reading(2, Unit.SECONDS), Reading(6, Unit.SECONDS), aim=5),
    ]
    report.write({"tiles": rows}, ["PostgreSQL 15"], tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text()
    assert page.count("\n| m |") == 2
    assert "1 of 2 rows miss their aim." in page
    assert "≥ 5× **MISSED**" in page


def test_a_benchmark_measured_anew_takes_the_place_of_its_rows_and_of_no_others(tmp_path):
    path = tmp_path / "page.md"
    slow, fast = (row(Reading(n, Unit.SECONDS), Reading(6, Unit.SECONDS)) for n in (3, 1))
    report.write({"tiles": [slow], "memory": [slow]}, ["PostgreSQL 15"], path)
    before = path.read_text()
    report.write({"tiles": [fast]}, ["PostgreSQL 16"], path)
    page = path.read_text()
    memory, tiles = page.index("## memory"), page.index("## tiles")
    assert page[:tiles] == before[: before.index("## tiles")]
    assert page[memory:tiles].count("| 3 s |") == 1
    assert "PostgreSQL 16" in page[tiles:]
    assert page[tiles:].count("| 1 s |") == 1
    assert "| 3 s |" not in page[tiles:]
