-- Incidents as the viewer sees them, quick to ask by place.
CREATE VIEW citygrid.seen_incident WITH (security_invoker) AS
SELECT id, key, unit_id, unit_then_id, scheme, big, small, severity, stage, title, address,
  body_id, is_personal, source, reported_at, registered_at, dispatched_at, due_at, handled_at,
  closed_at, returned, props,
  condition, limit_amount, limit_unit, placed_by, placed_score, placed_within_m, placed_as, place_note,
  parent_id, duplicate_of,
  paused_at, paused_until, asked, supervision, escalation, outcome, grade, version, geom
FROM citygrid.incident;
