"""Boundaries move with open cases in them: the heads of both units are told which went and came."""

import datetime as dt

from sqlalchemy import text, update

from gis.database import Role
from gis.orders import orders, talk
from gis.orders.acting import Said
from gis.orders.status import Act, Status
from gis.tables import incident
from layers import orders as way
from layers.handling import lists, told
from layers.handling.lists import Asked, Listing
from layers.handling.told import About
from layers.order_checks import RemarksError
from tests.layers.test_orders import east, further, merged
from tests.town import NOW, PEOPLE

AGREE = {
    Status.COSIGNING: Act.COSIGN, Status.CHECKING: Act.CHECK, Status.APPROVING: Act.APPROVE,
    Status.FILING: Act.FILE,
}  # fmt: skip
LATER = NOW + dt.timedelta(hours=1)
# At the eastern edges of squares 3 and 4; in the middle of 4 there is one that is closed.
OF_3, OF_4 = 2, 10


def take_effect(town, author, steps, within):
    """Draw an order, let everybody agree, and return it in force."""
    town.now = NOW
    order_id = town.draw(author, steps, within)
    try:
        order = act(town, author, order_id, Act.SUBMIT, Said())
    except RemarksError as error:
        answers = {remark.key: "so be it" for remark in error.remarks}
        order = act(town, author, order_id, Act.SUBMIT, Said(answers=answers))
    while order.status in AGREE:
        here, able = order.status, AGREE[order.status]
        for login in PEOPLE:
            if order.status is here and able in orders.can(town.viewer(login), order):
                order = act(town, login, order_id, able, Said())
        assert order.status is not here, order.open_asks
    assert order.status is Status.EFFECTIVE
    return order


def act(town, login, order_id, what, said):
    with town.acting(Role.ENGINE, login) as (db, viewer):
        return way.act(db, viewer, order_id, what, said, now=NOW)


def heard(town, number):
    """Who was told of a case, and what; as it is shown to him."""
    found = {}
    for login in PEOPLE:
        with town.acting(Role.APP, login) as (db, viewer):
            listed = lists.listed(db, viewer, Asked(1, Listing.TOLD), now=LATER)
            if number in {case.id for case in listed}:
                found[login] = {(one.about, one.rule) for one in told.unseen(db, viewer, number)}
    return found


def notices(town):
    with town.engine(Role.OWNER).connect() as db:
        return db.scalar(text("SELECT count(*) FROM incident_notice"))


def test_the_heads_of_both_grids_are_told_of_the_open_case_that_moved(town):
    order = take_effect(town, "wang", east, [3])
    assert heard(town, OF_3) == {
        "wang": {(About.WENT, order.number)}, "li": {(About.CAME, order.number)}
    }  # fmt: skip
    # Nobody of a case that is closed, or that lies where it lay.
    assert notices(town) == 2
    with town.engine(Role.OWNER).connect() as db:
        (event,) = [one for one in talk.events(db, order.id) if one.act == "take_effect"]
    assert event.details["cases_moved"] == 1


def test_between_two_quarters_their_heads_are_told_too(town):
    order = take_effect(town, "li", further, [4])
    went, came = {(About.WENT, order.number)}, {(About.CAME, order.number)}
    assert heard(town, OF_4) == {"li": went, "south": went, "zhao": came, "east": came}
    assert notices(town) == 4


def test_of_a_case_about_a_person_only_those_are_told_whose_it_is_now(town):
    with town.engine(Role.OWNER).begin() as db:
        db.execute(update(incident).where(incident.c.id == OF_3).values(is_personal=True))
    order = take_effect(town, "wang", east, [3])
    assert heard(town, OF_3) == {"li": {(About.CAME, order.number)}}
    assert notices(town) == 1


def test_who_heads_a_unit_that_ends_heads_the_case_where_it_came_to(town):
    order = take_effect(town, "wang", merged, [3])
    came = {(About.CAME, order.number)}
    # Both head what became of it; nobody lost the case.
    assert heard(town, OF_4) == {"wang": came, "li": came}
    assert heard(town, OF_3) == {}


def test_an_order_that_moves_no_case_tells_nobody(town):
    with town.engine(Role.OWNER).begin() as db:
        db.execute(update(incident).values(stage="closed", unit_then_id=incident.c.unit_id))
    order = take_effect(town, "wang", east, [3])
    assert order.status is Status.EFFECTIVE
    assert notices(town) == 0
