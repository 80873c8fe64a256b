-- Who wants to be told when tasks end, and what is still to be told. A delivery is written by the transaction that
-- ends the task, whichever that is, so none is lost and none is told of what did not happen.
CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    client_id text NOT NULL,
    url text NOT NULL,
    -- Needed in clear, because every message is signed with it.
    secret text NOT NULL,
    -- True: of every listed task of the client; false: of those that name it.
    every_task boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    disabled_why text,
    -- Since when every attempt has failed.
    failing_since timestamptz,
    -- Rounds in a row in which the receiver did not answer; it is left alone until the moment beside it.
    failures integer NOT NULL DEFAULT 0,
    paused_until timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX webhooks_client_idx ON webhooks (client_id);

-- No foreign keys: a webhook that is deleted in this moment must not keep a task from being closed.
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook_id uuid NOT NULL,
    task_id uuid NOT NULL,
    event text NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- How often it was tried; it fences, too: only the last attempt may say what came of it.
    attempts integer NOT NULL DEFAULT 0,
    tried_at timestamptz,
    -- When it is to be tried next. An attempt moves it on, so that another sender takes over from one that died.
    due_at timestamptz NOT NULL DEFAULT now(),
    answered_status integer,
    error text,
    delivered_at timestamptz,
    given_up_at timestamptz
);
CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (due_at)
    WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX webhook_deliveries_newest_idx ON webhook_deliveries (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_age_idx ON webhook_deliveries (created_at);

ALTER TABLE tasks
    -- The webhook that the client named for this task.
    ADD COLUMN webhook_id uuid;

CREATE FUNCTION tasks_tell_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook_deliveries (webhook_id, task_id, event, payload)
    SELECT id, NEW.id, 'task.' || NEW.state, json_build_object(
        'type', 'task.' || NEW.state,
        'timestamp', to_char(NEW.closed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'data', json_build_object(
            'id', NEW.id,
            'name', NEW.name,
            'state', NEW.state,
            'error', NEW.error,
            'page_count', NEW.pages,
            'submitted_at', to_char(NEW.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'expires_at', to_char(NEW.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'task', '/v1/tasks/' || NEW.id
        )
    )::text
    FROM webhooks
    WHERE client_id = NEW.client_id AND disabled_at IS NULL
      AND (id = NEW.webhook_id OR (every_task AND NEW.listed));
    IF FOUND THEN
        PERFORM pg_notify('recto_webhook_due', '');
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER tasks_webhooks AFTER UPDATE OF state ON tasks
    FOR EACH ROW WHEN (NEW.state IN ('completed', 'failed') AND OLD.state IN ('pending', 'processing'))
    EXECUTE FUNCTION tasks_tell_webhooks();
