import datetime as dt

from gis import lineage
from tests import builders

AT = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def test_splits_and_merges_are_followed_both_ways(db):
    builders.load(db)
    lineage.record(db, [(3, 4), (3, 5)], at=AT, reason="split")
    lineage.record(db, [(4, 6), (5, 6)], at=AT + dt.timedelta(days=1), reason="merge")
    lineage.record(db, [], at=AT)
    assert lineage.successors(db, 3) == [4, 5]
    assert lineage.sources(db, 6) == [4, 5]
    assert lineage.sources(db, 3) == []
    assert lineage.successors(db, 6) == []
