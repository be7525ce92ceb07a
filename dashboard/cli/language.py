"""The language of the command line, and click and the help of every command in Chinese."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files

import click
from click import _textwrap, core, decorators, exceptions, formatting, parser, types

from gis.city import LANGUAGES

VARIABLE = "CITYGRID_LANGUAGE"
_EXAMPLE = "\b\nExample:"
# Every click module that says something; each has its own `_` and perhaps `ngettext`.
_SPEAKING = (core, decorators, exceptions, formatting, parser, types)
# What may be broken apart: after a character of Chinese, but never before a closing mark.
_PIECES = re.compile(
    r"[\u2e80-\u9fff\uff00-\uffef\u201c\uff08][\uff0c\u3002\uff1b\uff1a\u3001\uff09\u201d]*"
    r"|\s+|[^\s\u2e80-\u9fff\uff00-\uffef\u201c\uff08]+"
)


def language_of(environ: Mapping[str, str]) -> str:
    """Return the language of the terminal: CITYGRID_LANGUAGE, its locale, else English."""
    if (wanted := environ.get(VARIABLE)) in LANGUAGES:
        return str(wanted)
    said = (environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, said), "")
    # As gettext has it: LANGUAGE refines a locale, and says nothing where there is none.
    if locale.partition(".")[0] not in ("", "C", "POSIX"):
        locale = environ.get("LANGUAGE") or locale
    return "zh" if locale.startswith("zh") else "en"


@functools.cache
def chinese() -> Mapping[str, Mapping[str, str]]:
    """Return the Chinese texts: "click" for what click says, a command's path for its help."""
    return tomllib.loads(files("dashboard.cli").joinpath("zh.toml").read_text("utf-8"))


def in_chinese(command: click.Command, path: str) -> click.Command:
    """Return a copy of a command, and of all below it, with Chinese help."""
    texts, said = chinese().get(path, {}), chinese()["click"]
    made = copy.copy(command)
    # Click keeps its --help here, with what it said of it the first time.
    made._help_option = None
    if help_ := texts.get("help"):
        example = inspect.cleandoc(command.help or "").partition(_EXAMPLE)[2]
        made.short_help = help_.strip().partition("\n")[0]
        made.help = f"{help_.strip()}\n\n\b\n{said['Example:']}{example}"
    made.context_class = _Context
    made.options_metavar = said["[OPTIONS]"]
    made.params = [copy.copy(param) for param in command.params]
    for param in made.params:
        param.type = copy.copy(param.type)
        param.type.name = said.get(param.type.name, param.type.name)
        if isinstance(param, click.Option):
            param.help = texts.get(max(param.opts, key=len), param.help)
    if isinstance(made, click.Group):
        made.subcommand_metavar = said["COMMAND [ARGS]..."]
        made.commands = {
            name: in_chinese(below, f"{path} {name}") for name, below in made.commands.items()
        }
    return made


@contextlib.contextmanager
def click_in_chinese() -> Iterator[None]:
    """Let click say its own texts in Chinese, and measure them as a terminal shows them.

    Click looks texts up with gettext, which reads compiled files only, by the language of the
    whole process and all it starts; and it counts a Chinese character as one column wide.
    """
    from rich.cells import cell_len

    said = chinese()["click"]
    ours: dict[str, object] = {
        "_": lambda text: said.get(text, text),
        "ngettext": lambda one, many, n: said.get(text := one if n == 1 else many, text),
        "term_len": cell_len,
        "TextWrapper": _Wrapper,
    }
    theirs = [
        (module, name, vars(module)[name])
        for module in (*_SPEAKING, _textwrap)
        for name in ours
        if name in vars(module)
    ]
    for module, name, _ in theirs:
        vars(module)[name] = ours[name]
    try:
        yield
    finally:
        for module, name, value in theirs:
            vars(module)[name] = value


class _Formatter(click.HelpFormatter):
    """Writes headings without a colon of English."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or chinese()["click"]["Usage:"])

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{heading}：\n")


class _Context(click.Context):
    formatter_class = _Formatter


class _Wrapper(_textwrap.TextWrapper):
    """Breaks lines between Chinese characters, too."""

    def _split(self, text: str) -> list[str]:
        return _PIECES.findall(text)
