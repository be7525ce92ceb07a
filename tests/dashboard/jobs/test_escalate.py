"""The queue looks by itself whose time runs out."""

import datetime as dt
import time

from dashboard.jobs.working import KeepWorking
from gis.database import Role
from layers.handling import escalations, rule_versions
from layers.handling.escalations import Escalation
from layers.handling.rule_versions import Draft, Kind
from tests.dashboard import signing
from tests.layers.handling.handling_town import town as town

WITHIN_S = 90


def test_what_is_due_is_escalated_by_the_worker_and_once(town):
    now = signing.now()
    case = town.handled(condition=2, now=now - dt.timedelta(hours=5))
    rule = Escalation("x", "Over", share=100, tells=("grid_head",))
    with town.acting("dispatcher") as (db, viewer):
        draft = Draft(Kind.ESCALATION, 0, [escalations.to_json(rule)])
        rule_versions.save(db, viewer, draft, note="", now=now)

    def times():
        return [step.act for step in town.steps(case.id)].count("escalate")

    keeper = KeepWorking(town.server, begin_after_s=0)
    keeper.start()
    try:
        deadline = time.monotonic() + WITHIN_S
        while not times():
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        keeper.stop()
    assert times() == 1
    with town.engine(Role.ENGINE).begin() as db:
        assert case.id not in escalations.due(db, town.city, [rule], signing.now())
