"""Persons of a building: masked for those entitled, unmasked with a reason, and never elsewhere."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from gis import tables
from gis.access import tables as access
from gis.access import views
from gis.access.keys import KeyFileError, Keys
from gis.access.posts import POSTS, Held, Post, Right
from gis.access.rules import DEFAULT
from gis.access.viewer import NOBODY, act_as, viewer_of
from gis.database import Role
from gis.errors import NotFoundError
from layers import building_card, buildings, persons, tiles
from layers.catalog import LAYERS
from layers.persons import Field, RevealRefusedError, Why
from layers.search import search
from tests.builders import at
from tests.conftest import KEYS, clone, drop
from tests.persons_city import HERE, NUMBER, PHONE, SECRETS, fill

NOW = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)
REASON = "上门核实登记信息"

# Login → post and the unit it is held on; the quarters are units 2, 7, 12 and 17.
STAFF = {
    "head": (Post.GRID_HEAD, 2),
    "other_head": (Post.GRID_HEAD, 7),
    "worker": (Post.GRID_WORKER, 2),
    "subdistrict": (Post.SUBDISTRICT_HEAD, 1),
    "leader": (Post.LEADER, 1),
    "clerk": (Post.CLERK, 1),
    "auditor": (Post.AUDITOR, None),
    "admin": (Post.SYSTEM_ADMIN, None),
}


@pytest.fixture(scope="module")
def server_(server):
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
        hire(db)
    owner.dispose()
    yield copy
    drop(copy)


@pytest.fixture(scope="module")
def app(server_):
    engine = server_.engine(Role.APP)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def viewers(server_):
    engine = server_.engine(Role.PORTER)
    with engine.connect() as db:
        found = {login: viewer_of(db, number, NOW) for number, login in enumerate(STAFF, 1)}
    engine.dispose()
    assert found["head"].may(Right.REVEAL, 3)
    return {**found, "nobody": NOBODY}


@contextlib.contextmanager
def seen_by(app, viewer):
    """A transaction of the page's server, for a viewer; undone at the end."""
    with app.connect() as db, db.begin() as transaction:
        act_as(db, viewer)
        yield db
        transaction.rollback()


def hire(db):
    for number, (login, (post, unit)) in enumerate(STAFF.items(), 1):
        db.execute(
            text("INSERT INTO citygrid.account (id, login, name) OVERRIDING SYSTEM VALUE "
                 "VALUES (:id, :login, '王')"), {"id": number, "login": login}
        )  # fmt: skip
        db.execute(
            text("INSERT INTO citygrid.post_holding (account_id, post, unit_id, valid) "
                 "VALUES (:id, :post, :unit, '[2020-01-01,)')"),
            {"id": number, "post": post, "unit": unit},
        )  # fmt: skip
        assert (unit is not None) == (POSTS[post].held_on is Held.UNITS)


def people_on(page):
    return [p for e in page.entrances for h in e.households for p in h.people]


def unmask(db, viewer, people_id=1, fields=(Field.NAME, Field.PHONE), reason=REASON, **given):
    settings = {"keys": KEYS, "now": dt.datetime.now(dt.UTC), "rules": DEFAULT, **given}
    return persons.reveal(db, viewer, people_id, fields, reason, **settings)


def test_a_grid_head_sees_his_building_masked(app, viewers):
    with seen_by(app, viewers["head"]) as db:
        page = persons.of_building(db, 1)
    assert [entrance.name for entrance in page.entrances] == ["1单元", "2单元", None]
    assert page.households == 4
    first, second = page.entrances[0].households
    assert (first.room, second.room) == ("1*0*", "*")
    assert [p.name for p in first.people] == ["张*", "李*"]
    assert [p.phone for p in first.people] == ["105****1234", "****"]
    assert [p.id_number for p in first.people] == [persons.HIDDEN, None]
    # A child of ten, and somebody living alone: not even a part of the door.
    assert page.entrances[1].households[0].room == "*"
    assert page.entrances[1].households[0].people[0].care == 3
    assert page.entrances[2].households[0].room == "3*2*"
    said = json.dumps([vars(p) for p in people_on(page)], ensure_ascii=False)
    assert not any(secret in said for secret in SECRETS)


@pytest.mark.parametrize("login", ["other_head", "leader", "clerk", "auditor", "admin", "nobody"])
def test_others_see_nobody_and_unmask_nobody(app, viewers, login):
    viewer = viewers[login]
    with seen_by(app, viewer) as db:
        page = persons.of_building(db, 1)
        assert page.entrances == ()
        assert page.households == 0
        with pytest.raises(NotFoundError, match="Nobody in your units"):
            persons.masked(db, 1)
        with pytest.raises((RevealRefusedError, NotFoundError)):
            unmask(db, viewer)
        # Nor does the database, however it is asked.
        assert db.execute(select(views.person_clear(1))).all() == []
        assert db.scalar(text("SELECT count(*) FROM citygrid.person_masked")) == 0


@pytest.mark.parametrize(("login", "care"), [("worker", True), ("subdistrict", False)])
def test_who_sees_persons_but_does_not_unmask(app, viewers, login, care):
    viewer = viewers[login]
    with seen_by(app, viewer) as db:
        shown = people_on(persons.of_building(db, 1))
        assert len(shown) == 6
        assert {p.care is not None for p in shown} == {care}
        with pytest.raises(RevealRefusedError) as refused:
            unmask(db, viewer)
        assert refused.value.why is Why.NO_RIGHT
        assert db.execute(select(views.person_clear(1))).all() == []


def test_a_reveal_is_in_the_audit_before_the_value_is_read(app, viewers, server_):
    head = replace(viewers["head"], address="10.0.0.7")
    owner = server_.engine(Role.OWNER)
    with app.connect() as db, db.begin():
        act_as(db, head)
        shown = unmask(db, head, fields=tuple(Field), reason="  上门核实\n登记信息 ")
    assert shown == {
        Field.NAME: "张沐宁", Field.PHONE: PHONE, Field.ROOM: "1203", Field.ID_NUMBER: NUMBER
    }  # fmt: skip
    with owner.connect() as db:
        row = db.execute(select(access.audit).order_by(access.audit.c.id.desc()).limit(1)).one()
    owner.dispose()
    assert (row.act, row.subject, row.login) == ("reveal", "people/1", "head")
    assert (row.account_id, str(row.address), row.reason) == (1, "10.0.0.7", "上门核实 登记信息")
    assert row.details == {"fields": ["name", "phone", "room", "id_number"], "unit": 3}
    assert not any(secret in str(row) for secret in SECRETS)


def test_only_what_was_asked_for_is_shown(app, viewers):
    with seen_by(app, viewers["head"]) as db:
        assert unmask(db, viewers["head"], fields=[Field.PHONE]) == {Field.PHONE: PHONE}
        assert unmask(db, viewers["head"], 3, [Field.PHONE]) == {Field.PHONE: None}
        assert unmask(db, viewers["head"], 2, [Field.ID_NUMBER]) == {Field.ID_NUMBER: None}
        assert unmask(db, viewers["head"], 6, [Field.ROOM]) == {Field.ROOM: "302"}


def test_the_database_gives_nothing_clear_without_a_row_of_this_transaction(app, viewers):
    head = viewers["head"]
    with app.connect() as db, db.begin():
        act_as(db, head)
        assert db.execute(select(views.person_clear(1))).all() == []
        unmask(db, head)
        assert len(db.execute(select(views.person_clear(1))).all()) == 1
        assert db.execute(select(views.person_clear(2))).all() == []
    with seen_by(app, head) as db:
        # Yesterday's reason is not today's.
        assert db.execute(select(views.person_clear(1))).all() == []
    for table in ("person_private", "people", "household"):
        with seen_by(app, head) as db, pytest.raises(ProgrammingError, match="permission denied"):
            db.execute(text(f"SELECT * FROM citygrid.{table}"))


@pytest.mark.parametrize("reason", ["", "查", "   ", "aaaaaaaa", "核" * 201, "1 1 1 1"])
def test_a_reveal_needs_a_reason(app, viewers, reason):
    with seen_by(app, viewers["head"]) as db, pytest.raises(RevealRefusedError) as refused:
        unmask(db, viewers["head"], reason=reason)
    assert refused.value.why is Why.REASON
    assert refused.value.values == {"least": 4, "longest": 200}


def test_a_reveal_of_nothing_is_refused(app, viewers):
    with seen_by(app, viewers["head"]) as db, pytest.raises(RevealRefusedError) as refused:
        unmask(db, viewers["head"], fields=())
    assert refused.value.why is Why.NOTHING_ASKED


def test_reveals_are_limited_by_the_hour(app, viewers):
    head = viewers["other_head"]
    far = replace(head, units=((1, 40),), reveals=((1, 40),), posts=viewers["head"].posts)
    few = replace(DEFAULT, reveals_per_hour=2)
    with seen_by(app, far) as db:
        for _ in range(2):
            unmask(db, far, rules=few)
        with pytest.raises(RevealRefusedError) as refused:
            unmask(db, far, rules=few)
        assert refused.value.why is Why.TOO_MANY
        later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=61)
        assert unmask(db, far, rules=few, now=later)


@pytest.mark.parametrize("people_id", [4, 3, 5])
def test_the_door_of_a_child_or_somebody_alone_needs_the_right_of_care(app, viewers, people_id):
    head = viewers["head"]
    without = replace(
        head,
        rights=head.rights - {Right.CARE},
        care=(),
    )
    with seen_by(app, without) as db:
        with pytest.raises(RevealRefusedError) as refused:
            unmask(db, without, people_id, [Field.NAME, Field.ROOM])
        assert refused.value.why is Why.SHELTERED
        assert unmask(db, without, people_id, [Field.NAME])
        assert {p.care for p in people_on(persons.of_building(db, 1))} == {None}
    with seen_by(app, head) as db:
        assert unmask(db, head, people_id, [Field.ROOM])[Field.ROOM] in ("1204", "805")


def test_nobody_elsewhere_can_be_told_from_nobody_at_all(app, viewers):
    with seen_by(app, viewers["head"]) as db:
        sentences = set()
        for people_id in (7, 70_000):
            with pytest.raises(NotFoundError) as error:
                unmask(db, viewers["head"], people_id)
            sentences.add(str(error.value).replace(str(people_id), "…"))
        assert len(sentences) == 1


def test_a_number_of_another_key_or_row_is_not_shown(app, viewers):
    other = Keys({1: bytes(32)})
    with seen_by(app, viewers["head"]) as db, pytest.raises(KeyFileError) as error:
        unmask(db, viewers["head"], fields=[Field.ID_NUMBER], keys=other)
    assert NUMBER not in str(error.value)


def test_a_tower_comes_page_by_page(app, viewers):
    with seen_by(app, viewers["head"]) as db:
        pages = [persons.of_building(db, 1, number, size=2) for number in (0, 1, 7)]
    assert [(page.number, page.pages, page.households) for page in pages] == [
        (0, 2, 4), (1, 2, 4), (1, 2, 4)
    ]  # fmt: skip
    ids = [[p.id for p in people_on(page)] for page in pages]
    assert ids == [[1, 2, 3, 4], [5, 6], [5, 6]]


def test_how_many_live_in_a_building_is_for_the_entitled(app, viewers):
    for login, number in (("head", 6), ("leader", None), ("nobody", None)):
        with seen_by(app, viewers[login]) as db:
            assert [listed.people for listed in buildings.of_unit(db, 3)] == [number]
            assert building_card.card(db, 1, NOW).is_seen == (number is not None)


def test_a_building_that_is_not_there_is_said(app, viewers):
    with seen_by(app, viewers["head"]) as db, pytest.raises(NotFoundError, match="number 99"):
        persons.of_building(db, 99)


@pytest.mark.parametrize("login", ["head", "leader", "nobody"])
def test_no_tile_search_or_layer_carries_what_is_private(app, viewers, login):
    private = {"name", "phone", "room", "born", "id_number", "care", "household_id", "key"}
    for layer in (LAYERS["people"], LAYERS["households"]):
        assert not [field.name for field in layer.fields if field.on_map]
        assert layer.min_zoom > 24
    names = {column.name for column in access.person_private.c} - {"people_id", "unit_id"}
    assert names <= private | {"born"}
    assert access.person_private not in {layer.table for layer in LAYERS.values()}
    assert not set(tables.SEARCHED) & {"people", "household", "person_private"}
    with seen_by(app, viewers[login]) as db:
        for secret in (*SECRETS, "张", "沐宁"):
            assert not [hit for hit in search(db, secret) if hit.kind not in ("unit", "estate")]
        x, y = tile_of(*at(*HERE), 16)
        for layer in (LAYERS["people"], LAYERS["households"], LAYERS["buildings"]):
            data = tiles.tile(db, tiles.Address(layer.id, 16, x, y))
            assert not any(secret.encode() in data for secret in SECRETS)
            assert not any(name.encode() in data for name in private - {"name", "key"})


def tile_of(lon, lat, zoom):
    """The column and row of the tile that a place lies in."""
    south = math.asinh(math.tan(math.radians(lat))) / math.pi
    return int((lon + 180) / 360 * 2**zoom), int((1 - south) / 2 * 2**zoom)
