"""Drafts: made, saved step by step, undone and redone, by their author and nobody else."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gis.access.posts import Right
from gis.database import Role
from gis.errors import ForbiddenError, NotFoundError
from gis.orders import orders
from gis.orders.status import Act, StaleError, Status, TransitionError
from tests.town import moved


def two_steps(db):
    """Move the border of squares 3 and 4 eastwards, in two steps."""
    return moved(db, 1, 0, (1.2, 0.5))


@pytest.fixture
def draft(town):
    """A draft of wang's with two steps."""
    with town.acting(Role.APP, "wang") as (db, wang):
        order = orders.create(db, wang, title=" 东移 \n边界 ", within=[3])
        for step in two_steps(db):
            order = orders.read(db, order.id)
            orders.save_step(db, wang, order.id, seen=order.revision, delta=step, said="moved")
        return orders.read(db, order.id)


def test_a_draft_gets_a_number_of_its_year(town, draft):
    assert draft.number.startswith("TZ-20")
    assert draft.number.endswith("-0001")
    assert draft.title == "东移 边界"
    assert (draft.status, draft.author) == (Status.DRAFT, "Wang")
    with town.acting(Role.APP, "wang") as (db, wang):
        assert orders.create(db, wang, title="", within=[3]).number.endswith("-0002")


def test_steps_add_up_and_are_undone_and_redone(town, draft):
    assert (draft.revision, draft.steps, draft.done) == (2, 2, 2)
    with town.acting(Role.APP, "wang") as (db, wang):
        first, second = two_steps(db)
        assert orders.steps(db, draft.id) == ((first, second), 2)
        assert orders.said(db, draft.id) == ("moved", "moved")
        assert orders.delta(db, draft.id) == first + second
        assert orders.set_done(db, wang, draft.id, seen=2, done=1) == 3
        assert orders.delta(db, draft.id) == first
        assert orders.set_done(db, wang, draft.id, seen=3, done=2) == 4
        assert orders.delta(db, draft.id) == first + second
        orders.set_done(db, wang, draft.id, seen=4, done=0)
        # What was undone is gone once something else is drawn.
        orders.save_step(db, wang, draft.id, seen=5, delta=first, said="again")
        assert orders.steps(db, draft.id) == ((first,), 1)
        assert orders.said(db, draft.id) == ("again",)
        with pytest.raises(TransitionError, match="has 1 steps"):
            orders.set_done(db, wang, draft.id, seen=6, done=2)


def test_two_writers_of_one_draft_never_overwrite_each_other(town, draft):
    with town.acting(Role.APP, "wang") as (one, wang):
        first, _ = two_steps(one)
        orders.set_done(one, wang, draft.id, seen=2, done=1)
    with town.acting(Role.APP, "wang") as (other, wang):
        with pytest.raises(StaleError, match="nothing was overwritten"):
            orders.save_step(other, wang, draft.id, seen=2, delta=first, said="")
        assert orders.read(other, draft.id).done == 1


def test_only_the_author_writes_a_draft(town, draft):
    with town.acting(Role.APP, "li") as (db, li):
        with pytest.raises(ForbiddenError, match="Wang's"):
            orders.set_done(db, li, draft.id, seen=2, done=1)
        # Whatever the program says, the database does not let him either.
        done = db.execute(text("UPDATE change_order SET done = 0 WHERE id = :id"), {"id": draft.id})
        assert done.rowcount == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change_order SET status = 'effective'",
        "UPDATE change_order SET author_id = NULL",
        "DELETE FROM change_order",
        "INSERT INTO order_ask VALUES (1, 1, 'check', 2)",
        "INSERT INTO order_event (order_id, act, before, after, name, account_id, details) "
        "VALUES (1, 'approve', 'draft', 'effective', '', 2, '{}')",
        "INSERT INTO change_order (year, serial, title, status, zoning_id, within, author_id, "
        "author) VALUES (2026, 9, '', 'effective', 1, '{3}', 1, '')",
    ],
)
def test_the_pages_server_decides_nothing(town, draft, statement):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|row-level security"),
        town.acting(Role.APP, "wang") as (db, _),
    ):
        db.execute(text(statement))


def test_who_may_not_redraw_makes_no_draft(town):
    with (
        town.acting(Role.APP, "planner") as (db, planner),
        pytest.raises(ForbiddenError, match=Right.REDRAW),
    ):
        orders.create(db, planner, title="x", within=[3])
    with town.acting(Role.APP, "wang") as (db, wang):
        with pytest.raises(ForbiddenError, match=Right.REDRAW):
            orders.create(db, wang, title="x", within=[4])
        with pytest.raises(NotFoundError, match="999"):
            orders.create(db, wang, title="x", within=[3, 999])
        with pytest.raises(NotFoundError, match="beets"):
            orders.create(db, wang, title="x", within=[3], zoning="beets")


def test_drafts_are_listed_for_their_author_only(town, draft):
    with town.acting(Role.APP, "wang") as (db, wang):
        assert [o.id for o in orders.listed(db, wang)] == [draft.id]
        assert [o.id for o in orders.listed(db, wang, mine=True, touching=[4])] == [draft.id]
        assert orders.listed(db, wang, touching=[8]) == []
        assert orders.listed(db, wang, status=Status.EFFECTIVE) == []
        assert orders.listed(db, wang, waiting_for_me=True) == []
        assert orders.can(wang, draft) == [Act.SUBMIT, Act.REBASE, Act.WITHDRAW, Act.COMMENT]
    with town.acting(Role.APP, "li") as (db, li):
        assert orders.listed(db, li) == []
        assert orders.can(li, orders.read(db, draft.id)) == [Act.COMMENT]
