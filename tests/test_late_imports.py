"""What is brought in late, inside a function, can be brought in first, by a fresh program.

The tests have everything in memory already, so a circle of imports is not seen there.
"""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("gis", "layers", "importers", "dashboard")
# Each in a process of its own, which has the libraries from its parent.
PROGRAM = """
import importlib, os, sys
import click, dash, dash_ag_grid, dash_mantine_components, fastapi, geoalchemy2, geopandas, plotly

for module in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(module)
        os._exit(0)
    if os.wait()[1]:
        print(module)
"""


def late() -> set[str]:
    """Return the modules of the screen that functions import."""
    found = set()
    for path in (path for top in OURS for path in (ROOT / top).rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and node.module:
                    found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
                elif isinstance(node, ast.Import):
                    found |= {name.name for name in node.names}
    # A circle takes two that know each other: what lies below the screen knows nothing of it.
    return {name for name in found if name.startswith("dashboard.") and _is_module(name)}


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_what_is_imported_late_can_be_imported_first() -> None:
    modules = sorted(late())
    assert "dashboard.coverage.out.content" in modules
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
