-- additive: an older Recto goes on working beside it.
-- The end of a whole batch as something that is told, once: by the transaction that closes its last task, or by the one
-- that closes the batch itself, whichever comes later.

ALTER TABLE batches
    -- The webhook that the client named for it.
    ADD COLUMN webhook_id uuid,
    -- Since when it is done, which was told then; null again when one of its tasks begins anew.
    ADD COLUMN done_at timestamptz;

-- So that the last task of ten thousand need not look at all the others.
CREATE INDEX tasks_open_batch_idx ON tasks (batch_id)
    WHERE batch_id IS NOT NULL AND state IN ('pending', 'processing');

UPDATE batches SET done_at = now()
WHERE closed_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM tasks WHERE tasks.batch_id = batches.id AND tasks.state IN ('pending', 'processing'));

-- A message is about a task or about a batch.
ALTER TABLE webhook_deliveries
    ALTER COLUMN task_id DROP NOT NULL,
    ADD COLUMN batch_id uuid;

CREATE FUNCTION batches_settle(batch uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    done batches%ROWTYPE;
BEGIN
    -- One at a time. Of two tasks that end at once, the later one waits here, and sees then that the other has ended;
    -- what it sees is as new as each statement, not as its transaction. Who has the task locks the batch, never the
    -- other way round.
    PERFORM 1 FROM batches WHERE id = batch AND done_at IS NULL FOR UPDATE;
    UPDATE batches SET done_at = clock_timestamp()
    WHERE id = batch AND closed_at IS NOT NULL AND done_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM tasks
        WHERE tasks.batch_id = batch AND tasks.state IN ('pending', 'processing') AND tasks.expires_at > now())
    RETURNING * INTO done;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO webhook_deliveries (webhook_id, batch_id, event, payload)
    SELECT webhooks.id, done.id, 'batch.completed', json_build_object(
        'type', 'batch.completed',
        'timestamp', to_char(done.done_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'data', json_build_object(
            'id', done.id,
            'name', done.name,
            'state', 'completed',
            'tasks', json_build_object('completed', counts.completed, 'failed', counts.failed),
            'page_count', counts.pages,
            'submitted_at', to_char(done.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'expires_at', to_char(done.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'batch', '/v1/batches/' || done.id
        )
    )::text
    FROM webhooks, (
        SELECT count(*) FILTER (WHERE state = 'completed') AS completed,
               count(*) FILTER (WHERE state = 'failed') AS failed,
               COALESCE(sum(pages) FILTER (WHERE state = 'completed'), 0) AS pages
        FROM tasks WHERE batch_id = batch AND expires_at > now()
    ) AS counts
    WHERE webhooks.client_id = done.client_id AND webhooks.disabled_at IS NULL
      AND (webhooks.id = done.webhook_id OR webhooks.every_task);
    IF FOUND THEN
        PERFORM pg_notify('recto_webhook_due', '');
    END IF;
END;
$$;

CREATE FUNCTION tasks_settle_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM batches_settle(NEW.batch_id);
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_batch AFTER UPDATE OF state ON tasks
    FOR EACH ROW WHEN (
        NEW.batch_id IS NOT NULL AND OLD.state IN ('pending', 'processing')
        AND NEW.state IN ('completed', 'failed', 'cancelled'))
    EXECUTE FUNCTION tasks_settle_batch();

-- Open tasks whose time is over are deleted many at a time; their batches are locked in one order.
CREATE FUNCTION tasks_settle_batches() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    batch uuid;
BEGIN
    FOR batch IN
        SELECT DISTINCT batch_id FROM gone
        WHERE batch_id IS NOT NULL AND state IN ('pending', 'processing') ORDER BY batch_id
    LOOP
        PERFORM batches_settle(batch);
    END LOOP;
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_batches AFTER DELETE ON tasks
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
    EXECUTE FUNCTION tasks_settle_batches();

CREATE FUNCTION batches_settle_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM batches_settle(NEW.id);
    RETURN NULL;
END;
$$;
CREATE TRIGGER batches_closed AFTER UPDATE OF closed_at ON batches
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION batches_settle_closed();
