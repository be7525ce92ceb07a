-- Views that read as the viewer does, under the row policy, and add what everybody may see of
-- persons: what was released of units that are not his own.

-- n NULL: suppressed.
CREATE VIEW citygrid.seen_count WITH (security_invoker) AS
SELECT unit_id, measure_id, n FROM citygrid.unit_count
UNION ALL
SELECT r.unit_id, r.measure_id, r.n FROM citygrid.release_count r
WHERE (SELECT citygrid.is_bound())
  AND r.release_id = (SELECT max(id) FROM citygrid.release)
  AND NOT r.unit_id <@ (SELECT citygrid.seen_units());

-- Of units that are not the viewer's own, one number for each release. n NULL: suppressed.
CREATE VIEW citygrid.seen_series WITH (security_invoker) AS
SELECT unit_id, measure_id, day, n FROM citygrid.unit_series
UNION ALL
SELECT r.unit_id, r.measure_id,
  (e.as_of AT TIME ZONE coalesce(
    (SELECT settings ->> 'timezone' FROM citygrid.city LIMIT 1), 'UTC'))::date,
  r.n
FROM citygrid.release_count r JOIN citygrid.release e ON e.id = r.release_id
WHERE (SELECT citygrid.is_bound()) AND NOT r.unit_id <@ (SELECT citygrid.seen_units());

-- Cells of persons cut through units: nobody sees more of them than is released.
CREATE VIEW citygrid.person_cell WITH (security_invoker) AS
SELECT measure_id, zoom, x, y, n FROM citygrid.cell_count WHERE NOT (SELECT citygrid.is_bound())
UNION ALL
SELECT measure_id, zoom, x, y, n FROM citygrid.release_cell
WHERE (SELECT citygrid.is_bound()) AND release_id = (SELECT max(id) FROM citygrid.release);

CREATE VIEW citygrid.seen_h3 WITH (security_invoker) AS
SELECT measure_id, resolution, cell, n FROM citygrid.h3_count
UNION ALL
SELECT measure_id, resolution, cell, n FROM citygrid.release_h3
WHERE (SELECT citygrid.is_bound()) AND release_id = (SELECT max(id) FROM citygrid.release);
