"""What an assessor asks of the machine: who else reads the files, and who overhears the server."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from gis.access import first, heads, keys, rules
from gis.access.self_check import Answer, Grade, judged

_OTHERS_READ = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def of_files(state: Path) -> Iterator[Answer]:
    """Answer what can be seen in the state directory."""
    key = state / keys.FOLDER / keys.FILE
    yield judged(
        "files", _open((key.parent, key), _OTHERS_READ),
        "Nobody but its owner reads the key file." if key.exists() else
        "There is no key file yet; it is made when first needed.",
        bad="Others may read; chmod go-rwx and change the key",
    )  # fmt: skip
    folder = state / heads.FOLDER
    yield judged(
        "files", _open((folder, *folder.glob("*")), _OTHERS_READ),
        "Nobody but its owner reads the exported heads of the audit.",
        bad="Others may read or write; chmod go-rwx",
    )  # fmt: skip
    settings = state / rules.SETTINGS_FILE
    yield judged(
        "files", _open((state, settings), _OTHERS_WRITE),
        "Nobody but its owner changes the settings.", bad="Others may write; chmod go-w",
    )  # fmt: skip
    yield judged(
        "files", _open((state / "postgres", state / "postgres" / "db"), _OTHERS_READ),
        "Nobody but its owner reads the files of the private database.",
        bad="Others may enter; chmod go-rwx",
    )  # fmt: skip
    passwords = state / first.FILE
    if passwords.exists():
        yield judged(
            "files", _open((passwords,), _OTHERS_READ),
            "Nobody but its owner reads the first administrators' passwords.",
            bad="Others may read; change these passwords",
        )  # fmt: skip
        yield Answer(
            Grade.NOTE, "files",
            f"The first administrators' passwords lie in {passwords}: delete it once they are "
            "changed.",
        )  # fmt: skip


def of_server(db: Connection, *, is_private: bool) -> Iterator[Answer]:
    """Answer who could overhear or reach the database's server, as the owner."""
    if is_private:
        listens = str(db.scalar(text("SHOW listen_addresses")))
        yield judged(
            "server", [listens] if listens else [],
            "The private database has a unix socket only, and no TCP.", bad="It listens on TCP at",
        )  # fmt: skip
        return
    is_tls = db.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    is_near = db.scalar(
        text("SELECT inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' "
             "OR inet_server_addr() = '::1'")
    )  # fmt: skip
    if is_tls or is_near:
        how = "over TLS" if is_tls else "on this machine"
        yield Answer(Grade.GOOD, "server", f"The database's server is reached {how}.")
    else:
        yield Answer(
            Grade.BAD, "server",
            "The database's server is reached over the network without TLS: add "
            "?sslmode=verify-full to CITYGRID_DATABASE_URL.",
        )  # fmt: skip


def _open(paths: tuple[Path, ...], to_others: int) -> Iterator[str]:
    for path in paths:
        if not path.exists():
            continue
        found = path.stat()
        if found.st_mode & to_others and not path.is_symlink():
            yield f"{path} ({stat.filemode(found.st_mode)})"
        elif found.st_uid not in (os.geteuid(), 0) and to_others == _OTHERS_WRITE:
            yield f"{path} (of user {found.st_uid})"
