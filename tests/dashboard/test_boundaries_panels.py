"""The boundaries mode as each post sees it: orders, what may be done, numbers' frames, history."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.panels.boundaries import chain, editor, effect, orders, sheet, tags
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from gis import history
from gis.orders.status import Status
from tests.dashboard.editing_town import Town
from tests.town import built


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        yield town


def drawn(town, login, draw, **view):
    """What a panel shows somebody, as JSON."""
    with town.acting(login) as (db, viewer):
        mark = VIEWER.set(viewer)
        try:
            view = View(**{"mode": "boundaries", "language": "en", **view})
            shown = draw(Scene(view, db))
        finally:
            VIEWER.reset(mark)
    return json.dumps(
        [each.to_plotly_json() for each in shown], default=lambda c: c.to_plotly_json()
    )


def listed(town, login):
    with town.acting(login) as (_, viewer):
        return drawn(town, login, lambda scene: orders.draw(scene, viewer))


def test_who_may_redraw_is_offered_his_units_and_others_are_told_whose_work_it_is(town):
    mine = listed(town, "west")
    assert "order-new" in mine
    assert "order-new" not in listed(town, "leader")


def test_a_draft_is_its_authors_and_is_listed_for_him_alone(town):
    number = town.order("west", 2)
    assert f'"key": {number}}}' in listed(town, "west")
    assert f'"key": {number}}}' not in listed(town, "east")


def test_only_the_author_is_given_tools(town):
    number = town.order("west", 2)

    def bench(scene):
        return editor.draw(scene, editor.opened(scene))

    assert '"data-tool": "hand_over"' in drawn(town, "west", bench, order=number)
    assert '"data-tool"' not in drawn(town, "east", bench, order=number)


def test_the_map_is_given_every_colour_and_word_of_its_editor(town):
    number = town.order("west", 2)
    with town.acting("west") as (db, viewer):
        mark = VIEWER.set(viewer)
        scene = Scene(View(mode="boundaries", order=number, language="en"), db)
        told = editor.based(scene, editor.opened(scene))
        VIEWER.reset(mark)
    source = (Path(editor.__file__).parents[2] / "map/src/editor/props.ts").read_text("utf-8")
    colours = re.search(r"interface EditorColours \{(.*?)\n\}", source, re.DOTALL)[1]
    assert set(told["colours"]) == set(re.findall(r"(\w+): string;", colours))
    assert all(told["colours"].values())
    (words,) = re.findall(r"/\*\* Words: (.*?)\. \*/", source)
    assert set(words.split(", ")) <= set(told["texts"])


def test_the_map_is_given_both_versions_of_what_stands_against_an_order(town):
    number = town.order("west", 2)
    area = {"type": "Polygon", "coordinates": []}
    clash = {"unit": 3, "code": "C11", "mine": area, "theirs": None, "edges": None}

    def conflict(scene):
        order = editor.opened(scene)
        assert "conflict" not in editor.based(scene, order)
        failed = dataclasses.replace(order, failure={"units": [clash]})
        told = editor.based(scene, failed)["conflict"]
        assert told == {"units": [{"mine": area, "theirs": None, "edges": None}]}
        return []

    drawn(town, "west", conflict, order=number)


def test_every_tool_says_what_it_is_for_in_both_languages(town):
    number = town.order("west", 2)
    for language in ("zh", "en"):
        shown = drawn(
            town,
            "west",
            lambda s: editor.draw(s, editor.opened(s)),
            order=number,
            language=language,
        )
        for tool in editor.TOOLS:
            assert f'"data-tool": "{tool}"' in shown


def test_the_frame_of_numbers_has_a_line_for_every_figure(town):
    number = town.order("west", 2)
    shown = drawn(town, "west", lambda s: effect.draw(s, editor.opened(s)), order=number)
    for figure in effect.FIGURES:
        assert f'"data-key": "{figure.key}"' in shown
    assert "edit-remedy" in shown
    read = drawn(town, "east", lambda s: effect.draw(s, editor.opened(s)), order=number)
    assert "edit-remedy" not in read


def test_a_draft_can_be_submitted_by_its_author_only(town):
    number = town.order("west", 2)
    assert f"order-act {number} submit" in drawn(
        town, "west", lambda s: chain.draw(s, editor.opened(s)), order=number
    )
    assert "order-act" not in drawn(
        town, "east", lambda s: chain.draw(s, editor.opened(s)), order=number
    )


def test_the_sheet_says_what_goes_from_whom_to_whom(town):
    desk = town.desk("chief", 2)
    shown = drawn(town, "chief", lambda s: sheet.draw(s, editor.opened(s)), order=desk.order)
    assert "changes nothing yet" in shown
    desk.do("hand_over_buildings", buildings=[2], to=4)
    shown = drawn(town, "chief", lambda s: sheet.draw(s, editor.opened(s)), order=desk.order)
    assert "From whom to whom" in shown
    assert "sheet.pdf" in shown


def test_an_order_that_is_gone_is_said_to_be(town):
    with town.acting("west") as (db, _):
        assert editor.opened(Scene(View(mode="boundaries", order=9999), db)) is None
        assert editor.opened(Scene(View(order=1), db)) is None


def test_every_status_has_a_mark_and_words(town):
    with town.acting("west") as (db, _):
        for language in ("zh", "en"):
            scene = Scene(View(language=language), db)
            for status in Status:
                assert scene.say(f"order_status.{status}") in str(tags.status(scene, status))


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (dt.timedelta(seconds=20), "just now"),
        (dt.timedelta(minutes=9), "9 min ago"),
        (dt.timedelta(hours=5), "5 h ago"),
        (dt.timedelta(days=3), "3 d ago"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_whole(town, ago, said):
    now = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    with town.acting("west") as (db, _):
        assert tags.since(Scene(View(language="en"), db), now - ago, now=now) == said


def test_the_past_is_told_apart_from_today(town):
    with town.owner.begin() as db:
        db.execute(
            text(
                "UPDATE citygrid.unit_version SET valid = tstzrange('2025-01-01', '2025-06-01') "
                "WHERE unit_id = 20 AND upper_inf(valid)"
            )
        )
        db.execute(
            text(
                "INSERT INTO citygrid.unit_version (unit_id, zoning_id, valid, code, names, level, "
                "parent_id, lft, rgt, kind, is_face, geom, centre, area_m2) "
                "SELECT unit_id, zoning_id, tstzrange('2025-06-01', NULL), code, "
                '\'{"en": "Other"}\', level, parent_id, lft, rgt, kind, is_face, geom, centre, '
                "area_m2 FROM citygrid.unit_version WHERE unit_id = 20"
            )
        )
    with town.acting("leader") as (db, _):
        moment = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)
        (found,) = [d for d in history.differences(db, 1, moment) if d.unit_id == 20]
        assert found.kinds == (history.Kind.RENAMED,)
        assert found.names == {"en": "Other"}
        features = history.drawn(db, 1, moment, 3, language="en")["features"]
        assert [f["id"] for f in features if f["properties"]["changed"]] == [20]
        assert len(history.moments(db, 1)) > 1
        today = history.differences(db, 1, dt.datetime.now(dt.UTC))
        assert [d for d in today if d.unit_id == 20] == []


def test_the_map_asks_for_the_boundaries_of_the_day_looked_at(town):
    answer = town.client("leader").get(
        "/then", params={"at": "2025-03-01T00:00:00Z", "level": 3, "language": "en"}
    )
    assert answer.status_code == 200
