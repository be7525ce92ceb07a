"""A city from its folder to a dump and back, by commands alone."""

import csv
import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from dashboard.cli.context import acting
from dashboard.cli.database import _program, _run
from gis.access.tables import audit, audit_seal
from gis.cluster import Cluster
from gis.database import Role, Server
from gis.tables import metadata
from layers.coverage.indicators import INDICATORS
from layers.handling.routing import Rule, to_json
from tests.builders import at
from tests.dashboard.conftest import running_state
from tests.dashboard.test_cli import run
from tests.importers import small_city

HEADER = "设施编号,设施名称,类别,容纳人数,经度,纬度"


@pytest.fixture(scope="module")
def squares():
    """A state directory with a city that a user brought as a folder."""
    with running_state() as state:
        folder = small_city.write(state / "a folder of mine")
        assert run("init", str(folder), CITYGRID_STATE=str(state)).exit_code == 0
        yield state


@pytest.fixture
def state(squares):
    """The same, as it was at first: what a test does to the city is undone."""
    kept = squares / "kept.dump"
    if not kept.exists():
        command(squares, "db", "dump", str(kept))
    yield squares
    command(squares, "db", "restore", "--replace", str(kept))


def command(state, *words, **environ):
    done = run(*words, CITYGRID_STATE=str(state), **environ)
    assert done.exit_code == 0, done.output
    return done.output


def database(state, city="squares"):
    found = Server(make_url(Cluster(state / "postgres").url("postgres")), is_private=True)
    return found.for_city(city)


def content(server):
    """A sum of every table's rows; but commands that change nothing are on record, too."""
    found = {}
    with acting(server, Role.OWNER) as engine, engine.connect() as db:
        cursor = db.connection.cursor()
        for table in set(metadata.sorted_tables) - {audit, audit_seal}:
            key = ", ".join(column.name for column in table.primary_key) or "1"
            query = f"COPY (SELECT * FROM {table} ORDER BY {key}) TO STDOUT"
            with cursor.copy(query) as rows:
                lines = [bytes(line) for line in rows]
            found[table.name] = len(lines), hashlib.md5(b"".join(sorted(lines))).hexdigest()
    return found


def numbering(server):
    """The last number of every sequence; what was undone has used some up."""
    query = text(
        "SELECT sequencename, last_value FROM pg_sequences WHERE sequencename <> 'audit_id_seq' "
        "ORDER BY 1"
    )
    with acting(server, None) as engine, engine.connect() as db:
        return db.execute(query).all()


def facilities(path, *rows):
    lines = (
        ",".join((key, name, kind, n, *map(str, at(x, y)))) for key, name, kind, n, x, y in rows
    )
    path.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return str(path)


def test_a_city_is_loaded_under_the_id_it_gives_itself(squares):
    shown = command(squares, "status")
    assert "方城 Squares (squares)" in shown
    assert re.search(r"square +│ 16", shown)
    assert re.search(r"people +│ 32 ", shown)
    assert "census 2020" in shown


def test_numbers_of_persons_are_released_with_the_city_and_when_asked(squares):
    assert re.search(r"│ 1 +│ 2020-10-31 16:00 │ .*│ 35 +│ 16 ", command(squares, "status"))
    made = command(squares, "release")
    assert re.search(
        r"^Release 2 of persons as of 2020-10-31 16:00: 35 numbers published, 16 withheld\.$",
        made, re.MULTILINE,
    )  # fmt: skip
    shown = command(squares, "status")
    assert re.findall(r"│ (\d) +│ 2020-10-31 16:00 │ 20", shown) == ["2", "1"]


def test_loading_it_again_changes_nothing(squares):
    before = content(database(squares))
    assert "loaded already" in command(squares, "init", str(squares / "a folder of mine"))
    assert content(database(squares)) == before


def test_a_loaded_city_passes_its_check(squares):
    output = command(squares, "check")
    said = re.search(r"(\d+) checks, ([\d,]+) values compared, 0 differ\.\n$", output)
    assert said, output
    assert int(said[2].replace(",", "")) > 1000
    assert "people count by sex, units of main: 40 compared, all equal" in output
    assert ": 0 compared" not in output


def test_a_file_is_tried_then_imported_then_known(state, tmp_path):
    path = facilities(
        tmp_path / "places.csv",
        ("F1", "福民诊所", "诊所", "5", 0.5, 0.5),
        ("F2", "公厕", "公厕", "2", 1.5, 0.5),
    )
    with Path(path).open("a", encoding="utf-8") as file:
        file.write("F3,石厦诊所,诊所,3,不详,不详\n")
    before = content(database(state))
    tried = command(state, "import", "facilities", path, "--dry-run")
    assert "3 rows read, would be 2 inserted, 0 updated, 0 unchanged, 1 rejected" in tried
    assert content(database(state)) == before
    done = command(state, "import", "facilities", path)
    assert "kind ← 类别" in done
    assert "3 rows read, 2 inserted, 0 updated, 0 unchanged, 1 rejected" in done
    assert "F3" in (tmp_path / "places.rejected.csv").read_text(encoding="utf-8-sig")
    again = command(state, "import", "facilities", path)
    assert "3 rows read, 0 inserted, 0 updated, 2 unchanged, 1 rejected" in again
    command(state, "check")


def test_rules_are_listed_and_others_tried_and_nothing_is_written(squares, tmp_path):
    before = content(database(squares))
    assert "0 rules of the city's own" in command(squares, "rules", "list")
    assert json.loads(command(squares, "rules", "list", "--json")) == []
    file = tmp_path / "rules.json"
    own = Rule(uid="x", name="x", words=("pump",), tells=("leader",))
    file.write_text(json.dumps([to_json(own)]), "utf-8")
    told = command(squares, "rules", "simulate", str(file), "--end", "2026-05-31")
    assert "2026-05-02 to 2026-05-31" in told
    assert "nothing was written" in told
    # Nothing that there is not is tried, and no other file.
    for wrong, said in (
        ([1], "holds no rules"), ({}, "holds no rules"), ([{}], "holds no rules"),
        ([{**to_json(own), "body_id": 9}], "no duty body 9"),
    ):  # fmt: skip
        file.write_text(json.dumps(wrong), "utf-8")
        done = run("rules", "simulate", str(file), CITYGRID_STATE=str(squares))
        assert done.exit_code == 1
        assert said in done.output
    assert content(database(squares)) == before


def test_import_says_in_one_sentence_what_it_cannot_do(squares, tmp_path):
    path = facilities(tmp_path / "places.csv", ("F1", "福民诊所", "诊所", "5", 0.5, 0.5))
    empty = tmp_path / "empty.xlsx"
    empty.write_bytes(b"")
    for words, said in (
        (("import", "ponds", path), "No layer is called 'ponds'. There are: people,"),
        (("import", "facilities", path, "--crs", "flat"), "'flat'"),
        (("import", "facilities", path, "--column", "colour=类别"), "'colour'"),
        (("import", "facilities", path, "--column", "kind=颜色"), "'颜色'"),
        (("import", "facilities", path, "--encoding", "klingon"), "'klingon'"),
        (("import", "facilities", str(empty)), "empty.xlsx"),
        (("serve", "--city", "atlantis"), "'atlantis' is not loaded; loaded: squares"),
        (("init", str(squares / "a folder of mine"), "--replace", "--files", str(tmp_path)),
         "nothing was changed"),
    ):  # fmt: skip
        before = content(database(squares))
        done = run(*words, CITYGRID_STATE=str(squares))
        assert done.exit_code == 1, done.output
        assert "Error: " in done.output
        assert said in done.output
        assert content(database(squares)) == before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE unit_count SET n = n + 1 WHERE unit_id = 1 AND measure_id = "
         "(SELECT id FROM measure WHERE name = 'people')",
         "people count by total, units of main: 20 compared, 1 differ"),
        ("UPDATE facility SET unit_id = (SELECT max(unit_id) FROM unit_version WHERE is_face "
         "AND zoning_id = 1) WHERE key = 'clinic:1'",
         "facilities: unit of each row, main: 2 compared, 1 differ"),
        ("DELETE FROM facility WHERE key = 'clinic:1'", "facilities rows by total, units of main"),
    ],
)  # fmt: skip
def test_the_check_finds_what_was_spoilt(damage, said, state):
    with acting(database(state), Role.OWNER) as engine, engine.begin() as db:
        assert db.execute(text(damage)).rowcount == 1
    done = run("check", CITYGRID_STATE=str(state))
    assert done.exit_code == 1
    assert said in done.output
    assert "stored, " in done.output or "counted" in done.output
    assert not done.output.strip().endswith(" 0 differ.")


def test_a_dump_comes_back_exactly_elsewhere(squares, tmp_path):
    dump = tmp_path / "squares.dump"
    said = command(squares, "db", "dump", str(dump))
    assert said == f"squares: {dump.stat().st_size:,} bytes written to {dump}.\n"
    with running_state() as other:
        assert "squares is restored" in command(other, "db", "restore", str(dump))
        assert content(database(other)) == content(database(squares))
        assert numbering(database(other)) == numbering(database(squares))
        assert schema(other) == schema(squares)
        assert command(other, "status") == command(squares, "status")
        command(other, "check")
    assert list(tmp_path.iterdir()) == [dump]


def test_jobs_wait_on_after_a_restore_and_are_listed_and_cancelled(state, tmp_path):
    with acting(database(state), None) as engine, engine.begin() as db:
        asking = db.scalar(
            text("INSERT INTO account (login, name) VALUES ('li', '李') RETURNING id")
        )
        db.execute(text("SELECT set_config('citygrid.account', :a, true)"), {"a": str(asking)})
        number = db.scalar(text("SELECT begin_job('indicators', '{}')"))
    dump = tmp_path / "squares.dump"
    command(state, "db", "dump", str(dump))
    with running_state() as other:
        command(other, "db", "restore", str(dump))
        assert queue_of(other) == queue_of(state) == [(number, "todo")]
        assert re.search(
            rf"^ ?{number} +standard indicators +li +waiting +—",
            command(other, "jobs", "list"),
            re.MULTILINE,
        )
        shown = command(other, "jobs", "cancel", str(number))
        assert shown == f"Job {number} (standard indicators): cancelled, —.\n"
        assert command(other, "jobs", "show", str(number)) == shown
        assert queue_of(other) == [(number, "cancelled")]
        said = run("jobs", "show", "99", CITYGRID_STATE=str(other))
        assert (said.exit_code, said.output) == (1, "Error: There is no job 99 of yours.\n")


def queue_of(state):
    query = text(
        "SELECT (args->>'number')::integer, status::text FROM citygrid_queue.procrastinate_jobs"
    )
    with acting(database(state), Role.OWNER) as engine, engine.connect() as db:
        return [tuple(row) for row in db.execute(query)]


def schema(state):
    """The schema as PostgreSQL would write it, rights included."""
    line, environ = _program("pg_dump", database(state).url)
    return [
        line
        for line in subprocess.check_output(
            [*line, "--schema-only"], env=environ, text=True
        ).splitlines()
        if not line.startswith(("\\restrict", "\\unrestrict"))
    ]


def test_restoring_over_a_city_must_be_meant(state, tmp_path):
    dump = tmp_path / "squares.dump"
    command(state, "db", "dump", str(dump))
    kept = content(database(state))
    with acting(database(state), Role.OWNER) as engine, engine.begin() as db:
        db.execute(text("DELETE FROM facility"))
    changed = content(database(state))
    done = run("db", "restore", str(dump), CITYGRID_STATE=str(state))
    assert done.exit_code == 1
    assert "'squares' is there already; add --replace" in done.output
    assert content(database(state)) == changed
    command(state, "db", "restore", "--replace", str(dump))
    assert content(database(state)) == kept
    # Nothing of the restoring stays behind.
    assert "loaded: squares." in run("serve", "--city", "x", CITYGRID_STATE=str(state)).output


def test_a_broken_dump_leaves_the_city_as_it_was(squares, tmp_path):
    good, broken = tmp_path / "good.dump", tmp_path / "broken.dump"
    command(squares, "db", "dump", str(good))
    kept = content(database(squares))
    whole = good.read_bytes()
    for part in (whole[:100], whole[: len(whole) * 3 // 4], whole[:-1000], b"nothing"):
        broken.write_bytes(part)
        done = run("db", "restore", "--replace", str(broken), CITYGRID_STATE=str(squares))
        assert done.exit_code == 1, f"{len(part)} of {len(whole)} bytes were restored"
        assert "pg_restore" in done.output
        assert content(database(squares)) == kept
    command(squares, "status")


def test_a_dump_of_no_city_is_refused(squares, tmp_path):
    dump = tmp_path / "other.dump"
    _run("pg_dump", database(squares).url.set(database="postgres"), "-Fc", f"--file={dump}")
    done = run("db", "restore", "--replace", str(dump), CITYGRID_STATE=str(squares))
    assert done.exit_code == 1
    assert "but of no city" in done.output
    command(squares, "status")


def test_a_dump_that_cannot_be_written_leaves_nothing(squares, tmp_path):
    done = run("db", "dump", str(tmp_path / "no" / "x.dump"), CITYGRID_STATE=str(squares))
    assert done.exit_code == 1
    assert "No such file or directory" in done.output


def test_the_schema_of_a_newer_program_is_left_alone(state):
    with acting(database(state), None) as engine, engine.begin() as db:
        db.execute(text("UPDATE public.schema_version SET version_num = '9999_future'"))
    done = run("db", "upgrade", CITYGRID_STATE=str(state))
    assert done.exit_code == 1
    assert "newer CityGrid (its schema is '9999_future'" in done.output


def test_psql_opens_on_the_city(squares, capfd):
    done = run("db", "shell", "--", "-Atc", "SELECT id FROM city", CITYGRID_STATE=str(squares))
    assert done.exit_code == 0
    assert capfd.readouterr().out == "squares\n"


def test_the_demo_is_generated_loaded_and_checked():
    with running_state() as state:
        said = command(state, "demo", "--size", "small")
        assert "is loaded" in said
        assert "demo, synthetic" in command(state, "status")
        assert command(state, "check").endswith(" 0 differ.\n")
        assert "loaded already" in command(state, "demo", "--size", "small")
        tell_coverage(state)
        dump = state / "demo.dump"
        command(state, "db", "dump", str(dump))
        kept = content(database(state, "demo"))
        command(state, "db", "restore", "--replace", str(dump))
        assert content(database(state, "demo")) == kept


def tell_room(state):
    """Of those in reach, some are served and the others over capacity, in all and by unit."""
    asked = "coverage", "elderly_care", "--minutes", "10", "--room", "--level", "community"
    said = command(state, *asked, COLUMNS="220")
    total = next(line for line in said.splitlines() if "Elderly care " in line and "│" in line)
    served, over = (int(cell.replace(",", "")) for cell in total.split("│")[-3:-1])
    assert served > 0
    assert over > 0
    rows = [line.split("│") for line in said.splitlines() if "Community" in line]
    for column, whole in ((-3, served), (-2, over)):
        assert sum(int(row[column].replace(",", "")) for row in rows) == whole
    told = re.search(
        r"Elderly care: ([\d,]+) compete for places \(100% of those aged 60 and over\).*? "
        r"([\d,]+) are served, ([\d,]+) are in reach without room, ([\d,]+) too far, "
        r"([\d,]+) on no street\.",
        " ".join(said.split()),
    )
    everybody, *four = (int(each.replace(",", "")) for each in told.groups())
    assert four[:2] == [served, over]
    assert everybody == sum(four)
    # As many as can be are served by the best plan, and they may have to go further for it.
    best = command(state, *asked[:4], "--optimal", COLUMNS="220")
    assert "as many as can be are served, in the least time" in " ".join(best.split())
    served_best = re.search(r"([\d,]+) are served", " ".join(best.split()))
    assert int(served_best.group(1).replace(",", "")) >= served
    inchinese = command(state, *asked, COLUMNS="220", CITYGRID_LANGUAGE="zh")
    assert "范围内但容量不足" in inchinese
    every = command(state, "coverage", "--room", COLUMNS="220")
    assert re.search(r"Metro .*│ — +│ — +│$", every, re.MULTILINE)
    refused = run("coverage", "clinic", "--minutes", "5", "--room", CITYGRID_STATE=str(state))
    assert refused.exit_code == 1
    assert "nobody can be said to find none. Told by room are: Infant care" in refused.output


def tell_coverage(state):
    """Whom facilities reach is told by the standards, and by level for one question."""
    every = command(state, "coverage", COLUMNS="200")
    assert "6,700 people live in the city." in every
    assert "Fire station" in every
    assert every.count("0+0 wrong") == len(INDICATORS)
    clinics = command(
        state, "coverage", "clinic", "--minutes", "5", "--level", "community", COLUMNS="200"
    )
    rows = [line.split("│") for line in clinics.splitlines() if "Community" in line]
    assert len(rows) == 6
    people, reached = (sum(int(row[k].replace(",", "")) for row in rows) for k in (3, 4))
    assert people == 6700
    total = next(line for line in clinics.splitlines() if "Clinic " in line and "│" in line)
    assert int(total.split("│")[3].replace(",", "")) == reached
    shares = [float(row[5].strip(" %")) for row in rows]
    assert shares == sorted(shares)
    assert 0 < reached < people
    tell_room(state)
    asked = "coverage", "clinic", "--minutes", "5"
    slower, more = (
        next(line for line in command(state, *asked, way, COLUMNS="200").splitlines()
             if "Clinic " in line).split("│")[3]
        for way in ("--older", "--planned")
    )  # fmt: skip
    told = command(state, "coverage", "--network", COLUMNS="200")
    assert "58.4 km" in told
    lines = int(told.rsplit(": ", 1)[1].strip(" .\n"))
    file = state / "odd.csv"
    assert "Lines written" in command(state, "coverage", "--odd", str(file))
    with file.open(encoding="utf-8-sig", newline="") as text_:
        rows = list(csv.DictReader(text_))
    assert len(rows) == lines > 0
    joined = [row for row in rows if row["what"] == "dead end"]
    assert joined
    assert all(row["key"] and row["joined to"] and float(row["metres"]) <= 2 for row in joined)
    # Behind the wall of an estate whose gate is not on record.
    off = [row for row in rows if row["what"] != "dead end"]
    assert {row["what"] for row in off} == {"door", "facility"}
    assert all(row["key"] and "barrier" in row["why"] for row in off)
    chinese = command(state, "coverage", "--network", COLUMNS="200", CITYGRID_LANGUAGE="zh")
    assert "断头路" in chinese
    # It stands in the audit that something was taken out.
    assert '"what": "streets"' in command(state, "audit", "search", COLUMNS="200")
    assert int(slower.replace(",", "")) < reached <= int(more.replace(",", ""))
