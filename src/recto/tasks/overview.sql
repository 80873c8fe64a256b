-- records --
-- Whole tasks of one client, cancelled ones too.
SELECT id::text AS id, name, operation, state, recipe, error, notes, pages, reports, listed, submitted_at, expires_at,
       changed_at, batch_id::text AS batch_id, pages_in_hand, pages_done
FROM tasks
WHERE client_id = %(client_id)s AND id = ANY(%(ids)s) AND expires_at > now()
ORDER BY changed_at

-- page --
-- One page of a client's list, newest first.
SELECT id::text AS id, name, operation, state, recipe, error, notes, pages, reports, listed, submitted_at, expires_at,
       changed_at, batch_id::text AS batch_id, pages_in_hand, pages_done
FROM tasks
WHERE client_id = %(client_id)s AND listed AND expires_at > now()
  AND state::text = ANY(%(states)s)
  AND (%(since)s::timestamptz IS NULL OR submitted_at >= %(since)s)
  AND (%(batch_id)s::uuid IS NULL OR batch_id = %(batch_id)s)
  AND (%(after_at)s::timestamptz IS NULL OR (submitted_at, id) < (%(after_at)s, %(after_id)s::uuid))
ORDER BY submitted_at DESC, id DESC
LIMIT %(limit)s

-- changed_since --
-- What a listener may have missed.
SELECT id::text AS id, name, operation, state, recipe, error, notes, pages, reports, listed, submitted_at, expires_at,
       changed_at, batch_id::text AS batch_id, pages_in_hand, pages_done
FROM tasks
WHERE client_id = %(client_id)s AND listed AND expires_at > now() AND changed_at > %(since)s
ORDER BY changed_at
LIMIT %(limit)s

-- now --
-- The clock that decides.
SELECT clock_timestamp() AS now
