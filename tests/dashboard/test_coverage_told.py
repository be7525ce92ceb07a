"""Coverage tells no more of persons than the release: whoever looks, whatever the limit."""

from __future__ import annotations

import io
import json
import re
from itertools import pairwise

import numpy as np
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, text

from dashboard.colours import PALETTES
from dashboard.coverage.gaps import BREAKS
from dashboard.numerals import NO_NUMBER
from gis import places, tables
from gis.access.posts import POSTS, Post, Right
from gis.access.viewer import NOBODY as NO_VIEWER
from gis.access.viewer import act_as, everything
from gis.database import Role, Server
from layers.coverage.ground import Ground
from layers.coverage.laid_room import public
from layers.coverage.reach import Question
from layers.coverage.released import CARE_GROUPS, GROUPS
from layers.coverage.seen import BUILDINGS, seen
from tests import builders
from tests.dashboard import signing
from tests.dashboard.test_callbacks import graph, outputs
from tests.dashboard.test_matrix_told import called
from tests.dashboard.town import EXACT, HOME, OTHER, OWN, RELEASED, TINY, road, town
from tests.dashboard.town import app as app
from tests.dashboard.town import door as door

NOBODY = "nobody"
VIEWERS = (NOBODY, *Post)
# Whoever slides the limit sees one house after the other come in.
LIMITS = (1, 200, 500, 900, 1200, 1500, 3000, 9000)
ASKED = "kinds=clinic&metres=2000"


def shelter(number, unit, home, capacity):
    """One at the door of a home, so that whoever lives there is near."""
    x, y = (0.3, 0.4) if unit == OWN else (3.3, 0.4)
    lon, lat = builders.at(x, y)
    return {
        "id": number, "key": f"shelter-{home}", "kind": "emergency_shelter", "name": f"S{home}",
        "state": "open", "capacity": capacity, "unit_id": unit,
        "geom": f"SRID=4326;POINT({lon} {lat})",
    }  # fmt: skip


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as engine:
        with engine.begin() as db:
            # Past every home; the clinics stand where homes do, so all but the first go.
            ends = [[(-0.5, y), (4.5, y)] for y in (0.4, 1.4, 2.4)]
            ways = [*ends, [(-0.5, 0.4), (-0.5, 1.4), (-0.5, 2.4)]]
            db.execute(insert(tables.road), [road(900 + n, *way) for n, way in enumerate(ways)])
            db.execute(text("DELETE FROM citygrid.facility WHERE id > 1"))
            # A wall at each home would cut the way there.
            db.execute(text("DELETE FROM citygrid.barrier"))
            # Two shelters, each near one of the two units, and too small by far.
            db.execute(
                insert(tables.facility),
                [shelter(50 + unit, unit, home, 100) for unit, home in HOME.items()],
            )
        yield engine


@pytest.fixture(scope="module")
def engine(owner):
    engine = Server(owner.url, is_private=True).engine(Role.APP, pool_size=3)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=VIEWERS, ids=str)
def viewer(request, app, door):
    """Who looks, and his browser."""
    who = request.param
    with signing.client_of(app, door, None if who == NOBODY else who.value) as client:
        yield who, client


def answers(engine, looker, limits=LIMITS):
    """What somebody is told for each limit, nothing remembered from before."""
    with engine.connect() as db:
        act_as(db, looker)
        ground = Ground(places.city(db))
        return [
            seen(db, ground, Question(("clinic",), metres=limit), looker.units, looker.care).numbers
            for limit in limits
        ]


def told(numbers):
    return {
        (group, name): getattr(each, name).tolist()
        for group, each in numbers.items()
        for name in ("all", "reached", "official", "is_exact", "is_withheld")
    }


def rooms(engine, looker):
    """What somebody is told of who finds room, for each limit."""
    with engine.connect() as db:
        act_as(db, looker)
        ground = Ground(places.city(db))
        asked = [Question(("emergency_shelter",), metres=limit) for limit in LIMITS]
        return [
            [getattr(found, name).tolist() for name in ("served", "over", "unreachable", "all")]
            for is_best in (False, True)
            for found in (public(db, ground, question, is_best=is_best) for question in asked)
        ]


def same(one, other):
    return all(
        np.array_equal(mine[key], theirs[key], equal_nan=True)
        for mine, theirs in zip(map(told, one), map(told, other), strict=True)
        for key in mine
    )


def test_what_the_map_is_coloured_by_in_the_coverage_mode(viewer):
    who, client = viewer
    answer = client.get(f"/coverage/values?{ASKED}&level=3")
    if who == NOBODY:
        assert answer.status_code == 401
        return
    found = answer.json()
    value = dict(zip(found["ids"], found["values"], strict=True))
    # The clinic is in one's own unit, and everybody there is near enough.
    assert value[OWN] == 0
    # Three people, whose number nobody learns who may not see them.
    assert value[OTHER] is None
    assert OTHER in found["s"]


def test_whoever_holds_a_unit_sees_exact_numbers_of_it_and_the_release_of_others(owner, engine):
    with owner.connect() as db:
        looker = everything(db)
        own = looker.__class__(units=((OWN, OWN),))
    for who, n, is_exact in ((own, EXACT, True), (NO_VIEWER, RELEASED, False)):
        numbers = answers(engine, who, [2000])[0]["people"]
        at = OWN - 1
        assert (numbers.all[at], bool(numbers.is_exact[at])) == (n, is_exact)
        assert numbers.reached[at] == n
        other = OTHER - 1
        assert np.isnan(numbers.all[other])
        assert numbers.is_withheld[other]
    numbers = answers(engine, looker, [2000])[0]["people"]
    assert numbers.all[OTHER - 1] == TINY
    assert numbers.is_exact.all()


def test_no_limit_tells_others_more_than_the_release(owner, engine):
    """Two towns that release the same are told alike, however their people live."""
    with owner.connect() as db:
        looker = everything(db)
    before, exact = answers(engine, NO_VIEWER), answers(engine, looker)
    room_before = rooms(engine, NO_VIEWER)
    with owner.begin() as db:
        # Everybody moves, within the unit he is counted in and beyond it, and some are born.
        db.execute(
            text(
                "UPDATE citygrid.people SET building_id = 1 + (id * 7) % 12, "
                "age_band = (age_band + 5) % 18, count = count + 1, care = care # 3, "
                "geom = (SELECT centre FROM citygrid.building b WHERE b.id = 1 + (people.id * 7) "
                "% 12)"
            )
        )
        db.execute(text("UPDATE citygrid.household SET building_id = 1 + (id * 5) % 12"))
    try:
        after, exact_after = answers(engine, NO_VIEWER), answers(engine, looker)
        room_after = [rooms(engine, who) for who in (NO_VIEWER, looker)]
    finally:
        with owner.begin() as db:
            db.execute(
                text(
                    "UPDATE citygrid.people SET building_id = id, count = count - 1, "
                    "age_band = (age_band + 13) % 18, care = care # 3, "
                    "geom = (SELECT centre FROM citygrid.building b WHERE b.id = people.id)"
                )
            )
            db.execute(text("UPDATE citygrid.household SET building_id = NULL"))
    assert not same(exact, exact_after)
    assert same(before, after)
    # Of room, nobody is told more: the people of several units compete for it.
    assert room_after == [room_before, room_before]
    assert any(over[0] for _, over, _, _ in room_before)


def test_what_is_told_of_others_is_rounded_and_what_is_small_is_not_told(engine):
    for numbers in answers(engine, NO_VIEWER):
        for group in (*GROUPS, *CARE_GROUPS):
            each = numbers[group]
            known = np.isfinite(each.all)
            assert not (known & each.is_withheld).any()
            missing = each.uncovered[known]
            # In tens, or all there are.
            assert ((missing % 10 == 0) | (missing == each.all[known])).all()
            assert (each.reached[known] >= 0).all()
        assert numbers[BUILDINGS].is_exact.all()


def test_a_wider_limit_never_leaves_more_people_out(engine, owner):
    with owner.connect() as db:
        lookers = (NO_VIEWER, everything(db))
    for looker in lookers:
        found = answers(engine, looker)
        for narrow, wide in pairwise(found):
            for group, each in narrow.items():
                known = np.isfinite(each.all)
                assert (wide[group].uncovered[known] <= each.uncovered[known]).all()


def test_who_sees_whom_is_what_the_posts_say():
    """The rest of this module stands and falls with it."""
    assert Right.PERSONS not in POSTS[Post.PLANNER].rights
    assert Right.PERSONS in POSTS[Post.GRID_HEAD].rights


def test_the_picture_without_webgl_is_coloured_by_the_same_shares(app, door):
    """Far enough everybody is reached; within a metre only who lives with the clinic."""
    ramp = PALETTES["light"].classes(len(BREAKS) + 1)
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        for metres, dark in ((9000, 0), (1, 3)):
            view = f"mode=coverage&kinds=clinic&metres={metres}&unit=2&language=en"
            drawn = client.get(f"/picture.svg?{view}").text
            assert drawn.count(f'fill="{ramp[-1]}"') == dark
            assert drawn.count(f'fill="{ramp[0]}"') == 4 - dark


def in_care(answer):
    """What the panel says of older people living alone: who is covered, who is not, the share."""

    def rows(part):
        if isinstance(part, list) and len(part) == 3 and part[0] == "tr":
            yield part
        elif isinstance(part, list | dict):
            for each in part.values() if isinstance(part, dict) else part:
                yield from rows(each)

    (row,) = (
        each for each in rows(answer.json()) if each[1].get("data-group") == "care_living_alone"
    )
    return ["".join(cell[2]) for cell in row[2] if cell[0] == "td"]


def test_who_is_in_care_is_told_exactly_to_who_may_see_it_and_nobody_else(viewer, callbacks):
    who, client = viewer
    own, other, whole = (
        panel(client, callbacks, "reached", unit=unit, language="en", kinds="clinic")
        for unit in (OWN, OTHER, 1)
    )
    if who == NOBODY:
        assert {each.status_code for each in (own, other, whole)} == {401}
        return
    # Everybody in one's own unit is in care, and near the clinic.
    sees = Right.CARE in POSTS[who].rights
    assert in_care(own)[0] == (f"{EXACT:,}" if sees else NO_NUMBER)
    # Of another's nothing is told: the release ends higher up.
    assert in_care(other) == [NO_NUMBER] * 3
    # Of all together, what was released, less those who are too far: in tens.
    covered, missing, _ = in_care(whole)
    assert int(covered.replace(",", "")) + int(missing.replace(",", "")) == RELEASED + TINY
    assert int(missing.replace(",", "")) % 10 == 0


@pytest.mark.parametrize("who", [Post.GRID_HEAD, Post.LEADER], ids=str)
def test_a_workbook_tells_of_people_in_care_what_the_page_does(app, door, who):
    with signing.client_of(app, door, who.value) as client:
        body = client.get(f"/coverage/sheet.xlsx?{ASKED}&unit={OWN}&language=en").content
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    head, row = book.get_sheet_by_name(book.sheet_names[-1]).to_python()
    told = dict(zip(head, row, strict=True))
    assert told["People reached"] == (EXACT if who is Post.GRID_HEAD else RELEASED)
    alone = told["Older people living alone reached"]
    assert alone == (EXACT if who is Post.GRID_HEAD else "–")


NO_ROOM = {
    "zh": "在范围内但容量不足 {n} 人：全体居民",
    "en": "Within reach, no room: {n} people (all",
}


@pytest.fixture(scope="module")
def callbacks(app, door):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        return {outputs(each)[0][0]: each for each in graph(client)}


def panel(client, callbacks, name, **view):
    asked = {"mode": "coverage", "kinds": "emergency_shelter", "metres": 300, **view}
    return called(client, callbacks[name], asked)


SHARED = {
    "zh": (("就近先得：有位置", "统筹最优：有位置"), "统筹后，这里有位置的人数不变。"),
    "en": (("Nearest first: ", "Best of all: "), "Arranged so, as many people here have a place."),
}


@pytest.mark.parametrize("language", SHARED)
def test_places_shared_out_for_the_best_of_all_are_told_when_asked_for(viewer, callbacks, language):
    who, client = viewer

    def told_of(unit, *, best):
        answer = panel(client, callbacks, "equity", unit=unit, language=language, best=best)
        if who == NOBODY:
            assert answer.status_code == 401
        return json.dumps(answer.json(), ensure_ascii=False)

    if who == NOBODY:
        told_of(OWN, best=True)
        return
    (nearest, best), apart = SHARED[language]
    unasked, asked = told_of(OWN, best=False), told_of(OWN, best=True)
    line = re.compile(rf"{nearest} ?[\d,]+ ")
    assert line.search(unasked)
    assert line.search(asked)
    assert not re.search(rf"{best} ?[\d,]+ ", unasked)
    # Each unit has a shelter of its own in reach, and no other: nothing is to be arranged.
    assert re.search(rf"{best} ?100 ", asked)
    assert apart in asked
    assert apart not in unasked
    # Three people, of whom nothing is told either way.
    assert nearest not in told_of(OTHER, best=True)


@pytest.mark.parametrize("language", NO_ROOM)
def test_for_whom_there_is_no_room_is_told_by_the_release(viewer, callbacks, language):
    who, client = viewer
    own, other = (
        panel(client, callbacks, "reached", unit=unit, language=language) for unit in (OWN, OTHER)
    )
    if who == NOBODY:
        assert {own.status_code, other.status_code} == {401}
        return
    # Not one of today's people: those released, less the places, in tens.
    without = f"{round((RELEASED - 100) / 10) * 10:,}"
    assert NO_ROOM[language].format(n=without) in json.dumps(own.json(), ensure_ascii=False)
    # Three people, whose number nobody learns, nor how many of them find no room.
    assert NO_ROOM[language].format(n="<5*") in json.dumps(other.json(), ensure_ascii=False)


def test_whom_map_and_ranking_count_is_chosen(viewer, callbacks):
    who, client = viewer
    asked = f"{ASKED}&level=3&language=en&mode=coverage"

    def shares(**more):
        answer = client.get("/coverage/values?" + "&".join([asked, *map("=".join, more.items())]))
        if who == NOBODY:
            assert answer.status_code == 401
            return None
        found = answer.json()
        return dict(zip(found["ids"], found["values"], strict=True)), found["s"]

    if shares() is None:
        return
    # Buildings are everybody's; of three people nothing is told, whatever their age.
    buildings, withheld = shares(of="buildings")
    assert (buildings[OTHER], withheld) == (1.0, [])
    for of in ("60", "households"):
        assert shares(of=of)[0][OTHER] is None
    assert shares(of="nonsense") == shares()
    # Those released, less the places, in tens; who has no clinic to find room in is counted whole.
    near = {"kinds": "emergency_shelter", "metres": "300"}
    share, withheld = shares(of="room", **near)
    without = round((RELEASED - 100) / 10) * 10
    assert share[OWN] == pytest.approx(without / RELEASED)
    assert (share[OTHER], OTHER in withheld) == (None, True)
    assert shares(of="room") == shares()
    table = panel(
        client, callbacks, "ranking-head", unit=1, level=3, of="room", language="en"
    ).json()["response"]
    columns = {each["field"]: each["headerName"] for each in table["table"]["columnDefs"]}
    assert columns["uncovered"] == "No room"
    (own,) = (row for row in table["table"]["rowData"] if row["id"] == f"unit:{OWN}")
    assert (own["shownUncovered"], own["value"]) == (f"{without:,}", share[OWN])


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "每千人够得着的容量为"), ("en", "a thousand people have")]
)
def test_where_fewest_places_are_in_reach_is_told_with_how_it_was_found(
    viewer, callbacks, language, said
):
    who, client = viewer
    answer = panel(client, callbacks, "equity", unit=1, level=3, language=language, metres=3000)
    if who == NOBODY:
        assert answer.status_code == 401
        return
    told = json.dumps(answer.json(), ensure_ascii=False)
    assert said in told
    assert {"zh": "100%、68%、22%", "en": "100%, 68%, 22%"}[language] in told


@pytest.mark.parametrize(
    ("language", "first", "withheld"),
    [
        ("zh", "100 个容量由", "人数为 <5*"),
        ("en", "100 places shared among", "there are <5* people"),
    ],
)
def test_how_many_places_a_unit_has_in_reach_is_told_step_by_step(
    viewer, callbacks, language, first, withheld
):
    who, client = viewer
    own, other = (
        panel(client, callbacks, "equity", unit=unit, language=language, metres=3000)
        for unit in (OWN, OTHER)
    )
    if who == NOBODY:
        assert {own.status_code, other.status_code} == {401}
        return
    told = json.dumps(own.json(), ensure_ascii=False)
    assert first in told
    # How many compete is told in tens, as the release has it.
    people = re.search(r"(?:由 |among )([\d,]+)", told)
    assert people
    assert int(people[1].replace(",", "")) % 10 == 0
    # Of three people nothing is told, nor of what they could have.
    silent = json.dumps(other.json(), ensure_ascii=False)
    assert withheld in silent
    assert first not in silent


def test_places_in_reach_are_taken_out_and_ranked_as_anybody_may_know_them(app, door, engine):
    asked = "kinds=emergency_shelter&metres=900&language=en"
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        answer = client.get(f"/coverage/sheet.xlsx?{asked}")
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    head, *rows = book.get_sheet_by_name(book.sheet_names[-1]).to_python()
    column = head.index("Places in reach for 1,000 (E2SFCA)")
    with engine.connect() as db:
        act_as(db, NO_VIEWER)
        ground = Ground(places.city(db))
        room = public(db, ground, Question(("emergency_shelter",), metres=900))
    told = {row[0]: row[column] for row in rows}
    expected = np.where(room.is_told, room.per_1000, np.nan)
    finest = ground.tree(None).levels == ground.tree(None).levels.max()
    assert sorted(n for n in told.values() if isinstance(n, float)) == sorted(
        round(float(n), 2) for n in expected[finest] if np.isfinite(n)
    )
    assert len(told) == finest.sum()


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "试选 1 处（A："), ("en", "Tried, 1 new (A at")]
)
def test_the_figure_speaks_of_what_is_tried(viewer, callbacks, language, said):
    who, client = viewer
    lon, lat = builders.at(2.3, 0.4)
    answers_ = [
        panel(client, callbacks, "reached", unit=1, language=language, tried=tried)
        for tried in ("", f"{lon:.6f},{lat:.6f}")
    ]
    if who == NOBODY:
        assert {each.status_code for each in answers_} == {401}
        return
    without, with_ = (json.dumps(each.json(), ensure_ascii=False) for each in answers_)
    assert said in with_
    assert f"{lon:.5f}, {lat:.5f}" in with_
    assert said not in without
