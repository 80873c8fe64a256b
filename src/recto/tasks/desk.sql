-- found --
-- Tasks of all clients, oldest first, for an operator.
SELECT id::text AS id, client_id, operation, recipe, state::text AS state, attempt, failures, pages, body_bytes, error,
       notes, name, submitted_at, started_at, closed_at, expires_at, trace_context
FROM tasks
WHERE state::text = ANY(%(states)s)
  AND (%(client_id)s::text IS NULL OR client_id = %(client_id)s)
  AND (%(older_than_s)s::float8 IS NULL OR submitted_at <= now() - make_interval(secs => %(older_than_s)s))
  AND (%(newer_than_s)s::float8 IS NULL OR submitted_at > now() - make_interval(secs => %(newer_than_s)s))
  AND (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s::uuid[]))
ORDER BY submitted_at, id
LIMIT %(limit)s

-- again --
-- A failed task begins anew: its deaths are forgotten, its attempts are not, because they name its results. It gets
-- the whole time once more.
UPDATE tasks SET state = 'pending', job_id = %(job_id)s, position = %(position)s, failures = 0, error = NULL,
                 started_at = NULL, closed_at = NULL,
                 expires_at = GREATEST(expires_at, now() + make_interval(secs => %(retention_s)s))
WHERE id = %(id)s

-- reopen_batch --
-- The batch of a task that begins anew is not done any more, and stays as long as the task. Its end is told once more.
UPDATE batches SET done_at = NULL, expires_at = GREATEST(batches.expires_at, tasks.expires_at)
FROM tasks WHERE tasks.id = %(id)s AND batches.id = tasks.batch_id
