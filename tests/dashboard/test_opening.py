"""The page is laid with what its callbacks would answer; a fault stays in its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dash import Dash, Output, html
from dash.development.base_component import Component
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

from dashboard import opening
from dashboard.app import create_app
from dashboard.callbacks import Screen
from dashboard.door import Door
from dashboard.ids import Id
from dashboard.scene import Scene
from dashboard.text import speaker
from dashboard.view import View
from dashboard.workers import Workers
from gis.database import Role, Server
from tests.dashboard import signing
from tests.dashboard.test_callbacks import FED_OTHERWISE, VIEWS, graph, identified, outputs, posted
from tests.dashboard.test_callbacks import _first_door as first_door
from tests.fixtures_browser import Serve, Watch

MODES = {"overview", "boundaries", "coverage", "incidents"}
Laid = dict[str, dict[str, Any]]


def laid(client: TestClient, search: str, **told: str) -> Laid:
    """The properties of what is on the page as it is opened, by id as Dash writes it."""
    answer = client.get("/opening", params={"search": search, **told})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return {written(id_): props for id_, props in identified(answer.json())}


def written(id_: Any) -> str:
    if isinstance(id_, str):
        return id_
    return json.dumps(id_, sort_keys=True, separators=(",", ":"))


def answered(client: TestClient, page: Laid) -> Iterator[tuple[str, str, Any]]:
    """What the callbacks answer that are asked in the page's mode: id, property, value."""
    store = page[Id.VIEW]["data"]
    for callback in graph(client):
        if callback["clientside_function"] or callback["output"] in FED_OTHERWISE:
            continue
        (asked,) = callback["inputs"]
        fields = asked["property"].split("-")[1:]
        if MODES & {*fields} - {store["mode"]}:
            continue

        def one(id_: str, name: str) -> Any:
            if not id_.startswith("{"):
                return {"id": id_, "property": name}
            kind = json.loads(id_)["type"]
            alike = [json.loads(key) for key in page if key.startswith("{") and f'"{kind}"' in key]
            return [{"id": each, "property": name} for each in alike]

        wanted = [one(*each) for each in outputs(callback)]
        # As the browser cuts it: what a panel does not say it reads, it is not told.
        part = {field: store[field] for field in fields if field in store}
        answer = posted(client, callback, wanted, [{**asked, "value": part}])
        for id_, props in answer.json()["response"].items():
            for name, value in props.items():
                yield id_, name, value


def opened_as_answered(client: TestClient, search: str, **told: str) -> Laid:
    page = laid(client, search, **told)
    for id_, name, value in answered(client, page):
        assert page[id_].get(name) == value, (id_, name)
    return page


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_the_page_is_laid_with_what_its_callbacks_answer(
    client: TestClient, view: View, language: str
) -> None:
    page = opened_as_answered(client, view.having(language=language).to_address())
    shown = page[Id.VIEW]["data"]
    assert (shown["language"], shown["mode"], shown["seen"]) == (language, view.mode, 0)
    assert page[Id.THEME]["forceColorScheme"] == view.scheme


def test_what_the_browser_remembers_is_heard_where_the_address_says_nothing(
    client: TestClient,
) -> None:
    told = {"language": "en", "theme": "dark", "system": "light"}
    shown = laid(client, "", **told)[Id.VIEW]["data"]
    assert (shown["language"], shown["theme"]) == ("en", "dark")
    shown = laid(client, "?language=zh&theme=light", **told)[Id.VIEW]["data"]
    assert (shown["language"], shown["theme"]) == ("zh", "light")


def test_an_address_of_many_words_is_one_all_the_same(client: TestClient) -> None:
    search = "?unit=2" + "&x=1" * 200
    assert laid(client, search)[Id.VIEW]["data"]["unit"] == 2


@pytest.mark.parametrize("gone", ["unit=4711", "pick=4711", "building=4711", "mark=facility:4711"])
def test_a_link_to_what_is_gone_opens_the_city_and_says_so(client: TestClient, gone: str) -> None:
    page = opened_as_answered(client, f"?{gone}&language=zh")
    assert page[Id.VIEW]["data"]["mark"] == ""
    assert page[Id.VIEW]["data"]["unit"] is None
    said = json.dumps(page[Id.TOAST]["children"], ensure_ascii=False)
    assert speaker("zh")("state.gone") in said


def test_a_page_without_a_city_says_what_to_do(fresh: Server) -> None:
    engine, door = fresh.engine(Role.APP, pool_size=2), first_door(fresh)
    with signing.client_of(create_app(engine, door), door, "first") as client:
        page = laid(client, "", language="en")
    engine.dispose()
    door.close()
    assert "citygrid demo" in json.dumps(page[Id.NOTICE]["children"])
    assert Id.MAP not in page


def test_a_browser_that_opens_the_page_asks_no_callback(
    page: Page, serve: Serve, squares: Engine, door: Door
) -> None:
    """One answer holds what its panels show; each asked for by itself, it took twice as long."""
    address = serve(create_app(squares, door).server)
    signing.enter(page, address, door)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(address)))
    for mode in sorted(MODES):
        asked.clear()
        page.goto(f"{address}/?mode={mode}&unit=2&language=en")
        page.wait_for_function("() => window.__citygrid_maps?.map.loaded()")
        page.wait_for_load_state("networkidle")
        expect(page.locator(f"html[data-mode^={mode}]")).to_be_visible()
        assert not [each for each in asked if "_dash-update-component" in each], mode
        assert len([each for each in asked if each.startswith("/opening")]) == 1
    # What is done from then on is asked as ever.
    page.locator("#rail button").first.click()
    expect(page.locator("html[data-mode^=overview]")).to_be_visible()
    expect(page.locator("#glance [data-number=people]")).to_be_visible()


def test_a_page_that_cannot_be_laid_says_so_and_leads_back(
    page: Page, serve: Serve, squares: Engine, door: Door, watch: Watch
) -> None:
    watch.expected = "404"
    address = serve(create_app(squares, door).server)
    signing.enter(page, address, door)
    # What the server itself says of something else that it cannot answer.
    page.route("**/opening?*", lambda route: route.continue_(url=f"{address}/not-there"))
    page.goto(f"{address}/?unit=2")
    expect(page.locator("h1")).to_have_text(speaker("en")("lost.404"))
    page.unroute_all()
    page.locator("a.cg-primary").click()
    expect(page.locator("#glance [data-number=people]")).to_be_visible()


def test_an_address_that_cannot_be_followed_opens_the_city(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object) -> None:
        raise ValueError("of ours")

    monkeypatch.setattr(opening, "following", mistaken)
    page = laid(client, "?unit=2", language="en", theme="dark")
    shown = page[Id.VIEW]["data"]
    assert (shown["unit"], shown["language"], shown["theme"]) == (None, "en", "dark")
    assert speaker("en")("state.failed") in json.dumps(page[Id.TOAST]["children"])
    assert page[Id.GLANCE]["children"]


def framed(engine: Engine, *shows: Callable[[Scene], Any]) -> FastAPI:
    """A server of a page with a place for each of some panels."""
    server: Any = FastAPI()
    screen = Screen(Dash("framed", server=server), Workers(engine, 1))
    for at, show in enumerate(shows):
        screen.shows(Output(f"part-{at}", "children"), reads=("language",))(show)

    def layout(parts: Component) -> Component:
        places = [html.Div(id=f"part-{at}") for at in range(len(shows))]
        kept = [html.Div(id=Id.VIEW), html.Div(id=Id.THEME), html.Div(id=Id.TOAST)]
        return html.Div([*places, *kept, parts])

    screen.app.layout = screen.laid(layout)
    opening.add(server, screen, layout)
    return server


def test_a_panel_that_fails_keeps_no_other_from_its_place(
    squares: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(_scene: Scene) -> float:
        return 1 / 0

    def refused(scene: Scene) -> None:
        scene.db.execute(text("SELECT * FROM there_is_no_such_table"))

    def asked(scene: Scene) -> str:
        return str(scene.db.scalar(text("SELECT 'there'")))

    with TestClient(framed(squares, mistaken, refused, asked)) as client:
        told = client.get("/opening", params={"language": "en"}).text
    assert told.count("The server made a mistake") == 2
    assert '"there"' in told
    assert "ZeroDivisionError" in caplog.text
    assert "there_is_no_such_table" in caplog.text
