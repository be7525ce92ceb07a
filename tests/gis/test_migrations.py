"""The schema's history ends where tables.py is, and loses nothing on the way."""

import re
import subprocess

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import NullPool, create_engine, inspect, text
from sqlalchemy.schema import CreateSchema

from gis import migrations
from gis.access import policy
from gis.cluster import find_binaries
from gis.database import Role, Server, create_database, drop_database
from gis.errors import DatabaseError
from gis.jobs import queue
from gis.tables import PERSON_MEASURES, SCHEMA, metadata
from gis.verify import check_units
from importers.city import init_city
from layers import counts
from layers.verify import check_counts
from tests.importers import small_city


def test_a_migrated_database_is_at_the_head(db):
    assert migrations.current(db) == migrations.head()


def test_the_history_is_one_line():
    script = ScriptDirectory(str(migrations.__path__[0]))
    assert len(script.get_heads()) == 1


def test_a_migrated_database_is_what_the_tables_say(fresh):
    assert_no_migration_is_missing(fresh)


def assert_no_migration_is_missing(server):
    """What `alembic check` does; it needs connections that take `public` for their schema."""
    engine = create_engine(server.url, poolclass=NullPool)
    with engine.begin() as db:
        command.check(migrations.config(db))


@pytest.fixture
def empty(server):
    """A database with nothing in it."""
    target = Server(server.url, is_private=True).for_city("built")
    create_database(target)
    yield target
    drop_database(target)


def test_a_migrated_schema_is_a_freshly_built_one(fresh, empty):
    engine = empty.engine(None)
    with engine.begin() as db:
        for extension in ("postgis", "btree_gist", "pg_trgm"):
            db.execute(text(f"CREATE EXTENSION {extension}"))
        db.execute(CreateSchema(SCHEMA))
        db.execute(text(f"ALTER SCHEMA {SCHEMA} OWNER TO {Role.OWNER}"))
        db.execute(text(f"GRANT CREATE ON DATABASE {empty.url.database} TO {Role.OWNER}"))
        db.execute(text(f"SET LOCAL ROLE {Role.OWNER}"))
        metadata.create_all(db)
        db.execute(CreateSchema(queue.SCHEMA))
        db.execute(text(f"SET LOCAL search_path = {queue.SCHEMA}"))
        # By the driver itself: the library's text is full of %.
        with db.connection.cursor() as cursor:
            cursor.execute(SchemaManager.get_schema())
        db.execute(text("RESET search_path"))
        db.execute(text("RESET ROLE"))
        policy.apply(db)
    engine.dispose()
    migrated, built = statements(fresh), statements(empty)
    assert sorted(migrated - built) == []
    assert sorted(built - migrated) == []
    assert len(built) > 100


def statements(server):
    """The statements PostgreSQL writes for a schema, the columns of each table sorted."""
    address = server.url.set(drivername="postgresql").render_as_string()
    written = subprocess.check_output(
        [
            find_binaries() / "pg_dump",
            f"--dbname={address}",
            "--schema-only",
            f"--schema={SCHEMA}",
            f"--schema={queue.SCHEMA}",
        ],
        text=True,
    )
    lines = [line for line in written.splitlines() if not re.match(r"--|\\|SET |$", line)]
    found = set()
    for statement in re.split(r";\n", "\n".join(lines) + "\n"):
        head, bracket, rest = statement.partition(" (\n")
        if head.startswith("CREATE TABLE"):
            rest = "\n".join(sorted(line.strip().rstrip(",") for line in rest.splitlines()))
        found.add(head + bracket + rest)
    return found - {""}


def before(revision):
    script = ScriptDirectory(str(migrations.__path__[0]))
    return script.get_revision(revision).down_revision


def test_a_city_of_the_previous_release_is_brought_up_with_all_its_rows(fresh, empty, tmp_path):
    loaded, login = fresh.engine(Role.OWNER), empty.engine(None)
    init_city(loaded, small_city.write(tmp_path / "squares"))
    with login.begin() as db:
        migrations.upgrade(db, before(migrations.head()))
    with loaded.connect() as source, login.begin() as target:
        poured = pour(source, target)
    with login.begin() as db:
        migrations.upgrade(db)
    assert_no_migration_is_missing(empty)
    kept = rows(loaded, poured)
    assert len(kept["people"]) == 32
    assert len(kept["unit_count"]) > 100
    assert rows(login, poured) == kept
    with login.connect() as db:
        findings = [*check_units(db, silent), *check_counts(db, silent)]
    assert [str(finding) for finding in findings if finding.wrong] == []
    login.dispose()
    loaded.dispose()


def test_measures_of_persons_get_numbers_of_their_own(fresh, empty, tmp_path):
    loaded, login = fresh.engine(Role.OWNER), empty.engine(None)
    init_city(loaded, small_city.write(tmp_path / "squares"))
    with login.begin() as db:
        migrations.upgrade(db, "0005_covering")
    with loaded.connect() as source, login.begin() as target:
        poured = pour(source, target)
        # As the release before gave them out: in the order in which layers were counted.
        target.execute(text("SET LOCAL session_replication_role = replica"))
        for table, name in (("measure", "id"), *((t.name, "measure_id") for t in counts.TABLES)):
            target.execute(
                text(
                    f"UPDATE citygrid.{table} SET {name} = {name} - 19000 "
                    f"WHERE {name} >= {PERSON_MEASURES}"
                )
            )
    with login.begin() as db:
        migrations.upgrade(db)
    kept = rows(loaded, poured)
    assert rows(login, poured) == kept | shifted(kept)
    with login.connect() as db:
        personal = text("SELECT DISTINCT layer FROM citygrid.measure WHERE id >= 20000")
        assert set(db.scalars(personal)) == {"people", "households"}
        findings = check_counts(db, silent)
    assert [str(finding) for finding in findings if finding.wrong] == []
    login.dispose()
    loaded.dispose()


def shifted(kept):
    """The same rows, measures of persons numbered as those of the release before become."""
    places = {"measure": 0, "unit_count": 1, "unit_series": 1, "outside_count": 1,
              "cell_count": 0, "h3_count": 0}  # fmt: skip
    found = {}
    for name, place in places.items():
        lines = []
        for line in kept[name]:
            words = line.strip("()").split(",")
            if int(words[place]) >= PERSON_MEASURES:
                words[place] = str(int(words[place]) + 1000)
            lines.append(f"({','.join(words)})")
        found[name] = sorted(lines)
    return found


def pour(source, target):
    """Copy all rows to a database of an older schema, as far as it has columns for them.

    Returns the names of its tables.
    """
    # Foreign keys are looked at no more than pg_restore would.
    target.execute(text("SET LOCAL session_replication_role = replica"))
    there = inspect(target).get_table_names(schema=SCHEMA)
    for table in metadata.sorted_tables:
        if table.name not in there:
            continue
        known = inspect(target).get_columns(table.name, schema=SCHEMA)
        names = [column["name"] for column in known if column["name"] in table.c]
        columns = ", ".join(f'"{name}"' for name in names)
        reading = f"COPY (SELECT {columns} FROM {table}) TO STDOUT"
        with (
            source.connection.cursor().copy(reading) as lines,
            target.connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as written,
        ):
            for line in lines:
                written.write(line)
    return there


def silent(_stage, _done, _total):
    pass


def rows(engine, names):
    """Every row of the tables, as text, so that a new column would be seen."""
    with engine.connect() as db:
        return {
            name: sorted(db.scalars(text(f"SELECT t::text FROM {SCHEMA}.{name} t")))
            for name in names
        }


def test_the_schema_of_a_newer_program_is_refused(fresh):
    engine = fresh.engine(None)
    with engine.begin() as db:
        db.execute(text("UPDATE public.schema_version SET version_num = '9999_future'"))
    with (
        pytest.raises(DatabaseError, match="newer CityGrid"),
        engine.begin() as db,
    ):
        migrations.upgrade(db)
    engine.dispose()


def test_the_app_may_read_and_not_write(fresh):
    engine = fresh.engine(Role.APP)
    with engine.connect() as db:
        db.execute(text("SELECT * FROM unit"))
        may = text(
            "SELECT has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') FROM pg_class c "
            "WHERE relnamespace = 'citygrid'::regnamespace AND relkind = 'r'"
        )
        assert set(db.scalars(may)) == {False}
    engine.dispose()


def test_the_names_of_the_files_are_the_chain_of_revisions():
    script = ScriptDirectory(str(migrations.__path__[0]))
    chain = [revision.revision for revision in script.walk_revisions()]
    assert migrations.known() == chain[::-1]
