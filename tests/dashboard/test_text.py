"""Every text is written in both languages, and nowhere but in the catalogue."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Mapping
from pathlib import Path

import pytest

from dashboard.text import catalogue, explained, named, speaker
from gis.access.accounts import AccountError
from gis.access.answers import Why
from gis.access.audit import Act
from gis.access.posts import Held, Right
from gis.access.verifying import FaultKind
from gis.access.viewer import NOBODY
from gis.city import LANGUAGES
from gis.division.checks import Rule
from gis.division.commands import READERS
from gis.errors import ForbiddenError, TextKey

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "dashboard"
DRAWN = sorted(
    [
        *(DASHBOARD / "panels").rglob("*.py"),
        *(DASHBOARD / name for name in ("states.py", "page.py", "figures.py", "map_style.py")),
    ]
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# A word with a capital, or two words: what people read. Names of fonts and keys are none.
PROSE = re.compile(r"^[A-Z][a-z]+$|^[A-Za-z][a-z]+ [a-z]+")
NO_PROSE = {"Enter", "Esc", "CityGrid", "Polygon", "Point"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_complete_in_every_language() -> None:
    """All in one test: there are thousands, and a test of its own takes longer than the look."""

    def is_complete(texts: Mapping[str, str]) -> bool:
        return (
            set(texts) == set(LANGUAGES)
            and all(text.strip() for text in texts.values())
            and len({frozenset(fields(text)) for text in texts.values()}) == 1
        )

    assert {key: texts for key, texts in catalogue().items() if not is_complete(texts)} == {}


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
    assert {f"remark.{each}" for each in Rule} <= set(catalogue())
    assert {f"edit.said_{each}" for each in READERS} <= set(catalogue())
    named_so = {f"right.{each}" for each in Right} | {f"act.{each}" for each in Act}
    named_so |= {f"error.held_on_{each}" for each in Held}
    assert named_so | {each.value for each in Why} <= set(catalogue())


# What people meet on pages: each of its errors is said in their language.
SPOKEN = sorted(
    path
    for folder in (
        "gis/access",
        "gis/division",
        "dashboard/admin",
        "dashboard/sign_in",
        "dashboard/pages",
        "dashboard/editing",
    )
    for path in (ROOT / folder).glob("*.py")
    # The command line's: settings, key files, the file of heads, pruning.
    if path.name not in {"keys.py", "rules.py", "heads.py", "verifying.py", "policy.py"}
)
PACKAGES = ("gis", "layers", "importers", "dashboard")


def errors(path: Path):
    """Every error or line a module makes with a sentence: the call, its key, what it names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and (name := called(node)).endswith(("Error", "Said")):
            given = {k.arg: k.value for k in node.keywords if k.arg}
            yield f"{path.name}:{node.lineno} {name}", given.pop("key", None), set(given)


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_error_that_people_meet_has_a_text(path: Path) -> None:
    # Those that stand for a `Why` have their text by it.
    silent = [where for where, key, _ in errors(path) if key is None and "ValueError" not in where]
    assert silent == []


@pytest.mark.parametrize("package", PACKAGES)
def test_an_errors_text_exists_and_names_what_the_error_carries(package: str) -> None:
    faulty = []
    for path in (ROOT / package).rglob("*.py"):
        for where, key, given in errors(path):
            if not isinstance(key, ast.Constant):
                continue
            texts = catalogue().get(key.value)
            if texts is None or not fields(texts["en"]) <= given:
                faulty.append(f"{where}: {key.value}")
    assert faulty == []


def test_an_error_is_explained_in_the_language_of_the_page() -> None:
    error = AccountError(
        "'li' holds the post grid_head.", key="error.apart", login="li",
        held={"zh": "系统管理员", "en": "System administrator"}, post={"zh": "安全审计员"},
    )  # fmt: skip
    assert str(error) == "'li' holds the post grid_head."
    assert explained(error, "zh").startswith(
        "“li”已是系统管理员。按三员分立要求，请由他人担任安全审计员"
    )
    assert explained(error, "en").startswith("li is System administrator already")
    with pytest.raises(ForbiddenError) as refused:
        NOBODY.require(Right.GRANT)
    assert "“授予岗位”权限。该权限属于：安全管理员；" in explained(refused.value, "zh")
    many = AccountError("no", key="error.token_never", rights=(TextKey("right.grant"), "x"))
    assert "授予岗位、x" in explained(many, "zh")
    assert explained(AccountError("Only English."), "zh") == "Only English."


def test_every_fault_of_the_audit_has_a_text() -> None:
    assert {f"fault.{kind}" for kind in FaultKind} <= set(catalogue())


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="No text is written in 'fr'"):
        speaker("fr")


def test_a_name_falls_back_to_the_language_it_has() -> None:
    assert named({"zh": "听潮街道"}, "en") == "听潮街道"


@pytest.mark.parametrize("key", ["error.case_overtaken", "rules.overtaken", "calendar.overtaken"])
def test_who_overtook_somebody_is_called_in_the_readers_language(key):
    act = TextKey("case_act.suspend")
    told = ForbiddenError("x", key=key, author="派遣员 / Dispatcher", case="SJ1", act=act)
    assert explained(told, "zh").startswith("派遣员")
    assert explained(told, "en").startswith("Dispatcher ")
    assert "Dispatcher" not in explained(told, "zh")
