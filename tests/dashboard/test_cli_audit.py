"""The audit and the self-check by commands, and what commands themselves leave in the audit."""

import datetime as dt
import json

import pytest
from sqlalchemy import text

from dashboard.cli.context import acting
from gis.access import audit
from gis.access.audit import Act
from gis.access.heads import Heads
from gis.database import Role
from tests.dashboard.conftest import running_state
from tests.dashboard.test_cli import run
from tests.dashboard.test_cli_city import command, database, facilities
from tests.importers import small_city


@pytest.fixture(scope="module")
def squares():
    with running_state() as state:
        folder = small_city.write(state / "squares")
        assert run("init", str(folder), CITYGRID_STATE=str(state)).exit_code == 0
        yield state


def force(state, *statements):
    with acting(database(state), None) as engine, engine.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            db.execute(text(statement))


@pytest.fixture
def state(squares):
    """The city with its audit as it was loaded, whatever a test did to it."""
    yield squares
    force(squares, "TRUNCATE citygrid.audit, citygrid.audit_seal")
    Heads.of(squares, "squares").path.unlink(missing_ok=True)


def found(state, *options):
    lines = command(state, "audit", "search", "--json", *options).splitlines()
    return [json.loads(line) for line in lines]


def test_a_load_and_an_import_are_on_record_with_the_machines_user(state, tmp_path):
    command(state, "init", str(state / "squares"), "--replace")
    load = found(state, "--act", "load")[0]
    assert load["details"]["anew"]
    assert load["login"] == audit.machine_login()
    assert load["subject"] == "city/squares"
    file = facilities(tmp_path / "new.csv", ("F9", "甲", "clinic", "5", 0.5, 0.5))
    command(state, "import", "facilities", file, "--dry-run")
    before = len(found(state, "--act", "import"))
    command(state, "import", "facilities", file)
    imports = found(state, "--act", "import")
    assert len(imports) == before + 1
    assert imports[0]["subject"] == "layer/facilities"
    assert imports[0]["details"]["file"] == "new.csv"


def test_searching_shows_rows_in_lines_and_is_on_record_itself(state):
    with acting(database(state), Role.OWNER) as engine, engine.begin() as db:
        audit.record(
            db, Act.REVEAL, subject="people/1", reason="回访\n\x1b[2Jx", login="li.si",
            address="10.0.0.7",
        )  # fmt: skip
    shown = command(state, "audit", "search", "回访", "--since", "2020-01-01", "--login", "li.si")
    line, total = shown.splitlines()
    assert total == "1 rows found."
    assert "li.si (10.0.0.7)  reveal  people/1  “回访" in line
    assert "\x1b" not in line
    (searched, *_) = found(state, "--act", "audit_searched")
    assert searched["details"] == {
        "text": "回访", "since": "2020-01-01 00:00:00", "login": "li.si", "found": 1
    }  # fmt: skip


def test_sealing_and_verifying(state):
    command(state, "audit", "search")
    assert "rows were sealed" in command(state, "audit", "seal")
    assert command(state, "audit", "verify").endswith("0 faults.\n")
    heads = Heads.of(state, "squares")
    assert heads.path.stat().st_mode & 0o777 == 0o600
    force(state, "UPDATE citygrid.audit SET login = 'somebody else'")
    done = run("audit", "verify", CITYGRID_STATE=str(state))
    assert done.exit_code == 1
    assert "is not the one that was sealed" in done.output
    assert run("security", "check", CITYGRID_STATE=str(state)).exit_code == 1


def test_pruning_keeps_what_the_rules_say(state):
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=500)
    force(
        state,
        f"INSERT INTO citygrid.audit (login, act, at) VALUES ('x', 'sign_in', '{old}')",
        f"INSERT INTO citygrid.audit (login, act, at) VALUES ('x', 'sign_out', '{old}')",
    )
    command(state, "audit", "seal")
    command(state, "audit", "search")
    command(state, "audit", "seal")
    # The load came first and stays, so that nothing before it goes.
    force(state, "TRUNCATE citygrid.audit_seal", "DELETE FROM citygrid.audit WHERE login <> 'x'")
    Heads.of(state, "squares").path.unlink()
    command(state, "audit", "search")
    command(state, "audit", "seal")
    assert command(state, "audit", "prune", "--dry-run").startswith("2 rows of")
    assert command(state, "audit", "prune").endswith("were removed.\n")
    assert command(state, "audit", "prune").startswith("Nothing is older")
    assert [row["login"] for row in found(state, "--login", "x")] == []
    command(state, "audit", "verify")


def test_an_older_dump_does_not_wipe_out_what_came_after_it(state, tmp_path):
    command(state, "audit", "search", "first")
    command(state, "audit", "seal")
    file = str(tmp_path / "squares.dump")
    command(state, "db", "dump", file)
    command(state, "audit", "search", "second")
    command(state, "audit", "seal")
    command(state, "audit", "search", "third")
    assert "is kept in" not in command(state, "db", "restore", "--replace", file)
    texts = [row["details"].get("text") for row in found(state, "--act", "audit_searched")]
    assert [text for text in texts if text] == ["third", "second", "first"]
    (restored,) = found(state, "--act", "restore")
    assert restored["details"]["earlier_audit"] == "over"
    assert len(found(state, "--act", "dump")) == 1
    assert command(state, "audit", "verify").endswith("0 faults.\n")
    command(state, "audit", "seal")
    assert command(state, "audit", "verify").endswith("0 faults.\n")
    assert not list((state / "audit").glob("squares-*"))


def test_the_audit_of_another_installation_takes_its_place_and_ours_is_kept(state, tmp_path):
    file = str(tmp_path / "squares.dump")
    command(state, "audit", "search", "theirs")
    command(state, "audit", "seal")
    command(state, "db", "dump", file)
    # Somebody else's began in another way.
    force(state, "TRUNCATE citygrid.audit, citygrid.audit_seal")
    Heads.of(state, "squares").path.unlink()
    command(state, "audit", "search", "ours")
    command(state, "audit", "seal")
    said = command(state, "db", "restore", "--replace", file)
    (kept,) = (state / "audit").glob("squares-*")
    assert str(kept) in said
    assert "ours" in (kept / "audit.copy").read_text()
    assert found(state, "ours", "--act", "audit_searched") == []
    command(state, "audit", "seal")
    assert command(state, "audit", "verify").endswith("0 faults.\n")


def test_the_self_check_of_a_new_installation_finds_nothing_wrong(state):
    command(state, "audit", "search")
    command(state, "audit", "seal")
    shown = command(state, "security", "check")
    assert " 0 wrong." in shown
    assert "FAIL" not in shown
    for said in (
        "own nothing", "bypasses the row policy", "LEAKPROOF", "Row security is on",
        "unix socket only", "triggers are armed", "is whole", "Preset default",
        "not the keys", "refuses to start without TLS", "no second factor",
    ):  # fmt: skip
        assert said in shown


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("ALTER ROLE citygrid_app BYPASSRLS", "ALTER ROLE citygrid_app NOBYPASSRLS",
         "bypass the row policy or make roles or databases: citygrid_app"),
        ("ALTER TABLE citygrid.people DISABLE ROW LEVEL SECURITY",
         "ALTER TABLE citygrid.people ENABLE ROW LEVEL SECURITY", "Row security is off in: people"),
        ("ALTER TABLE citygrid.audit DISABLE TRIGGER audit_stays",
         "ALTER TABLE citygrid.audit ENABLE TRIGGER audit_stays", "audit_stays of audit"),
        ("GRANT SELECT ON citygrid.account TO citygrid_app",
         "REVOKE SELECT ON citygrid.account FROM citygrid_app", "may read: account"),
        ("GRANT UPDATE ON citygrid.unit TO citygrid_app",
         "REVOKE UPDATE ON citygrid.unit FROM citygrid_app", "may write to: unit"),
        ("GRANT citygrid_owner TO citygrid_app", "REVOKE citygrid_owner FROM citygrid_app",
         "citygrid_app may become citygrid_owner"),
        ("CREATE TABLE citygrid.mine (); ALTER TABLE citygrid.mine OWNER TO citygrid_porter",
         "DROP TABLE citygrid.mine", "citygrid_porter owns mine"),
    ],
)  # fmt: skip
def test_the_self_check_finds_a_database_that_lets_too_much(state, wrong, right, said):
    force(state, *wrong.split("; "))
    done = run("security", "check", CITYGRID_STATE=str(state))
    force(state, right)
    assert done.exit_code == 1
    assert said in done.output


def test_the_self_check_finds_files_that_others_can_read(state):
    command(state, "audit", "search")
    command(state, "audit", "seal")
    heads = Heads.of(state, "squares").path
    heads.chmod(0o644)
    settings = state / "settings.toml"
    settings.write_text('[security]\npreset = "mlps3"\n')
    settings.chmod(0o666)
    first = state / "first-administrator"
    first.touch(0o640)
    done = run("security", "check", CITYGRID_STATE=str(state))
    settings.unlink()
    first.unlink()
    assert done.exit_code == 1
    assert f"{heads} (-rw-r--r--)" in done.output
    assert f"{settings} (-rw-rw-rw-)" in done.output
    assert f"change these passwords: {first}" in done.output
    assert f"lie in {first}" in done.output
    assert "Preset mlps3" in done.output


def test_a_row_that_nobody_seals_is_wrong(state):
    command(state, "audit", "search")
    command(state, "audit", "seal")
    old = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=90)
    force(state, f"INSERT INTO citygrid.audit (login, act, at) VALUES ('x', 'sign_in', '{old}')")
    done = run("security", "check", CITYGRID_STATE=str(state))
    assert done.exit_code == 1
    assert "wait for their seal since" in done.output
