"""Photos and files of incidents over HTTP, and the sheet that is printed."""

import base64
import io
import re

import pypdf
import pytest
from sqlalchemy import text

from dashboard.limiting import FILES_AT_ONCE, Buckets, TooManyError
from dashboard.payloads import MOST_REPORTED
from gis.access import audit
from gis.database import Role
from layers.handling import pdf_files
from layers.handling.drafts import Reporter
from layers.handling.settings import Handling
from tests.dashboard import signing
from tests.dashboard.handling_page import app as app
from tests.dashboard.handling_page import door as door
from tests.layers.handling.handling_town import HERE, TO_HANDLE
from tests.layers.handling.handling_town import town as town
from tests.layers.handling.pictures import COMMENT, PDF, jpeg, opened
from tests.layers.handling.test_uploads import png_of

REPORT = {"scheme": "s", "small": "0101", "lon": HERE[0], "lat": HERE[1]}


@pytest.fixture(scope="module")
def clients(app, door):
    logins = ("intake", "roads", "head", "water", "planner", "mayor")
    found = {login: signing.client_of(app, door, login) for login in logins}
    yield found
    for client in found.values():
        client.close()


@pytest.fixture
def case(town):
    return town.handled(title="灯不亮")


def bring(client, case, body, name="lamp.jpg", **more):
    return client.post(f"/incidents/{case.key}/files", params={"name": name}, content=body, **more)


def packed(body, name="a.jpg"):
    return {"name": name, "content": base64.b64encode(body).decode()}


def test_a_photo_is_added_seen_and_removed(clients, case):
    sent = jpeg((900, 600))
    answer = bring(clients["roads"], case, sent, "../灯 1.PNG")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["file"], told["media_type"], told["own"]) == ("灯 1.PNG", "image/jpeg", True)
    again = bring(clients["head"], case, sent)
    assert (again.status_code, again.json()["id"], again.json()["is_new"]) == (
        200,
        told["id"],
        False,
    )
    base = f"/incidents/{case.key}/files"
    assert [each["id"] for each in clients["planner"].get(base).json()["files"]] == [told["id"]]
    for path, size in ((f"{base}/{told['id']}", (900, 600)),
                       (f"{base}/{told['id']}/thumbnail", (480, 320))):  # fmt: skip
        seen = clients["planner"].get(path)
        assert seen.headers["content-type"] == "image/jpeg"
        assert seen.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in seen.headers["content-security-policy"]
        assert "private" in seen.headers["cache-control"]
        name = "inline; filename*=UTF-8''%E7%81%AF%201.PNG.jpg"
        assert seen.headers["content-disposition"] == name
        assert opened(seen.content).size == size
        assert COMMENT not in seen.content
        assert b"Exif" not in seen.content
        known = {"if-none-match": seen.headers["etag"]}
        assert clients["planner"].get(path, headers=known).status_code == 304
    removal = f"{base}/{told['id']}/removal"
    assert clients["head"].post(removal, json={"reason": "not mine"}).status_code == 403
    assert clients["roads"].post(removal, json={"reason": ""}).status_code == 409
    assert clients["roads"].post(removal, json={"reason": "wrong lamp"}).status_code == 204
    assert clients["roads"].post(removal, json={"reason": "wrong lamp"}).status_code == 404
    assert clients["planner"].get(f"{base}/{told['id']}").status_code == 404
    steps = clients["planner"].get(f"/incidents/{case.key}").json()["steps"]
    assert [step["act"] for step in steps][-2:] == ["attach", "detach"]


def test_a_pdf_is_only_saved_and_has_no_small_picture(clients, case):
    number = bring(clients["roads"], case, PDF, 'no"tice\r\n.pdf').json()["id"]
    seen = clients["roads"].get(f"/incidents/{case.key}/files/{number}")
    assert seen.content == pdf_files.cleaned(PDF)
    assert seen.headers["content-disposition"] == "attachment; filename*=UTF-8''no%22tice.pdf"
    assert seen.headers["content-security-policy"].startswith("default-src 'none'")
    small = clients["roads"].get(f"/incidents/{case.key}/files/{number}/thumbnail")
    assert small.status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [(b"", 415, "neither"), (b"<script>alert(1)</script>", 415, "neither"),
     (b"\x00\x00\x00\x18ftypheic" + b"x" * 20, 415, "HEIC"), (jpeg()[:300], 415, "damaged"),
     (png_of(20_000, 20_000), 415, "million pixels"),
     (b"\xff\xd8\xff" + bytes(Handling().file_most_bytes), 413, "15 MB")],
    ids=["empty", "html", "heic", "damaged", "bomb", "large"],
)  # fmt: skip
def test_what_is_not_kept_is_refused_in_one_sentence_and_leaves_nothing(
    clients, case, body, status, said
):
    answer = bring(clients["roads"], case, body, "../../etc/x.jpg")
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert "x.jpg" in answer.json()["error"]
    assert "etc" not in answer.json()["error"]
    in_zh = clients["roads"].post(
        f"/incidents/{case.key}/files", params={"name": "x.jpg", "language": "zh"}, content=body
    )
    assert re.search(r"“x\.jpg”.*。$", in_zh.json()["error"])
    assert clients["roads"].get(f"/incidents/{case.key}/files").json() == {"files": []}


def test_who_does_not_work_on_it_adds_nothing(clients, case, town):
    assert bring(clients["water"], case, jpeg()).status_code == 403
    assert bring(clients["planner"], case, jpeg()).status_code == 403
    personal = town.report(is_personal=True)
    for login in ("water", "planner", "mayor"):
        assert clients[login].get(f"/incidents/{personal.key}/files").status_code == 404
        assert clients[login].get(f"/incidents/{personal.key}/sheet.pdf").status_code == 404
    # Another page cannot let one's browser do it.
    foreign = {"origin": "https://elsewhere.example"}
    assert bring(clients["roads"], case, jpeg(), headers=foreign).status_code == 403


def test_photos_go_with_a_report(clients, town):
    sent = {**REPORT, "title": "wall", "key": "w1",
            "files": [packed(jpeg(colour="blue")), packed(PDF, "n.pdf")]}  # fmt: skip
    first = clients["intake"].post("/incidents", json=sent)
    again = clients["intake"].post("/incidents", json=sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    listed = clients["intake"].get(f"/incidents/{first.json()['key']}/files").json()["files"]
    assert [each["file"] for each in listed] == ["a.jpg", "n.pdf"]


def test_of_several_reports_each_is_taken_or_refused_with_its_photos(clients, town):
    before = town.count()
    several = {
        "incidents": [
            {**REPORT, "files": [packed(jpeg(colour="red"))]},
            {**REPORT, "files": [packed(jpeg(colour="red")), packed(b"hello", "bad.jpg")]},
            {**REPORT, "files": [packed(jpeg(colour="red"), f"{n}.jpg") for n in range(21)]},
            REPORT,
        ]
    }
    found = clients["intake"].post("/incidents?language=en", json=several).json()["received"]
    assert ["id" in each for each in found] == [True, False, False, True]
    assert "bad.jpg" in found[1]["error"]
    assert "20 files" in found[2]["error"]
    assert town.count() == before + 2
    assert town.scalar("SELECT count(*) FROM incident_file WHERE file = 'bad.jpg'") == 0
    bad = {**REPORT, "files": [{"name": "x", "content": "abc"}]}
    assert clients["intake"].post("/incidents", json=bad).status_code == 422
    town.assert_counted()


def test_reports_are_held_to_a_size_before_they_are_read(clients):
    answer = clients["intake"].post("/incidents", content=b"[" * (MOST_REPORTED + 1))
    assert answer.status_code == 413
    assert "at most" in answer.json()["error"]


def test_so_many_files_an_hour_and_no_more():
    now = [0.0]
    buckets = Buckets(lambda: now[0], at_once=FILES_AT_ONCE, a_second=FILES_AT_ONCE / 3600)
    buckets.take(1, FILES_AT_ONCE)
    with pytest.raises(TooManyError) as told:
        buckets.take(1, 1)
    assert 0 < told.value.seconds <= 10
    buckets.take(2, 1)
    now[0] = 3600.0
    buckets.take(1, FILES_AT_ONCE)


def read(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    pages = [page.extract_text() for page in reader.pages]
    return reader, re.sub(r"\s+", "", "".join(pages))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sheet_says_what_it_is_who_did_what_and_shows_the_photos(clients, case, language):
    bring(clients["roads"], case, jpeg((300, 200)))
    bring(clients["roads"], case, PDF, "notice.pdf")
    answer = clients["roads"].get(f"/incidents/{case.key}/sheet.pdf", params={"language": language})
    assert answer.headers["content-disposition"] == f"inline; filename*=UTF-8''{case.key}.pdf"
    reader, said = read(answer)
    assert reader.pages[0].mediabox.width == pytest.approx(595.3, abs=1)
    for word in (case.key, "灯不亮", "lamp.jpg", "notice.pdf", "Roads", "Dispatcher"):
        assert word in said, word
    words = (
        ("案件单", "派遣", "处置人", "网格长王一")
        if language == "zh"
        else ("Casesheet", "Dispatch", "Dealtwith")
    )
    for word in words:
        assert word in said, word
    assert len(list(reader.pages[0].images)) >= 1


def test_who_may_print_a_case_and_who_is_told_who_reported_it(clients, town):
    reported = town.report(reporter=Reporter("张伟", "13812341234"))
    case = town.along(reported, *TO_HANDLE)
    path = f"/incidents/{case.key}/sheet.pdf"
    # Masked for who works on it, nothing of it for who takes data out, no sheet for others.
    _, said = read(clients["roads"].get(path))
    assert "138****1234" in said
    assert "13812341234" not in said
    _, said = read(clients["planner"].get(path))
    assert "张" not in said
    assert "1234" not in said.replace(case.key, "")
    assert clients["water"].get(path).status_code == 403
    # In full with a reason, which stands in the audit before.
    for login, status in (("roads", 409), ("planner", 403)):
        assert clients[login].get(path, params={"clear": True}).status_code == status
    why = {"clear": True, "why": "he is to be called back"}
    assert clients["planner"].get(path, params=why).status_code == 403
    _, said = read(clients["roads"].get(path, params=why))
    assert "13812341234" in said
    assert "张伟" in said
    with town.engine(Role.OWNER).connect() as db:
        entries = audit.search(db, subject=f"incident/{case.id}")
    acts = [(entry.act, entry.login, entry.reason) for entry in entries]
    assert ("reveal", "roads", why["why"]) in acts
    assert [act for act, *_ in acts].count("export") == 3
    assert town.scalar("SELECT count(*) FROM audit WHERE act = 'reveal'") == 1


def test_a_dump_has_the_files_with_all_else(town, case, clients):
    bring(clients["roads"], case, jpeg(colour="navy"))
    with town.engine(Role.OWNER).connect() as db:
        size, stored = db.execute(
            text("SELECT size, length(body) FROM citygrid.incident_file ORDER BY id DESC LIMIT 1")
        ).one()
    # In the table itself, not beside it.
    assert size == stored > 0
