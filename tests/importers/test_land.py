"""Public land from any file: points and areas, with what is said of each."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from importers.load import Options, add_file
from tests import builders
from tests.builders import at


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_plots_are_read_as_points_or_areas_with_use_owner_and_cost(db, tmp_path):
    builders.load(db)
    corners = [at(x, y) for x, y in ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4), (0.2, 0.2))]
    area = {"type": "Polygon", "coordinates": [corners]}
    point = {"type": "Point", "coordinates": at(1.5, 0.5)}
    path = tmp_path / "land.geojson"
    said = {"地块名称": "听潮路南地块", "用地性质": "社会福利用地", "权利人": "区土地储备中心"}
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [
            feature(area, 宗地编号="D1", 造价=800, **said),
            feature(point, 宗地编号="D2", 地块名称="枕月路地块", 用地面积=2400),
        ]}),
        encoding="utf-8",
    )  # fmt: skip
    found, *_ = add_file(db, "land", path, Options())
    assert (found.inserted, found.rejected) == (2, 0)
    rows = db.execute(
        text("SELECT key, name, use, owner, area_m2, cost, ST_X(geom), ST_Y(geom) "
             "FROM citygrid.land ORDER BY key")
    ).all()  # fmt: skip
    first, second = rows
    assert first[:4] == ("D1", "听潮路南地块", "社会福利用地", "区土地储备中心")
    drawn = db.scalar(
        text("SELECT ST_Area(ST_GeomFromGeoJSON(:g)::geography)"), {"g": json.dumps(area)}
    )
    assert first.area_m2 == pytest.approx(drawn, rel=0.01)
    assert first.cost == 800
    assert first[6:] == pytest.approx(at(0.3, 0.3), abs=1e-6)
    assert second[:6] == ("D2", "枕月路地块", None, None, 2400, None)
    assert second[6:] == pytest.approx(at(1.5, 0.5), abs=1e-7)
