"""The calendar on the page and by command: what it would do is seen, then done."""

import contextlib
import datetime as dt
import re

import pytest
from sqlalchemy import update

from dashboard.incidents import facts
from dashboard.panels.incidents import clocks, log
from dashboard.scene import Scene
from dashboard.view import View
from gis import places
from gis.access.posts import Post
from gis.database import Role
from gis.tables import city as city_table
from layers.handling import calendar_days, rule_versions
from layers.handling.calendar import calendar_of
from layers.handling.rule_versions import Kind
from layers.handling.stages import RETIMED
from tests.dashboard import signing
from tests.dashboard.handling_page import app as app
from tests.dashboard.handling_page import door as door
from tests.dashboard.test_cli import run
from tests.dashboard.test_cli_city import command
from tests.dashboard.test_cli_city import squares as squares
from tests.dashboard.test_cli_city import state as state
from tests.layers.handling.handling_town import Town
from tests.town import built

HTML = {"accept": "text/html", "accept-language": "en"}
TAB = "/admin/calendar"


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        with town.engine(Role.OWNER).begin() as db:
            signing.hire(db, "admin", Post.SYSTEM_ADMIN)
            settings = {**town.city.to_json(), "calendar": {"country": "CN"}}
            db.execute(update(city_table).values(settings=settings))
        yield town


def known_until(town):
    with town.engine(Role.OWNER).connect() as db:
        return calendar_of(places.city(db)).known_until


@contextlib.contextmanager
def shown(town, case):
    with town.acting("mayor", Role.APP) as (db, _viewer):
        yield Scene(View(mode="incidents", language="en", case=case.key), db)


def read(client, query=""):
    answer = client.get(f"{TAB}{query}", headers=HTML)
    assert answer.status_code == 200
    return answer.text


def send(client, act, **fields):
    token = re.search(r'name="form" value="([0-9a-f]+)"', read(client))[1]
    return client.post(f"{TAB}/{act}", data={"form": token, **fields}, headers=HTML)


def test_days_are_changed_in_a_draft_that_says_what_it_would_do(town, app, door):
    # Reported now, due after eight hours of the working days to come.
    case = town.report(now=signing.now())
    day = case.due_at.astimezone(town.city.tz).date()
    with signing.client_of(app, door, "dispatcher") as other:
        assert other.get(TAB, headers=HTML).status_code == 403
        assert other.post(f"{TAB}/save", headers=HTML).status_code == 403
    with signing.client_of(app, door, "admin") as client:
        assert "The draft is what is in force" in read(client)
        for wrong, said in (
            ({"first": "soon"}, "A day looks like"), ({"kind": "half"}, "none of those known"),
            ({"name": ""}, "A day has a name"), ({"last": "2000-01-01"}, "the first before"),
        ):  # fmt: skip
            typed = {"first": f"{day}", "kind": "free", "name": "Flood", **wrong}
            refused = send(client, "put", **typed)
            assert (refused.status_code, said in refused.text) == (400, True), wrong
        drafted = send(
            client, "put", first=f"{day}", kind="free", name="Flood", year=f"{day.year}"
        ).text
        assert (
            "Of 1 open cases with limits in working hours or days, 0 are due earlier, 1 later"
            in (re.sub(r"\s+", " ", drafted))
        )
        assert re.search(rf"{day} \w+</td>\s*<td>day off</td>\s*<td>Flood</td>", drafted)
        assert "changed in the draft" in drafted
        assert town.read(case.id).due_at == case.due_at
        saved = send(client, "save", note="The river", year=f"{day.year}").text
        assert "Saved: the calendar is in force" in saved
        assert "The river" in saved
        assert town.read(case.id).due_at > case.due_at
        refused = send(client, "save")
        assert (refused.status_code, "Nothing was changed" in refused.text) == (400, True)
        # An earlier version is where one begins from; a day is taken out again.
        with town.engine(Role.ENGINE).connect() as db:
            (version,) = rule_versions.versions(db, Kind.CALENDAR)
        gone = send(client, "remove", day=f"{day}", year=f"{day.year}").text
        assert "removed in the draft" in gone
        assert "1 earlier" not in gone
        assert "removed in the draft" not in send(
            client, "take", version=f"{version.id}", year=f"{day.year}"
        ).text  # fmt: skip
        send(client, "drop")
        assert "The draft is what is in force" in read(client)


def test_the_year_shows_the_countrys_days_and_what_is_not_known_yet(app, door, town):
    known = known_until(town).year
    with signing.client_of(app, door, "admin") as client:
        year = read(client, "?year=2026")
        assert "are a guess" not in year
        assert re.search(r"2026-10-01 Thursday</td>\s*<td>day off</td>\s*<td>National Day", year)
        assert re.search(r"2026-10-10 Saturday</td>\s*<td>worked</td>", year)
        assert "are a guess" not in read(client, f"?year={known}")
        assert "are a guess" in read(client, f"?year={known + 1}")
        # What is no year is this one.
        for odd in ("?year=1e9", "?year=99999", "?year=-1", "?year=１９９９"):
            assert f"<strong>{signing.now().year}</strong>" in read(client, odd)


def test_a_case_that_is_due_when_nobody_knows_yet_says_so(town):
    late = dt.datetime.combine(known_until(town), dt.time(3), dt.UTC)
    near, far = (town.report(now=late - dt.timedelta(days=n)) for n in (30, 0))

    def told(case):
        with shown(town, case) as scene:
            listed = clocks.of(scene, case).to_plotly_json()["props"]
            return dict(facts.facts(scene, case, ""))["due"], listed.get("title") or ""

    assert ["a guess" in said for said in told(near)] == [False, False]
    assert ["a guess" in said for said in told(far)] == [True, True]


def test_the_history_of_a_case_says_by_which_version_it_is_due_when(town):
    case = town.report(now=signing.now())
    day = case.due_at.astimezone(town.city.tz).date()
    with town.acting("dispatcher") as (db, viewer):
        draft = calendar_days.in_force(db, places.city(db))
        draft = calendar_days.put(draft, day, day, is_worked=False, name="Flood")
        saved = calendar_days.save(db, viewer, draft, note="", now=signing.now())
    (step,) = [one for one in town.steps(case.id) if one.act == RETIMED]
    with shown(town, case) as scene:
        (said,) = log._words(scene, step)
        before, after = scene.moment(case.due_at), scene.moment(town.read(case.id).due_at)
    assert said == f"Version {saved.version} of the calendar: due {before} → {after}"


def test_the_commands_show_change_and_take_back(squares, state):
    year = "2026"
    assert "2026-12-28" not in command(state, "calendar", "list", "--year", year)
    tried = command(
        state, "calendar", "add", "2026-12-28", "2026-12-29", "--name", "Games", "--dry-run",
        CITYGRID_LANGUAGE="en",
    )  # fmt: skip
    assert "Nothing was written" in tried
    assert "Games" not in command(state, "calendar", "list", "--year", year)
    added = command(
        state, "calendar", "add", "2026-12-28", "2026-12-29", "--name", "Games",
        CITYGRID_LANGUAGE="en",
    )  # fmt: skip
    assert "Saved as version 1" in added
    command(state, "calendar", "add", "2026-12-27", "--worked", "--name", "For it")
    told = command(state, "calendar", "list", "--year", year, CITYGRID_LANGUAGE="en")
    assert re.search(r"2026-12-27 Sunday +│ worked +│ For it +│ the city", told)
    assert command(state, "calendar", "list", "--toml").splitlines() == [
        "[calendar]", "worked = [", "  2026-12-27,  # For it", "]",
        "free = [", "  2026-12-28,  # Games", "  2026-12-29,  # Games", "]",
    ]  # fmt: skip
    command(state, "calendar", "remove", "2026-12-27", "--note", "not needed")
    assert "For it" not in command(state, "calendar", "list", "--year", year)
    gone = run(
        "calendar", "remove", "2026-12-27", CITYGRID_STATE=str(state), CITYGRID_LANGUAGE="en"
    )
    assert (gone.exit_code, "none of the city's own days" in gone.output) == (1, True)
    same = run("calendar", "recount", CITYGRID_STATE=str(state), CITYGRID_LANGUAGE="en")
    assert (same.exit_code, "Nothing was changed" in same.output) == (1, True)
    found = command(state, "audit", "search", "--act", "settings_changed", CITYGRID_LANGUAGE="en")
    assert "2026-12-28 Games" in found
