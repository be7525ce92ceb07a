"""The seal: everything committed is chained once, and whatever is done to it afterwards shows."""

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gis.access import audit
from gis.access.audit import Act
from gis.access.heads import Head, HeadFileError, HeadKind, Heads
from gis.access.sealing import Sealer, seal
from gis.access.verifying import AuditError, FaultKind, prune, verify
from gis.database import Role
from tests.conftest import clone, drop


@pytest.fixture(scope="module")
def guarded(server):
    """A database whose audit is guarded, to be copied."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        for statement in audit.STATEMENTS:
            db.execute(text(statement))
    owner.dispose()
    yield copy
    drop(copy)


class Place:
    """An audit with its sealer and its file of heads."""

    def __init__(self, server, folder):
        self.server = server
        self.heads = Heads.of(folder, "town")
        self.engines = {role: server.engine(role, pool_size=12) for role in (None, *Role)}
        self.sealer = Sealer(self.engines[Role.SEALER], self.heads)

    def record(self, number=1, act=Act.SIGN_IN, **said):
        with self.engines[Role.PORTER].begin() as db:
            for _ in range(number):
                audit.record(db, act, login="li.si", **said)

    def force(self, *statements):
        """Do something as a superuser whom no trigger stops."""
        with self.engines[None].begin() as db:
            db.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                db.execute(text(statement))

    def verify(self):
        heads = self.heads.read()
        with self.engines[Role.SEALER].connect() as db:
            return verify(db, heads)

    def kinds(self):
        return [fault.kind for fault in self.verify().faults]

    def prune(self, before):
        with self.engines[Role.OWNER].begin() as db:
            return prune(db, self.heads, before)

    def scalar(self, query):
        with self.engines[None].connect() as db:
            return db.scalar(text(query))


@pytest.fixture
def place(guarded, tmp_path):
    copy = clone(guarded, guarded.url.database)
    place = Place(copy, tmp_path)
    yield place
    for engine in place.engines.values():
        engine.dispose()
    drop(copy)


def now():
    return dt.datetime.now(dt.UTC)


def test_what_is_sealed_is_whole(place):
    place.record(
        3, subject="people/1", reason="回访", details={"n": 1.10, "a": ["x"]}, address="::1"
    )
    assert place.verify().unsealed == 3
    assert place.sealer.seal() == 3
    assert place.sealer.seal() == 0
    place.record(2)
    assert place.sealer.seal() == 2
    verdict = place.verify()
    assert verdict.is_whole
    assert (verdict.sealed, verdict.unsealed, verdict.heads) == (5, 0, 2)


def test_an_empty_audit_is_whole(place):
    assert place.sealer.seal() == 0
    assert place.verify().is_whole


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE audit SET login = 'wang' WHERE id = 4", FaultKind.ALTERED),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = 4", FaultKind.ALTERED),
        ("UPDATE audit SET account_id = 5 WHERE id = 4", FaultKind.ALTERED),
        ("UPDATE audit SET address = '10.0.0.1' WHERE id = 4", FaultKind.ALTERED),
        ("UPDATE audit SET act = 'export' WHERE id = 4", FaultKind.ALTERED),
        ("UPDATE audit SET subject = 'x' WHERE id = 4", FaultKind.ALTERED),
        ("UPDATE audit SET reason = 'x' WHERE id = 4", FaultKind.ALTERED),
        ("""UPDATE audit SET details = '{"n": 1.0}' WHERE id = 4""", FaultKind.ALTERED),
        ("DELETE FROM audit WHERE id = 4", FaultKind.REMOVED),
        ("DELETE FROM audit_seal WHERE seq = 4", FaultKind.REMOVED),
        ("UPDATE audit_seal SET link = sha256('x') WHERE seq = 4", FaultKind.ALTERED),
        ("DELETE FROM audit_seal WHERE seq = 9; DELETE FROM audit WHERE id = 9",
         FaultKind.TRUNCATED),
        ("DELETE FROM audit_seal WHERE seq = 1; DELETE FROM audit WHERE id = 1", FaultKind.REMOVED),
        ("TRUNCATE audit, audit_seal", FaultKind.TRUNCATED),
        ("TRUNCATE audit", FaultKind.REMOVED),
        # The 4th and the 5th change places.
        ("UPDATE audit_seal SET audit_id = CASE seq WHEN 4 THEN -5 WHEN 5 THEN -4 END "
         "WHERE seq IN (4, 5); UPDATE audit_seal SET audit_id = -audit_id WHERE audit_id < 0",
         FaultKind.ALTERED),
        # Room is made for a row in the middle.
        ("UPDATE audit_seal SET seq = -seq - 1 WHERE seq > 4; "
         "UPDATE audit_seal SET seq = -seq WHERE seq < 0; "
         "INSERT INTO audit (id, login, act) OVERRIDING SYSTEM VALUE VALUES (99, 'x', 'export'); "
         "INSERT INTO audit_seal VALUES (5, 99, sha256('x'))", FaultKind.ALTERED),
        ("INSERT INTO audit (login, act, at) VALUES ('wang', 'export', now() - interval '1 day')",
         FaultKind.INSERTED),
    ],
)  # fmt: skip
def test_what_a_superuser_does_to_it_is_found(place, statement, kind):
    for _ in range(3):
        place.record(3, details={"n": 1})
        place.sealer.seal()
    assert place.verify().is_whole
    place.force(*statement.split("; "))
    verdict = place.verify()
    assert kind in [fault.kind for fault in verdict.faults]
    # And sealing on does not cover it up.
    place.record(2)
    place.sealer.seal()
    assert not place.verify().is_whole
    with pytest.raises(AuditError, match="not what was sealed"):
        place.prune(now())


def test_the_row_that_was_altered_is_named_alone(place):
    place.record(9)
    place.sealer.seal()
    place.force("UPDATE audit SET login = 'wang' WHERE id = 4")
    (fault,) = place.verify().faults
    assert (fault.audit_id, fault.seq) == (4, 4)
    assert "Row 4" in str(fault)


def test_a_chain_made_anew_from_end_to_end_fits_no_exported_head(place):
    for _ in range(3):
        place.record(3)
        place.sealer.seal()
    place.force("UPDATE audit SET login = 'wang' WHERE id = 4", "TRUNCATE audit_seal")
    with place.engines[None].begin() as db:
        seal(db)
    (fault,) = place.verify().faults
    assert (fault.kind, fault.seq) == (FaultKind.REWRITTEN, 6)


def test_without_its_file_of_heads_a_chain_is_not_believed(place):
    place.record()
    place.sealer.seal()
    place.heads.path.unlink()
    assert place.kinds() == [FaultKind.UNEXPORTED]


def test_many_faults_are_counted_and_some_told(place):
    place.record(300)
    place.sealer.seal()
    place.force("UPDATE audit SET login = 'wang'")
    verdict = place.verify()
    assert (verdict.faulty, len(verdict.faults)) == (300, 100)


def test_late_commits_are_sealed_when_they_come(place):
    porter = place.engines[Role.PORTER]
    with porter.connect() as late:
        audit.record(late, Act.CHANGE, login="late")
        place.record(3)
        for _ in range(3):
            place.sealer.seal()
        assert place.verify().sealed == 3
        late.commit()
    assert place.sealer.seal() == 1
    place.record()
    assert place.sealer.seal() == 1
    assert place.verify().is_whole
    with place.engines[None].connect() as db:
        order = db.scalars(text("SELECT audit_id FROM audit_seal ORDER BY seq")).all()
    assert order == [2, 3, 4, 1, 5]


def test_many_writers_who_commit_late_or_never_are_all_sealed_once(place):
    """Writers and two sealers at once; every committed row gets one link."""
    writing = threading.Event()
    committed = []
    porter = place.engines[Role.PORTER]

    def write(seed):
        for number in range(40):
            with porter.connect() as db:
                audit.record(db, Act.CHANGE, login=f"{seed}/{number}")
                # Some hold a low id for long.
                time.sleep(0.05 if (seed + number) % 7 == 0 else 0.001)
                if (seed + number) % 5:
                    db.commit()
                    committed.append(f"{seed}/{number}")

    def keep_sealing(sealer):
        while not writing.is_set():
            sealer.seal()

    other = Sealer(place.engines[Role.SEALER], place.heads)
    sealers = [threading.Thread(target=keep_sealing, args=(s,)) for s in (place.sealer, other)]
    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(8)]
    for thread in sealers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    writing.set()
    for thread in sealers:
        thread.join()
    # What the first sealer remembers must have passed over nothing.
    place.sealer.seal()
    verdict = place.verify()
    assert [str(fault) for fault in verdict.faults] == []
    assert (verdict.sealed, verdict.unsealed) == (len(committed), 0)
    with place.engines[None].connect() as db:
        sealed = db.scalars(text("SELECT login FROM audit JOIN audit_seal ON audit_id = id")).all()
    assert sorted(sealed) == sorted(committed)


def test_a_backlog_is_sealed_in_batches(place, monkeypatch):
    place.record(25)
    with place.engines[Role.SEALER].begin() as db:
        assert seal(db, limit=10).cut_at == 10
    assert place.sealer.seal() == 15
    assert place.verify().is_whole


def test_while_one_seals_another_lets_it(place):
    place.record()
    with place.engines[Role.SEALER].begin() as db:
        assert seal(db).rows == 1
        assert place.sealer.seal() == 0
    assert place.sealer.seal() == 0
    assert place.verify().is_whole


SEALING = textwrap.dedent("""
    import sys
    from pathlib import Path
    from sqlalchemy import make_url
    from gis.access import sealing
    from gis.access.heads import Heads
    from gis.database import Role, Server

    sealing.BATCH = 3
    server = Server(make_url(sys.argv[1]), is_private=True)
    sealer = sealing.Sealer(server.engine(Role.SEALER), Heads(Path(sys.argv[2])))
    print("sealing", flush=True)
    while True:
        sealer.seal()
""")


def test_killed_in_the_middle_the_next_one_goes_on(place):
    address = place.server.url.render_as_string(hide_password=False)
    for wait_s in (0.0, 0.01, 0.03):
        command = [sys.executable, "-c", SEALING, address, str(place.heads.path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            for _ in range(20):
                place.record(5)
            time.sleep(wait_s)
            os.kill(process.pid, signal.SIGKILL)
        # Killed between the commit and the export, the head is missing until the next one goes on.
        assert set(place.kinds()) <= {FaultKind.UNEXPORTED}
    # A batch may be done by a server process whose client is dead.
    deadline = time.monotonic() + 30
    while place.verify().unsealed and time.monotonic() < deadline:
        place.sealer.seal()
    place.record()
    place.sealer.seal()
    verdict = place.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.faulty) == (301, 0, 0)
    assert place.kinds() == []


def test_a_head_that_was_not_written_to_its_end_is_left_out_and_overwritten(place):
    place.record()
    place.sealer.seal()
    with place.heads.path.open("a") as file:
        file.write('{"kind": "sea')
    assert len(place.heads.read()) == 1
    place.record()
    place.sealer.seal()
    assert [head.seq for head in place.heads.read()] == [1, 2]
    assert place.heads.path.stat().st_mode & 0o777 == 0o600


def test_a_line_of_the_file_that_is_no_head_is_said(tmp_path):
    heads = Heads.of(tmp_path, "town")
    heads.append(Head(HeadKind.SEALED, 1, 1, b"x" * 32, now()))
    heads.path.write_text("rubbish\n" + heads.path.read_text())
    with pytest.raises(HeadFileError, match="Line 1"):
        heads.read()


def test_what_is_pruned_is_gone_and_the_rest_is_whole(place):
    place.record(5)
    place.sealer.seal()
    boundary = now()
    place.record(4)
    place.sealer.seal()
    pruned = place.prune(boundary)
    assert (pruned.rows, pruned.anchor.seq) == (5, 5)
    assert place.verify().is_whole
    place.heads.forget(pruned.anchor)
    assert [(head.kind, head.seq) for head in place.heads.read()] == [("sealed", 9), ("pruned", 5)]
    place.sealer.seal()
    verdict = place.verify()
    assert verdict.is_whole
    # The four that stayed, and that it was pruned.
    assert verdict.sealed == 5
    with place.engines[Role.OWNER].connect() as db:
        newest = audit.search(db)[0]
    assert (newest.act, newest.details["rows"]) == (Act.AUDIT_PRUNED, 5)
    assert place.prune(boundary).rows == 0
    assert place.prune(now()).rows == 4
    assert place.verify().is_whole


def test_the_newest_link_stays_so_that_the_chain_goes_on(place):
    place.record(3)
    place.sealer.seal()
    assert place.prune(now()).rows == 2
    place.record()
    place.sealer.seal()
    assert place.verify().is_whole
    assert place.scalar("SELECT max(seq) FROM audit_seal") == 5


def test_pruning_that_is_undone_is_no_fault(place):
    place.record(3)
    place.sealer.seal()
    with place.engines[Role.OWNER].connect() as db:
        assert prune(db, place.heads, now()).rows == 2
        db.rollback()
    verdict = place.verify()
    assert (verdict.sealed, verdict.faulty) == (3, 0)


def test_who_removes_the_beginning_without_pruning_is_found(place):
    place.record(5)
    place.sealer.seal()
    boundary = now()
    place.record(4)
    place.sealer.seal()
    place.prune(boundary)
    place.force("DELETE FROM audit WHERE id <= 7", "DELETE FROM audit_seal WHERE seq <= 7")
    assert FaultKind.REMOVED in place.kinds()


def test_nobody_but_the_owner_prunes(place):
    place.record(3)
    place.sealer.seal()
    with (
        place.engines[Role.SEALER].begin() as db,
        pytest.raises(Exception, match=r"permission denied|policy|never changed"),
    ):
        prune(db, place.heads, now())


def test_another_audit_in_its_place_is_sealed_from_its_beginning(place):
    """A restore gives the sealer another table under the same name."""
    place.record(5)
    place.sealer.seal()
    with place.engines[Role.OWNER].begin() as db:
        for name in ("audit", "audit_seal"):
            db.execute(text(f"CREATE TABLE new (LIKE {name} INCLUDING ALL)"))
            db.execute(text(f"DROP TABLE {name}"))
            db.execute(text(f"ALTER TABLE new RENAME TO {name}"))
        for statement in audit.STATEMENTS:
            db.execute(text(statement))
    place.heads.append(Head(HeadKind.RESTORED, 0, 0, bytes(32), now()))
    place.record(2)
    assert place.sealer.seal() == 2
    verdict = place.verify()
    assert (verdict.sealed, verdict.faulty) == (2, 0)


ACTS = st.lists(
    st.sampled_from(["record", "begin", "commit", "undo", "seal", "seal_other", "prune"]),
    max_size=30,
)


@pytest.fixture(scope="module")
def empty(guarded):
    copy = clone(guarded, guarded.url.database)
    yield copy
    drop(copy)


@pytest.fixture(scope="module")
def engines(empty):
    engines = {role: empty.engine(role, pool_size=40) for role in (None, *Role)}
    yield engines
    for engine in engines.values():
        engine.dispose()


@given(acts=ACTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_whatever_happens_in_whatever_order_everything_committed_is_sealed_once(
    empty, engines, tmp_path_factory, acts
):
    place = Place(empty, tmp_path_factory.mktemp("heads"))
    place.engines = engines
    place.sealer = Sealer(engines[Role.SEALER], place.heads)
    other = Sealer(engines[Role.SEALER], place.heads)
    place.force("TRUNCATE audit, audit_seal")
    open_ones, committed, pruned = [], 0, 0
    for act in acts:
        if act == "record":
            place.record()
            committed += 1
        elif act == "begin":
            late = engines[Role.PORTER].connect()
            audit.record(late, Act.CHANGE, login="late")
            open_ones.append(late)
        elif act in {"commit", "undo"} and open_ones:
            late = open_ones.pop(0)
            if act == "commit":
                late.commit()
                committed += 1
            late.close()
        elif act == "seal":
            place.sealer.seal()
        elif act == "seal_other":
            other.seal()
        elif act == "prune":
            removed = place.prune(now())
            pruned += removed.rows
            committed += bool(removed.rows)
    for late in open_ones:
        late.close()
    place.sealer.seal()
    verdict = place.verify()
    assert [str(fault) for fault in verdict.faults] == []
    assert (verdict.sealed, verdict.unsealed) == (committed - pruned, 0)
