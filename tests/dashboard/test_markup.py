"""Plain HTML is drawn as one component, and nothing that callbacks know is lost in it."""

from __future__ import annotations

import dash_mantine_components as dmc
import pytest
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.ids import Act, Id, act
from dashboard.markup import Markup, lightened, live

IS_LIVE = live(frozenset({Act.LAYER_NAME.value}))


def test_a_tree_of_plain_html_is_one_component() -> None:
    shown = lightened(
        html.Ul(
            [html.Li(["a", html.Strong(7), None]), [html.Li("b", id="second")]],
            className="cg-list",
            style={"height": 3},
            **{"data-rows": "2", "aria-label": "Rows"},
        ),
        IS_LIVE,
    )
    assert isinstance(shown, Markup)
    given = {"className": "cg-list", "style": {"height": 3}, "data-rows": "2", "aria-label": "Rows"}
    rows = [["li", {}, ["a", ["strong", {}, [7]], None]], ["li", {"id": "second"}, ["b"]]]
    assert shown.tree == [["ul", given, rows]]


def test_the_id_of_a_button_is_written_as_dash_writes_it() -> None:
    shown = lightened(html.Button("Go", id=act(Act.GO, "unit:12"), n_clicks=0), IS_LIVE)
    assert shown.tree == [["button", {"id": '{"key":"unit:12","type":"go"}'}, ["Go"]]]


@pytest.mark.parametrize(
    "known",
    [
        html.Div(id=Id.GLANCE),
        html.Div(id=act(Act.LAYER_NAME, "people")),
        dcc.Store(id="store"),
        dmc.Switch(id=act(Act.LAYER_ON, "people")),
    ],
    ids=lambda each: each._type,
)
def test_what_callbacks_know_stays_and_what_lies_around_it_is_put_together(
    known: Component,
) -> None:
    shown = lightened(
        html.Section([html.H2("Title"), "text", html.Div(known), html.P("a"), html.P("b")]),
        IS_LIVE,
    )
    assert shown._type == "Section"
    before, around, after = shown.children
    assert before.tree == [["h2", {}, ["Title"]], "text"]
    assert around._type == "Div"
    assert around.children is known
    assert after.tree == [["p", {}, ["a"]], ["p", {}, ["b"]]]


def test_texts_and_nothing_stay_what_they_are() -> None:
    assert lightened(None, IS_LIVE) is None
    assert lightened("text", IS_LIVE) == "text"
