-- by_idempotency_key --
-- What an earlier request with the same key made.
SELECT id::text AS id, request_digest FROM tasks
WHERE client_id = %(client_id)s AND idempotency_key = %(idempotency_key)s AND expires_at > now()

-- free_idempotency_key --
-- A key is good for as long as its task is; a task whose time is over may still be here for a moment.
UPDATE tasks SET idempotency_key = NULL
WHERE client_id = %(client_id)s AND idempotency_key = %(idempotency_key)s AND expires_at <= now()

-- position --
-- The turn of a client's next task: behind its own last waiting one, but never before the turn that is being served.
SELECT LEAST(2147483647, GREATEST(
    COALESCE((SELECT max(position) FROM tasks WHERE client_id = %(client_id)s AND state = 'pending')::bigint + 1, 0),
    COALESCE((SELECT min(position) FROM tasks WHERE state = 'pending'), 0)
))::integer AS position

-- insert --
INSERT INTO tasks (id, client_id, operation, recipe, job_id, position, body_bytes, expires_at, name, listed,
                   idempotency_key, request_digest, trace_context, webhook_id, batch_id)
VALUES (%(id)s, %(client_id)s, %(operation)s, %(recipe)s, %(job_id)s, %(position)s, %(body_bytes)s,
        now() + make_interval(secs => %(retention_s)s), %(name)s, %(listed)s, %(idempotency_key)s, %(digest)s,
        %(trace_context)s, %(webhook_id)s::uuid, %(batch_id)s::uuid)

-- lock_room --
-- Held until the transaction ends: who looks at the load and adds to it is alone, on all servers.
SELECT pg_advisory_xact_lock(%(key)s)

-- join_batch --
UPDATE batches SET expires_at = now() + make_interval(secs => %(retention_s)s)
WHERE id = %(batch_id)s::uuid AND client_id = %(client_id)s AND closed_at IS NULL AND expires_at > now()
RETURNING id

-- expire_batches --
DELETE FROM batches WHERE expires_at <= now()

-- load --
-- What is open, of everybody and of one client.
SELECT count(*) AS tasks,
       COALESCE(sum(body_bytes), 0)::bigint AS bytes,
       count(*) FILTER (WHERE client_id = %(client_id)s) AS client_tasks,
       COALESCE(sum(body_bytes) FILTER (WHERE client_id = %(client_id)s), 0)::bigint AS client_bytes
FROM tasks
WHERE state IN ('pending', 'processing')

-- find --
SELECT id, client_id, operation, recipe, state, attempt, failures, job_id, position, pages, error, notes,
       submitted_at, expires_at, expires_at <= now() AS expired
FROM tasks
WHERE id = %(id)s

-- lock --
-- As find, and nobody else may change it meanwhile.
SELECT id, client_id, operation, recipe, state, attempt, failures, job_id, position, pages, error, notes,
       submitted_at, expires_at, expires_at <= now() AS expired
FROM tasks
WHERE id = %(id)s
FOR UPDATE

-- still_open --
-- Which of these ids are open.
SELECT id::text AS id
FROM tasks
WHERE id = ANY(%(ids)s) AND state IN ('pending', 'processing') AND expires_at > now()

-- facts --
-- What decides whether a blob of these tasks is still wanted.
SELECT id::text AS id, state, attempt FROM tasks WHERE id = ANY(%(ids)s)

-- cancel --
UPDATE tasks SET state = 'cancelled', closed_at = now(), error = NULL, notes = '[]', reports = '[]', name = NULL
WHERE id = %(id)s

-- drop_waiting_job --
-- A worker that is just taking the job holds it and waits for the task, which we hold: to wait for the job would lock
-- both for ever. It will find the task closed and drop the job itself.
DELETE FROM procrastinate_jobs
WHERE id = (SELECT id FROM procrastinate_jobs WHERE id = %(job_id)s AND status = 'todo' FOR UPDATE SKIP LOCKED)

-- drop_job --
DELETE FROM procrastinate_jobs WHERE id = %(job_id)s

-- drop_jobs --
-- As drop_waiting_job: not those that a worker is just taking.
DELETE FROM procrastinate_jobs
WHERE id IN (SELECT id FROM procrastinate_jobs WHERE id = ANY(%(job_ids)s) FOR UPDATE SKIP LOCKED)

-- expire --
WITH gone AS (
    SELECT id FROM tasks WHERE expires_at <= now() ORDER BY expires_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
DELETE FROM tasks USING gone WHERE tasks.id = gone.id
RETURNING tasks.id::text AS id, tasks.job_id, tasks.attempt, tasks.pages

-- claim --
-- A worker takes the task of the job that it was given.
UPDATE tasks SET state = 'processing', attempt = attempt + 1, started_at = now()
WHERE id = %(id)s AND job_id = %(job_id)s AND state = 'pending' AND expires_at > now()
RETURNING id::text AS id, client_id, operation, recipe, attempt, failures, job_id, position, trace_context,
          EXTRACT(epoch FROM now() - submitted_at)::float8 AS age_s

-- tell_pages --
-- How far files of several pages are. What is with another attempt by now, or closed, is passed over.
WITH told AS (
    UPDATE tasks SET pages_in_hand = news.pages, pages_done = news.done, changed_at = clock_timestamp()
    FROM unnest(%(ids)s::uuid[], %(attempts)s::integer[], %(pages)s::integer[], %(done)s::integer[])
        AS news (id, attempt, pages, done)
    WHERE tasks.id = news.id AND tasks.attempt = news.attempt AND tasks.state = 'processing'
    RETURNING tasks.id, tasks.client_id, tasks.listed
)
SELECT pg_notify('recto_task_changed', client_id || ' ' || id::text) FROM told WHERE listed

-- complete --
-- Said twice, when the answer to the first time was lost, it changes nothing more.
UPDATE tasks SET state = 'completed', pages = %(pages)s, notes = %(notes)s, reports = %(reports)s, error = NULL,
                 closed_at = COALESCE(closed_at, now())
WHERE id = %(id)s AND attempt = %(attempt)s AND state IN ('processing', 'completed')
RETURNING id

-- fail --
UPDATE tasks SET state = 'failed', error = %(error)s, failures = failures + %(counted)s,
                 closed_at = COALESCE(closed_at, now())
WHERE id = %(id)s AND attempt = %(attempt)s AND state IN ('processing', 'failed')
RETURNING id

-- requeue --
UPDATE tasks SET state = 'pending', job_id = %(job_id)s, failures = failures + %(counted)s, started_at = NULL
WHERE id = %(id)s

-- beat --
UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(worker_id)s RETURNING id

-- held --
-- Which of these tasks are still with the attempt that a worker has in hand.
SELECT id::text AS id, attempt FROM tasks WHERE id = ANY(%(ids)s) AND state = 'processing' AND expires_at > now()

-- jobs_of_worker --
SELECT id, args ->> 'task_id' AS task_id FROM procrastinate_jobs
WHERE worker_id = %(worker_id)s AND status = 'doing'

-- lock_running_job --
SELECT id FROM procrastinate_jobs WHERE id = %(job_id)s AND status = 'doing' FOR UPDATE

-- lock_sweep --
-- Only one sweeps at a time; and after a start of the database every worker gets the time to say that it lives.
SELECT pg_try_advisory_xact_lock(%(key)s) AS mine,
       now() - pg_postmaster_start_time() > make_interval(secs => %(stalled_after_s)s) AS settled

-- without_job --
-- Open tasks that the engine has lost; never seen, but a stuck task would be worse than this look.
SELECT id::text AS id FROM tasks
WHERE state IN ('pending', 'processing')
  AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE procrastinate_jobs.id = tasks.job_id)

-- has_job --
SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE id = %(job_id)s) AS found

-- due --
-- A chore that all workers share: whoever gets its row does it, the others come back later.
INSERT INTO chores (name) VALUES (%(name)s)
ON CONFLICT (name) DO UPDATE SET last_begun_at = now()
WHERE chores.last_begun_at <= now() - make_interval(secs => %(every_s)s)
RETURNING name

-- live_workers --
SELECT count(*) AS workers FROM procrastinate_workers
WHERE last_heartbeat > now() - make_interval(secs => %(stalled_after_s)s)

-- part_version --
SELECT version FROM schema_parts WHERE part = %(part)s

-- set_part_version --
INSERT INTO schema_parts (part, version) VALUES (%(part)s, %(version)s)
ON CONFLICT (part) DO UPDATE SET version = excluded.version, applied_at = now()
