-- Up Migration

-- When an order last left each state without a deadline, and since when orders do so without a long
-- pause: deadlines are suspended while a system that orders wait for is unavailable.
CREATE TABLE deadline_progress (
  status text PRIMARY KEY CHECK (status IN ('PLACED', 'PROCESSING', 'CONFIRMED')),
  last_at timestamptz NOT NULL,
  resumed_at timestamptz NOT NULL
) WITH (fillfactor = 50);
-- Orders are assumed to have moved until now: the deadlines of existing orders do not start again.
INSERT INTO deadline_progress SELECT unnest(ARRAY['PLACED', 'PROCESSING', 'CONFIRMED']), now(), '-infinity';

-- Down Migration

DROP TABLE deadline_progress;
