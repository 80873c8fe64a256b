-- The tasks that clients gave us. The engine's own tables (procrastinate_*) hold one job per open task;
-- `job_id` names it. A job that was taken from a dead worker is replaced by a new one, so a job's id fences too.

CREATE TYPE task_state AS ENUM ('pending', 'processing', 'completed', 'failed', 'cancelled');

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    client_id text NOT NULL,
    operation text NOT NULL,
    recipe text NOT NULL,
    state task_state NOT NULL DEFAULT 'pending',
    -- How often the task was taken by a worker; results carry it and only the last one may close the task.
    attempt integer NOT NULL DEFAULT 0,
    -- How many of these attempts died; handing a task back is not counted.
    failures integer NOT NULL DEFAULT 0,
    job_id bigint NOT NULL,
    -- Turn among all clients, smallest first: see docs/queue.md, "Fairness".
    position integer NOT NULL,
    body_bytes bigint NOT NULL,
    pages integer NOT NULL DEFAULT 0,
    error text,
    notes jsonb NOT NULL DEFAULT '[]',
    submitted_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    closed_at timestamptz,
    expires_at timestamptz NOT NULL
);

CREATE INDEX tasks_open_idx ON tasks (client_id) INCLUDE (body_bytes) WHERE state IN ('pending', 'processing');
CREATE INDEX tasks_turn_of_client_idx ON tasks (client_id, position) WHERE state = 'pending';
CREATE INDEX tasks_turn_idx ON tasks (position) WHERE state = 'pending';
CREATE INDEX tasks_expires_idx ON tasks (expires_at);

-- Whoever waits for a task, and the worker that has it, hear when it is closed, whichever way it came about.
CREATE FUNCTION tasks_notify_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('recto_task_closed', OLD.id::text);
    RETURN NULL;
END;
$$;

CREATE TRIGGER tasks_closed AFTER UPDATE OF state ON tasks
    FOR EACH ROW WHEN (NEW.state IN ('completed', 'failed', 'cancelled'))
    EXECUTE FUNCTION tasks_notify_closed();

CREATE TRIGGER tasks_deleted AFTER DELETE ON tasks
    FOR EACH ROW WHEN (OLD.state IN ('pending', 'processing'))
    EXECUTE FUNCTION tasks_notify_closed();

-- Chores that all workers share, each done by whichever comes first when it is due.
CREATE TABLE chores (
    name text PRIMARY KEY,
    last_begun_at timestamptz NOT NULL DEFAULT now()
);

-- The version of each schema that is not ours but lives in this database.
CREATE TABLE schema_parts (
    part text PRIMARY KEY,
    version text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
