-- Up Migration

-- What one gateway has found at Kafka, for the others to read: they would all ask the same. One row for each kind of look.
CREATE TABLE shared_looks (
  name text PRIMARY KEY,
  -- Nobody else looks until then.
  claimed_until timestamptz NOT NULL,
  looked_at timestamptz,
  found jsonb
) WITH (fillfactor = 50);

-- Down Migration

DROP TABLE shared_looks;
