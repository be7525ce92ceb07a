"""What the page shows where the viewer is not told a number of persons: never zero."""

import pytest

from dashboard import measured
from dashboard.headlines import headlines
from dashboard.panels import legend, profile, ranking
from dashboard.scene import Scene
from dashboard.view import View
from gis.access.viewer import NOBODY
from gis.database import Role
from tests.gis.access.conftest import acting
from tests.layers.test_disclosure import FEW, HEAD, QUARTER, login, released

__all__ = ["login", "released"]


def scene(db, **view):
    return Scene(View(language="en", **{"measure": "people", **view}), db)


def text_of(component):
    return str(component.to_plotly_json() if hasattr(component, "to_plotly_json") else component)


def test_a_headline_says_under_how_many(login):
    with acting(login, Role.APP, NOBODY) as db:
        people, *_ = headlines(scene(db, unit=QUARTER, pick=FEW))
        assert people.value == "<5*"
        assert any("gives away" in said or "give away" in said for said in people.about.values())
        assert headlines(scene(db, unit=QUARTER))[0].value == "183"
    with acting(login, Role.APP, HEAD) as db:
        assert headlines(scene(db, unit=QUARTER, pick=FEW))[0].value == "3"


def test_the_table_has_no_rank_and_the_sign_for_what_is_withheld(login):
    with acting(login, Role.APP, NOBODY) as db:
        here = scene(db, unit=QUARTER)
        ranked = measured.ranked(here, 100)
        rows = {row["id"]: row for row in ranking.table_rows(here, ranked.rows)}
        few = rows[f"unit:{FEW}"]
        assert (few["shown"], few["rank"], few["value"], few["share"]) == ("<5*", None, None, None)
        assert sum(row["shown"] == "<5*" for row in rows.values()) == 2
        assert not any(row["own"] for row in rows.values())
        assert any("*" in text_of(note) for note in ranking.foot(here, ranked))


def test_map_and_legend_tell_withheld_from_missing(login):
    with acting(login, Role.APP, NOBODY) as db:
        here = scene(db, unit=QUARTER)
        shown = measured.values(db, measured.asked(here))
        assert FEW in shown.ids[shown.is_withheld]
        drawn = str(legend.draw(here, shown))
        assert "cg-legend-suppressed" in drawn
        assert "Withheld: under 5" in drawn
        assert "cg-legend-missing" not in drawn


@pytest.mark.parametrize(("per", "sign"), [("", "<5*"), ("area_km2", "–")])
def test_of_a_rate_only_that_it_is_not_told_is_said(login, per, sign):
    with acting(login, Role.APP, NOBODY) as db:
        assert ranking.said_of_withheld(scene(db, unit=QUARTER, per=per)) == sign


def test_ages_that_are_not_released_so_far_down_give_way_to_three_groups(login):
    with acting(login, Role.APP, NOBODY) as db:
        said, _, is_without_chart = profile._ages(scene(db, unit=QUARTER))
        assert is_without_chart
        assert "15–59" in str(said)
        nothing, _, _ = profile._ages(scene(db, unit=QUARTER, pick=8))
        assert "Not released at this level" in str(nothing)
