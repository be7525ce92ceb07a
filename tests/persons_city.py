"""The city of squares with two buildings, households and seven persons of whom something is known.

Building 1 lies in unit 3 of quarter 2, building 2 in unit 21 of quarter 17.
"""

from __future__ import annotations

import datetime as dt

import shapely
from sqlalchemy import Connection, insert

from gis import tables
from gis.access import tables as access
from gis.access.keys import Keys
from gis.access.private import about_id_number
from layers import counts
from layers.catalog import COUNTED, LAYERS
from tests import builders
from tests.builders import at
from tests.conftest import KEYS

HERE, THERE = (0.5, 0.5), (3.5, 3.5)
PHONE, NUMBER = "10512341234", "990102199406159619"
# All of them of person 1.
SECRETS = ("张沐宁", PHONE, NUMBER, "1203")


def fill(db: Connection, keys: Keys = KEYS) -> None:
    """Write the city."""
    units = builders.load(db)
    builders.add(db, LAYERS["buildings"], units, builders.rows("buildings", HERE, THERE))
    for number, name in ((1, "1单元"), (2, "2单元")):
        point = f"SRID=4326;{shapely.Point(at(*HERE)).wkt}"
        db.execute(
            insert(tables.entrance),
            {"id": number, "key": f"D{number}", "building_id": 1, "name": name, "address": "路1号",
             "geom": point},
        )  # fmt: skip
    homes = builders.rows("households", HERE, HERE, HERE, THERE, HERE)
    given = (("1203", 1, 1), ("1204", 1, 1), ("805", 2, 1), ("201", None, 2), ("9", 2, 1))
    for home, (room, entrance, building) in zip(homes, given, strict=True):
        home |= {"room": room, "entrance_id": entrance, "building_id": building}
    homes[4]["estimated"] = True
    builders.add(db, LAYERS["households"], units, homes)
    people = builders.rows("people", HERE, HERE, HERE, HERE, HERE, HERE, THERE, age_band=7)
    for person, home in zip(people, (1, 1, 2, 2, 3, None, 4), strict=True):
        person |= {"household_id": home, "building_id": 2 if home == 4 else 1}
    people[3] |= {"age_band": 2}
    people[4] |= {"age_band": 16, "care": 1 | 2}
    builders.add(db, LAYERS["people"], units, people)
    private = (
        (1, 3, "张沐宁", PHONE, dt.date(1994, 6, 15), None, NUMBER),
        (2, 3, "李知遥", "0755-8321", None, None, None),
        (3, 3, "王念安", None, dt.date(1990, 1, 1), None, None),
        (4, 3, "王乐禾", None, dt.date(2016, 1, 13), None, None),
        (5, 3, "赵承川", PHONE, dt.date(1944, 1, 1), None, None),
        (6, 3, "周怀屿", PHONE, dt.date(1990, 1, 1), "302", None),
        (7, 21, "吴若川", PHONE, dt.date(1990, 1, 1), None, NUMBER),
    )
    for id_, unit, name, phone, born, room, number in private:
        sealed = number and keys.encrypt(number.encode(), about_id_number(id_))
        db.execute(
            insert(access.person_private),
            {"people_id": id_, "unit_id": unit, "name": name, "phone": phone, "born": born,
             "room": room, "id_number": sealed},
        )  # fmt: skip
    counts.rebuild(db, *COUNTED)
