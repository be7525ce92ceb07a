"""Plain HTML as one Dash component.

Every Dash component hears of every change on the page, and is announced when it is drawn: with one
for each `<span>` a page took the browser's only thread for many seconds. What no callback writes
to or listens to is therefore drawn as one `Markup`; panels are written in `dash.html` all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.ids import Id

NAMESPACE = "citygrid_markup"
IsLive = Callable[[object], bool]

IDS = frozenset(Id)
# What Dash notes on an element, and React does not know.
NOT_HTML = frozenset({"children", "key", "n_clicks", "n_clicks_timestamp", "disable_n_clicks"})


class Markup(Component):
    """A run of HTML elements and texts that Dash need not know one by one.

    Parameters
    ----------
    tree
        One after the other: texts, and elements as [tag, properties as React calls them, children].
    """

    _namespace = NAMESPACE
    _type = "Markup"

    def __init__(self, tree: list[Any]) -> None:
        self._prop_names = ["tree"]
        self._valid_wildcard_attributes = []
        super().__init__(tree=tree)  # type: ignore[no-untyped-call]


class Parts(Component):
    """Holds what callbacks hand on in properties named data-…, and draws nothing."""

    _namespace = NAMESPACE
    _type = "Parts"

    def __init__(self, id: str) -> None:  # noqa: A002 - as Dash calls it
        self._prop_names = ["id"]
        self._valid_wildcard_attributes = ["data-"]
        super().__init__(id=id)  # type: ignore[no-untyped-call]


def lightened(shown: Any, is_live: IsLive) -> Any:  # noqa: ANN401 - whatever a component may hold
    """Return what a component shows with its plain HTML put together.

    Parameters
    ----------
    shown
        Components, texts, and lists of them.
    is_live
        Whether a callback writes to or listens to what has this id. It stays a component, and so
        does everything around it.
    """
    if isinstance(shown, list | tuple):
        return _runs(list(shown), is_live)
    if isinstance(shown, Component):
        return _one(shown, is_live)
    return shown


def live(wild: frozenset[str]) -> IsLive:
    """Return what tells live ids: those of the page, and those of the given types."""

    def is_live(id_: object) -> bool:
        return id_.get("type") in wild if isinstance(id_, dict) else id_ in IDS

    return is_live


def _one(shown: Component, is_live: IsLive) -> Component:
    if _is_plain(shown, is_live):
        return Markup([_node(shown)])
    inner = getattr(shown, "children", None)
    if inner is not None:
        shown.children = lightened(inner, is_live)
    return shown


def _runs(shown: list[Any], is_live: IsLive) -> list[Any]:
    """Put the plain parts that follow each other together; what is not plain stays between them."""
    found: list[Any] = []
    for is_plain, run in groupby(shown, key=lambda each: _is_plain(each, is_live)):
        if is_plain:
            found.append(Markup([_node(each) for each in _flat(list(run))]))
        else:
            found += [lightened(each, is_live) for each in run]
    return found


def _is_plain(shown: object, is_live: IsLive) -> bool:
    if shown is None or isinstance(shown, str | int | float):
        return True
    if isinstance(shown, list | tuple):
        return all(_is_plain(each, is_live) for each in shown)
    if not isinstance(shown, Component) or shown._namespace != html.Div._namespace:
        return False
    id_ = getattr(shown, "id", None)
    return not (id_ is not None and is_live(id_)) and _is_plain(
        getattr(shown, "children", None), is_live
    )


def _node(shown: Any) -> Any:  # noqa: ANN401 - of what Dash's components hold
    if not isinstance(shown, Component):
        return shown
    found: dict[str, Any] = shown.to_plotly_json()  # type: ignore[no-untyped-call]
    given = {key: value for key, value in found["props"].items() if key not in NOT_HTML}
    id_ = given.get("id")
    if isinstance(id_, Mapping):
        # As Dash writes it into the page.
        given["id"] = json.dumps(id_, sort_keys=True, separators=(",", ":"))
    return [found["type"].lower(), given, [_node(each) for each in _flat(shown)]]


def _flat(shown: object) -> Iterator[object]:
    """Return what an element holds, lists in lists as one."""
    inner = getattr(shown, "children", None) if isinstance(shown, Component) else shown
    if isinstance(inner, list | tuple):
        for each in inner:
            yield from _flat(each) if isinstance(each, list | tuple) else (each,)
    elif inner is not None:
        yield inner
