"""New codes under a parent, none of them used before."""

import pytest
from sqlalchemy import text

from gis.errors import BoundaryError
from gis.unit_codes import next_codes
from tests import builders


def test_numbers_go_on_after_the_highest_one(db):
    builders.load(db)
    assert next_codes(db, 1, "C1", digits=1, count=2) == ["C15", "C16"]
    assert next_codes(db, 1, "C1", digits=3) == ["C1001"]


def test_the_code_of_a_unit_that_is_no_more_is_not_given_again(db):
    builders.load(db)
    db.execute(
        text(
            "UPDATE citygrid.unit_version SET code = 'C19',"
            " valid = tstzrange(lower(valid), '2026-02-01') WHERE code = 'C14'"
        )
    )
    # Nine is the highest there is, so gaps are filled.
    assert next_codes(db, 1, "C1", digits=1, count=2) == ["C14", "C15"]
    assert "C19" not in next_codes(db, 1, "C1", digits=1, count=5)


def test_when_all_are_used_it_says_so(db):
    builders.load(db)
    with pytest.raises(BoundaryError, match="All 9 codes"):
        next_codes(db, 1, "C1", digits=1, count=6)
