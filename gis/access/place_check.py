"""What an assessor asks of the machine: who else reads the files, and who overhears the server."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from gis.access import first, heads, keys, rules
from gis.access.self_check import Answer, Grade, judged
from gis.said import Said

_OTHERS_READ = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def of_files(state: Path) -> Iterator[Answer]:
    """Answer what can be seen in the state directory."""
    key = state / keys.FOLDER / keys.FILE
    yield judged(
        "files",
        _open((key.parent, key), _OTHERS_READ),
        Said("Nobody but its owner reads the key file.", key="secure.key_file")
        if key.exists()
        else Said(
            "There is no key file yet; it is made when first needed.", key="secure.no_key_file"
        ),
        bad=Said("Others may read; chmod go-rwx and change the key", key="secure.key_open"),
    )
    folder = state / heads.FOLDER
    yield judged(
        "files",
        _open((folder, *folder.glob("*")), _OTHERS_READ),
        Said("Nobody but its owner reads the exported heads of the audit.", key="secure.heads"),
        bad=Said("Others may read or write; chmod go-rwx", key="secure.heads_open"),
    )
    settings = state / rules.SETTINGS_FILE
    yield judged(
        "files",
        _open((state, settings), _OTHERS_WRITE),
        Said("Nobody but its owner changes the settings.", key="secure.settings"),
        bad=Said("Others may write; chmod go-w", key="secure.settings_open"),
    )
    yield judged(
        "files",
        _open((state / "postgres", state / "postgres" / "db"), _OTHERS_READ),
        Said("Nobody but its owner reads the files of the private database.", key="secure.files"),
        bad=Said("Others may enter; chmod go-rwx", key="secure.files_open"),
    )
    passwords = state / first.FILE
    if passwords.exists():
        yield judged(
            "files",
            _open((passwords,), _OTHERS_READ),
            Said(
                "Nobody but its owner reads the first administrators' passwords.",
                key="secure.first",
            ),
            bad=Said("Others may read; change these passwords", key="secure.first_open"),
        )
        yield Answer(
            Grade.NOTE,
            "files",
            Said(
                f"The first administrators' passwords lie in {passwords}: delete it once they are "
                "changed.",
                key="secure.first_lie",
                path=str(passwords),
            ),
        )


def of_server(db: Connection, *, is_private: bool) -> Iterator[Answer]:
    """Answer who could overhear or reach the database's server, as the owner."""
    if is_private:
        listens = str(db.scalar(text("SHOW listen_addresses")))
        yield judged(
            "server",
            [listens] if listens else [],
            Said("The private database has a unix socket only, and no TCP.", key="secure.socket"),
            bad=Said("It listens on TCP at", key="secure.tcp"),
        )
        return
    is_tls = db.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    is_near = db.scalar(
        text(
            "SELECT inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' "
            "OR inet_server_addr() = '::1'"
        )
    )
    if is_tls or is_near:
        how = "over TLS" if is_tls else "on this machine"
        yield Answer(
            Grade.GOOD,
            "server",
            Said(f"The database's server is reached {how}.", key="secure.reached"),
        )
    else:
        yield Answer(
            Grade.BAD,
            "server",
            Said(
                "The database's server is reached over the network without TLS: add "
                "?sslmode=verify-full to CITYGRID_DATABASE_URL.",
                key="secure.plain",
            ),
        )


def _open(paths: tuple[Path, ...], to_others: int) -> Iterator[str]:
    for path in paths:
        if not path.exists():
            continue
        found = path.stat()
        if found.st_mode & to_others and not path.is_symlink():
            yield f"{path} ({stat.filemode(found.st_mode)})"
        elif found.st_uid not in (os.geteuid(), 0) and to_others == _OTHERS_WRITE:
            yield f"{path} (of user {found.st_uid})"
