"""What is taken out: the impact sheet as PDF and XLSX, who may take it, and what it never tells."""

import asyncio
import datetime as dt
import io

import pypdf
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.reports import content, pdf, tables, workbook
from dashboard.reports.map_frame import Frame, objects
from dashboard.reports.tables import Under
from gis.access.posts import Post
from gis.access.viewer import act_as, viewer_of
from gis.database import Role
from gis.division.cutting import Split, Title
from gis.division.reshape import redraw
from gis.division.stored import open_division
from gis.orders import orders
from layers import catalog, counts, releases
from tests import builders, loops
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.layers.impact_city import HOMES, PEOPLE, PHONE, QUARTER, ROOT, WEST, fill
from tests.layers.test_one_change import at

HEAD, PLANNER, WORKER = "head", "planner", "worker"
TITLE = "=2+3 潮生社区调整"
NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def town(server):
    """The city of squares, somebody of three posts, and an order of the first."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
        signing.hire(db, HEAD, Post.COMMUNITY_HEAD, unit_id=QUARTER)
        signing.hire(db, PLANNER, Post.PLANNER, unit_id=ROOT)
        signing.hire(db, WORKER, Post.GRID_WORKER, unit_id=WEST)
        counts.rebuild(db, *catalog.COUNTED)
    with owner.connect() as db:
        db.execution_options(isolation_level="REPEATABLE READ")
        releases.make(db)
        db.commit()
    yield copy
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def engine(town):
    engine = town.engine(Role.APP, pool_size=4)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def viewers(town):
    porter = town.engine(Role.PORTER)
    with porter.connect() as db:
        ids = dict(db.execute(text("SELECT login, id FROM citygrid.account")).all())
        found = {
            login: viewer_of(db, number, dt.datetime.now(dt.UTC)) for login, number in ids.items()
        }
    porter.dispose()
    return found


@pytest.fixture(scope="module")
def order(engine, viewers):
    """An order that moves the edge between the two squares and splits the western one."""
    head = viewers[HEAD]
    with engine.begin() as db:
        act_as(db, head)
        division = open_division(db, [QUARTER])
        made = orders.create(db, head, title=TITLE, within=[QUARTER])
        seen = made.revision
        for operation in (
            redraw([at(1, 0.1), at(0.8, 0.5), at(1, 0.9)]),
            [Split(WEST, [[at(0.4, -1), at(0.4, 2)]], [Title("C1X", {"zh": "新格", "en": "New"})])],
        ):
            delta = division.do(*operation)
            seen = orders.save_step(db, head, made.id, seen=seen, delta=delta, said="x")
    return made.id


@pytest.fixture(scope="module")
def door(engine):
    door = signing.door_of(engine)
    yield door
    door.close()


@pytest.fixture(scope="module")
def app(engine, door):
    return create_app(engine, door)


@pytest.fixture
def as_(app, door):
    """Signs somebody in."""
    clients = []

    def sign_in(login):
        client = signing.client_of(app, door, login)
        clients.append(client)
        return client

    yield sign_in
    for client in clients:
        client.close()


def pages(body):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)


def sheets(body):
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize(("language", "said"), [("zh", "划出与划入"), ("en", "From and to")])
def test_the_pdf_says_what_changes_hands(as_, order, language, said):
    answer = as_(HEAD).get(f"/orders/{order}/sheet.pdf?language={language}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert "attachment" in answer.headers["content-disposition"]
    written = pages(answer.content)
    for word in (said, TITLE, "C11", "C12", "C1X", "TZ-"):
        assert word in written
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    assert len(reader.pages) >= 2
    assert reader.metadata.title == TITLE
    assert f"{len(reader.pages)}" in reader.pages[0].extract_text()


def test_the_same_order_gives_the_same_bytes(as_, order):
    client = as_(HEAD)
    for kind in ("pdf", "xlsx"):
        one, other = (client.get(f"/orders/{order}/sheet.{kind}").content for _ in range(2))
        assert one == other


def test_the_workbook_holds_whole_numbers_and_harmless_texts(as_, order):
    found = sheets(as_(HEAD).get(f"/orders/{order}/sheet.xlsx").content)
    assert list(found)[:3] == ["概要", "划出与划入", "涉及单元调整前后"]
    # Typed by people, and read by a program that reckons: it stays a text.
    assert found["概要"][0][0] == f"'{TITLE}"
    incidents = [row for row in found["未结事件清单"] if "incidents-" in str(row[0])]
    assert len(incidents) == 3
    rows = [dict(zip(found["划出与划入"][0], row, strict=False)) for row in found["划出与划入"][1:]]
    moved = next(r for r in rows if "C11" in str(r["划出"]) and "C12" in str(r["划入"]))
    assert (moved["户数"], moved["人口"], moved["楼栋"]) == (3 * HOMES, 3 * PEOPLE, 3)


def test_others_take_rounded_totals_and_no_person_out(as_, order):
    client = as_(PLANNER)
    found = sheets(client.get(f"/orders/{order}/sheet.xlsx").content)
    said = pages(client.get(f"/orders/{order}/sheet.pdf").content)
    assert "人口构成" not in found
    assert "≈" in said
    for rows in found.values():
        for row in rows:
            assert PHONE not in row
    assert PHONE not in said
    # Two of the three open incidents are about persons, and where those are is not told.
    assert len([row for row in found["未结事件清单"] if "incidents-" in str(row[0])]) == 1


def test_care_is_on_the_screen_for_who_may_see_it_and_never_taken_out(as_, order):
    shown = as_(HEAD).get(f"/orders/{order}/sheet").json()
    assert any((pair["persons"] or {}).get("care") for pair in shown["pairs"])
    assert shown["moved"]["features"]
    for kind in ("pdf", "xlsx"):
        body = as_(HEAD).get(f"/orders/{order}/sheet.{kind}?language=en").content
        said = pages(body) if kind == "pdf" else str(sheets(body))
        assert "care" not in said.lower()
        assert "living alone" not in said.lower()


def test_who_may_not_export_takes_nothing_out(as_, order):
    client = as_(WORKER)
    for address in (
        f"/orders/{order}/sheet",
        f"/orders/{order}/sheet.pdf",
        "/zoning/main/at/2026-05-01.gpkg",
    ):
        assert client.get(address).status_code == 403
    assert client.get("/orders/999/sheet.xlsx").status_code in (403, 404)


def test_taking_out_stands_in_the_audit_with_what_and_why(as_, order, town):
    as_(PLANNER).get(f"/orders/{order}/sheet.xlsx", params={"why": "送街道审阅"})
    as_(PLANNER).get("/zoning/main/at/2026-05-01.geojson", params={"why": "年报"})
    owner = town.engine(Role.OWNER)
    with owner.connect() as db:
        rows = db.execute(
            text(
                "SELECT subject, reason, details FROM citygrid.audit WHERE act = 'export'"
                " AND login = 'planner' AND reason <> '' ORDER BY id"
            )
        ).all()
    owner.dispose()
    (sheet, why, details), (zoning, why_zoning, _) = rows
    assert (sheet, why, details["format"]) == (f"order/{order}", "送街道审阅", "xlsx")
    assert (zoning, why_zoning) == ("zoning/main", "年报")


def test_an_address_that_is_wrong_is_said(as_):
    client = as_(HEAD)
    assert client.get("/orders/1/sheet.exe").status_code == 422
    assert client.get("/orders/999/sheet.pdf").status_code == 404


def test_setting_a_pdf_lets_the_loop_go_on(engine, viewers, order):
    with engine.connect() as db:
        act_as(db, viewers[HEAD])
        found = content.read(db, viewers[HEAD], order, "zh", NOW)

    async def turns():
        """How often the loop comes round while ten sheets are set."""
        count = 0
        work = asyncio.to_thread(lambda: [pdf.pdf(found) for _ in range(10)])
        setting = asyncio.create_task(work)
        while not setting.done():
            await asyncio.sleep(0.001)
            count += 1
        return count

    # A typesetter that kept the interpreter to itself would let it round once a sheet.
    assert loops.run(turns()) > 40


def test_small_groups_of_people_are_not_told_nor_worked_out():
    assert tables.told([0, 0, 12]) == [0, 0, 12]
    assert tables.told([3, 20, 12]) == [Under(5), 20, Under(5)]
    assert tables.told([4, 3, 12]) == [Under(5), Under(5), 12]
    assert tables.told([3]) == [Under(5)]
    assert tables.told([0, 3, 0]) == [0, Under(5), 0]


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_would_do_something_is_kept_from_it(typed):
    assert workbook.safe(typed) == f"'{typed}"
    assert workbook.safe(f"{'x'}{typed}") == f"x{typed}"


def test_a_frame_holds_what_it_is_around_with_a_round_scale():
    ground = builders.box(0.2, 0.2, 0.4, 0.3)
    frame = Frame.around(objects([ground]), "EPSG:4547")
    west, south, east, north = frame.bounds_4326
    inner = ground.bounds
    assert west < inner[0] < inner[2] < east
    assert south < inner[1] < inner[3] < north
    length, _ = frame.bar()
    assert str(length)[0] in "125"
