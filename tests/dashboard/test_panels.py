"""What panels say of numbers: compared, averaged, classed, estimated, and who is worst."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from dashboard import figures
from dashboard.classing import breaks
from dashboard.coverage.desk import Desk
from dashboard.headlines import headlines
from dashboard.panels import profile, ranking, search
from dashboard.panels.hover_card import hover_card
from dashboard.panels.legend import class_texts, heading
from dashboard.panels.trend import average_of
from dashboard.scene import Scene
from dashboard.text import speaker
from dashboard.view import View
from dashboard.worst import marks, worst
from layers import catalog, counts
from tests import builders
from tests.dashboard.conftest import fill, seeing

SQUARE = 3
ENGLISH = View(language="en")


BUILDINGS, PEOPLE = catalog.get("buildings"), catalog.get("people")


@pytest.fixture
def bare(db: Connection) -> Connection:
    """The tiny city with three buildings, and people who are estimates of unknown age."""
    units = builders.load(db)
    spots = (0.5, 0.5), (1.5, 0.5), (0.5, 1.5)
    builders.add(db, BUILDINGS, units, builders.rows("buildings", *spots))
    people = builders.rows("people", *spots, age_band=None, sex="unknown", estimated=True)
    builders.add(db, PEOPLE, units, people)
    counts.rebuild(db, BUILDINGS, PEOPLE)
    return db


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([217.0], ["217"]),
        ([3.0, 3.0, 3.0], ["3"]),
        ([0.0, 0.0, 0.0, 1.0], ["0", "1"]),
        ([0.0, 0.0, 1.0, 2.0], ["0", "1", "2"]),
        ([0.25, 0.25], ["0.25"]),
    ],
)
def test_a_class_of_one_value_reads_as_that_value(
    db: Connection, values: list[float], texts: list[str]
) -> None:
    known = np.array(values)
    assert class_texts(breaks(known), known, Scene(ENGLISH, db)) == texts


def test_only_the_last_of_several_classes_is_open_upwards(db: Connection) -> None:
    known = np.arange(100.0)
    first, *_, last = class_texts(breaks(known), known, Scene(ENGLISH, db))
    assert first.startswith("0 – ")
    assert last.endswith(" and more")


@pytest.mark.parametrize(
    ("count", "days", "said"),
    [
        (277_000, 730, "379 a day"),
        (138, 730, "1.32 a week"),
        (6, 730, "3 a year"),
        (30, 730, "1.25 a month"),
        (3, 730, "1.5 a year"),
        (1, 730, ""),
        (1, 30, ""),
        (0, 730, ""),
    ],
)
def test_an_average_is_over_a_time_in_which_something_happens(
    count: int, days: int, said: str
) -> None:
    assert average_of(count, days, speaker("en")) == said


@pytest.mark.parametrize("most", [1, 2, 3, 4, 7, 11, 1298])
def test_ticks_are_whole_numbers_and_none_comes_twice(most: int) -> None:
    ticks = figures.round_ticks(most)
    assert ticks == sorted(set(ticks))
    assert ticks[0] == 0
    assert 0 < ticks[-1] <= most


def test_the_profile_opens_with_what_is_known(bare: Connection, squares: Engine) -> None:
    # Nobody's age is known, but what buildings are used for.
    assert profile.first_known(Scene(ENGLISH, bare)) == "use"
    with seeing(squares) as db:
        assert profile.first_known(Scene(ENGLISH, db)) == "age"


def test_a_profile_that_is_mostly_unknown_is_not_opened_with(bare: Connection) -> None:
    bare.execute(text("UPDATE citygrid.building SET use = 'unknown' WHERE id > 1"))
    counts.rebuild(bare, BUILDINGS)
    assert profile.first_known(Scene(ENGLISH, bare)) == profile.KINDS[0]


def test_a_number_taken_once_is_compared_with_nothing(squares: Engine) -> None:
    with seeing(squares) as db:
        people = headlines(Scene(ENGLISH, db))[0]
    assert (people.key, people.change, people.beside) == ("people", None, "")


def test_a_number_that_changed_is_compared(db: Connection) -> None:
    fill(db)
    db.execute(
        text(
            "UPDATE citygrid.unit_series SET n = n / 2 WHERE measure_id = "
            "(SELECT id FROM citygrid.measure WHERE name = 'people')"
        )
    )
    people = headlines(Scene(ENGLISH, db))[0]
    assert people.change == pytest.approx(1.0, abs=0.01)
    assert people.beside.startswith("vs ")


def test_what_is_estimated_says_so_wherever_it_stands(bare: Connection) -> None:
    scene = Scene(ENGLISH, bare)
    assert scene.estimated == {"people"}
    assert ranking.columns(scene)[2]["headerName"] == "People, est."
    assert "estimated" in heading(scene)[1]
    assert hover_card(scene, Desk())["valueLabel"] == "People, est."
    # What is divided by an estimate is one.
    rate = Scene(View(language="en", measure="incidents", per="people"), bare)
    assert "estimated" in heading(rate)[1]
    assert "estimated" not in heading(Scene(View(language="en", measure="buildings"), bare))[1]


def test_the_list_and_the_map_mark_the_same_worst_units(squares: Engine) -> None:
    with seeing(squares) as db:
        scene = Scene(ENGLISH, db)
        listed, marked = worst(scene), marks(scene)
    assert listed is not None
    assert not listed.is_overdue
    assert [line.rank for line in listed.lines] == [1, 2, 3, 4, 5]
    assert {f["id"]: f["properties"]["rank"] for f in marked["features"]} == {
        line.unit_id: line.rank for line in listed.lines
    }
    assert all(f["properties"]["open"] == 1 for f in marked["features"])


def test_below_the_last_level_nothing_is_marked(squares: Engine) -> None:
    with seeing(squares) as db:
        scene = Scene(View(unit=SQUARE), db)
        assert worst(scene) is None
        assert marks(scene)["features"] == []


def test_units_of_the_same_name_are_told_apart_by_what_they_lie_in(squares: Engine) -> None:
    with seeing(squares) as db:
        (group,) = search.options(db, "C11", "en")
        rows = ranking.ranked(Scene(View(language="en", level=3), db), 3).rows
        (beats,) = search.options(db, "S1", "en")
    assert group["items"][0]["where"] == "Unit C1 · C11"
    assert beats["items"][0]["where"] == "Beats · S1"
    assert {row.parent for row in rows} <= {"Unit C1", "Unit C2", "Unit C3", "Unit C4"}
