"""The graph of callbacks: a star around one view, off the event loop, never a bare 500."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dash import Dash, Output, html
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine, text

from dashboard.app import create_app
from dashboard.callbacks import Screen
from dashboard.door import Door
from dashboard.ids import Act, Id
from dashboard.panels.all import PANELS
from dashboard.scene import Scene
from dashboard.text import speaker
from dashboard.view import View
from dashboard.workers import Workers
from gis.access.posts import Post
from gis.database import Role, Server
from tests.dashboard import signing
from tests.dashboard.conftest import seeing

MOST_BYTES = 300_000
# Drawn by a callback, so not in the first layout.
DRAWN_LATER = {Id.MAP, Id.LANGUAGE, Id.LIGHT}
# Written by the browser, and where the answer to a search goes.
FED_OTHERWISE = {"view.data", f"..{Id.SEARCH}.data...{Id.SEARCH}.nothingFoundMessage.."}
VIEWS = (
    View(),
    View(pick=2),
    View(unit=2),
    View(unit=3),
    View(unit=3, building=1),
    View(zoning="beats", measure="incidents"),
    View(measure="overdue", per="people", profile="class"),
    View(measure="incidents", per="area_km2", profile="kind", theme="dark"),
    View.from_store({"start": "2025-11-01", "end": "2025-12-31", "measure": "incidents",
                     "part": "big:gb/01", "profile": "use", "step": "month"}),
    View(mode="boundaries", unit=2),
    View(mode="boundaries", order=99, sheet=True),
    View(mode="boundaries", on="2026-03-01"),
    View(mode="coverage"),
    View(mode="coverage", unit=2, kinds="clinic,park", minutes=5, going="older", theme="dark"),
    View(mode="coverage", unit=3, building=1, kinds="clinic", metres=300),
    View(mode="coverage", indicator="fire_station", states="planned", sheet=True, level=3),
    View(mode="coverage", metres=1, listed=7),
    View(mode="coverage", kinds="clinic", streets=True),
    View(mode="coverage", kinds="clinic", mark="spot:114.005,22.505"),
    View(unit=2, level=3, measure="floor_area", part="use:residential", mark="facility:1"),
    View(mode="incidents"),
    View(mode="incidents", unit=2, cases="all", case=1),
)  # fmt: skip


def graph(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/_dash-dependencies").json()
    return found


def outputs(callback: dict[str, Any]) -> list[tuple[str, str]]:
    joined = callback["output"].split("@")[0]
    parts = joined.strip(".").split("...") if joined.startswith("..") else [joined]
    return [(id_, name) for id_, _, name in (part.rpartition(".") for part in parts)]


def identified(component: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Every component of a page that has an id, with its properties."""
    if isinstance(component, list):
        for each in component:
            yield from identified(each)
    elif isinstance(component, dict):
        props = component.get("props", {})
        if "id" in props:
            yield props["id"], props
        for value in props.values():
            if isinstance(value, dict | list):
                yield from identified(value)


def all_ids(component: Any) -> Iterator[Any]:
    return (id_ for id_, _ in identified(component))


Ask = Callable[..., dict[str, Any]]


def posted(
    client: TestClient,
    callback: dict[str, Any],
    wanted: list[Any],
    inputs: list[dict[str, Any]],
    state: list[dict[str, Any]] | None = None,
) -> Response:
    """Ask for a callback's outputs as the browser does."""
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": callback["output"],
            "outputs": wanted if callback["output"].startswith("..") else wanted[0],
            "inputs": inputs,
            "state": state or [],
            "changedPropIds": [f"{each['id']}.{each['property']}" for each in inputs],
        },
    )
    assert answer.status_code == 200, answer.text
    return answer


@pytest.fixture(scope="module")
def ask(client: TestClient) -> Ask:
    """Call the callback that writes an output, as a browser does."""

    def of(output: str, *inputs: object, states: tuple[object, ...] = ()) -> dict[str, Any]:
        callback = next(
            c for c in graph(client) if f"{output}" in [f"{i}.{p}" for i, p in outputs(c)]
        )

        def given(names: list[dict[str, Any]], values: tuple[object, ...]) -> list[Any]:
            return [{**n, "value": v} for n, v in zip(names, values, strict=True)]

        def asked(id_: str, name: str) -> Any:
            if not id_.startswith("{"):
                return {"id": id_, "property": name}
            wild = json.loads(id_)
            keys = View().layers if "layer" in wild["type"] else ()
            return [{"id": {**wild, "key": key}, "property": name} for key in keys]

        wanted = [asked(*each) for each in outputs(callback)]
        answer = posted(
            client, callback, wanted,
            given(callback["inputs"], inputs), given(callback["state"], states),
        )  # fmt: skip
        assert len(answer.content) < MOST_BYTES
        body: dict[str, Any] = answer.json()
        return body

    return of


def test_one_callback_writes_the_view(client: TestClient) -> None:
    writers = [c for c in graph(client) if ("view", "data") in outputs(c)]
    assert len(writers) == 1
    assert [each["id"] for each in writers[0]["inputs"]] == [Id.EVENT]


def test_panels_are_fed_by_the_view_and_by_nothing_else(client: TestClient) -> None:
    slices = {
        id_
        for c in graph(client)
        if c["clientside_function"] and [i["id"] for i in c["inputs"]] == [Id.VIEW]
        for id_, _ in outputs(c)
    }
    for callback in graph(client):
        if callback["clientside_function"] or callback["output"] in FED_OTHERWISE:
            continue
        assert {each["id"] for each in callback["inputs"]} <= slices, callback["output"]


def test_every_component_a_callback_names_exists(client: TestClient) -> None:
    layout = client.get("/_dash-layout").json()
    ids = [each for each in all_ids(layout) if isinstance(each, str)]
    assert len(ids) == len(set(ids))
    kinds = {act.value for act in Act}
    for callback in graph(client):
        named = [id_ for id_, _ in outputs(callback)]
        named += [each["id"] for each in (*callback["inputs"], *callback["state"])]
        for id_ in named:
            if id_.startswith("{"):
                assert json.loads(id_)["type"] in kinds
            else:
                assert id_ in {*ids, *DRAWN_LATER}


def test_every_id_is_used(client: TestClient) -> None:
    layout = client.get("/_dash-layout").json()
    assert {id_.value for id_ in Id} - DRAWN_LATER <= {
        each for each in all_ids(layout) if isinstance(each, str)
    }


def test_no_output_is_written_twice(client: TestClient) -> None:
    written = [each for callback in graph(client) for each in outputs(callback)]
    assert len(written) == len(set(written))


def test_no_callback_runs_on_the_event_loop(squares: Engine, door: Door) -> None:
    app = create_app(squares, door)
    for name, callback in app.callback_map.items():
        if "callback" in callback:
            assert inspect.iscoroutinefunction(callback["callback"]), name


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_every_panel_shows_every_view(
    client: TestClient, ask: Ask, view: View, language: str
) -> None:
    store = {**view.to_store(), "language": language}
    for callback in graph(client):
        if callback["clientside_function"] or callback["output"] in FED_OTHERWISE:
            continue
        (output, *_) = [f"{id_}.{name}" for id_, name in outputs(callback)]
        shown = ask(output, store)
        assert "cg-state-title" not in json.dumps(shown), (output, shown)


def test_the_profile_chosen_is_the_one_listed(ask: Ask) -> None:
    def chosen(profile: str) -> str:
        shown = ask(f"{Id.PROFILE_KIND}.value", {"profile": profile, "language": "en"})
        kind = shown["response"][Id.PROFILE_KIND]
        assert kind["value"] in [each["value"] for each in kind["data"]]
        return str(kind["value"])

    # The tiny city knows ages, so those are what no choice means.
    assert (chosen(""), chosen("age"), chosen("class")) == ("", "", "class")


def test_an_event_leads_to_a_view_with_its_address(ask: Ask) -> None:
    told = [{"n": 1, "what": "address", "value": {"search": "?unit=2", "language": "en"}}]
    view = ask("view.data", told, states=(None,))["response"]["view"]["data"]
    assert (view["unit"], view["seen"], view["address"]) == (2, 1, "?unit=2&language=en")
    told.append({"n": 2, "what": "down", "value": "unit:3"})
    view = ask("view.data", told, states=(view,))["response"]["view"]["data"]
    assert (view["unit"], view["seen"]) == (3, 2)


def test_an_event_that_was_seen_changes_nothing(client: TestClient) -> None:
    callback = next(c for c in graph(client) if c["output"] == "view.data")
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": "view.data",
            "outputs": {"id": "view", "property": "data"},
            "inputs": [{**callback["inputs"][0], "value": [{"n": 1, "what": "up"}]}],
            "state": [{**callback["state"][0], "value": {"seen": 1}}],
            "changedPropIds": ["event.data"],
        },
    )
    assert answer.status_code == 204


def test_a_link_to_what_is_gone_leads_to_the_city_and_says_so(ask: Ask) -> None:
    told = [{"n": 1, "what": "address", "value": {"search": "?unit=4711"}}]
    answer = ask("view.data", told, states=(None,))
    assert answer["response"]["view"]["data"]["unit"] is None
    assert speaker("zh")("state.gone") in json.dumps(answer["sideUpdate"], ensure_ascii=False)


def test_a_panel_that_cannot_be_drawn_says_what_to_do(ask: Ask) -> None:
    shown = ask("glance.children", {"unit": 4711, "language": "en"})
    assert "it may have been merged or retired" in json.dumps(shown)


def test_a_mistake_of_ours_is_logged_and_told(
    squares: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """The backend alone would answer a bare 500 and log nothing."""
    server: Any = FastAPI()
    app = Dash("mistake", server=server)
    screen = Screen(app, Workers(squares, 1))

    @screen.shows(Output("part", "children"), reads=("language",))
    def broken(_scene: Scene) -> float:
        return 1 / 0

    app.layout = screen.laid(lambda parts: html.Div([html.Div(id="part"), parts]))
    (part,) = screen.parts
    with TestClient(server) as client:
        answer = client.post(
            "/_dash-update-component",
            json={
                "output": "part.children",
                "outputs": {"id": "part", "property": "children"},
                "inputs": [{"id": Id.PARTS, "property": part, "value": {"language": "en"}}],
                "changedPropIds": [f"{Id.PARTS}.{part}"],
            },
        )
    assert "The server made a mistake" in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_an_empty_database_teaches_the_next_step(fresh: Server) -> None:
    engine, door = fresh.engine(Role.APP, pool_size=2), _first_door(fresh)
    with signing.client_of(create_app(engine, door), door, "first") as client:
        callback = next(c for c in graph(client) if "notice.children" in c["output"])
        answer = client.post(
            "/_dash-update-component",
            json={
                "output": callback["output"],
                "outputs": {"id": "notice", "property": "children"},
                "inputs": [{**callback["inputs"][0], "value": {"language": "en"}}],
                "changedPropIds": [],
            },
        )
    engine.dispose()
    door.close()
    assert "citygrid demo" in answer.text


def _first_door(fresh: Server) -> Door:
    """Return the door of a database that holds one account and no city."""
    owner = fresh.engine(Role.OWNER)
    with owner.begin() as db:
        signing.hire(db, "first", Post.SYSTEM_ADMIN)
    door = signing.door_of(owner)
    owner.dispose()
    return door


def test_two_apps_in_one_process_share_nothing(squares: Engine, door: Door, fresh: Server) -> None:
    other, other_door = fresh.engine(Role.APP, pool_size=2), _first_door(fresh)
    first, second = create_app(squares, door), create_app(other, other_door)
    with (
        signing.client_of(first, door, signing.SEER) as one,
        signing.client_of(second, other_door, "first") as two,
    ):
        for client in (one, two):
            assert client.get("/").status_code == 200
            assert client.get("/no/such/page").status_code == 404
            assert len(graph(client)) == len(graph(one))
    assert first.callback_map.keys() == second.callback_map.keys()
    assert all(
        first.callback_map[name] is not second.callback_map[name] for name in first.callback_map
    )
    other.dispose()
    other_door.close()


def test_a_slow_panel_holds_up_nobody(squares: Engine, client: TestClient, ask: Ask) -> None:
    """While one panel waits in the database, the health route answers."""
    waiting, done = threading.Event(), []

    def slow() -> None:
        with seeing(squares) as db:
            waiting.set()
            db.execute(text("SELECT pg_sleep(1)"))
            done.append(True)

    thread = threading.Thread(target=slow)
    thread.start()
    waiting.wait(5)
    assert client.get("/health").json() == {"status": "ok"}
    assert not done
    thread.join()


def test_every_panel_stands_in_a_place_of_its_own() -> None:
    slots = [panel.SLOT for panel in PANELS]
    assert len(slots) == len(set(slots))
