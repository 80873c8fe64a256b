-- What the native API keeps of a task beyond the compatible one, and the news of every change.

ALTER TABLE tasks
    -- The client's own name for it.
    ADD COLUMN name text,
    -- False for work whose answer is waited for and then thrown away; it is in no list.
    ADD COLUMN listed boolean NOT NULL DEFAULT true,
    -- One object for each page: its size, kind and DPI before and after, estimates and steps.
    ADD COLUMN reports jsonb NOT NULL DEFAULT '[]',
    -- A request that comes twice with the same key makes one task; the digest tells a repetition from a mistake.
    ADD COLUMN idempotency_key text,
    ADD COLUMN request_digest bytea,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();

CREATE UNIQUE INDEX tasks_idempotency_idx ON tasks (client_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX tasks_newest_idx ON tasks (client_id, submitted_at DESC, id DESC) WHERE listed;
CREATE INDEX tasks_changed_idx ON tasks (client_id, changed_at) WHERE listed;

CREATE FUNCTION tasks_stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at = clock_timestamp();
    RETURN NEW;
END;
$$;

CREATE TRIGGER tasks_changing BEFORE UPDATE OF state ON tasks
    FOR EACH ROW EXECUTE FUNCTION tasks_stamp_change();

CREATE FUNCTION tasks_notify_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('recto_task_changed', NEW.client_id || ' ' || NEW.id::text);
    RETURN NULL;
END;
$$;

CREATE TRIGGER tasks_changed AFTER INSERT OR UPDATE OF state ON tasks
    FOR EACH ROW WHEN (NEW.listed)
    EXECUTE FUNCTION tasks_notify_changed();
