"""The command line speaks the language of the terminal, wholly."""

import re

import click
import pytest
from click.testing import CliRunner

from dashboard.cli import cli
from dashboard.cli.language import chinese, language_of

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
    done = run("status", CITYGRID_LANGUAGE="fr", CITYGRID_STATE=str(tmp_path))
    assert done.exit_code == 1
    assert done.output == "Error: CITYGRID_LANGUAGE is 'fr'; there are: zh, en.\n"


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_option_has_chinese_help(path):
    texts = chinese()[path]
    options = [max(p.opts, key=len) for p in ALL[path].params if isinstance(p, click.Option)]
    assert set(texts) == {"help", *options}
    assert all(CHINESE.search(text) for text in texts.values())


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
