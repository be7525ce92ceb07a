"""The map's style holds together, and the page's colours are the same everywhere."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import product
from pathlib import Path

import pytest

from dashboard.colours import PALETTES, Palette
from dashboard.map_style import GROUPS, Drawn, style
from dashboard.view_fields import LAYER_GROUPS, Scheme

TOKENS = Path(__file__).parents[2] / "dashboard" / "assets" / "00-tokens.css"
CASES = [
    Drawn(scheme, "en", "main", level, 2, unit, unit, mark, "Somewhere", worst)
    for scheme, level, unit, mark, worst in product(
        ("light", "dark"), (None, 3), (None, 7), ("", "facility:1"), ("", "/worst?language=en")
    )
]


def tokens(scheme: str) -> dict[str, str]:
    css = TOKENS.read_text("utf-8")
    block = re.search(
        rf':root\[data-mantine-color-scheme="{scheme}"\] \{{(.*?)\n\}}', css, re.DOTALL
    )
    assert block
    return dict(re.findall(r"--cg-([a-z-]+): (#[0-9a-f]{6});", block[1]))


@pytest.mark.parametrize("drawn", CASES, ids=str)
def test_every_layer_has_a_source_and_an_id_of_its_own(drawn: Drawn) -> None:
    document = style(drawn)
    ids = [layer["id"] for layer in document["layers"]]
    assert len(ids) == len(set(ids))
    used = {layer["source"] for layer in document["layers"] if "source" in layer}
    assert used == set(document["sources"])
    for layer in document["layers"]:
        if "source" in layer:
            is_tiled = document["sources"][layer["source"]]["type"] == "vector"
            assert ("source-layer" in layer) == is_tiled


@pytest.mark.parametrize("drawn", CASES, ids=str)
def test_nothing_is_asked_for_elsewhere(drawn: Drawn) -> None:
    assert "://" not in str(style(drawn))
    assert "glyphs" not in style(drawn)


def test_the_list_of_layers_switches_layers_that_exist() -> None:
    ids = {layer["id"] for layer in style(CASES[0])["layers"]}
    assert set(GROUPS) == set(LAYER_GROUPS)
    assert {layer for layers in GROUPS.values() for layer in layers} <= ids


def test_cells_far_out_count_open_incidents_only() -> None:
    cells = next(layer for layer in style(CASES[0])["layers"] if layer["id"] == "incident-cells")
    assert [">", ["get", "open"], 0] in cells["filter"]
    assert "'n'" not in str(cells["paint"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_stylesheet_and_charts_agree_on_colours(scheme: Scheme) -> None:
    palette, css = PALETTES[scheme], tokens(scheme)
    shared = {field.name for field in fields(Palette)} & set(css)
    assert shared >= {"ground", "surface", "text", "secondary", "hairline", "accent", "people"}
    assert {name: getattr(palette, name) for name in shared} == {name: css[name] for name in shared}


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme: str) -> None:
    css = tokens(scheme)
    for text, ground in [
        *product(("text", "secondary", "accent", "ok", "soon", "overdue"), ("surface", "ground")),
        ("text", "hover"),
        ("secondary", "hover"),
        ("accent", "tint"),
        ("on-accent", "accent"),
    ]:
        assert contrast(css[text], css[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ramp_goes_one_way(scheme: Scheme) -> None:
    steps = [luminance(colour) for colour in PALETTES[scheme].ramp]
    assert steps == sorted(steps, reverse=scheme == "light")
    assert len(PALETTES[scheme].classes(5)) == 5
    assert PALETTES[scheme].classes(7) == PALETTES[scheme].ramp
