-- Up Migration

-- When an order last left each state by its own way, and since when that goes on without a long pause: a deadline does not run while
-- what an order waits for is away.
CREATE TABLE deadline_progress (
  status text PRIMARY KEY CHECK (status IN ('PLACED', 'PROCESSING', 'CONFIRMED')),
  last_at timestamptz NOT NULL,
  resumed_at timestamptz NOT NULL
) WITH (fillfactor = 50);
-- As if all went well until now: the deadlines of the orders that are there do not begin anew.
INSERT INTO deadline_progress SELECT unnest(ARRAY['PLACED', 'PROCESSING', 'CONFIRMED']), now(), '-infinity';

-- Down Migration

DROP TABLE deadline_progress;
