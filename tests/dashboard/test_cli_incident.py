"""Incidents on the command line: listed for an account, as pressing as they are."""

import datetime as dt
import re

import pytest

from gis.database import Role
from gis.division.joining import HandOver
from gis.division.stored import open_division
from layers.taking_effect import take_effect
from tests.dashboard.test_cli import run
from tests.dashboard.test_measured_story import UNITED
from tests.layers.handling.handling_town import THERE, TO_CLOSE, Town
from tests.town import built

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
SQUARE, QUARTER, OTHER = 3, 2, 7


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        yield town


@pytest.fixture(scope="module")
def cases(town):
    """One that is long overdue, one that is not, one elsewhere, one closed."""
    closed = town.handled(title="Closed", now=NOW - dt.timedelta(days=40))
    town.along(closed, *TO_CLOSE, now=NOW - dt.timedelta(days=39))
    return {
        "late": town.report(title="Late", now=NOW - dt.timedelta(days=30)),
        "new": town.report(title="New", now=NOW),
        "there": town.report(title="There", place=THERE, now=NOW),
        "personal": town.report(title="Personal", is_personal=True, now=NOW),
        "closed": closed,
    }


def listed(town, login, *words):
    """Return the numbers that a list names, in order."""
    url = town.engine(None).url.render_as_string(hide_password=False)
    # As wide as no number is folded.
    done = run(
        "incident", "list", "--as", login, *words,
        CITYGRID_DATABASE_URL=url, CITYGRID_LANGUAGE="en", COLUMNS="200",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = re.findall(r"^ *(SJ\S+)", done.output, re.MULTILINE)
    assert done.output.rstrip().splitlines()[-1].split()[0] == str(len(found))
    return found


def code(town, unit):
    query = "SELECT code FROM citygrid.unit_version WHERE unit_id = :unit AND upper_inf(valid)"
    return town.scalar(query, unit=unit)


def keys(cases, *names):
    return [cases[name].key for name in names]


def test_the_open_ones_are_listed_the_most_pressing_first(town, cases):
    found = listed(town, "dispatcher")
    assert found[0] == cases["late"].key
    assert set(found) == set(keys(cases, "late", "new", "there", "personal"))
    assert listed(town, "dispatcher", "--limit", "1") == keys(cases, "late")


def test_they_are_chosen_by_stage_delay_and_unit(town, cases):
    assert listed(town, "dispatcher", "--overdue") == keys(cases, "late")
    assert listed(town, "dispatcher", "--stage", "closed") == keys(cases, "closed")
    assert listed(town, "dispatcher", "--stage", "handle") == []
    assert listed(town, "dispatcher", "--unit", code(town, OTHER)) == keys(cases, "there")


def test_who_may_not_see_a_case_is_not_told_of_it(town, cases):
    assert cases["personal"].key not in listed(town, "neighbour")
    assert cases["new"].key in listed(town, "neighbour")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--unit", "nowhere"), "nowhere"),
        (("--stage", "lost"), "lost"),
        (("--limit", "0"), "0"),
        (("--on", "tomorrow"), "tomorrow"),
    ],
)
def test_what_cannot_be_listed_is_one_sentence(town, cases, words, said):
    url = town.engine(None).url.render_as_string(hide_password=False)
    done = run("incident", "list", "--as", "dispatcher", *words, CITYGRID_DATABASE_URL=url)
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_closed_one_is_of_the_unit_it_was_closed_in_or_lies_in_today(town, cases):
    with town.engine(Role.OWNER).begin() as db:
        # As loading makes them: with the vertices that their children meet in.
        for level in (2, 1):
            db.execute(UNITED, {"level": level})
        take_effect(db, open_division(db, [1]).do(HandOver([SQUARE], OTHER)), at=NOW)
    closed = ("--stage", "closed", "--unit")
    assert listed(town, "dispatcher", *closed, code(town, QUARTER)) == keys(cases, "closed")
    assert listed(town, "dispatcher", *closed, code(town, OTHER)) == []
    today = ("--on", "today")
    assert listed(town, "dispatcher", *closed, code(town, QUARTER), *today) == []
    assert listed(town, "dispatcher", *closed, code(town, OTHER), *today) == keys(cases, "closed")
    # What is open lies where it lies.
    assert cases["new"].key in listed(town, "dispatcher", "--unit", code(town, OTHER))
