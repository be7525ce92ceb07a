"""A zoning is taken out as it was on a day, and what was taken out can be loaded again."""

import datetime as dt
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from click.testing import CliRunner
from sqlalchemy import text

from dashboard.cli import cli
from dashboard.reports.zoning import Crs, Format, exported
from gis import past
from gis.arrangement import to_grid
from gis.database import Role
from gis.division.cutting import Split, Title
from gis.division.reshape import redraw
from gis.division.stored import open_division
from gis.errors import NotFoundError
from importers.city import init_city
from layers.taking_effect import take_effect
from tests import builders
from tests.conftest import clone, drop
from tests.layers.impact_city import EAST, QUARTER, WEST, fill
from tests.layers.test_one_change import at

NOW = dt.datetime.now(dt.UTC)
TODAY = NOW.astimezone(ZoneInfo("Asia/Shanghai")).date()
# In the city's own time zone the change takes effect at the start of 2 June.
CHANGED = dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC)
BEFORE, AFTER = dt.date(2026, 6, 1), dt.date(2026, 6, 2)
TOML = """
id = "squares"
names = {{ zh = "方城", en = "Squares" }}
timezone = "Asia/Shanghai"
metric_crs = "EPSG:4547"

[view]
centre = [114.02, 22.52]
zoom = 13

[[levels]]
key = "city"
names = {{ zh = "市", en = "City" }}
{city}

[[levels]]
key = "quarter"
names = {{ zh = "街道", en = "Quarter" }}
{quarter}

[[levels]]
key = "square"
names = {{ zh = "网格", en = "Square" }}
{square}
"""
COLUMNS = (
    'columns = { code = "code", parent = "parent_code", name_zh = "name_zh", name_en = "name_en", '
    'kind = "kind" }'
)


@pytest.fixture(scope="module")
def town(server):
    """The city of squares, of which an edge has moved and one square was split since."""
    copy = clone(server, "citygrid_template")
    engine = copy.engine(Role.OWNER)
    with engine.begin() as db:
        fill(db)
        division = open_division(db, [QUARTER])
        moved = division.do(*redraw([at(1, 0.1), at(0.8, 0.5), at(1, 0.9)]))
        split = [Split(EAST, [[at(1.5, -1), at(1.5, 2)]], [Title("C1X", {"zh": "新", "en": "N"})])]
        take_effect(db, moved + division.do(*split), at=CHANGED)
    yield engine
    engine.dispose()
    drop(copy)


def units(engine):
    """Today's units of a city: everything that says what they are, areas on the grid."""
    with engine.connect() as db:
        frame = past.units_on(db, "main", TODAY, today=TODAY)
    shapes = shapely.normalize(to_grid(np.array(frame.geometry.to_numpy(), dtype=object)))
    told = frame.reset_index()[["level", "code", "name_zh", "name_en", "parent_code", "kind"]]
    return dict(zip(frame.code, shapely.to_wkb(shapes), strict=True)), told.to_dict("records")


def test_a_zoning_is_what_it_was_then(town):
    with town.connect() as db:
        before = past.units_on(db, "main", BEFORE, today=TODAY).set_index("code")
        after = past.units_on(db, "main", AFTER, today=TODAY).set_index("code")
    assert "C1X" not in before.index
    assert "C1X" in after.index
    assert before.geometry["C11"].equals(builders.unit_frame().geom[WEST])
    assert not after.geometry["C11"].equals(before.geometry["C11"])
    assert after.geometry["C22"].equals(before.geometry["C22"])
    assert (after.since["C11"], after.since["C22"]) == ("2026-06-02", "2026-01-01")
    # Whatever the day, the faces are the whole city without gap or overlap.
    for frame in (before, after):
        faces = frame[frame.is_face]
        assert shapely.coverage_is_valid(faces.geometry.to_numpy())
        areas = shapely.area(faces.geometry.to_numpy())
        assert areas.sum() == pytest.approx(shapely.area(frame.geometry["C"]))


@pytest.mark.parametrize("crs", Crs)
@pytest.mark.parametrize("kind", Format)
def test_what_was_taken_out_can_be_loaded_again(town, server, tmp_path, kind, crs):
    path = tmp_path / f"zoning.{kind}"
    with town.connect() as db:
        path.write_bytes(exported(db, "main", AFTER, kind, crs, now=NOW))
    if kind is Format.GPKG:
        tables = {key: f'file = "{path.name}"\ntable = "{key}"' for key in LEVELS}
        assert set(pyogrio.list_layers(path)[:, 0]) == set(LEVELS)
    else:
        only = 'file = "{}"\nonly = [{{ column = "level_key", values = ["{}"] }}]'
        tables = {key: only.format(path.name, key) for key in LEVELS}
    toml = TOML.format(**{key: f"{said}\n{COLUMNS}" for key, said in tables.items()})
    (tmp_path / "city.toml").write_text(toml, encoding="utf-8")
    copy = clone(server, "citygrid_template")
    engine = copy.engine(Role.OWNER)
    try:
        init_city(engine, tmp_path)
        assert units(engine) == units(town)
    finally:
        engine.dispose()
        drop(copy)


LEVELS = ("city", "quarter", "square")


def test_coordinates_are_the_stored_ones_to_the_last_bit(town, tmp_path):
    with town.connect() as db:
        stored = past.units_on(db, "main", AFTER, today=TODAY).set_index("code")
        for kind in Format:
            path = tmp_path / f"zoning.{kind}"
            path.write_bytes(exported(db, "main", AFTER, kind, Crs.WGS84, now=NOW))
            files = LEVELS if kind is Format.GPKG else (None,)
            for table in files:
                read = gpd.read_file(path, layer=table) if table else gpd.read_file(path)
                for unit in read.itertuples():
                    same = shapely.get_coordinates(unit.geometry) == shapely.get_coordinates(
                        stored.geometry[unit.code]
                    )
                    assert same.all(), (kind, unit.code)


def test_the_same_zoning_gives_the_same_bytes(town):
    with town.connect() as db:
        for kind in Format:
            one, other = (exported(db, "main", AFTER, kind, Crs.METRIC, now=NOW) for _ in "ab")
            assert one == other


def test_further_zonings_are_taken_out_too(town, tmp_path):
    path = tmp_path / "beats.geojson"
    with town.connect() as db:
        path.write_bytes(exported(db, "beats", AFTER, Format.GEOJSON, Crs.CGCS2000, now=NOW))
    read = gpd.read_file(path)
    assert sorted(read.code) == ["S1", "S2", "S3"]
    assert read.crs.to_epsg() == 4490


@pytest.mark.parametrize(
    ("key", "day", "said"),
    [
        ("villages", AFTER, "No zoning is called 'villages'"),
        ("main", dt.date(2025, 12, 31), "first units are of 2026-01-01"),
        ("main", TODAY + dt.timedelta(days=2), "yet to come"),
    ],
)
def test_a_day_or_zoning_of_which_nothing_is_known_is_said(town, key, day, said):
    with town.connect() as db, pytest.raises(NotFoundError, match=said):
        exported(db, key, day, Format.GPKG, Crs.WGS84, now=NOW)


def test_the_command_line_writes_a_zoning_and_says_so_in_the_audit(empty_state, tmp_path, server):
    refused = CliRunner().invoke(cli, ["export", "zoning", "main", str(tmp_path / "grid.shp")])
    assert refused.exit_code == 1
    assert "no .gpkg and no .geojson" in refused.output
    asked = CliRunner(env={"CITYGRID_STATE": str(empty_state)}).invoke(
        cli, ["export", "zoning", "main", str(tmp_path / "grid.gpkg")]
    )
    assert asked.exit_code == 1
    assert "No city is loaded" in asked.output


@pytest.fixture
def loaded(town, monkeypatch):
    """The command line on the city, as on a server somebody set up."""
    monkeypatch.setenv("CITYGRID_DATABASE_URL", town.url.render_as_string(hide_password=False))


def test_an_export_of_the_command_line(loaded, town, tmp_path):
    file = tmp_path / "grid.gpkg"
    args = ["export", "zoning", "main", str(file), "--at", "2026-06-01", "--why", "年报"]
    tried = CliRunner().invoke(cli, [*args, "--dry-run"])
    assert tried.exit_code == 0, tried.output
    assert not file.exists()
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 0, done.output
    assert "bytes of main on 2026-06-01 are in" in done.output
    assert "C1X" not in set(gpd.read_file(file, layer="square").code)
    with town.connect() as db:
        found = db.scalar(text("SELECT details ->> 'why' FROM citygrid.audit WHERE act = 'export'"))
    assert found == "年报"
