"""Every benchmark runs at a tiny size, and its contenders agree."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import prepared
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.sizes import TINY
from gis.cluster import Cluster


@pytest.fixture(scope="module", autouse=True)
def cache(cluster: Cluster) -> Iterator[Path]:
    """A cache of the tests' own: nobody's prepared databases are used or touched."""
    with tempfile.TemporaryDirectory(prefix="citygrid-test-") as name:
        folder = Path(name)
        # PostgreSQL, which is not root, must get through.
        folder.chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(prepared, "cache", lambda: folder)
            yield folder


@pytest.mark.parametrize("name", ["placing", "loading"])
def test_it_runs_and_its_contenders_agree(name):
    rows = list(BENCHMARKS[name](TINY))
    assert rows
    for row in rows:
        assert row.ours.value > 0
        assert row.peer is None or row.peer.value > 0


def test_an_unknown_name_is_refused_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["teleporting"])
    assert "placing" in capsys.readouterr().err
