-- Up Migration

-- Periodic tasks of one replica at a time: the replica that locks a due row does the task and sets
-- the next due time.
CREATE TABLE sweeps (
  name text PRIMARY KEY,
  due_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sweeps (name) VALUES ('deadlines');

-- Every order passes through orders_under_way. Each search for overdue orders would read its dead
-- entries.
ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100000);

-- Down Migration

ALTER TABLE orders RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
DROP TABLE sweeps;
