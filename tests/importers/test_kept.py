"""Who works in a city goes on after it is loaded anew."""

from sqlalchemy import text

from gis.access import audit
from gis.access.audit import Act
from gis.access.sealing import seal
from gis.access.tables import KEPT, post_holding
from importers.city import init_city
from tests.importers import small_city

HELD = """
SELECT h.id, a.login, h.post, v.code, b.key, upper_inf(h.valid)
FROM post_holding h JOIN account a ON a.id = h.account_id
LEFT JOIN unit_version v ON v.unit_id = h.unit_id LEFT JOIN duty_body b ON b.id = h.body_id
ORDER BY h.id
"""
# One on a unit that the city will not have, one on a duty body it will not have.
FILL = """
INSERT INTO account (login, name) VALUES ('li.si', '李四'), ('wang', '王五');
INSERT INTO duty_body VALUES (5, 'water', '{}');
INSERT INTO session (id, account_id, is_full) VALUES ('\\x01', 1, true);
INSERT INTO post_holding (account_id, post, unit_id, body_id, valid)
SELECT 1, 'grid_head', unit_id, NULL, tstzrange('2020-01-01', NULL) FROM unit_version v
JOIN zoning z ON z.id = zoning_id AND z.is_main WHERE level = 3 AND code IN ('A1', 'B2');
INSERT INTO post_holding (account_id, post, unit_id, body_id, valid)
VALUES (2, 'duty_officer', NULL, 5, tstzrange('2020-01-01', NULL)),
       (2, 'auditor', NULL, NULL, tstzrange('2020-01-01', NULL))
"""


def rows(db):
    return {
        table.name: sorted(db.scalars(text(f"SELECT t::text FROM {table} t")))
        for table in KEPT
        if table is not post_holding
    }


def test_accounts_posts_and_the_audit_stay(engine, tmp_path):
    folder = small_city.write(tmp_path / "squares")
    init_city(engine, folder)
    with engine.begin() as db:
        codes = db.scalars(
            text(
                "SELECT code FROM unit_version JOIN zoning z ON z.id = zoning_id AND z.is_main "
                "WHERE NOT EXISTS (SELECT FROM unit_version c WHERE c.parent_id = "
                "unit_version.unit_id) ORDER BY 1 LIMIT 2"
            )
        ).all()
        fill = FILL.replace("level = 3 AND ", "").replace("A1", codes[0]).replace("B2", codes[1])
        for statement in fill.split(";\n"):
            db.execute(text(statement))
        audit.record(db, Act.SIGN_IN, login="li.si")
        seal(db)
        held, before = db.execute(text(HELD)).all(), rows(db)
    assert [row.code for row in held] == [codes[0], codes[1], None, None]
    # The second of the units gets another code: nobody can be its head any more.
    for name in ("squares.geojson", "city.toml"):
        file = folder / name
        file.write_text(file.read_text("utf-8").replace(f'"{codes[1]}"', '"Z9"'), "utf-8")
    init_city(engine, folder, replace=True)
    with engine.begin() as db:
        after = db.execute(text(HELD)).all()
        assert [tuple(row) for row in after] == [
            tuple(held[0]),
            (*held[1][:3], None, None, False),
            # A city of files has no duty bodies.
            (*held[2][:3], None, None, False),
            tuple(held[3]),
        ]
        now = rows(db)
        assert len(now["audit"]) > len(before["audit"])
        assert set(before.pop("audit")) <= set(now.pop("audit"))
        assert now == before
        # The next post gets a number of its own.
        db.execute(
            text("INSERT INTO post_holding (account_id, post, valid) VALUES (1, 'auditor', '[,)')")
        )
