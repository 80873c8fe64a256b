-- tell --
-- Add counts. In one order everywhere, so that two workers never wait for each other's rows.
INSERT INTO figures (name, labels, value)
SELECT * FROM unnest(%(names)s::text[], %(labels)s::text[], %(values)s::float8[]) AS told (name, labels, value)
ORDER BY name, labels
ON CONFLICT (name, labels) DO UPDATE SET value = figures.value + excluded.value

-- counts --
SELECT name, labels, value FROM figures ORDER BY name, labels

-- open --
-- What waits and what is worked on, by what is asked for.
SELECT state::text AS state, operation, recipe, count(*) AS tasks, sum(body_bytes)::bigint AS bytes,
       EXTRACT(epoch FROM now() - min(submitted_at))::float8 AS oldest_s
FROM tasks
WHERE state IN ('pending', 'processing')
GROUP BY state, operation, recipe

-- database --
-- The database itself, as far as anybody may see it; rows are the planner's guess.
SELECT pg_database_size(current_database())::bigint AS bytes,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
       current_setting('max_connections')::integer AS connections_max,
       (SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = 'tasks'::regclass) AS task_rows,
       EXTRACT(epoch FROM clock_timestamp())::float8 AS clock_s,
       EXTRACT(epoch FROM now() - pg_postmaster_start_time())::float8 AS up_s,
       (SELECT max(number) FROM schema_migrations) AS migration,
       (SELECT count(*) FROM webhook_deliveries WHERE delivered_at IS NULL AND given_up_at IS NULL) AS deliveries,
       (SELECT COALESCE(EXTRACT(epoch FROM now() - min(created_at)), 0)::float8 FROM webhook_deliveries
        WHERE delivered_at IS NULL AND given_up_at IS NULL) AS oldest_delivery_s,
       (SELECT count(*) FROM webhooks WHERE disabled_at IS NULL AND failing_since IS NULL) AS webhooks_well,
       (SELECT count(*) FROM webhooks WHERE disabled_at IS NULL AND failing_since IS NOT NULL) AS webhooks_failing,
       (SELECT count(*) FROM webhooks WHERE disabled_at IS NOT NULL) AS webhooks_disabled
