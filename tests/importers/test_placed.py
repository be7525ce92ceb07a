"""Every incident says how it was placed and how surely, also those that files brought."""

import numpy as np
from sqlalchemy import select, text, update

from gis import migrations
from gis.crs_china import Shifted, from_wgs84
from gis.projecting import between
from gis.tables import incident
from importers.load import Options, add_file
from tests.builders import SIDE, at
from tests.gis.test_migrations import empty as empty
from tests.importers.test_limits import bring
from tests.importers.test_limits import city as city

HEADER = "事件编号,标准,大类,小类,阶段,上报时间,标题,网格编码,经度,纬度"


def row(key, place=None, unit="", title=""):
    lon, lat = at(*place) if place else ("", "")
    return f"{key},s,01,0101,立案,2026-03-06 16:00,{title},{unit},{lon},{lat}"


def placed(db):
    c = incident.c
    query = select(c.key, c.placed_by, c.placed_score, c.placed_within_m).order_by(c.key)
    return {key: tuple(how) for key, *how in db.execute(query)}


def read_as(db):
    return dict(db.execute(select(incident.c.key, incident.c.placed_as)).all())


def test_coordinates_of_a_file_are_exact_and_a_unit_is_a_place_within_its_reach(city, tmp_path):
    bring(city, tmp_path, row("a", (0.5, 0.5)), row("b", unit="C11"), row("c", unit="C1"),
          header=HEADER)  # fmt: skip
    found = placed(city)
    assert found["a"] == ("file", 1, None)
    assert read_as(city) == {"a": "degrees", "b": None, "c": None}
    by, score, within_m = found["b"]
    # From the middle of a square to its corners, which are farther up than across.
    assert (by, score) == ("unit", 1)
    assert 0.5 * SIDE * 111_000 < within_m < SIDE * 111_000
    assert within_m < found["c"][2] < 3 * SIDE * 111_000
    # None of the city's incidents lies farther from where it was put than it says.
    far = city.scalar(
        text(
            "SELECT max(ST_Distance(i.geom::geography, d.geom::geography) - i.placed_within_m) "
            "FROM incident i JOIN unit_version v USING (unit_id), ST_DumpPoints(v.geom) d "
            "WHERE i.placed_by = 'unit'"
        )
    )
    assert far <= 0


def test_the_same_file_again_changes_nothing_and_a_pin_stays_until_the_file_moves_it(
    city, tmp_path
):
    rows = (row("a", (0.5, 0.5)), row("b", unit="C11"))
    bring(city, tmp_path, *rows, header=HEADER)
    before = placed(city)
    assert bring(city, tmp_path, *rows, header=HEADER).unchanged == 2
    assert placed(city) == before
    city.execute(
        update(incident).where(incident.c.key == "a").values(placed_by="pin", placed_within_m=3)
    )
    # Of another title, where it was: the pin; elsewhere: as the file has it.
    bring(city, tmp_path, row("a", (0.5, 0.5), title="x"), header=HEADER)
    assert placed(city)["a"] == ("pin", 1, 3)
    bring(city, tmp_path, row("a", (1.5, 0.5), title="x"), header=HEADER)
    assert placed(city)["a"] == ("file", 1, None)
    # Without a place it stays where it is.
    bring(city, tmp_path, row("a", title="y"), header=HEADER)
    assert placed(city)["a"] == ("file", 1, None)


def test_in_which_system_the_coordinates_of_a_file_were_is_kept(city, tmp_path):
    place = at(0.5, 0.5)
    written = {
        "gcj02": from_wgs84(np.array([place]), Shifted.GCJ02)[0],
        "EPSG:4547": between(4326, "EPSG:4547").transform(*place),
    }
    path = tmp_path / "incidents.csv"
    for system, (x, y) in written.items():
        line = f"{system},s,01,0101,立案,2026-03-06 16:00,,,{x},{y}"
        path.write_text(f"{HEADER}\n{line}\n", encoding="utf-8")
        add_file(city, "incidents", path, Options(crs=system))
    told = {"gcj02": "gcj02", "EPSG:4547": "metres"}
    assert read_as(city) == told
    # Brought again without a place it is where it was, and as it was read.
    bring(city, tmp_path, row("gcj02", title="x"), header=HEADER)
    assert read_as(city) == told


def test_those_of_an_earlier_release_say_how_they_came(empty):
    login = empty.engine(None)
    columns = "key, scheme, big, small, severity, stage, source, reported_at, geom, placed_by"
    values = "'s', '01', '0101', 'ordinary', 'report', 'hotline', now(), :geom, :by"
    with login.begin() as db:
        migrations.upgrade(db, "0025_worked_at")
        for key, by in (("brought", None), ("reported", None), ("typed", "address")):
            db.execute(
                text(f"INSERT INTO citygrid.incident ({columns}) VALUES (:key, {values})"),
                {"key": key, "by": by, "geom": "SRID=4326;POINT(114 22.5)"},
            )
        db.execute(
            text(
                "INSERT INTO citygrid.incident_step (incident_id, act, before, after, version) "
                "SELECT id, 'report', '', 'report', 0 FROM citygrid.incident WHERE key = 'reported'"
            )
        )
    with login.begin() as db:
        migrations.upgrade(db)
        assert placed(db) == {
            "brought": ("import", None, None), "reported": ("coordinates", None, None),
            "typed": ("address", None, None),
        }  # fmt: skip
    login.dispose()
