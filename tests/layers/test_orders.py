"""Change orders on their way to taking effect, and back: real people, rows and transactions."""

import datetime as dt

import pytest
from sqlalchemy import text

from gis.database import Role
from gis.division.cutting import Split
from gis.division.joining import HandOver, Merge
from gis.division.moves import InsertVertex, MoveVertices
from gis.division.stored import open_division, units
from gis.errors import ForbiddenError
from gis.orders import notices, orders, talk
from gis.orders.acting import Said
from gis.orders.merging import ConflictError
from gis.orders.notices import About
from gis.orders.status import Act, Stage, Status, TransitionError
from layers import orders as way
from layers.order_checks import RemarksError
from tests.layers.whole_city import refuse_differences
from tests.town import NOW, grid, moved

DAY = dt.timedelta(days=1)


def east(db):
    """Between squares 3 and 4: the home at the eastern edge of 3 goes to 4."""
    return moved(db, 1, 0, (0.7, 0.5))


def further(db):
    """Between squares 4 and 8, of two quarters: the home at the eastern edge of 4 goes to 8."""
    return moved(db, 2, 0, (1.7, 0.5))


def act(town, login, order_id, act, note="", *, now=NOW, **said):
    town.now = now
    with town.acting(Role.ENGINE, login) as (db, viewer):
        return way.act(db, viewer, order_id, act, Said(note, **said), now=now)


def agreed(town, order_id, *, now=NOW, **said):
    """Hand an order of wang's in, its remarks answered, and let everybody agree."""
    try:
        order = act(town, "wang", order_id, Act.SUBMIT, now=now, **said)
    except RemarksError as error:
        answers = {remark.key: "so be it" for remark in error.remarks}
        order = act(town, "wang", order_id, Act.SUBMIT, now=now, answers=answers, **said)
    steps = {
        Status.COSIGNING: (Act.COSIGN, ("li", "zhao")),
        Status.CHECKING: (Act.CHECK, ("south", "east")),
        Status.APPROVING: (Act.APPROVE, ("south", "east")),
        Status.FILING: (Act.FILE, ("mayor",)),
    }
    while order.status in steps:
        agree, people = steps[order.status]
        here = order.status
        for login in people:
            if order.status is here and agree in orders.can(town.viewer(login), order):
                order = act(town, login, order_id, agree, now=now)
        assert order.status is not here, order.open_asks
    return order


def today(town, sql):
    with town.engine(Role.OWNER).connect() as db:
        return db.execute(text(sql)).all()


def homes(town):
    """How many households each of the first squares has, as counted."""
    counted = today(
        town,
        "SELECT unit_id, n FROM unit_count JOIN measure m ON m.id = measure_id "
        "WHERE m.name = 'households' AND unit_id IN (3, 4, 8) ORDER BY 1",
    )
    return dict(map(tuple, counted))


def refuse_wrong(town):
    with town.engine(Role.OWNER).connect() as db:
        refuse_differences(db)


def test_an_order_goes_through_everybody_and_takes_effect(town):
    order_id = town.draw("wang", east, [3])
    assert homes(town) == {3: 2, 4: 2, 8: 2}
    order = act(town, "wang", order_id, Act.SUBMIT, "along the path")
    # The neighbour is asked, the author himself is not.
    assert order.status is Status.COSIGNING
    assert [(w.stage, w.unit_id) for w in order.waiting_for] == [
        (Stage.COSIGN, 4), (Stage.CHECK, 2), (Stage.APPROVE, 2), (Stage.FILE, 1),
    ]  # fmt: skip
    assert order.reason == "along the path"
    assert order.touched == (3, 4)
    assert orders.can(town.viewer("li"), order) == [Act.COSIGN, Act.REFUSE, Act.COMMENT]
    for login in ("zhao", "south", "mayor", "planner"):
        assert orders.can(town.viewer(login), order) == [Act.COMMENT]
        with pytest.raises(ForbiddenError):
            act(town, login, order_id, Act.COSIGN)
    order = act(town, "li", order_id, Act.COSIGN)
    assert order.status is Status.CHECKING
    with pytest.raises(ForbiddenError):
        act(town, "east", order_id, Act.CHECK)
    assert act(town, "south", order_id, Act.CHECK).status is Status.APPROVING
    assert act(town, "south", order_id, Act.APPROVE).status is Status.FILING
    with pytest.raises(ForbiddenError):
        act(town, "south", order_id, Act.FILE)
    order = act(town, "mayor", order_id, Act.FILE)
    assert order.status is Status.EFFECTIVE
    assert order.effective_at == NOW
    assert homes(town) == {3: 1, 4: 3, 8: 2}
    refuse_wrong(town)
    with town.engine(Role.OWNER).connect() as db:
        told = [(e.act, e.name, e.after) for e in talk.events(db, order_id)]
        reasons = db.scalars(text("SELECT reason FROM audit WHERE subject LIKE 'order/%'")).all()
    assert told == [
        ("create", "Wang", "draft"), ("submit", "Wang", "cosigning"), ("cosign", "Li", "checking"),
        ("check", "South", "approving"), ("approve", "South", "filing"),
        ("file", "Mayor", "scheduled"), ("take_effect", "", "effective"),
    ]  # fmt: skip
    assert len(reasons) == 6
    for login, wanted in (
        ("wang", {About.AGREED, About.EFFECTIVE}), ("li", {About.ASKED, About.EFFECTIVE}),
        ("mayor", {About.ASKED, About.EFFECTIVE}), ("zhao", set()), ("east", set()),
    ):  # fmt: skip
        with town.acting(Role.APP, login) as (db, viewer):
            found = notices.notices(db, viewer)
            assert {notice.about for notice in found} == wanted, login
            notices.seen(db, viewer, [notice.id for notice in found])
            assert notices.notices(db, viewer, unseen=True) == []


def test_an_order_across_two_quarters_asks_both(town):
    order_id = town.draw("li", further, [4])
    order = act(town, "li", order_id, Act.SUBMIT)
    asked = {stage: {w.unit_id for w in order.waiting_for if w.stage is stage} for stage in Stage}
    assert asked == {
        Stage.COSIGN: {8}, Stage.CHECK: {2, 7}, Stage.APPROVE: {2, 7}, Stage.FILE: {1},
    }  # fmt: skip
    act(town, "zhao", order_id, Act.COSIGN)
    # One of two has agreed: it still waits.
    assert act(town, "east", order_id, Act.CHECK).status is Status.CHECKING
    assert act(town, "south", order_id, Act.CHECK).status is Status.APPROVING


def test_a_stage_that_has_nobody_to_ask_is_passed_over_and_says_so(town):
    # Within one square's own ground nothing changes hands; and nobody heads square 5.
    order_id = town.draw("wang", lambda db: moved_up(db), [3])
    order = act(town, "wang", order_id, Act.SUBMIT)
    assert order.status is Status.CHECKING
    with town.engine(Role.OWNER).connect() as db:
        passed = talk.events(db, order_id)[-1].details["passed_over"]
    assert {"stage": "cosign", "unit": 5, "why": "vacant"} in passed


def moved_up(db):
    """Between squares 3 and 5, above it."""
    division = open_division(db, [3])
    first = division.do(InsertVertex(grid(0, 1), grid(1, 1), grid(0.5, 1)))
    return first, division.do(MoveVertices({grid(0.5, 1): grid(0.5, 0.8)}))


@pytest.mark.parametrize(
    ("who", "answer", "becomes", "about"),
    [
        ("li", Act.REFUSE, Status.DRAFT, About.REFUSED),
        ("south", Act.RETURN, Status.DRAFT, About.RETURNED),
        ("south", Act.REJECT, Status.REJECTED, About.REJECTED),
    ],
)
def test_an_order_is_refused_with_a_reason(town, who, answer, becomes, about):
    order_id = town.draw("wang", east, [3])
    act(town, "wang", order_id, Act.SUBMIT)
    if who == "south":
        act(town, "li", order_id, Act.COSIGN)
    with pytest.raises(TransitionError, match="reason"):
        act(town, who, order_id, answer)
    order = act(town, who, order_id, answer, "the path is mine")
    assert order.status is becomes
    with town.acting(Role.APP, "wang") as (db, wang):
        assert about in {notice.about for notice in notices.notices(db, wang)}
    if becomes is Status.DRAFT:
        again = act(town, "wang", order_id, Act.SUBMIT)
        # Everybody is asked anew.
        assert again.round == 2
        assert {w.unit_id for w in again.open_asks} == {4}


def test_the_author_takes_an_order_back(town):
    order_id = town.draw("wang", east, [3])
    act(town, "wang", order_id, Act.SUBMIT)
    with pytest.raises(ForbiddenError):
        act(town, "li", order_id, Act.WITHDRAW)
    assert act(town, "wang", order_id, Act.REVISE).status is Status.DRAFT
    assert act(town, "wang", order_id, Act.WITHDRAW).status is Status.WITHDRAWN
    with pytest.raises(TransitionError):
        act(town, "wang", order_id, Act.SUBMIT)
    assert homes(town) == {3: 2, 4: 2, 8: 2}


def test_an_empty_order_and_one_of_others_units_are_not_submitted(town):
    with pytest.raises(TransitionError, match="changes nothing"):
        act(town, "wang", town.draw("wang", lambda _: (), [3]), Act.SUBMIT)
    with pytest.raises(ForbiddenError, match="none of your own"):
        act(town, "wang", town.draw("wang", further, [3]), Act.SUBMIT)


def test_faults_and_remarks_without_an_answer_keep_an_order_from_being_submitted(town):
    with town.engine(Role.OWNER).begin() as db:
        db.execute(
            text(
                "INSERT INTO staff_holding (unit_id, post, person, valid) "
                "VALUES (8, 'head', '赵', tstzrange('2026-01-01', NULL))"
            )
        )
    order_id = town.draw("wang", east, [3])
    # Other squares have heads, these two have none: each is to be said something about.
    with pytest.raises(RemarksError, match="2 remarks need an answer") as refused:
        act(town, "wang", order_id, Act.SUBMIT)
    keys = [remark.key for remark in refused.value.remarks]
    with pytest.raises(RemarksError, match="1 remarks"):
        act(town, "wang", order_id, Act.SUBMIT, answers={keys[0]: "soon", keys[1]: "  "})
    answers = dict.fromkeys(keys, "soon")
    order = act(town, "wang", order_id, Act.SUBMIT, answers=answers)
    assert (order.status, order.answers) == (Status.COSIGNING, answers)


def test_a_dated_order_waits_for_its_day_in_the_citys_time_zone(town):
    order_id = town.draw("wang", east, [3])
    day = dt.date(2127, 3, 5)
    with pytest.raises(TransitionError, match="is over"):
        agreed(town, order_id, effective_on=dt.date(2127, 2, 28))
    order = agreed(town, order_id, effective_on=day)
    assert order.status is Status.SCHEDULED
    assert homes(town) == {3: 2, 4: 2, 8: 2}
    # Midnight in Shanghai is four in the afternoon in Greenwich.
    begins = dt.datetime(2127, 3, 4, 16, tzinfo=dt.UTC)
    with town.engine(Role.ENGINE).begin() as db:
        assert way.due(db, begins - dt.timedelta(seconds=1)) == []
        assert way.apply_due(db, order_id, begins - dt.timedelta(seconds=1)) is None
        assert way.due(db, begins) == [order_id]
    # The program comes back hours later: the order is in force since midnight.
    with town.engine(Role.ENGINE).begin() as db:
        order = way.apply_due(db, order_id, begins + dt.timedelta(hours=9))
    assert order.status is Status.EFFECTIVE
    assert order.effective_at == begins
    assert homes(town) == {3: 1, 4: 3, 8: 2}
    refuse_wrong(town)
    with town.engine(Role.ENGINE).begin() as db:
        assert way.apply_due(db, order_id, begins + DAY) is None


def test_a_scheduled_order_reserves_its_units(town):
    first = town.draw("wang", east, [3])
    agreed(town, first, effective_on=dt.date(2127, 3, 5))
    # The same edge elsewhere: not both.
    second = town.draw("li", lambda db: moved(db, 1, 0, (1.3, 0.5)), [4])
    order = act(town, "li", second, Act.SUBMIT)
    assert order.status is Status.CONFLICTED
    assert order.failure["by"] == [orders_number(town, first)]
    assert {unit["unit"] for unit in order.failure["units"]} == {3, 4}
    assert order.failure["units"][0]["edges"]["type"] == "MultiLineString"
    assert order.failure["units"][0]["mine"]["type"] == "MultiPolygon"
    # Another edge of the same unit: both.
    third = town.draw("li", further, [4])
    order = act(town, "li", third, Act.SUBMIT)
    assert order.status is Status.COSIGNING
    for login, answer in (
        ("zhao", Act.COSIGN), ("south", Act.CHECK), ("east", Act.CHECK), ("south", Act.APPROVE),
        ("east", Act.APPROVE), ("mayor", Act.FILE),
    ):  # fmt: skip
        order = act(town, login, third, answer)
    assert order.status is Status.EFFECTIVE
    assert homes(town) == {3: 2, 4: 1, 8: 3}
    # The first one is carried over when its day comes.
    with town.engine(Role.ENGINE).begin() as db:
        order = way.apply_due(db, first, NOW + 5 * DAY)
    assert order.status is Status.EFFECTIVE
    assert homes(town) == {3: 1, 4: 2, 8: 3}
    refuse_wrong(town)


def orders_number(town, order_id):
    with town.engine(Role.OWNER).connect() as db:
        return orders.read(db, order_id).number


def test_a_stale_draft_conflicts_with_both_versions_and_is_never_overwritten(town):
    mine = town.draw("li", lambda db: moved(db, 1, 0, (1.3, 0.5)), [4])
    theirs = town.draw("wang", east, [3])
    agreed(town, theirs)
    order = act(town, "li", mine, Act.SUBMIT)
    assert order.status is Status.CONFLICTED
    assert order.failure["by"] == [orders_number(town, theirs)]
    assert [unit["about"] for unit in order.failure["units"]] == [["outline"], ["outline"]]
    assert order.failure["units"][0]["mine"] != order.failure["units"][0]["theirs"]
    with town.acting(Role.APP, "li") as (db, li):
        assert About.CONFLICTED in {notice.about for notice in notices.notices(db, li)}
        # What was drawn is still there.
        assert orders.read(db, mine).done == 2
    assert homes(town) == {3: 1, 4: 3, 8: 2}
    assert act(town, "li", mine, Act.REBASE).status is Status.CONFLICTED
    # Its author goes on without what stands against theirs, and is told what that was.
    order = act(town, "li", mine, Act.REVISE)
    assert (order.status, order.done) == (Status.DRAFT, 0)
    with town.engine(Role.OWNER).connect() as db:
        assert talk.events(db, mine)[-1].details["left_out"] == ["step 0", "step 1"]


def test_a_stale_draft_is_carried_over_where_others_changed_other_edges(town):
    mine = town.draw("li", further, [4])
    agreed(town, town.draw("wang", east, [3]))
    with town.engine(Role.OWNER).connect() as db:
        before = units(db, [4])[4]
        assert orders.delta(db, mine).old[4] != before
    order = act(town, "li", mine, Act.REBASE)
    assert (order.status, order.done) == (Status.DRAFT, 2)
    with town.engine(Role.OWNER).connect() as db:
        assert orders.delta(db, mine).old[4] == before
    assert act(town, "li", mine, Act.SUBMIT).status is Status.COSIGNING


def test_an_order_is_reversed_even_after_others_followed_elsewhere(town):
    first = town.draw("wang", east, [3])
    agreed(town, first)
    second = town.draw("li", further, [4])
    act(town, "li", second, Act.SUBMIT)
    for login, answer in (
        ("zhao", Act.COSIGN), ("south", Act.CHECK), ("east", Act.CHECK), ("south", Act.APPROVE),
        ("east", Act.APPROVE), ("mayor", Act.FILE),
    ):  # fmt: skip
        act(town, login, second, answer)
    assert homes(town) == {3: 1, 4: 2, 8: 3}
    undoing = act(town, "wang", first, Act.REVERSE, "too far", title="back")
    assert (undoing.status, undoing.undoes, undoing.title) == (Status.DRAFT, first, "back")
    assert agreed(town, undoing.id, now=NOW + DAY).status is Status.EFFECTIVE
    assert homes(town) == {3: 2, 4: 1, 8: 3}
    refuse_wrong(town)
    with pytest.raises(TransitionError, match="taken back already"):
        act(town, "wang", first, Act.REVERSE, now=NOW + 2 * DAY)


def test_what_stands_against_reversing_an_order_is_named(town):
    first = town.draw("wang", east, [3])
    agreed(town, first)
    # Another edge of the same unit, and the same edge again.
    agreed(town, town.draw("wang", moved_up, [3]), now=NOW + DAY)
    third = town.draw("wang", lambda db: again(db), [3])
    agreed(town, third, now=NOW + 2 * DAY)
    with pytest.raises(ConflictError) as refused:
        act(town, "wang", first, Act.REVERSE, now=NOW + 3 * DAY)
    assert refused.value.by == (orders_number(town, third),)
    assert refused.value.conflict.units == (3, 4)
    assert orders_number(town, third) in str(refused.value)
    with town.acting(Role.APP, "wang") as (db, wang):
        # No order was made.
        assert len(orders.listed(db, wang)) == 3


def again(db):
    division = open_division(db, [3])
    return [division.do(MoveVertices({grid(0.7, 0.5): grid(1.2, 0.5)}))]


def merged(db):
    division = open_division(db, [3, 4])
    return [division.do(Merge([3, 4], 3))]


def held(town, *, past=False):
    return set(
        map(
            tuple,
            today(
                town,
                "SELECT a.login, h.unit_id FROM post_holding h JOIN account a "
                f"ON a.id = h.account_id WHERE {'NOT' if past else ''} upper_inf(h.valid) "
                "AND h.post = 'grid_head'",
            ),
        )
    )


def test_posts_go_to_the_heirs_of_units_and_come_back_with_them(town):
    with town.engine(Role.OWNER).begin() as db:
        db.execute(
            text(
                "INSERT INTO staff_holding (unit_id, post, person, valid) "
                "VALUES (4, 'head', '李', tstzrange('2026-01-01', NULL))"
            )
        )
    order_id = town.draw("wang", merged, [3])
    order = agreed(town, order_id)
    assert order.status is Status.EFFECTIVE
    assert held(town) == {("wang", 3), ("li", 3), ("zhao", 8)}
    assert held(town, past=True) == {("li", 4)}
    assert homes(town) == {3: 4, 8: 2}
    serving = "SELECT unit_id FROM staff_holding WHERE upper_inf(valid)"
    assert [row[0] for row in today(town, serving)] == [3]
    refuse_wrong(town)
    undoing = act(town, "wang", order_id, Act.REVERSE)
    assert agreed(town, undoing.id, now=NOW + DAY).status is Status.EFFECTIVE
    # The unit has its own number, code and people back.
    assert held(town) == {("wang", 3), ("li", 4), ("zhao", 8)}
    assert [row[0] for row in today(town, serving)] == [4]
    code = "SELECT code FROM unit_version WHERE unit_id = 4 AND upper_inf(valid)"
    assert today(town, code)[0][0] == "C12"
    assert homes(town) == {3: 2, 4: 2, 8: 2}
    refuse_wrong(town)


def split(db):
    division = open_division(db, [3])
    return [division.do(Split(3, [(grid(0.4, -1), grid(0.4, 2)), (grid(0.7, -1), grid(0.7, 2))]))]


def test_new_units_get_free_codes_in_the_order_of_the_map_and_the_heads_of_the_old(town):
    order_id = town.draw("wang", split, [3])
    order = agreed(town, order_id)
    assert order.status is Status.EFFECTIVE, order.failure
    made = today(
        town,
        "SELECT code, unit_id FROM unit_version WHERE upper_inf(valid) AND parent_id = 2 "
        "AND code > 'C14' ORDER BY ST_XMin(geom)",
    )
    assert [row.code for row in made] == ["C15", "C16"]
    assert {("wang", row.unit_id) for row in made} | {("wang", 3)} <= held(town)
    refuse_wrong(town)
    # A code that was given once is never given to another.
    undoing = act(town, "wang", order_id, Act.REVERSE)
    assert agreed(town, undoing.id, now=NOW + DAY).status is Status.EFFECTIVE
    again = agreed(town, town.draw("wang", split, [3]), now=NOW + 2 * DAY)
    assert again.status is Status.EFFECTIVE, again.failure
    codes = "SELECT code FROM unit_version WHERE upper_inf(valid) AND parent_id = 2 ORDER BY 1"
    assert [row[0] for row in today(town, codes)] == ["C11", "C12", "C13", "C14", "C17", "C18"]


def test_a_unit_handed_to_another_parent_asks_its_head_and_both_quarters(town):
    def over(db):
        division = open_division(db, [3, 4, 8])
        return [division.do(HandOver([4], 7, {4: "C25"}))]

    order_id = town.draw("li", over, [4])
    order = act(town, "li", order_id, Act.SUBMIT)
    assert order.status is Status.CHECKING
    assert {w.unit_id for w in order.open_asks} == {2, 7}


def test_what_fails_on_its_day_has_a_status_of_its_own_and_tells_its_people(town):
    order_id = town.draw("wang", east, [3])
    agreed(town, order_id, effective_on=dt.date(2127, 3, 5))
    # Checks run again then: by a rule that came meanwhile, the units' codes are faulty.
    with town.engine(Role.OWNER).begin() as db:
        db.execute(
            text(
                "UPDATE city SET settings = jsonb_set(settings, "
                "'{zonings,0,levels,2,code_pattern}', '\"X.*\"')"
            )
        )
    with town.engine(Role.ENGINE).begin() as db:
        order = way.apply_due(db, order_id, NOW + 5 * DAY)
    assert order.status is Status.FAILED
    assert order.failure["key"] == "error.order_faults"
    assert homes(town) == {3: 2, 4: 2, 8: 2}
    for login in ("wang", "li", "south", "mayor"):
        with town.acting(Role.APP, login) as (db, viewer):
            assert notices.notices(db, viewer)[0].about is About.FAILED, login
    assert act(town, "wang", order_id, Act.REVISE).status is Status.DRAFT


def test_a_kill_in_the_middle_leaves_nothing(town):
    order_id = town.draw("wang", east, [3])
    agreed(town, order_id, effective_on=dt.date(2127, 3, 5))
    before = today(town, "SELECT count(*), max(id) FROM unit_version"), homes(town)
    engine = town.engine(Role.ENGINE)
    connection = engine.connect()
    way.apply_due(connection, order_id, NOW + 5 * DAY)
    # As a server that is shot: the connection is gone before the commit.
    connection.connection.driver_connection.close()
    connection.invalidate()
    connection.close()
    assert (today(town, "SELECT count(*), max(id) FROM unit_version"), homes(town)) == before
    refuse_wrong(town)
    with engine.begin() as db:
        assert orders.read(db, order_id).status is Status.SCHEDULED
        assert way.apply_due(db, order_id, NOW + 5 * DAY).status is Status.EFFECTIVE
    refuse_wrong(town)


def test_two_processes_apply_an_order_once(town):
    order_id = town.draw("wang", east, [3])
    agreed(town, order_id, effective_on=dt.date(2127, 3, 5))
    engine = town.engine(Role.ENGINE)
    with engine.begin() as one, engine.begin() as other:
        assert way.apply_due(one, order_id, NOW + 5 * DAY).status is Status.EFFECTIVE
        assert way.apply_due(other, order_id, NOW + 5 * DAY) is None
