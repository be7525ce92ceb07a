"""Numbers on the boundaries of then, lineage, and what differs between two days."""

import datetime as dt

import pytest

from gis import history, lineage
from gis.database import Role
from gis.errors import NotFoundError
from gis.history import Kind
from gis.orders.status import Act
from layers import releases, then
from tests.layers.test_orders import DAY, act, agreed, east, held, merged
from tests.town import NOW

BEFORE, AFTER = dt.date(2127, 2, 20), dt.date(2127, 3, 2)


@pytest.fixture
def moved(town):
    """The home at the eastern edge of square 3 has gone to 4, in March."""
    agreed(town, town.draw("wang", east, [3]))
    return town


def numbers(town, login, day, within=2):
    with town.acting(Role.APP, login) as (db, viewer):
        return then.numbers_then(db, viewer, day, within, NOW + 5 * DAY)


def by_unit(found, name):
    return dict(zip(found.faces.index.tolist(), found.numbers[name], strict=True))


def test_todays_rows_are_counted_on_the_faces_of_then(moved):
    before = numbers(moved, "south", BEFORE)
    assert by_unit(before, "buildings") == {3: 2, 4: 2, 5: 2, 6: 2}
    # Who holds the quarter sees the persons of all of them.
    assert by_unit(before, "people") == {3: 2, 4: 2, 5: 2, 6: 2}
    assert by_unit(before, "households") == {3: 2, 4: 2, 5: 2, 6: 2}
    assert by_unit(before, "incidents") == {3: 2, 4: 2, 5: 2, 6: 2}
    assert before.unchanged == {5, 6}
    after = numbers(moved, "south", AFTER)
    assert by_unit(after, "people") == {3: 1, 4: 3, 5: 2, 6: 2}
    assert after.unchanged == {3, 4, 5, 6}


def test_who_does_not_hold_all_of_the_ground_is_told_what_everybody_is(moved):
    """The difference of two boundaries is one home: nobody learns it who may not."""
    before = numbers(moved, "wang", BEFORE)
    # Square 3 of then lies in today's 3 and 4, and he heads 3 only.
    assert by_unit(before, "people")[3] is None
    assert by_unit(before, "households")[3] is None
    assert by_unit(before, "buildings") == {3: 2, 4: 2, 5: 2, 6: 2}
    after = numbers(moved, "wang", AFTER)
    assert by_unit(after, "people") == {3: 1, 4: None, 5: None, 6: None}
    with moved.engine(Role.OWNER).connect() as db:
        db.execution_options(isolation_level="REPEATABLE READ")
        releases.make(db)
        db.commit()
    for login in ("planner", "wang"):
        found = by_unit(numbers(moved, login, BEFORE), "people")
        # What changed is told to nobody who is not entitled, released or not.
        assert found[3] is None
        assert found[4] is None


def test_there_is_nothing_before_the_first_units_nor_of_others(moved):
    with pytest.raises(NotFoundError):
        numbers(moved, "south", dt.date(2020, 1, 1))
    with pytest.raises(NotFoundError, match="no unit 999"):
        numbers(moved, "south", BEFORE, 999)


def test_two_days_are_compared(moved):
    noon = dt.datetime(2127, 2, 20, 12, tzinfo=dt.UTC)
    with moved.engine(Role.APP).connect() as db:
        found = history.differences(db, 1, noon, NOW + DAY)
        assert {one.unit_id: one.kinds for one in found} == {
            3: (Kind.REDRAWN,), 4: (Kind.REDRAWN,),
        }  # fmt: skip
        assert history.differences(db, 1, noon, noon + DAY) == []
        was, is_ = (history.outlines(db, [3], at)[3] for at in (noon, NOW + DAY))
        assert was["type"] == is_["type"] == "MultiPolygon"
        assert was != is_


def test_a_units_family_is_all_it_came_from_and_went_into(town):
    order = town.draw("wang", merged, [3])
    agreed(town, order)
    undoing = act(town, "wang", order, Act.REVERSE, now=NOW + DAY)
    agreed(town, undoing.id, now=NOW + DAY)
    with town.engine(Role.APP).connect() as db:
        lives, descents = lineage.family(db, 4)
        assert [(life.unit_id, life.until) for life in lives] == [(3, None), (4, None)]
        assert [(one.from_id, one.into_id) for one in descents] == [(4, 3), (3, 4)]
        assert descents[0].reason.startswith("TZ-")
        alone, none = lineage.family(db, 8)
        assert ([life.unit_id for life in alone], none) == ([8], [])
        assert lineage.family(db, 999) == ([], [])
    assert ("li", 4) in held(town)
