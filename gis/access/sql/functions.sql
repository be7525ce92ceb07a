-- What `gis.access.viewer.act_as` told of the viewer, as policies and views ask for it.
--
-- Ask in brackets with SELECT, so that the answer is looked up once for a query and not for each
-- row: `unit_id <@ (SELECT citygrid.seen_units())`. Told nothing, they answer the least there is.

-- Whether what is seen depends on the viewer. It does not for the owner of the schema, for a
-- superuser and for the engine: they see every row.
CREATE OR REPLACE FUNCTION citygrid.is_bound() RETURNS boolean STABLE LANGUAGE sql
RETURN current_user <> 'citygrid_engine'
  AND pg_catalog.row_security_active('citygrid.people'::regclass);

-- Units whose persons are seen.
CREATE OR REPLACE FUNCTION citygrid.seen_units() RETURNS int4multirange STABLE LANGUAGE sql
RETURN CASE WHEN citygrid.is_bound()
  THEN coalesce(nullif(current_setting('citygrid.units', true), ''), '{}')::int4multirange
  ELSE '{(,)}'::int4multirange END;

-- Units whose cases are seen.
CREATE OR REPLACE FUNCTION citygrid.seen_cases() RETURNS int4multirange STABLE LANGUAGE sql
RETURN CASE WHEN citygrid.is_bound()
  THEN coalesce(nullif(current_setting('citygrid.cases', true), ''), '{}')::int4multirange
  ELSE '{(,)}'::int4multirange END;

-- Units where it is seen who is in care.
CREATE OR REPLACE FUNCTION citygrid.care_units() RETURNS int4multirange STABLE LANGUAGE sql
RETURN CASE WHEN citygrid.is_bound()
  THEN coalesce(nullif(current_setting('citygrid.care', true), ''), '{}')::int4multirange
  ELSE '{(,)}'::int4multirange END;

-- Units whose persons may be unmasked.
CREATE OR REPLACE FUNCTION citygrid.reveal_units() RETURNS int4multirange STABLE LANGUAGE sql
RETURN CASE WHEN citygrid.is_bound()
  THEN coalesce(nullif(current_setting('citygrid.reveals', true), ''), '{}')::int4multirange
  ELSE '{(,)}'::int4multirange END;

-- Duty bodies whose cases are seen.
CREATE OR REPLACE FUNCTION citygrid.seen_bodies() RETURNS integer[] STABLE LANGUAGE sql
RETURN coalesce(nullif(current_setting('citygrid.bodies', true), ''), '{}')::integer[];

-- Units and duty bodies on which the viewer holds a post.
CREATE OR REPLACE FUNCTION citygrid.held_units() RETURNS integer[] STABLE LANGUAGE sql
RETURN coalesce(nullif(current_setting('citygrid.held_units', true), ''), '{}')::integer[];

CREATE OR REPLACE FUNCTION citygrid.held_bodies() RETURNS integer[] STABLE LANGUAGE sql
RETURN coalesce(nullif(current_setting('citygrid.held_bodies', true), ''), '{}')::integer[];

CREATE OR REPLACE FUNCTION citygrid.has_right(wanted text) RETURNS boolean STABLE LANGUAGE sql
RETURN wanted = ANY (coalesce(nullif(current_setting('citygrid.rights', true), ''), '{}')::text[]);
