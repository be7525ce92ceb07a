"""What `make run` needs of the machine: packages are asked for, or installed, or let be."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "install-packages"
# What the script itself calls; the rest of a machine's programs are left out.
NEEDED = ("sh", "ls", "id")


@pytest.fixture
def machine():
    """A folder that stands for the programs of a machine, and a way to run the script there."""
    with tempfile.TemporaryDirectory(prefix="citygrid-machine-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(SCRIPT, folder / "install-packages")
        (folder / "bin").mkdir()
        for program in NEEDED:
            (folder / "bin" / program).symlink_to(str(shutil.which(program)))

        def install(what, *programs):
            for program in programs:
                path = folder / "bin" / program
                path.write_text('#!/bin/sh\necho "$0 $*" >> /dev/stderr\nexit 0\n')
                path.chmod(0o755)
            return subprocess.run(
                [folder / "install-packages", what],
                env={"PATH": str(folder / "bin"), "CITYGRID_DATABASE_URL": "postgresql://x/y"},
                # Nobody may install packages, and in a container every other user can.
                user="nobody" if os.geteuid() == 0 else None,
                extra_groups=[] if os.geteuid() == 0 else None,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )

        yield install


def test_without_root_the_packages_to_install_are_said(machine):
    done = machine("run", "apt-get")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "ask an administrator for `apt-get install python3-venv`" in done.stderr


def test_on_another_system_their_names_are_said(machine):
    done = machine("test")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "CityGrid needs" in done.stderr
    assert " chromium" in done.stderr
    assert "packages of these names" in done.stderr


def test_with_everything_there_it_does_nothing(machine):
    done = machine("run", "python3.11", "apt-get", "sudo")
    assert (done.returncode, done.stdout) == (0, "")
    assert "apt-get" not in done.stderr


def test_make_says_which_python_it_needs(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9); $2"\n')
    old.chmod(0o755)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(SCRIPT.parents[1] / name, tmp_path)
    done = subprocess.run(
        ["make", "-C", tmp_path, ".venv/bin/python", f"PYTHON={old}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "CityGrid needs Python 3.11 or newer and found 3.9" in done.stderr
    assert not (tmp_path / ".venv").exists()
