"""The map as one picture drawn by the server, for browsers that cannot draw it themselves."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from dashboard.colours import PALETTES, Palette
from dashboard.figures import FONT
from dashboard.measured import Values, asked, values
from dashboard.scene import Scene
from gis import outlines

WIDTH, HEIGHT, MARGIN = 1000, 720, 24
# More would lie on top of each other.
MOST_NAMES = 60


def draw(scene: Scene, shown: Values | None = None) -> str:
    """Return the units shown as an SVG document.

    Parameters
    ----------
    shown
        What they are coloured by; without it by what the view measures.
    """
    palette = PALETTES[scene.view.scheme]
    what = asked(scene)
    west, south, east, north = outlines.frame_3857(scene.db, scene.unit.id)
    scale = min((WIDTH - 2 * MARGIN) / (east - west), (HEIGHT - 2 * MARGIN) / (north - south))
    middle = (west + east) / 2, (south + north) / 2
    shapes = outlines.shapes(
        scene.db, what.zoning_id, what.level, _zoom(scale), middle, what.within
    )
    pixel = 1 / scale
    width, height = WIDTH * pixel, HEIGHT * pixel
    # Metres of the web map from its middle; SVG counts downwards, as the paths do already.
    left, top = -width / 2, -height / 2
    frame = (middle[0] + left, middle[1] + top, middle[0] - left, middle[1] - top)
    water = " ".join(outlines.water_paths(scene.db, frame, pixel))
    box = f"{left:.0f} {top:.0f} {width:.0f} {height:.0f}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" '
            f"font-family={quoteattr(FONT)}>",
            f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" '
            f'fill="{palette.land}"/>',
            f'<g stroke="{palette.unit_edge}" stroke-width="{pixel:.2f}" stroke-linejoin="round" '
            f'fill-opacity="{abs(scene.view.layers["measure"]) / 100}">',
            *_units(scene, shapes, values(scene.db, what) if shown is None else shown, palette),
            "</g>",
            f'<path d="{water}" fill="{palette.water}" fill-rule="evenodd"/>',
            *_names(scene, shapes, pixel, palette),
            "</svg>",
        ]
    )


def _zoom(scale: float) -> int:
    """Return the map zoom at which a metre has ``scale`` pixels."""
    world_px = 2 * math.pi * 6378137 * scale
    return max(0, min(22, round(math.log2(world_px / 512))))


def _units(
    scene: Scene, shapes: list[outlines.Shape], shown: Values, palette: Palette
) -> list[str]:
    edges = shown.breaks
    colours = palette.classes(len(edges) + 1)
    known = dict(zip(shown.ids.tolist(), shown.numbers.tolist(), strict=True))
    lines = []
    for shape in shapes:
        value = known.get(shape.id, math.nan)
        at = int(np.searchsorted(edges, value, side="right"))
        fill = colours[at] if math.isfinite(value) else palette.surface
        name = escape(scene.named(shape.names))
        lines.append(f'<path d="{shape.path}" fill="{fill}"><title>{name}</title></path>')
    return lines


def _names(scene: Scene, shapes: list[outlines.Shape], pixel: float, palette: Palette) -> list[str]:
    if len(shapes) > MOST_NAMES:
        return []
    style = (
        f'font-size="{13 * pixel:.1f}" font-weight="500" text-anchor="middle" '
        f'fill="{palette.text}" stroke="{palette.halo}" stroke-width="{3 * pixel:.1f}" '
        'paint-order="stroke" stroke-linejoin="round"'
    )
    texts = [
        f'<text x="{shape.x:.0f}" y="{shape.y:.0f}">{escape(scene.named(shape.names))}</text>'
        for shape in shapes
        if shape.x is not None
    ]
    return [f"<g {style}>", *texts, "</g>"]
