"""Residents on the page: who sees them, how they are unmasked, and that nothing of it stays."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.text import speaker
from gis.access.posts import Post
from gis.database import Role
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.persons_city import NUMBER, PHONE, SECRETS, fill

REASON = "上门核实登记信息"
STAFF = {
    "head": (Post.GRID_HEAD, 2),
    "other": (Post.GRID_HEAD, 7),
    "worker": (Post.GRID_WORKER, 2),
    "leader": (Post.LEADER, 1),
    "clerk": (Post.CLERK, 1),
    "auditor": (Post.AUDITOR, None),
}


@pytest.fixture(scope="module")
def place(server):
    """A database with residents and staff."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db, signing.KEYS)
        for login, (post, unit) in STAFF.items():
            signing.hire(db, login, post, unit_id=unit)
    yield copy
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def door(place):
    engine = place.engine(Role.OWNER)
    door = signing.door_of(engine)
    yield door
    door.close()
    engine.dispose()


@pytest.fixture(scope="module")
def app(place, door):
    engine = place.engine(Role.APP, pool_size=4)
    yield create_app(engine, door)
    engine.dispose()


@pytest.fixture(scope="module")
def sign_in(app, door):
    clients = {login: signing.client_of(app, door, login) for login in STAFF}
    return clients.__getitem__


def ask(client, person=1, fields=("name", "phone"), reason=REASON, language="en"):
    body = {"person": person, "fields": list(fields), "reason": reason, "language": language}
    return client.post("/reveal", json=body)


def shown(client, building=1, page=0, language="en", output="persons"):
    """What a panel draws of a building, as JSON."""
    graph = client.get("/_dash-dependencies").json()
    callback = next(c for c in graph if c["output"] == f"{output}.children")
    view = {"building": building, "page": page, "language": language}
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": callback["output"],
            "outputs": {"id": output, "property": "children"},
            "inputs": [{**callback["inputs"][0], "value": view}],
            "changedPropIds": [],
        },
    )
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return json.dumps(answer.json(), ensure_ascii=False)


def audited(place, act):
    engine = place.engine(Role.OWNER)
    with engine.connect() as db:
        rows = db.execute(
            text("SELECT * FROM citygrid.audit WHERE act = :act ORDER BY id DESC"), {"act": act}
        ).all()
    engine.dispose()
    return rows


def test_a_grid_head_sees_residents_masked_and_may_unmask(sign_in):
    drawn = shown(sign_in("head"))
    assert "张*" in drawn
    assert "105****1234" in drawn
    assert "reveal 1" in drawn
    assert "Living alone" in drawn or "living alone" in drawn
    assert not any(secret in drawn for secret in SECRETS)
    assert "居民" in shown(sign_in("head"), language="zh")


def test_a_worker_sees_residents_and_has_no_button(sign_in):
    drawn = shown(sign_in("worker"))
    assert "张*" in drawn
    assert "data-does" not in drawn


@pytest.mark.parametrize("login", ["other", "leader", "clerk", "auditor"])
def test_others_see_published_numbers_only(sign_in, login):
    assert json.loads(shown(sign_in(login)))["response"]["persons"]["children"] == []
    card = shown(sign_in(login), output="glance")
    assert "in charge of the grid only" in card
    assert "张" not in card


def test_the_card_of_the_entitled_counts(sign_in):
    card = shown(sign_in("head"), output="glance")
    assert "in charge of the grid only" not in card
    assert "Living here" in card


def test_a_reveal_answers_once_is_kept_nowhere_and_stands_in_the_audit(sign_in, place):
    answer = ask(sign_in("head"), fields=("name", "phone", "room", "id_number"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    values = answer.json()["values"]
    assert values == {"name": "张沐宁", "phone": PHONE, "room": "1203", "id_number": NUMBER}
    row = audited(place, "reveal")[0]
    assert (row.login, row.subject, row.reason) == ("head", "people/1", REASON)
    assert not any(secret in str(row) for secret in SECRETS)


@pytest.mark.parametrize(
    ("login", "given", "status", "key"),
    [
        ("head", {"reason": "查"}, 400, "reveal.reason"),
        ("head", {"fields": []}, 400, "reveal.nothing_asked"),
        ("head", {"person": 7}, 404, "reveal.gone"),
        ("worker", {}, 403, "reveal.no_right"),
        ("other", {}, 404, "reveal.gone"),
        ("leader", {}, 403, "reveal.no_right"),
        ("clerk", {}, 403, "reveal.no_right"),
        ("auditor", {}, 403, "reveal.no_right"),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_is_a_sentence_and_stands_in_the_audit(
    sign_in, place, login, given, status, key, language
):
    before = len(audited(place, "reveal"))
    answer = ask(sign_in(login), language=language, **given)
    assert answer.status_code == status
    said = answer.json()["error"]
    begins = speaker(language)(key).partition("{")[0]
    assert said.startswith(begins)
    assert not any(secret in said for secret in SECRETS)
    assert len(audited(place, "reveal")) == before
    assert audited(place, "reveal_refused")[0].login == login


def test_who_is_not_signed_in_or_comes_from_elsewhere_is_refused(app, sign_in):
    stranger = signing.client_of(app)
    assert ask(stranger).status_code == 401
    client = sign_in("head")
    answer = client.post(
        "/reveal", json={"person": 1, "fields": ["name"], "reason": REASON},
        headers={"origin": "https://elsewhere.example"},
    )  # fmt: skip
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"person": -1, "fields": ["name"], "reason": REASON},
        {"person": 1, "fields": ["born"], "reason": REASON},
        {"person": 1, "fields": ["name"] * 9, "reason": REASON},
        {"person": 1, "fields": ["name"], "reason": "x" * 3000},
        {"person": "1; DROP TABLE people", "fields": ["name"], "reason": REASON},
    ],
)
def test_what_is_no_request_is_refused(sign_in, body):
    assert sign_in("head").post("/reveal", json=body).status_code == 422


def test_a_reveal_in_the_browser_is_masked_again(page, watch, app, door, serve):
    # Refusals are answers, which the console notes.
    watch.expected = "status of 4"
    address = serve(app.server)
    page.goto(f"{address}/health")
    signing.enter(page, address, door, "head")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{address}/?unit=3&building=1&language=en")
    panel = page.locator("#persons")
    # The first page of a browser takes its time on a busy machine.
    expect(panel).to_contain_text("张*", timeout=30_000)
    button = page.get_by_role("button", name="Unmask 张*")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("张* · 1*0*")
    # Everything can be reached by keys.
    page.get_by_role("button", name="Telephone").focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").fill("no")
    page.get_by_role("button", name="Show").click()
    expect(dialog.get_by_role("alert")).to_contain_text("4 to 200")
    page.get_by_label("Reason").fill(REASON)
    # From here on the half minute is made to pass.
    page.clock.install()
    page.get_by_role("button", name="Show").click()
    expect(dialog).to_contain_text(PHONE)
    expect(dialog).not_to_contain_text("张沐宁")
    expect(dialog.get_by_role("status")).to_have_text(re.compile("Hidden again in [23]"))
    page.clock.fast_forward(31_000)
    expect(dialog).not_to_contain_text(PHONE)
    assert PHONE not in page.content()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile("building=1"))
    assert PHONE not in page.evaluate("() => JSON.stringify([localStorage, sessionStorage])")
