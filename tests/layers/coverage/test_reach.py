"""Whom facilities reach: counted at the door, along the streets and as the crow flies."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import insert

from gis import places, tables
from gis.errors import CityGridError, NotFoundError
from layers import tree
from layers.coverage import doors, reach, streets
from layers.coverage.answers import Answers
from layers.coverage.reach import Question
from layers.coverage.ways import Ways
from tests import builders, persons_city
from tests.builders import at

# Sixteen squares of some 1,030 by 1,110 m; six people live at (0.5, 0.5), one at (3.5, 3.5).
STREETS = (
    ((0.5, 0.5), (2.5, 0.5), True),
    # To (3.5, 3.5) one walks round by the east.
    ((2.5, 0.5), (3.9, 0.5), True),
    ((3.9, 0.5), (3.9, 3.5), True),
    ((3.9, 3.5), (3.5, 3.5), False),
)


def line(*corners):
    said = ", ".join(f"{lon} {lat}" for lon, lat in (at(*corner) for corner in corners))
    return f"SRID=4326;LINESTRING({said})"


def point(x, y):
    lon, lat = at(x, y)
    return f"SRID=4326;POINT({lon} {lat})"


def clinic(number, x, y, state="open"):
    lon, lat = at(x, y)
    return {"id": number, "key": f"C{number}", "kind": "clinic", "name": f"C{number}",
            "state": state, "geom": f"SRID=4326;POINT({lon} {lat})"}  # fmt: skip


@pytest.fixture
def db(db):
    fill(db)
    return db


def fill(db):
    persons_city.fill(db)
    db.execute(
        insert(tables.road),
        [
            {"id": n, "key": f"R{n}", "kind": "residential", "walk": True, "drive": drive,
             "oneway": n == 1, "speed_kmh": None, "length_m": 1, "geom": line(start, end)}
            for n, (start, end, drive) in enumerate(STREETS, 1)
        ],
    )  # fmt: skip
    db.execute(insert(tables.facility), [clinic(1, 1.5, 0.5), clinic(2, 3.5, 2.5, state="planned")])


def asked(db, question, mode=streets.Mode.WALK):
    city = places.city(db)
    ways = Ways.of(streets.given(db, city, mode))
    here, there = doors.doors(db, city), reach.facilities(db, question.checked(), city)
    hung = [ways.hung(some.points_m) for some in (there, here)]
    found = reach.reach(question, ways, there, hung[0], here, hung[1])
    return here, found


def lives(here, which):
    return int(here.people["people"][which].sum())


def test_people_set_out_from_their_door_and_are_counted_there(db):
    here = doors.doors(db, places.city(db))
    assert sorted(here.people["people"].tolist()) == [1, 6]
    assert {key: int(n.sum()) for key, n in here.people.items()} == {
        "people": 7, "0_14": 1, "15_59": 5, "60": 1,
    }  # fmt: skip


def test_a_door_is_reached_along_the_streets_within_the_limit(db):
    here, found = asked(db, Question(("clinic",), metres=1100))
    home = int(np.argmax(here.people["people"]))
    ends = [builders.TO_METRES(*at(x, 0.5)) for x in (0.5, 1.5)]
    walk = np.hypot(*np.subtract(*ends))
    assert found.times.seconds[home, 0] * streets.WALK_MS == pytest.approx(walk, rel=1e-4)
    assert lives(here, found.is_reached) == 6
    assert (found.audit.false_in, found.audit.false_out) == (0, 0)
    nobody = asked(db, Question(("clinic",), metres=1000))[1]
    assert not nobody.is_reached.any()


def test_the_straight_line_claims_whom_no_street_leads_there(db):
    question = Question(("clinic",), metres=1500, states=("planned",))
    here, found = asked(db, question)
    # Planned north of nothing: (3.5, 2.5) is a kilometre from the door and on no street near.
    assert lives(here, found.is_official) == 1
    assert not found.is_reached.any()
    assert question.binds == "metres"


def test_of_two_limits_the_tighter_one_binds():
    assert Question(("clinic",), minutes=15, metres=1000).binds == "metres"
    assert Question(("clinic",), minutes=5, metres=1000).binds == "minutes"
    assert Question(("clinic",), minutes=15).radius_m == pytest.approx(1080)


def test_every_unit_has_those_behind_its_doors(db):
    here, found = asked(db, Question(("clinic",), metres=1100))
    city = tree.read(db, 1)
    everybody = reach.by_unit(city, here, np.ones(len(here.unit_ids), np.bool_))
    reached = reach.by_unit(city, here, found.is_reached)
    of = {unit: k for k, unit in enumerate(city.ids.tolist())}
    assert everybody["people"][[of[1], of[2], of[3], of[17]]].tolist() == [7, 6, 6, 1]
    assert reached["people"][[of[1], of[2], of[3], of[17]]].tolist() == [6, 6, 6, 0]
    assert reached["60"][of[1]] == 1
    assert reach.outside(city, here)["people"] == 0


def test_one_drives_where_cars_may_and_in_the_street_s_direction(db):
    city = places.city(db)
    network = streets.read(db, city, streets.Mode.DRIVE)
    assert len(network.start) == 3
    assert np.isinf(network.back_s).sum() == 1
    assert network.length_m[0] / network.forth_s[0] == pytest.approx(20 / 3.6)


def test_in_a_time_band_and_after_a_delay_the_drive_takes_longer(db):
    peak = {"key": "peak", "names": "peak", "from": "07:30", "to": "09:30",
            "factors": {"residential": 0.5}}  # fmt: skip
    city = replace(places.city(db), coverage={"bands": [peak], "turnout_s": {"clinic": 60}})
    calm = streets.read(db, city, streets.Mode.DRIVE)
    slow = streets.read(db, city, streets.Mode.DRIVE, band="peak")
    assert slow.forth_s == pytest.approx(2 * calm.forth_s)
    on_foot = [streets.read(db, city, streets.Mode.WALK, band=band) for band in (None, "peak")]
    assert (on_foot[0].forth_s == on_foot[1].forth_s).all()
    question = Question(("clinic",), minutes=60, mode=streets.Mode.DRIVE, states=("planned",))
    db.execute(tables.road.update().values(oneway=False, drive=True))
    db.execute(insert(tables.facility), [clinic(4, 3.9, 2.5, state="planned")])
    found = [
        Answers(db, city).reach(each)
        for each in (replace(question, turnout_s=0.0), question, replace(question, band="peak"))
    ]
    at_once, after_a_minute, at_peak = (some.times.seconds[:, 0].max() for some in found)
    assert np.isfinite(at_once)
    assert after_a_minute == pytest.approx(at_once + 60)
    assert at_peak > after_a_minute
    assert reach.as_in(replace(question, minutes=5), city).limit_s == 240
    assert reach.as_in(Question(("clinic",), minutes=5), city).limit_s == 300


def barrier(number, start, end, kind="railway"):
    return {"id": number, "key": f"W{number}", "kind": kind, "geom": line(start, end)}


def test_a_barrier_holds_but_for_gates_and_bridges(db):
    city = places.city(db)

    def reached():
        return Answers(db, city).to(Question(("clinic",), metres=1100)).reached["people"][0]

    assert reached() == 6
    db.execute(insert(tables.barrier), [barrier(1, (0.8, 0.2), (0.8, 0.8))])
    assert reached() == 0
    db.execute(insert(tables.facility), [{**clinic(5, 0.8, 0.5, state="planned"), "kind": "gate"}])
    assert reached() == 0
    db.execute(tables.facility.update().values(state="open").where(tables.facility.c.id == 5))
    assert reached() == 6
    db.execute(tables.facility.delete().where(tables.facility.c.id == 5))
    db.execute(tables.road.update().values(passes=True))
    assert reached() == 6


def test_who_is_walled_in_is_not_reached_from_the_street_outside(db):
    city, question = places.city(db), Question(("clinic",), metres=1150)
    before = Answers(db, city).to(question)
    assert (before.reached["people"][0], before.off, before.walled) == (6, 0, 0)
    # The door lies 11 m south of the street.
    db.execute(tables.entrance.update().values(geom=point(0.5, 0.49)))
    home = int(np.argmax(doors.doors(db, city).people["people"]))
    assert Answers(db, city).reach(question).is_reached[home]
    db.execute(insert(tables.barrier), [barrier(1, (0.2, 0.495), (0.8, 0.495), kind="wall")])
    found = Answers(db, city).reach(question)
    assert (found.is_reached[home], found.is_off[home], found.is_walled[home]) == (
        False,
        True,
        True,
    )
    assert (found.audit.false_in, found.audit.false_out) == (0, 0)
    # One of the six has no entrance: he sets out from the middle of the building, on the street.
    answer = Answers(db, city).to(question)
    assert (answer.reached["people"][0], answer.off, answer.walled) == (1, 5, 5)
    db.execute(insert(tables.facility), [{**clinic(5, 0.5, 0.495), "kind": "gate"}])
    assert Answers(db, city).reach(question).is_reached[home]


def test_streets_that_cross_meet_where_the_city_says_so(db):
    db.execute(tables.road.delete())
    ways = (((0.5, 0.5), (0.9, 0.5)), ((0.7, 0.3), (0.7, 0.7)))
    db.execute(
        insert(tables.road),
        [{"id": n, "key": f"R{n}", "kind": "residential", "walk": True, "drive": True,
          "oneway": False, "length_m": 1, "geom": line(*way)} for n, way in enumerate(ways, 1)],
    )  # fmt: skip
    city = places.city(db)
    for coverage, lots in (({}, 2), ({"meet_where_they_cross": True}, 1)):
        made = streets.read(db, replace(city, coverage=coverage), streets.Mode.WALK)
        assert len(set(made.component.tolist())) == lots
    db.execute(tables.road.update().values(passes=True).where(tables.road.c.id == 2))
    bridged = streets.read(db, replace(city, coverage=coverage), streets.Mode.WALK)
    assert len(set(bridged.component.tolist())) == 2


def test_an_older_person_takes_half_as_long_again(db):
    quick, slow = (
        Answers(db, places.city(db)).reach(Question(("clinic",), minutes=60, speed_ms=speed))
        for speed in (streets.WALK_MS, streets.OLDER_WALK_MS)
    )
    assert slow.times.seconds == pytest.approx(1.5 * quick.times.seconds)


def test_planned_facilities_serve_where_they_are_asked_for(db):
    db.execute(insert(tables.facility), [clinic(4, 3.9, 2.5, state="planned")])
    answers = Answers(db, places.city(db))
    opened, both = (
        answers.reach(Question(("clinic",), metres=20_000, states=states)).times
        for states in (("open",), ("open", "planned"))
    )
    assert (both.seconds <= opened.seconds).all()
    assert opened.source[:, 1].max() == -1
    assert both.source[:, 1].min() >= 0


def test_only_facilities_of_an_operator_serve_where_one_is_named(db):
    own = clinic(4, 3.9, 2.5) | {"operator": "区卫健局"}
    db.execute(insert(tables.facility), [own])
    assert reach.operators(db, ("clinic",)) == {"区卫健局": 1}
    city = places.city(db)
    answers = Answers(db, city)
    served = {}
    for operators in ((), ("区卫健局",), ("nobody",)):
        question = Question(("clinic",), metres=20_000, operators=operators)
        ids = reach.facilities(db, question, city).ids.tolist()
        served[operators] = ids
        assert answers.reach(question).is_reached.any() == bool(ids)
    assert served == {(): [1, 4], ("区卫健局",): [4], ("nobody",): []}


def test_a_facility_outside_the_city_serves_inside(db):
    before = Answers(db, places.city(db)).to(Question(("hospital",), metres=1500))
    assert before.reached["people"][0] == 0
    outside = {**clinic(3, -0.5, 0.5), "kind": "hospital"}
    db.execute(insert(tables.facility), [outside])
    db.execute(
        insert(tables.road),
        [{"id": 9, "key": "R9", "kind": "residential", "walk": True, "drive": True,
          "oneway": False, "length_m": 1, "geom": line((-0.5, 0.5), (0.5, 0.5))}],
    )  # fmt: skip
    after = Answers(db, places.city(db)).to(Question(("hospital",), metres=1500))
    assert after.reached["people"][0] == 6


def test_without_roads_it_says_so(db):
    db.execute(tables.road.delete())
    with pytest.raises(CityGridError, match="Load the layer roads"):
        streets.read(db, places.city(db), streets.Mode.WALK)


def test_a_question_without_sense_is_refused():
    with pytest.raises(NotFoundError, match="no kind of facility 'moon'"):
        Question(("moon",), minutes=5).checked()
    with pytest.raises(CityGridError, match="minutes, metres"):
        Question(("clinic",)).checked()
    with pytest.raises(CityGridError, match="Name a kind"):
        Question((), minutes=5).checked()
    with pytest.raises(CityGridError, match="Give minutes"):
        Question(("clinic",), metres=500, mode=streets.Mode.DRIVE).checked()


def test_by_car_there_is_no_official_figure_without_metres(db):
    question = Question(("clinic",), minutes=5, mode=streets.Mode.DRIVE)
    here, found = asked(db, question, streets.Mode.DRIVE)
    assert found.is_official is None
    # The street to the door is one that leads away from it.
    assert lives(here, found.is_reached) == 0
    metres = Question(("clinic",), minutes=5, metres=1100, mode=streets.Mode.DRIVE)
    assert (metres.binds, metres.limit_s) == ("minutes", 300)
    assert lives(here, asked(db, metres, streets.Mode.DRIVE)[1].is_official) == 6


def test_a_city_answers_for_all_its_units(db):
    answers = Answers(db, places.city(db))
    found = answers.to(Question(("clinic",), metres=1100))
    assert found.reached["people"][0] == found.official["people"][0] == 6
    assert (found.all["people"][0], found.off, found.outside) == (7, 0, 0)
    assert answers.to(Question(("clinic",), minutes=5, mode=streets.Mode.DRIVE)).official is None
