"""Every command explains itself, and every mistake of the user's is one sentence."""

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from dashboard.cli import cli
from tests.importers import small_city


def commands(command=cli, words=("citygrid",)):
    yield " ".join(words), command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, (*words, name))


ALL = dict(commands())


def run(*words, **environ):
    """Run a command as a terminal would; anything but an exit is a bug."""
    done = CliRunner().invoke(cli, words, env=environ, prog_name="citygrid")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_the_commands_are_those_that_are_promised():
    promised = (
        "up init import export status check serve db demo release account orders audit security "
        "balance coverage sites locate jobs scenario measures patterns incident rules calendar"
    )
    assert set(cli.commands) == set(promised.split())
    assert set(cli.commands["db"].commands) == {"upgrade", "shell", "dump", "restore"}
    promised = "add list reset disable grant end token"
    assert set(cli.commands["account"].commands) == set(promised.split())
    assert set(cli.commands["account"].commands["token"].commands) == {"add", "list", "end"}
    promised = "list make answer compare delete"
    assert set(cli.commands["scenario"].commands) == set(promised.split())
    assert set(cli.commands["incident"].commands) == {
        "report", "again", "list", "show", "act", "import"
    }  # fmt: skip
    assert set(cli.commands["rules"].commands) == {"list", "simulate"}
    assert set(cli.commands["calendar"].commands) == {"list", "add", "remove", "recount"}
    assert set(cli.commands["jobs"].commands) == {"list", "show", "cancel", "indicators"}
    assert set(cli.commands["orders"].commands) == {"list", "show", "act", "apply-due"}
    assert set(cli.commands["audit"].commands) == {"verify", "seal", "prune", "search"}
    assert set(cli.commands["export"].commands) == {"zoning", "coverage"}
    assert set(cli.commands["security"].commands) == {"check", "rotate-key"}


@pytest.mark.parametrize("name", ALL)
def test_every_help_ends_in_an_example_that_can_be_typed(name, tmp_path, monkeypatch):
    words = name.split()[1:]
    shown = run(*words, "--help")
    assert shown.exit_code == 0
    text = shown.output.split("\nOptions:")[0].rstrip()
    example = re.search(r"\n\n  Example:\n      (citygrid .+)$", text)
    assert example, f"The help of {name} does not end in an example:\n{text}"
    typed = shlex.split(example[1])
    assert typed[: len(words) + 1] == name.split()
    # Files an example names need not be here.
    for param in ALL[name].params:
        if isinstance(param.type, click.Path):
            monkeypatch.setattr(param.type, "exists", False)
    command, rest = cli, typed[1:]
    context = None
    while isinstance(command, click.Group):
        context = command.make_context(typed[0], list(rest), parent=context)
        assert rest, f"The example of {name} runs nothing: {example[1]}"
        _, command, rest = command.resolve_command(context, rest)
    command.make_context(command.name, list(rest), parent=context)


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_explained(name):
    for param in ALL[name].params:
        assert not isinstance(param, click.Option) or param.help, f"{name} {param.opts}"


def test_a_group_alone_shows_its_commands():
    assert "  import " in run().output
    assert "  restore " in run("db").output


def sentence(*words, **environ):
    done = run(*words, **environ)
    assert done.exit_code == 1, done.output
    last = done.output.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert last.endswith("."), last
    assert "Traceback" not in done.output
    assert "Usage:" not in done.output
    return last.removeprefix("Error: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("frob", "No such command 'frob'"),
        ("db frob", "No such command 'frob'"),
        ("--frob", "No such option '--frob'"),
        ("up --port 0", "0 is not in the range 1<=x<=65535"),
        ("up --port x", "'x' is not a valid integer range"),
        ("up --size huge", "'huge' is not one of 'small', 'district', 'city'"),
        ("demo --size huge", "'huge' is not one of 'small', 'district', 'city'"),
        ("import people", "Missing argument 'FILE'"),
        ("import people nowhere.csv", "'nowhere.csv' does not exist"),
        ("import people {here} --column name", "'name' must look like ours=theirs"),
        ("import people {here} --as-of yesterday", "'yesterday' does not match"),
        ("init", "Missing argument 'CITY'"),
        ("init atlantis", "Known cities: demo, taipei"),
        ("init demo --files nowhere", "'nowhere' does not exist"),
        ("up --city atlantis", "Known cities: demo, taipei"),
        ("up --city taipei", "`citygrid init taipei --files DIR`"),
        ("status", "No city is loaded yet. Load one with `citygrid init CITY`"),
        ("check", "No city is loaded yet"),
        ("serve", "No city is loaded yet"),
        ("import people {here}", "No city is loaded yet"),
        ("db dump x.dump", "No city is loaded yet"),
        ("db shell", "No city is loaded yet"),
        ("db upgrade", "No city is loaded yet"),
        ("audit verify", "No city is loaded yet"),
        ("audit prune --before 2999-01-01", "Rows of the last 365 days stay"),
        ("audit search --act frob", "'frob' is not one of 'sign_in'"),
        ("security check", "No city is loaded yet"),
        ("db restore nowhere.dump", "'nowhere.dump' does not exist"),
        ("db restore {here}", "does not appear to be a valid archive"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_1(words, said, empty_state):
    here = empty_state / "people.csv"
    here.write_text("名称\n甲\n", encoding="utf-8")
    typed = [word.format(here=here) for word in words.split()]
    assert said in sentence(*typed, CITYGRID_STATE=str(empty_state))


def test_a_city_that_cannot_be_leaves_no_database_behind(empty_state):
    folder = small_city.write(
        empty_state / "bad",
        small_city.TOML.replace('id = "squares"', 'id = "Bad Id"').replace("Asia/", "Mars/"),
    )
    done = run("init", str(folder), CITYGRID_STATE=str(empty_state))
    assert done.exit_code == 1
    assert "Mars/Shanghai" in done.output
    assert "id" in done.output
    shown = run("status", CITYGRID_STATE=str(empty_state))
    assert "No city is loaded yet" in shown.output
    assert not (empty_state / "city").exists()


def test_what_the_check_of_streets_does_not_take_is_said(empty_state):
    state = {"CITYGRID_STATE": str(empty_state)}
    assert "leave kinds, limits" in sentence("coverage", "clinic", "--network", **state)


@pytest.mark.parametrize("url", ["mysql://a:secret@b/c", "nonsense"])
def test_a_wrong_database_url_is_one_sentence_without_the_password(url):
    said = sentence("status", CITYGRID_DATABASE_URL=url)
    assert "CITYGRID_DATABASE_URL must look like" in said
    assert "secret" not in said
