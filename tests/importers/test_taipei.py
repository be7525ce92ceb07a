"""The real city against its files, read again by other means."""

import hashlib
import json
import re
import sqlite3

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from tests.conftest import BOUNDARIES

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def ask(taipei):
    def answer(query, **values):
        with taipei.connect() as db:
            return [tuple(row) for row in db.execute(text(query), values)]

    return answer


def counted(ask, pattern):
    """City-wide counts by measure, rows in no unit of the main zoning included."""
    rows = ask(
        "SELECT m.name, sum(c.n)::bigint FROM citygrid.measure m JOIN ("
        " SELECT measure_id, n FROM citygrid.unit_count"
        "  JOIN citygrid.unit_version v USING (unit_id)"
        "  WHERE v.parent_id IS NULL AND v.zoning_id = 1"
        " UNION ALL SELECT measure_id, n FROM citygrid.outside_count WHERE zoning_id = 1"
        ") c ON c.measure_id = m.id WHERE m.name ~ :pattern GROUP BY 1",
        pattern=pattern,
    )
    return dict(rows)


def features(path):
    return json.loads(path.read_text(encoding="utf-8"))["features"]


def census(shared_data):
    with sqlite3.connect(shared_data / "taipei" / "boundaries.gpkg") as db:
        return pd.read_sql(
            "SELECT CODEBASE, coalesce(H_CNT, 0) AS h, coalesce(P_CNT, 0) AS p,"
            " coalesce(M_CNT, 0) AS m, coalesce(F_CNT, 0) AS f FROM micro_area", db
        )  # fmt: skip


def test_the_five_levels_and_both_further_zonings_are_there(ask):
    levels = ask(
        "SELECT z.key, v.level, count(*) FROM citygrid.unit_version v "
        "JOIN citygrid.zoning z ON z.id = v.zoning_id GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert levels == [
        ("li", 1, 456), ("main", 1, 1), ("main", 2, 12), ("main", 3, 907), ("main", 4, 7672),
        ("main", 5, 11490), ("police", 1, 90),
    ]  # fmt: skip
    names = ask("SELECT names FROM citygrid.unit_version WHERE code = '63000030'")
    assert names == [({"zh": "大安區", "en": "Da'an District"},)]


def test_people_equal_the_census_in_every_unit(ask, shared_data):
    found = census(shared_data).set_index("CODEBASE").astype(int)
    assert found["p"].sum() == 2_689_272
    rows = ask(
        "SELECT v.code, p.sex, sum(p.count)::int FROM citygrid.people p "
        "JOIN citygrid.unit_version v ON v.unit_id = p.unit_id WHERE v.level = 5 "
        "AND v.zoning_id = 1 AND p.estimated GROUP BY 1, 2"
    )
    by_unit = pd.DataFrame(rows, columns=["code", "sex", "n"]).pivot(
        index="code", columns="sex", values="n"
    )
    by_unit = by_unit.reindex(found.index).fillna(0).astype(int)
    assert (by_unit["male"] == found["m"]).all()
    assert (by_unit["female"] == found["f"]).all()
    assert counted(ask, "^(people|households)$") == {
        "people": 2_689_272, "households": int(found["h"].sum()),
    }  # fmt: skip
    assert counted(ask, "^people.sex") == {
        "people.sex.male": int(found["m"].sum()), "people.sex.female": int(found["f"].sum()),
    }  # fmt: skip


def test_people_live_in_homes_where_their_unit_has_any(ask):
    [(astray,)] = ask(
        "SELECT count(*) FROM citygrid.people p JOIN citygrid.building b ON b.id = p.building_id "
        "WHERE b.unit_id <> p.unit_id OR NOT ST_Equals(b.centre, p.geom)"
    )
    assert astray == 0
    [(elsewhere,)] = ask(
        "SELECT count(*) FROM citygrid.people p JOIN citygrid.building b ON b.id = p.building_id "
        "WHERE b.use NOT IN ('residential', 'unknown') AND EXISTS (SELECT 1 FROM citygrid.building"
        " h WHERE h.unit_id = p.unit_id AND h.use IN ('residential', 'unknown'))"
    )
    assert elsewhere == 0
    [(on_buildings, everybody)] = ask(
        "SELECT sum(count) FILTER (WHERE building_id IS NOT NULL), sum(count) FROM citygrid.people"
    )
    assert 0.84 < on_buildings / everybody < 0.9


def test_each_kind_of_facility_equals_its_files(ask, shared_data):
    folder = shared_data / "taipei" / "facilities"
    files = {
        "aed": "aed", "air_raid_shelter": "airraid_refuge", "bus_stop": "bus_stop",
        "childcare": "childcare", "fire_station": "fire_brigade", "waste": "garbage_truck_stop",
        "metro": "mrt_station", "police_station": "police_station", "toilet": "public_toilet",
        "emergency_shelter": "shelter_designated", "bike_station": "youbike",
    }  # fmt: skip
    expected = {kind: len(features(folder / f"{name}.geojson")) for kind, name in files.items()}
    for name, column, kinds in (
        ("medical_institution", "type", {"診所": "clinic", "醫院": "hospital"}),
        ("school", "type", {"elementary": "primary_school", "junior_high": "middle_school",
                            "high": "middle_school", "other": "school"}),
        ("welfare_org", "main_type", {"銀髮族服務": "elderly_care"}),
    ):  # fmt: skip
        for feature in features(folder / f"{name}.geojson"):
            kind = kinds.get(feature["properties"][column], "welfare")
            expected[kind] = expected.get(kind, 0) + 1
    with sqlite3.connect(folder / "osm_poi.gpkg") as db:
        osm = dict(db.execute("SELECT subclass, count(*) FROM osm_poi GROUP BY 1").fetchall())
    expected |= {
        "bank": osm["bank"], "food_market": osm["marketplace"], "fuel": osm["fuel"],
        "government": osm["townhall"] + osm["courthouse"], "kindergarten": osm["kindergarten"],
        "library": osm["library"], "parking": osm["parking"], "pharmacy": osm["pharmacy"],
        "post": osm["post_office"], "worship": osm["place_of_worship"],
        "culture": sum(osm[k] for k in ("theatre", "cinema", "arts_centre", "community_centre")),
        "restaurant": sum(osm[k] for k in ("restaurant", "fast_food", "food_court", "cafe")),
        "shop": sum(osm[k] for k in ("supermarket", "convenience", "greengrocer",
                                     "department_store", "mall")),
        "sport": sum(osm[k] for k in (
            "sports_centre", "stadium", "soccer", "pitch", "swimming", "swimming_pool",
            "basketball", "badminton", "tennis", "gymnastics")),
    }  # fmt: skip
    found = counted(ask, r"^facilities\.kind\.")
    assert {name.removeprefix("facilities.kind."): n for name, n in found.items()} == expected


def test_each_incident_file_equals_its_rows_minus_the_rejected(ask, shared_data):
    folder = shared_data / "taipei" / "incidents"
    disasters = [f["properties"]["專案名稱"] for f in features(folder / "disaster_report.geojson")]
    audits = [f["properties"] for f in features(folder / "safety_audit.geojson")]
    dated = {(a["place_id"], a["last_audit_date"]) for a in audits if a["last_audit_date"]}
    read = {
        "dispatch_1999.geojson": (2817, 2817),
        "disaster_report.geojson": (3302, sum("測試" not in name for name in disasters)),
        "accidents_2023.csv": (len(pd.read_csv(folder / "accidents_2023.csv")), 2957),
        "roadworks.geojson": (111, 111),
        "safety_audit.geojson": (len(audits), len(dated)),
    }
    batches = ask(
        "SELECT file, read, inserted, updated, unchanged, rejected, reasons "
        "FROM citygrid.import_batch WHERE layer = 'incidents'"
    )
    assert {row[0]: (row[1], row[2]) for row in batches} == read
    for _, total, *four, reasons in batches:
        assert sum(four) == total
        assert sum(reasons.values()) == four[3]
    found = counted(ask, r"^incidents\.big\.")
    by_scheme = {}
    for name, n in found.items():
        scheme = re.search(r"tpe-\w+", name)[0]
        by_scheme[scheme] = by_scheme.get(scheme, 0) + n
    assert by_scheme == {
        "tpe-1999": 2817, "tpe-disaster": read["disaster_report.geojson"][1],
        "tpe-accident": 2957, "tpe-roadworks": 111, "tpe-audit": len(dated),
    }  # fmt: skip
    unnamed = ask(
        "SELECT count(*) FROM citygrid.incident i LEFT JOIN citygrid.incident_class c "
        "ON c.scheme = i.scheme AND c.code = i.small WHERE c.code IS NULL"
    )
    assert unnamed == [(0,)]


def test_no_building_is_there_twice(ask, shared_data):
    with sqlite3.connect(shared_data / "taipei" / "buildings.gpkg") as db:
        drawn = [
            db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("tpe3d_building_partial", "osm_building")
        ]
    batches = ask(
        "SELECT read, inserted, rejected FROM citygrid.import_batch "
        "WHERE layer = 'buildings' ORDER BY id"
    )
    assert [row[0] for row in batches] == drawn
    assert all(read == inserted + rejected for read, inserted, rejected in batches)
    [(total, high, doubled)] = ask(
        "SELECT count(*), count(*) FILTER (WHERE height_m IS NOT NULL), (SELECT count(*) FROM "
        "citygrid.building a JOIN citygrid.building b ON a.id <> b.id AND a.geom && b.geom "
        "WHERE a.source <> b.source AND ST_Area(a.geom) <= ST_Area(b.geom) "
        "AND ST_Area(ST_Intersection(a.geom, b.geom)) > 0.51 * ST_Area(a.geom)) "
        "FROM citygrid.building"
    )
    assert total == sum(row[1] for row in batches)
    assert high > 28_000
    assert doubled == 0


def test_roads_are_those_of_the_file(ask, shared_data):
    with sqlite3.connect(shared_data / "taipei" / "streets.gpkg") as db:
        n, length, walk = db.execute(
            "SELECT count(*), sum(length_m), sum(walk) FROM net_edge"
        ).fetchone()
    [(rows, metres, walked, oneway)] = ask(
        "SELECT count(*), sum(length_m), count(*) FILTER (WHERE walk), "
        "count(*) FILTER (WHERE oneway) FROM citygrid.road"
    )
    assert (rows, walked, oneway) == (n, walk, 25231)
    assert np.isclose(metres, length)


def test_the_sources_are_the_files_that_were_loaded(shared_data):
    said = (BOUNDARIES / "taipei" / "sources.md").read_text(encoding="utf-8")
    toml = (BOUNDARIES / "taipei" / "city.toml").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r'^file = "(.+)"', toml, re.MULTILINE))):
        data = (shared_data / "taipei" / name).read_bytes()
        assert name in said
        assert hashlib.sha256(data).hexdigest() in said, f"{name} has another checksum"
