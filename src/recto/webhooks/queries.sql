-- lock_client --
-- So that two requests at once do not pass the limit, and do not register the same receiver twice.
SELECT pg_advisory_xact_lock(%(key)s, hashtext(%(client_id)s))

-- count --
SELECT count(*) AS count FROM webhooks WHERE client_id = %(client_id)s

-- insert --
INSERT INTO webhooks (id, client_id, url, secret, every_task)
VALUES (%(id)s, %(client_id)s, %(url)s, %(secret)s, %(every_task)s)
RETURNING id::text AS id, url, every_task, created_at, disabled_at, disabled_why, failing_since

-- list --
SELECT id::text AS id, url, every_task, created_at, disabled_at, disabled_why, failing_since
FROM webhooks
WHERE client_id = %(client_id)s
ORDER BY created_at, id

-- find --
SELECT id::text AS id, url, every_task, created_at, disabled_at, disabled_why, failing_since
FROM webhooks
WHERE client_id = %(client_id)s AND id = %(id)s

-- find_same --
-- A receiver that tasks name by its address is registered once.
SELECT id::text AS id, url, every_task, created_at, disabled_at, disabled_why, failing_since
FROM webhooks
WHERE client_id = %(client_id)s AND url = %(url)s AND secret = %(secret)s
ORDER BY created_at, id
LIMIT 1

-- enable --
-- What could not be delivered meanwhile is tried at once.
UPDATE webhooks SET disabled_at = NULL, disabled_why = NULL, failing_since = NULL, failures = 0,
                    paused_until = '-infinity'
WHERE client_id = %(client_id)s AND id = %(id)s
RETURNING id::text AS id, url, every_task, created_at, disabled_at, disabled_why, failing_since

-- disable --
UPDATE webhooks SET disabled_at = COALESCE(disabled_at, now()), disabled_why = COALESCE(disabled_why, %(why)s)
WHERE id = %(id)s AND client_id = COALESCE(%(client_id)s, client_id)
RETURNING id::text AS id, url, every_task, created_at, disabled_at, disabled_why, failing_since

-- delete --
DELETE FROM webhooks WHERE client_id = %(client_id)s AND id = %(id)s RETURNING id

-- delete_deliveries --
DELETE FROM webhook_deliveries WHERE webhook_id = %(id)s

-- deliveries --
SELECT id::text AS id, task_id::text AS task_id, batch_id::text AS batch_id, event, created_at, attempts, tried_at, due_at, answered_status, error,
       delivered_at, given_up_at
FROM webhook_deliveries
WHERE webhook_id = %(id)s
  AND (%(after_at)s::timestamptz IS NULL OR (created_at, id) < (%(after_at)s, %(after_id)s::uuid))
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s

-- again --
UPDATE webhook_deliveries SET attempts = 0, due_at = now(), delivered_at = NULL, given_up_at = NULL
WHERE webhook_id = %(webhook_id)s AND id = %(id)s
RETURNING id::text AS id, task_id::text AS task_id, batch_id::text AS batch_id, event, created_at, attempts, tried_at,
          due_at, answered_status, error, delivered_at, given_up_at

-- ring --
SELECT pg_notify('recto_webhook_due', '')

-- claim --
-- The message that has waited longest. Its turn is moved on, so that it comes up again if this sender dies.
UPDATE webhook_deliveries
SET attempts = webhook_deliveries.attempts + 1, tried_at = now(), due_at = now() + make_interval(secs => %(lease_s)s)
FROM webhooks
WHERE webhooks.id = webhook_deliveries.webhook_id AND webhook_deliveries.id = (
    SELECT deliveries.id
    FROM webhook_deliveries AS deliveries JOIN webhooks AS receivers ON receivers.id = deliveries.webhook_id
    WHERE deliveries.delivered_at IS NULL AND deliveries.given_up_at IS NULL AND deliveries.due_at <= now()
      AND receivers.disabled_at IS NULL AND receivers.paused_until <= now()
      AND NOT (receivers.id = ANY(%(busy)s))
    ORDER BY deliveries.due_at
    LIMIT 1
    FOR UPDATE OF deliveries SKIP LOCKED
)
RETURNING webhook_deliveries.id::text AS id, webhook_deliveries.attempts, webhook_deliveries.payload,
          webhooks.id::text AS webhook_id, webhooks.url, webhooks.secret, webhooks.failures

-- next_due --
-- How long until there may be something to send.
SELECT EXTRACT(EPOCH FROM min(GREATEST(deliveries.due_at, receivers.paused_until)) - now())::float8 AS in_s
FROM webhook_deliveries AS deliveries JOIN webhooks AS receivers ON receivers.id = deliveries.webhook_id
WHERE deliveries.delivered_at IS NULL AND deliveries.given_up_at IS NULL AND receivers.disabled_at IS NULL
  AND NOT (receivers.id = ANY(%(busy)s))

-- delivered --
UPDATE webhook_deliveries SET delivered_at = now(), given_up_at = NULL, answered_status = %(status)s, error = NULL
WHERE id = %(id)s

-- arrived --
-- All is well with the receiver.
UPDATE webhooks SET failures = 0, paused_until = '-infinity', failing_since = NULL
WHERE id = %(id)s AND (failures > 0 OR failing_since IS NOT NULL)

-- failed --
-- Another attempt later, or none.
UPDATE webhook_deliveries
SET answered_status = %(status)s, error = %(error)s, due_at = now() + make_interval(secs => %(pause_s)s),
    given_up_at = CASE WHEN %(last)s THEN now() END
WHERE id = %(id)s AND attempts = %(attempt)s AND delivered_at IS NULL

-- missed --
-- A receiver that is not well is left alone for a while, and after too long for good.
UPDATE webhooks
SET failing_since = COALESCE(failing_since, now()),
    failures = failures + CASE WHEN %(absent)s AND paused_until <= now() THEN 1 ELSE 0 END,
    paused_until = CASE WHEN %(absent)s AND paused_until <= now() THEN now() + make_interval(secs => %(pause_s)s)
                   ELSE paused_until END,
    disabled_at = CASE WHEN failing_since <= now() - make_interval(secs => %(disable_after_s)s) THEN now() END,
    disabled_why = CASE WHEN failing_since <= now() - make_interval(secs => %(disable_after_s)s) THEN %(why)s END
WHERE id = %(id)s AND disabled_at IS NULL
RETURNING disabled_at IS NOT NULL AS is_disabled

-- hand_back --
UPDATE webhook_deliveries SET attempts = attempts - 1, due_at = now()
WHERE id = %(id)s AND attempts = %(attempt)s AND delivered_at IS NULL AND given_up_at IS NULL

-- expire --
-- History that is over, and what is left of webhooks that were deleted in the moment a task ended.
DELETE FROM webhook_deliveries
WHERE created_at <= now() - make_interval(secs => %(history_s)s)
   OR (created_at <= now() - interval '1 minute' AND NOT EXISTS (
           SELECT 1 FROM webhooks WHERE webhooks.id = webhook_deliveries.webhook_id))
