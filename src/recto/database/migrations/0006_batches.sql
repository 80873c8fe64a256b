-- Several files as one piece of work: tasks that belong together, closed when no more are to come.
CREATE TABLE batches (
    id uuid PRIMARY KEY,
    client_id text NOT NULL,
    name text,
    -- What is done to a file that comes without a recipe of its own.
    recipe text NOT NULL,
    submitted_at timestamptz NOT NULL DEFAULT now(),
    -- No more files are to come from then on.
    closed_at timestamptz,
    -- Moved on by each file that comes.
    expires_at timestamptz NOT NULL
);
CREATE INDEX batches_newest_idx ON batches (client_id, submitted_at DESC, id DESC);
CREATE INDEX batches_expires_idx ON batches (expires_at);

ALTER TABLE tasks
    ADD COLUMN batch_id uuid;
CREATE INDEX tasks_batch_idx ON tasks (batch_id, submitted_at, id) WHERE batch_id IS NOT NULL;
