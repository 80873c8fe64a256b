-- open --
INSERT INTO batches (id, client_id, name, recipe, webhook_id, expires_at)
VALUES (%(id)s, %(client_id)s, %(name)s, %(recipe)s, %(webhook_id)s::uuid,
        now() + make_interval(secs => %(retention_s)s))

-- find --
-- A batch and how far its tasks are.
SELECT batches.id::text AS id, batches.name, batches.recipe, batches.submitted_at, batches.closed_at,
       batches.expires_at,
       count(tasks.id) FILTER (WHERE tasks.state = 'pending') AS pending,
       count(tasks.id) FILTER (WHERE tasks.state = 'processing') AS processing,
       count(tasks.id) FILTER (WHERE tasks.state = 'completed') AS completed,
       count(tasks.id) FILTER (WHERE tasks.state = 'failed') AS failed,
       COALESCE(sum(tasks.pages) FILTER (WHERE tasks.state = 'completed'), 0)::integer AS pages,
       COALESCE(sum(tasks.pages_done) FILTER (WHERE tasks.state = 'processing'), 0)::integer AS pages_under_way
FROM batches LEFT JOIN tasks ON tasks.batch_id = batches.id AND tasks.expires_at > now()
WHERE batches.id = %(id)s AND batches.client_id = %(client_id)s AND batches.expires_at > now()
GROUP BY batches.id

-- page --
-- One page of a client's list, newest first.
SELECT batches.id::text AS id, batches.name, batches.recipe, batches.submitted_at, batches.closed_at,
       batches.expires_at,
       count(tasks.id) FILTER (WHERE tasks.state = 'pending') AS pending,
       count(tasks.id) FILTER (WHERE tasks.state = 'processing') AS processing,
       count(tasks.id) FILTER (WHERE tasks.state = 'completed') AS completed,
       count(tasks.id) FILTER (WHERE tasks.state = 'failed') AS failed,
       COALESCE(sum(tasks.pages) FILTER (WHERE tasks.state = 'completed'), 0)::integer AS pages,
       COALESCE(sum(tasks.pages_done) FILTER (WHERE tasks.state = 'processing'), 0)::integer AS pages_under_way
FROM (
    SELECT * FROM batches
    WHERE client_id = %(client_id)s AND expires_at > now()
      AND (%(after_at)s::timestamptz IS NULL OR (submitted_at, id) < (%(after_at)s, %(after_id)s::uuid))
    ORDER BY submitted_at DESC, id DESC
    LIMIT %(limit)s
) AS batches LEFT JOIN tasks ON tasks.batch_id = batches.id AND tasks.expires_at > now()
GROUP BY batches.id, batches.name, batches.recipe, batches.submitted_at, batches.closed_at, batches.expires_at
ORDER BY batches.submitted_at DESC, batches.id DESC

-- close --
UPDATE batches SET closed_at = COALESCE(closed_at, now())
WHERE id = %(id)s AND client_id = %(client_id)s AND expires_at > now()
RETURNING pg_notify('recto_task_changed', client_id || ' ' || id::text)

-- give_up --
-- As close, and its end is not told.
UPDATE batches SET closed_at = COALESCE(closed_at, now()), done_at = COALESCE(done_at, now())
WHERE id = %(id)s AND client_id = %(client_id)s AND expires_at > now()
RETURNING id

-- members --
-- Its tasks in the order in which they came.
SELECT id::text AS id, name, state, error, attempt, pages FROM tasks
WHERE batch_id = %(id)s AND client_id = %(client_id)s AND state <> 'cancelled' AND expires_at > now()
ORDER BY submitted_at, id

-- delete --
DELETE FROM batches WHERE id = %(id)s AND client_id = %(client_id)s
RETURNING pg_notify('recto_task_changed', client_id || ' ' || id::text)
