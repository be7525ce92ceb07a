-- The ways into the queue. The page's server begins and cancels the jobs of whom
-- `gis.access.viewer.act_as` told it of. They run as the owner, who alone may write here.

-- Note a job of whom it is told of, and give it its place in the queue; for the two below alone.
--   priority: the higher first; lock: of those with the same one, one at a time.
CREATE OR REPLACE FUNCTION citygrid.place_job(
  kind text, arguments jsonb, priority integer, lock text
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = citygrid_queue, pg_temp AS $$
  INSERT INTO citygrid.job (id, kind, arguments, account_id, rights, queue_id)
  SELECT number, place_job.kind, place_job.arguments, account,
    coalesce(nullif(current_setting('citygrid.rights', true), ''), '{}')::text[],
    (procrastinate_defer_jobs_v1(ARRAY[ROW(
      'citygrid', 'job', place_job.priority, place_job.lock, NULL,
      jsonb_build_object('number', number), NULL
    )::procrastinate_job_to_defer_v1]))[1]
  FROM (
    SELECT nextval('citygrid.job_id_seq') AS number,
      nullif(current_setting('citygrid.account', true), '')::integer AS account
    OFFSET 0
  ) new
  RETURNING id
$$;

-- Begin a job and give it its place in the queue; returns its number.
--   kind, arguments: what is to be done.
-- Jobs of one kind of one person are done one after the other: whoever asks for twenty things
-- keeps nobody waiting but himself.
CREATE OR REPLACE FUNCTION citygrid.begin_job(kind text, arguments jsonb) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = citygrid_queue, pg_temp AS $$
  SELECT citygrid.place_job(begin_job.kind, begin_job.arguments, 0,
    'account/' || current_setting('citygrid.account', true) || '/' || begin_job.kind)
$$;

-- Begin a job that nobody waits for: after all that people asked for, and one at a time.
CREATE OR REPLACE FUNCTION citygrid.begin_quiet_job(kind text, arguments jsonb) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = citygrid_queue, pg_temp AS $$
  SELECT citygrid.place_job(begin_quiet_job.kind, begin_quiet_job.arguments, -10, 'quiet')
$$;

-- Cancel a job of one's own, waiting or under way; returns whether there was one to cancel.
-- What is under way ends a moment later, when the worker has heard of it.
CREATE OR REPLACE FUNCTION citygrid.cancel_job(number integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = citygrid_queue, pg_temp AS $$
  WITH mine AS MATERIALIZED (
    SELECT id, queue_id FROM citygrid.job
    WHERE id = number AND state IN ('waiting', 'running')
      AND account_id = nullif(current_setting('citygrid.account', true), '')::integer
    FOR UPDATE
  ), told AS MATERIALIZED (
    SELECT id, procrastinate_cancel_job_v1(queue_id, true, false) FROM mine
  ), ended AS (
    UPDATE citygrid.job SET state = 'cancelled', ended_at = now()
    FROM told WHERE job.id = told.id AND job.state = 'waiting'
  )
  SELECT EXISTS (SELECT FROM told)
$$;

-- Give tellings of webhooks their places in the queue, once the transaction commits; the engine's.
--   numbers: of `webhook_delivery`.
-- Those to one address go one after the other, so that a slow one holds up itself alone.
CREATE OR REPLACE FUNCTION citygrid.defer_deliveries(numbers bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = citygrid_queue, pg_temp AS $$
  SELECT procrastinate_defer_jobs_v1(array_agg(ROW(
    'citygrid', 'webhook', 0, 'webhook/' || d.webhook_id, NULL,
    jsonb_build_object('number', d.id), NULL
  )::procrastinate_job_to_defer_v1 ORDER BY d.id))
  FROM citygrid.webhook_delivery d WHERE d.id = ANY (numbers) AND d.state = 'waiting'
  HAVING count(*) > 0
$$;

REVOKE EXECUTE ON FUNCTION
  citygrid.place_job, citygrid.begin_job, citygrid.begin_quiet_job, citygrid.cancel_job,
  citygrid.defer_deliveries FROM PUBLIC;

GRANT EXECUTE ON FUNCTION citygrid.defer_deliveries TO citygrid_engine;

GRANT EXECUTE ON FUNCTION
  citygrid.begin_job, citygrid.begin_quiet_job, citygrid.cancel_job TO citygrid_app;
