-- Views and a function that the masker owns: they read what the viewer may not, and tell less.

-- Whether a layer of persons is an estimate is no secret of theirs; its rows are all of a kind.
CREATE VIEW citygrid.estimated_layer AS
SELECT 'people'::text AS layer WHERE (SELECT estimated FROM citygrid.people LIMIT 1)
UNION ALL
SELECT 'households' WHERE (SELECT estimated FROM citygrid.household LIMIT 1);

-- The persons of the viewer's own units. 张*, 138****1234, 1*0*: what is left helps to recognise
-- the right one, not to reach anybody. Sheltered are homes of children under 14 and of those who
-- live alone: the door is masked wholly, for the whole household, or one would tell the other's.
CREATE VIEW citygrid.person_masked WITH (security_barrier) AS
SELECT p.people_id, p.unit_id, p.building_id, p.entrance_id, p.household_id,
  CASE WHEN p.room IS NULL THEN NULL
    WHEN p.is_sheltered OR length(p.room) < 2 THEN '*'
    ELSE regexp_replace(p.room, '(.)(.|$)', '\1*', 'g') END AS room,
  left(p.name, 1) || '*' AS name,
  CASE WHEN length(p.phone) >= 11 THEN left(p.phone, 3) || '****' || right(p.phone, 4)
    WHEN p.phone <> '' THEN '****' END AS phone,
  p.sex, p.residence, p.age_band,
  -- NULL: not for this viewer.
  CASE WHEN p.unit_id <@ (SELECT citygrid.care_units()) THEN p.care END AS care,
  p.count, p.is_sheltered, p.has_id_number
FROM (
  SELECT p.id AS people_id, p.unit_id, p.building_id, h.entrance_id, p.household_id,
    coalesce(h.room, v.room) AS room, v.name, v.phone, p.sex, p.residence, p.age_band, p.care,
    p.count, v.id_number IS NOT NULL AS has_id_number,
    bool_or(
      p.care & 1 = 1
      OR coalesce(v.born > current_date - interval '14 years', p.age_band < 3, false)
    ) OVER (PARTITION BY p.building_id, coalesce(p.household_id, -p.id)) AS is_sheltered
  FROM citygrid.people p
  LEFT JOIN citygrid.household h ON h.id = p.household_id
  LEFT JOIN citygrid.person_private v ON v.people_id = p.id
) p
WHERE p.unit_id <@ (SELECT citygrid.seen_units());

-- Who of the viewer's own units is in care, as numbers are made of it: no name.
CREATE VIEW citygrid.care_place WITH (security_barrier) AS
SELECT id, unit_id, count, care, geom FROM citygrid.people
WHERE care <> 0 AND unit_id <@ (SELECT citygrid.care_units())
  AND unit_id <@ (SELECT citygrid.seen_units());

-- What is not masked of one person: only in a transaction that has said why to the audit, and only
-- of a unit where the viewer may unmask. Savepoints have other numbers: it is not found then.
DROP FUNCTION IF EXISTS citygrid.person_clear(integer);

CREATE FUNCTION citygrid.person_clear(wanted integer)
RETURNS TABLE (name text, phone text, room text, id_number bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
SELECT v.name, v.phone, coalesce(h.room, v.room), v.id_number
FROM citygrid.people p
LEFT JOIN citygrid.household h ON h.id = p.household_id
LEFT JOIN citygrid.person_private v ON v.people_id = p.id
WHERE p.id = wanted AND p.unit_id <@ (SELECT citygrid.reveal_units())
  AND EXISTS (
    SELECT FROM citygrid.audit a
    WHERE a.act = 'reveal' AND a.subject = 'people/' || wanted AND a.reason <> ''
      AND a.account_id = nullif(current_setting('citygrid.account', true), '')::integer
      AND a.xmin = pg_current_xact_id_if_assigned()::xid)
$$;

REVOKE ALL ON FUNCTION citygrid.person_clear(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION citygrid.person_clear(integer) TO citygrid_app;

-- How many of some people are in care, by the bit of the care group; 0: in any. Only of units
-- where the viewer may see who is.
DROP FUNCTION IF EXISTS citygrid.care_totals(integer[]);

CREATE FUNCTION citygrid.care_totals(ids integer[])
RETURNS TABLE (care integer, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
SELECT c.bit, sum(p.count)::bigint
FROM citygrid.people p
JOIN (SELECT 0 AS bit UNION ALL SELECT 1 << k FROM generate_series(0, 14) k) c
  ON CASE WHEN c.bit = 0 THEN p.care <> 0 ELSE p.care & c.bit <> 0 END
WHERE p.id = ANY (ids) AND p.unit_id <@ (SELECT citygrid.care_units())
GROUP BY c.bit ORDER BY c.bit
$$;

REVOKE ALL ON FUNCTION citygrid.care_totals(integer[]) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION citygrid.care_totals(integer[]) TO citygrid_app;

-- Who reported the cases that the viewer works on, and whether he is to hear of them: masked.
CREATE VIEW citygrid.reporter_masked WITH (security_barrier) AS
SELECT r.id, r.incident_id, left(r.name, 1) || '*' AS name,
  CASE WHEN length(r.phone) >= 11 THEN left(r.phone, 3) || '****' || right(r.phone, 4)
    WHEN r.phone <> '' THEN '****' END AS phone,
  r.is_subscribed, r.at
FROM citygrid.incident_reporter r JOIN citygrid.incident i ON i.id = r.incident_id
WHERE i.unit_id <@ (SELECT citygrid.seen_cases())
  OR i.body_id = ANY ((SELECT citygrid.seen_bodies())::integer[]);

-- The same unmasked: only in a transaction that has said why to the audit, as `person_clear`.
DROP FUNCTION IF EXISTS citygrid.reporter_clear(integer);

CREATE FUNCTION citygrid.reporter_clear(wanted integer)
RETURNS TABLE (id integer, name text, phone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
SELECT r.id, r.name, r.phone
FROM citygrid.incident_reporter r JOIN citygrid.incident i ON i.id = r.incident_id
WHERE r.incident_id = wanted
  AND (i.unit_id <@ (SELECT citygrid.seen_cases())
    OR i.body_id = ANY ((SELECT citygrid.seen_bodies())::integer[]))
  AND EXISTS (
    SELECT FROM citygrid.audit a
    WHERE a.act = 'reveal' AND a.subject = 'incident/' || wanted AND a.reason <> ''
      AND a.account_id = nullif(current_setting('citygrid.account', true), '')::integer
      AND a.xmin = pg_current_xact_id_if_assigned()::xid)
ORDER BY r.id
$$;

REVOKE ALL ON FUNCTION citygrid.reporter_clear(integer) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION citygrid.reporter_clear(integer) TO citygrid_app;
