"""How the tests are shared out among the workers: file by file, what takes longest first."""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

LONGEST = (
    "browser",
    "demo",
    "taipei",
    "tests/layers/handling/test_proof_reported.py",
    "tests/dashboard/test_injection.py",
    "tests/dashboard/test_matrix_told.py",
    "tests/dashboard/test_serving.py",
    "tests/dashboard/test_cli_city.py",
    "tests/layers/test_proof_killed.py",
    "tests/layers/test_orders.py",
    "tests/dashboard/jobs/test_killed.py",
    "tests/dashboard/jobs/test_working.py",
    "tests/layers/test_verify.py",
    "tests/dashboard/test_proof_served_killed.py",
    "tests/dashboard/test_webhooks.py",
)
"""Groups and files that begin first, so that at the end no worker waits long for another."""


class FileByFile(LoadGroupScheduling):
    """Shares out groups and, of what is in none, files: what a file's tests share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        group = super()._split_scope(nodeid)
        return nodeid.split("::")[0] if group == nodeid else group

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = next((group for group in LONGEST if group in self.workqueue), None)
        if first:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
