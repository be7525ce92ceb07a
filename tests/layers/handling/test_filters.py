"""Named filters: whose they are, with whose posts they are shared, and what they lead to."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from dashboard.actions import after
from dashboard.incidents.filters import query_of
from dashboard.view import View
from gis.database import Role
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from layers.handling import filters
from layers.handling.filters import MOST_KEPT, PRIVATE, Shared
from tests.layers.handling.handling_town import ROADS
from tests.layers.handling.handling_town import town as town

LATE = "?unit=3&cases=overdue"
CITY = Shared(unit_id=1)


def kept(town, login, *args, **more):
    with town.acting(login, Role.APP) as (db, viewer):
        return filters.keep(db, viewer, *args, **more)


def seen_by(town, login):
    with town.acting(login, Role.APP) as (db, _):
        return {each.name for each in filters.listed(db)}


def test_a_filter_is_its_keepers_until_it_is_shared(town):
    one = kept(town, "intake", "  late   here ", LATE)
    assert (one.name, one.query, one.shared) == ("late here", LATE, PRIVATE)
    assert "late here" in seen_by(town, "intake")
    assert "late here" not in seen_by(town, "dispatcher")
    with town.acting("dispatcher", Role.APP) as (db, _), pytest.raises(NotFoundError):
        filters.read(db, one.id)
    with town.acting("intake", Role.APP) as (db, viewer):
        filters.change(db, viewer, one.id, "late", CITY)
    # All who hold a post on the city itself, and nobody else.
    for login in ("dispatcher", "checker", "mayor", "planner"):
        assert "late" in seen_by(town, login), login
    for login in ("head", "roads", "water"):
        assert "late" not in seen_by(town, login), login
    # To open, not to change.
    with town.acting("dispatcher", Role.APP) as (db, viewer):
        with pytest.raises(ForbiddenError):
            filters.change(db, viewer, one.id, "mine now")
        with pytest.raises(ForbiddenError):
            filters.delete(db, viewer, one.id)
    with town.acting("intake", Role.APP) as (db, viewer):
        filters.delete(db, viewer, one.id)
    assert "late" not in seen_by(town, "intake") | seen_by(town, "dispatcher")
    done = (
        "SELECT string_agg(details ->> 'what', ',' ORDER BY id) FROM audit "
        "WHERE subject = :s AND login = 'intake'"
    )
    told = town.scalar(done, s=f"filter/{one.id}")
    assert told == "filter keep,filter change,filter delete"


def test_it_is_shared_only_where_one_holds_a_post_oneself(town):
    kept(town, "roads", "ours", LATE, Shared(body_id=ROADS))
    assert "ours" not in seen_by(town, "water")
    with pytest.raises(ForbiddenError):
        kept(town, "roads", "theirs", LATE, CITY)
    # Nor by going around the function: the database checks it, too.
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        town.acting("roads", Role.APP) as (db, viewer),
    ):
        db.execute(
            text(
                "INSERT INTO citygrid.saved_filter (account_id, name, query, unit_id) "
                "VALUES (:me, 'x', '?', 1)"
            ),
            {"me": viewer.account_id},
        )


def test_it_has_a_name_and_there_is_an_end_to_them(town):
    with pytest.raises(CityGridError, match="a name"):
        kept(town, "head", "  ", LATE)
    for n in range(MOST_KEPT):
        kept(town, "head", f"f{n}", LATE)
    with pytest.raises(CityGridError, match="Delete one first"):
        kept(town, "head", "one more", LATE)


def test_it_leads_to_what_the_page_showed(town):
    shown = View(
        mode="incidents", unit=3, cases="overdue", part="small:s/0101", language="en", case=7
    )
    one = kept(town, "mayor", "a view", query_of(shown))
    with town.acting("mayor", Role.APP) as (db, _):
        opened = after(View(language="en", theme="dark"), "filter", one.id, db)
    assert opened == View(
        mode="incidents", unit=3, cases="overdue", part="small:s/0101", language="en", theme="dark"
    )
    with town.acting("water", Role.APP) as (db, _), pytest.raises(NotFoundError):
        after(View(), "filter", one.id, db)
