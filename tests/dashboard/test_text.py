"""Every text is written in both languages, and nowhere but in the catalogue."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from dashboard.text import catalogue, named, speaker
from gis.access.answers import Why
from gis.access.audit import Act
from gis.access.posts import Right
from gis.city import LANGUAGES

DASHBOARD = Path(__file__).parents[2] / "dashboard"
DRAWN = sorted(
    [
        *(DASHBOARD / "panels").glob("*.py"),
        *(DASHBOARD / name for name in ("states.py", "page.py", "figures.py", "map_style.py")),
    ]
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# A word with a capital, or two words: what people read. Names of fonts and keys are none.
PROSE = re.compile(r"^[A-Z][a-z]+$|^[A-Za-z][a-z]+ [a-z]+")
NO_PROSE = {"Enter", "Esc", "CityGrid", "Polygon", "Point"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_is_complete_in_every_language(key: str) -> None:
    texts = catalogue()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert len({frozenset(fields(text)) for text in texts.values()}) == 1


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.name)
def test_no_text_is_written_outside_the_catalogue(path: Path) -> None:
    found = []
    tree = ast.parse(path.read_text("utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
    }
    spoken = {"children", "title", "label", "placeholder", "alt"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in documented and CHINESE.search(node.value):
                found.append(node.value)
        elif isinstance(node, ast.Call):
            given = [*node.args, *(k.value for k in node.keywords if k.arg in spoken)]
            found += [
                constant.value
                for constant in given
                if isinstance(constant, ast.Constant)
                and isinstance(constant.value, str)
                and PROSE.match(constant.value)
                and constant.value not in NO_PROSE
            ]
    assert found == []


def test_every_text_asked_for_exists() -> None:
    asked = set()
    for path in [*DASHBOARD.rglob("*.py"), *DASHBOARD.rglob("templates/*.html")]:
        found = re.findall(r"""say\(["']([a-z_]+\.[a-z_0-9]+)["'][,)]""", path.read_text("utf-8"))
        asked |= set(found)
    assert asked <= set(catalogue())


@pytest.mark.parametrize("path", sorted(DASHBOARD.rglob("templates/*.html")), ids=lambda p: p.name)
def test_no_template_says_anything_itself(path: Path) -> None:
    # What a call gives a field are attributes, and what these blocks hold are classes.
    code = (
        r"\{#.*?#\}|\{% call field.*?endcall %\}|\{% block (?:look|width) %\}.*?endblock %\}"
        r"|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>"
    )
    drawn = re.sub(code, " ", path.read_text("utf-8"), flags=re.DOTALL)
    assert set(re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", drawn)) <= {"CityGrid"}


def test_everything_that_is_counted_off_has_a_name() -> None:
    named_so = {f"right.{each}" for each in Right} | {f"act.{each}" for each in Act}
    assert named_so | {each.value for each in Why} <= set(catalogue())


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="No text is written in 'fr'"):
        speaker("fr")


def test_a_name_falls_back_to_the_language_it_has() -> None:
    assert named({"zh": "听潮街道"}, "en") == "听潮街道"
