-- Up Migration

-- What one replica at a time does now and then: whoever locks the row when it is due does it, and says when it is due again.
CREATE TABLE sweeps (
  name text PRIMARY KEY,
  due_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sweeps (name) VALUES ('deadlines');

-- Every order passes through orders_under_way, and what is dead in it would be read by each look for orders that wait too long.
ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 100000);

-- Down Migration

ALTER TABLE orders RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
DROP TABLE sweeps;
