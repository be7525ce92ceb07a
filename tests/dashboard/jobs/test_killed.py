"""A job outlives the program: killed with -9 in the middle, it is begun anew at the next start."""

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import time
import urllib.parse
import urllib.request

import pytest

from tests.dashboard.conftest import state_directory
from tests.dashboard.jobs.test_working import children, is_gone
from tests.dashboard.test_serving import PATIENCE_S, started
from tests.gis.test_database import free_port

pytestmark = pytest.mark.postgis


class Planner:
    """The demo's planner with a browser of the plainest kind."""

    def __init__(self, address):
        self.address = address
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        form = self.ask("/sign-in", accept="text/html").decode()
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        entering = urllib.parse.urlencode({**hidden, "login": "demo.planner"}).encode()
        self.ask("/sign-in/demo", entering, accept="text/html")

    def ask(self, path, data=None, accept="application/json"):
        kind = "application/x-www-form-urlencoded" if accept == "text/html" else accept
        headers = {"origin": self.address, "accept": accept, "content-type": kind}
        request = urllib.request.Request(self.address + path, data, headers)
        with self.opener.open(request, timeout=PATIENCE_S) as answer:
            return answer.read()

    def begin(self):
        return json.loads(self.ask("/jobs", b'{"kind": "indicators"}'))["id"]

    def until(self, number, *states):
        deadline = time.monotonic() + PATIENCE_S
        while (job := json.loads(self.ask(f"/jobs/{number}")))["state"] not in states:
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
        return job


def test_a_job_killed_in_the_middle_is_done_after_the_next_start():
    port = str(free_port())
    with state_directory() as folder:
        with started(folder, "up", "--port", port, "--size", "small") as program:
            planner = Planner(program.address())
            number = planner.begin()
            planner.until(number, "running")
            deadline = time.monotonic() + PATIENCE_S
            while not children(number):
                assert time.monotonic() < deadline
            # The program, the process that answers, the database: all at once, as a machine dies.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.process.pid, signal.SIGKILL)
            program.process.wait(PATIENCE_S)
            assert is_gone(number)
        with started(folder, "up", "--port", port) as program:
            planner = Planner(program.address())
            job = planner.until(number, "done", "failed", "cancelled")
    assert (job["state"], job["attempt"]) == ("done", 2)
    assert job["done"] == job["total"] == len(job["result"]["indicators"])
