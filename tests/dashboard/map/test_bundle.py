"""What is committed as built is what the sources give, byte by byte."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dashboard.map
from dashboard.map import GridMap

# Node and Dash's generator are packages of this environment.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
FOLDER = Path(dashboard.map.__file__).parent
BUNDLE = FOLDER / "bundle"
FILES = {
    "LICENSES.txt",
    "gridmap.min.css",
    "gridmap.min.js",
    "maplibre-gl-worker.mjs",
    "version.txt",
}


def run(*command: str) -> None:
    """Run a build step where Node and the locked packages are, else skip; in CI fail."""
    what = wanting()
    if what:
        (pytest.fail if "CI" in os.environ else pytest.skip)(what)
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def wanting() -> str | None:
    if not shutil.which("node", path=PATH):
        return "Node is not installed: the map's bundle cannot be rebuilt and compared."
    installed = FOLDER / "node_modules" / ".package-lock.json"
    remedy = "Run 'make check', which installs them."
    if not installed.exists():
        return f"The map's build tools are not installed. {remedy}"
    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    for name, package in json.loads(installed.read_text())["packages"].items():
        if locked.get(name, {}).get("version") != package["version"]:
            return f"The map's build tools are not those that are locked ({name}). {remedy}"
    return None


def test_the_bundle_is_what_its_sources_give(tmp_path: Path) -> None:
    run("node", "build.mjs", str(tmp_path / "bundle"))
    built = {path.name: path.read_bytes() for path in (tmp_path / "bundle").iterdir()}
    assert set(built) == FILES
    differing = [name for name in FILES if built[name] != (BUNDLE / name).read_bytes()]
    assert differing == [], "Run 'make bundle' and commit the result."


def test_the_python_class_is_what_the_types_give(tmp_path: Path) -> None:
    run("node", "component.mjs", str(tmp_path / "grid_map.py"))
    assert (tmp_path / "grid_map.py").read_text() == (FOLDER / "grid_map.py").read_text()


def test_the_types_hold_under_strict() -> None:
    run("npm", "run", "check", "--silent")


def test_what_dash_serves_is_there_and_nothing_else() -> None:
    assert {path.name for path in BUNDLE.iterdir()} == FILES
    served = [*dashboard.map._js_dist, *dashboard.map._css_dist]
    for each in served:
        assert (FOLDER / str(each["relative_package_path"])).is_file()


def test_every_prop_is_explained() -> None:
    text = GridMap.__doc__ or ""
    given = {"id", "mapStyle", "layerGroups", "choropleth", "fit", "hoverCard", "texts", "padding"}
    told = {"click", "hover", "viewport", "keyboardSelect", "painted", "error"}
    given |= {"editor"}
    told |= {"edited", "picked", "refused", "pinned"}
    explained = set(re.findall(r"^- (\w+) \([^)]*\):", text, flags=re.MULTILINE))
    assert given | told <= explained


def test_the_bundle_names_the_licence_of_what_it_holds() -> None:
    text = (BUNDLE / "LICENSES.txt").read_text()
    for name in ("maplibre-gl 6", "earcut", "pbf", "@mapbox/tiny-sdf", "terra-draw 1"):
        assert name in text


def test_neither_code_nor_lock_names_where_packages_come_from() -> None:
    lock = (FOLDER / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "sourceMappingURL" not in (BUNDLE / "maplibre-gl-worker.mjs").read_text()
