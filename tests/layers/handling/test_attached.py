import threading

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import ProgrammingError

from gis.access import audit
from gis.cases import incident_file
from gis.database import Role
from gis.errors import ForbiddenError, NotFoundError
from layers.handling import attached, reports
from layers.handling.drafts import Draft
from layers.handling.settings import Handling
from layers.handling.stages import ActError, OvertakenError
from layers.handling.uploads import prepare
from tests.layers.handling.handling_town import HERE, NOW, TO_CLOSE, TO_HANDLE
from tests.layers.handling.handling_town import town as town
from tests.layers.handling.pictures import PDF, jpeg

USUAL = Handling()
COLOURS = ("red", "green", "blue", "white")


def photo(colour="teal", file="lamp.jpg"):
    return prepare(file, jpeg(colour=colour), USUAL)


def paper():
    return prepare("notice.pdf", PDF, USUAL)


def attach(town, login, one, *files, handling=USUAL):
    with town.acting(login) as (db, viewer):
        return attached.attach(db, viewer, handling, one.id, files or [photo()], now=NOW)


def detach(town, login, one, number, reason="wrong lamp"):
    with town.acting(login) as (db, viewer):
        attached.detach(db, viewer, one.id, number, reason, now=NOW)


def seen(town, login, one):
    with town.acting(login, Role.APP) as (db, _):
        return [each.file for each in attached.listed(db, one.id)]


def test_a_file_is_added_and_stands_in_the_history_and_the_audit(town):
    one = town.handled()
    before = town.read(one.id)
    ((file, is_new),) = attach(town, "roads", one)
    assert is_new
    assert (file.file, file.name, file.is_photo) == ("lamp.jpg", "Roads", True)
    # Neither the stage moves nor the version: who acts on what he saw is not held up.
    now = town.read(one.id)
    assert (now.stage, now.version) == (before.stage, before.version)
    step = town.steps(one.id)[-1]
    assert (step.act, step.name, step.details["files"]) == ("attach", "Roads", ["lamp.jpg"])
    with town.engine(Role.OWNER).connect() as db:
        entry = audit.search(db, subject=f"incident/{one.id}", act=audit.Act.CHANGE)[0]
    assert entry.details["act"] == "attach"
    assert entry.details["sha256"] == [file.sha256]
    assert town.act("roads", before, "feed_back").version == before.version + 1


def test_the_same_content_twice_is_one_file(town):
    one = town.handled()
    ((first, _),) = attach(town, "roads", one)
    ((again, is_new),) = attach(town, "head", one, photo(file="other name.jpg"))
    assert not is_new
    assert again == first
    assert [step.act for step in town.steps(one.id)].count("attach") == 1
    both = attach(town, "roads", one, photo("red"), photo("red"))
    assert [is_new for _, is_new in both] == [True, True]
    assert both[0][0] == both[1][0]
    assert len(seen(town, "roads", one)) == 2


def test_two_who_add_the_same_at_once_add_it_once(town):
    one = town.handled()
    found = []

    def add():
        found.extend(attach(town, "roads", one))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(is_new for _, is_new in found) == [False, False, False, True]
    assert len(seen(town, "roads", one)) == 1


def test_what_is_undone_leaves_nothing(town):
    one = town.handled()
    before = len(town.steps(one.id))
    with town.acting("roads") as (db, viewer):
        attached.attach(db, viewer, USUAL, one.id, [photo()], now=NOW)
        db.rollback()
    assert seen(town, "roads", one) == []
    assert len(town.steps(one.id)) == before


def test_a_case_has_so_many_files_and_no_more_all_or_none(town):
    one = town.handled()
    few = Handling(files_most=2)
    attach(town, "roads", one, photo("red"), handling=few)
    with pytest.raises(ActError) as told:
        attach(town, "roads", one, photo("green"), photo("blue"), handling=few)
    assert told.value.key == "error.case_file_many"
    assert len(seen(town, "roads", one)) == 1
    # What is there already takes no room.
    attach(town, "roads", one, photo("red"), photo("green"), handling=few)
    assert len(seen(town, "roads", one)) == 2


def test_who_sees_a_case_sees_its_files_and_nobody_else(town):
    one, personal = town.handled(), town.along(town.report(is_personal=True), *TO_HANDLE)
    for case in (one, personal):
        ((file, _),) = attach(town, "roads", case)
    for login in ("intake", "roads", "head", "water", "neighbour", "mayor", "planner"):
        works_on_it = login in ("intake", "roads", "head")
        assert seen(town, login, one) == ["lamp.jpg"], login
        assert seen(town, login, personal) == (["lamp.jpg"] if works_on_it else []), login
        with town.acting(login, Role.APP) as (db, _):
            if works_on_it:
                assert attached.content(db, personal.id, file.id).body == photo().body
                assert attached.thumbnails(db, personal.id)
            else:
                assert not attached.thumbnails(db, personal.id)
                with pytest.raises(NotFoundError):
                    attached.content(db, personal.id, file.id)


def test_who_does_not_work_on_a_case_adds_and_removes_nothing(town):
    one, personal = town.handled(), town.report(is_personal=True)
    ((file, _),) = attach(town, "roads", one)
    for login in ("water", "neighbour", "mayor", "planner"):
        with pytest.raises(ForbiddenError):
            attach(town, login, one, photo("red"))
        with pytest.raises(ForbiddenError):
            detach(town, login, one, file.id)
        with pytest.raises(NotFoundError):
            attach(town, login, personal)
    assert seen(town, "roads", one) == ["lamp.jpg"]


def test_who_reported_an_incident_sends_its_photos_after_it(town):
    # Of another's quarter: a grid head reports it and does not work on it.
    one = town.report("neighbour")
    with town.acting("neighbour", Role.APP) as (db, viewer):
        assert attached.may_attach(db, viewer, one)
    attach(town, "neighbour", one)
    with pytest.raises(ForbiddenError):
        attach(town, "water", one)


def test_who_added_a_file_removes_it_with_a_reason_while_the_case_is_open(town):
    one = town.handled()
    ((file, _),) = attach(town, "roads", one)
    with pytest.raises(ForbiddenError):
        detach(town, "head", one, file.id)
    for reason in ("", "  x "):
        with pytest.raises(ActError):
            detach(town, "roads", one, file.id, reason)
    with pytest.raises(NotFoundError):
        detach(town, "roads", one, file.id + 1)
    detach(town, "roads", one, file.id)
    assert seen(town, "roads", one) == []
    step = town.steps(one.id)[-1]
    assert (step.act, step.reason, step.details["files"]) == ("detach", "wrong lamp", ["lamp.jpg"])
    with town.engine(Role.OWNER).connect() as db:
        entry = audit.search(db, subject=f"incident/{one.id}", act=audit.Act.CHANGE)[0]
    assert (entry.reason, entry.details["act"]) == ("wrong lamp", "detach")
    # Sent again, it is there again.
    ((again, is_new),) = attach(town, "roads", one)
    assert is_new
    town.along(town.read(one.id), *TO_CLOSE)
    for what in (lambda: attach(town, "roads", one, photo("red")),
                 lambda: detach(town, "roads", one, again.id)):  # fmt: skip
        with pytest.raises(ActError):
            what()
    assert seen(town, "roads", one) == ["lamp.jpg"]


def test_who_is_overtaken_is_told_of_the_act_and_not_of_a_photo(town):
    one = town.report()
    town.act("intake", one, "register")
    attach(town, "dispatcher", one)
    with pytest.raises(OvertakenError) as told:
        town.act("intake", one, "register", seen=0)
    assert "Intake" in str(told.value)
    assert "Intake" in told.value.values["author"]
    assert "register" in str(told.value)


def test_photos_go_with_a_report_all_or_nothing_and_once(town):
    draft = Draft(
        "s", "0101", *HERE, key="with photos", files=(photo("red", "a.jpg"), paper())
    )  # fmt: skip

    def send(draft):
        with town.acting("intake") as (db, viewer):
            return reports.report_all(db, viewer, town.city, [draft], now=NOW, faces=town.faces)[0]

    first = send(draft)
    again = send(draft)
    assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
    one = town.read(first.id)
    assert seen(town, "intake", one) == ["a.jpg", "notice.pdf"]
    assert [step.act for step in town.steps(one.id)] == ["report", "attach"]
    # The same key with another photo is another report.
    other = send(Draft("s", "0101", *HERE, key="with photos", files=(photo("green"),)))
    assert other.fault.key == "error.case_key_taken"
    before = town.count()
    many = tuple(photo(colour) for colour in COLOURS) * 6
    assert send(Draft("s", "0101", *HERE, files=many)).fault.key == "error.case_file_many"
    assert town.count() == before
    town.assert_counted()


def test_reports_without_files_are_known_by_what_they_were_before_there_were_any():
    draft = Draft("s", "0101", 118.0, 21.6, key="k", title="灯不亮")
    # As release 0.1 wrote it: a report that is sent once more stays the one it was.
    assert draft.sha256 == "9045b8760d53c685f4a6140f4a7ff277701afa6570822ff0d417a4f33cde657d"


def test_the_database_itself_lets_the_server_only_read(town):
    one = town.handled()
    attach(town, "roads", one)
    values = {
        "incident_id": one.id, "file": "x", "media_type": "image/jpeg", "sha256": "x", "size": 1,
        "body": b"x",
    }  # fmt: skip
    for what in (
        insert(incident_file).inline().values(values), incident_file.delete(),
        incident_file.update().values(file="y"),
    ):  # fmt: skip
        with (
            town.acting("roads", Role.APP) as (db, _),
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            db.execute(what)
    with (
        town.acting("roads", Role.ENGINE) as (db, _),
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        db.execute(incident_file.update().values(file="y"))
    for role in (Role.PORTER, Role.WORKER):
        with (
            town.engine(role).connect() as db,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            db.execute(select(incident_file.c.id))
