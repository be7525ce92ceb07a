"""State directories of the tests' own, with their PostGIS running."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest

from gis.cluster import Cluster
from gis.errors import DatabaseError
from tests.conftest import FAST, lacking


@contextlib.contextmanager
def state_directory():
    """A directory for CITYGRID_STATE: a short path, for the socket in it, that all may enter."""
    folder = Path(tempfile.mkdtemp(prefix="cg-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def running_state():
    """A state directory whose server runs already, so that each command need not start it."""
    with state_directory() as folder, contextlib.ExitStack() as stack:
        try:
            stack.enter_context(Cluster(folder / "postgres", FAST).running())
        except DatabaseError as error:
            lacking(str(error))
        yield folder


@pytest.fixture(scope="session")
def empty_state():
    """A state directory that holds no city, and shall not."""
    with running_state() as folder:
        yield folder
