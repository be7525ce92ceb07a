"""The PostgreSQL that is there when nobody set one up: private, on a unix socket, no TCP."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg

from gis.errors import DatabaseError

PACKAGES = "postgresql postgresql-postgis"
SUPERUSER = "postgres"
DEFAULT_PORT = 5432
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
# A unix socket's path may have 107 bytes; the file's own name needs 20 of them.
LONGEST_DIRECTORY = 85

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # No replica reads this cluster, so a bulk load into a fresh table need not be logged twice.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "max_connections": "60",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
    # Tiles and statistics are short queries; compiling them costs more than running them.
    "jit": "off",
    "log_min_messages": "warning",
}


# Servers this process started, so that it can reap them: a child nobody waits for stays a zombie.
_children: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Cluster:
    """A private PostgreSQL in one directory.

    Several processes may use it at once: each holds a shared lock on ``users.lock``, the first
    one starts the server and the last one out stops it. The kernel frees the locks of a killed
    process, so nothing goes stale.
    """

    directory: Path
    # Extra server settings, e.g. fsync=off for tests.
    settings: tuple[tuple[str, str], ...] = ()
    # Where PostgreSQL's programs are; None looks for the newest installed.
    programs: Path | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "db"

    @property
    def port(self) -> int:
        """The number in the socket's name, and the TCP port where ``settings`` open one."""
        return int(dict(self.settings).get("port", DEFAULT_PORT))

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """Return the SQLAlchemy URL of a database of this cluster."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.directory}&port={self.port}"

    @contextlib.contextmanager
    def running(self) -> Iterator[Cluster]:
        """Keep the server up for the length of the block, starting it if nobody has.

        Raises
        ------
        DatabaseError
            PostgreSQL is not installed, the directory cannot be used, or the server will not start.
        """
        binaries = self.programs or find_binaries()
        self._prepare_directory(binaries)
        with (self.directory / "users.lock").open("a") as lock:
            # start.lock is held while starting or stopping, so that nobody connects in between.
            with (self.directory / "start.lock").open("a") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                if not self._answers():
                    self._bury_dead_postmaster()
                    self._start(binaries)
                fcntl.flock(lock, fcntl.LOCK_SH)
            try:
                yield self
            finally:
                with (self.directory / "start.lock").open("a") as stopping:
                    fcntl.flock(stopping, fcntl.LOCK_EX)
                    if _is_last(lock):
                        self._stop()

    def _prepare_directory(self, binaries: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        if len(os.fsencode(self.directory)) > LONGEST_DIRECTORY:
            raise DatabaseError(
                f"The path {str(self.directory)!r} is too long for a unix socket. "
                f"Set CITYGRID_STATE to a directory of at most {LONGEST_DIRECTORY} bytes.",
                key="error.long_directory",
                directory=str(self.directory),
                most=LONGEST_DIRECTORY,
            )
        if (user := _server_user()) is not None:
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self.directory.chmod(0o700)
        with (self.directory / "start.lock").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not (self.data / "PG_VERSION").exists():
                # A half-made cluster (the machine went down during initdb) is made anew.
                shutil.rmtree(self.data, ignore_errors=True)
                self._initdb(binaries)
        have, found = binaries.parent.name, (self.data / "PG_VERSION").read_text().strip()
        if have != found:
            raise DatabaseError(
                f"The data in {str(self.data)!r} was made by PostgreSQL {found}, installed is "
                f"{have}. Install PostgreSQL {found}, dump with `citygrid db dump`, and restore.",
                key="error.other_postgresql",
                directory=str(self.data),
                found=found,
                have=have,
            )

    def _initdb(self, binaries: Path) -> None:
        command: list[str | Path] = [
            binaries / "initdb", "--pgdata", self.data, "--username", SUPERUSER, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8",
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603
            command,
            cwd=self.directory,
            user=user.pw_uid if (user := _server_user()) else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise DatabaseError(
                f"PostgreSQL could not be set up in {str(self.data)!r}: {done.stderr.strip()}",
                key="error.initdb",
                directory=str(self.data),
                said=done.stderr.strip(),
            )

    def _start(self, binaries: Path) -> None:
        settings = {
            **SETTINGS,
            "unix_socket_directories": str(self.directory),
            **dict(self.settings),
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        log = self.directory / "postgres.log"
        with log.open("ab") as stream:
            # A direct child, not pg_ctl: after a crash pg_ctl refused to start over a stale lock.
            # In a session of its own, so that Ctrl-C in the terminal reaches only the program.
            process = _children[self.directory] = subprocess.Popen(  # noqa: S603
                [binaries / "postgres", "-D", self.data, *options],
                cwd=self.directory,
                user=user.pw_uid if (user := _server_user()) else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log.read_text(errors="replace").strip().splitlines()[-3:]
                raise DatabaseError(
                    f"PostgreSQL did not start: {' '.join(tail)} (log: {log})",
                    key="error.no_start",
                    said=" ".join(tail),
                    log=str(log),
                )
            time.sleep(0.01)

    def _bury_dead_postmaster(self) -> None:
        # A killed server that nobody has reaped (an init that does not) still has a process id, so
        # PostgreSQL takes its lock file for a living one's. Its backends end by themselves.
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while (pid := _read_pid(lock)) and _is_dead(pid):
            if time.monotonic() > deadline:
                raise DatabaseError(
                    f"PostgreSQL's process {pid} is dead but holds {str(lock)!r}.",
                    key="error.dead_postgresql",
                    pid=pid,
                    lock=str(lock),
                )
            if not _any_process_in(self.data):
                lock.unlink(missing_ok=True)
                (self.directory / f".s.PGSQL.{self.port}.lock").unlink(missing_ok=True)
                return
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            psycopg.connect(
                host=str(self.directory),
                port=self.port,
                user=SUPERUSER,
                dbname="postgres",
                connect_timeout=5,
            ).close()
        except psycopg.OperationalError:
            return False
        return True

    def _stop(self) -> None:
        pid = _read_pid(self.data / "postmaster.pid")
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            # SIGINT is PostgreSQL's fast shutdown: sessions end, a checkpoint is written.
            os.kill(pid, signal.SIGINT)
            deadline = time.monotonic() + STOP_TIMEOUT_S
            while (self.data / "postmaster.pid").exists() and time.monotonic() < deadline:
                # Killed, it does not take its file away; its backends end by themselves.
                if _is_dead(pid) and not _any_process_in(self.data):
                    break
                time.sleep(0.01)
        if child := _children.pop(self.directory, None):
            child.wait(STOP_TIMEOUT_S)


def find_binaries() -> Path:
    """Return the directory of the newest installed PostgreSQL's programs that has PostGIS.

    Raises
    ------
    DatabaseError
        None is installed, or none with PostGIS; the sentence says what to install.
    """
    homes = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parent.parent.name),
    )
    with_postgis = [
        home
        for home in homes
        if Path(
            f"/usr/share/postgresql/{home.parent.parent.name}/extension/postgis.control"
        ).exists()
    ]
    if not with_postgis:
        found = "PostgreSQL without PostGIS" if homes else "no PostgreSQL"
        raise DatabaseError(
            f"CityGrid needs PostgreSQL 15 or newer with PostGIS and found {found}. Install it "
            f"(`sudo apt-get install {PACKAGES}`), or set CITYGRID_DATABASE_URL to a server.",
            key="error.no_postgresql",
            packages=PACKAGES,
            found="PostGIS" if homes else "PostgreSQL",
        )
    return with_postgis[-1].parent


def _server_user() -> pwd.struct_passwd | None:
    """Return whom the server runs as when we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam(SUPERUSER)


def _read_pid(lock: Path) -> int | None:
    try:
        return int(lock.read_text().split()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _is_dead(pid: int) -> bool:
    """Whether a process has ended or is ending, though its id is still taken."""
    try:
        Path(f"/proc/{pid}/exe").readlink()
    except FileNotFoundError:
        return Path(f"/proc/{pid}").exists()
    except PermissionError:
        return False
    return False


def _any_process_in(directory: Path) -> bool:
    """Whether a living process works in ``directory``, as every PostgreSQL backend does."""
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink() == directory:
                return True
    return False


def _is_last(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
