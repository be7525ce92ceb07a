"""The map: a Dash component over MapLibre GL JS, with its built bundle.

The bundle is built from ``src`` by ``npm ci && npm run build`` in this folder and is committed:
running CityGrid needs no Node.
"""

from pathlib import Path

from dash.development.base_component import ComponentRegistry

from .grid_map import GridMap

__all__ = ["GridMap"]

# Part of the address of each file, so that no browser keeps an old one.
__version__ = (Path(__file__).parent / "bundle" / "version.txt").read_text("ascii").strip()

_js_dist = [
    {"relative_package_path": "bundle/gridmap.min.js", "namespace": __name__},
    # Loaded by the map itself, as a worker.
    {
        "relative_package_path": "bundle/maplibre-gl-worker.mjs",
        "namespace": __name__,
        "dynamic": True,
    },
]
_css_dist = [{"relative_package_path": "bundle/gridmap.min.css", "namespace": __name__}]

# Dash asks the top package of a component's class for these lists; ours are here.
ComponentRegistry.registry.add(__name__)
