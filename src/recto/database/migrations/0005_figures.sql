-- additive: an older Recto goes on working beside it.
-- What an operator watches: what all workers did, counted, and the trace that a task belongs to.

ALTER TABLE tasks
    -- W3C Trace Context of the request that made the task; null without tracing.
    ADD COLUMN trace_context text;

-- Counts that only grow. Every worker adds what it did since it last said so; a histogram is a row for each bucket
-- (label `le`, not cumulative) and one for the sum.
CREATE TABLE figures (
    name   text NOT NULL,
    -- A JSON object with its keys in order.
    labels text NOT NULL,
    value  double precision NOT NULL,
    PRIMARY KEY (name, labels)
) WITH (fillfactor = 50);
