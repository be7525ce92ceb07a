"""The list of keyboard shortcuts, opened by ``?``."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id
from dashboard.scene import Scene

SLOT = Id.SHORTCUTS

# What is written on the keys ("keys.…" where that depends on the language), and what they do.
KEYS = (
    (("/",), "keys.search"),
    (("keys.arrows",), "keys.move"),
    (("Enter",), "keys.down"),
    (("keys.backspace",), "keys.up"),
    (("Esc",), "keys.clear"),
    (("keys.arrows", "+", "−"), "keys.map"),
    (("[", "]"), "keys.walk"),
    (("N",), "keys.report"),
    (("L",), "keys.list"),
    (("X",), "keys.choose"),
    (("Shift", "↑", "↓"), "keys.choose_several"),
    (("Ctrl", "A"), "keys.choose_all"),
    ((".",), "keys.next"),
    (("Alt", "→"), "keys.next_card"),
    (("C",), "keys.comment"),
    (("Ctrl", "Enter"), "keys.send"),
    (("?",), "keys.help"),
)


def layout() -> Component:
    """Return the closed list."""
    modal: Component = dmc.Modal(id=Id.SHORTCUTS, opened=False, size="sm", centered=True, radius=8)
    return modal


def register(screen: Screen) -> None:
    """Follow the language."""

    @screen.shows(
        Output(Id.SHORTCUTS, "children"),
        Output(Id.SHORTCUTS, "title"),
        Output(Id.SHORTCUTS, "closeButtonProps"),
        reads=("language",),
    )
    def show(scene: Scene) -> tuple[Component, str, dict[str, str]]:
        say = scene.say
        rows = [
            html.Div(
                [
                    html.Dt(
                        [html.Kbd(say(key) if key.startswith("keys.") else key) for key in keys]
                    ),
                    html.Dd(say(meaning)),
                ]
            )
            for keys, meaning in KEYS
        ]
        return (
            html.Dl(rows, className="cg-keys"),
            say("keys.title"),
            {"aria-label": say("head.close")},
        )
