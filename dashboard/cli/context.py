"""What the environment says, read once; and the way from there to a city's database."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from dashboard.cli.language import VARIABLE, language_of
from dashboard.text import Say, speaker
from gis import migrations
from gis.access import audit
from gis.access.audit import Act
from gis.city import LANGUAGES
from gis.database import Role, Server, cities, create_database, drop_database, server
from gis.errors import NotFoundError, SettingsError
from gis.tables import SCHEMA

if TYPE_CHECKING:
    from gis.access.keys import Keys

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
DEMO = "demo"
# How much of the demo city there is: `importers.demo.Size`, which takes long to import.
SIZES = ("small", "district", "city")


@dataclass(frozen=True)
class Settings:
    """Where the data are, which city is meant, and what language is spoken."""

    state: Path
    database_url: str | None
    city: str | None
    language: str = "en"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read CITYGRID_STATE, CITYGRID_DATABASE_URL, CITYGRID_CITY and the language.

        Raises
        ------
        SettingsError
            CITYGRID_LANGUAGE is none of ours.
        """
        if (wanted := environ.get(VARIABLE)) and wanted not in LANGUAGES:
            raise SettingsError(
                f"{VARIABLE} is {wanted!r}; there are: {', '.join(LANGUAGES)}.",
                key="error.language",
                variable=VARIABLE,
                found=wanted,
                known=LANGUAGES,
            )
        return cls(
            state=Path(environ.get("CITYGRID_STATE") or _default_state(environ)),
            database_url=environ.get("CITYGRID_DATABASE_URL") or None,
            city=environ.get("CITYGRID_CITY") or None,
            language=language_of(environ),
        )

    @property
    def say(self) -> Say:
        """What says the texts of the catalogue."""
        return speaker(self.language)

    def word(self, group: str, value: str) -> str:
        """Return a value as it is typed in English, and as the catalogue has it in Chinese."""
        return value if self.language == "en" else self.say(f"{group}.{value}")

    @contextlib.contextmanager
    def server(self) -> Iterator[Server]:
        """Reach the server, starting the private one if it is not running."""
        with server(self.database_url, self.state / "postgres") as found:
            yield found

    @contextlib.contextmanager
    def loaded_city(self, city_id: str | None = None) -> Iterator[Server]:
        """Reach the database of a city that is loaded, or say how to load one.

        Raises
        ------
        NotFoundError
            No such city is loaded.
        """
        with self.server() as found:
            loaded = loaded_cities(found)
            if not loaded:
                raise NotFoundError(
                    "No city is loaded yet. Load one with `citygrid init CITY`, "
                    "or the demo with `citygrid demo`.",
                    key="error.none_loaded",
                )
            # A server somebody set up for us holds one city, which is then the one meant.
            wanted = city_id or (self.chosen_city() if found.is_private else loaded[0])
            if wanted not in loaded:
                raise NotFoundError(
                    f"The city {wanted!r} is not loaded; loaded: {', '.join(loaded)}. "
                    f"Load it with `citygrid init {wanted}`.",
                    key="error.not_loaded",
                    city=wanted,
                    loaded=tuple(loaded),
                )
            yield found.for_city(wanted)

    @contextlib.contextmanager
    def reading(self, role: Role = Role.OWNER) -> Iterator[Connection]:
        """Ask the loaded city as a role; nothing that is written stays."""
        with (
            self.loaded_city() as target,
            acting(target, role) as engine,
            engine.connect() as db,
        ):
            yield db

    @contextlib.contextmanager
    def writing(self, role: Role = Role.OWNER) -> Iterator[Connection]:
        """Change the loaded city as a role: all of it at the end of the block, or nothing."""
        with self.loaded_city() as target, acting(target, role) as engine, engine.begin() as db:
            yield db

    def keys(self) -> Keys:
        """Open what encrypts the id numbers; the key is made the first time."""
        # Here, because most commands encrypt nothing.
        from gis.access import keys, rules

        return keys.open_keys(self.state, rules.read(self.state / rules.SETTINGS_FILE).cipher)

    def chosen_city(self) -> str:
        """Return the city meant when none is named: CITYGRID_CITY, the last loaded, the demo."""
        if self.city:
            return self.city
        remembered = self.state / "city"
        return remembered.read_text().strip() if remembered.exists() else DEMO

    def remember_city(self, city_id: str) -> None:
        """Make ``city_id`` the one meant when none is named."""
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / "city").write_text(city_id)


def loaded_cities(found: Server) -> list[str]:
    """Return the ids of the cities that are loaded on a server, sorted."""
    if not found.is_private:
        return [loaded_city_id(found)] if holds_city(found) else []
    return [city for city in cities(found) if holds_city(found.for_city(city))]


@contextlib.contextmanager
def acting(target: Server, role: Role | None) -> Iterator[Engine]:
    """Give connections acting as ``role`` for the length of the block."""
    engine = target.engine(role)
    try:
        yield engine
    finally:
        engine.dispose()


def migrated(target: Server, keys: Callable[[], Keys]) -> None:
    """Bring the database's schema up to this program's.

    Parameters
    ----------
    keys
        As `Settings.keys`: opened only where something is to be encrypted.
    """
    # On our own cluster: a role that is new since the city was loaded must be able to log in.
    create_database(target)
    with acting(target, None) as engine, engine.begin() as db:
        before = migrations.current(db)
        migrations.upgrade(db, keys=keys)
        if before not in (None, migrations.head()):
            db.execute(text(f"SET LOCAL ROLE {Role.OWNER}"))
            record(db, Act.UPGRADE, {"from": before, "to": migrations.head()})
            # Here, because most commands look for no place.
            from layers.locating import index

            index.fill_if_empty(db)


def record(db: Connection, act: Act, details: Mapping[str, object], *, subject: str = "") -> None:
    """Add what was done on this machine to the audit, as the owner, in the caller's transaction."""
    audit.record(db, act, subject=subject, details=details, login=audit.machine_login())


@contextlib.contextmanager
def database_of(found: Server, city_id: str | None, keys: Callable[[], Keys]) -> Iterator[Server]:
    """Reach a city's database, made if need be; an empty one is not left behind.

    Without an id, because `city.toml` gives none that will do, it is one to be thrown away.
    """
    target = found.for_city(city_id) if city_id else found.staging
    create_database(target)
    try:
        migrated(target, keys)
        yield target
    finally:
        if found.is_private and not holds_city(target):
            drop_database(target)


def holds_city(target: Server) -> bool:
    """Whether the database has a city in it."""
    with acting(target, None) as engine, engine.connect() as db:
        return inspect(db).has_table("city", schema=SCHEMA) and bool(
            db.scalar(text("SELECT count(*) FROM city"))
        )


def loaded_city_id(target: Server) -> str:
    """Return the id of the city in a database that holds one."""
    with acting(target, None) as engine, engine.connect() as db:
        return str(db.scalar(text("SELECT id FROM city")))


def folder_of(city: str) -> Path:
    """Return the folder of a city given by its id or by a path to its folder.

    Raises
    ------
    NotFoundError
        There is no such folder, or no `city.toml` in it; the ones there are are named.
    """
    folder = Path(city) if os.sep in city or Path(city, "city.toml").exists() else BOUNDARIES / city
    if not (folder / "city.toml").exists():
        known = ", ".join(sorted(path.parent.name for path in BOUNDARIES.glob("*/city.toml")))
        raise NotFoundError(
            f"There is no {str(folder / 'city.toml')!r}. Known cities: {known}; "
            "or give the path of a folder with a city.toml.",
            key="error.no_folder",
            file=str(folder / "city.toml"),
            known=known,
        )
    return folder


def _default_state(environ: Mapping[str, str]) -> Path:
    # Root's home is closed to the user PostgreSQL runs as.
    if os.geteuid() == 0:
        return Path("/var/lib/citygrid")
    home = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "citygrid"
