"""Reports that come at the same time share a transaction; each is taken as if it came alone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from dashboard.incidents.collecting import MOST_TOGETHER, Collector
from dashboard.orders.office import Office
from gis.access.tables import audit
from gis.database import Role
from gis.errors import ForbiddenError
from gis.tables import incident
from layers.handling import reports
from layers.handling.drafts import Draft, Received
from tests.layers.handling.handling_town import HERE, NOW, town  # noqa: F401

SOME = 12


@pytest.fixture
def office(town):  # noqa: F811
    office = Office(town.server.engine(Role.ENGINE, pool_size=3))
    yield office
    office.stop()


def draft(n, **more):
    given = {"scheme": "s", "small": "0101", "lon": HERE[0], "lat": HERE[1], "key": n}
    return Draft(**{**given, **more})


def collect(town, office, asked, write=None):  # noqa: F811
    """What becomes of each report, in the order of asking; and how many transactions there were."""
    sizes = []

    def own(db, viewer, drafts):
        sizes.append(len(drafts))
        return reports.report_all(db, viewer, town.city, drafts, now=NOW, faces=town.faces)

    async def all_at_once():
        collector = Collector(office, write or own)
        each = [collector.report(town.viewer(login), one) for login, one in asked]
        return await asyncio.gather(*each, return_exceptions=True)

    # A loop of its own: a browser's driver may run one in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, all_at_once()).result(), sizes


def test_reports_of_one_moment_are_written_together_and_each_is_answered(town, office):  # noqa: F811
    found, sizes = collect(town, office, [("intake", draft(f"one{n}")) for n in range(SOME)])
    assert sizes == [SOME]
    assert all(one.is_new for one in found)
    assert len({one.key for one in found}) == SOME
    with town.engine(Role.OWNER).connect() as db:
        assert set(db.scalars(select(incident.c.id))) >= {one.id for one in found}
    town.assert_counted()


def test_the_same_report_twice_in_one_moment_is_one_incident(town, office):  # noqa: F811
    found, _ = collect(town, office, [("intake", draft("twice")), ("intake", draft("twice"))])
    assert [one.is_new for one in found] == [True, False]
    assert found[0].key == found[1].key


def test_one_that_is_refused_takes_no_other_with_it(town, office):  # noqa: F811
    asked = [("intake", draft("a")), ("intake", draft("b", small="none")),
             ("planner", draft("c")), ("intake", draft("d"))]  # fmt: skip
    found, _ = collect(town, office, asked)
    assert [one.is_new for one in (found[0], found[3])] == [True, True]
    assert found[1].fault is not None
    # Who may report nothing is told so, and the others are written without him.
    assert isinstance(found[2], ForbiddenError)
    town.assert_counted()


def test_what_may_be_written_already_is_not_written_again(town, office):  # noqa: F811
    """The connection broke: without a key a second try could make a second incident."""
    before, sizes = town.count(), []

    def broken(db, viewer, drafts):
        sizes.append(len(drafts))
        reports.report_all(db, viewer, town.city, drafts, now=NOW, faces=town.faces)
        db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    asked = [("intake", draft("")) for _ in range(SOME)]
    found, _ = collect(town, office, asked, broken)
    assert sizes == [SOME]
    assert all(isinstance(one, DBAPIError) for one in found)
    assert town.count() == before


def test_each_is_written_as_who_reported_it(town, office):  # noqa: F811
    found, _ = collect(town, office, [("intake", draft("each")), ("head", draft("each"))])
    # The same key of somebody else is another incident.
    assert all(one.is_new for one in found)
    with town.engine(Role.OWNER).connect() as db:
        a = audit.c
        told = dict(db.execute(select(a.subject, a.login)).all())
    assert [told[f"incident/{one.id}"] for one in found] == ["intake", "head"]


def test_who_comes_meanwhile_shares_the_next_transaction(town, office):  # noqa: F811
    asked = [("intake", draft(f"many{n}")) for n in range(MOST_TOGETHER + 3)]
    found, sizes = collect(town, office, asked)
    assert sizes == [MOST_TOGETHER, 3]
    assert all(one.is_new for one in found)


def test_what_fails_is_raised_to_who_asked(town, office):  # noqa: F811
    def broken(_db, _viewer, drafts):
        if any(one.title == "bad" for one in drafts):
            raise RuntimeError("no")
        return [Received(at, f"SJ{at}", True) for at, _ in enumerate(drafts)]

    asked = [("intake", draft("x")), ("intake", draft("y", title="bad")), ("intake", draft("z"))]
    found, _ = collect(town, office, asked, broken)
    assert [isinstance(one, RuntimeError) for one in found] == [False, True, False]
