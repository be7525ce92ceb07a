"""Every table by every role: what may be done with it, and with which rows."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from dashboard.cli.context import migrated
from gis import migrations, tables
from gis.access import policy, views
from gis.access.posts import Right
from gis.access.viewer import NOBODY, Viewer, act_as, everything
from gis.database import Role
from gis.errors import DatabaseError
from gis.tables import PERSON_MEASURES, SCHEMA, metadata
from tests.gis.access.conftest import acting

TABLES = sorted(table.name for table in metadata.sorted_tables)
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ROLES = [role for role in Role if role is not Role.OWNER]
HEAD = Viewer(
    7, "wang", units=((2, 6),), cases=((2, 6),), care=((2, 6),), reveals=((2, 6),),
    rights=frozenset({Right.PERSONS, Right.CASES, Right.CARE, Right.REVEAL}),
)  # fmt: skip
# Sees the persons of unit 3, without care, and unmasks nobody.
SUBDISTRICT = Viewer(8, "li", units=((2, 6),), cases=((2, 6),))
OFFICER = Viewer(9, "zhao", bodies=(3,))


def test_every_table_has_its_rights_said():
    assert set(policy.GRANTS) == set(TABLES)
    assert set(policy.ROWS) <= set(TABLES)


# What a role may do with a table, whole or some of its columns: the table of the policy, and what
# the audit says of its own two.
AUDIT = {
    ("audit", Role.APP): {"SELECT", "INSERT"},
    ("audit", Role.PORTER): {"INSERT"},
    ("audit", Role.ENGINE): {"INSERT"},
    ("audit", Role.MASKER): {"SELECT"},
    ("audit", Role.SEALER): {"SELECT"},
    ("audit_seal", Role.APP): {"SELECT"},
    ("audit_seal", Role.SEALER): {"SELECT", "INSERT"},
}


@pytest.mark.parametrize("table", TABLES)
def test_a_role_may_do_what_is_granted_and_nothing_else(login, table):
    whole = text("SELECT has_table_privilege(:role, :table, :right)")
    some = text("SELECT has_any_column_privilege(:role, :table, :right)")
    for role in ROLES:
        found = set()
        for right in RIGHTS:
            ask = some if right in ("SELECT", "INSERT", "UPDATE", "REFERENCES") else whole
            asked = {"role": role, "table": f"{SCHEMA}.{table}", "right": right}
            if login.scalar(ask, asked):
                found.add(right)
        said = policy.GRANTS[table].get(role, "")
        granted = {right for right in RIGHTS if right in said} | AUDIT.get((table, role), set())
        assert found == granted, role


def test_the_server_writes_nothing_but_the_audit_and_drafts():
    writing = [
        (table, role)
        for table, roles in policy.GRANTS.items()
        for role, rights in roles.items()
        if role in (Role.APP, Role.MASKER) and rights.split()[0] != rights.split("(")[0].strip()
    ]
    own = (
        *policy.DRAFTS, "order_notice", "coverage_scenario", "candidate_list", "indicator_day",
        "incident_notice", "saved_filter",
    )  # fmt: skip
    drafts = {(table, Role.APP) for table in own}
    assert set(writing) == drafts
    # Each under a policy of its own, and never a whole table.
    assert {table for table, _ in drafts} | {"order_comment"} == set(policy.OWN)


@pytest.mark.parametrize(
    ("table", "column"),
    [("people", "care"), ("people", "key"), ("household", "room"), ("household", "key"),
     ("person_private", "name"), ("account", "password"), ("session", "id"),
     ("release_hidden", "n")],
)  # fmt: skip
def test_the_server_reads_no_door_care_or_secret_from_the_tables(login, table, column):
    with (
        acting(login, Role.APP, everything(login)) as db,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        db.execute(text(f"SELECT {column} FROM {table}"))


def owners(login):
    return dict(
        login.execute(
            text(
                "SELECT relname, pg_get_userbyid(relowner) FROM pg_class "
                "WHERE relnamespace = 'citygrid'::regnamespace AND relkind IN ('r', 'v', 'S')"
            )
        ).all()
    )


def test_only_the_owner_and_the_masker_own_anything_and_nobody_bypasses(login):
    found = owners(login)
    assert set(found.values()) == {Role.OWNER, Role.MASKER}
    assert {name for name, owner in found.items() if owner == Role.MASKER} == {
        "care_place", "estimated_layer", "person_masked", "reporter_masked"
    }  # fmt: skip
    flags = text(
        "SELECT bool_or(rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb) FROM pg_roles "
        "WHERE rolname LIKE 'citygrid%'"
    )
    assert login.scalar(flags) is False
    member = text(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member "
        "WHERE r.rolname LIKE 'citygrid%'"
    )
    assert login.scalar(member) == 0
    creating = text(
        "SELECT bool_or(has_schema_privilege(r, 'citygrid', 'CREATE')) "
        "FROM unnest(CAST(:r AS text[])) r"
    )
    assert login.scalar(creating, {"r": [str(role) for role in ROLES]}) is False


# --- which rows ---------------------------------------------------------------------------

KEYS = {
    "people": "id", "household": "id", "incident": "id", "seen_incident": "id",
    "person_masked": "people_id",
}  # fmt: skip
SEEN = {
    "nobody": (NOBODY, {"people": [], "household": [], "person_masked": [], "incident": [1, 2]}),
    "head": (
        HEAD,
        {"people": [1], "household": [1], "person_masked": [1], "incident": [1, 2, 3]},
    ),
    "officer": (OFFICER, {"people": [], "household": [], "person_masked": [], "incident": [1, 2]}),
}


def keys(db, name):
    return sorted(db.scalars(text(f"SELECT {KEYS[name]} FROM citygrid.{name}")))


@pytest.mark.parametrize("who", SEEN)
def test_a_viewer_sees_his_own_rows_and_no_others(login, who):
    viewer, expected = SEEN[who]
    with acting(login, Role.APP, viewer) as db:
        assert {name: keys(db, name) for name in expected} == expected
        assert keys(db, "seen_incident") == expected["incident"]


def test_who_was_never_told_of_sees_what_nobody_sees(login):
    with acting(login, Role.APP) as db:
        assert {name: keys(db, name) for name in SEEN["nobody"][1]} == SEEN["nobody"][1]


def test_a_duty_body_sees_the_cases_it_was_given(login):
    login.execute(text("UPDATE incident SET body_id = 3 WHERE id = 4"))
    with acting(login, Role.APP, OFFICER) as db:
        assert keys(db, "incident") == [1, 2, 4]


@pytest.mark.parametrize("role", [Role.ENGINE, Role.OWNER])
def test_engine_and_owner_see_every_row_once(login, role):
    with acting(login, role) as db:
        assert keys(db, "people") == [1, 2]
        assert keys(db, "seen_incident") == [1, 2, 3, 4]
        counted = db.execute(select(tables.unit_count).order_by("unit_id", "measure_id")).all()
        seen = views.seen_count
        assert db.execute(select(seen).order_by("unit_id", "measure_id")).all() == counted


# The finest of several levels has no series.
@pytest.mark.parametrize(("table", "mine"), [("unit_count", [2, 3]), ("unit_series", [2])])
def test_counts_of_persons_are_seen_where_their_rows_are(login, table, mine):
    persons = text(f"SELECT DISTINCT unit_id FROM {table} WHERE measure_id >= {PERSON_MEASURES}")
    others = text(f"SELECT count(*) FROM {table} WHERE measure_id < {PERSON_MEASURES}")
    everyone = login.scalar(others)
    for viewer, units in ((NOBODY, []), (HEAD, mine)):
        with acting(login, Role.APP, viewer) as db:
            assert sorted(db.scalars(persons)) == units
            assert db.scalar(others) == everyone


@pytest.mark.parametrize("table", ["outside_count", "cell_count", "h3_count"])
def test_counts_of_other_places_are_never_seen_of_persons(login, table):
    persons = text(f"SELECT count(*) FROM {table} WHERE measure_id >= {PERSON_MEASURES}")
    with acting(login, Role.APP, everything(login)) as db:
        assert db.scalar(persons) == 0


def test_in_which_further_units_a_person_lies_is_not_seen(login):
    with acting(login, Role.APP, everything(login)) as db:
        layers = set(db.scalars(select(tables.feature_unit.c.layer)))
    assert layers == {"buildings", "incidents"}


INSERTING = {
    "people": "INSERT INTO people (id, key, unit_id, sex, residence, geom) "
    "VALUES (9, 'p9', :unit, 'male', 'registered', 'SRID=4326;POINT(114 22)')",
    "household": "INSERT INTO household (id, key, unit_id, tenure, geom) "
    "VALUES (9, 'h9', :unit, 'own', 'SRID=4326;POINT(114 22)')",
    "person_private": "INSERT INTO person_private (people_id, unit_id) VALUES (9, :unit)",
    "incident": "INSERT INTO incident (id, key, unit_id, scheme, big, small, severity, stage, "
    "source, reported_at, is_personal, geom) VALUES (9, 'i9', :unit, 'gb', '01', '0101', "
    "'ordinary', 'report', 'app', now(), true, 'SRID=4326;POINT(114 22)')",
    "unit_count": f"INSERT INTO unit_count VALUES (:unit, {PERSON_MEASURES}, 1)",
}


@pytest.mark.parametrize("table", INSERTING)
def test_writing_outside_ones_units_is_refused(login, table):
    # The server may write none of these today; the policy stands whoever may.
    login.execute(text(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {Role.APP}"))
    login.execute(text("ALTER TABLE unit_count DISABLE TRIGGER ALL"))
    login.execute(text("ALTER TABLE person_private DISABLE TRIGGER ALL"))
    login.execute(text("DELETE FROM unit_count WHERE unit_id = 3"))
    with acting(login, Role.APP, HEAD) as db:
        db.execute(text(INSERTING[table]), {"unit": 3})
    with acting(login, Role.APP, HEAD) as db, pytest.raises(ProgrammingError, match="row-level"):
        db.execute(text(INSERTING[table]), {"unit": 21})


@pytest.mark.parametrize("table", ["people", "household", "incident"])
def test_a_row_is_not_handed_over_to_units_of_others_nor_taken_from_them(login, table):
    login.execute(text(f"GRANT SELECT, UPDATE ON {table} TO {Role.APP}"))
    mine = {"people": 1, "household": 1, "incident": 3}[table]
    with acting(login, Role.APP, HEAD) as db, pytest.raises(ProgrammingError, match="row-level"):
        db.execute(text(f"UPDATE {table} SET unit_id = 21 WHERE id = {mine}"))
    with acting(login, Role.APP, HEAD) as db:
        taken = db.execute(text(f"UPDATE {table} SET unit_id = 3 WHERE id = {mine + 1}"))
        assert taken.rowcount == 0


# --- errors and functions tell nothing either ---------------------------------------------


@pytest.mark.parametrize(
    "asking",
    [
        "SELECT 1 FROM people WHERE 1 / (unit_id - 21) > 0",
        "SELECT 1 FROM people WHERE 1 / (id - 2) > 0",
        "SELECT 1 FROM household WHERE 1 / (unit_id - 21) > 0",
        "SELECT 1 FROM person_masked WHERE 1 / (unit_id - 21) > 0",
        "SELECT 1 FROM person_masked WHERE 1 / (people_id - 2) > 0",
        "SELECT 1 FROM seen_incident WHERE 1 / (id - 4) > 0",
        "SELECT 1 FROM incident WHERE 1 / (id - 4) > 0",
        "SELECT 1 FROM unit_count WHERE measure_id >= 20000 AND 1 / (unit_id - 21) > 0",
        "SELECT 1 FROM seen_count WHERE measure_id >= 20000 AND 1 / (unit_id - 21) > 0",
        "SELECT 1 FROM people WHERE ST_X(geom) > 114.03 AND 1 / (id - 2) > 0",
    ],
)
def test_an_error_does_not_tell_of_rows_that_are_not_seen(login, asking):
    # Division by zero, if the row of unit 21 were looked at before the policy.
    with acting(login, Role.APP, HEAD) as db:
        db.execute(text(asking)).all()
    with (
        acting(login, Role.APP, everything(login)) as db,
        pytest.raises(Exception, match="division by zero"),
    ):
        db.execute(text(asking)).all()


def test_a_function_of_ones_own_sees_no_rows_of_others(login):
    login.execute(
        text(
            "CREATE FUNCTION pg_temp.tell(value integer) RETURNS boolean LANGUAGE plpgsql "
            "COST 0.0001 AS 'BEGIN IF value = 2 THEN RAISE EXCEPTION ''saw %'', value; END IF; "
            "RETURN true; END'"
        )
    )
    asking = text("SELECT people_id FROM person_masked WHERE pg_temp.tell(people_id)")
    with acting(login, Role.APP, HEAD) as db:
        assert db.scalars(asking).all() == [1]


def test_the_planner_tells_no_values_of_rows_that_are_not_seen(login):
    statistics = text(
        "SELECT count(*) FROM pg_stats WHERE tablename IN "
        "('people', 'household', 'person_private', 'incident')"
    )
    login.execute(text("ANALYZE people, household, person_private, incident"))
    with acting(login, Role.APP, HEAD) as db:
        assert db.scalar(statistics) == 0


# --- masked -------------------------------------------------------------------------------


def masked(db, number):
    m = views.person_masked.c
    return db.execute(select(views.person_masked).where(m.people_id == number)).one()


def test_a_person_is_masked_and_care_is_for_those_who_look_after(login):
    with acting(login, Role.APP, HEAD) as db:
        row = masked(db, 1)
        assert (row.name, row.phone, row.room, row.care) == ("张*", "138****1234", "1*0*", 2)
        assert (row.building_id, row.household_id, row.has_id_number) == (1, 1, False)
    with acting(login, Role.APP, SUBDISTRICT) as db:
        assert masked(db, 1).care is None
    with acting(login, Role.APP, everything(login)) as db:
        assert (masked(db, 2).name, masked(db, 2).phone) == ("L*", "****")


@pytest.mark.parametrize(
    "changing",
    ["care = 1", "age_band = 1", "age_band = 7, care = 3"],
)
def test_the_door_of_a_child_or_of_one_alone_is_masked_wholly(login, changing):
    login.execute(text(f"UPDATE people SET {changing} WHERE id = 1"))
    with acting(login, Role.APP, HEAD) as db:
        assert masked(db, 1).room == "*"
        assert masked(db, 1).is_sheltered


def test_the_day_of_birth_decides_who_is_a_child_where_it_is_known(login):
    login.execute(text("UPDATE people SET age_band = 2 WHERE id = 1"))
    for born, is_sheltered in (("interval '13 years'", True), ("interval '14 years'", False)):
        login.execute(text(f"UPDATE person_private SET born = current_date - {born}"))
        with acting(login, Role.APP, HEAD) as db:
            assert masked(db, 1).is_sheltered is is_sheltered


def test_a_sheltered_door_is_not_told_beside_another_of_the_household(login):
    login.execute(
        text(
            "INSERT INTO people (id, key, unit_id, household_id, building_id, sex, residence, "
            "age_band, geom) SELECT 9, 'child', unit_id, household_id, building_id, 'male', "
            "'registered', 0, geom FROM people WHERE id = 1"
        )
    )
    with acting(login, Role.APP, HEAD) as db:
        assert {masked(db, 1).room, masked(db, 9).room} == {"*"}


REVEAL = (
    "INSERT INTO audit (account_id, login, act, subject, reason) "
    "VALUES (:account, 'wang', 'reveal', :subject, :reason)"
)


def clear(db, number=1):
    return db.execute(select(views.person_clear(number))).all()


def write_reveal(login, viewer, subject="people/1", reason="a visit", account=7):
    # Not in a savepoint, which is another transaction to the database.
    login.execute(text(f"SET LOCAL ROLE {Role.APP}"))
    act_as(login, viewer)
    login.execute(text(REVEAL), {"account": account, "subject": subject, "reason": reason})
    return clear(login)


def test_clear_values_come_after_the_reason_in_the_same_transaction(login):
    (row,) = write_reveal(login, HEAD)
    assert (row.name, row.phone, row.room) == ("张伟", "13812341234", "1203")
    assert clear(login, 2) == []


@pytest.mark.parametrize(
    "wrong", [{"subject": "people/2"}, {"reason": ""}, {"viewer": SUBDISTRICT, "account": 8}]
)
def test_clear_values_stay_hidden_without_right_reason_or_subject(login, wrong):
    assert write_reveal(login, **{"viewer": HEAD, **wrong}) == []


def test_a_reason_of_an_earlier_transaction_is_none(two_homes):
    engine = two_homes.engine(None)
    with engine.connect() as login, login.begin():
        assert len(write_reveal(login, HEAD)) == 1
    with engine.connect() as login, acting(login, Role.APP, HEAD) as db:
        assert clear(db) == []
    engine.dispose()


# --- being in place -----------------------------------------------------------------------


def test_the_policy_is_put_in_place_by_an_upgrade_and_only_when_it_is_not(fresh):
    engine = fresh.engine(None)
    with engine.begin() as db:
        assert policy.is_applied(db)
        db.execute(text("COMMENT ON SCHEMA citygrid IS 'another'"))
        db.execute(text(f"GRANT DELETE ON people TO {Role.APP}"))
        db.execute(text("DROP POLICY viewer ON people"))
        with pytest.raises(DatabaseError, match="citygrid db upgrade"):
            policy.require(db)
        migrations.upgrade(db)
        policy.require(db)
        may = text("SELECT has_table_privilege(:app, 'people', 'DELETE')")
        assert db.scalar(may, {"app": Role.APP}) is False
        rules = text("SELECT count(*) FROM pg_policies WHERE tablename = 'people'")
        assert db.scalar(rules) == 3
    engine.dispose()


def test_applying_again_changes_nothing(fresh):
    engine = fresh.engine(None)
    catalogue = text(
        "SELECT polname, polrelid::regclass::text, pg_get_expr(polqual, polrelid), "
        "pg_get_expr(polwithcheck, polrelid) FROM pg_policy ORDER BY 2, 1"
    )
    rights = text(
        "SELECT relname, relacl::text FROM pg_class "
        "WHERE relnamespace = 'citygrid'::regnamespace ORDER BY 1"
    )
    with engine.begin() as db:
        before = db.execute(catalogue).all(), db.execute(rights).all()
        policy.apply(db)
        assert (db.execute(catalogue).all(), db.execute(rights).all()) == before
    engine.dispose()


def test_on_our_own_server_a_lost_leakproof_is_set_again(fresh):
    engine = fresh.engine(None)
    with engine.begin() as db:
        assert policy.is_leakproof(db)
        db.execute(text(f"ALTER FUNCTION {policy.OVERLAPS} NOT LEAKPROOF"))
        with pytest.raises(DatabaseError):
            policy.require(db)
        migrations.upgrade(db)
        assert policy.is_leakproof(db)
        policy.require(db)
    engine.dispose()


def test_the_view_of_incidents_has_all_their_columns(login):
    ours = list(tables.incident.columns.keys())
    with acting(login, Role.OWNER) as db:
        assert sorted(db.execute(select(views.seen_incident)).keys()) == sorted(ours)
        assert db.scalar(select(func.count()).select_from(views.seen_incident)) == 4


def no_keys():
    raise AssertionError


def test_roles_that_are_new_since_a_city_was_loaded_may_log_in(fresh):
    admin = fresh.engine(None)
    with admin.begin() as db:
        # As the migration that brought the role leaves it.
        db.execute(text(f"ALTER ROLE {Role.PORTER} NOLOGIN"))
    admin.dispose()
    migrated(fresh, no_keys)
    porter = fresh.engine(Role.PORTER)
    with porter.connect() as db:
        assert db.scalar(text("SELECT current_user")) == Role.PORTER
    porter.dispose()
