"""What is told to whom: every callback, layer and statistic, as every post, in and out of reach.

`test_matrix.py` says who may ask; here is what the answers hold. The town (`town.py`) has numbers
and names that tell by themselves whether something is exact, released, withheld, masked or clear.
What is in no row of a table fails the test: say first what it tells to whom.
"""

import json
import re
from enum import StrEnum
from functools import cache
from math import asinh, pi, radians, tan
from pathlib import Path

import mapbox_vector_tile
import pytest
from sqlalchemy import insert, select

from dashboard.door import now
from dashboard.topics import TOPICS
from dashboard.view import View
from gis.access import accounts
from gis.access.posts import POSTS, Post, Right
from gis.access.viewer import NOBODY as NO_VIEWER
from gis.access.viewer import act_as, viewer_of
from gis.database import Role, Server
from gis.planning import coverage_scenario
from gis.tables import measure
from layers import statistics, tiles
from layers.catalog import LAYERS
from tests import builders
from tests.dashboard import signing
from tests.dashboard.test_callbacks import FED_OTHERWISE, graph, outputs
from tests.dashboard.test_opening import opened_as_answered
from tests.dashboard.town import (
    BODY,
    CASE,
    EXACT,
    HOME,
    NAME,
    OTHER,
    OWN,
    PHONE,
    RELEASED,
    SURNAME,
    town,
)
from tests.dashboard.town import app as app
from tests.dashboard.town import door as door

NOBODY = "nobody"
VIEWERS = (NOBODY, *Post)
PLACES = pytest.mark.parametrize("place", [OWN, OTHER], ids=["own", "other"])


class Sign(StrEnum):
    """What in an answer shows how much was told."""

    CLEAR = "a name or telephone that is not masked"
    MASKED = "a name that is masked"
    EXACT = "today's number of persons"
    RELEASED = "the number of persons of the release"
    WITHHELD = "the sign for a number that is withheld"
    CASE = "a case about a person"


SIGNS = {
    Sign.CLEAR: f"{NAME}|{PHONE}\\d{{4}}",
    Sign.MASKED: rf"{SURNAME}\*",
    Sign.EXACT: rf"\b{EXACT}\b|\b{EXACT:,}\b",
    Sign.RELEASED: rf"\b{RELEASED}\b|\b{RELEASED:,}\b",
    Sign.WITHHELD: r"<5\b",
    Sign.CASE: CASE,
}


class Tells(StrEnum):
    """What a callback tells, and so what its answer must and may hold."""

    NO_PERSONS = "nothing of persons"
    NUMBERS = "numbers of persons: exact ones of one's own, released or withheld ones of others"
    OWN_NUMBERS = "numbers of persons by building: of one's own only"
    SHARES = "shares of persons, none of those whose number is withheld"
    PERSONS = "persons, masked: one's own only"
    LIST = "incidents, those about persons only to who works on them"
    CHANGE = "numbers of a change order, which has rules of its own: `OF_CHANGES`"


# By output; of several the first one.
CALLBACKS = {
    "glance.children": Tells.NUMBERS,
    "ranking-head.children": Tells.OWN_NUMBERS,
    "profile-bars.children": Tells.OWN_NUMBERS,
    "persons.children": Tells.PERSONS,
    "reached.children": Tells.NUMBERS,
    "standards.children": Tells.SHARES,
    "scenarios.children": Tells.NUMBERS,
    "cases-found.children": Tells.LIST,
    "case.children": Tells.LIST,
    "effect.children": Tells.CHANGE,
    "sheet.children": Tells.CHANGE,
    **dict.fromkeys(
        (
            "as-of.children", "breadcrumb.children", "chain.children", "chips.children",
            "comments.children", "edit-base.data", "editor.children", "history.children",
            "orders.children", "layers-head.children", "cases-class.data",
            "legend.children", "level.data", "map.ariaLabel",
            "map.choropleth", "map.fit", "map.hoverCard", "map.interactive",
            "map.layerGroups", "map.mapStyle", "map.selected", "map.texts",
            "measure-head.children", "measure.data", "notice.children", "part.data",
            "profile-kind.data", "rail.children", "search.placeholder", "shortcuts.children",
            "step.data", "switches.children", "trend-head.children", "trend-tools.children",
            "visitor.children", "worst.children",
            "hotline.children", "intake.children", "measured.children", "handled.children",
            "cases-head.children", "cases-own.children",
            "case-times-head.children", "patterns-head.children", "patterns-found.children",
            "equity.children", "map.sites", "map.tint", "next.children",
            "operator.data", "question-chips.children", "question-own.children",
            "take-out.children", "gaps.children", "streets.children",
        ),
        Tells.NO_PERSONS,
    ),
}  # fmt: skip

# What is asked of these, beside the place.
ASKED = {
    "reached.children": {"mode": "coverage", "kinds": "clinic"},
    "standards.children": {"mode": "coverage", "sheet": True},
    "gaps.children": {"mode": "coverage", "kinds": "clinic", "metres": 1, "listed": 1},
    "streets.children": {"mode": "coverage", "kinds": "clinic", "streets": True},
    "operator.data": {"mode": "coverage"},
    "cases-class.data": {"mode": "incidents"},
    "equity.children": {
        "mode": "coverage",
        "kinds": "emergency_shelter",
        "metres": 900,
        "best": True,
    },
    "scenarios.children": {"mode": "coverage", "kinds": "clinic", "scenario": 1, "against": 2},
    "hotline.children": {"mode": "incidents"},
    "intake.children": {"mode": "incidents"},
    "measured.children": {"mode": "incidents", "case": None},
    "handled.children": {"mode": "incidents", "sheet": True},
    "patterns-head.children": {"mode": "incidents", "pattern": "clusters"},
    "patterns-found.children": {"mode": "incidents", "pattern": "rhythm"},
    "cases-head.children": {"mode": "incidents", "cases": "all"},
    "cases-own.children": {"mode": "incidents", "cases": "told"},
    "cases-found.children": {"mode": "incidents", "cases": "all"},
    "case.children": {"mode": "incidents"},
    "next.children": {"mode": "coverage", "kinds": "clinic", "tried": "114.005,22.505"},
}

# Whose answers are for those only who hold a right.
HELD = {"scenarios.children": Right.PLAN}

# The tests that look at a change from inside and outside of reach; without one nothing is told.
OF_CHANGES = {
    "effect.children": "test_editing.py::test_no_position_of_a_border_tells_more_than_the_release",
    "sheet.children": "test_reports.py::test_others_take_rounded_totals_and_no_person_out",
}


class Shows(StrEnum):
    """What a layer's tiles show."""

    SAME = "the same to everybody who is signed in"
    CELLS = "cells with rounded numbers, the same to everybody"
    CASES = "rows, those about persons only to who works on them"


TILES = {
    "units": Shows.SAME,
    "people": Shows.CELLS,
    "households": Shows.CELLS,
    "incidents": Shows.CASES,
    **dict.fromkeys(
        ("estates", "buildings", "facilities", "roads", "barriers", "land", "water", "green"),
        Shows.SAME,
    ),
}  # fmt: skip


class Counts(StrEnum):
    """What a statistic counts."""

    NO_PERSONS = "exact, for everybody"
    PERSONS = "exact with the right to see persons there; else as released, or withheld"


STATISTICS = {
    ("people", "total"): Counts.PERSONS,
    ("people", "age"): Counts.PERSONS,
    ("people", "age_group"): Counts.PERSONS,
    ("people", "age_sex"): Counts.PERSONS,
    ("people", "sex"): Counts.PERSONS,
    ("people", "residence"): Counts.PERSONS,
    ("people", "care"): Counts.PERSONS,
    ("households", "total"): Counts.PERSONS,
    ("households", "tenure"): Counts.PERSONS,
    **dict.fromkeys(
        (
            ("estates", "total"), ("estates", "kind"), ("buildings", "total"),
            ("buildings", "use"), ("incidents", "total"), ("incidents", "big"),
            ("incidents", "small"), ("incidents", "severity"), ("incidents", "stage"),
            ("incidents", "status"), ("incidents", "source"), ("facilities", "total"),
            ("facilities", "kind"),
        ),
        Counts.NO_PERSONS,
    ),
}  # fmt: skip
# What the page offers to measure: whether its values of a unit depend on who asks.
MEASURED = {
    "people": Counts.PERSONS,
    "households": Counts.PERSONS,
    **dict.fromkeys(
        ("buildings", "floor_area", "incidents", "open", "overdue", "facilities"),
        Counts.NO_PERSONS,
    ),
}


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as engine:
        with engine.begin() as db:
            # Everybody's, and all who live there are out of its reach.
            asked = {"kinds": ["clinic"], "metres": 1}
            db.execute(
                insert(coverage_scenario),
                [
                    {"id": n, "name": f"x{n}", "question": asked,
                     "changes": [{"do": "close", "facility": n}]}
                    for n in (1, 2)
                ],
            )  # fmt: skip
        yield engine


@pytest.fixture(scope="module")
def engine(owner):
    engine = Server(owner.url, is_private=True).engine(Role.APP, pool_size=3)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def callbacks(app, door):
    """Every callback that the server answers, by its first output."""
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        return {
            ".".join(outputs(each)[0]): each for each in graph(client)
            if not each["clientside_function"] and each["output"] not in FED_OTHERWISE
        }  # fmt: skip


@pytest.fixture(scope="module", params=VIEWERS, ids=str)
def viewer(request, app, door):
    """Who looks, and his browser."""
    who = request.param
    with signing.client_of(app, door, None if who == NOBODY else who.value) as client:
        yield who, client


def holds(who, right):
    return who != NOBODY and right in POSTS[who].rights


def signs(answer):
    """Everything an answer tells, whichever way it is written."""
    text = answer.text
    if text.startswith(("{", "[")):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    return {sign for sign, pattern in SIGNS.items() if re.search(pattern, text)}


# --- callbacks -------------------------------------------------------------------------------


def test_every_callback_is_in_the_table(callbacks):
    patterns = {name for name in callbacks if name.startswith("{")}
    assert set(callbacks) - patterns == set(CALLBACKS)
    # Controls drawn once for each layer or part: what they write is a switch or a number of theirs.
    assert {name.rpartition(".")[2] for name in patterns} <= {"checked", "value", "children"}


@pytest.mark.parametrize("name", [n for n, tells in CALLBACKS.items() if tells is Tells.CHANGE])
def test_the_test_of_what_is_told_of_changes_exists(name):
    file, _, test = OF_CHANGES[name].partition("::")
    assert f"\ndef {test}(" in (Path(__file__).parent / file).read_text("utf-8")


def asked_for(id_, name):
    if not id_.startswith("{"):
        return {"id": id_, "property": name}
    # Of a control for each layer, all of them.
    return [{"id": {**json.loads(id_), "key": key}, "property": name} for key in View().layers]


def called(client, callback, view):
    wanted = [asked_for(*each) for each in outputs(callback)]
    return client.post(
        "/_dash-update-component",
        json={
            "output": callback["output"],
            "outputs": wanted if callback["output"].startswith("..") else wanted[0],
            "inputs": [{**each, "value": view} for each in callback["inputs"]],
            "changedPropIds": [f"{each['id']}.{each['property']}" for each in callback["inputs"]],
        },
    )


def works_on_cases(who, place):
    """Whether a post works on the cases of a place: its units', or its body's."""
    if who is Post.DUTY_OFFICER:
        return place == OTHER
    return place == OWN and holds(who, Right.CASES)


@PLACES
def test_the_map_of_a_list_shows_what_the_list_does(viewer, place):
    who, client = viewer
    answer = client.get(f"/incidents/map?cases=all&unit={place}&language=zh")
    if who == NOBODY:
        assert answer.status_code == 401
        return
    assert signs(answer) == ({Sign.CASE} if works_on_cases(who, place) else set())


@PLACES
@pytest.mark.parametrize("name", CALLBACKS)
def test_what_a_callback_tells(viewer, callbacks, name, place):
    who, client = viewer
    told = set()
    for building in (None, HOME[place]):
        view = {
            "unit": place,
            "building": building,
            # Incidents have the numbers of the homes they are about.
            "case": HOME[place],
            "language": "zh",
            "measure": "people",
            **ASKED.get(name, {}),
        }
        answer = called(client, callbacks[name], view)
        if who == NOBODY:
            assert answer.status_code == 401
            return
        assert answer.status_code in (200, 204)
        told |= signs(answer)
    tells, is_own = CALLBACKS[name], place == OWN
    is_seen = is_own and holds(who, Right.PERSONS)
    wanted = set()
    if tells in (Tells.NUMBERS, Tells.SHARES) and not is_own:
        wanted = {Sign.WITHHELD}
    elif tells is Tells.NUMBERS:
        # Something else of the place is small enough to be withheld from who may not see persons.
        told.discard(Sign.WITHHELD)
        wanted = {Sign.EXACT if is_seen else Sign.RELEASED}
    elif tells is Tells.OWN_NUMBERS and is_seen:
        wanted = {Sign.EXACT}
    elif tells is Tells.PERSONS and is_seen:
        # A row of like people stands for as many.
        wanted = {Sign.MASKED, Sign.EXACT}
    elif tells is Tells.LIST and works_on_cases(who, place):
        wanted = {Sign.CASE}
    if name in HELD and not holds(who, HELD[name]):
        wanted = set()
    assert told == wanted


@PLACES
@pytest.mark.parametrize("mode", ["overview", "boundaries", "coverage", "incidents"])
def test_a_page_is_opened_with_what_its_callbacks_tell(viewer, mode, place):
    """To the letter, and so nothing of what is kept from who looks."""
    who, client = viewer
    case = f"&case={HOME[place]}" if mode == "incidents" else ""
    search = f"?mode={mode}&unit={place}&building={HOME[place]}{case}&language=zh"
    if who == NOBODY:
        assert client.get("/opening", params={"search": search}).status_code == 401
        return
    opened_as_answered(client, search)


# --- tiles -----------------------------------------------------------------------------------


def test_every_layer_is_in_the_table():
    boundaries = {layer.id for layer in LAYERS.values() if layer.zoning}
    assert set(TILES) == {*LAYERS, tiles.UNITS} - boundaries


def tile_of(place, layer, zoom):
    """The tile in whose middle a home of a place is."""
    column, row = (place - OWN, 0) if place == OWN else (3, 0)
    x, y = builders.at(0.3 + column, 0.4 + row)
    n = 1 << zoom
    tile_x, tile_y = int((x + 180) / 360 * n), int((1 - asinh(tan(radians(y))) / pi) / 2 * n)
    return f"/tiles/{layer}/{zoom}/{tile_x}/{tile_y}"


@pytest.fixture(scope="module")
def seen_by_a_planner(app, door):
    """What a planner gets at an address, which is asked for once."""
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        yield cache(lambda path: client.get(path).content)


@PLACES
@pytest.mark.parametrize("layer", TILES)
def test_what_a_layer_shows(viewer, seen_by_a_planner, layer, place):
    who, client = viewer
    shows = TILES[layer]
    drawn = set()
    for zoom in (10, 13, 16):
        path = tile_of(place, layer, zoom)
        answer = client.get(path)
        if who == NOBODY:
            assert answer.status_code == 401
            continue
        assert answer.status_code in (200, 204)
        if shows is not Shows.CASES:
            assert answer.content == seen_by_a_planner(path)
        if not answer.content:
            continue
        for found in mapbox_vector_tile.decode(answer.content).values():
            for feature in found["features"]:
                told = feature["properties"]
                assert not re.search(SURNAME + "|" + CASE, json.dumps(told, ensure_ascii=False))
                if shows is Shows.CELLS:
                    assert set(told) == {"n"}
                    assert told["n"] % 10 == 0
                if zoom == 16:
                    drawn.add(feature["id"])
    if shows is Shows.CASES and who != NOBODY:
        # Rows have the numbers of the homes they are about.
        assert (HOME[place] in drawn) is works_on_cases(who, place)


# --- statistics ------------------------------------------------------------------------------


def test_every_statistic_is_in_the_table(owner):
    with owner.connect() as db:
        counted = set(db.execute(select(measure.c.layer, measure.c.dimension).distinct()).all())
    known = {(layer.id, "total") for layer in LAYERS.values() if layer.is_counted}
    known |= {(layer.id, d.key) for layer in LAYERS.values() for d in layer.dimensions}
    assert {tuple(each) for each in counted} | known == set(STATISTICS)
    assert set(MEASURED) == set(TOPICS)
    for (layer, _), counts in STATISTICS.items():
        assert LAYERS[layer].is_personal is (counts is Counts.PERSONS)


@PLACES
@pytest.mark.parametrize("who", VIEWERS, ids=str)
def test_what_a_statistic_tells(owner, engine, who, place):
    with owner.connect() as db:
        rows = db.execute(select(measure.c.layer, measure.c.dimension, measure.c.name)).all()
        exact = statistics.numbers(db, place, [row.name for row in rows])
        looker = NO_VIEWER
        if who != NOBODY:
            number = accounts.by_login(db, who.value).id
            looker = viewer_of(db, number, now())
    with engine.connect() as db:
        act_as(db, looker)
        told = statistics.numbers(db, place, list(exact))
    is_seen = place == OWN and holds(who, Right.PERSONS)
    for layer, dimension, name in rows:
        where = (layer, dimension, name)
        if STATISTICS[layer, dimension] is Counts.NO_PERSONS or is_seen:
            assert told[name] == exact[name], where
        elif place == OTHER or dimension in ("care", "age", "age_sex", "sex", "residence"):
            # Three live there; and these are not released of so small a unit.
            assert told[name] is None or (told[name] == 0 == exact[name]), where
        elif name == "people":
            assert told[name] == RELEASED


@PLACES
@pytest.mark.parametrize("topic", MEASURED)
def test_what_the_map_is_coloured_by(viewer, topic, place):
    who, client = viewer
    answer = client.get(f"/values?measure={topic}&level=3")
    if who == NOBODY:
        assert answer.status_code == 401
        return
    found = answer.json()
    value = dict(zip(found["ids"], found["values"], strict=True))[place]
    is_withheld = place in found["s"]
    if MEASURED[topic] is Counts.NO_PERSONS:
        assert value is not None
        assert not is_withheld
    elif place == OTHER:
        assert value is None
        assert is_withheld
    elif topic == "people":
        assert value == (EXACT if holds(who, Right.PERSONS) else RELEASED)
    else:
        assert is_withheld is not holds(who, Right.PERSONS)


def test_the_duty_officer_works_at_a_body_and_on_no_unit(owner):
    with owner.connect() as db:
        looker = viewer_of(db, accounts.by_login(db, Post.DUTY_OFFICER.value).id, now())
    assert (looker.bodies, looker.cases, looker.units) == ((BODY,), (), ())
