"""Every benchmark runs at a tiny size, and its contenders agree."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import prepared
from benchmarks.__main__ import BENCHMARKS, main, run
from benchmarks.peers import tipg
from benchmarks.product import Usage
from benchmarks.readings import Unit
from benchmarks.sizes import TINY
from gis.cluster import Cluster
from gis.database import Server

# These load a city by the command line and start servers.
WHOLE_PROGRAM = ("tiles", "memory", "intake", "live", "dragging")
CITY = ("drill_down", "answering", "policy", "changes", "reach", "siting", "locating", "handling")


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


def holds(name):
    rows = run(name, TINY)
    assert rows
    for row in rows:
        for reading in filter(None, (row.ours, row.peer)):
            # What is left of a deviation may be nothing.
            assert reading.value > 0 or (reading.unit is Unit.PERCENT and reading.value == 0)
        assert row.aim is None, "only the full size is promised"


@pytest.mark.parametrize("name", sorted(BENCHMARKS.keys() - {*WHOLE_PROGRAM, *CITY}))
def test_contenders_agree(name):
    holds(name)


@pytest.mark.parametrize("name", CITY)
def test_contenders_agree_on_a_city(name, demo, cache, monkeypatch):
    target = Server(demo.url.set(username="postgres"), is_private=True)
    city = prepared.Demo(cache, target, Usage(), "today")
    # A city that somebody is connected to is not copied.
    demo.dispose()
    monkeypatch.setattr(prepared, "demo", lambda _size: contextlib.nullcontext(city))
    holds(name)


@pytest.mark.proof
@pytest.mark.parametrize("name", WHOLE_PROGRAM)
def test_the_whole_program_is_measured(name):
    if name == "tiles" and not tipg.PYTHON.exists():
        pytest.skip("The peers' environment is made by `make bench` only.")
    holds(name)


def test_an_unknown_name_is_refused_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["teleporting"])
    assert "placing" in capsys.readouterr().err
