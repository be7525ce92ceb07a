from sqlalchemy import text

from gis import migrations
from gis.database import Role


def test_a_migrated_database_is_at_the_head(db):
    assert migrations.current(db) == migrations.head()


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
