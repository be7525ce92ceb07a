"""Open incidents from files have the limits of their class, and are escalated by them."""

import datetime as dt

import pytest
from sqlalchemy import insert, select, update

from gis import places
from gis.cases import class_condition
from gis.tables import incident, incident_class
from importers.city import init_city
from importers.load import Options, add_file
from layers.handling import case as reading
from layers.handling import escalations
from layers.handling.calendar import calendar_of
from layers.handling.clock import Limit, Unit, clock_of
from layers.handling.escalations import Escalation
from tests import builders
from tests.builders import at
from tests.importers import small_city
from tests.importers.test_duties import FILES

HEADER = "事件编号,标准,大类,小类,阶段,上报时间,派遣时间,办理时限,结案时间,经度,纬度"
# A Friday afternoon: eight working hours end on Monday.
FRIDAY = "2026-03-06 16:00"


@pytest.fixture
def city(db):
    builders.load(db)
    kinds = [
        {"scheme": "s", "code": code, "parent_code": parent, "names": {"zh": code, "en": code}}
        for code, parent in (("01", None), ("0101", "01"), ("0102", "01"), ("0103", "01"))
    ]
    db.execute(insert(incident_class), kinds)
    says = {"scheme": "s", "number": 1, "opens": {}, "closes": {}}
    db.execute(
        insert(class_condition),
        [{**says, "code": "0101", "amount": 8, "unit": "work_hours"},
         {**says, "code": "0101", "number": 2, "amount": 1, "unit": "urgent_hours"},
         {**says, "code": "0102", "amount": 2, "unit": "days"}],
    )  # fmt: skip
    return db


def row(key, small="0101", stage="立案", reported=FRIDAY, dispatched="", due="", closed=""):
    lon, lat = at(0.5, 0.5)
    return f"{key},s,01,{small},{stage},{reported},{dispatched},{due},{closed},{lon},{lat}"


def bring(db, folder, *rows, header=HEADER):
    path = folder / "incidents.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    found, rejected = add_file(db, "incidents", path, Options())
    assert rejected is None
    return found


def limits(db):
    """What each has: limit and condition, and when it is due by the city's clock."""
    c, zone = incident.c, places.city(db).tz
    query = select(c.key, c.limit_amount, c.limit_unit, c.condition, c.due_at).order_by(c.key)
    return {
        key: (amount, unit, condition, due and f"{due.astimezone(zone):%m-%d %H:%M}")
        for key, amount, unit, condition, due in db.execute(query)
    }


def test_open_ones_are_due_on_the_citys_clock_and_closed_ones_as_the_file_says(city, tmp_path):
    bring(
        city, tmp_path,
        row("a"), row("b", "0102"), row("c", "0103"),
        row("d", dispatched="2026-03-09 09:00", stage="处理"), row("e", due="2026-03-08 12:00"),
        row("f", stage="结案", closed="2026-03-07 10:00"),
        row("g", stage="结案", due="2026-03-08 12:00", closed="2026-03-07 10:00"),
        row("h", reported="1995-03-06 16:00"),
    )  # fmt: skip
    hours = (8, "work_hours", 1)
    due = clock_of(calendar_of(places.city(city))).due(
        dt.datetime(2026, 3, 6, 8, tzinfo=dt.UTC), Limit(8, Unit.WORK_HOURS)
    )
    nothing = (None, None, None)
    assert limits(city) == {
        "a": (*hours, f"{due:%m-%d %H:%M}"), "b": (2, "days", 1, "03-09 00:00"),
        "c": (*nothing, None), "d": (*hours, "03-10 09:00"), "e": (*hours, "03-08 12:00"),
        "f": (*nothing, None), "g": (*nothing, "03-08 12:00"), "h": (*nothing, None),
    }  # fmt: skip


def test_they_are_overdue_and_escalated_as_those_that_were_reported_here(city, tmp_path):
    bring(city, tmp_path, row("a"), row("c", "0103"), row("f", stage="结案", closed=FRIDAY))
    rules = [
        Escalation("half", "half", share=50, tells=("grid_head",)),
        Escalation("late", "late", after_h=0, tells=("leader",)),
    ]
    on = places.city(city)
    spoken = []
    for day, hour in ((6, 17), (9, 11), (9, 18)):
        now = dt.datetime(2026, 3, day, hour, tzinfo=on.tz)
        found = escalations.due(city, on, rules, now)
        spoken.append([rule.uid for some in found.values() for rule in some])
    assert spoken == [[], ["half"], ["half", "late"]]
    (number,) = found
    assert reading.read(city, number, now).is_overdue
    assert [one.uid for one in escalations.escalate(city, on, number, rules, now)] == [
        "half", "late",
    ]  # fmt: skip
    assert escalations.due(city, on, rules, now) == {}


def test_the_same_file_again_changes_nothing_and_one_of_before_gets_its_limits(city, tmp_path):
    rows = (row("a"), row("b", "0102"), row("f", stage="结案", closed=FRIDAY))
    bring(city, tmp_path, *rows)
    before = limits(city)
    again = bring(city, tmp_path, *rows)
    assert (again.updated, again.unchanged) == (0, 3)
    assert limits(city) == before
    # As an earlier version of the program left them, and as somebody handles one.
    nothing = {"condition": None, "limit_amount": None, "limit_unit": None, "due_at": None}
    city.execute(update(incident).values(nothing))
    later = dt.datetime(2026, 4, 1, 4, tzinfo=dt.UTC)
    city.execute(update(incident).where(incident.c.key == "b").values(version=1, due_at=later))
    bring(city, tmp_path, *rows)
    assert limits(city) == {**before, "b": (None, None, None, "04-01 12:00")}


def test_what_a_later_file_says_otherwise_is_counted_anew(city, tmp_path):
    short = HEADER.replace(",办理时限", "")

    def said(*some):
        return [each.replace(",,,,", ",,,") for each in some]

    bring(city, tmp_path, *said(row("a")), header=short)
    first = limits(city)["a"]
    found = bring(city, tmp_path, *said(row("a", "0102")), header=short)
    assert (found.updated, limits(city)["a"]) == (1, (2, "days", 1, "03-09 00:00"))
    bring(city, tmp_path, *said(row("a")), header=short)
    assert limits(city)["a"] == first


def test_a_city_from_files_is_loaded_with_its_limits(engine, tmp_path):
    toml = "\n".join(f'{name.removesuffix(".csv")} = "{name}"' for name in FILES) + small_city.TOML
    more = """
[[layers.incidents]]
file = "incidents.csv"

[layers.incidents.columns]
key = "事件编号"
scheme = "标准"
small = "小类"
stage = "阶段"
reported_at = "上报时间"
"""
    made = small_city.write(tmp_path / "city", toml + more)
    for name, said in FILES.items():
        (made / name).write_text(said, "utf-8")
    rows = (row("a"), row("f", stage="结案", closed=FRIDAY))
    (made / "incidents.csv").write_text("\n".join((HEADER, *rows)) + "\n", "utf-8")
    init_city(engine, made)
    with engine.connect() as db:
        assert limits(db) == {
            "a": (2, "work_hours", 1, "03-06 18:00"), "f": (None, None, None, None)
        }  # fmt: skip
