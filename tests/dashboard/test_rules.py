"""Rules on the page: edited, tried, saved; a new report goes where they say."""

import re

import pytest
from playwright.sync_api import expect

from gis.access.posts import Post
from gis.database import Role
from layers.handling import rule_versions
from layers.handling.rule_versions import Kind
from tests.dashboard import signing
from tests.dashboard.handling_page import app as app
from tests.dashboard.handling_page import door as door
from tests.dashboard.test_incidents_story import WHERE, Desk
from tests.layers.handling.handling_town import WATER, Town
from tests.town import built

HTML = {"accept": "text/html", "accept-language": "en"}
RULE = {"name": "Pumps to water", "priority": "1", "words": "pump, valve", "body": f"{WATER}"}


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        with town.engine(Role.OWNER).begin() as db:
            signing.hire(db, "admin", Post.SYSTEM_ADMIN)
            signing.hire(db, "quarter_dispatcher", Post.DISPATCHER, unit_id=2)
        yield town


class Sender:
    """Somebody who sends the forms of the page."""

    def __init__(self, client):
        self.client = client
        self.token = re.search(r'name="form" value="([0-9a-f]+)"', self.page())[1]

    def page(self, query=""):
        answer = self.client.get(f"/admin/rules{query}", headers=HTML)
        assert answer.status_code == 200
        return answer.text

    def send(self, act, **fields):
        return self.client.post(
            f"/admin/rules/{act}", data={"form": self.token, **fields}, headers=HTML
        )


def in_force(town):
    with town.engine(Role.ENGINE).connect() as db:
        return rule_versions.in_force(db, Kind.ROUTING)


def test_who_edits_rules(app, door):
    for login, is_able in (
        ("dispatcher", True), ("admin", True), ("quarter_dispatcher", False), ("intake", False),
        ("mayor", False), ("roads", False), ("planner", False),
    ):  # fmt: skip
        with signing.client_of(app, door, login) as client:
            assert (client.get("/admin/rules", headers=HTML).status_code == 200) is is_able, login
            if not is_able:
                assert client.post("/admin/rules/save", headers=HTML).status_code == 403


def test_a_draft_is_tried_before_it_is_saved(town, app, door):
    town.report(title="a pump that drips", now=signing.now())
    with signing.client_of(app, door, "dispatcher") as client:
        one = Sender(client)
        assert "There are no rules yet" in one.page()
        for field, wrong, said in (
            ("body", "99", "no such duty body"), ("place", "nowhere", "No unit has"),
            ("class", "s/09", "no class"), ("from", "25:00", "times of the day"),
            ("priority", "x", "whole number"),
        ):  # fmt: skip
            refused = one.send("put", **{**RULE, field: wrong})
            assert refused.status_code == 400, field
            assert said.casefold() in refused.text.casefold(), field
            # What was typed is there still.
            assert "pump, valve" in refused.text
        assert "Pumps to water" in one.send("put", **RULE).text
        # Nobody else is shown it, and nothing is in force.
        with signing.client_of(app, door, "admin") as other:
            assert "Pumps to water" not in Sender(other).page()
        assert in_force(town) is None
        refused = one.send("save")
        assert refused.status_code == 400
        assert "See first what the rules would do" in refused.text
        tried = one.send("replay").text
        assert re.search(r"Of \d+ incidents 1 would go elsewhere", tried)
        assert "a pump that drips" in tried
        assert "the rule Pumps to water" in tried
        # Edited after that, it is tried again.
        uid = re.search(r"edit=([0-9a-f]{12})", tried)[1]
        assert 'value="pump、valve"' in one.page(f"?edit={uid}")
        one.send("put", **{**RULE, "uid": uid, "words": "pump"})
        assert one.send("save").status_code == 400
        one.send("replay")
        assert "Saved: the rules are in force" in one.send("save", note="Agreed on Monday").text
        version = in_force(town)
        assert (version.note, version.replayed["moved"]) == ("Agreed on Monday", 1)
        assert [each["name"] for each in version.rules] == ["Pumps to water"]
        # Said to be saved untried, it is, and that is known of it.
        one.send("remove", uid=uid)
        one.send("save", unreplayed="1")
        assert in_force(town).replayed is None
        assert in_force(town).rules == []
        # An earlier version is where one begins from; it stays as it was.
        one.send("take", version=f"{version.id}")
        assert "Pumps to water" in one.page()
        one.send("drop")
        assert "The draft is what is in force" in one.page()


def test_rules_of_escalation_are_edited_and_saved(town, app, door):
    fields = {"name": "Soon", "share": "80", "tell.grid_head": "1", "supervises": "1"}
    with signing.client_of(app, door, "dispatcher") as client:
        page = client.get("/admin/escalation", headers=HTML).text
        token = re.search(r'name="form" value="([0-9a-f]+)"', page)[1]

        def send(act, **given):
            return client.post(
                f"/admin/escalation/{act}", data={"form": token, **given}, headers=HTML
            )

        for wrong in ({"after_h": "3"}, {"share": ""}, {"answer_h": "0"}, {"class": "s/09"}):
            assert send("put", **{**fields, **wrong}).status_code == 400
        told = send("put", **fields).text
        assert "80 % used" in told
        assert "tells Grid head" in told
        assert "supervises, answer within 24 h" in told
        assert "Saved: the rules are in force" in send("save").text
        assert send("save").status_code == 400
        uid = re.search(r"edit=([0-9a-f]{12})", client.get("/admin/escalation").text)[1]
        assert 'value="80"' in client.get(f"/admin/escalation?edit={uid}").text
        send("remove", uid=uid)
        send("save")
    with signing.client_of(app, door, "intake") as client:
        assert client.get("/admin/escalation").status_code == 403
        assert client.post("/admin/escalation/save").status_code == 403
    with town.engine(Role.ENGINE).connect() as db:
        found = rule_versions.versions(db, Kind.ESCALATION)
    assert [len(each.rules) for each in found] == [0, 1]


def test_a_rule_is_edited_tried_and_saved_and_a_new_report_goes_there(
    town, app, door, browser, serve, watch
):
    address = serve(app.server)
    chief, intake = (Desk(browser, address, door, login) for login in ("dispatcher", "intake"))
    chief.open()
    page = chief.page
    page.locator(".cg-visitor-name").click()
    page.locator(".cg-menu-item", has_text="Routing rules").click()
    page.locator("#edit > summary").click()
    page.locator("[name=name]").fill("Valves to water")
    page.locator("[name=words]").fill("valve")
    page.locator("[name=body]").select_option(f"{WATER}")
    page.get_by_role("button", name="Put into the draft").click()
    expect(page.locator(".cg-rules").first).to_contain_text("with valve")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator(".cg-replayed")).to_contain_text("would go elsewhere")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("body")).to_contain_text("Saved: the rules are in force")

    intake.open()
    intake.place(WHERE)
    form = intake.page
    form.locator("#intake-kind").select_option("s/0101")
    expect(form.locator(".cg-intake-whose")).to_contain_text("roads")
    form.locator("#intake-title").fill("The valve is open")
    expect(form.locator(".cg-intake-whose")).to_contain_text("water")
    form.locator(".cg-intake-form [type=submit]").click()
    expect(form.locator("#case .cg-title")).to_have_text("The valve is open")
    expect(form.locator(".cg-case-log").first).to_contain_text("By the rule Valves to water")
    intake.next("Register")
    intake.leave()

    # It is proposed to whoever dispatches.
    chief.open("cases=mine")
    chief.take("The valve is open")
    page.locator(".cg-case-acts > .cg-button-main").click()
    box = page.locator("dialog[open]")
    expect(box.locator("[name=body_id]")).to_have_value(f"{WATER}")
    expect(box).to_contain_text("By the rule Valves to water")
    box.locator("[type=submit]").click()
    chief.stands("Dispatched")
    chief.leave()
