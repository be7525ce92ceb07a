"""What the environment says, read once; and the way from there to a city's database."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text

from gis import migrations
from gis.database import Role, Server, cities, server
from gis.errors import NotFoundError
from gis.tables import SCHEMA

BOUNDARIES = Path(__file__).parents[2] / "data" / "boundaries"
DEMO = "demo"


@dataclass(frozen=True)
class Settings:
    """Where the data are and which city is meant."""

    state: Path
    database_url: str | None
    city: str | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read CITYGRID_STATE, CITYGRID_DATABASE_URL and CITYGRID_CITY."""
        return cls(
            state=Path(environ.get("CITYGRID_STATE") or _default_state(environ)),
            database_url=environ.get("CITYGRID_DATABASE_URL") or None,
            city=environ.get("CITYGRID_CITY") or None,
        )

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
            wanted = city_id or self.chosen_city()
            if found.is_private and wanted not in cities(found):
                known = ", ".join(cities(found)) or "none"
                raise NotFoundError(
                    f"The city {wanted!r} is not loaded; loaded: {known}. "
                    f"Load it with `citygrid init {wanted}`, or the demo with `citygrid demo`."
                )
            target = found.for_city(wanted)
            if not holds_city(target):
                raise NotFoundError(
                    "The database holds no city yet. Load one with `citygrid init CITY`, "
                    "or the demo with `citygrid demo`."
                )
            yield target

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


def migrated(target: Server) -> None:
    """Bring the database's schema up to this program's."""
    engine = target.engine(None)
    with engine.begin() as db:
        migrations.upgrade(db)
    engine.dispose()


def holds_city(target: Server) -> bool:
    """Whether the database has a city in it."""
    engine = target.engine(None)
    with engine.connect() as db:
        found = inspect(db).has_table("city", schema=SCHEMA) and bool(
            db.scalar(text("SELECT count(*) FROM city"))
        )
    engine.dispose()
    return found


def loaded_city_id(target: Server) -> str:
    """Return the id of the city in a database that holds one."""
    engine = target.engine(Role.APP)
    with engine.connect() as db:
        city_id = db.scalar(text("SELECT id FROM city"))
    engine.dispose()
    return str(city_id)


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
            "or give the path of a folder with a city.toml."
        )
    return folder


def _default_state(environ: Mapping[str, str]) -> Path:
    # Root's home is closed to the user PostgreSQL runs as.
    if os.geteuid() == 0:
        return Path("/var/lib/citygrid")
    home = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "citygrid"
