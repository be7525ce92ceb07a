"""The command line speaks the language of the terminal, wholly."""

import pickle
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dashboard.cli import cli
from dashboard.cli.language import chinese, language_of
from dashboard.cli.progress import told
from dashboard.cli.told import comparison, line, verdicts
from dashboard.text import FILES, speaker
from dashboard.text import catalogue as texts
from gis.access.self_check import Grade, judged
from gis.comparison import Comparison
from gis.said import Said
from importers.city_rows import TABLES
from importers.verdicts import Verdicts
from layers import catalog

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def commands(command=cli, path="citygrid"):
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, f"{path} {name}")


ALL = dict(commands())


def run(*words, **environ):
    environ = {"CITYGRID_LANGUAGE": "zh", **environ}
    done = CliRunner().invoke(cli, words, env=environ, prog_name="citygrid")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "C", "LANGUAGE": "zh"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "CITYGRID_LANGUAGE": "en"}, "en"),
        ({"CITYGRID_LANGUAGE": "zh"}, "zh"),
    ],
)
def test_the_language_is_the_terminals_unless_it_is_chosen(environ, language):
    assert language_of(environ) == language


def test_an_unknown_language_is_one_sentence(tmp_path):
    done = run("status", CITYGRID_LANGUAGE="fr", LC_ALL="C", CITYGRID_STATE=str(tmp_path))
    assert done.exit_code == 1
    assert done.output == "Error: CITYGRID_LANGUAGE is 'fr'; there are: zh, en.\n"


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_option_has_chinese_help(path):
    said = chinese()[path]
    options = [max(p.opts, key=len) for p in ALL[path].params if isinstance(p, click.Option)]
    assert set(said) == {"help", *options}
    assert all(CHINESE.search(text) for text in said.values())


def test_no_help_is_of_a_command_that_is_gone():
    assert set(chinese()) - {"click"} == set(ALL)


@pytest.mark.parametrize("path", ALL)
def test_a_help_in_chinese_has_no_english_of_clicks(path):
    shown = run(*path.split()[1:], "--help")
    assert shown.exit_code == 0
    assert shown.output.startswith("用法：citygrid")
    assert not re.search(
        r"Usage|Options|Commands|Example|Show this|default:|Show the", shown.output
    )
    assert re.search(r"\n  示例：\n      citygrid ", shown.output)


def test_a_line_is_no_wider_than_the_terminal():
    from rich.cells import cell_len

    assert max(map(cell_len, run("import", "--help").output.splitlines())) <= 80


def test_english_is_english_again_afterwards():
    assert "用法" in run("db").output
    shown = run("db", CITYGRID_LANGUAGE="en").output
    assert "Usage: citygrid db [OPTIONS]" in shown
    assert not CHINESE.search(shown)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("frob", "没有命令“frob”。"),
        ("--frob", "没有选项“--frob”。"),
        ("up --port 0", "'--port' 输入有误：0 不在 1<=x<=65535 范围内。"),
        ("up --port x", "'--port' 输入有误：“x”不是整数。"),
        ("import people", "缺少参数 'FILE'。"),
        ("import people nowhere.csv", "'FILE' 输入有误：路径“nowhere.csv”不存在。"),
        ("status more", "多出参数：more。"),
    ],
)
def test_a_mistake_of_typing_is_said_in_chinese(words, said):
    done = run(*words.split())
    assert done.exit_code == 1
    assert done.output == f"错误：{said}\n"


STAGES = re.compile(r"""\breport\(f?"([^"]+)\"""")


def test_every_stage_of_a_long_job_has_a_text():
    root = Path(__file__).parents[2]
    found = set()
    for package in ("gis", "layers", "importers"):
        for path in (root / package).rglob("*.py"):
            found |= {
                re.sub(r"\{.*\}", "x", stage) for stage in STAGES.findall(path.read_text("utf-8"))
            }
    assert "writing x" in found
    assert {stage for stage in found if not CHINESE.search(told(stage, speaker("zh")))} == set()
    # As it was reported, in English.
    assert {told(stage, speaker("en")) for stage in found} == found


def test_every_table_and_layer_that_is_loaded_has_a_name():
    tables = {table.name for table in TABLES} | set(catalog.LAYERS)
    assert {f"thing.{name}" for name in tables} <= set(texts())


def test_no_text_stands_in_two_files():
    keys = [
        f"{group}.{name}"
        for file in FILES
        for group, entries in tomllib.loads(
            files("dashboard").joinpath(file).read_text("utf-8")
        ).items()
        for name in entries
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "status",
            "还没有载入城市。请用 citygrid init CITY 载入，或用 citygrid demo 生成示范城市。",
        ),
        ("up --city taipei", "城市 taipei 尚未载入，请用 citygrid init taipei --files DIR 载入。"),
        ("up --host 192.0.2.1 --certificate x", "启用 TLS 须同时给出 --certificate 和 --key。"),
        ("export zoning main x.zip", "“x.zip”的后缀应为 .gpkg 或 .geojson。"),
        ("balance 1", "请用 --login 写明草稿归哪个账号，或加 --dry-run 只看结果。"),
    ],
)
def test_a_mistake_is_said_in_chinese(words, said, empty_state):
    done = run(*words.split(), CITYGRID_STATE=str(empty_state))
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == f"错误：{said}"


VERDICTS = Verdicts(
    "people", "a.csv", 4, 1, 1, 1, 1, reasons={"no place": 1}, fields={"name": "姓名"},
    unused=("x", "y"), dropped={"民族": "ethnicity"}, outside=1, is_dry_run=True,
)  # fmt: skip


def test_verdicts_are_told_in_the_readers_language():
    assert list(verdicts(VERDICTS, "en")) == [str(VERDICTS)]
    assert list(verdicts(VERDICTS, "zh")) == [
        "name ← 姓名",
        "未使用的列：x、y",
        "“民族”涉及民族：CityGrid 从不保存，已丢弃此列。",
        "退回 1 行：no place",
        "其中 1 行不在任何单元内，予以保留并计数。",
        "a.csv → 人口：读入 4 行，将新增 1，更新 1，未变 1，退回 1。",
    ]


def test_a_check_is_told_in_the_readers_language():
    what = Said("main: units nest", key="verify.nest", zoning="main")
    found = Comparison(what, 30, 2, ("one",))
    assert "\n".join(comparison(found, "en")) == str(found)
    assert list(comparison(found, "zh")) == [
        "main：上下级关系：比对 30 项，2 项不符",
        "    one",
        "    ……另有 1 项",
    ]


def test_answers_about_security_name_what_was_found_in_the_readers_language():
    good = Said("Every post ends on a day.", key="secure.terms")
    bad = Said("Hold a post without an end", key="secure.endless")
    assert line(judged("accounts", [], good).said, "zh") == "所有岗位都有结束日期。"
    found = judged("accounts", ["li", "wu"], good, bad=bad).said
    assert line(found, "en") == "Hold a post without an end: li, wu."
    assert line(found, "zh") == "岗位没有结束日期：li、wu。"


def test_every_answer_about_security_has_a_text_and_a_place_to_stand():
    root = Path(__file__).parents[2]
    source = "".join(
        (root / path).read_text("utf-8")
        for path in (
            "gis/access/self_check.py",
            "gis/access/place_check.py",
            "dashboard/cli/security.py",
        )
    )
    about = set(re.findall(r"(?:judged|_noted)\(\s*\"(\w+)\"", source))
    about |= set(re.findall(r"Grade\.\w+,\s*\"(\w+)\"", source))
    assert {"rules", "dump", "roles"} <= about
    assert {f"asked_of.{each}" for each in about} <= set(texts())
    assert {f"grade.{each}" for each in Grade} <= set(texts())


def test_a_sentence_with_a_text_survives_a_copy_to_another_process():
    said = pickle.loads(pickle.dumps(Said("No .prj.", key="noted.no_prj", n=1)))
    assert (said, said.key, said.values) == ("No .prj.", "noted.no_prj", {"n": 1})
