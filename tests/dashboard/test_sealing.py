"""While the page is served the audit is sealed, through trouble and to the end."""

import logging
import time

import pytest
from sqlalchemy import text

from dashboard.sealing import KeepSealed
from gis.access import audit
from gis.access.audit import Act
from gis.access.heads import Heads
from gis.access.sealing import Sealer
from gis.access.verifying import verify
from gis.database import Role


@pytest.fixture
def sealer(fresh, tmp_path):
    sealer = Sealer(fresh.engine(Role.SEALER, pool_size=1), Heads.of(tmp_path, "town"))
    yield sealer
    sealer.engine.dispose()


@pytest.fixture
def kept(sealer):
    """Give a keeper, and stop it whatever the test came to."""
    keepers = []

    def keep(every_s):
        keepers.append(KeepSealed(sealer, every_s=every_s))
        keepers[-1].start()
        return keepers[-1]

    yield keep
    for keeper in keepers:
        keeper.stop()


def record(engine):
    with engine.begin() as db:
        audit.record(db, Act.SIGN_IN, login="li.si")


def waiting(engine, sealer):
    heads = sealer.heads.read()
    if not heads:
        # The first head leaves the database after the first link is committed.
        return 1
    with engine.connect() as db:
        verdict = verify(db, heads)
    assert verdict.is_whole
    return verdict.unsealed


def until(question, within_s=30):
    deadline = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_seals_what_comes_and_what_is_left_at_the_end(engine, sealer, kept):
    record(engine)
    keep = kept(0.05)
    until(lambda: waiting(engine, sealer) == 0)
    record(engine)
    until(lambda: waiting(engine, sealer) == 0)
    record(engine)
    keep.stop()
    assert waiting(engine, sealer) == 0


def test_it_goes_on_after_the_server_was_away(fresh, engine, sealer, kept, caplog):
    caplog.set_level(logging.WARNING)
    kept(0.02)
    until(lambda: sealer.engine.pool.checkedin() == 1)
    administrator = fresh.engine(None)
    with administrator.begin() as db:
        db.execute(text("REVOKE ALL ON citygrid.audit_seal FROM citygrid_sealer"))
    until(lambda: "could not be sealed" in caplog.text)
    assert "permission denied" in caplog.text
    with administrator.begin() as db:
        db.execute(text("GRANT SELECT, INSERT ON citygrid.audit_seal TO citygrid_sealer"))
        db.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :r"),
            {"r": Role.SEALER.value},
        )
    administrator.dispose()
    record(engine)
    until(lambda: waiting(engine, sealer) == 0)


def test_it_survives_its_own_bugs_and_says_them(engine, sealer, kept, caplog, monkeypatch):
    right = sealer.seal
    calls = []

    def wrong():
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError
        return right()

    monkeypatch.setattr(sealer, "seal", wrong)
    record(engine)
    kept(0.02)
    until(lambda: waiting(engine, sealer) == 0)
    assert "ZeroDivisionError" in caplog.text
