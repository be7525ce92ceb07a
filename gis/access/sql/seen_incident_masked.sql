-- The same on a server where && is not leakproof: under the row policy no index of places would
-- serve, so the policy's condition stands in the query itself and the masker reads the table.
CREATE VIEW citygrid.seen_incident AS
SELECT id, key, unit_id, unit_then_id, scheme, big, small, severity, stage, title, address,
  body_id, is_personal, source, reported_at, registered_at, dispatched_at, due_at, handled_at,
  closed_at, returned, props,
  condition, limit_amount, limit_unit, placed_by, placed_score, placed_within_m, placed_as, place_note,
  parent_id, duplicate_of,
  paused_at, paused_until, asked, supervision, escalation, outcome, grade, version, geom
FROM citygrid.incident
WHERE NOT is_personal
  OR unit_id <@ (SELECT citygrid.seen_cases())
  OR body_id = ANY ((SELECT citygrid.seen_bodies())::integer[])
  OR NOT (SELECT citygrid.is_bound());
