-- additive: an older Recto goes on working beside it.
-- How far the file of several pages is that a worker has in hand.

ALTER TABLE tasks
    -- Pages of the file, once the worker has counted more than one, and how many of them are done.
    ADD COLUMN pages_in_hand integer NOT NULL DEFAULT 0,
    ADD COLUMN pages_done integer NOT NULL DEFAULT 0;

-- Whoever takes a task or puts it back, also an older Recto, begins its count again.
CREATE OR REPLACE FUNCTION tasks_stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at = clock_timestamp();
    IF NEW.state = 'pending' OR NEW.attempt <> OLD.attempt THEN
        NEW.pages_in_hand = 0;
        NEW.pages_done = 0;
    END IF;
    RETURN NEW;
END;
$$;
