"""Each real file that breaks importers ends in rows or in one clear sentence."""

import re
import statistics

import pandas as pd
import pytest
from sqlalchemy import text

from gis.errors import FileError
from importers.load import Options, add_file, import_file
from tests import builders


@pytest.fixture
def into_taipei(taipei, shared_data, tmp_path):
    def run(name, layer, **options):
        target = tmp_path / "rejected.csv"
        found = import_file(
            taipei,
            layer,
            shared_data / "hard" / name,
            Options(dry_run=True, rejected=target, **options),
        )
        assert found.inserted + found.updated + found.unchanged + found.rejected == found.read
        back = pd.read_csv(target, dtype=str) if found.rejected_file else pd.DataFrame()
        assert len(back) == found.rejected
        return found, back

    return run


def test_broken_json(into_taipei):
    with pytest.raises(FileError) as error:
        into_taipei("broken_json.geojson", "facilities")
    assert str(error.value) == (
        "broken_json.geojson is no whole JSON: line 155, column 9: unexpected character, expected "
        "',' or ']'. It was probably cut off or edited by hand; fetch it again."
    )


def test_coordinates_as_text(into_taipei):
    found, back = into_taipei(
        "coordinates_as_text.geojson",
        "facilities",
        columns={"key": "核准編號", "name": "團體名稱", "address": "臺北市核准地點"},
        constants={"kind": "clothes_box"},
        prefix="clothes:",
    )
    assert (found.read, found.inserted, found.rejected) == (1148, 1146, 2)
    assert "In 1148 rows the coordinates were texts; read as numbers." in found.notes
    far, doubled = sorted(back["reason"], key=lambda reason: "key" in reason)
    assert far == "the coordinates (211.514, 25.0666) are no degrees"
    assert re.fullmatch(r"its key '\d+' is that of row \d+ too", doubled)


def test_declares_epsg3826_holds_degrees(into_taipei):
    found, back = into_taipei("declares_epsg3826_holds_degrees.geojson", "green")
    assert (found.read, found.inserted) == (915, 882)
    assert "Coordinates read as degrees: its coordinates are no EPSG:3826." in found.notes
    reasons = back["reason"].value_counts().to_dict()
    assert reasons["it is a line where an area is needed"] == 27
    assert reasons["there is no geometry and no coordinates"] == 5


def test_really_epsg3826(into_taipei):
    found, back = into_taipei("really_epsg3826.geojson", "green")
    assert (found.read, found.inserted, found.outside) == (79, 75, 0)
    assert set(back["reason"]) == {"it is a line where an area is needed"}
    assert not any("Coordinates read as" in note for note in found.notes)


def test_longitudes_plus_360(into_taipei):
    found, _ = into_taipei("longitudes_plus_360.geojson", "green", columns={"name": "event"})
    assert (found.read, found.inserted) == (1, 1)
    assert any("with 360 added to the longitude" in note for note in found.notes)


def test_null_geometry_and_a_point_in_stockholm(into_taipei):
    found, back = into_taipei(
        "null_geometry_and_a_point_in_stockholm.geojson",
        "facilities",
        columns={"name": "地址"},
        constants={"kind": "air_raid_shelter"},
    )
    assert (found.read, found.inserted) == (5917, 5906)
    reasons = back["reason"].tolist()
    assert reasons.count("there is no geometry and no coordinates") == 3
    assert "the place (18.0453, 59.3419) is 8,336 km away from the city" in reasons
    # Nobody had noticed the others: places in Henan.
    assert sum("(113.534, 34.7592) is 1,306 km" in reason for reason in reasons) == 7


def test_a_shapefile_without_prj_and_cpg_in_gcj02(db, shared_data):
    builders.load(db)
    path = shared_data / "hard" / "shenzhen_no_prj_no_cpg" / "深圳市.shp"
    options = {"columns": {"key": "adcode", "name": "name"}, "constants": {"kind": "district"}}
    found, _ = add_file(db, "facilities", path, Options(crs="gcj02", **options))
    assert (found.read, found.inserted) == (9, 9)
    assert found.notes[:2] == (
        "There is no .cpg file; the texts were read as UTF-8.",
        "There is no .prj file, so the coordinate system is a guess.",
    )
    shifted, _ = add_file(
        db, "facilities", path, Options(crs="EPSG:4326", prefix="as it says:", **options)
    )
    assert shifted.inserted == 9
    names = dict(db.execute(text("SELECT key, name FROM citygrid.facility")).all())
    assert names["440304"] == "福田区"
    metres = db.scalars(
        text(
            "SELECT ST_Distance(a.geom::geography, b.geom::geography) FROM citygrid.facility a "
            "JOIN citygrid.facility b ON b.key = 'as it says:' || a.key"
        )
    ).all()
    # Not all: the point inside a shifted outline is not always the shifted point.
    assert 600 < statistics.median(metres) < 615
